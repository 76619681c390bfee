import { describe, expect, it } from "vitest";
import { runOperatorSeed } from "../simulation/operator-seed.ts";

const scale = Number(process.env["SIMULATION_SCALE"] ?? "1");
const seeds = Array.from({ length: Math.max(1, Math.round(8 * scale)) }, (_, index) => index + 1);

/** How an attempt may end; each but the first names why. */
const namedEnds = /^(Proven|Refused|Contradicted|TimedOut)$/;

describe("the operator in virtual time, under windows, approvals, pauses, reverts, faults, crashes and changes of the leader", () => {
  it.each(seeds)("seed %i: every rule is kept, and it ends", async (seed) => {
    const { outcome, violations, log } = await runOperatorSeed(seed);
    expect(violations, log.join("\n")).toEqual([]);
    expect(outcome, log.join("\n")).toMatch(namedEnds);
  });
});
