import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { ownedDirectory } from "./owned-directory.ts";

it("removes what dead processes of this host left, and nothing of others", async () => {
  const parent = await mkdtemp(join(tmpdir(), "owned-"));
  const own = await ownedDirectory(join(parent, "made"));
  expect((await stat(own)).mode & 0o777).toBe(0o700);
  const [, host] = /^capi-gitops-git-(.*)-\d+-\w{6}$/.exec(basename(own)) ?? [];
  const dead = execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).trim();
  const kept = [
    `capi-gitops-git-${host}-${process.ppid}-abcdef`,
    `capi-gitops-git-elsewhere-${dead}-abcdef`,
    `capi-gitops-git-${host}-${dead}`,
    `other-${host}-${dead}-abcdef`,
  ];
  for (const name of [...kept, `capi-gitops-git-${host}-${dead}-abcdef`])
    await mkdir(join(parent, "made", name, "inside"), { recursive: true });
  const second = await ownedDirectory(join(parent, "made"));
  expect((await readdir(join(parent, "made"))).sort()).toEqual([...kept, basename(own), basename(second)].sort());
  await rm(parent, { recursive: true });
});
