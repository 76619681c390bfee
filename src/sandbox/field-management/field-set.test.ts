import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { difference, intersection, paths, union, type FieldSet } from "./field-set.ts";
import { createInternedSets } from "./interned-sets.ts";

/** A path of FieldsV1 elements; a set is a set of those. */
const path = fc.array(fc.constantFrom("f:a", "f:b", 'k:{"n":1}', 'v:"x"'), { minLength: 1, maxLength: 3 });
const members = fc.uniqueArray(path, { maxLength: 8, selector: (each) => each.join(" ") });

function setOf(list: readonly (readonly string[])[]): FieldSet | undefined {
  return list.reduce<FieldSet | undefined>(
    (set, elements) =>
      union(
        set,
        elements.reduceRight<FieldSet>((below, element) => ({ [element]: below }), {}),
      ),
    undefined,
  );
}

const texts = (set: FieldSet | undefined): readonly string[] =>
  (set === undefined ? [] : paths(set).map((elements) => elements.join(" "))).toSorted();
const joined = (list: readonly (readonly string[])[]): readonly string[] => list.map((elements) => elements.join(" ")).toSorted();

describe("field set", () => {
  it("is a set of paths", () => {
    fc.assert(
      fc.property(members, members, (one, other) => {
        const others = new Set(joined(other));
        const [left, right] = [setOf(one), setOf(other)];
        expect(texts(left)).toEqual(joined(one));
        expect(texts(union(left, right))).toEqual([...new Set([...joined(one), ...others])].toSorted());
        expect(texts(difference(left, right))).toEqual(joined(one).filter((each) => !others.has(each)));
        expect(texts(intersection(left, right))).toEqual(joined(one).filter((each) => others.has(each)));
      }),
    );
  });

  it("stays the same object where nothing is added or taken away", () => {
    fc.assert(
      fc.property(members, members, (one, other) => {
        const all = setOf([...one, ...other]);
        expect(union(all, setOf(other))).toBe(all);
        const rest = difference(all, setOf(other));
        expect(difference(rest, setOf(other))).toBe(rest);
      }),
    );
  });

  it("is one object for equal sets, whatever the order in which they were made", () => {
    const sets = createInternedSets();
    const one = sets.intern(setOf([["f:b"], ["f:a", 'k:{"port":80}'], ["f:a", 'k:{"port":9}'], ["f:a"]])!);
    const other = sets.intern(setOf([["f:a"], ["f:a", 'k:{"port":9}'], ["f:b"], ["f:a", 'k:{"port":80}']])!);
    expect(one).toBe(other);
    expect(JSON.stringify(one)).toBe(String.raw`{"f:a":{".":{},"k:{\"port\":9}":{},"k:{\"port\":80}":{}},"f:b":{}}`);
    expect(Object.isFrozen(one["f:a"])).toBe(true);
    expect(sets.intern(setOf([["f:a"]])!)).not.toBe(one);
  });
});
