import { describe, expect, it } from "vitest";
import { seedsByWorld } from "../simulation/seeds-by-world.ts";

/** What threads are given that ask in this order. */
function given(worlds: Readonly<Record<number, string>>, asking: string): readonly string[] {
  const seeds = seedsByWorld(Object.keys(worlds).map(Number), (seed) => worlds[seed]!);
  const takers = new Map(Array.from(new Set(asking), (thread) => [thread, seeds.taker()]));
  return Array.from(asking, (thread) => `${thread}${takers.get(thread)!() ?? "-"}`);
}

describe("seedsByWorld", () => {
  it.each<[string, Readonly<Record<number, string>>, string, readonly string[]]>([
    [
      "one thread: world by world, the largest first",
      { 1: "x", 2: "y", 3: "x", 4: "y", 5: "y" },
      "aaaaaa",
      ["a2", "a4", "a5", "a1", "a3", "a-"],
    ],
    ["two threads: each a world of its own", { 1: "x", 2: "y", 3: "x", 4: "y" }, "abab", ["a1", "b2", "a3", "b4"]],
    ["two threads at one world: both, until it ends", { 1: "x", 2: "x", 3: "x" }, "abab", ["a1", "b2", "a3", "b-"]],
    [
      "one that is through helps where most is left",
      { 1: "x", 2: "x", 3: "x", 4: "y", 5: "z", 6: "x" },
      "abbbab",
      ["a1", "b4", "b5", "b2", "a3", "b6"],
    ],
    ["none", {}, "a", ["a-"]],
  ])("%s", (_, worlds, asking, expected) => {
    expect(given(worlds, asking)).toEqual(expected);
  });
});
