import type { AttemptDecision, AttemptPhase, AttemptStatus, ClosedGate, TimelineEntry } from "../../upgrade/attempt/attempt-types.ts";
import type { Refusal } from "../../refusal.ts";
import { clipped, defined, timeText } from "./bounded-text.ts";
import { memoryFields } from "./cluster-upgrade-memory.ts";
import { stepWords, stepsAfter, type StepFacts } from "./cluster-upgrade-steps.ts";
import { conditionsOf, type ObjectState } from "./conditions.ts";
import type { ClusterUpgrade, ClusterUpgradeStatus } from "./generated/cluster-upgrade.gen.ts";
import { referenceFields } from "./object-reference.ts";
import { readSaid, SAID_ANNOTATION } from "./said.ts";
import { apiWord } from "./words.ts";

export interface StatusInput {
  readonly decision: AttemptDecision;
  /** As it was read: its generation, its annotations, and the status so far. */
  readonly object: Pick<ClusterUpgrade, "metadata" | "status">;
  readonly step: StepFacts;
  /** Keys of what people have been told. */
  readonly notified: readonly string[];
  readonly now: number;
}

const ends: ReadonlySet<AttemptPhase> = new Set(["proven", "cancelled", "superseded", "refused", "contradicted", "timed-out"]);

export function isEnd(phase: AttemptPhase): boolean {
  return ends.has(phase);
}

/** The status that tells a decision, within the bounds of the CRD. */
export function clusterUpgradeStatus({ decision, object, step, notified, now }: StatusInput): ClusterUpgradeStatus {
  const { status, memory } = decision;
  const { metadata, status: previous } = object;
  const generation = metadata.generation ?? 0;
  const { phase, plan, progress } = status;
  // What an earlier run had done is no part of this one.
  const sameRun = (previous?.memory?.retry ?? 0) === memory.retry;
  return defined({
    observedGeneration: generation,
    phase: apiWord(phase) as NonNullable<ClusterUpgradeStatus["phase"]>,
    message: clipped(status.message, 2_048),
    remedy: status.remedy === undefined ? undefined : clipped(status.remedy, 2_048),
    cancelMeans: clipped(status.cancelMeans, 1_024),
    conditions: conditionsOf(objectState(status), previous?.conditions ?? [], generation, now),
    fromVersion: previous?.fromVersion ?? plan?.from,
    plan: plan && {
      from: plan.from,
      to: plan.to,
      steps: plan.steps.slice(0, 100).map(stepWords),
      warnings: plan.warnings.slice(0, 20).map((warning) => clipped(warning, 1_024)),
      machinesToReplace: plan.machinesToReplace,
    },
    stepsDone: status.stepsDone,
    stepsTotal: status.stepsTotal,
    steps: stepsAfter(sameRun ? (previous?.steps ?? []) : [], decision, step, now),
    machines: { done: progress.done, total: progress.total, text: `${progress.done}/${progress.total}` },
    proof: status.proof.links.map((link) => ({
      link: apiWord(link.link),
      state: apiWord(link.state) as ProofState,
      evidence: clipped(link.evidence, 1_024),
      since: timeText(link.since),
    })),
    refusals: refusalFields(status.refusals),
    contradictions: status.contradictions.slice(0, 20).map(({ reason, message, remedy, culprit, object }) =>
      defined({
        reason,
        message: clipped(message, 2_048),
        remedy: clipped(remedy, 2_048),
        culprit: culprit && clipped(culprit.manager, 256),
        object: referenceFields(object),
      }),
    ),
    waitingFor: status.closedGates.slice(0, 10).map(gateFields),
    heldPools: status.heldPools.slice(0, 100).map(referenceFields),
    timeline: timelineFields(memory.timeline, metadata.annotations?.[SAID_ANNOTATION]),
    startedAt: timeText(memory.startedAt),
    finishedAt: finishedAt(decision, previous, sameRun, now),
    estimatedSeconds: status.estimateSeconds,
    notified: [...new Set(notified.map((key) => clipped(key, 128)))].slice(-100),
    memory: memoryFields(memory),
  });
}

type ProofState = NonNullable<ClusterUpgradeStatus["proof"]>[number]["state"];

/** What a ClusterUpgrade says that cannot be read: nothing is done until somebody mends it. The rest of its status stays as it was. */
export function unreadableUpgradeStatus(
  refusals: readonly Refusal[],
  { metadata, status: previous }: Pick<ClusterUpgrade, "metadata" | "status">,
  now: number,
): ClusterUpgradeStatus {
  const [first] = refusals;
  const message = first === undefined ? "It cannot be read." : first.message;
  const state: ObjectState = {
    state: "stalled",
    reason: first?.reason ?? "InvalidClusterUpgrade",
    message: withRemedy(message, first?.remedy),
  };
  const generation = metadata.generation ?? 0;
  return defined({
    ...previous,
    observedGeneration: generation,
    phase: "Refused" as const,
    message: clipped(message, 2_048),
    remedy: first === undefined ? undefined : clipped(first.remedy, 2_048),
    conditions: conditionsOf(state, previous?.conditions ?? [], generation, now),
    refusals: refusalFields(refusals),
  });
}

function objectState({ phase, message, remedy }: AttemptStatus): ObjectState {
  const state = phase === "proven" ? "ready" : isEnd(phase) ? "stalled" : "working";
  return { state, reason: apiWord(phase), message: withRemedy(message, remedy) };
}

function withRemedy(message: string, remedy: string | undefined): string {
  return remedy === undefined ? message : `${message} ${remedy}`;
}

function refusalFields(refusals: readonly Refusal[]): NonNullable<ClusterUpgradeStatus["refusals"]> {
  return refusals.slice(0, 20).map(({ reason, message, remedy }) => ({
    reason: clipped(reason, 128),
    message: clipped(message, 2_048),
    remedy: clipped(remedy, 2_048),
  }));
}

type Gate = NonNullable<ClusterUpgradeStatus["waitingFor"]>[number];

function gateFields({ gate, message, remedy, opensAt }: ClosedGate): Gate {
  return defined({
    gate: apiWord(gate) as Gate["gate"],
    message: clipped(message, 1_024),
    remedy: remedy === undefined ? undefined : clipped(remedy, 1_024),
    opensAt: opensAt === undefined ? undefined : timeText(opensAt),
  });
}

/** What happened and what people said, by time. */
function timelineFields(entries: readonly TimelineEntry[], annotation: string | undefined): NonNullable<ClusterUpgradeStatus["timeline"]> {
  const happened = entries.map(({ at, phase, message }) => ({ at, phase: apiWord(phase), message: clipped(message, 512) }));
  const said = readSaid(annotation).map(({ at, what, by }) => ({ at, message: clipped(what, 512), by: clipped(by, 256) }));
  return [...happened, ...said]
    .sort((one, other) => one.at - other.at)
    .slice(-50)
    .map((entry) => ({ ...entry, at: timeText(entry.at) }));
}

function finishedAt(
  { status, memory }: AttemptDecision,
  previous: ClusterUpgradeStatus | undefined,
  sameRun: boolean,
  now: number,
): string | undefined {
  if (!isEnd(status.phase)) return undefined;
  if (memory.ended !== undefined) return timeText(memory.ended.at);
  return (sameRun ? previous?.finishedAt : undefined) ?? timeText(now);
}
