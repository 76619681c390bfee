import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { forOperator, refusalForOperator } from "./operator-words.ts";

const cluster = { namespace: "demo", name: "c1" };
const retry = "`capi-gitops retry c1 -n demo`";

describe("words for whoever reads a ClusterUpgrade", () => {
  it.each([
    [
      "Create the template again, then ask again.",
      `Create the template again, then run ${retry}.`,
      "Create the template again, then it goes on by itself.",
    ],
    [
      "Stop kubectl-patch from writing the version. Then run the upgrade again.",
      `Stop kubectl-patch from writing the version. Then run ${retry}.`,
      "Stop kubectl-patch from writing the version. Then it goes on by itself.",
    ],
    [
      "Mend what it names, then run the same command again; nothing was changed by this write.",
      `Mend what it names, then run ${retry}; nothing was changed by this write.`,
      "Mend what it names, then it goes on by itself; nothing was changed by this write.",
    ],
    ["Mend the file, then run this again.", `Mend the file, then run ${retry}.`, "Mend the file, then it goes on by itself."],
  ])("%s", (text, ended, open) => {
    expect(forOperator(text, { cluster, open: false })).toBe(ended);
    expect(forOperator(text, { cluster, open: true })).toBe(open);
    expect(forOperator(ended, { cluster, open: false })).toBe(ended);
  });

  it.each([
    [
      "Name a version for each missing minor: --via v1.34.X --via v1.35.X (choose the patch).",
      "Name a version for each missing minor: v1.34.X, v1.35.X in spec.via (choose the patch).",
    ],
    ["--via names v1.36.0, which is newer", "spec.via names v1.36.0, which is newer"],
    [
      "or ask for v1.34.0, or pass --via v1.34.0 to go on from there.",
      "or ask for v1.34.0, or make a ClusterUpgrade with spec.via [v1.34.0] that goes on from there.",
    ],
    [
      "Bring the pools there first: `capi-gitops upgrade c1 -n demo --to v1.35.2` (skew).",
      "Bring the pools there first: a ClusterUpgrade of c1 to v1.35.2 in namespace demo (skew).",
    ],
    [
      "Check --repo, --base-branch and --path. If nothing in Git declares it, upgrade with --no-git.",
      "Check git.repository.url, git.repository.branch and git.repository.path. If nothing in Git declares it, set git.mode: Direct.",
    ],
    ["Upgrade in the repository (--repo), or say --override if that engine is suspended.", "Set git.mode: Push or PullRequest."],
    [
      "If the branch is protected, push to a branch for review (`--branch`), or allow this author to push;",
      "If the branch is protected, push to a branch for review (git.mode: PullRequest), or allow this author to push;",
    ],
    ["Templates are not edited. Point --path at the manifests.", "Templates are not edited. Point git.repository.path at the manifests."],
    [
      "Run `capi-gitops repair c1 -n demo`; it was asked against --viable odds",
      "Run `capi-gitops repair c1 -n demo`; it was asked against --viable odds",
    ],
  ])("%s", (text, expected) => {
    expect(forOperator(text, { cluster, open: false })).toBe(expected);
  });

  it("of a refusal: message and remedy", () => {
    const refusal = { reason: "X", message: "--via is wrong.", remedy: "Mend it, then ask again.", evidence: ["--via"] };
    expect(refusalForOperator(refusal, { cluster, open: false })).toEqual({
      reason: "X",
      message: "spec.via is wrong.",
      remedy: `Mend it, then run ${retry}.`,
      evidence: ["--via"],
    });
  });

  /** Whoever writes a new text with a flag or a command in it finds it here. */
  it("no text of the rules tells anybody to type what only a command has", () => {
    const folder = new URL("../", import.meta.url);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
      (file) => /(?<!\.test)\.ts$/.test(file) && !/testing|operator-words/.test(file),
    );
    const texts = files.flatMap((file) => {
      const code = readFileSync(new URL(file, folder), "utf8").replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
      return [...code.matchAll(/(["`])(?:\\.|(?!\1)[^\\\n])*\1/g)].map(([text]) => text);
    });
    expect(texts.length).toBeGreaterThan(500);
    // A command that reads only is as good for one as for the other.
    const told = texts.map((text) =>
      forOperator(text, { cluster, open: false }).replace(/`capi-gitops verify .*--version \$\{[^}]*\}\\`/, ""),
    );
    expect(told.filter((text) => /(?<![-\w])--[a-z]|same command|Ctrl|(?:run|ask)\b[^.;]{0,20} again\b/i.test(text))).toEqual([]);
  });
});
