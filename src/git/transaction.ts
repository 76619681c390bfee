import type { Clock } from "../clock.ts";
import type { CommitFiles } from "./commit-files.ts";
import { formatCommitMessage, reviewTrailer, upgradeTrailer } from "./commit-message.ts";
import type { NewCommit, TreeChange } from "./commit-writer.ts";
import { GitError } from "./git-error.ts";
import type { CommitOutcome, CommitRequest, TransactionStep } from "./git-repository.ts";
import { withTrailer, type CommitRecord, type HistoryRange } from "./history.ts";
import type { PushRequest, PushResult } from "./push.ts";
import { branchName } from "./ref-name.ts";
import { changeWasReverted, pushRaceLost, pushRejected, reviewBranchTaken } from "./transaction-refusals.ts";
import { treeChanges, type TreeChanges } from "./tree-changes.ts";

export interface Tips {
  readonly base: string;
  /** Undefined: no such branch, or none was asked for. */
  readonly review: string | undefined;
}

/** What a transaction needs of a repository. */
export interface TransactionGround {
  readonly branch: string;
  readonly clock: Clock;
  /** 0 <= x < 1. */
  readonly random: () => number;
  /** How many commits back a trailer is looked for. */
  readonly historyLimit: number;
  onStep(step: TransactionStep): Promise<void>;
  /** Newest tips. The base branch's may be a few seconds old, but never older than our last push. */
  observe(review: string | undefined): Promise<Tips>;
  files(commit: string): CommitFiles;
  history(range: HistoryRange): Promise<readonly CommitRecord[]>;
  write(commit: Omit<NewCommit, "signer">, signing: CommitRequest["signing"]): Promise<string>;
  push(request: PushRequest): Promise<PushResult>;
}

export const maximumAttempts = 5;

/** Makes the edit one commit on the remote. See CommitRequest. */
export async function transact(ground: TransactionGround, request: CommitRequest): Promise<CommitOutcome> {
  const { pushBranch } = request;
  const target = pushBranch === undefined || pushBranch === ground.branch ? ground.branch : branchName(pushBranch);
  const review = target === ground.branch ? undefined : target;
  const mark = request.review === undefined || review === undefined ? {} : { [reviewTrailer]: review };
  const signedOff = request.signOff ? { signedOffBy: request.author } : {};
  const message = formatCommitMessage({ ...request, trailers: { ...request.trailers, ...mark }, ...signedOff });
  for (let attempt = 1; ; attempt += 1) {
    const tips = await ground.observe(review);
    await ground.onStep("fetched");
    const plan = await planCommit(ground, request, review, tips);
    if (plan.kind !== "commit") return plan;
    await ground.onStep("edited");
    const commit = await ground.write(
      {
        parent: plan.parent,
        changes: plan.changes,
        message,
        author: request.author,
        atSeconds: Math.floor(ground.clock.now() / 1000),
        onObjects: () => ground.onStep("objects-written"),
      },
      request.signing,
    );
    await ground.onStep("committed");
    await ground.onStep("before-push");
    const result = await pushOrLookAgain(
      ground,
      { commit, branch: target, expected: review === undefined ? tips.base : tips.review },
      review,
    );
    await ground.onStep("after-push");
    if (result.kind === "pushed") return { kind: "pushed", commit, branch: target, attempts: attempt };
    if (result.kind === "present") return { kind: "already", commit, branch: target };
    if (result.kind === "rejected") return { kind: "refused", refusal: pushRejected(target, result.detail) };
    if (attempt === maximumAttempts) return { kind: "refused", refusal: pushRaceLost(target, attempt, result.detail) };
    await ground.clock.sleep(pauseMilliseconds(attempt, ground.random()));
  }
}

/** Between tries: up to 100, 200, 400, 800 ms, so that equals do not meet again. */
export function pauseMilliseconds(attempt: number, chance: number): number {
  return Math.round(100 * 2 ** (attempt - 1) * chance);
}

type Plan = CommitOutcome | { readonly kind: "commit"; readonly parent: string; readonly changes: readonly TreeChange[] };

