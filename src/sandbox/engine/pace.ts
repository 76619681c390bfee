import type { Clock } from "../../clock.ts";
import type { Timeline } from "./timeline.ts";

export interface Pace {
  /** Runs what has become due since: before a request is answered, so that it sees the present. */
  catchUp(): void;
  stop(): void;
}

export interface PaceOptions {
  /** The machine's clock. */
  readonly clock: Clock;
  /** Seconds of the timeline for each second of the clock: 1 is real time, 60 a minute a second. */
  readonly speed: number;
  /** A task threw: the sandbox has a mistake, and time stands still from there. */
  readonly onError: (error: unknown) => void;
}

/** Lets a timeline run along the machine's clock until it is stopped. */
export function runAtPace(timeline: Timeline, { clock, speed, onError }: PaceOptions): Pace {
  const origin = { clock: clock.now(), timeline: timeline.now() };
  let waiting: AbortController | undefined;
  let running = false;
  let stopped = false;

  const present = (): number => origin.timeline + (clock.now() - origin.clock) * speed;

  function catchUp(): void {
    if (stopped || running) return;
    running = true;
    try {
      timeline.runUntil(present());
    } catch (error) {
      stopped = true;
      onError(error);
    } finally {
      running = false;
    }
    arm();
  }

  function arm(): void {
    waiting?.abort(new Error("the next task is another one now"));
    const next = timeline.nextAt();
    if (stopped || running || next === undefined) return;
    waiting = new AbortController();
    clock.sleep(Math.max(0, (next - present()) / speed), waiting.signal).then(catchUp, () => undefined);
  }

  timeline.onEarlier(() => {
    if (!running) arm();
  });
  arm();
  return {
    catchUp,
    stop() {
      stopped = true;
      waiting?.abort(new Error("stopped"));
    },
  };
}
