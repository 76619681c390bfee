import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimeline, driveUntil, timelineClock } from "./timeline.ts";

describe("timeline", () => {
  it("runs tasks in order of time, and of asking within one moment", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ at: fc.nat(20), cancelled: fc.boolean() }), { maxLength: 60 }), (tasks) => {
        const timeline = createTimeline(0);
        const ran: number[] = [];
        const cancels = tasks.map(({ at }, index) => timeline.at(at, () => void ran.push(index)));
        tasks.forEach(({ cancelled }, index) => cancelled && cancels[index]!());
        timeline.runUntil(100);
        const expected = tasks
          .map((task, index) => ({ ...task, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((one, other) => one.at - other.at || one.index - other.index)
          .map(({ index }) => index);
        expect(ran).toEqual(expected);
        expect(timeline.now()).toBe(100);
      }),
    );
  });

  it("runs what a task asks for meanwhile, at its own time", () => {
    const timeline = createTimeline(1000);
    const seen: string[] = [];
    timeline.after(10, () => {
      seen.push(`first at ${timeline.now()}`);
      timeline.after(5, () => void seen.push(`second at ${timeline.now()}`));
      timeline.at(0, () => void seen.push(`overdue at ${timeline.now()}`));
    });
    expect(timeline.nextAt()).toBe(1010);
    timeline.runUntil(1014);
    expect(seen).toEqual(["first at 1010", "overdue at 1010"]);
    expect(timeline.step()).toBe(true);
    expect(seen[2]).toBe("second at 1015");
    expect(timeline.step()).toBe(false);
    expect(timeline.nextAt()).toBeUndefined();
  });

  it("wakes sleepers in its own time, and those who are called away at once", async () => {
    const timeline = createTimeline(0);
    const clock = timelineClock(timeline);
    const woken: string[] = [];
    const slept = clock.sleep(1000).then(() => woken.push(`slept until ${clock.now()}`));
    const controller = new AbortController();
    const aborted = clock.sleep(500, controller.signal).catch((error: Error) => woken.push(error.message));
    controller.abort(new Error("called away"));
    await aborted;
    timeline.runUntil(2000);
    await slept;
    expect(woken).toEqual(["called away", "slept until 2000"]);
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow("called away");
  });

  it("drives code that waits for nothing else, from moment to moment", async () => {
    const timeline = createTimeline(0);
    const clock = timelineClock(timeline);
    const seen: number[] = [];
    const work = async (step: number): Promise<string> => {
      for (let count = 0; count < 3; count += 1) {
        await clock.sleep(step);
        seen.push(clock.now());
      }
      return `done at ${clock.now()}`;
    };
    timeline.at(1_000_000, () => expect.unreachable());
    expect(await driveUntil(timeline, Promise.all([work(10), work(25)]))).toEqual(["done at 30", "done at 75"]);
    expect(seen).toEqual([10, 20, 25, 30, 50, 75]);
    await expect(driveUntil(timeline, Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    await expect(driveUntil(createTimeline(0), new Promise(() => undefined))).rejects.toThrow("time stands still");
  });
});
