import type { Refusal } from "../refusal.ts";
import { describeCommit, type CommitRecord } from "./history.ts";

/** Somebody took back what the upgrade's commit did. `since`: what touched the same paths after it, newest first. */
export function changeWasReverted(upgradeId: string, made: CommitRecord, since: readonly CommitRecord[], branch: string): Refusal {
  const [latest] = since;
  if (latest === undefined) {
    return {
      reason: "UpgradeIdInUse",
      message: `Commit ${describeCommit(made)} on ${branch} already carries Upgrade-Id ${upgradeId}, nobody touched these files since, and yet they are not as this change wants them: it is another change under the same id.`,
      remedy: "Give the new change an id of its own.",
      evidence: [`${branch}: ${describeCommit(made)}`],
    };
  }
  return {
    reason: "ChangeWasReverted",
    message: `Commit ${describeCommit(made)} on ${branch} made this change, and ${describeCommit(latest)} changed the same files afterwards, so it is not in effect. It is not made again behind that author's back.`,
    remedy: `Ask ${latest.authorName} why; then declare the version that is wanted now, or ask for the change again explicitly (--again).`,
    evidence: [
      `${branch}: ${describeCommit(made)}`,
      ...since.map((commit) => `${branch}: ${describeCommit(commit)}, ${commit.authoredAt}`),
    ],
  };
}

/** The review branch holds work that is not ours; a push would bury it. */
export function reviewBranchTaken(branch: string, others: readonly CommitRecord[]): Refusal {
  const [first] = others;
  return {
    reason: "ReviewBranchTaken",
    message: `Branch ${branch} exists and holds ${others.length === 1 ? "a commit" : "commits"} of somebody else${first === undefined ? "" : `: ${describeCommit(first)}`}. It was left as it is.`,
    remedy: `Merge or delete ${branch}, or name another branch for review.`,
    evidence: others.map((commit) => `${branch}: ${describeCommit(commit)}`),
  };
}

/** The remote's rules, or a hook, said no. */
export function pushRejected(branch: string, detail: string): Refusal {
  return {
    reason: "GitPushRejected",
    message: `The remote refused the push to ${branch}: ${detail}. The branch is unchanged.`,
    remedy:
      "If the branch is protected, push to a branch for review (`--branch`), or allow this author to push; else do what the remote's message asks.",
    evidence: detail.split("; "),
  };
}

/** Every try found that somebody else had pushed first. */
export function pushRaceLost(branch: string, attempts: number, detail: string): Refusal {
  return {
    reason: "GitPushRaceLost",
    message: `${attempts} times in a row somebody else pushed to ${branch} between our fetch and our push (${detail}). Nothing of ours was pushed.`,
    remedy: "Try again when the branch is quieter; if nobody is pushing, check the remote for a stale lock on the branch.",
  };
}
