import type { ClusterSnapshot, PoolSnapshot } from "../cluster-snapshot.ts";
import { sameObject } from "../cluster-words.ts";
import { isPartlyUpgraded } from "../decide.ts";
import type { Decision } from "../decision.ts";
import { ownFlight } from "../flight.ts";
import { parseVersion, sameMinor, versionRange } from "../kubernetes-version.ts";
import { windowAt, type ChangeKind, type WindowState } from "../policy/maintenance-window.ts";
import { placeFor } from "../policy/places.ts";
import type { ApprovalPoint } from "../policy/upgrade-policy.ts";
import type { ReviewState } from "../sync-state.ts";
import type { UpgradeRequest } from "../upgrade-types.ts";
import type { AttemptInput, AttemptMemory, ClosedGate } from "./attempt-types.ts";
import { closedGates } from "./gates.ts";
import { poolsOfTopologyWrite, poolsToHold } from "./pool-holds.ts";

/** What an attempt is judged by: what `decide` wants, and what stands in its way. */
export interface AttemptLook {
  readonly input: AttemptInput;
  readonly request: UpgradeRequest;
  readonly before: AttemptMemory;
  readonly decision: Decision;
  readonly window: WindowState;
  /** Gates that are closed for the next write, or for pools to go on; in order. */
  readonly gates: readonly ClosedGate[];
  /** Something was written for this upgrade, as far as can be seen. */
  readonly begun: boolean;
  /** A step is declared or carried out just now. */
  readonly inFlight: boolean;
  /** Something is still to be written, or to go on: where only the proof is awaited, no gate matters. */
  readonly restsOnGates: boolean;
  readonly holds: readonly PoolSnapshot[];
  /** The pull request, unless it is one that a retry left behind. */
  readonly review: ReviewState | undefined;
}

export function lookAt(input: AttemptInput, request: UpgradeRequest, before: AttemptMemory, decision: Decision): AttemptLook {
  const { snapshot, settings, verbs, now } = input;
  const { status } = decision;
  const inFlight = status.phase === "delivering" || ownFlight(snapshot, request) !== undefined;
  const window = windowAt(settings.schedule, changeOf(snapshot, request, decision), now);
  const begun = before.begun || inFlight || isPartlyUpgraded({ snapshot, request });
  const points = pointsAhead(input, decision, inFlight);
  const restsOnGates = inFlight || decision.actions.length > 0 || status.plan !== undefined || status.refusals.length > 0;
  const { attemptBefore, place } = input;
  const missingPlace = restsOnGates && place?.given !== placeFor(before.placeAskedAt) ? place : undefined;
  const gates = closedGates({ cluster: snapshot.ref, settings, verbs, attemptBefore, missingPlace, window, points });
  const review = input.review?.number === before.dismissedReview ? undefined : input.review;
  const look = { input, request, before, decision, window, gates, begun, inFlight, restsOnGates, review };
  return { ...look, holds: holdsFor(look) };
}

/** A step between two minors is a minor upgrade, also for the workers; between two patches it is none. */
function changeOf(snapshot: ClusterSnapshot, { target }: UpgradeRequest, { status }: Decision): ChangeKind {
  const step = status.currentStep ?? status.plan?.steps[0];
  const from = step?.from ?? versionRange(snapshot.machines.map(({ version }) => version))?.lowest ?? target;
  const [a, b] = [parseVersion(from), parseVersion(step?.to ?? target)];
  return a !== undefined && b !== undefined && sameMinor(a, b) ? "patch" : "minor";
}

/** Before which of them something is about to begin: the next write, and a topology's pools, which follow by themselves. */
function pointsAhead({ snapshot, request: { target } }: AttemptInput, { status }: Decision, inFlight: boolean): readonly ApprovalPoint[] {
  const [step] = status.phase === "writing" && status.currentStep !== undefined ? [status.currentStep] : (status.plan?.steps ?? []);
  if (inFlight) {
    const followers =
      snapshot.topology !== undefined &&
      snapshot.pools.some(({ topologyName, version }) => topologyName !== undefined && version !== undefined);
    return followers && !snapshot.pools.every((pool) => isThrough(snapshot, pool, target)) ? ["workers"] : [];
  }
  if (step === undefined) return [];
  return [step.kind === "pool" ? "workers" : "control-plane"];
}

/** Every machine of it is of the target. */
function isThrough({ machines }: ClusterSnapshot, pool: PoolSnapshot, target: string): boolean {
  const own = machines.filter((machine) => machine.pool === pool.ref.name);
  return pool.version === undefined || (pool.version === target && own.every(({ version }) => version === target));
}

function holdsFor({ input, decision, window, inFlight, gates, review }: Omit<AttemptLook, "holds">): readonly PoolSnapshot[] {
  const { snapshot, settings, verbs } = input;
  const step = decision.status.currentStep;
  const awaitsApproval = snapshot.topology !== undefined && settings.approval.includes("workers") && !verbs.approved.includes("workers");
  if (inFlight) {
    const declared = decision.status.phase === "delivering" && step?.kind === "pool" ? step.object : undefined;
    return poolsToHold(snapshot, {
      paused: verbs.paused,
      windowEnd: window.open ? undefined : settings.atWindowEnd,
      awaitsApproval,
      declared,
    });
  }
  const writesTopology = decision.actions.some(
    (action) => action.kind === "write" && action.step.kind === "topology" && action.step.workersThrough.length > 0,
  );
  // A pull request may be merged at any time, gates or not.
  const mayBegin = gates.length === 0 || review?.state === "open" || review?.state === "merged";
  return awaitsApproval && writesTopology && mayBegin ? poolsOfTopologyWrite(snapshot) : [];
}

/** Whether the pools that must not begin by themselves are held: only then their topology's version may be written. */
export function holdsAreInPlace({ holds, request, input: { snapshot } }: AttemptLook): boolean {
  return holds.every((pool) => snapshot.pools.some((other) => sameObject(other.ref, pool.ref) && other.heldBy === request.upgradeId));
}
