import type { ReviewRule } from "../git/git-repository.ts";
import { ForgeError } from "../git/forges/forge-error.ts";
import type { Forge, MergeMethod, PullRequest, PullRequestText, PullRequestView } from "../git/forges/forge.ts";
import type { Refusal } from "../refusal.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import type { ReviewState } from "../upgrade/sync-state.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";
import type { ChangedPlace, ChangeWriter, WriteOutcome } from "./change-writer.ts";
import { retireId, stepId } from "./commit-message.ts";
import { createGitWriter, type GitWriterOptions } from "./git-writer.ts";
import { patiently } from "./patience.ts";
import { readMarker, withMarker } from "./pull-request-marker.ts";
import { joinParts, readParts } from "./pull-request-parts.ts";
import { ownReviewBranch } from "./review-branch-name.ts";
import { mergedAndUndone, pullRequestClosed, reviewState } from "./review-words.ts";
import type { KnownReview, SharedReviewBranch } from "./shared-review-branches.ts";

export type ReviewedChange =
  { readonly kind: "step"; readonly step: UpgradeStep } | { readonly kind: "retire"; readonly template: ObjectReference };

export interface PullRequestWriterOptions extends Omit<GitWriterOptions, "reviewBranch" | "reviewRule"> {
  readonly forge: Forge;
  /** One pull request for many clusters. Absent: the branch is `capi-gitops/<upgrade id>`, and each step has a pull request of its own. */
  readonly batch?: PullRequestBatch;
  /** Title and body; of a batch the part of the body that is about this cluster. `changes`: as of the base branch now. */
  readonly describe: (change: ReviewedChange, changes: readonly ChangedPlace[]) => PullRequestText;
  /** Have the forge merge it as soon as it may. */
  readonly autoMerge?: MergeMethod;
  /**
   * The forge is asked about an open pull request at most this often. Default 300: that it was merged is seen in Git at once, and a look is up to five requests, of
   * which GitHub allows 5,000 an hour.
   */
  readonly lookEverySeconds?: number;
}

export interface PullRequestBatch {
  readonly branch: SharedReviewBranch;
  readonly title: (clusters: number) => string;
  /** Below the clusters' parts. */
  readonly foot: string;
}

export type ReviewAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "review"; readonly review: ReviewState }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface PullRequestWriter extends ChangeWriter {
  /** The branch that is to be merged. */
  readonly reviewBranch: string;
  /** How far the pull request of a step is. One that conflicts is made anew on the base branch first. */
  pullRequest(step: UpgradeStep, seen?: SeenInGit): Promise<ReviewAnswer>;
  /**
   * The upgrade is given up: closes its pull request, saying why, and deletes the branch. True: it was closed. Of a batch the others' writers find their changes in no pull request then, and ask
   * for them again in a new one: one with a change that nobody wants any more must not be merged.
   */
  withdraw(why: string): Promise<boolean>;
}

export interface SeenInGit {
  /** The base branch declares what the step says: one that is remembered to be open is most likely merged, and is asked for soon, so that it is told and its branch cleared away. */
  readonly isInBase: boolean;
}

const lookAgainInBaseSeconds = 15;

/** GitHub takes 65,536 characters. */
const longestBody = 64_000;

