import { describe, expect, it } from "vitest";
import { isMatterOfSpeed } from "../fidelity/matter-of-speed.ts";

function machines(recorded: string, now: string): Parameters<typeof isMatterOfSpeed>[0] {
  return { scenario: "any", what: "control plane: machines", kind: "other value", real: [recorded], simulated: [now] };
}

describe("what a busy machine may do otherwise", () => {
  it.each([
    ["a machine that was replaced before the first step", "+v1.34.0", "+v1.34.0 +v1.34.0 -v1.34.0"],
    ["and then was upgraded", "+v1 | +v2 -v1", "+v1 +v1 -v1 | +v2 -v1"],
    ["a deletion before the creation that is due with it", "+v1 +v1 | +v2 -v1 +v2 -v1", "+v1 +v1 | +v2 +v2 -v1 -v1"],
    ["a deletion just before a write", "+v1 +v1 +v1 | | +v2 | | -v1 +v2 -v1 +v2 -v1", "+v1 +v1 +v1 | | +v2 | -v1 | +v2 -v1 +v2 -v1"],
    [
      "as seen on 2026-11-29",
      "+v1.34.0 +v1.34.0 +v1.34.0 | | +v1.35.2 | -v1.34.0 | +v1.35.2 -v1.34.0 +v1.35.2 -v1.34.0",
      "+v1.34.0 +v1.34.0 +v1.34.0 | | +v1.35.2 -v1.34.0 | | +v1.35.2 -v1.34.0 +v1.35.2 -v1.34.0",
    ],
  ])("%s", (_, recorded, now) => {
    expect(isMatterOfSpeed(machines(recorded, now))).toBe(true);
  });

  it.each([
    ["one machine more", "+v1 | +v2 -v1", "+v1 | +v2 -v1 +v2"],
    ["a machine that stays", "+v1 | +v2 -v1", "+v1 | +v2"],
    ["another version", "+v1 | +v2 -v1", "+v1 | +v3 -v1"],
    ["another number of machines at the start", "+v1 | +v2 -v1", "+v1 +v1 | +v2 -v1"],
    ["two machines that roll while it is paused", "+v1 +v1 | +v2 | | -v1 +v2 -v1", "+v1 +v1 | +v2 | -v1 +v2 | -v1"],
    ["a machine two writes early", "+v1 | | | +v2 -v1", "+v1 | +v2 | | -v1"],
    ["which of numbered machines goes", "+v1#1 +v1#2 | -v1#1", "+v1#1 +v1#2 | -v1#2"],
  ])("but not %s", (_, recorded, now) => {
    expect(isMatterOfSpeed(machines(recorded, now))).toBe(false);
  });

  it.each([
    ["a: most machines that stay", "3", "3", true],
    ["a: most machines that stay", "3", "4", false],
    ["a: most machines", "3", "4", true],
    ["a: most machines", "3", "5", false],
    ["order of owners", "one, other", "other, one", true],
    ["refusal 01", "no", "yes", false],
    ["Machine conditions at the end", "Ready=True/Ready", "Ready=False/NotReady", false],
  ] as const)("%s: %s recorded, %s now: %s", (what, recorded, now, expected) => {
    const difference = { scenario: "any", what, kind: "other value", real: [recorded], simulated: [now] } as const;
    expect(isMatterOfSpeed(difference)).toBe(expected);
  });
});
