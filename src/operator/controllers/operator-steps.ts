/**
 * Moments in a pass over a ClusterUpgrade, in order, between any two of which the process may be stopped without anything being lost or done twice; for tests that stop it at each of them. Those within
 * a commit are `transactionSteps` (git/git-repository.ts).
 */
export const operatorSteps = [
  "observed",
  "decided",
  "looked-anew",
  "before-intent",
  "after-intent",
  "before-write",
  "after-write",
  "before-retire-template",
  "after-retire-template",
  "before-hold-pool",
  "after-hold-pool",
  "before-release-pool",
  "after-release-pool",
  "before-refresh-engine",
  "after-refresh-engine",
  "before-close-review",
  "after-close-review",
  "before-status",
  "after-status",
  "before-give-place",
  "after-give-place",
  "before-create-attempt",
  "after-create-attempt",
] as const;

export type OperatorStep = (typeof operatorSteps)[number];
