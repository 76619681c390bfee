import { variableName } from "../../upgrade/class-variables.ts";
import { objectKey } from "../../upgrade/cluster-words.ts";
import type { AttemptDecision, AttemptPhase } from "../../upgrade/attempt/attempt-types.ts";
import type { ReviewState } from "../../upgrade/sync-state.ts";
import type { UpgradeStep } from "../../upgrade/upgrade-types.ts";
import { clipped, defined, timeText } from "./bounded-text.ts";
import type { ClusterUpgradeStatusStep } from "./generated/cluster-upgrade.gen.ts";
import { referenceFields } from "./object-reference.ts";

/** What is known of the step that is under way beyond the decision. */
export interface StepFacts {
  /** Commit that carries it. */
  readonly commit: string | undefined;
  readonly review: ReviewState | undefined;
}

const mostSteps = 100;

/** The steps of this run: those that were there before, the one under way, and what has been finished since. */
export function stepsAfter(
  previous: readonly ClusterUpgradeStatusStep[],
  { status }: AttemptDecision,
  facts: StepFacts,
  now: number,
): readonly ClusterUpgradeStatusStep[] {
  const { currentStep, phase } = status;
  const current = currentStep && keyOf(currentStep);
  const started = current === undefined || previous.some((step) => keyOfEntry(step) === current) ? [] : [newStep(currentStep!, now)];
  return [...previous, ...started]
    .map((step) => {
      if (keyOfEntry(step) === current && phase !== "holding" && phase !== "proven") return underWay(step, phase, facts);
      const isOver = phase === "holding" || phase === "proven" || (current !== undefined && keyOfEntry(step) !== current);
      return isOver && step.state !== "Done" ? { ...step, state: "Done" as const, finishedAt: timeText(now) } : step;
    })
    .slice(-mostSteps);
}

function newStep({ object, from, to }: UpgradeStep, now: number): ClusterUpgradeStatusStep {
  return { object: referenceFields(object), from, to, state: "Writing", startedAt: timeText(now) };
}

function underWay(step: ClusterUpgradeStatusStep, phase: AttemptPhase, { commit, review }: StepFacts): ClusterUpgradeStatusStep {
  const carrier = review?.mergedAs ?? commit;
  const pullRequest = review && { url: clipped(review.url, 2_048), number: review.number, state: reviewState(review) };
  return defined({
    ...step,
    // What has been done once is not undone by a look at it: the step may begin anew, then without its end.
    finishedAt: undefined,
    state: stateOf(phase) ?? (step.state === "Done" ? ("Rolling" as const) : step.state),
    commit: carrier === undefined ? step.commit : clipped(carrier, 64),
    pullRequest: pullRequest ?? step.pullRequest,
  });
}

function reviewState({ state }: ReviewState): "Open" | "Merged" | "Closed" {
  return ({ open: "Open", merged: "Merged", closed: "Closed" } as const)[state];
}

/** Undefined: the phase tells nothing of the step, which is where it was. */
function stateOf(phase: AttemptPhase): ClusterUpgradeStatusStep["state"] | undefined {
  switch (phase) {
    case "writing":
      return "Writing";
    case "waiting-for-review":
      return "Reviewing";
    case "delivering":
      return "Delivering";
    case "rolling":
      return "Rolling";
    default:
      return undefined;
  }
}

function keyOf({ object, to }: UpgradeStep): string {
  return `${objectKey(object)} ${to}`;
}

function keyOfEntry({ object: { group = "", kind, namespace = "", name }, to }: ClusterUpgradeStatusStep): string {
  return `${objectKey({ group, kind, namespace, name })} ${to}`;
}

/** For plans: `KubeadmControlPlane demo/cp: v1.34.2 → v1.35.2`. */
export function stepWords({ object, from, to, ...step }: UpgradeStep): string {
  const rotation = step.kind === "topology" ? undefined : step.rotation;
  const template = rotation === undefined ? "" : `, with a new ${rotation.template.kind}`;
  const variables = (step.kind === "topology" ? (step.variables ?? []) : []).map((change) => `, with ${variableName(change)} ${change.to}`);
  return clipped(`${object.kind} ${object.namespace}/${object.name}: ${from} → ${to}${template}${variables.join("")}`, 512);
}
