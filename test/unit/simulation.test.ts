import { describe, expect, it } from "vitest";
import { runSeed } from "../simulation/run-seed.ts";

/** Enough for every run of the tests; `npm run simulate -- --seeds 1000` for long ones. */
const seeds = Array.from({ length: 60 }, (_, index) => index + 1);

/** How an upgrade may end other than proven; each names why. */
const namedEnds = /^(proven|timed-out|refused: [A-Z]\w+(, [A-Z]\w+)*|contradicted: [A-Z]\w+(, [A-Z]\w+)*)$/;

describe("upgrades in virtual time, under faults, crashes and other people", () => {
  it.each(seeds)("seed %i: every rule is kept, and it ends", async (seed) => {
    const { outcome, violations } = await runSeed(seed);
    expect(violations, `replay: npm run simulate -- --seed ${seed}`).toEqual([]);
    expect(outcome, `replay: npm run simulate -- --seed ${seed}`).toMatch(namedEnds);
  });

  // 5 and 7 last longer than the shortest watch: whatever is drawn elsewhere than from the seed would show.
  it.each([5, 7, 1007])("seed %i gives the same history again, event by event", async (seed) => {
    const [one, other] = [await runSeed(seed), await runSeed(seed)];
    expect(one.log.length).toBeGreaterThan(3);
    expect(other.log).toEqual(one.log);
    expect((await runSeed(seed + 1)).log).not.toEqual(one.log);
  });
});
