import type { AttemptInput, AttemptVerbs } from "../attempt/attempt-types.ts";
import type { ClusterSnapshot, PoolSnapshot } from "../cluster-snapshot.ts";
import type { ReviewState, SyncState } from "../sync-state.ts";
import { attemptSettings } from "./policies.ts";
import { machine, OBSERVED_AT, plainCluster, reachable } from "./snapshots.ts";

/** Attempts for tests, of which a test changes what it is about. */

export const VERBS: AttemptVerbs = { approved: [], paused: false, cancelled: false, retry: 0, skipSoak: false };

export function attemptInput(snapshot: ClusterSnapshot, more: Partial<AttemptInput> = {}): AttemptInput {
  return {
    snapshot,
    request: { upgradeId: "u1", target: "v1.35.2", via: [], holdSeconds: 60, stallSeconds: 900 },
    settings: attemptSettings(),
    verbs: VERBS,
    sync: undefined,
    review: undefined,
    previousAttempt: undefined,
    now: OBSERVED_AT + 1_000_000,
    ...more,
  };
}

export function syncState(more: Partial<SyncState> = {}): SyncState {
  return {
    engine: "Argo CD application argocd/capi",
    state: "synced",
    appliedRevision: undefined,
    attemptedRevision: undefined,
    carriesCommit: undefined,
    message: "",
    remedy: undefined,
    heals: false,
    healed: undefined,
    since: undefined,
    ...more,
  };
}

export function reviewState(more: Partial<ReviewState> = {}): ReviewState {
  return {
    url: "https://forge.example/platform/clusters/pulls/12",
    number: 12,
    state: "open",
    mergeable: "yes",
    message: "waits for a review by platform-team",
    ...more,
  };
}

/** The control plane of a `plainCluster` is written, and one of its three machines is new. */
export function controlPlaneRolls(pool: Partial<PoolSnapshot> = {}): ClusterSnapshot {
  const machines = [...plainCluster().machines.slice(1), machine("new-0", "v1.35.2", { role: "control-plane" })];
  return plainCluster({
    pools: [{ overrides: pool }],
    controlPlane: {
      version: "v1.35.2",
      generation: 2,
      observedGeneration: 2,
      replicas: { desired: 3, current: 3, ready: 3, available: 3, upToDate: 1 },
    },
    overrides: { machines, workload: reachable(machines) },
  });
}
