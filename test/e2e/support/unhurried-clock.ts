import { systemClock, type Clock } from "../../../src/clock.ts";

const tickMilliseconds = 5;

/**
 * A clock that does not run ahead of this process: where the machine is busy and a turn of the event loop takes long, it stands still meanwhile. Who acts against a
 * sandbox by such a clock comes in time, however slow the machine. Sleeps are as exact as its ticks.
 */
export function unhurriedClock(speed: number): { readonly clock: Clock; stop(): void } {
  let now = systemClock.now();
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  const timer = setInterval(() => {
    now += tickMilliseconds * speed;
    for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake();
  }, tickMilliseconds);
  const clock: Clock = {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const leave = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", onAbort);
        };
        const onAbort = (): void => {
          leave();
          reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
        };
        const sleeper = {
          until: now + milliseconds,
          wake(): void {
            leave();
            resolve();
          },
        };
        sleepers.add(sleeper);
        if (signal?.aborted === true) onAbort();
        else signal?.addEventListener("abort", onAbort, { once: true });
      }),
  };
  return { clock, stop: () => clearInterval(timer) };
}
