import type { BlockReason, PullRequest, PullRequestView, Readiness } from "../git/forges/forge.ts";
import type { Refusal } from "../refusal.ts";
import type { ReviewState } from "../upgrade/sync-state.ts";

/** What the decision, and people, are told of a pull request. */
export function reviewState(view: PullRequestView): ReviewState {
  const { number, url, state, readiness } = view;
  const merged = state.kind === "merged" && state.commit !== undefined ? { mergedAs: state.commit } : {};
  return { number, url, state: state.kind, ...merged, mergeable: readiness?.mergeable.kind ?? "unknown", message: messageOf(view) };
}

function messageOf({ state, readiness, base }: PullRequestView): string {
  if (state.kind === "merged") return `It was merged into ${base}${state.commit === undefined ? "" : ` as ${state.commit.slice(0, 12)}`}`;
  if (state.kind === "closed") return `${state.by ?? "Somebody"} closed it without merging`;
  if (readiness === undefined) return "It is open";
  return readiness.autoMerge === true ? `${openMessage(readiness)}; the forge merges it by itself` : openMessage(readiness);
}

function openMessage(readiness: Readiness): string {
  const { mergeable } = readiness;
  switch (mergeable.kind) {
    case "yes":
      return "It waits for somebody to merge it";
    case "conflicting":
      return "It conflicts with the branch that it is to be merged into";
    case "unknown":
      return "The forge has not worked out yet whether it can be merged";
    case "blocked":
      return `It waits: ${mergeable.why.map((why) => reasonIn(why, readiness)).join("; ")}`;
    default:
      return mergeable satisfies never;
  }
}

function reasonIn(why: BlockReason, { checks }: Readiness): string {
  switch (why) {
    case "checks":
      if (checks.failing.length > 0) return `checks fail (${checks.failing.join(", ")})`;
      return checks.pending.length > 0 ? `checks are running (${checks.pending.join(", ")})` : "required checks have not reported";
    case "reviews":
      return "a review is missing";
    case "draft":
      return "it is a draft";
    case "behind":
      return "its branch must be brought up to date first";
    case "rules":
      return "a rule of the forge forbids merging";
    default:
      return why satisfies never;
  }
}

/** Somebody said no. */
export function pullRequestClosed({ number, url, state }: PullRequest): Refusal {
  const { by, at } = state.kind === "closed" ? state : { by: undefined, at: undefined };
  return {
    reason: "PullRequestClosed",
    message: `Pull request ${number} (${url}) was closed without merging${by === undefined ? "" : ` by ${by}`}: a person does not want this change. It is not asked for again.`,
    remedy: "Reopen it to go on after all; or cancel this upgrade, or ask for the change again explicitly (retry).",
    evidence: [`${url}: closed${at === undefined ? "" : ` at ${new Date(at).toISOString()}`}${by === undefined ? "" : ` by ${by}`}`],
  };
}

/** It was merged, and what it changed is not in the base branch. */
export function mergedAndUndone({ number, url, base, state }: PullRequest): Refusal {
  const commit = state.kind === "merged" && state.commit !== undefined ? ` as ${state.commit.slice(0, 12)}` : "";
  return {
    reason: "ChangeWasReverted",
    message: `Pull request ${number} (${url}) was merged into ${base}${commit}, and ${base} does not say so any more: somebody took it back. It is not made again behind their back.`,
    remedy: "Ask who took it back why; then declare the version that is wanted now, or ask for the change again explicitly (retry).",
    evidence: [`${url}: merged${commit}`],
  };
}
