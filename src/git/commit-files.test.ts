import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NotTextError } from "../manifests/repository-files.ts";
import type { GitRepository } from "./git-repository.ts";
import { httpRemote, type HttpRemote } from "./testing/http-remote.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";
import { recordedGit } from "./testing/wrapped-program.ts";
import { systemClock } from "../clock.ts";
import { openRepository } from "./open-repository.ts";

let remote: LocalRemote;
let server: HttpRemote;
let repository: GitRepository;
let recorded: Awaited<ReturnType<typeof recordedGit>>;

beforeEach(async () => {
  remote = await localRemote({
    "b.yaml": "kind: Cluster\n",
    "a/one.yaml": "kind: MachineDeployment\nname: one\n",
    "a/two.yaml": "kind: Service\n",
    "a.txt": "plain",
    "ümläut 日本.yaml": "\ufeffkind: Cluster\r\n",
    "-option.yaml": "kind: Cluster\n",
    "picture.png": "kind: Cluster\n",
  });
  await writeFile(join(remote.directory, "person", "latin1.yaml"), Buffer.from("kind: Cluster # Gr\xf6\xdfe\n", "latin1"));
  await remote.person("add", "--all");
  await remote.person("commit", "--quiet", "-m", "latin1");
  const blob = await remote.person("rev-parse", "HEAD:b.yaml");
  await remote.person("update-index", "--add", "--cacheinfo", `120000,${blob},link.yaml`);
  await remote.person("update-index", "--add", "--cacheinfo", `160000,${await remote.tip()},module`);
  await remote.person("update-index", "--chmod=+x", "a.txt");
  await remote.person("commit", "--quiet", "-m", "odd ones");
  await remote.person("push", "--quiet", "origin", "HEAD:main");
  server = await httpRemote(remote.path);
  recorded = await recordedGit(remote.directory);
  repository = await openRepository({ url: server.url }, { clock: systemClock, environment: recorded.environment });
});
afterEach(async () => {
  await repository.dispose();
  await server.close();
  await remote.dispose();
});

const regular = ["-option.yaml", "a.txt", "a/one.yaml", "a/two.yaml", "b.yaml", "latin1.yaml", "picture.png", "ümläut 日本.yaml"];

