import { describe, expect, it } from "vitest";
import { namedEnds } from "./named-ends.ts";
import { runSeed } from "./run-seed.ts";

/** Seeds of one file in every run of the tests; the files share the processors. `npm run simulate -- --seeds 1000` is for long runs. */
const seedsInOne = 40;

/** The seeds of the part-th file, counted from 1. */
export function describeSeeds(part: number): void {
  const seeds = Array.from({ length: seedsInOne }, (_, index) => (part - 1) * seedsInOne + index + 1);
  describe("upgrades in virtual time, under faults, crashes and other people", () => {
    it.each(seeds)("seed %i: every rule is kept, and it ends", async (seed) => {
      const { outcome, violations } = await runSeed(seed);
      expect(violations, `replay: npm run simulate -- --seed ${seed}`).toEqual([]);
      expect(outcome, `replay: npm run simulate -- --seed ${seed}`).toMatch(namedEnds);
    });
  });
}
