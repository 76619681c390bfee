import type { Refusal } from "../../../refusal.ts";
import type { AttemptDecision } from "../../../upgrade/attempt/attempt-types.ts";

/** The end of an attempt whose change the source did not take: a reverted commit, a manifest that cannot be edited, a webhook. `retry` begins it anew. */
export function refusedByWriter(decision: AttemptDecision, refusal: Refusal, now: number): AttemptDecision {
  const { message, remedy } = refusal;
  const refusals = [refusal];
  return {
    status: { ...decision.status, phase: "refused", message, remedy, refusals },
    actions: [],
    lookAgainAt: undefined,
    memory: {
      ...decision.memory,
      ended: { phase: "refused", message, remedy, refusals, at: now },
      timeline: [...decision.memory.timeline, { at: now, phase: "refused", message }],
    },
  };
}