describe("the files of a commit", () => {
  it("lists regular files only, sorted", async () => {
    const { commit } = await repository.fetch();
    expect(await repository.filesAt(commit).list()).toEqual(regular);
  });

  it("reads text as it is, byte order mark and line ends with it", async () => {
    const files = repository.filesAt((await repository.fetch()).commit);
    expect(await files.read("ümläut 日本.yaml")).toBe("\ufeffkind: Cluster\r\n");
    expect(await files.read("-option.yaml")).toBe("kind: Cluster\n");
    expect(await files.read("link.yaml")).toBeUndefined();
    expect(await files.read("module")).toBeUndefined();
    expect(await files.read("a")).toBeUndefined();
    expect(await files.read("../b.yaml")).toBeUndefined();
    await expect(files.read("latin1.yaml")).rejects.toThrow(NotTextError);
  });

  it("keeps showing an old commit after the branch went on", async () => {
    const { commit } = await repository.fetch();
    await remote.commit({ "b.yaml": "kind: Other\n" });
    const next = await repository.fetch();
    expect(next.commit).not.toBe(commit);
    expect(await repository.filesAt(commit).read("b.yaml")).toBe("kind: Cluster\n");
    expect(await repository.filesAt(next.commit).read("b.yaml")).toBe("kind: Other\n");
  });

  it("tells which files read the same in another commit, and what one will be that is not committed yet", async () => {
    const { commit } = await repository.fetch();
    await remote.commit({ "b.yaml": "kind: Other\n", "a/three.yaml": "kind: Service\n" });
    const [before, after] = [repository.filesAt(commit).contents!, repository.filesAt((await repository.fetch()).commit).contents!];
    expect(after.repository).toBe(before.repository);
    const [old, now] = [await before.ids(), await after.ids()];
    const paths = ["b.yaml", "a/two.yaml", "a/three.yaml", "a.txt", "link.yaml", "module", "a", "../b.yaml"];
    expect(paths.map((path) => old.at(path) === now.at(path))).toEqual([false, true, false, true, true, true, true, true]);
    expect(["link.yaml", "module", "a", "../b.yaml"].map((path) => now.at(path))).toEqual([undefined, undefined, undefined, undefined]);
    expect(now.at("a/three.yaml")).toBe(now.at("a/two.yaml"));
    expect(now.at("b.yaml")).toBe(await remote.git("rev-parse", "main:b.yaml"));
    expect(old.of("kind: Other\n")).toBe(now.at("b.yaml"));
    expect(old.of("\ufeffkind: Cluster\r\n")).toBe(old.at("ümläut 日本.yaml"));
  });

  it("gets contents that are read together in one connection, and none twice", async () => {
    const files = repository.filesAt((await repository.fetch()).commit);
    await files.list();
    const before = server.requests.length;
    const paths = ["b.yaml", "a/one.yaml", "a/two.yaml", "a.txt"];
    await Promise.all(paths.map((path) => files.read(path)));
    const connections = (): number => server.requests.slice(before).filter(({ method }) => method === "GET").length;
    expect(connections()).toBe(1);
    await Promise.all(paths.map((path) => files.read(path)));
    expect(connections()).toBe(1);
    expect(await files.search?.(["MachineDeployment"], "a")).toEqual(["a/one.yaml"]);
    expect(connections()).toBe(1);
    expect((await recorded.argv()).match(/^argv: .*fetch.*--stdin/gm)).toHaveLength(1);
  });

  it("searches for literal strings, under a folder or everywhere, not in pictures", async () => {
    const files = repository.filesAt((await repository.fetch()).commit);
    expect(await files.search?.(["kind: Cluster"])).toEqual(["-option.yaml", "b.yaml", "latin1.yaml", "ümläut 日本.yaml"]);
    expect(await files.search?.(["MachineDep", "kind: Service"], "a/")).toEqual(["a/one.yaml", "a/two.yaml"]);
    expect(await files.search?.(["\nname: one\n"])).toEqual(["a/one.yaml"]);
    expect(await files.search?.(["kind.*"])).toEqual([]);
    expect(await files.search?.(["-e"])).toEqual([]);
    expect(await files.search?.([])).toEqual([]);
    expect(await files.search?.(["kind"], "no/such")).toEqual([]);
    expect(await files.search?.(["kind"], "b.yaml")).toEqual(["b.yaml"]);
  });

  it("a server without filters works as well", async () => {
    await remote.git("config", "uploadpack.allowFilter", "false");
    const plain = await openRepository({ url: server.url }, { clock: systemClock });
    const files = plain.filesAt((await plain.fetch()).commit);
    expect(await files.read("b.yaml")).toBe("kind: Cluster\n");
    expect(await files.search?.(["MachineDeployment"])).toEqual(["a/one.yaml"]);
    await plain.dispose();
  });
});

describe("what may be written", () => {
  it.each([
    ["link.yaml", "symlink"],
    ["module", "submodule"],
    ["b.yaml/x.yaml", "b.yaml is not a directory"],
    ["link.yaml/x.yaml", "link.yaml is not a directory"],
    ["a", "it is a directory"],
    ["../x", '".."'],
    ["a/.GIT/config", "Git's own directory"],
  ])("%s is refused: %s", async (path, why) => {
    const tip = await remote.tip();
    const outcome = await repository.transact(
      versionChange("x", { edit: async () => ({ kind: "edited", files: new Map([[path, "x"]]) }) }),
    );
    expect(outcome).toMatchObject({ kind: "refused", refusal: { reason: "UnsafePath", message: expect.stringContaining(why) } });
    expect(await remote.tip()).toBe(tip);
  });

  it("a file may give way to a directory of its name, and a directory to a file", async () => {
    const files = new Map([
      ["b.yaml", null],
      ["b.yaml/new.yaml", "n"],
      ["a/one.yaml", null],
      ["a/two.yaml", null],
      ["a", "was a directory"],
    ]);
    expect(await repository.transact(versionChange("x", { edit: async () => ({ kind: "edited", files }) }))).toMatchObject({
      kind: "pushed",
    });
    expect(await remote.show("b.yaml/new.yaml")).toBe("n");
    expect(await remote.show("a")).toBe("was a directory");
    expect(await remote.git("fsck", "--strict")).toBe("");
    // Everything that the change did not name is as it was.
    expect(await remote.git("ls-tree", "main", "link.yaml", "module", "a.txt")).toMatch(/^100755.*\n120000.*\n160000/);
  });
});
