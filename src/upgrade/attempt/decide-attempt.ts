import type { Refusal } from "../../refusal.ts";
import { decide } from "../decide.ts";
import type { Decision } from "../decision.ts";
import { scheduleRefusal } from "../policy/maintenance-window.ts";
import { changesThatHeal } from "../direct-change.ts";
import type { UpgradeRequest } from "../upgrade-types.ts";
import { holdsAreInPlace, lookAt, type AttemptLook } from "./attempt-look.ts";
import { attemptMemoryBefore, clockAfter, timelineAfter, toTheSecond, withStoppedClock } from "./attempt-memory.ts";
import { isEnd } from "./attempt-phases.ts";
import type { AttemptAction, AttemptDecision, AttemptInput, AttemptMemory, AttemptStatus, ClosedGate } from "./attempt-types.ts";
import { cancelMeaning } from "./cancel.ts";
import { engineWaits, toRefreshFor } from "./engine-words.ts";
import { controlPlaneMoves, heldPools, holdActions, movesFreely, releaseActions } from "./pool-holds.ts";
import { outcomeOf } from "./judge-attempt.ts";
import { forOperator, refusalForOperator } from "./operator-words.ts";
import { outcome as outcomeWith, type Outcome } from "./outcome.ts";

/** How soon to look again at what an attempt leaves behind when it ends, in milliseconds. */
const LOOK_AGAIN_MILLISECONDS = 5_000;

/**
 * What to do about one attempt. `decide` says what the upgrade needs; windows, approvals and people hold it back. The same input gives the same decision, and an attempt that has ended stays
 * so until a retry.
 */
export function decideAttempt(input: AttemptInput): AttemptDecision {
  const { now, settings, verbs, snapshot, declarations = [] } = input;
  const before = attemptMemoryBefore(input);
  const request: UpgradeRequest = {
    ...input.request,
    holdSeconds: verbs.skipSoak ? 0 : settings.holdSeconds,
    stallSeconds: settings.stallSeconds,
    retireOldTemplates: settings.retireOldTemplates,
  };
  const given = withStoppedClock(before, input.lookingSince ?? -Infinity, now);
  const baseline = input.baseline ?? (before.decide === undefined ? input.previousAttempt?.decide?.baseline : undefined);
  const { sync, formerTemplates } = input;
  const decision = decide({ snapshot, request, declarations, baseline, formerTemplates, sync, previous: given, patient: true, now });
  const look = lookAt(input, request, before, decision);
  if (before.ended !== undefined) return afterTheEnd(look, before.ended);

  const invalid = scheduleRefusal(settings.schedule);
  const outcome = invalid === undefined ? outcomeOf(look) : refusedBy(refusalForOperator(invalid, { cluster: snapshot.ref, open: false }));
  const { phase, message } = outcome;
  if (isEnd(phase)) return ending(look, outcome, given);

  const writes = outcome.write ? decision.actions : [];
  const [direct] = changesThatHeal({ snapshot, declarations, seen: decision.memory.seen, sync: input.sync });
  const refresh = decision.status.phase === "delivering" ? toRefreshFor(input.sync, declarations, before, direct) : undefined;
  // Whoever waits for another upgrade touches none of its holds.
  const onlyReleases = phase === "cancelling" || look.gates.some(({ gate }) => gate === "turn");
  const actions: readonly AttemptAction[] = [
    ...(onlyReleases ? releaseActions(snapshot, request.upgradeId) : holdActions(snapshot, request.upgradeId, look.holds)),
    ...writes,
    ...(refresh === undefined ? [] : [{ kind: "refresh-engine" } as const]),
    ...(outcome.closeReview ? [{ kind: "close-review" } as const] : []),
  ];
  // A write that is held back has not happened.
  const after = writes.length < decision.actions.length ? withoutWrite(decision, given) : decision.memory;
  return {
    status: statusOf(look, outcome),
    actions,
    lookAgainAt: lookAgainAt(look, outcome),
    memory: {
      ...before,
      ...clockAfter(before, given, after, stopsTheClock(look, outcome), now),
      begun: look.begun,
      refreshedFor: refresh ?? before.refreshedFor,
      placeAskedAt: before.placeAskedAt ?? (look.gates.some(({ gate }) => gate === "place") ? toTheSecond(now) : undefined),
      timeline: timelineAfter(before.timeline, now, phase, message),
    },
  };
}

function refusedBy(refusal: Refusal): Outcome {
  return outcomeWith("refused", refusal.message, { remedy: refusal.remedy, refusals: [refusal] });
}

/** An end leaves nothing behind: no held pool, and no pull request that somebody might merge later. */
function ending(look: AttemptLook, outcome: Outcome, given: AttemptMemory["decide"]): AttemptDecision {
  const { input, before, decision } = look;
  const { phase, message, remedy, refusals } = outcome;
  const ended = { phase, message, remedy, refusals, at: input.now };
  const memory: AttemptMemory = {
    ...before,
    decide: decision.actions.length > 0 ? withoutWrite(decision, given) : decision.memory,
    clockStoppedAt: undefined,
    begun: look.begun,
    ended,
    timeline: timelineAfter(before.timeline, input.now, phase, message),
  };
  const status = { ...statusOf(look, outcome), estimateSeconds: undefined };
  return { status, ...leftBehind(look), memory };
}

