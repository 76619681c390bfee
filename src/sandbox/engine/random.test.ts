import { describe, expect, it } from "vitest";
import { createRandom } from "./random.ts";

describe("random", () => {
  it("gives the same from the same seed, and something else from another", () => {
    const draw = (seed: number): unknown => {
      const random = createRandom(seed);
      return [random.next(), random.below(1000), random.suffix(5), random.uuid(), random.fork("kcp").next()];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("forks into sources that do not shift each other", () => {
    const drawn = createRandom(1);
    drawn.next();
    expect(drawn.fork("a").next()).toBe(createRandom(1).fork("a").next());
    expect(createRandom(1).fork("a").next()).not.toBe(createRandom(1).fork("b").next());
  });

  it("stays within its limits", () => {
    const random = createRandom(3);
    for (let count = 0; count < 2000; count += 1) {
      expect(random.below(3)).toBeOneOf([0, 1, 2]);
      expect(random.suffix(5)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    }
    expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });
});
