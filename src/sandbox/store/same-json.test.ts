import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameJson, sharingParts } from "./same-json.ts";

const json = fc.jsonValue({ maxDepth: 3 });

describe("sameJson", () => {
  it.each<[string, unknown, unknown, boolean]>([
    ["scalars", 1, 1, true],
    ["a number and its text", 1, "1", false],
    ["null and nothing", null, undefined, false],
    ["fields in another order", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ["a field that is undefined and none", { a: 1, b: undefined }, { a: 1 }, true],
    ["a field that is null and none", { a: 1, b: null }, { a: 1 }, false],
    ["items in another order", [1, 2], [2, 1], false],
    ["a list that begins like the other", [1], [1, 2], false],
    ["a list and a map of its items", [1], { 0: 1 }, false],
    ["a difference far below", { a: [{ b: { c: 1 } }] }, { a: [{ b: { c: 2 } }] }, false],
  ])("%s", (_, one, other, same) => {
    expect([sameJson(one, other), sameJson(other, one)]).toEqual([same, same]);
  });

  it("is as node compares JSON", () => {
    fc.assert(fc.property(json, json, (one, other) => sameJson(one, other) === isDeepStrictEqual(one, other)));
    fc.assert(fc.property(json, (value) => sameJson(value, structuredClone(value))));
  });
});

describe("sharingParts", () => {
  it("is the object before when nothing differs", () => {
    const before = { spec: { a: [1, { b: 2 }] }, status: null };
    expect(sharingParts(before, structuredClone(before))).toBe(before);
    expect(sharingParts(before, { status: null, spec: { a: [1, { b: 2, c: undefined }] } })).toBe(before);
  });

  it("keeps the parts that are the same, and only them", () => {
    const before = { spec: { a: [1] }, conditions: [{ type: "A" }, { type: "B" }], labels: { x: "1" } };
    const after = { spec: { a: [1] }, conditions: [{ type: "A" }, { type: "B", status: "True" }], labels: { x: "1", y: "2" } };
    const mixed = sharingParts(before, after);
    expect(mixed).toEqual(after);
    expect(mixed.spec).toBe(before.spec);
    expect(mixed.conditions[0]).toBe(before.conditions[0]);
    expect(mixed.conditions[1]).toBe(after.conditions[1]);
    expect(mixed.labels).toBe(after.labels);
  });

  it.each<[string, unknown, unknown]>([
    ["a field that went", { a: 1, b: 2 }, { a: 1 }],
    ["an item that went", [1, 2], [1]],
    ["an item that came", [1], [1, 2]],
    ["null that came", { a: { b: 1 } }, { a: null }],
    ["null that went", { a: null }, { a: { b: 1 } }],
    ["a list that became a map", { a: [1] }, { a: { 0: 1 } }],
    ["a map that became a list", { a: { 0: 1 } }, { a: [1] }],
    ["nothing before", undefined, { a: 1 }],
  ])("%s", (_, before, after) => {
    const [old, given] = [structuredClone(before), structuredClone(after)];
    expect(sharingParts(before, after)).toEqual(given);
    expect(sharingParts(before, after)).not.toBe(before);
    expect([before, after]).toEqual([old, given]);
  });

  it("says what `after` says, whatever was before", () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        const given = structuredClone(after);
        const mixed = sharingParts(before, after);
        expect(mixed).toEqual(given);
        expect(after).toEqual(given);
        if (sameJson(before, after)) expect(mixed).toBe(before);
      }),
    );
  });
});
