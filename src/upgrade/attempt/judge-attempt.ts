import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { compareVersions, parseVersion } from "../kubernetes-version.ts";
import { counted, listed, objectName } from "../cluster-words.ts";
import { holdsAreInPlace, type AttemptLook } from "./attempt-look.ts";
import type { ClosedGate } from "./attempt-types.ts";
import { isEnd } from "./attempt-phases.ts";
import { engineWaits, engineWords } from "./engine-words.ts";
import { phaseOf } from "./gates.ts";
import { controlPlaneMoves, movesFreely, poolsBeyondHold } from "./pool-holds.ts";
import { forOperator, refusalForOperator, retryCommand } from "./operator-words.ts";
import { outcome, type Outcome } from "./outcome.ts";
import { windingDown } from "./wind-down.ts";

/** What comes of a look, in words for whoever reads it in the object. */
export function outcomeOf(look: AttemptLook): Outcome {
  const found = judged(look);
  const reader = { cluster: look.input.snapshot.ref, open: !isEnd(found.phase) };
  return {
    ...found,
    message: forOperator(found.message, reader),
    remedy: found.remedy === undefined ? undefined : forOperator(found.remedy, reader),
    refusals: found.refusals.map((refusal) => refusalForOperator(refusal, reader)),
  };
}

function judged(look: AttemptLook): Outcome {
  const { input, decision, begun } = look;
  const { verbs } = input;
  if (verbs.cancelled || (verbs.supersededBy !== undefined && !begun)) return windingDown(look);
  const { phase, message, refusals, contradictions } = decision.status;
  switch (phase) {
    case "proven":
      return outcome(phase, message);
    case "contradicted": {
      const [first] = contradictions;
      return outcome(phase, first?.message ?? message, { remedy: withRetry(look, first?.remedy) });
    }
    case "timed-out":
      return outcome(phase, message, { remedy: withRetry(look, decision.status.remedy), refusals });
    case "refused":
      return refused(look, refusals);
    case "holding":
      return outcome(phase, message);
    case "writing":
      return writing(look);
    case "delivering":
      return verbs.paused ? pausedOutcome(look) : delivering(look);
    case "planning":
    case "rolling":
      return verbs.paused && look.restsOnGates ? pausedOutcome(look) : rolling(look);
    default:
      return phase satisfies never;
  }
}

/** Refusals that no waiting changes: they are an end at once, also while gates are closed. */
const LASTING: ReadonlySet<string> = new Set([
  "InvalidVersion",
  "ClusterDeleting",
  "UnsupportedControlPlane",
  "VersionDowngrade",
  "VersionNotInClusterClass",
  "MinorSkipped",
  "IntermediateVersionUnknown",
]);

/** Nothing is written while a gate is closed, so what stands against it may still be mended: it is told, and is an end only when its time has come. */
function refused(look: AttemptLook, refusals: readonly Refusal[]): Outcome {
  const [gate] = look.gates;
  if (gate !== undefined && !refusals.some(({ reason }) => LASTING.has(reason))) return waiting(look, gate, refusals);
  return refusedOutcome(look, refusals);
}

function refusedOutcome(look: AttemptLook, refusals: readonly Refusal[]): Outcome {
  const [first] = refusals;
  return outcome("refused", first?.message ?? "", { remedy: withRetry(look, first?.remedy), refusals });
}

function writing(look: AttemptLook): Outcome {
  const { decision, gates, review, holds } = look;
  const unheld = unheldPools(look);
  if (unheld !== undefined) return refusedOutcome(look, [unheld]);
  if (review?.state === "closed") return refusedOutcome(look, [reviewClosed(review.url, review.number)]);
  if (review?.state === "merged") {
    return outcome("delivering", `Pull request #${review.number} was merged; the branch does not show it yet.`);
  }
  const [gate] = gates;
  if (review?.state === "open") {
    const isConflicting = review.mergeable === "conflicting";
    const told = isConflicting ? "it conflicts with the branch and is made anew" : review.message;
    return outcome("waiting-for-review", `Pull request #${review.number} is open: ${told}.`, {
      remedy: `Review and merge ${review.url}.`,
      write: isConflicting && gate === undefined,
      waits: true,
    });
  }
  if (gate !== undefined) return waiting(look, gate, []);
  if (!holdsAreInPlace(look)) {
    const names = listed(holds.map(({ ref }) => objectName(ref)));
    return outcome(
      "writing",
      `Before the version is written ${names} ${holds.length === 1 ? "is" : "are"} held, so that no worker begins unapproved.`,
    );
  }
  return outcome("writing", decision.status.message, { write: true });
}

