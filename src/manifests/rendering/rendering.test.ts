import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHelmRenderer } from "../helm/helm-renderer.ts";
import { createKustomizeRenderer } from "../kustomize/kustomize-renderer.ts";
import { readRendered } from "./rendered-objects.ts";
import { runProgram } from "./run-program.ts";
import { withTemporaryFiles } from "./temporary-files.ts";

/** Programs of our own on a PATH of its own; each is a Node script. */
let bin = "";
beforeAll(async () => {
  bin = await mkdtemp(join(tmpdir(), "programs-"));
  const tell = `const fs = require("fs"); console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), env: process.env, files: fs.readdirSync(".", { recursive: true }).map(String).sort() }));`;
  await program("tell", tell);
  await program("complain", `console.error("# Warning: old\\nwarning: older\\n\\nno such chart\\nat all"); process.exit(3);`);
  await program("silent", `process.exit(3);`);
  await program("slow", `setTimeout(() => {}, 60_000);`);
});
afterAll(() => rm(bin, { recursive: true, force: true }));

async function program(name: string, script: string, directory = bin): Promise<void> {
  await writeFile(join(directory, name), `#!${process.execPath}\n${script}\n`);
  await chmod(join(directory, name), 0o755);
}

async function withPrograms<T>(programs: Readonly<Record<string, string>>, work: (path: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "programs-"));
  try {
    for (const [name, script] of Object.entries(programs)) await program(name, script, directory);
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const tellArgs = `console.log(JSON.stringify(process.argv.slice(2)));`;

describe("running a program", () => {
  it("passes arguments without a shell, and nothing of our environment", async () => {
    const result = await runProgram("tell", ["$HOME", "a b", "; ls"], { directory: bin, path: bin, timeoutSeconds: 20 });
    if (result.kind !== "rendered") throw new Error(JSON.stringify(result));
    const { args, cwd, env } = JSON.parse(result.text) as { args: string[]; cwd: string; env: Record<string, string> };
    expect(args).toEqual(["$HOME", "a b", "; ls"]);
    expect(cwd).toBe(bin);
    expect(env).toEqual({
      PATH: bin,
      HOME: bin,
      XDG_CONFIG_HOME: bin,
      XDG_CACHE_HOME: bin,
      XDG_DATA_HOME: bin,
      HELM_PLUGINS: `${bin}/none`,
      LC_ALL: "C",
    });
  });

  it.each([
    ["gone", { kind: "not-installed", program: "gone" }],
    ["complain", { kind: "failed", why: "no such chart at all" }],
    ["silent", { kind: "failed", why: expect.stringContaining("Command failed: silent") as string }],
  ])("%s", async (name, expected) => {
    expect(await runProgram(name, [], { directory: bin, path: bin, timeoutSeconds: 20 })).toEqual(expected);
  });

  it("kills what takes too long", async () => {
    expect(await runProgram("slow", [], { directory: bin, path: bin, timeoutSeconds: 0.3 })).toEqual({
      kind: "failed",
      why: "slow did not finish in 0.3 s",
    });
  });
});

describe("temporary files", () => {
  it("are there for the work and gone afterwards, also after a failure", async () => {
    const seen: string[] = [];
    await withTemporaryFiles(new Map([["a/b/c.yaml", "x: 1\n"]]), (directory) => {
      seen.push(directory);
      expect(existsSync(join(directory, "a/b/c.yaml"))).toBe(true);
      return Promise.resolve();
    });
    const failing = withTemporaryFiles(new Map(), (directory) => {
      seen.push(directory);
      return Promise.reject(new Error("no"));
    });
    await expect(failing).rejects.toThrow("no");
    expect(seen.map((directory) => existsSync(directory))).toEqual([false, false]);
  });

  it.each(["../x", "/etc/x", "a/../../x", ".", "a/.."])("never leave their directory: %s", async (path) => {
    await expect(withTemporaryFiles(new Map([[path, ""]]), () => Promise.resolve())).rejects.toThrow(
      "is not a path inside of a repository",
    );
  });
});

describe("the renderers", () => {
  const files = new Map([["prod/kustomization.yaml", "resources: []\n"]]);
  it("kustomize build, where there is kustomize", async () => {
    await withPrograms({ kustomize: tellArgs, kubectl: tellArgs }, async (path) => {
      expect(await createKustomizeRenderer({ path }).render(files, "prod")).toEqual({
        kind: "rendered",
        text: '["build","--load-restrictor=LoadRestrictionsNone","./prod"]\n',
      });
      expect(await createKustomizeRenderer({ path }).render(files, "")).toEqual({
        kind: "rendered",
        text: '["build","--load-restrictor=LoadRestrictionsNone","."]\n',
      });
    });
  });

  it("kubectl kustomize otherwise, or nothing", async () => {
    await withPrograms({ kubectl: tellArgs }, async (path) => {
      expect(await createKustomizeRenderer({ path }).render(files, "prod")).toEqual({
        kind: "rendered",
        text: '["kustomize","--load-restrictor=LoadRestrictionsNone","./prod"]\n',
      });
    });
    await withPrograms({}, async (path) => {
      expect(await createKustomizeRenderer({ path }).render(files, "prod")).toEqual({ kind: "not-installed", program: "kubectl" });
    });
  });

  it("helm template, with values in files", async () => {
    await withPrograms({ helm: tellArgs }, async (path) => {
      const request = { files: new Map([["c/Chart.yaml", "x"]]), releaseName: "shop", namespace: "prod", values: ["a.yaml", "b.yaml"] };
      expect(await createHelmRenderer({ path }).render({ ...request, chart: "c" })).toEqual({
        kind: "rendered",
        text: '["template","shop","./c","--namespace","prod","--values","./a.yaml","--values","./b.yaml"]\n',
      });
      expect(await createHelmRenderer({ path }).render({ ...request, chart: "", namespace: "", values: [] })).toEqual({
        kind: "rendered",
        text: '["template","shop","."]\n',
      });
    });
  });

  it("give up in time", async () => {
    await withPrograms({ helm: "setTimeout(() => {}, 60_000);", kustomize: "setTimeout(() => {}, 60_000);" }, async (path) => {
      const options = { path, timeoutSeconds: 0.3 };
      expect(await createKustomizeRenderer(options).render(files, "prod")).toMatchObject({ kind: "failed" });
      expect(await createHelmRenderer(options).render({ files, chart: "prod", releaseName: "x", namespace: "", values: [] })).toMatchObject(
        { kind: "failed" },
      );
    });
  });

  it("use our own PATH unless told otherwise", async () => {
    await withPrograms({ kustomize: tellArgs, helm: tellArgs }, async (path) => {
      const before = process.env["PATH"];
      process.env["PATH"] = path;
      try {
        expect(await createKustomizeRenderer().render(files, "prod")).toMatchObject({ kind: "rendered" });
        expect(await createHelmRenderer().render({ files, chart: "prod", releaseName: "x", namespace: "", values: [] })).toMatchObject({
          kind: "rendered",
        });
        delete process.env["PATH"];
        expect(await createKustomizeRenderer().render(files, "prod")).toEqual({ kind: "not-installed", program: "kubectl" });
        expect(await createHelmRenderer().render({ files, chart: "prod", releaseName: "x", namespace: "", values: [] })).toEqual({
          kind: "not-installed",
          program: "helm",
        });
      } finally {
        process.env["PATH"] = before;
      }
    });
  });
});

describe("what was rendered", () => {
  it.each([
    ["kind: A\nmetadata: {name: x}\n---\nkind: B\nmetadata: {name: y}\n", ["A x", "B y"]],
    ["kind: NoList\nmetadata: {name: x}\n", ["NoList x"]],
    ["kind: AList\nitems:\n- kind: A\n  metadata: {name: x}\n---\nkind: B\nmetadata: {name: y}\n", ["B y", "A x"]],
    ["kind: AList\nitems: []\n", []],
    ["", []],
    ["a: [", "line 1: Flow sequence"],
    ["a: 1", "a document is not a Kubernetes object: it has no kind"],
    ["[]", "a document is not a Kubernetes object: it has no kind"],
    ["kind: A\n", "a A has no metadata.name"],
  ])("%j", (text, expected) => {
    const read = readRendered(text);
    if (read.kind === "unusable") expect(read.why).toContain(expected);
    else expect(read.objects.map(({ id }) => `${id.kind} ${id.name}`)).toEqual(expected);
  });
});
