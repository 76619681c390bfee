import type { Refusal } from "../../refusal.ts";
import type { AttemptPhase } from "./attempt-types.ts";

/** What comes of a look at an attempt, before it is told. */
export interface Outcome {
  readonly phase: AttemptPhase;
  readonly message: string;
  readonly remedy: string | undefined;
  readonly refusals: readonly Refusal[];
  /** What `decide` wants to write is written. */
  readonly write: boolean;
  readonly closeReview: boolean;
  /** It waits for people, or for an engine that they keep from working. */
  readonly waits?: boolean;
}

export function outcome(phase: AttemptPhase, message: string, more: Partial<Outcome> = {}): Outcome {
  return { phase, message, remedy: undefined, refusals: [], write: false, closeReview: false, ...more };
}
