import { expect, it } from "vitest";
import type { PullRequestView, Readiness } from "../git/forges/forge.ts";
import { mergedAndUndone, pullRequestClosed, reviewState } from "./review-words.ts";

const checks = { state: "none", failing: [], pending: [] } as const;
const view = (readiness: Partial<Readiness> = {}, more: Partial<PullRequestView> = {}): PullRequestView => ({
  number: 7,
  url: "https://forge.example/7",
  title: "t",
  body: "b",
  draft: false,
  head: { branch: "h", commit: "1".repeat(40) },
  base: "main",
  state: { kind: "open" },
  readiness: { mergeable: { kind: "yes" }, checks, autoMerge: false, ...readiness },
  ...more,
});

it.each<[PullRequestView, string, string, string]>([
  [view(), "open", "yes", "It waits for somebody to merge it"],
  [view({ autoMerge: true }), "open", "yes", "It waits for somebody to merge it; the forge merges it by itself"],
  [view({ mergeable: { kind: "conflicting" } }), "open", "conflicting", "It conflicts with the branch that it is to be merged into"],
  [view({ mergeable: { kind: "unknown" } }), "open", "unknown", "The forge has not worked out yet whether it can be merged"],
  [
    view({
      mergeable: { kind: "blocked", why: ["checks", "reviews"] },
      checks: { state: "pending", failing: [], pending: ["lint", "test"] },
    }),
    "open",
    "blocked",
    "It waits: checks are running (lint, test); a review is missing",
  ],
  [
    view({ mergeable: { kind: "blocked", why: ["checks"] }, checks: { state: "failing", failing: ["test"], pending: ["lint"] } }),
    "open",
    "blocked",
    "It waits: checks fail (test)",
  ],
  [view({ mergeable: { kind: "blocked", why: ["checks"] } }), "open", "blocked", "It waits: required checks have not reported"],
  [view({ mergeable: { kind: "blocked", why: ["draft"] } }), "open", "blocked", "It waits: it is a draft"],
  [view({ mergeable: { kind: "blocked", why: ["behind"] } }), "open", "blocked", "It waits: its branch must be brought up to date first"],
  [view({ mergeable: { kind: "blocked", why: ["rules"] } }), "open", "blocked", "It waits: a rule of the forge forbids merging"],
  [
    view({}, { state: { kind: "merged", commit: "abcdef0123456789" }, readiness: undefined }),
    "merged",
    "unknown",
    "It was merged into main as abcdef012345",
  ],
  [
    view({}, { state: { kind: "closed", by: undefined, at: undefined }, readiness: undefined }),
    "closed",
    "unknown",
    "Somebody closed it without merging",
  ],
])("$state.kind, $readiness.mergeable: %#", (given, state, mergeable, message) => {
  expect(reviewState(given)).toMatchObject({ number: 7, url: "https://forge.example/7", state, mergeable, message });
});

it("what the base branch got is told where the forge tells it", () => {
  const merged = (commit: string | undefined): unknown =>
    reviewState(view({}, { state: { kind: "merged", commit }, readiness: undefined })).mergedAs;
  expect([merged("abcdef0123456789"), merged(undefined)]).toEqual(["abcdef0123456789", undefined]);
});

it("a no names who said it, and when", () => {
  const refusal = pullRequestClosed(view({}, { state: { kind: "closed", by: "ada", at: Date.UTC(2026, 4, 4, 10) } }));
  expect(refusal).toMatchObject({
    reason: "PullRequestClosed",
    message: expect.stringContaining("closed without merging by ada") as string,
  });
  expect(refusal.evidence).toEqual(["https://forge.example/7: closed at 2026-05-04T10:00:00.000Z by ada"]);
});

it("what was taken back names what had been merged", () => {
  expect(mergedAndUndone(view({}, { state: { kind: "merged", commit: "abcdef0123456789" } }))).toMatchObject({
    reason: "ChangeWasReverted",
    evidence: ["https://forge.example/7: merged as abcdef012345"],
  });
});
