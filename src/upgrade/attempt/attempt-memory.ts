import type { DecideMemory } from "../decision.ts";
import { isEnd, isRetriable } from "./attempt-phases.ts";
import type { AttemptInput, AttemptMemory, AttemptPhase, TimelineEntry } from "./attempt-types.ts";

/** The status keeps so many entries; the newest are kept. */
const TIMELINE_ENTRIES = 50;

/** What is known before this look. A `retry` that was not seen before makes a new beginning of an attempt that had ended badly; at any other time it means nothing, but that a pull request which was closed does not count. */
export function attemptMemoryBefore({ previousAttempt, verbs, review, now }: AttemptInput): AttemptMemory {
  if (previousAttempt === undefined) {
    return {
      startedAt: now,
      decide: undefined,
      retry: verbs.retry,
      begun: false,
      clockStoppedAt: undefined,
      refreshedFor: undefined,
      dismissedReview: undefined,
      ended: undefined,
      timeline: [],
    };
  }
  const { ended, retry } = previousAttempt;
  if (retry === verbs.retry) return previousAttempt;
  // The pull request that somebody closed is left behind also by an attempt that has not ended over it.
  const dismissedReview = review?.state === "closed" ? review.number : previousAttempt.dismissedReview;
  if (ended === undefined || !isRetriable(ended.phase)) return { ...previousAttempt, retry: verbs.retry, dismissedReview };
  return {
    ...previousAttempt,
    retry: verbs.retry,
    // What was seen before must not be held against what is tried now; the workloads as they were at the very beginning still count.
    decide: undefined,
    clockStoppedAt: undefined,
    refreshedFor: undefined,
    dismissedReview,
    // The place went to others at the end.
    placeAskedAt: toTheSecond(now),
    ended: undefined,
  };
}

/** As a status keeps it. */
export function toTheSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** Where standstill does not count, time does not pass for it. */
export function withStoppedClock({ decide, clockStoppedAt }: AttemptMemory, lookingSince: number, now: number): DecideMemory | undefined {
  if (decide === undefined) return undefined;
  const stopped = clockStoppedAt === undefined ? 0 : now - clockStoppedAt;
  return { ...decide, stillSince: Math.min(now, Math.max(decide.stillSince + stopped, lookingSince)) };
}

/**
 * The clock after this look. While it is stopped, what is remembered does not change from look to look: an attempt that waits writes nothing, its own status included.
 */
export function clockAfter(
  before: AttemptMemory,
  given: DecideMemory | undefined,
  after: DecideMemory,
  stops: boolean,
  now: number,
): Pick<AttemptMemory, "decide" | "clockStoppedAt"> {
  const moved = given === undefined || after.stillSince !== given.stillSince;
  if (moved || before.decide === undefined) return { decide: after, clockStoppedAt: stops ? now : undefined };
  const { stillSince } = before.decide;
  if (stops) return { decide: { ...after, stillSince }, clockStoppedAt: before.clockStoppedAt ?? now };
  const stopped = before.clockStoppedAt === undefined ? 0 : now - before.clockStoppedAt;
  return { decide: { ...after, stillSince: stillSince + stopped }, clockStoppedAt: undefined };
}

/** One entry for each change of phase. */
export function timelineAfter(
  timeline: readonly TimelineEntry[],
  at: number,
  phase: AttemptPhase,
  message: string,
): readonly TimelineEntry[] {
  const last = timeline.at(-1);
  // A retry that ends as before is an end of its own.
  if (last?.phase === phase && !(isEnd(phase) && last.message !== message)) return timeline;
  return [...timeline, { at, phase, message }].slice(-TIMELINE_ENTRIES);
}
