import type { RepositoryFiles } from "../manifests/repository-files.ts";
import type { Refusal } from "../refusal.ts";
import type { Identity } from "./commit-message.ts";
import type { GitCredentials } from "./credentials.ts";
import type { CommitSigning } from "./signing.ts";

export interface GitRemote {
  /** `https://…`, `ssh://…`, `git@host:path`, `file://…` or a local path. User information in it is moved out of sight. */
  readonly url: string;
  /** Base branch. Default: the one that the remote's HEAD names. */
  readonly branch?: string;
  /** Absent: nobody in particular. */
  readonly credentials?: GitCredentials;
}

/** A repository as a transaction: look at a commit, and put one commit on top of a branch, or nothing. All methods may reject with GitError. */
export interface GitRepository {
  /** The base branch. */
  readonly branch: string;
  /** The remote's URL, without user information: for people. */
  readonly url: string;
  /** The newest tip of the base branch. Whoever shares a copy may be given one that was asked for a moment ago, but not before `notBefore` (epoch milliseconds). */
  fetch(options?: { readonly notBefore?: number }): Promise<{ readonly commit: string }>;
  /** The files of a commit that `fetch` gave. */
  filesAt(commit: string): RepositoryFiles;
  /** Newest commit with that trailer among the last `limit` (default 200) of the base branch, and of `branch` when given. Asks the remote when what is known is not of this moment. */
  findByTrailer(key: string, value: string, options?: { readonly limit?: number; readonly branch?: string }): Promise<string | undefined>;
  /** Makes the edit one commit on the remote, once however often it is asked. Transactions of one repository run one after the other. */
  transact(request: CommitRequest): Promise<CommitOutcome>;
  /** Ends processes and removes temporary files, keys among them. */
  dispose(): Promise<void>;
}

export type EditResult =
  /** New contents by path; null deletes. An empty map: already as wanted. */
  { readonly kind: "edited"; readonly files: ReadonlyMap<string, string | null> } | { readonly kind: "refused"; readonly refusal: Refusal };

export interface CommitRequest {
  /** Names the change: the same id is committed once. Becomes the trailer `Upgrade-Id`. One id, one commit: a second step needs another id. */
  readonly upgradeId: string;
  readonly title: string;
  readonly body?: string;
  /** More trailers, e.g. `Co-authored-by`. */
  readonly trailers?: Readonly<Record<string, string>>;
  /** Author and committer. */
  readonly author: Identity;
  readonly signOff: boolean;
  readonly signing?: CommitSigning;
  /** Branch for review, made from the base branch. Absent: the commit goes to the base branch. */
  readonly pushBranch?: string;
  /** How a branch for review is treated that exists already. Absent: as `one-step`, and only the commit with the same upgrade id is ours. */
  readonly review?: ReviewRule;
  /** What to do when the change was committed before and is not in effect any more. Default `refuse`. */
  readonly afterRevert?: "refuse" | "again";
  /** Pure function of the files; called again on the newer tip after a lost race. */
  readonly edit: (files: RepositoryFiles) => Promise<EditResult>;
}

/** Commits on a branch for review that were made by this rule carry the branch's name as a trailer, and are ours: they may be replaced, others' may not. */
export interface ReviewRule {
  /** `one-step`: the branch holds this commit alone. `several`: the commit goes on top of those of other changes (a pull request for many clusters). */
  readonly holds: "one-step" | "several";
  /** Make the branch anew from the base branch although it holds the change: it conflicts. Of `several` the others are then missing, until each is asked for again. */
  readonly rebuild: boolean;
  /** Upgrade ids whose commits are not to be on the branch (any more): a person said no to them, or a squash merge left them behind. Where it holds one it is made anew from the base branch. */
  readonly without?: readonly string[];
}

export type CommitOutcome =
  | { readonly kind: "pushed"; readonly commit: string; readonly branch: string; readonly attempts: number }
  /** Nothing was pushed: the commit with the trailer, or the tip when the files were as wanted all along. */
  | { readonly kind: "already"; readonly commit: string; readonly branch: string }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Moments in a transaction, in order; for tests that stop the process at each of them. */
export type TransactionStep = "opened" | "fetched" | "edited" | "objects-written" | "committed" | "before-push" | "after-push";
export const transactionSteps: readonly TransactionStep[] = [
  "opened",
  "fetched",
  "edited",
  "objects-written",
  "committed",
  "before-push",
  "after-push",
];
