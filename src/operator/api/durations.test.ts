import { expect, it } from "vitest";
import { durationSeconds, durationText } from "./durations.ts";

it.each([
  ["90s", 90],
  ["10m", 600],
  ["1h30m", 5_400],
  ["3d", 259_200],
  ["0s", 0],
  ["1d1d", 172_800],
])("%s is %d seconds", (text, seconds) => expect(durationSeconds(text)).toBe(seconds));

it.each(["", "5", "1.5h", "-1m", "1 h", "10ms", "h", "1H", "1w", "99999999999999999999d"])("%j is no duration", (text) =>
  expect(durationSeconds(text)).toBeUndefined(),
);

it.each([
  [0, "0s"],
  [59, "59s"],
  [90, "1m30s"],
  [5_400, "1h30m"],
  [259_200, "3d"],
  [90_061, "1d1h1m1s"],
])("%d seconds are %s", (seconds, text) => expect(durationText(seconds)).toBe(text));