/** Approval before the workers means nothing for pools that begin by themselves and that nobody can hold. */
function unheldPools({ input: { snapshot, settings, verbs }, decision, request }: AttemptLook): Refusal | undefined {
  if (!settings.approval.includes("workers") || verbs.approved.includes("workers")) return undefined;
  if (!decision.actions.some((action) => action.kind === "write" && action.step.kind === "topology")) return undefined;
  const pools = poolsBeyondHold(snapshot, request.target);
  if (pools.length === 0) return undefined;
  const names = pools.map(({ ref }) => objectName(ref));
  return {
    reason: "PoolCannotBeHeld",
    message: `The workers need an approval of their own, and ${listed(names)} ${pools.length === 1 ? "begins" : "begin"} as soon as the control plane is through: how a MachinePool replaces its instances is its provider's business, and nothing holds it.`,
    remedy: `Approve the workers now, drop the approval before workers, or defer the pool with the annotation topology.cluster.x-k8s.io/defer-upgrade in the Cluster.`,
    evidence: names.map((name) => `${name} is of a topology, and no MachineDeployment`),
  };
}

function reviewClosed(url: string, number: number): Refusal {
  return {
    reason: "ReviewClosed",
    message: `Pull request #${number} was closed without being merged: somebody does not want this change.`,
    remedy: "Settle it with whoever closed it.",
    evidence: [url],
  };
}

function delivering({ decision, input }: AttemptLook): Outcome {
  const words = engineWords(input.sync);
  // Whom it waits for comes first: where there is little room, the end is cut off.
  const message = [words?.message, decision.status.message].filter((text) => text !== undefined).join(" ");
  return outcome("delivering", message, { remedy: words?.remedy, waits: engineWaits(input.sync) });
}

function rolling(look: AttemptLook): Outcome {
  const { decision, gates, holds, inFlight, restsOnGates, input } = look;
  const { phase, message, refusals } = decision.status;
  const [gate] = gates;
  const stands = inFlight ? holds.length > 0 && !movesFreely(input.snapshot, holds) : restsOnGates;
  if (gate !== undefined && stands) return waiting(look, gate, refusals);
  return outcome(phase === "planning" ? "planning" : "rolling", message, { remedy: refusals[0]?.remedy, refusals });
}

function pausedOutcome(look: AttemptLook): Outcome {
  const gate = look.gates.find((each) => each.gate === "paused");
  return gate === undefined ? rolling(look) : waiting(look, gate, look.decision.status.refusals);
}

function waiting(look: AttemptLook, gate: ClosedGate, refusals: readonly Refusal[]): Outcome {
  const { decision, inFlight, input } = look;
  const { done, total } = decision.status.progress;
  const finishing = inFlight && controlPlaneMoves(input.snapshot) ? " The control plane that has begun is finished first." : "";
  const far = inFlight ? ` ${done} of ${counted(total, "machine")} run ${look.request.target}.` : "";
  const [refusal] = refusals;
  const mended = refusal === undefined ? "" : ` As it is now it would not be written then: ${refusal.message}`;
  return outcome(phaseOf(gate.gate), `${gate.message}${finishing}${far}${mended}`, { remedy: gate.remedy ?? refusal?.remedy, refusals });
}

/** What to do about an end, and how it is begun anew: said once, and not where the cluster has left the target behind, for nobody goes back. */
function withRetry({ input: { snapshot }, request }: AttemptLook, remedy = ""): string | undefined {
  const told = forOperator(remedy, { cluster: snapshot.ref, open: false });
  const retry = retryCommand(snapshot.ref);
  if (told.includes(retry)) return told;
  return isBeyond(snapshot, request.target) ? told || undefined : `${told} To try again: ${retry}.`.trim();
}

function isBeyond({ topology, controlPlane }: ClusterSnapshot, target: string): boolean {
  const [now, wanted] = [topology?.version ?? controlPlane?.version, target].map((version) => parseVersion(version ?? ""));
  return now !== undefined && wanted !== undefined && compareVersions(now, wanted) > 0;
}
