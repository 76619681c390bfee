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
import { mergedAndUndone, pullRequestClosed, reviewState } from "./review-words.ts";

export type ReviewedChange =
  { readonly kind: "step"; readonly step: UpgradeStep } | { readonly kind: "retire"; readonly template: ObjectReference };

export interface PullRequestWriterOptions extends Omit<GitWriterOptions, "reviewBranch" | "reviewRule"> {
  readonly forge: Forge;
  /** One pull request for many clusters: the branch that their writers share. Absent: `capi-gitops/<upgrade id>`, and one pull request for each step. */
  readonly sharedBranch?: string;
  /** Title and body; of a shared branch the same from each of its writers, about all of its clusters. `changes`: as of the base branch now. */
  readonly describe: (change: ReviewedChange, changes: readonly ChangedPlace[]) => PullRequestText;
  /** Have the forge merge it as soon as it may. */
  readonly autoMerge?: MergeMethod;
  /**
   * The forge is asked about an open pull request at most this often. Default 300: that it was merged is seen in Git at once, and a look is up to five requests, of
   * which GitHub allows 5,000 an hour.
   */
  readonly lookEverySeconds?: number;
}

export type ReviewAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "review"; readonly review: ReviewState }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface PullRequestWriter extends ChangeWriter {
  /** The branch that is to be merged. */
  readonly reviewBranch: string;
  /** How far the pull request of a step is. One that conflicts is made anew on the base branch first. */
  pullRequest(step: UpgradeStep): Promise<ReviewAnswer>;
  /** The upgrade is given up: closes its pull request, saying why, and deletes the branch; one that carries other upgrades too is left. True: it was closed. */
  withdraw(why: string): Promise<boolean>;
}

interface Known {
  readonly at: number;
  readonly view: PullRequestView;
  readonly outcome: WriteOutcome;
}

/** Writes each step as a commit on a branch for review, and sees to it that there is one pull request for it: found again rather than opened twice. */
export function createPullRequestWriter(options: PullRequestWriterOptions): PullRequestWriter {
  const { forge, clock, repository, upgradeId, sharedBranch, lookEverySeconds = 300, ...rest } = options;
  const branch = sharedBranch ?? `capi-gitops/${upgradeId}`;
  const base = repository.branch;
  const git = { ...rest, clock, repository, upgradeId, reviewBranch: branch };
  const holds = sharedBranch === undefined ? "one-step" : "several";
  const writer = createGitWriter({ ...git, reviewRule: { holds, rebuild: false } });
  const rebuilder = createGitWriter({ ...git, reviewRule: { holds, rebuild: true } });
  const known = new Map<string, Known>();
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

  /** Why the change is not asked for (again). */
  async function objection(change: ReviewedChange, earlier: PullRequest | undefined): Promise<Refusal | undefined> {
    if (options.again || earlier === undefined) return undefined;
    if (earlier.state.kind === "closed") return pullRequestClosed(await ask(() => forge.look(earlier.number)));
    const undone = earlier.state.kind === "merged" && change.kind === "step" && (await placesNow(change)).length > 0;
    return undone ? mergedAndUndone(earlier) : undefined;
  }

  /** The open pull request with the text that belongs to it. */
  async function ensureOpen(change: ReviewedChange, open: PullRequest | undefined): Promise<PullRequestView> {
    const { title, body } = options.describe(change, await placesNow(change));
    const others = open === undefined || holds === "one-step" ? [] : readMarker(open.body).ids;
    const text = { title, body: withMarker(body, { ids: [...others, idOf(change)], withdrawn: false }) };
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
    const outcome = await commitBy(rebuilder, change);
    return { view: outcome.kind === "written" ? await ask(() => forge.look(view.number)) : view, outcome };
  }

  async function ensure(change: ReviewedChange): Promise<WriteOutcome> {
    const id = idOf(change);
    const remembered = known.get(id);
    if (remembered !== undefined && clock.now() - remembered.at < lookEverySeconds * 1000 && remembered.view.state.kind === "open")
      return remembered.outcome;
    const found = await ask(() => forge.find(branch, base));
    const refusal = await objection(change, found.find(carries(id)));
    if (refusal !== undefined) return { kind: "refused", refusal };
    const committed = await commitBy(writer, change);
    // Nothing to review: it is in the base branch already.
    if (committed.kind === "refused" || committed.branch === base) return committed;
    const { view, outcome = committed } = await settled(
      change,
      await ensureOpen(
        change,
        found.find(({ state }) => state.kind === "open"),
      ),
    );
    if (outcome.kind === "refused") return outcome;
    if (options.autoMerge !== undefined) await arm(view, options.autoMerge);
    const pullRequest = { number: view.number, url: view.url };
    const { revision, branch: where } = outcome;
    known.set(id, { at: clock.now(), view, outcome: { kind: "already", revision, branch: where, pullRequest } });
    return { ...outcome, pullRequest };
  }

  async function arm(view: PullRequestView, method: MergeMethod): Promise<void> {
    if (view.state.kind !== "open" || view.readiness?.mergeable.kind === "conflicting") return;
    try {
      await ask(() => forge.autoMerge(view.number, { headCommit: view.head.commit, method }));
    } catch (error) {
      // Somebody pushed to the branch in between: the next look sees it.
      if (!(error instanceof ForgeError) || error.kind !== "conflict") throw error;
    }
  }

  return {
    ...writer,
    target: `pull request from ${branch} to ${base} (${forge.name})`,
    reviewBranch: branch,
    write: (step) => ensure({ kind: "step", step }),
    retire: (template) => ensure({ kind: "retire", template }),

    async pullRequest(step) {
      const change = { kind: "step", step } as const;
      const id = idOf(change);
      const remembered = known.get(id);
      if (remembered !== undefined && clock.now() - remembered.at < lookEverySeconds * 1000)
        return { kind: "review", review: reviewState(remembered.view) };
      const found = await ask(() => forge.find(branch, base));
      const newest = found.find(carries(id));
      if (newest === undefined) return { kind: "none" };
      const refusal = newest.state.kind === "closed" ? await objection(change, newest) : undefined;
      if (refusal !== undefined) return { kind: "refused", refusal };
      const { view, outcome } = await settled(change, await ask(() => forge.look(newest.number)));
      if (outcome?.kind === "refused") return outcome;
      // A later step has the same branch: only what nobody has opened anything after is cleared away.
      if (view.state.kind === "merged" && holds === "one-step" && found[0]?.number === view.number)
        await ask(() => forge.deleteBranch(branch));
      const { commit: revision } = view.head;
      const pullRequest = { number: view.number, url: view.url };
      known.set(id, { at: clock.now(), view, outcome: { kind: "already", revision, branch, pullRequest } });
      return { kind: "review", review: reviewState(view) };
    },

    async withdraw(why) {
      const open = (await ask(() => forge.find(branch, base))).find(({ state }) => state.kind === "open");
      known.clear();
      if (open === undefined) return false;
      const { ids } = readMarker(open.body);
      if (ids.length === 0 || !ids.every((id) => id.startsWith(`${upgradeId}/`))) return false;
      await ask(() => forge.update(open, { title: open.title, body: withMarker(open.body, { ids, withdrawn: true }) }));
      await ask(() => forge.close(open.number, why));
      await ask(() => forge.deleteBranch(branch));
      return true;
    },
  };
}
