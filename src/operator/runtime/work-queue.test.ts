import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimeline, driveUntil, timelineClock } from "../../sandbox/engine/timeline.ts";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";

interface Scene {
  readonly queue: WorkQueue;
  /** `a begins at 5`, `a ends at 15`. */
  readonly log: string[];
  readonly after: (milliseconds: number, task: () => void) => void;
  /** Lets so much time pass, stops, and waits for the end. */
  readonly run: (milliseconds: number) => Promise<void>;
}

function scene(workMilliseconds: number, concurrency: number, during?: (key: string, queue: WorkQueue) => void): Scene {
  const timeline = createTimeline(0);
  const clock = timelineClock(timeline);
  const queue = createWorkQueue({ clock, random: () => 1 });
  const log: string[] = [];
  const stop = new AbortController();
  const running = queue.run(
    async (key) => {
      log.push(`${key} begins at ${timeline.now()}`);
      during?.(key, queue);
      await clock.sleep(workMilliseconds);
      log.push(`${key} ends at ${timeline.now()}`);
    },
    concurrency,
    stop.signal,
  );
  return {
    queue,
    log,
    after: (milliseconds, task) => void timeline.after(milliseconds, task),
    async run(milliseconds) {
      await driveUntil(timeline, clock.sleep(milliseconds));
      stop.abort();
      await driveUntil(timeline, running);
    },
  };
}

const beginnings = (log: readonly string[]): readonly string[] => log.filter((line) => line.includes("begins"));

describe("work queue", () => {
  it("works on a key once, however often it was added before", async () => {
    const { queue, log, run } = scene(10, 1);
    for (const key of ["x", "a", "a", "b", "a"]) queue.add(key);
    await run(100);
    expect(beginnings(log)).toEqual(["x begins at 0", "a begins at 10", "b begins at 20"]);
  });

  it("works once more on what is added meanwhile, and never twice at a time", async () => {
    const { queue, log, after, run } = scene(10, 2);
    queue.add("a");
    after(3, () => queue.add("a"));
    after(4, () => queue.add("a"));
    await run(100);
    expect(log).toEqual(["a begins at 0", "a ends at 10", "a begins at 10", "a ends at 20"]);
  });

  it("keeps to its concurrency, first come first served", async () => {
    const { queue, log, run } = scene(10, 1);
    for (const key of ["b", "a", "c"]) queue.add(key);
    await run(100);
    expect(beginnings(log)).toEqual(["b begins at 0", "a begins at 10", "c begins at 20"]);
  });

  it("of several delays the earliest counts", async () => {
    const { queue, log, run } = scene(1, 1);
    queue.addAfter("a", 50);
    queue.addAfter("a", 20);
    queue.addAfter("a", 90);
    await run(100);
    expect(beginnings(log)).toEqual(["a begins at 20"]);
  });

  it("work takes a delay away that was asked for before it began, and keeps what is asked for while it lasts", async () => {
    const before = scene(1, 1);
    before.queue.addAfter("a", 50);
    before.queue.add("a");
    await before.run(100);
    expect(beginnings(before.log)).toEqual(["a begins at 0"]);

    let asked = false;
    const during = scene(10, 1, (key, queue) => {
      if (!asked) queue.addAfter(key, 30);
      asked = true;
    });
    during.queue.add("a");
    await during.run(100);
    expect(beginnings(during.log)).toEqual(["a begins at 0", "a begins at 30"]);
  });

  it("a delay of months does not come at once, as a timer of Node would", async () => {
    const { queue, log, run } = scene(1, 1);
    const months = 60 * 86_400_000;
    queue.addAfter("a", months);
    await run(months + 10);
    expect(beginnings(log)).toEqual([`a begins at ${months}`]);
  });

  it("pauses after failures grow, up to two minutes, each key for itself, until it is forgotten", () => {
    const queue = createWorkQueue({ clock: timelineClock(createTimeline(0)), random: () => 1 });
    const pauses = Array.from({ length: 16 }, () => queue.addFailed("a"));
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 40_960, 81_920, 120_000]);
    expect(queue.addFailed("b")).toBe(5);
    queue.forget("a");
    expect(queue.failures("a")).toBe(0);
    expect(queue.addFailed("a")).toBe(5);
  });

  it("half of a pause is drawn, so that what failed together is not tried again together", () => {
    const pause = (random: number): number =>
      createWorkQueue({ clock: timelineClock(createTimeline(0)), random: () => random }).addFailed("a");
    expect([pause(0), pause(0.5), pause(0.999)].map(Math.round)).toEqual([3, 4, 5]);
  });

  it("begins nothing after the signal, waits for what had begun, and leaves no delay behind", async () => {
    const { queue, log, run } = scene(50, 1);
    queue.add("a");
    queue.add("b");
    queue.addAfter("c", 5_000);
    await run(10);
    expect(log).toEqual(["a begins at 0", "a ends at 50"]);
    expect(queue.counts()).toMatchObject({ working: 0, delayed: 0, ready: 1 });
  });

  it("a mistake in the work ends the run with it", async () => {
    const queue = createWorkQueue({ clock: timelineClock(createTimeline(0)), random: () => 1 });
    queue.add("a");
    const run = queue.run(() => Promise.reject(new Error("a mistake")), 1, new AbortController().signal);
    await expect(run).rejects.toThrow("a mistake");
  });
});

type Move = { readonly at: number; readonly key: string; readonly move: "add" | "after" | "fail"; readonly delay: number };

const moves = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 500 }),
    key: fc.constantFrom("a", "b", "c"),
    move: fc.constantFrom("add" as const, "after" as const, "fail" as const),
    delay: fc.integer({ min: 1, max: 300 }),
  }),
  { maxLength: 40 },
);

describe("work queue, whatever is asked of it", () => {
  it("never works on a key twice at a time, never on more than it may, and leaves no request unanswered", async () => {
    await fc.assert(
      fc.asyncProperty(moves, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 }), async (asked, concurrency, work) => {
        const { queue, log, after, run } = scene(work, concurrency);
        for (const { at, key, move, delay } of asked) after(at, () => make(queue, key, move, delay));
        await run(5_000);
        const working = new Set<string>();
        for (const line of log) {
          const [key = "", what] = line.split(" ");
          if (what === "begins") {
            expect(working.has(key), line).toBe(false);
            working.add(key);
          } else working.delete(key);
          expect(working.size).toBeLessThanOrEqual(concurrency);
        }
        expect(working.size).toBe(0);
        for (const request of asked) expect(answered(request, log), JSON.stringify({ request, log })).toBe(true);
        expect(queue.counts()).toMatchObject({ ready: 0, delayed: 0, working: 0 });
      }),
      { numRuns: 150 },
    );
  });
});

function make(queue: WorkQueue, key: string, move: Move["move"], delay: number): void {
  if (move === "add") queue.add(key);
  else if (move === "after") queue.addAfter(key, delay);
  else queue.addFailed(key);
}

/** Work on the key begins at or after the request: what it asked for is seen by somebody. */
function answered({ at, key }: Move, log: readonly string[]): boolean {
  return log.some((line) => {
    const [name, what, , time] = line.split(" ");
    return name === key && what === "begins" && Number(time) >= at;
  });
}
