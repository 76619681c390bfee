import { expect, it } from "vitest";
import type { Pace } from "../upgrade/decision.ts";
import { rollEstimate } from "./roll-estimate.ts";

const rolls = (machines: number, ...through: readonly string[]) => ({ what: "a pool", machines, through, how: "" });
const pace = (seconds: number, machines: number): Pace => ({
  initial: [],
  finished: Array.from({ length: machines }, (_, at) => `m${at}`),
  rollingSince: 1_000_000,
  lastFinishedAt: 1_000_000 + seconds * 1000,
});

it.each([
  // Four machines in ten minutes: 150 s each.
  ["as many machines again", pace(600, 4), [rolls(1, "v2"), rolls(3, "v2")], 420, 1200, "150 s for each of its 4 machines"],
  ["each as often as it is replaced", pace(600, 4), [rolls(1, "v2", "v3")], 210, 600, "150 s for each of its 4 machines"],
  ["from one machine", pace(90, 1), [rolls(2, "v2")], 126, 360, "90 s for its one machine"],
] as const)("is told of %s", (_, last, rolling, lowSeconds, highSeconds, basis) => {
  expect(rollEstimate(last, rolling)).toEqual({
    lowSeconds,
    highSeconds,
    basis: `the last upgrade of this cluster took ${basis}, pauses included`,
  });
});

it.each([
  ["nothing was ever upgraded", undefined, [rolls(1, "v2")]],
  ["no machine was finished", { ...pace(60, 1), finished: [] }, [rolls(1, "v2")]],
  ["it was not seen to begin", { ...pace(60, 1), rollingSince: undefined }, [rolls(1, "v2")]],
  ["it was not seen to end", { ...pace(60, 1), lastFinishedAt: undefined }, [rolls(1, "v2")]],
  ["it took no time", pace(0, 1), [rolls(1, "v2")]],
  ["nothing rolls", pace(60, 1), []],
] as const)("is not made up where %s", (_, last, rolling) => {
  expect(rollEstimate(last, rolling)).toBeUndefined();
});