/** Writes each step as a commit on a branch for review, and sees to it that there is one pull request for it: found again rather than opened twice. */
export function createPullRequestWriter(options: PullRequestWriterOptions): PullRequestWriter {
  const { forge, clock, repository, upgradeId, batch, lookEverySeconds = 300, ...rest } = options;
  const branch = batch?.branch.name ?? ownReviewBranch(upgradeId);
  const base = repository.branch;
  const git = { ...rest, clock, repository, upgradeId, reviewBranch: branch };
  const holds = batch === undefined ? "one-step" : "several";
  const writerBy = (rule: Omit<ReviewRule, "holds">): ChangeWriter => createGitWriter({ ...git, reviewRule: { holds, ...rule } });
  const writer = writerBy({ rebuild: false });
  const known = batch?.branch.known ?? new Map<string, KnownReview>();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => (batch === undefined ? work() : batch.branch.inTurn(work));
  const ask = <T>(question: () => Promise<T>): Promise<T> => patiently(clock, question, options.patienceSeconds);

  const idOf = (change: ReviewedChange): string =>
    change.kind === "step" ? stepId(upgradeId, change.step) : retireId(upgradeId, change.template);
  const commitBy = (by: ChangeWriter, change: ReviewedChange): Promise<WriteOutcome> =>
    change.kind === "step" ? by.write(change.step) : by.retire(change.template);
  const carries =
    (id: string) =>
    ({ body }: PullRequest): boolean => {
      const marker = readMarker(body);
      return !marker.withdrawn && marker.ids.includes(id);
    };

  /** A look at what is not of this moment, past what was remembered. */
  const placesNow = async (change: ReviewedChange): Promise<readonly ChangedPlace[]> => {
    if (change.kind === "retire")
      return [{ place: `${change.template.kind}/${change.template.name}`, before: change.template.name, after: "" }];
    const preview = await createGitWriter(git).preview(change.step);
    return preview.kind === "preview" ? preview.changes : [];
  };

  /** Newest first. One that was being given up when the process ended is not open any more. */
  async function pullRequests(): Promise<readonly PullRequest[]> {
    const found = await ask(() => forge.find(branch, base));
    const abandoned = found.find(({ state, body }) => state.kind === "open" && readMarker(body).withdrawn);
    if (abandoned === undefined) return found;
    await abandon(abandoned, "It was given up before.");
    return ask(() => forge.find(branch, base));
  }

  async function abandon({ number }: PullRequest, why: string): Promise<void> {
    await ask(() => forge.close(number, why));
    await ask(() => forge.deleteBranch(branch));
  }

  /** Why the change is not asked for (again). */
  async function objection(change: ReviewedChange, earlier: PullRequest | undefined): Promise<Refusal | undefined> {
    if (options.again || earlier === undefined) return undefined;
    if (earlier.state.kind === "closed") return pullRequestClosed(await ask(() => forge.look(earlier.number)));
    const undone = earlier.state.kind === "merged" && change.kind === "step" && (await placesNow(change)).length > 0;
    return undone ? mergedAndUndone(earlier) : undefined;
  }

  /** Of a batch what the others have said of themselves stays, for the ids that are given. */
  async function textOf(change: ReviewedChange, open: PullRequest | undefined, others: readonly string[]): Promise<PullRequestText> {
    const { title, body } = options.describe(change, await placesNow(change));
    const id = idOf(change);
    if (batch === undefined) return { title, body: withMarker(body, { ids: [id], withdrawn: false }) };
    const ids = [...new Set([...others, id])];
    const parts = new Map([...readParts(open?.body ?? "").entries()].filter(([each]) => ids.includes(each)));
    parts.set(id, body);
    const marked = (text: string): string => withMarker([text, batch.foot].join("\n\n"), { ids, withdrawn: false });
    return {
      title: batch.title(new Set(ids.map((each) => each.split("/")[0])).size),
      body: marked(joinParts(parts, longestBody - marked("").length)),
    };
  }

  /** The open pull request with the text that belongs to it. */
  async function ensureOpen(change: ReviewedChange, open: PullRequest | undefined): Promise<PullRequestView> {
    const text = await textOf(change, open, open === undefined ? [] : readMarker(open.body).ids);
    const pullRequest = open ?? (await ask(() => forge.open({ ...text, head: branch, base })));
    await ask(() => forge.update(pullRequest, text));
    return ask(() => forge.look(pullRequest.number));
  }

  /** Makes the branch anew where it conflicts; a refusal where the base branch contradicts. */
  async function settled(
    change: ReviewedChange,
    view: PullRequestView,
  ): Promise<{ readonly view: PullRequestView; readonly outcome?: WriteOutcome }> {
    if (view.readiness?.mergeable.kind !== "conflicting") return { view };
    if (batch !== undefined) {
      // Made anew it holds this change alone, and each of the others finds itself missing. That is said first: after a crash in between a change is in the branch that nobody counts on, and not the other way round.
      const mine = await textOf(change, view, []);
      await ask(() => forge.update(view, mine));
      known.clear();
    }
    const outcome = await commitBy(writerBy({ rebuild: true }), change);
    return { view: outcome.kind === "written" ? await ask(() => forge.look(view.number)) : view, outcome };
  }

  async function ensure(change: ReviewedChange): Promise<WriteOutcome> {
    const id = idOf(change);
    const remembered = known.get(id);
    if (remembered !== undefined && clock.now() - remembered.at < lookEverySeconds * 1000 && remembered.view.state.kind === "open")
      return remembered.outcome;
    const found = await pullRequests();
    const refusal = await objection(change, found.find(carries(id)));
    if (refusal !== undefined) return { kind: "refused", refusal };
    const isOpen = ({ state }: PullRequest): boolean => state.kind === "open";
    // Of a batch that has ended nothing goes into the next one by itself: what a person closed, or what a squash merge left on the branch.
    const without = batch === undefined || found.some(isOpen) ? [] : found.flatMap(({ body }) => readMarker(body).ids);
    const committed = await commitBy(without.length === 0 ? writer : writerBy({ rebuild: false, without }), change);
    // Nothing to review: it is in the base branch already.
    if (committed.kind === "refused" || committed.branch === base) return committed;
    // A batch may have been merged just before the commit reached its branch: then the commit belongs to the next one.
    const now = batch !== undefined && committed.kind === "written" ? await ask(() => forge.find(branch, base)) : found;
    const { view, outcome = committed } = await settled(change, await ensureOpen(change, now.find(isOpen)));
    if (outcome.kind === "refused") return outcome;
    // A batch is given the time until the next look to come together.
    if (options.autoMerge !== undefined && batch === undefined) await arm(view, options.autoMerge);
    const pullRequest = { number: view.number, url: view.url };
    const { revision, branch: where } = outcome;
    known.set(id, { at: clock.now(), view, outcome: { kind: "already", revision, branch: where, pullRequest } });
    return { ...outcome, pullRequest };
  }

  async function arm(view: PullRequestView, method: MergeMethod): Promise<void> {
    if (view.state.kind !== "open" || view.readiness?.mergeable.kind === "conflicting" || view.readiness?.autoMerge === true) return;
    try {
      await ask(() => forge.autoMerge(view.number, { headCommit: view.head.commit, method }));
    } catch (error) {
      // Somebody pushed to the branch in between: the next look sees it.
      if (!(error instanceof ForgeError) || error.kind !== "conflict") throw error;
    }
  }

  async function look(step: UpgradeStep, isInBase: boolean): Promise<ReviewAnswer> {
    const change = { kind: "step", step } as const;
    const id = idOf(change);
    const remembered = known.get(id);
    const soon = isInBase && remembered?.view.state.kind === "open";
    const seconds = soon ? Math.min(lookAgainInBaseSeconds, lookEverySeconds) : lookEverySeconds;
    if (remembered !== undefined && clock.now() - remembered.at < seconds * 1000)
      return { kind: "review", review: reviewState(remembered.view) };
    const found = await pullRequests();
    const newest = found.find(carries(id));
    if (newest === undefined) return { kind: "none" };
    const refusal = newest.state.kind === "closed" ? await objection(change, newest) : undefined;
    if (refusal !== undefined) return { kind: "refused", refusal };
    const { view, outcome } = await settled(change, await ask(() => forge.look(newest.number)));
    if (outcome?.kind === "refused") return outcome;
    // A later step has the same branch: only what nobody has opened anything after is cleared away.
    if (view.state.kind === "merged" && found[0]?.number === view.number) await ask(() => forge.deleteBranch(branch));
    // What the forge does not do by itself is done at the first look that finds it ready.
    if (options.autoMerge !== undefined) await arm(view, options.autoMerge);
    const { commit: revision } = view.head;
    const pullRequest = { number: view.number, url: view.url };
    known.set(id, { at: clock.now(), view, outcome: { kind: "already", revision, branch, pullRequest } });
    return { kind: "review", review: reviewState(view) };
  }

  async function withdraw(why: string): Promise<boolean> {
    const open = (await pullRequests()).find(({ state }) => state.kind === "open");
    known.clear();
    if (open === undefined) return false;
    const { ids } = readMarker(open.body);
    const others = ids.filter((id) => !id.startsWith(`${upgradeId}/`));
    if (others.length === ids.length || (batch === undefined && others.length > 0)) return false;
    await ask(() => forge.update(open, { title: open.title, body: withMarker(open.body, { ids, withdrawn: true }) }));
    const note = others.length === 0 ? why : `${why} The other changes of this pull request are asked for again in a new one.`;
    await abandon(open, note);
    return true;
  }
  return {
    ...writer,
    target: `pull request from ${branch} to ${base} (${forge.name})`,
    reviewBranch: branch,
    write: (step) => inTurn(() => ensure({ kind: "step", step })),
    retire: (template) => inTurn(() => ensure({ kind: "retire", template })),
    pullRequest: (step, seen) => inTurn(() => look(step, seen?.isInBase === true)),
    withdraw: (why) => inTurn(() => withdraw(why)),
  };
}
