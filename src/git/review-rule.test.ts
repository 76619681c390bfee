import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommitRequest, GitRepository, ReviewRule } from "./git-repository.ts";
import { localRemote, versionChange, type LocalRemote } from "./testing/local-remote.ts";

const branch = "capi-gitops/demo";
let remote: LocalRemote;
let repository: GitRepository;

beforeEach(async () => {
  remote = await localRemote({ "clusters/demo.yaml": "version: v1.34.2\n", "clusters/other.yaml": "version: v1.34.2\n" });
  repository = await remote.open();
});
afterEach(async () => {
  await repository.dispose();
  await remote.dispose();
});

const step = (to: string, review: Partial<ReviewRule> = {}): CommitRequest =>
  versionChange(to, { pushBranch: branch, review: { holds: "one-step", rebuild: false, ...review } });

/** The same, of another file. */
function other(to: string, review: Partial<ReviewRule> = {}): CommitRequest {
  const edit: CommitRequest["edit"] = async (files) => {
    const text = (await files.read("clusters/other.yaml")) ?? "";
    return { kind: "edited", files: new Map([["clusters/other.yaml", text.replace(/v1\S+/, to)]]) };
  };
  return { ...step(to, { holds: "several", ...review }), upgradeId: `other-${to}`, edit };
}
const ahead = (): Promise<string> => remote.git("log", "--format=%s", "--reverse", `main..${branch}`);

describe("a branch that holds one step", () => {
  it("is given to the next step when it holds what a squash merge left behind", async () => {
    await repository.transact(step("v1.35.2"));
    await remote.commit({ "clusters/demo.yaml": "version: v1.35.2\n" }, "Upgrade demo to v1.35.2 (#1)");
    await repository.fetch();
    expect(await repository.transact(step("v1.36.0"))).toMatchObject({ kind: "pushed", branch });
    expect(await ahead()).toBe("Upgrade demo to v1.36.0");
    expect(await remote.git("rev-parse", `${branch}^`)).toBe(await remote.tip());
  });

  it("is not taken from others", async () => {
    await repository.transact(step("v1.35.2"));
    const theirs = await remote.commit({ "notes.md": "ok\n" }, "Note", branch);
    expect(await repository.transact(step("v1.36.0"))).toMatchObject({ kind: "refused", refusal: { reason: "ReviewBranchTaken" } });
    expect(await repository.transact(step("v1.35.2"))).toMatchObject({ kind: "already" });
    expect(await remote.tip(branch)).toBe(theirs);
  });

  it("is one of this name: a commit of another branch for review is somebody's", async () => {
    await repository.transact({ ...step("v1.35.2"), pushBranch: "capi-gitops/elsewhere" });
    await remote.git("branch", branch, "capi-gitops/elsewhere");
    expect(await repository.transact(step("v1.36.0"))).toMatchObject({ kind: "refused", refusal: { reason: "ReviewBranchTaken" } });
  });

  it("is made anew on the base branch when it conflicts, and left when it holds all of the base branch", async () => {
    await repository.transact(step("v1.35.2"));
    const first = await remote.tip(branch);
    expect(await repository.transact(step("v1.35.2", { rebuild: true }))).toMatchObject({ kind: "already", commit: first });
    await remote.commit({ "clusters/demo.yaml": "# theirs\nversion: v1.34.2\n" }, "Theirs");
    await repository.fetch();
    expect(await repository.transact(step("v1.35.2"))).toMatchObject({ kind: "already", commit: first });
    expect(await repository.transact(step("v1.35.2", { rebuild: true }))).toMatchObject({ kind: "pushed" });
    expect(await ahead()).toBe("Upgrade demo to v1.35.2");
    expect(await remote.show("clusters/demo.yaml", branch)).toBe("# theirs\nversion: v1.35.2");
    const second = await remote.tip(branch);
    expect(await repository.transact(step("v1.35.2", { rebuild: true }))).toMatchObject({ kind: "already", commit: second });
  });

  it("is not made anew over a reviewer's commit, nor where the base branch contradicts", async () => {
    await repository.transact(step("v1.35.2"));
    const theirs = await remote.commit({ "notes.md": "ok\n" }, "Note", branch);
    await remote.commit({ "clusters/demo.yaml": "# theirs\nversion: v1.34.2\n" }, "Theirs");
    await repository.fetch();
    expect(await repository.transact(step("v1.35.2", { rebuild: true }))).toMatchObject({
      kind: "refused",
      refusal: { reason: "ReviewBranchTaken" },
    });
    await remote.commit({ "clusters/demo.yaml": null }, "Gone");
    await repository.fetch();
    expect(await repository.transact(step("v1.35.2", { rebuild: true }))).toMatchObject({
      kind: "refused",
      refusal: { reason: "NoManifest" },
    });
    expect(await remote.tip(branch)).toBe(theirs);
  });
});

