import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";
import { UsageError } from "./failure.ts";

describe("parseDuration", () => {
  it.each([
    ["0s", 0],
    ["90s", 90],
    ["10m", 600],
    ["1h30m", 5_400],
    ["2d", 172_800],
    ["1d2h3m4s", 93_784],
    ["30m30m", 3_600],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseDuration(text, "--hold")).toBe(seconds);
  });

  it.each(["", "soon", "90", "-5s", "1.5h", "10 m", "10m soon", "5M", "s"])("%j is none", (text) => {
    expect(() => parseDuration(text, "--hold")).toThrow(
      new UsageError(`--hold ${text} is not a duration. Write it as 90s, 10m, 1h30m or 2d.`),
    );
  });
});

describe("formatDuration", () => {
  it.each([
    [-3, "0s"],
    [0, "0s"],
    [31.6, "32s"],
    [59, "59s"],
    [60, "1m0s"],
    [250, "4m10s"],
    [3_599, "59m59s"],
    [3_600, "1h0m"],
    [18_725, "5h12m"],
    [172_799, "47h59m"],
    [172_800, "2d"],
    [300_000, "3d"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
