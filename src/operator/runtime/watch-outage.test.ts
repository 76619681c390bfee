import { expect, it } from "vitest";
import { ApiError, ConnectionError } from "../../kubernetes/errors.ts";
import { memoryLog } from "../../telemetry/testing/memory-log.ts";
import { watchOutage } from "./watch-outage.ts";

function scene() {
  let now = Date.UTC(2027, 0, 1);
  const log = memoryLog({ now: () => now });
  let whole = true;
  const watches = watchOutage({ log, clock: { now: () => now }, isCurrent: () => whole });
  return {
    watches,
    told: () => log.lines.filter(({ level }) => level !== "debug").map(({ level, msg }) => `${String(level)} ${String(msg)}`),
    log,
    pass: (seconds: number) => void (now += seconds * 1000),
    be: (current: boolean) => void (whole = current),
  };
}

it("an API server that is away is told by all watches together, and that it is back when the last of them is", () => {
  const { watches, told, pass, be } = scene();
  be(false);
  for (let second = 0; second < 90; second += 1) {
    watches.onError(new ConnectionError("refused", "refused"));
    pass(1);
  }
  expect(told()).toEqual(["warn the API server cannot be watched", "warn the API server cannot be watched"]);
  watches.onCurrent();
  expect(told()).toHaveLength(2);
  be(true);
  watches.onCurrent();
  watches.onCurrent();
  expect(told().slice(2)).toEqual(["info the API server is watched again"]);
});

it.each([
  ["a watch that ends now and then", new ConnectionError("reset", "lost"), 1, []],
  ["what is not allowed, or not served", new ApiError("WATCH x", 403, "no"), 100, []],
  ["a version that is lost", new ApiError("WATCH x", 410, "gone"), 100, []],
  ["a conversion webhook that fails", new ApiError("WATCH x", 500, "no"), 25, ["warn the API server cannot be watched"]],
  ["a mistake of this program", new TypeError("x is undefined"), 25, ["warn a change was not taken in"]],
] as const)("%s", (_, error, times, expected) => {
  const { watches, told, log } = scene();
  for (let time = 0; time < times; time += 1) watches.onError(error);
  expect(told()).toEqual(expected);
  expect(log.lines).toHaveLength(times + expected.length);
});

it("watches that end one after the other, and are open again each time, are no outage", () => {
  const { watches, told, pass } = scene();
  for (let time = 0; time < 100; time += 1) {
    watches.onError(new ConnectionError("reset", "lost"));
    watches.onCurrent();
    pass(10);
  }
  expect(told()).toEqual([]);
});
