import type { AttemptPhase } from "./attempt-types.ts";

const ENDS: ReadonlySet<AttemptPhase | undefined> = new Set<AttemptPhase>([
  "proven",
  "cancelled",
  "superseded",
  "refused",
  "contradicted",
  "timed-out",
]);

/** Nothing is done any more; undefined is an attempt that nobody has looked at yet. */
export function isEnd(phase: AttemptPhase | undefined): boolean {
  return ENDS.has(phase);
}

/** Ends that `retry` begins anew. */
export function isRetriable(phase: AttemptPhase): boolean {
  return phase === "refused" || phase === "contradicted" || phase === "timed-out";
}
