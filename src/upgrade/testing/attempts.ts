import type { AttemptInput, AttemptVerbs } from "../attempt/attempt-types.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import type { ReviewState, SyncState } from "../sync-state.ts";
import { attemptSettings } from "./policies.ts";
import { OBSERVED_AT } from "./snapshots.ts";

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
