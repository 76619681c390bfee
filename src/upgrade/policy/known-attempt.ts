import type { AttemptPhase } from "../attempt/attempt-types.ts";

/** An attempt that exists, under way or ended. */
export interface KnownAttempt {
  readonly namespace: string;
  readonly name: string;
  readonly clusterName: string;
  /** Undefined: made by hand. */
  readonly policyName: string | undefined;
  readonly target: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Undefined: nobody has looked at it yet. */
  readonly phase: AttemptPhase | undefined;
  /** Something was written for it (`AttemptMemory.begun`). */
  readonly begun: boolean;
  /** Epoch milliseconds. */
  readonly finishedAt: number | undefined;
  /** It has one of its policy's `maxConcurrent` places (`places.ts`). */
  readonly place: boolean;
  /** Since when it waits for one and nothing else, in epoch milliseconds; undefined: it does not. */
  readonly askedAt: number | undefined;
}
