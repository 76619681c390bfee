import type { ClusterSnapshot, WorkloadHealth } from "../cluster-snapshot.ts";
import type { SyncState } from "../sync-state.ts";
import type { Contradiction, Declaration, ProofLink } from "../upgrade-types.ts";

/** What a link of the proof is judged by. */
export interface ProofContext {
  readonly snapshot: ClusterSnapshot;
  /** The version that is to be proven. */
  readonly version: string;
  readonly declarations: readonly Declaration[];
  /** The workloads as they were before the upgrade. */
  readonly baseline: readonly WorkloadHealth[] | undefined;
  readonly contradictions: readonly Contradiction[];
  readonly sync?: SyncState | undefined;
}

/** What was seen, without regard to the links before it. */
export type Finding = Pick<ProofLink, "state" | "evidence">;

export function finding(state: Finding["state"], evidence: string): Finding {
  return { state, evidence };
}

/** The message of a contradiction of this kind, as a broken link; undefined where there is none. */
export function brokenBy({ contradictions }: ProofContext, ...reasons: readonly Contradiction["reason"][]): Finding | undefined {
  const found = contradictions.find(({ reason }) => reasons.includes(reason));
  return found && finding("broken", found.message);
}