describe("a branch that holds several changes", () => {
  it("gets each once, one on top of the other", async () => {
    await repository.transact(step("v1.35.2", { holds: "several" }));
    await repository.transact(other("v1.35.2"));
    expect(await repository.transact(step("v1.35.2", { holds: "several" }))).toMatchObject({ kind: "already", branch });
    expect(await repository.transact(other("v1.35.2"))).toMatchObject({ kind: "already", branch });
    expect((await ahead()).split("\n")).toHaveLength(2);
    expect(await remote.show("clusters/demo.yaml", branch)).toBe("version: v1.35.2");
    expect(await remote.show("clusters/other.yaml", branch)).toBe("version: v1.35.2");
  });

  it("buries no reviewer's commit", async () => {
    await repository.transact(step("v1.35.2", { holds: "several" }));
    const theirs = await remote.commit({ "notes.md": "ok\n" }, "Note", branch);
    await repository.transact(other("v1.35.2"));
    expect(await remote.git("rev-parse", `${branch}^`)).toBe(theirs);
  });

  it("is not one that is somebody else's altogether", async () => {
    await remote.commit({ "mine.yaml": "a: 1\n" }, "My branch", branch);
    expect(await repository.transact(other("v1.35.2"))).toMatchObject({ kind: "refused", refusal: { reason: "ReviewBranchTaken" } });
  });

  it.each([
    ["a commit of those that are not to be on it", ["demo-v1.35.2"], "Upgrade demo to v1.36.0"],
    ["none of those", ["elsewhere"], "Upgrade demo to v1.35.2\nUpgrade demo to v1.36.0"],
  ])("with %s", async (_, without, expected) => {
    await repository.transact(step("v1.35.2", { holds: "several" }));
    expect(await repository.transact(other("v1.36.0", { without }))).toMatchObject({ kind: "pushed" });
    expect(await ahead()).toBe(expected);
  });

  it("is not made anew over a reviewer's commit", async () => {
    await repository.transact(step("v1.35.2", { holds: "several" }));
    const theirs = await remote.commit({ "notes.md": "ok\n" }, "Note", branch);
    expect(await repository.transact(other("v1.36.0", { without: ["demo-v1.35.2"] }))).toMatchObject({
      kind: "refused",
      refusal: { reason: "ReviewBranchTaken" },
    });
    expect(await remote.tip(branch)).toBe(theirs);
  });

  it("made anew holds what is asked for first, then the others again", async () => {
    await repository.transact(step("v1.35.2", { holds: "several" }));
    await repository.transact(other("v1.35.2"));
    await remote.commit({ "clusters/other.yaml": "# theirs\nversion: v1.34.2\n" }, "Theirs");
    await repository.fetch();
    expect(await repository.transact(other("v1.35.2", { rebuild: true }))).toMatchObject({ kind: "pushed" });
    expect((await ahead()).split("\n")).toHaveLength(1);
    expect(await repository.transact(step("v1.35.2", { holds: "several" }))).toMatchObject({ kind: "pushed" });
    expect(await remote.show("clusters/demo.yaml", branch)).toBe("version: v1.35.2");
    expect(await remote.show("clusters/other.yaml", branch)).toBe("# theirs\nversion: v1.35.2");
  });
});

it("a push to the base branch carries no mark", async () => {
  await repository.transact({ ...step("v1.35.2"), pushBranch: "main" });
  expect(await remote.git("log", "-1", "--format=%B")).not.toContain("Upgrade-Branch");
});
