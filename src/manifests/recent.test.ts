import { describe, expect, it } from "vitest";
import { recent } from "./recent.ts";

describe("what was worked out lately", () => {
  it("is kept as long as the texts are not too long together; what was asked for longest ago goes", () => {
    const known = recent<number>(10);
    known.set("a", 4, 1);
    known.set("b", 4, 2);
    expect(known.get("a")).toBe(1);
    known.set("c", 4, 3);
    expect(["a", "b", "c"].map((key) => known.get(key))).toEqual([1, undefined, 3]);
    known.set("d", 10, 4);
    expect(["a", "c", "d"].map((key) => known.get(key))).toEqual([undefined, undefined, 4]);
  });

  it("is replaced under its key", () => {
    const known = recent<number>(10);
    for (let value = 0; value < 5; value += 1) known.set("a", 6, value);
    known.set("b", 4, 9);
    expect([known.get("a"), known.get("b")]).toEqual([4, 9]);
  });

  it("is not kept of a text that is too long, and the one before it goes", () => {
    const known = recent<number>(10);
    known.set("a", 2, 1);
    known.set("b", 2, 2);
    known.set("a", 11, 3);
    expect([known.get("a"), known.get("b")]).toEqual([undefined, 2]);
  });
});