async function planCommit(ground: TransactionGround, request: CommitRequest, review: string | undefined, tips: Tips): Promise<Plan> {
  const { upgradeId, afterRevert = "refuse" } = request;
  const [wanted, recent] = await Promise.all([
    changesAt(ground, request, tips.base),
    ground.history({ from: tips.base, limit: ground.historyLimit }),
  ]);
  if (wanted.kind === "refused") return wanted;
  const { changes } = wanted;
  const made = withTrailer(recent, upgradeTrailer, upgradeId);
  if (changes.length === 0) return { kind: "already", commit: made?.id ?? tips.base, branch: ground.branch };
  if (made !== undefined && afterRevert === "refuse") {
    const since = await ground.history({ from: tips.base, after: made.id, limit: 3, paths: changes.map(({ path }) => path) });
    return { kind: "refused", refusal: changeWasReverted(upgradeId, made, since, ground.branch) };
  }
  const onBase = { kind: "commit", parent: tips.base, changes } as const;
  if (review === undefined || tips.review === undefined) return onBase;
  return (await onReviewBranch(ground, request, review, { ...tips, review: tips.review })) ?? onBase;
}

/** What the existing review branch means for us; undefined: it may be moved to our commit on top of the base branch. */
async function onReviewBranch(
  ground: TransactionGround,
  request: CommitRequest,
  review: string,
  tips: Tips & { review: string },
): Promise<Plan | undefined> {
  const ahead = await ground.history({ from: tips.review, after: tips.base, limit: ground.historyLimit });
  if (ahead.length === 0) return undefined;
  const made = withTrailer(ahead, upgradeTrailer, request.upgradeId);
  const isOurs = (commit: CommitRecord): boolean =>
    withTrailer([commit], upgradeTrailer, request.upgradeId) !== undefined ||
    (request.review !== undefined && withTrailer([commit], reviewTrailer, review) !== undefined);
  if (!ahead.some(isOurs)) return { kind: "refused", refusal: reviewBranchTaken(review, ahead) };
  const others = ahead.filter((commit) => !isOurs(commit));
  const replaceable = others.length === 0 ? undefined : ({ kind: "refused", refusal: reviewBranchTaken(review, others) } as const);
  if ((request.review?.without ?? []).some((id) => withTrailer(ahead, upgradeTrailer, id) !== undefined)) return replaceable;
  if (request.review?.rebuild === true && !(await holdsBase(ground, tips))) return replaceable;
  if (made === undefined && request.review?.holds !== "several") return replaceable;
  const wanted = await changesAt(ground, request, tips.review);
  if (wanted.kind === "refused") return wanted;
  if (wanted.changes.length === 0) return { kind: "already", commit: made?.id ?? tips.review, branch: review };
  if (request.review?.holds === "several") return { kind: "commit", parent: tips.review, changes: wanted.changes };
  // The base branch asks for more than our commit holds. Our own commit may be replaced, a reviewer's may not.
  return replaceable;
}

/** A branch with all of the base branch in it conflicts with nothing. */
async function holdsBase(ground: TransactionGround, tips: Tips & { review: string }): Promise<boolean> {
  return (await ground.history({ from: tips.base, after: tips.review, limit: 1 })).length === 0;
}

async function changesAt(ground: TransactionGround, { edit }: CommitRequest, commit: string): Promise<TreeChanges> {
  const files = ground.files(commit);
  const edited = await edit(files);
  return edited.kind === "refused" ? edited : treeChanges(edited.files, await files.listing());
}

/** When the connection breaks during the push, the remote may have it all the same: look before saying so. */
async function pushOrLookAgain(ground: TransactionGround, request: PushRequest, review: string | undefined): Promise<PushResult> {
  try {
    return await ground.push(request);
  } catch (error) {
    if (!(error instanceof GitError) || !(error.kind === "unreachable" || error.kind === "timeout" || error.kind === "unknown"))
      throw error;
    const tips = await ground.observe(review).catch(() => undefined);
    const tip = review === undefined ? tips?.base : tips?.review;
    if (tip === request.commit) return { kind: "pushed" };
    throw error;
  }
}