function afterTheEnd(look: AttemptLook, ended: NonNullable<AttemptMemory["ended"]>): AttemptDecision {
  const { before, decision } = look;
  const { phase, message, refusals, remedy } = ended;
  // What was proven stays proven, whatever comes after.
  const proof = before.decide?.proof ?? decision.status.proof;
  const outcome = outcomeWith(phase, message, { remedy, refusals });
  const status = { ...statusOf(look, outcome), proof, contradictions: proof.contradictions, estimateSeconds: undefined, closedGates: [] };
  return { status, ...leftBehind(look), memory: before };
}

function leftBehind({ input: { snapshot, now, review }, request }: AttemptLook): Pick<AttemptDecision, "actions" | "lookAgainAt"> {
  const actions: readonly AttemptAction[] = [
    ...releaseActions(snapshot, request.upgradeId),
    ...(review?.state === "open" ? [{ kind: "close-review" } as const] : []),
  ];
  return { actions, lookAgainAt: actions.length === 0 ? undefined : now + LOOK_AGAIN_MILLISECONDS };
}

function withoutWrite({ memory }: Decision, given: AttemptMemory["decide"]): Decision["memory"] {
  return {
    ...memory,
    begun: given?.begun ?? false,
    currentStep: given?.currentStep,
    replacedTemplates: given?.replacedTemplates ?? [],
  };
}

function statusOf(look: AttemptLook, outcome: Outcome): AttemptStatus {
  const { input, request, decision, gates, begun, review } = look;
  const { phase, message, remedy, refusals } = outcome;
  const ended = isEnd(phase);
  const reader = { cluster: input.snapshot.ref, open: !ended };
  const { plan } = decision.status;
  return {
    ...decision.status,
    plan: plan && { ...plan, warnings: plan.warnings.map((warning) => forOperator(warning, reader)) },
    contradictions: decision.status.contradictions.map((each) => ({ ...each, remedy: forOperator(each.remedy, reader) })),
    phase,
    message,
    remedy,
    refusals,
    cancelMeans: cancelMeaning(phase, begun, decision.status, input.snapshot, review),
    closedGates: ended || phase === "cancelling" ? [] : [...gates, ...reviewGate(look)],
    heldPools: heldPools(input.snapshot, request.upgradeId),
  };
}

function reviewGate({ review, decision }: AttemptLook): readonly ClosedGate[] {
  if (review?.state !== "open" || decision.status.phase !== "writing") return [];
  return [
    {
      gate: "review",
      message: `Pull request #${review.number} is open: ${review.message}.`,
      remedy: `Review and merge ${review.url}.`,
      opensAt: undefined,
    },
  ];
}

/** Whether this look's standstill is somebody's wish: outside of windows, and while it waits for people. */
function stopsTheClock({ window, input, gates, holds, inFlight, restsOnGates }: AttemptLook, { phase, waits }: Outcome): boolean {
  if (phase === "cancelling" || !restsOnGates) return false;
  if (!window.open || input.verbs.paused || waits === true) return true;
  if (holds.length > 0) return !controlPlaneMoves(input.snapshot);
  return !inFlight && gates.length > 0;
}

function lookAgainAt(look: AttemptLook, outcome: Outcome): number {
  const { decision, window, gates, input } = look;
  const { now } = input;
  const soon = decision.lookAgainAt === undefined || isStill(look, outcome) ? undefined : nextLook(look, decision.lookAgainAt);
  const opens = gates.flatMap(({ opensAt }) => opensAt ?? []);
  const merged = outcome.phase === "waiting-for-review" ? now + REVIEW_MILLISECONDS : undefined;
  const times = [soon, merged, window.closesAt, ...opens].filter((time) => time !== undefined && time > now);
  return Math.min(now + LONGEST_WAIT_MILLISECONDS, ...times.map((time) => time ?? Infinity));
}

/** Nothing happens before a window opens or a person acts, and what they do raises an event: only the time of the window matters. A rollout that is held on all sides is as still as one not begun. */
function isStill(look: AttemptLook, { phase, closeReview }: Outcome): boolean {
  const { gates, holds, inFlight, input } = look;
  const waits =
    phase.startsWith("waiting-") ||
    phase === "paused" ||
    (phase === "planning" && gates.some(({ gate }) => gate === "turn" || gate === "place"));
  if (!waits || closeReview) return false;
  return !inFlight || (holdsAreInPlace(look) && !movesFreely(input.snapshot, holds));
}

/** An engine that somebody keeps from working says nothing new every few seconds, and asking it is a request. */
function nextLook({ decision, input: { sync, now } }: AttemptLook, soon: number): number {
  return decision.status.phase === "delivering" && engineWaits(sync) ? now + ENGINE_WAITS_MILLISECONDS : soon;
}

const ENGINE_WAITS_MILLISECONDS = 60_000;

/** That a pull request was merged is seen in Git, which raises no event: how often it is looked for. */
const REVIEW_MILLISECONDS = 30_000;

/** Even where only people matter, it is looked at now and then: a watch may have missed something. */
const LONGEST_WAIT_MILLISECONDS = 10 * 60_000;
