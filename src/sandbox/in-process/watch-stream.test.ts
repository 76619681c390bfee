import { describe, expect, it } from "vitest";
import { createTimeline, timelineClock } from "../engine/timeline.ts";
import { ConnectionError } from "../../kubernetes/errors.ts";
import type { WatchEvent, WatchSubscription } from "../api/api-request.ts";
import { streamOf, type StreamFaults } from "./watch-stream.ts";

const event = (name: string): WatchEvent => ({ type: "ADDED", object: { apiVersion: "v1", kind: "Node", metadata: { name } } });

function nameIn(told: unknown): string {
  return (told as { readonly object: { readonly metadata: { readonly name: string } } }).object.metadata.name;
}

/** A watch whose server sends `a` after 1 s, `b` after 2 s and so on, and ends it if it is to; what the client had, and when. */
async function received(
  names: string,
  {
    ends = false,
    idleMilliseconds = 60_000,
    seconds = 120,
    ...faults
  }: StreamFaults & { ends?: boolean; idleMilliseconds?: number; seconds?: number } = {},
) {
  const timeline = createTimeline(0);
  let open = 0;
  const watch: WatchSubscription = {
    open(listener, end) {
      open += 1;
      Array.from(names).forEach((name, index) => timeline.after((index + 1) * 1000, () => open > 0 && listener(event(name))));
      if (ends) timeline.after((names.length + 1) * 1000, end);
      return () => (open -= 1);
    },
  };
  const response = streamOf(watch, { label: "WATCH /nodes", clock: timelineClock(timeline), idleMilliseconds, ...faults });
  const log: string[] = [];
  const reading = (async () => {
    try {
      for await (const told of response.objects()) log.push(`${nameIn(told)} at ${timeline.now() / 1000}`);
      log.push(`end at ${timeline.now() / 1000}`);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      log.push(`${error.kind} at ${timeline.now() / 1000}`);
    }
  })();
  for (let second = 0; second < seconds; second += 0.5) {
    timeline.runUntil(second * 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.destroy();
  await reading;
  return { log: log.filter((line) => line !== `end at ${timeline.now() / 1000}`), open };
}

describe("streamOf", () => {
  it("brings every event at once, and ends with the server", async () => {
    expect(await received("ab", { ends: true })).toEqual({ log: ["a at 1", "b at 2", "end at 3"], open: 0 });
  });

  it("brings them late, in order, the end as well", async () => {
    expect((await received("abc", { ends: true, lagMilliseconds: 2500 })).log).toEqual(["a at 3.5", "b at 4.5", "c at 5.5", "end at 6.5"]);
  });

  it("loses the connection, and what is under way", async () => {
    expect(await received("abc", { cutAfterMilliseconds: 2500, lagMilliseconds: 1000 })).toEqual({
      log: ["a at 2", "reset at 2.5"],
      open: 0,
    });
  });

  it("falls silent, until the client gives up", async () => {
    expect(await received("abcd", { silentAfterMilliseconds: 1500, idleMilliseconds: 10_000 })).toEqual({
      log: ["a at 1", "timeout at 11"],
      open: 0,
    });
  });

  it("says things twice", async () => {
    expect((await received("abc", { repeatEvery: 2, ends: true })).log).toEqual(["a at 1", "b at 2", "b at 2", "c at 3", "end at 4"]);
  });

  it("is closed by the client", async () => {
    expect(await received("ab", { seconds: 1.6 })).toEqual({ log: ["a at 1"], open: 0 });
  });
});
