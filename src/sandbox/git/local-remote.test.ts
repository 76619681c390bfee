import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLocalRemote } from "./local-remote.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sandbox-remote-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it("makes a bare repository that can be cloned, with the files as they are", async () => {
  const files = { "README.md": "# größe\n", 'clusters/a "quoted".yaml': "a: 1\r\n", "empty.txt": "" };
  const remote = join(directory, "fleet.git");
  await createLocalRemote(remote, files, 1_700_000_000);
  const git = (...args: readonly string[]): string => execFileSync("git", ["-C", remote, ...args], { encoding: "utf8" });
  expect(git("-c", "core.quotePath=false", "ls-tree", "-r", "-z", "--name-only", "main").split("\0").filter(Boolean).sort()).toEqual(
    Object.keys(files).sort(),
  );
  for (const [path, content] of Object.entries(files)) expect(git("cat-file", "blob", `main:${path}`)).toBe(content);
  expect(git("log", "-1", "--format=%ct %an %s", "main").trim()).toBe("1700000000 The sandbox The fleet");
  expect(git("fsck", "--strict")).toBe("");
  const clone = execFileSync("git", ["clone", "--quiet", "--filter=blob:none", `file://${remote}`, join(directory, "clone")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  expect(clone).toBe("");
});

it("says what git says when it cannot", async () => {
  await writeFile(join(directory, "config"), "[nonsense");
  await expect(createLocalRemote(directory, {}, 0)).rejects.toThrow(/git (init|config) failed: .*config/s);
});

it("refuses paths that lead out", async () => {
  await expect(createLocalRemote(join(directory, "x"), { "../outside": "x" }, 0)).rejects.toThrow(
    '"../outside" cannot be put into a repository',
  );
  expect(existsSync(join(directory, "x"))).toBe(false);
});
