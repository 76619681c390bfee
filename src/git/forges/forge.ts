/** Gitea stands for Forgejo too: one API. */
export type ForgeKind = "github" | "gitlab" | "gitea";

export interface PullRequestText {
  /** One line, without a mark for drafts. */
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export interface NewPullRequest extends PullRequestText {
  /** Branch of the same repository that is to be merged. */
  readonly head: string;
  /** Branch that it is merged into. */
  readonly base: string;
}

export type PullRequestState =
  | { readonly kind: "open" }
  /** `commit`: what the base branch got; undefined where the forge does not say. */
  | { readonly kind: "merged"; readonly commit: string | undefined }
  /** Closed without merging. `by`: a user name, asked for by `look` only; `at`: epoch milliseconds. */
  | { readonly kind: "closed"; readonly by: string | undefined; readonly at: number | undefined };

export interface PullRequest extends PullRequestText {
  /** What people call it: GitHub's and Gitea's number, GitLab's iid. */
  readonly number: number;
  /** For people. */
  readonly url: string;
  readonly draft: boolean;
  readonly head: { readonly branch: string; readonly commit: string };
  readonly base: string;
  readonly state: PullRequestState;
}

/** `rules`: the forge forbids it for a reason that its API does not tell, or one that we do not know. */
export type BlockReason = "checks" | "reviews" | "draft" | "behind" | "rules";

export type Mergeable =
  | { readonly kind: "yes" }
  | { readonly kind: "conflicting" }
  /** The forge has not worked it out yet; ask again. */
  | { readonly kind: "unknown" }
  | { readonly kind: "blocked"; readonly why: readonly BlockReason[] };

/** What runs on the head commit. Names of those that fail or run, sorted. */
export interface Checks {
  readonly state: "none" | "pending" | "passing" | "failing";
  readonly failing: readonly string[];
  readonly pending: readonly string[];
}

export interface Readiness {
  readonly mergeable: Mergeable;
  readonly checks: Checks;
  /** Undefined where the forge does not tell (Gitea). */
  readonly autoMerge: boolean | undefined;
}

export interface PullRequestView extends PullRequest {
  /** Undefined unless it is open. */
  readonly readiness: Readiness | undefined;
}

export type MergeMethod = "merge" | "squash" | "rebase";

export type MergeOutcome =
  | { readonly kind: "merged"; readonly commit: string | undefined }
  /** The forge merges it by itself as soon as it may. */
  | { readonly kind: "armed" }
  /** Nothing was done and the forge will do nothing by itself: ask again. */
  | { readonly kind: "waiting"; readonly message: string };

/** Pull requests of one repository. All methods may reject with ForgeError. */
export interface Forge {
  readonly kind: ForgeKind;
  /** For people: `GitHub, acme/fleet at https://github.com`. */
  readonly name: string;
  /** Those from `head` of the repository itself into `base`, open ones and others, newest first. Forks' branches of the same name are left out. */
  find(head: string, base: string): Promise<readonly PullRequest[]>;
  /** One is opened, or the one that is open already is given back. */
  open(request: NewPullRequest): Promise<PullRequest>;
  /** False: it said so already, and nothing was sent. A draft stays a draft. */
  update(pullRequest: PullRequest, text: PullRequestText): Promise<boolean>;
  look(number: number): Promise<PullRequestView>;
  /** Merges when it may and all checks pass, else has the forge do so later; only if its head still is `headCommit` (else a `conflict` error). */
  autoMerge(number: number, request: { readonly headCommit: string; readonly method: MergeMethod }): Promise<MergeOutcome>;
  /** Says why and closes it; nothing happens to one that is not open. */
  close(number: number, comment: string): Promise<void>;
  /** False: there was no such branch. */
  deleteBranch(branch: string): Promise<boolean>;
}

/** Line ends and what is behind the last line are the forge's business. */
export function sameText(a: PullRequestText, b: PullRequestText): boolean {
  return a.title.trim() === b.title.trim() && plain(a.body) === plain(b.body);
}

function plain(body: string): string {
  return body.replaceAll("\r\n", "\n").trim();
}
