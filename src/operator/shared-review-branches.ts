import type { PullRequestView } from "../git/forges/forge.ts";
import type { WriteOutcome } from "./change-writer.ts";

/** A change's pull request as it was at the last look. */
export interface KnownReview {
  readonly at: number;
  readonly view: PullRequestView;
  readonly outcome: WriteOutcome;
}

/** A branch for review that the writers of several clusters share. What is kept of it may be lost: it spares looks, and writers of one process do not undo each other's text. */
export interface SharedReviewBranch {
  readonly name: string;
  /** By the id of the change. */
  readonly known: Map<string, KnownReview>;
  /** One writer at a time: between a look at the pull request and the text that is made of it nobody else sends one. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Gives the same for the same repository, base branch and name. */
export type SharedReviewBranches = (repository: { readonly url: string; readonly branch: string }, name: string) => SharedReviewBranch;

export function sharedReviewBranches(): SharedReviewBranches {
  const branches = new Map<string, SharedReviewBranch>();
  return ({ url, branch }, name) => {
    const key = JSON.stringify([url, branch, name]);
    const before = branches.get(key);
    if (before !== undefined) return before;
    let last: Promise<unknown> = Promise.resolve();
    const shared: SharedReviewBranch = {
      name,
      known: new Map(),
      inTurn(work) {
        const run = last.then(work);
        last = run.catch(() => undefined);
        return run;
      },
    };
    branches.set(key, shared);
    return shared;
  };
}
