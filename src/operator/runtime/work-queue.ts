import { calledOff, type Clock } from "../../clock.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** 0 ≤ x < 1, for the jitter of pauses after failures. */
  readonly random: () => number;
  /** Pause after the first failure of a key; doubled by each further one. Default 5, as controller-runtime's. */
  readonly firstPauseMilliseconds?: number;
  /** Default 120 000: what fails for long is looked at every two minutes, not every quarter of an hour as in controller-runtime, whose cap is 1000 s. */
  readonly longestPauseMilliseconds?: number;
}

/**
 * Keys that are to be worked on, with the semantics of controller-runtime's queue: a key waits only once, is never worked on twice at the same time, and is
 * worked on once more when it was added meanwhile.
 */
export interface WorkQueue {
  add(key: string): void;
  /** Adds it after that time; of several such requests for a key the earliest counts. The start of work on a key takes its request away: the work says anew when to look again. */
  addAfter(key: string, milliseconds: number): void;
  /** Adds it after a pause that grows with each failure of that key, or after that time. Gives the pause. */
  addFailed(key: string, milliseconds?: number): number;
  /** The key's next failure is its first one. */
  forget(key: string): void;
  failures(key: string): number;
  counts(): WorkQueueCounts;
  /** Works on keys, at most `concurrency` at the same time, until the signal aborts; resolves when all work that had begun has ended. Rejects with what `work` rejects with. */
  run(work: (key: string) => Promise<void>, concurrency: number, signal: AbortSignal): Promise<void>;
}

export interface WorkQueueCounts {
  readonly ready: number;
  readonly delayed: number;
  readonly working: number;
  readonly failing: number;
}

/** Timers of Node end at 2³¹ ms; a maintenance window may be further away. */
const longestSleepMilliseconds = 86_400_000;

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, random, firstPauseMilliseconds = 5, longestPauseMilliseconds = 120_000 } = options;
  /** A set keeps the order of insertion: first come, first served. */
  const ready = new Set<string>();
  const delayed = new Map<string, { readonly at: number; readonly cancel: AbortController }>();
  const working = new Set<string>();
  /** Added while being worked on. */
  const again = new Set<string>();
  const failed = new Map<string, number>();
  let pump = (): void => undefined;

  function add(key: string): void {
    if (working.has(key)) again.add(key);
    else ready.add(key);
    pump();
  }

  function addAfter(key: string, milliseconds: number): void {
    if (milliseconds <= 0) {
      add(key);
      return;
    }
    const at = clock.now() + milliseconds;
    const before = delayed.get(key);
    if (before !== undefined && before.at <= at) return;
    before?.cancel.abort(calledOff);
    const entry = { at, cancel: new AbortController() };
    delayed.set(key, entry);
    const due = (): void => {
      if (delayed.get(key) !== entry) return;
      delayed.delete(key);
      add(key);
    };
    // It rejects when it is cancelled.
    sleepUntil(at, entry.cancel.signal).then(due, () => undefined);
  }

  async function sleepUntil(at: number, signal: AbortSignal): Promise<void> {
    do await clock.sleep(Math.max(0, Math.min(at - clock.now(), longestSleepMilliseconds)), signal);
    while (clock.now() < at);
  }

  function cancelDelay(key: string): void {
    delayed.get(key)?.cancel.abort(calledOff);
    delayed.delete(key);
  }

  return {
    add,
    addAfter,
    addFailed(key, milliseconds) {
      const failures = failed.get(key) ?? 0;
      failed.set(key, failures + 1);
      const pause = milliseconds ?? Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** failures) * (0.5 + random() / 2);
      addAfter(key, pause);
      return pause;
    },
    forget: (key) => void failed.delete(key),
    failures: (key) => failed.get(key) ?? 0,
    counts: () => ({ ready: ready.size, delayed: delayed.size, working: working.size, failing: failed.size }),
    run: (work, concurrency, signal) =>
      new Promise<void>((resolve, reject) => {
        let broken: { readonly error: unknown } | undefined;
        const ended = (): boolean => signal.aborted || broken !== undefined;
        const settleIfOver = (): void => {
          if (!ended() || working.size > 0) return;
          for (const key of delayed.keys()) cancelDelay(key);
          if (broken === undefined) resolve();
          else reject(broken.error);
        };
        const start = (key: string): void => {
          ready.delete(key);
          cancelDelay(key);
          working.add(key);
          // A rejection is a mistake of the caller's: it ends the run, once the other work has ended.
          Promise.resolve()
            .then(() => work(key))
            .catch((error: unknown) => void (broken ??= { error }))
            .finally(() => {
              working.delete(key);
              if (again.delete(key)) ready.add(key);
              pump();
              settleIfOver();
            });
        };
        pump = () => {
          for (const key of ready) {
            if (ended() || working.size >= concurrency) return;
            start(key);
          }
        };
        signal.addEventListener("abort", settleIfOver, { once: true });
        pump();
        settleIfOver();
      }),
  };
}
