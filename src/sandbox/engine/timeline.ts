import type { Clock } from "../../clock.ts";

/**
 * The sandbox's time: what is to happen is kept in order of time (and of asking, within one moment), and happens only when somebody lets time pass. A
 * driver decides how: as fast as possible (virtual), or by the machine's clock, at any speed (`pace.ts`).
 */
export interface Timeline {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs `task` at that time, or at the next opportunity when it has passed already. What it throws ends the driver. Gives a way to cancel it. */
  at(milliseconds: number, task: () => void): () => void;
  /** The same, counted from now. */
  after(milliseconds: number, task: () => void): () => void;
  /** When the next task is due; undefined when there is none. */
  nextAt(): number | undefined;
  /** Goes to the next task's time and runs it; false when there is none. */
  step(): boolean;
  /** Runs all that is due until then, and stands at that time. */
  runUntil(milliseconds: number): void;
  /** Tells a driver that a task was put in front of all others. */
  onEarlier(listener: () => void): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  task: (() => void) | undefined;
}

export function createTimeline(start: number): Timeline {
  let now = start;
  let order = 0;
  /** A binary heap by (at, order). */
  const heap: Entry[] = [];
  let tellEarlier = (): void => undefined;

  const before = (one: Entry, other: Entry): boolean => one.at < other.at || (one.at === other.at && one.order < other.order);

  function push(entry: Entry): void {
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent]!;
      if (!before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  function pop(): Entry | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  /** Cancelled tasks stay in the heap until they come up. */
  function peek(): Entry | undefined {
    while (heap.length > 0 && heap[0]!.task === undefined) pop();
    return heap[0];
  }

  function step(): boolean {
    if (peek() === undefined) return false;
    const entry = pop()!;
    const task = entry.task!;
    entry.task = undefined;
    now = Math.max(now, entry.at);
    task();
    return true;
  }

  function at(milliseconds: number, task: () => void): () => void {
    const entry: Entry = { at: milliseconds, order: order++, task };
    push(entry);
    if (heap[0] === entry) tellEarlier();
    return () => (entry.task = undefined);
  }

  return {
    now: () => now,
    at,
    after: (milliseconds, task) => at(now + milliseconds, task),
    nextAt: () => peek()?.at,
    step,
    runUntil(milliseconds) {
      for (;;) {
        const next = peek();
        if (next === undefined || next.at > milliseconds) break;
        step();
      }
      now = Math.max(now, milliseconds);
    },
    onEarlier: (listener) => (tellEarlier = listener),
  };
}

/**
 * Lets time pass as fast as it can until the promise settles; between two moments of time, everybody who was woken gets as far as they can. Only for code that waits for nothing but
 * the timeline: rejects when there is nothing left to wait for. Gives what the promise gives.
 */
export async function driveUntil<T>(timeline: Timeline, promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = (): void => void (settled = true);
  promise.then(settle, settle);
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (settled) return promise;
    const at = timeline.nextAt();
    if (at === undefined) throw new Error("time stands still: nothing is due any more, and what is waited for has not happened");
    timeline.runUntil(at);
  }
}

/** A Clock whose sleepers wake when the timeline gets there. */
export function timelineClock(timeline: Timeline): Clock {
  return {
    now: () => timeline.now(),
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
        if (signal?.aborted === true) {
          abort();
          return;
        }
        const cancel = timeline.after(milliseconds, () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        });
        const onAbort = (): void => {
          cancel();
          abort();
        };
        signal?.addEventListener("abort", onAbort, { once: true });
      }),
  };
}
