import { describe, expect, it } from "vitest";
import { commandLine, programName, sameClusterCommand } from "./command-line.ts";

describe("programName", () => {
  it.each([
    ["/usr/local/bin/kubectl-capi_gitops", "kubectl capi-gitops"],
    ["/usr/local/bin/capi-gitops", "capi-gitops"],
    ["/work/kubectl-things/dist/capi-gitops.mjs", "capi-gitops"],
    [undefined, "capi-gitops"],
  ])("%s is typed as %s", (script, name) => {
    expect(programName(script)).toBe(name);
  });
});

describe("commandLine", () => {
  it.each([
    [["status", "-A"], "capi-gitops status -A"],
    [["upgrade", "demo", "--author", "Ann <ann@example.com>"], "capi-gitops upgrade demo --author 'Ann <ann@example.com>'"],
    [["upgrade", "--path", "it's $HERE"], String.raw`capi-gitops upgrade --path 'it'\''s $HERE'`],
    [["verify", ""], "capi-gitops verify ''"],
  ])("%j", (words, text) => {
    expect(commandLine(words)).toBe(text);
  });
});

describe("sameClusterCommand", () => {
  it("keeps what says which management cluster, and who asks", () => {
    const options = { kubeconfig: "/tmp/my config", context: "prod", as: "ann", asGroup: ["ops", "dev"] };
    expect(sameClusterCommand(["verify", "demo", "-n", "demo"], options)).toBe(
      "capi-gitops verify demo -n demo --kubeconfig '/tmp/my config' --context prod --as ann --as-group ops --as-group dev",
    );
  });

  it("adds nothing that was not said", () => {
    expect(sameClusterCommand(["verify", "demo", "-n", "demo"], { asGroup: [] })).toBe("capi-gitops verify demo -n demo");
  });
});
