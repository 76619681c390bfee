import type { Refusal } from "../../refusal.ts";
import type { ObjectReference } from "../cluster-snapshot.ts";
import type { Action, DecideInput, UpgradeStatus } from "../decision.ts";
import type { ApprovalPoint, AttemptSettings } from "../policy/upgrade-policy.ts";
import type { ReviewState, SyncState } from "../sync-state.ts";

/**
 * One attempt to bring one cluster to one version (the object ClusterUpgrade): `decide`, held back by windows, approvals and people.
 * Everything is in the arguments; what must outlive a crash is in `memory`, which is kept in the object's status.
 */
export interface AttemptInput extends Omit<DecideInput, "previous" | "patient"> {
  /** Its durations are those of the settings, whatever the request says. */
  readonly settings: AttemptSettings;
  readonly verbs: AttemptVerbs;
  /** What the GitOps engine says; undefined where none takes part. */
  readonly sync: SyncState | undefined;
  /** The pull request of the step that is under way, where one was opened. */
  readonly review: ReviewState | undefined;
  readonly previousAttempt: AttemptMemory | undefined;
  /** Another open attempt of the cluster that is before this one (`openInTurn`): nothing is written until it has ended. */
  readonly attemptBefore?: { readonly name: string; readonly target: string } | undefined;
  /** Undefined: it needs none. */
  readonly place?: AttemptPlace | undefined;
  /** Since when this process has been looking at the cluster, in epoch milliseconds: what stood still while nobody looked is no standstill. Undefined: always. */
  readonly lookingSince?: number | undefined;
}

/** Of its policy's `maxConcurrent` (`policy/places.ts`). */
export interface AttemptPlace {
  readonly policyName: string;
  /** What the decider wrote on it; undefined: nothing yet. */
  readonly given: string | undefined;
  /** Who has the places, in words; undefined: nobody. */
  readonly holders: string | undefined;
}

/** What people have said on the object (its spec). */
export interface AttemptVerbs {
  readonly approved: readonly ApprovalPoint[];
  readonly paused: boolean;
  readonly cancelled: boolean;
  /** Each new value begins the attempt anew after it had ended (refused, timed out, contradicted). */
  readonly retry: number;
  /** Proven as soon as everything is, without holding. */
  readonly skipSoak: boolean;
  /** The policy leads elsewhere (a version, or words): ends as `superseded` if nothing was written, else means nothing. */
  readonly supersededBy?: string | undefined;
}

/**
 * `waiting-for-window`, `waiting-for-approval`, `waiting-for-review`, `paused`: nothing is written until that passes. `delivering`: committed, the engine has not applied it yet.
 * The last six are ends; all but `proven`, `cancelled` and `superseded` are begun anew by `retry`.
 */
export type AttemptPhase =
  | "planning"
  | "waiting-for-window"
  | "waiting-for-approval"
  | "waiting-for-review"
  | "paused"
  | "writing"
  | "delivering"
  | "rolling"
  | "holding"
  | "cancelling"
  | "proven"
  | "cancelled"
  | "superseded"
  | "refused"
  | "contradicted"
  | "timed-out";

export type AttemptAction =
  | Action
  /** Stop a pool between machines: annotation `cluster.x-k8s.io/paused` on the MachineDeployment, by our own field manager (real-stack.md, Stack B). */
  | { readonly kind: "hold-pool"; readonly pool: ObjectReference }
  | { readonly kind: "release-pool"; readonly pool: ObjectReference }
  /** Ask the engine to look at Git now. */
  | { readonly kind: "refresh-engine" }
  /** Close the pull request that will not be needed: cancelled. */
  | { readonly kind: "close-review" };

export interface AttemptDecision {
  readonly status: AttemptStatus;
  /** Idempotent; each one's effect shows in the next input. */
  readonly actions: readonly AttemptAction[];
  /** Epoch milliseconds; undefined: only a change of what is observed, or of the object, matters. */
  readonly lookAgainAt: number | undefined;
  readonly memory: AttemptMemory;
}

export interface AttemptStatus extends Omit<UpgradeStatus, "phase" | "message" | "remedy"> {
  readonly phase: AttemptPhase;
  /** Where it is and why, in one or two sentences. */
  readonly message: string;
  /** What a person can do now, where anything waits for one. */
  readonly remedy: string | undefined;
  /** What `cancel` would do at this moment: shown before it is done. */
  readonly cancelMeans: string;
  /** Gates that are closed, the first one is what it waits for. */
  readonly closedGates: readonly ClosedGate[];
  readonly heldPools: readonly ObjectReference[];
}

/** A condition for the next write (or for going on with a rollout) that does not hold. */
export interface ClosedGate {
  readonly gate: "paused" | "turn" | "approval" | "place" | "window" | "exclusion" | "review";
  readonly message: string;
  readonly remedy: string | undefined;
  /** Epoch milliseconds at which it opens by itself; undefined when it needs a person. */
  readonly opensAt: number | undefined;
}

/** What is kept between two looks. Small: it lives in the object's status. Losing it costs a new hold and a new estimate, never correctness. */
export interface AttemptMemory {
  readonly startedAt: number;
  /** Of `decide`; only its compact part survives a restart (`operator/api/`). */
  readonly decide: DecideInput["previous"];
  /** The `retry` that this run of the attempt belongs to. */
  readonly retry: number;
  /** Something was written for it: it is no longer superseded, and cancelling it takes as long as that takes. */
  readonly begun: boolean;
  /** Since when standstill has not counted (outside windows, waiting for people); undefined while it does. */
  readonly clockStoppedAt: number | undefined;
  /** The commit for which the engine was asked to look at Git. */
  readonly refreshedFor: string | undefined;
  /** The closed pull request that a retry leaves behind. */
  readonly dismissedReview: number | undefined;
  /** Since when it asks for a place, to the second; undefined: it has asked for none, and has what it was made with. */
  readonly placeAskedAt?: number | undefined;
  /** The last end, until a retry. */
  readonly ended:
    | {
        readonly phase: AttemptPhase;
        readonly message: string;
        readonly remedy: string | undefined;
        readonly refusals: readonly Refusal[];
        readonly at: number;
      }
    | undefined;
  /** Newest last; bounded. What happened, for the status's timeline. */
  readonly timeline: readonly TimelineEntry[];
}

export interface TimelineEntry {
  readonly at: number;
  readonly phase: AttemptPhase;
  readonly message: string;
}
