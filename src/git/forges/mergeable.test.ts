import { describe, expect, it } from "vitest";
import { checksOf } from "./checks.ts";
import type { Checks } from "./forge.ts";
import { giteaMergeable, type GiteaReview } from "./gitea-mergeable.ts";
import { githubMergeable } from "./github-mergeable.ts";
import { gitlabMergeable } from "./gitlab-mergeable.ts";

const none = checksOf([]);
const passing = checksOf([{ name: "a", result: "passing" }]);
const failing = checksOf([
  { name: "b", result: "failing" },
  { name: "a", result: "failing" },
  { name: "c", result: "pending" },
]);

it("a failure fails, whatever still runs", () => {
  expect(failing).toEqual({ state: "failing", failing: ["a", "b"], pending: ["c"] });
});

describe("GitHub's mergeable_state", () => {
  it.each<[state: string, mergeable: boolean | null, draft: boolean, checks: Checks, review: string | undefined, expected: unknown]>([
    ["clean", true, false, passing, undefined, { kind: "yes" }],
    ["has_hooks", true, false, passing, undefined, { kind: "yes" }],
    ["unstable", true, false, failing, undefined, { kind: "yes" }],
    ["dirty", false, false, passing, undefined, { kind: "conflicting" }],
    ["dirty", false, true, passing, undefined, { kind: "conflicting" }],
    ["unknown", null, false, none, undefined, { kind: "unknown" }],
    ["behind", true, false, none, undefined, { kind: "blocked", why: ["behind"] }],
    ["draft", true, true, none, undefined, { kind: "blocked", why: ["draft"] }],
    ["blocked", true, true, failing, undefined, { kind: "blocked", why: ["draft"] }],
    ["blocked", true, false, failing, "REVIEW_REQUIRED", { kind: "blocked", why: ["checks", "reviews"] }],
    ["blocked", true, false, passing, "CHANGES_REQUESTED", { kind: "blocked", why: ["reviews"] }],
    ["blocked", true, false, passing, "APPROVED", { kind: "blocked", why: ["rules"] }],
    ["blocked", true, false, none, undefined, { kind: "blocked", why: ["rules"] }],
    ["a new one", true, false, none, undefined, { kind: "unknown" }],
  ])("%s, mergeable %s, draft %s", (state, mergeable, draft, checks, review, expected) => {
    expect(githubMergeable({ mergeable, state, draft }, checks, review)).toEqual(expected);
  });
});

describe("GitLab's merge status", () => {
  it.each<[detailed: string | undefined, plain: string | undefined, hasConflicts: boolean, expected: unknown]>([
    ["mergeable", "can_be_merged", false, { kind: "yes" }],
    ["conflict", "cannot_be_merged", true, { kind: "conflicting" }],
    ["broken_status", "cannot_be_merged", false, { kind: "conflicting" }],
    // What is told first may not be all.
    ["not_approved", "cannot_be_merged", true, { kind: "conflicting" }],
    ["unchecked", "unchecked", false, { kind: "unknown" }],
    ["checking", "checking", false, { kind: "unknown" }],
    ["preparing", "preparing", false, { kind: "unknown" }],
    ["ci_still_running", "can_be_merged", false, { kind: "blocked", why: ["checks"] }],
    ["requested_changes", "can_be_merged", false, { kind: "blocked", why: ["reviews"] }],
    ["need_rebase", "can_be_merged", false, { kind: "blocked", why: ["behind"] }],
    ["security_policy_violations", "can_be_merged", false, { kind: "blocked", why: ["rules"] }],
    [undefined, "can_be_merged", false, { kind: "yes" }],
    [undefined, "cannot_be_merged", false, { kind: "conflicting" }],
    [undefined, undefined, false, { kind: "unknown" }],
  ])("%s, before 15.6 %s, conflicts %s", (detailed, plain, hasConflicts, expected) => {
    expect(gitlabMergeable({ detailed, plain, hasConflicts, draft: false })).toEqual(expected);
  });

  it("of a draft", () => {
    expect(gitlabMergeable({ detailed: "draft_status", plain: undefined, hasConflicts: false, draft: true })).toEqual({
      kind: "blocked",
      why: ["draft"],
    });
  });
});

describe("Gitea's rules of the base branch", () => {
  const review = (user: string, state: string, more: Partial<GiteaReview> = {}): GiteaReview => ({
    user,
    state,
    official: true,
    dismissed: false,
    ...more,
  });
  const open = { mergeable: true, draft: false, requiredApprovals: 0, requiresChecks: false, reviews: [] };
  it.each<[what: string, more: Partial<Parameters<typeof giteaMergeable>[0]>, checks: Checks, expected: unknown]>([
    ["none", {}, none, { kind: "yes" }],
    ["none, with checks that fail", {}, failing, { kind: "yes" }],
    ["a conflict", { mergeable: false }, none, { kind: "conflicting" }],
    ["a draft is never mergeable", { mergeable: false, draft: true }, none, { kind: "blocked", why: ["draft"] }],
    ["checks that nobody reported", { requiresChecks: true }, none, { kind: "blocked", why: ["checks"] }],
    ["an approval is missing", { requiredApprovals: 1 }, none, { kind: "blocked", why: ["reviews"] }],
    ["an approval is there", { requiredApprovals: 1, reviews: [review("ada", "APPROVED")] }, none, { kind: "yes" }],
    [
      "one person counts once",
      { requiredApprovals: 2, reviews: [review("ada", "APPROVED"), review("ada", "APPROVED")] },
      none,
      { kind: "blocked", why: ["reviews"] },
    ],
    [
      "the last word counts",
      { requiredApprovals: 1, reviews: [review("ada", "APPROVED"), review("ada", "REQUEST_CHANGES")] },
      none,
      { kind: "blocked", why: ["reviews"] },
    ],
    [
      "a comment is no word",
      { requiredApprovals: 1, reviews: [review("ada", "APPROVED"), review("ada", "COMMENT")] },
      none,
      { kind: "yes" },
    ],
    [
      "not everybody's counts",
      { requiredApprovals: 1, reviews: [review("ada", "APPROVED", { official: false })] },
      none,
      { kind: "blocked", why: ["reviews"] },
    ],
    [
      "a dismissed one does not",
      { requiredApprovals: 1, reviews: [review("ada", "APPROVED", { dismissed: true })] },
      none,
      { kind: "blocked", why: ["reviews"] },
    ],
  ])("%s", (_, more, checks, expected) => {
    expect(giteaMergeable({ ...open, ...more }, checks)).toEqual(expected);
  });
});
