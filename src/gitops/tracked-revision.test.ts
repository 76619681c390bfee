import { describe, expect, it } from "vitest";
import { argoRevision, fluxCommit, fluxRevision, refuseUnlessBranch, revisionInWords } from "./tracked-revision.ts";
import { COMMIT } from "./testing/objects.ts";

describe("argoRevision", () => {
  it.each([
    [undefined, "the default branch (HEAD)"],
    ["HEAD", "the default branch (HEAD)"],
    ["main", "branch main"],
    ["release-1.35", "branch release-1.35"],
    ["feature/v1.2", "branch feature/v1.2"],
    ["refs/heads/main", "branch main"],
    ["refs/tags/v1", "tag v1"],
    ["refs/pull/420/head", "reference refs/pull/420/head"],
    ["v1.2.3", "tag v1.2.3"],
    ["1.2", "tag 1.2"],
    ["1.2.*", "the newest tag in 1.2.*"],
    [">=1.0.0 <2.0.0", "the newest tag in >=1.0.0 <2.0.0"],
    ["^1.2", "the newest tag in ^1.2"],
    ["v1.x", "the newest tag in v1.x"],
    [COMMIT, `commit ${COMMIT}`],
    ["4f5e6a7", "commit 4f5e6a7"],
    ["defaced", "branch defaced"],
  ])("%s is %s", (text, expected) => {
    expect(revisionInWords(argoRevision(text))).toBe(expected);
  });

  it.each([
    ["HEAD", true],
    ["refs/heads/main", true],
    ["main", false],
  ])("%s is surely a branch: %s", (text, sure) => {
    expect(argoRevision(text)).toMatchObject({ kind: "branch", sure });
  });
});

describe("fluxRevision", () => {
  const ref = { branch: undefined, tag: undefined, semver: undefined, name: undefined, commit: undefined };
  it.each([
    [{}, "branch master"],
    [{ branch: "main" }, "branch main"],
    [{ branch: "main", tag: "v1" }, "tag v1"],
    [{ tag: "v1", semver: ">=1.0" }, "the newest tag in >=1.0"],
    [{ semver: ">=1.0", name: "refs/heads/live" }, "branch live"],
    [{ name: "refs/tags/v1" }, "tag v1"],
    [{ name: "refs/merge-requests/1/head" }, "reference refs/merge-requests/1/head"],
    [{ branch: "main", commit: COMMIT }, `commit ${COMMIT}`],
  ])("%o is %s", (given, expected) => {
    expect(revisionInWords(fluxRevision({ ...ref, ...given }))).toBe(expected);
  });
});

describe("refuseUnlessBranch", () => {
  it("says what is followed instead", () => {
    const refusal = refuseUnlessBranch(argoRevision("v1.2.3"), "spec.source.targetRevision of Application argocd/capi", "https://x/y");
    expect(refusal?.reason).toBe("RevisionNotABranch");
    expect(refusal?.message).toBe(
      "spec.source.targetRevision of Application argocd/capi is tag v1.2.3 of https://x/y: a commit on a branch would not be applied.",
    );
    expect(refuseUnlessBranch(argoRevision("main"), "", "")).toBeUndefined();
  });
});

describe("fluxCommit", () => {
  it.each([
    [`main@sha1:${COMMIT}`, COMMIT],
    [`refs/heads/main@sha1:${COMMIT}`, COMMIT],
    [`sha1:${COMMIT}`, COMMIT],
    [`main/${COMMIT}`, COMMIT],
    ["1.2.3", undefined],
    [`latest@sha256:${"a".repeat(64)}`, undefined],
    [undefined, undefined],
  ])("%s: %s", (text, expected) => {
    expect(fluxCommit(text)).toBe(expected);
  });
});
