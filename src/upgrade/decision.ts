import type { Refusal } from "../refusal.ts";
import type { ClusterSnapshot, ObjectReference, WorkloadHealth } from "./cluster-snapshot.ts";
import type { SyncState } from "./sync-state.ts";
import type { Contradiction, Declaration, Proof, UpgradePlan, UpgradeRequest, UpgradeStep } from "./upgrade-types.ts";

/** Everything that a decision depends on. */
export interface DecideInput {
  readonly snapshot: ClusterSnapshot;
  readonly request: UpgradeRequest;
  /** What the source declares for each of `versionOwner(snapshot)`; an object that is left out was not asked for. */
  readonly declarations?: readonly Declaration[] | undefined;
  /** Workloads before the upgrade, where somebody kept them; else the first look at them is taken. */
  readonly baseline?: readonly WorkloadHealth[] | undefined;
  /** Machine templates that earlier runs of this upgrade replaced, where somebody found them; taken out like those of this run, once nothing refers to them. */
  readonly formerTemplates?: readonly ObjectReference[] | undefined;
  /** What the engine that applies the source says of it; it feeds the link `applied`. */
  readonly sync?: SyncState | undefined;
  /** True: what passes by itself is waited for (up to the stall limit) also before the first write. Nobody is there to ask again. */
  readonly patient?: boolean;
  /** `memory` of the last decision. Without it everything but the hold time and the estimate is found anew. */
  readonly previous?: DecideMemory | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface Decision {
  readonly status: UpgradeStatus;
  /** What to do now; each is idempotent, and its effect shows in the next snapshot. */
  readonly actions: readonly Action[];
  /** Epoch milliseconds at which to look again, if nothing changes before; undefined when there is nothing to wait for. */
  readonly lookAgainAt: number | undefined;
  readonly memory: DecideMemory;
}

export type Action =
  { readonly kind: "write"; readonly step: UpgradeStep } | { readonly kind: "retire-template"; readonly template: ObjectReference };

/**
 * `planning`: waits for something that passes by itself, before the first write. `writing`: a step is to be written. `delivering`: it is declared and not yet applied.
 * `rolling`: Cluster API carries it out. `holding`: all is proven and must stay so. The others are ends.
 */
export type UpgradePhase =
  "planning" | "writing" | "delivering" | "rolling" | "holding" | "proven" | "refused" | "contradicted" | "timed-out";

export interface UpgradeStatus {
  readonly phase: UpgradePhase;
  /** What is going on, in one or two sentences. */
  readonly message: string;
  /** What to do about a standstill, where nobody is there to ask again (`patient`); else it is in the message. */
  readonly remedy?: string | undefined;
  /** The writes that are still to be made; undefined when there are none or they cannot be planned. */
  readonly plan: UpgradePlan | undefined;
  /** The step that is being written, delivered or carried out. */
  readonly currentStep: UpgradeStep | undefined;
  /** Steps that are wholly done, of all of this run. */
  readonly stepsDone: number;
  readonly stepsTotal: number;
  readonly proof: Proof;
  readonly refusals: readonly Refusal[];
  readonly contradictions: readonly Contradiction[];
  readonly progress: MachineProgress;
  /** Seconds until the machines are through, by how long they have taken in this run; undefined until one has been replaced. The hold is not in it. */
  readonly estimateSeconds: number | undefined;
}

export interface MachineProgress {
  /** Machines that run the target, of those that the cluster is to have. */
  readonly done: number;
  readonly total: number;
  readonly machines: readonly MachineLine[];
}

export interface MachineLine {
  readonly name: string;
  readonly role: "control-plane" | "worker";
  readonly pool: string | undefined;
  /** What it was asked to run. */
  readonly version: string | undefined;
  /** What its kubelet reports. */
  readonly kubeletVersion: string | undefined;
  /** `waiting`: of an older version. `starting`: new, and not ready yet. `leaving`: being deleted. `done`: runs the target. */
  readonly state: "waiting" | "starting" | "leaving" | "done";
  /** What holds it up, in the words of its conditions. */
  readonly detail: string | undefined;
}

/** What is worth keeping between two looks. Losing it costs a new hold and a new estimate, never correctness. */
export interface DecideMemory {
  readonly startedAt: number;
  readonly proof: Proof | undefined;
  readonly baseline: readonly WorkloadHealth[] | undefined;
  /** The newest version that each object was seen to declare, by `objectKey`. */
  readonly seen: Readonly<Record<string, string>>;
  /** The newest version that the source was seen to declare for each object, by `objectKey`. */
  readonly declared: Readonly<Record<string, string>>;
  /** Since when nothing has moved. */
  readonly stillSince: number;
  /** What would differ if something had moved. */
  readonly signature: string;
  /** A step was written, or seen under way: what passes by itself is waited for from now on. */
  readonly begun: boolean;
  readonly stepsTotal: number;
  /** The last step that was written or seen under way. */
  readonly currentStep: UpgradeStep | undefined;
  /** Templates that steps of this run replaced. */
  readonly replacedTemplates: readonly ObjectReference[];
  /** Undefined when it was lost: then it starts anew. */
  readonly pace: Pace | undefined;
}

/** How fast machines are being replaced. */
export interface Pace {
  /** Uids of the machines that were there at the first look. */
  readonly initial: readonly string[];
  /** Uids of the machines that were made and finished since. */
  readonly finished: readonly string[];
  /** Milliseconds in which steps were rolling. */
  readonly rollingSince: number | undefined;
  readonly lastFinishedAt: number | undefined;
}
