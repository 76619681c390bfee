import { afterEach, beforeEach, expect, it } from "vitest";
import type { CommitRequest, GitRepository } from "./git-repository.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

const branch = "upgrade/demo";
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

const request = (more: Partial<CommitRequest> = {}): CommitRequest => versionChange("v1.35.2", { pushBranch: branch, ...more });

it("makes the branch on top of the base branch and leaves the base branch alone", async () => {
  const base = await remote.tip();
  expect(await repository.transact(request())).toEqual({ kind: "pushed", commit: await remote.tip(branch), branch, attempts: 1 });
  expect(await remote.tip()).toBe(base);
  expect(await remote.git("rev-parse", `${branch}^`)).toBe(base);
});

it("takes the base branch's name for a direct push", async () => {
  expect(await repository.transact(request({ pushBranch: "main" }))).toMatchObject({ kind: "pushed", branch: "main" });
});

it("makes one commit however often it is asked, also from a fresh copy, also when the base branch went on", async () => {
  await repository.transact(request());
  const tip = await remote.tip(branch);
  expect(await repository.transact(request())).toEqual({ kind: "already", commit: tip, branch });
  await remote.commit({ "other.yaml": "a: 1\n" });
  const fresh = await remote.open();
  expect(await fresh.transact(request())).toEqual({ kind: "already", commit: tip, branch });
  expect(await fresh.findByTrailer("Upgrade-Id", "demo-v1.35.2")).toBeUndefined();
  expect(await fresh.findByTrailer("Upgrade-Id", "demo-v1.35.2", { branch })).toBe(tip);
  await fresh.dispose();
  expect(await remote.tip(branch)).toBe(tip);
});

it("leaves a reviewer's commits on top of ours", async () => {
  await repository.transact(request());
  const ours = await remote.tip(branch);
  const theirs = await remote.commit({ "notes.md": "ok\n" }, "Note", branch);
  expect(await repository.transact(request())).toEqual({ kind: "already", commit: ours, branch });
  expect(await remote.tip(branch)).toBe(theirs);
});

it("refuses when the reviewer changed what we want, and leaves it", async () => {
  await repository.transact(request());
  const theirs = await remote.commit({ "clusters/demo.yaml": "version: v1.35.1\n" }, "Rather this one", branch);
  expect(await repository.transact(request())).toMatchObject({
    kind: "refused",
    refusal: { reason: "ReviewBranchTaken", message: expect.stringContaining("Rather this one") },
  });
  expect(await remote.tip(branch)).toBe(theirs);
});

it("refuses a branch that somebody else uses", async () => {
  const theirs = await remote.commit({ "mine.yaml": "a: 1\n" }, "My branch", branch);
  expect(await repository.transact(request())).toMatchObject({ kind: "refused", refusal: { reason: "ReviewBranchTaken" } });
  expect(await remote.tip(branch)).toBe(theirs);
});

it("does not take somebody else's branch for its own because it says the same", async () => {
  await remote.commit({ "clusters/demo.yaml": "version: v1.35.2\n" }, "By hand", branch);
  expect(await repository.transact(request())).toMatchObject({ kind: "refused", refusal: { reason: "ReviewBranchTaken" } });
});

it("takes over a branch that holds nothing of its own", async () => {
  await remote.git("branch", branch, "main");
  await remote.commit({ "other.yaml": "a: 1\n" });
  expect(await repository.transact(request())).toMatchObject({ kind: "pushed", branch });
  expect(await remote.git("rev-parse", `${branch}^`)).toBe(await remote.tip());
});

it("replaces its own commit when the base branch asks for more", async () => {
  const all = request({
    edit: async (files) => {
      const edited = new Map<string, string>();
      for (const path of (await files.list()).filter((path) => path.startsWith("clusters/"))) {
        const text = (await files.read(path)) ?? "";
        const wanted = text.replace("v1.34.2", "v1.35.2");
        if (wanted !== text) edited.set(path, wanted);
      }
      return { kind: "edited", files: edited };
    },
  });
  await repository.transact(all);
  await remote.commit({ "clusters/pool.yaml": "version: v1.34.2\n" });
  // The commit on the branch is complete as seen from the branch: its own tree needs nothing.
  expect(await repository.transact(all)).toMatchObject({ kind: "already", branch });
  // Asked for something else under the same id, it is replaced: nobody else's work is on the branch.
  const outcome = await repository.transact(versionChange("v1.35.3", { pushBranch: branch, upgradeId: "demo-v1.35.2" }));
  expect(outcome).toMatchObject({ kind: "pushed" });
  expect(await remote.git("rev-list", "--count", `main..${branch}`)).toBe("1");
  expect(await remote.show("clusters/demo.yaml", branch)).toBe("version: v1.35.3");
});

it.each(["merge", "squash"])("knows that the review was merged (%s), with the branch gone or still there", async (how) => {
  await repository.transact(request());
  await remote.person("fetch", "--quiet", "origin", branch);
  await remote.person(...(how === "merge" ? ["merge", "--quiet", "--no-ff", "-m", "Merge", "FETCH_HEAD"] : ["cherry-pick", "FETCH_HEAD"]));
  await remote.person("push", "--quiet", "origin", "HEAD:main");
  const tip = await remote.tip();
  expect(await repository.transact(request())).toMatchObject({ kind: "already", branch: "main" });
  await remote.git("update-ref", "-d", `refs/heads/${branch}`);
  expect(await repository.transact(request())).toMatchObject({ kind: "already", branch: "main" });
  expect(await remote.tip()).toBe(tip);
});

it("pushes again when somebody makes the same branch in between", async () => {
  const racer = await remote.open({
    onStep: async (step) => void (step === "before-push" && (await remote.git("branch", "--force", branch, "main"))),
  });
  await racer.transact(request());
  await racer.dispose();
  expect(await remote.git("rev-list", "--count", `main..${branch}`)).toBe("1");
});

it.each(["-x", "a..b", "a b", "refs/heads/x", "x.lock", "HEAD", ""])("does not push to %j", async (name) => {
  await expect(repository.transact(request({ pushBranch: name }))).rejects.toMatchObject({ kind: "configuration" });
});
