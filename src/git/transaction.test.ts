import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GitRepository } from "./git-repository.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

let remote: LocalRemote;
let repository: GitRepository;

beforeEach(async () => {
  remote = await localRemote();
  repository = await remote.open();
});
afterEach(async () => {
  await repository.dispose();
  await remote.dispose();
});

describe("one commit", () => {
  it("puts the change, the message and the author on the branch", async () => {
    const before = await remote.tip();
    const outcome = await repository.transact(versionChange("v1.35.2", { body: "Why: patch release.\n\nWindow: nights." }));
    const tip = await remote.tip();
    expect(outcome).toEqual({ kind: "pushed", commit: tip, branch: "main", attempts: 1 });
    expect(await remote.git("rev-parse", "main^")).toBe(before);
    expect(await remote.show("clusters/demo.yaml")).toBe("version: v1.35.2");
    expect(await remote.git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%ad|%B", "--date=format:%z")).toBe(
      "Upgrade Bot <bot@example.org>|Upgrade Bot <bot@example.org>|+0000|Upgrade demo to v1.35.2\n\nWhy: patch release.\n\nWindow: nights.\n\nUpgrade-Id: demo-v1.35.2\nSigned-off-by: Upgrade Bot <bot@example.org>\n",
    );
    expect(await remote.git("fsck", "--strict")).toBe("");
  });

  it("takes several files at once, makes, deletes, and keeps the executable bit", async () => {
    await remote.commit({ "run.sh": "#!/bin/sh\n", "old.yaml": "a: 1\n", "dir/keep.yaml": "k: 1\n" });
    await remote.person("update-index", "--chmod=+x", "run.sh");
    await remote.person("commit", "--quiet", "-m", "executable");
    await remote.person("push", "--quiet", "origin", "HEAD:main");
    await repository.fetch();
    const files = new Map([
      ["run.sh", "#!/bin/sh\necho\n"],
      ["old.yaml", null],
      ['new/größe "quoted".yaml', "n: ü\r\n"],
      ["clusters/demo.yaml", "version: v2\n"],
    ]);
    const outcome = await repository.transact(versionChange("v2", { edit: async () => ({ kind: "edited", files }) }));
    expect(outcome.kind).toBe("pushed");
    expect(await remote.git("-c", "core.quotePath=false", "diff-tree", "-r", "--no-commit-id", "--name-status", "main^", "main")).toBe(
      'M\tclusters/demo.yaml\nA\t"new/größe \\"quoted\\".yaml"\nD\told.yaml\nM\trun.sh',
    );
    expect(await remote.git("ls-tree", "main", "run.sh", "clusters/demo.yaml", "dir/keep.yaml")).toMatch(
      /100644 blob \w+\tclusters\/demo.yaml\n.*dir\/keep.yaml\n100755 blob \w+\trun.sh/,
    );
    expect(await remote.git("cat-file", "blob", 'main:new/größe "quoted".yaml')).toBe("n: ü\r");
  });

  it("commits nothing when the files are as wanted", async () => {
    const tip = await remote.tip();
    expect(await repository.transact(versionChange("v1.34.2"))).toEqual({ kind: "already", commit: tip, branch: "main" });
    const same = new Map([
      ["clusters/demo.yaml", "version: v1.34.2\n"],
      ["no/such.yaml", null],
    ]);
    expect(await repository.transact(versionChange("x", { edit: async () => ({ kind: "edited", files: same }) }))).toMatchObject({
      kind: "already",
    });
    expect(await remote.tip()).toBe(tip);
  });

  it("hands an edit's refusal on and pushes nothing", async () => {
    const tip = await remote.commit({ "clusters/demo.yaml": null });
    await repository.fetch();
    expect(await repository.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "refused", refusal: { reason: "NoManifest" } });
    expect(await remote.tip()).toBe(tip);
  });

  it("runs transactions that were asked for at the same time one after the other", async () => {
    const outcomes = await Promise.all(["v1.35.0", "v1.35.1", "v1.35.2"].map((version) => repository.transact(versionChange(version))));
    expect(outcomes).toMatchObject([
      { kind: "pushed", attempts: 1 },
      { kind: "pushed", attempts: 1 },
      { kind: "pushed", attempts: 1 },
    ]);
    expect(await remote.show("clusters/demo.yaml")).toBe("version: v1.35.2");
  });
});

describe("the same request twice", () => {
  it("makes one commit, from one process or two", async () => {
    const first = await repository.transact(versionChange("v1.35.2"));
    expect(first.kind).toBe("pushed");
    expect(await repository.transact(versionChange("v1.35.2"))).toEqual({ kind: "already", commit: await remote.tip(), branch: "main" });
    const other = await remote.open();
    expect(await other.transact(versionChange("v1.35.2"))).toMatchObject({ kind: "already" });
    await other.dispose();
    expect(await remote.commitsWith("Upgrade-Id: demo-v1.35.2")).toHaveLength(1);
  });

  it("names the commit with the trailer, not the tip, when others committed since", async () => {
    await repository.transact(versionChange("v1.35.2"));
    const made = await remote.tip();
    await remote.commit({ "other.yaml": "a: 1\n" });
    expect(await repository.transact(versionChange("v1.35.2"))).toEqual({ kind: "already", commit: made, branch: "main" });
    expect(await repository.findByTrailer("Upgrade-Id", "demo-v1.35.2")).toBe(made);
    expect(await repository.findByTrailer("Upgrade-Id", "demo-v1.35")).toBeUndefined();
    expect(await repository.findByTrailer("Upgrade-Id", "demo-v1.35.2", { limit: 1 })).toBeUndefined();
  });

  it("does not undo somebody's revert, and names them", async () => {
    await repository.transact(versionChange("v1.35.2"));
    const reverting = await remote.commit({ "clusters/demo.yaml": "version: v1.34.2\n" }, "Back to v1.34.2, volumes broke");
    await remote.commit({ "other.yaml": "a: 1\n" });
    const outcome = await repository.transact(versionChange("v1.35.2"));
    expect(outcome).toMatchObject({ kind: "refused", refusal: { reason: "ChangeWasReverted" } });
    expect(JSON.stringify(outcome)).toContain(`${reverting.slice(0, 12)} by Ada <ada@example.org> (Back to v1.34.2, volumes broke)`);
    expect(JSON.stringify(outcome)).not.toContain("Somebody's work");
    expect(await repository.transact(versionChange("v1.35.2", { afterRevert: "again" }))).toMatchObject({ kind: "pushed" });
  });

  it("refuses another change under an id that is taken", async () => {
    await repository.transact(versionChange("v1.35.2"));
    const tip = await remote.tip();
    const other = versionChange("v1.36.0", { upgradeId: "demo-v1.35.2" });
    expect(await repository.transact(other)).toMatchObject({ kind: "refused", refusal: { reason: "UpgradeIdInUse" } });
    expect(await remote.tip()).toBe(tip);
  });
});
