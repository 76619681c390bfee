import { describe, expect, it } from "vitest";
import { differences, valuesOf, withValueAt } from "./values.ts";

describe("the values of a text", () => {
  it("are read twice, as YAML 1.1 and 1.2", () => {
    expect(valuesOf("a: on\nb: 017\n---\n- 1\n")).toEqual([
      [{ a: true, b: 15 }, [1]],
      [{ a: "on", b: 17 }, [1]],
    ]);
  });
  it("follow aliases and merge keys", () => {
    expect(valuesOf("a: &a {x: 1, z: 2}\nb: {<<: *a, z: 3}\nc: *a\n")[0]).toEqual([
      { a: { x: 1, z: 2 }, b: { x: 1, z: 3 }, c: { x: 1, z: 2 } },
    ]);
  });
  it("are none in an empty text", () => {
    expect(valuesOf("")).toEqual([[], []]);
  });
});

describe("a copy with another value", () => {
  const value = [{ a: [1, { b: null }] }];
  it.each([
    [[], "x", "x"],
    [[0, "a", 0], 2, [{ a: [2, { b: null }] }]],
    [[0, "a", 1, "b"], "x", [{ a: [1, { b: "x" }] }]],
  ])("at %j", (path, replacement, expected) => {
    expect(withValueAt(value, path, replacement)).toEqual(expected);
  });
  it.each([[[1]], [["0"]], [[0, "x"]], [[0, "toString"]], [[0, "a", 0, "b"]], [[0, "a", 1, "b", "c"]], [[0, 0]]])(
    "nothing at %j",
    (path) => {
      expect(() => withValueAt(value, path, 1)).toThrow(`nothing at ${String(path.at(-1))}`);
    },
  );
});

describe("where two values differ", () => {
  it.each<[unknown, unknown, readonly (readonly (string | number)[])[]]>([
    [{ a: [1, 2] }, { a: [1, 2] }, []],
    [{ a: [1, 2] }, { a: [1, 3] }, [["a", 1]]],
    [{ a: 1 }, { b: 1 }, [["a"], ["b"]]],
    [{ a: [] }, { a: {} }, [["a"]]],
    [{ a: null }, { a: {} }, [["a"]]],
    [{ a: {} }, { a: null }, [["a"]]],
    [{ a: {} }, { a: "x" }, [["a"]]],
    [{ a: "x" }, { a: {} }, [["a"]]],
    ["1", 1, [[]]],
    [[1], [1, 2], [[1]]],
    [[1, 2, 3, 4, 5, 6, 7], [], [[0], [1], [2], [3], [4]]],
  ])("%j and %j", (a, b, expected) => {
    expect(differences(a, b)).toEqual(expected);
  });
});
