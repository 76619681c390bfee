import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { openRepository } from "./open-repository.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

let remote: LocalRemote;
beforeEach(async () => {
  remote = await localRemote();
});
afterEach(() => remote.dispose());

describe("the base branch", () => {
  it("is the remote's own default, or the one that is named", async () => {
    await remote.commit({ "clusters/demo.yaml": "version: v1.30.0\n" }, "Other", "release/1.x");
    const byDefault = await remote.open();
    const named = await openRepository({ url: remote.url, branch: "release/1.x" }, { clock: systemClock });
    expect([byDefault.branch, named.branch]).toEqual(["main", "release/1.x"]);
    expect((await named.fetch()).commit).toBe(await remote.tip("release/1.x"));
    expect(await named.transact(versionChange("v1.31.0"))).toMatchObject({ kind: "pushed", branch: "release/1.x" });
    expect(await remote.show("clusters/demo.yaml")).toBe("version: v1.34.2");
    await byDefault.dispose();
    await named.dispose();
  });

  it.each([
    ["no such branch", async () => undefined, "nope", "missing-branch"],
    ["a tag", async () => remote.git("tag", "v1", "main"), "v1", "missing-branch"],
    ["a detached HEAD", async () => detached(), undefined, "missing-branch"],
    ["no repository", async () => rm(remote.path, { recursive: true }), undefined, "not-found"],
    [
      "a HEAD whose branch was never made",
      async () => remote.git("symbolic-ref", "HEAD", "refs/heads/trunk"),
      undefined,
      "empty-repository",
    ],
  ])("%s is told as what it is", async (_, prepare, branch, kind) => {
    await prepare();
    await expect(
      openRepository({ url: remote.url, ...(branch === undefined ? {} : { branch }) }, { clock: systemClock }),
    ).rejects.toMatchObject({ kind, transient: false });
  });

  it("of an empty repository is told as such", async () => {
    const empty = await localRemote({});
    await expect(empty.open()).rejects.toMatchObject({ kind: "empty-repository" });
    await empty.dispose();
  });
});

it("leaves nothing behind, neither after use nor when it could not be opened", async () => {
  const environment = { PATH: process.env["PATH"], TMPDIR: join(remote.directory, "tmp") };
  const cacheDirectory = join(remote.directory, "cache");
  await expect(openRepository({ url: "https://no-such-host.invalid/a" }, { clock: systemClock, environment })).rejects.toMatchObject({
    kind: "unknown-host",
  });
  await expect(openRepository({ url: `${remote.url}x` }, { clock: systemClock, environment, cacheDirectory })).rejects.toMatchObject({
    kind: "not-found",
  });
  const repository = await remote.open({ environment });
  expect(await readdir(environment.TMPDIR)).toHaveLength(1);
  await repository.dispose();
  expect(await readdir(environment.TMPDIR)).toEqual([]);
  expect(await readdir(cacheDirectory)).toEqual([]);
});

it("works on the tip that it knows for five seconds, then asks again; dates come from the clock", async () => {
  let now = 1_700_000_000_000;
  const repository = await remote.open({ clock: { ...systemClock, now: () => now } });
  await remote.commit({ "other.yaml": "a: 1\n" });
  const known: string[] = [];
  const look = versionChange("v1.34.2", {
    edit: async (files) => (known.push((await files.list()).join()), { kind: "edited", files: new Map() }),
  });
  for (const milliseconds of [0, 5_000, 1]) {
    now += milliseconds;
    await repository.transact(look);
  }
  expect(known).toEqual(["clusters/demo.yaml", "clusters/demo.yaml", "clusters/demo.yaml,other.yaml"]);
  await repository.transact(versionChange("v1.35.2"));
  expect(await remote.git("log", "-1", "--format=%at %ct", "main")).toBe("1700000005 1700000005");
  await repository.dispose();
});

describe("a cache directory", () => {
  it("keeps the copy, which is brought up to date, and nothing else", async () => {
    const cacheDirectory = join(remote.directory, "cache");
    const first = await remote.open({ cacheDirectory });
    await first.transact(versionChange("v1.35.1"));
    await first.dispose();
    const [copy] = await readdir(cacheDirectory);
    await remote.commit({ "clusters/demo.yaml": "version: v1.35.1 # noted\n" });
    const second = await remote.open({ cacheDirectory });
    const files = second.filesAt((await second.fetch()).commit);
    expect(await files.read("clusters/demo.yaml")).toBe("version: v1.35.1 # noted\n");
    expect(await second.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed", attempts: 1 });
    await second.dispose();
    expect(await readdir(cacheDirectory)).toEqual([copy]);
  });

  it("runs no hook that somebody put into a copy", async () => {
    const cacheDirectory = join(remote.directory, "cache");
    await (await remote.open({ cacheDirectory })).dispose();
    const [copy = ""] = await readdir(cacheDirectory);
    await mkdir(join(cacheDirectory, copy, "hooks"));
    for (const hook of ["pre-push", "reference-transaction"])
      await writeFile(join(cacheDirectory, copy, "hooks", hook), `#!/bin/sh\ntouch "${join(remote.directory, "evil")}"\n`, { mode: 0o755 });
    await remote.commit({ "other.yaml": "a: 1\n" });
    const repository = await remote.open({ cacheDirectory });
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed" });
    await repository.dispose();
    expect(await readdir(remote.directory)).not.toContain("evil");
  });

  it("serves processes that start at the same time", async () => {
    const cacheDirectory = join(remote.directory, "cache");
    const all = await Promise.all([1, 2, 3].map(() => remote.open({ cacheDirectory })));
    const outcomes = await Promise.all(all.map((repository, index) => repository.transact(versionChange(`v1.35.${index}`))));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["pushed", "pushed", "pushed"]);
    for (const repository of all) await repository.dispose();
    expect(await readdir(cacheDirectory)).toHaveLength(1);
  });

  it.each([
    ["locked", async (copy: string) => writeFile(join(copy, "refs", "heads", "main.lock"), "")],
    ["cut short", async (copy: string) => cutShort(copy)],
    ["without its objects", async (copy: string) => rm(join(copy, "objects"), { recursive: true })],
  ])("with a copy that is %s makes a new one", async (_, damage) => {
    const cacheDirectory = join(remote.directory, "cache");
    await (await remote.open({ cacheDirectory })).dispose();
    const [copy = ""] = await readdir(cacheDirectory);
    await damage(join(cacheDirectory, copy));
    await remote.commit({ "other.yaml": "a: 1\n" });
    const repository = await remote.open({ cacheDirectory });
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "pushed" });
    await repository.dispose();
  });
});

/** The remote's HEAD is a commit that no branch is at. */
async function detached(): Promise<void> {
  const commit = await remote.tip();
  await remote.commit({ "other.yaml": "a: 1\n" });
  await writeFile(join(remote.path, "HEAD"), `${commit}\n`);
}

async function cutShort(copy: string): Promise<void> {
  const packs = join(copy, "objects", "pack");
  for (const name of await readdir(packs))
    if (name.endsWith(".pack"))
      await rm(join(packs, name.replace(".pack", ".idx")), { force: true }).then(() => truncate(join(packs, name), 20));
}
