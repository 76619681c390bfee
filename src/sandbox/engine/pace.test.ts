import { describe, expect, it } from "vitest";
import { runAtPace } from "./pace.ts";
import { createTimeline, timelineClock } from "./timeline.ts";

/** The machine's clock of these tests is a timeline of its own: nothing here waits. */
function scene(speed: number): {
  readonly machine: ReturnType<typeof createTimeline>;
  readonly timeline: ReturnType<typeof createTimeline>;
} & {
  readonly pace: ReturnType<typeof runAtPace>;
  readonly errors: unknown[];
  readonly pass: (milliseconds: number) => Promise<void>;
} {
  const machine = createTimeline(1_000_000);
  const timeline = createTimeline(50);
  const errors: unknown[] = [];
  const pace = runAtPace(timeline, { clock: timelineClock(machine), speed, onError: (error) => void errors.push(error) });
  return {
    machine,
    timeline,
    pace,
    errors,
    pass: async (milliseconds) => {
      const until = machine.now() + milliseconds;
      for (;;) {
        // What waits for a sleep goes on in a microtask, and may sleep again.
        await new Promise((resolve) => setImmediate(resolve));
        const next = machine.nextAt();
        if (next === undefined || next > until) break;
        machine.step();
      }
      machine.runUntil(until);
    },
  };
}

describe("pace", () => {
  it("runs tasks when the machine's clock gets there, at the given speed", async () => {
    const { timeline, pass } = scene(10);
    const ran: number[] = [];
    timeline.after(1000, () => void ran.push(timeline.now()));
    timeline.after(20_000, () => void ran.push(timeline.now()));
    await pass(99);
    expect(ran).toEqual([]);
    await pass(2);
    expect(ran).toEqual([1050]);
    await pass(2000);
    expect(ran).toEqual([1050, 20_050]);
  });

  it("wakes for a task that is put in front of the one it waits for", async () => {
    const { timeline, pass } = scene(1);
    const ran: string[] = [];
    timeline.after(10_000, () => void ran.push("later"));
    await pass(10);
    timeline.after(100, () => {
      ran.push("sooner");
      timeline.after(5, () => void ran.push("after that"));
    });
    await pass(200);
    expect(ran).toEqual(["sooner", "after that"]);
  });

  it("brings the timeline to the present on demand, and stands still once stopped", async () => {
    const { timeline, machine, pace, pass } = scene(2);
    machine.runUntil(machine.now() + 500);
    pace.catchUp();
    expect(timeline.now()).toBe(1050);
    pace.stop();
    timeline.after(1, () => expect.unreachable());
    await pass(1000);
    pace.catchUp();
    expect(timeline.now()).toBe(1050);
  });

  it("hands on what a task throws, and stops there", async () => {
    const { timeline, errors, pass } = scene(1);
    timeline.after(10, () => {
      throw new Error("a mistake");
    });
    timeline.after(20, () => expect.unreachable());
    await pass(100);
    expect(errors).toEqual([new Error("a mistake")]);
  });
});
