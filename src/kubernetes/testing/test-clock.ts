import { systemClock, type Clock } from "../../clock.ts";

export interface TestClock extends Clock {
  /** What was slept for, in milliseconds; none of it took any time. */
  readonly pauses: number[];
  advance(milliseconds: number): void;
}

/** Stands still until it is told to go on; sleeps are recorded and take no time. */
export function testClock(start = Date.UTC(2027, 0, 1)): TestClock {
  let now = start;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => now,
    advance: (milliseconds) => (now += milliseconds),
    sleep: async (milliseconds, signal) => {
      pauses.push(milliseconds);
      await systemClock.sleep(0, signal);
    },
  };
}
