import { describe, expect, it } from "vitest";
import { readTracked } from "./read-tracked.ts";
import { scalarsOf } from "./tracked-value.ts";

/** `path = text @line` of every scalar of every document, or why there are none. */
function scalars(text: string): readonly string[] | string {
  const read = readTracked("f.yaml", text);
  if (read.kind === "unreadable") return read.why;
  return read.documents.flatMap(({ index, value }) =>
    [...scalarsOf(value)].map(
      ({ path, scalar: { text, isNull, place } }) =>
        `${index} ${path.join("/")} = ${isNull ? "null" : text} @${place!.line} ${place!.path.join("/")}`,
    ),
  );
}

describe("values and their places", () => {
  it.each<[string, string, readonly string[] | string]>([
    ["nothing", "", []],
    ["only comments", "# a\n---\n# b\n---\n~\n---\nnull\n", []],
    ["documents keep their index", "---\n# none\n---\na: 1\n", ["1 a = 1 @4 a"]],
    [
      "what is written for numbers and the like",
      "a: 1.30\nb: 0x1F\nc: yes\nd: 1e3\ne: '5'\n",
      ["0 a = 1.30 @1 a", "0 b = 0x1F @2 b", "0 c = yes @3 c", "0 d = 1e3 @4 d", "0 e = 5 @5 e"],
    ],
    ["null in its spellings", "a:\nb: ~\nc: null\nd: ''\n", ["0 a = null @1 a", "0 b = null @2 b", "0 c = null @3 c", "0 d =  @4 d"]],
    ["keys as they are written", "on: 1\n0644: 2\n'a b': 3\n", ["0 on = 1 @1 on", "0 0644 = 2 @2 0644", "0 a b = 3 @3 a b"]],
    ["lists and flow", "a: [x, {b: y}]\n", ["0 a/0 = x @1 a/0", "0 a/1/b = y @1 a/1/b"]],
    ["a flow key alone", "{a, b: 1}\n", ["0 a = null @1 a", "0 b = 1 @1 b"]],
    ["an alias is written at its anchor", "a: &x v1\nb: *x\nc: [*x]\n", ["0 a = v1 @1 a", "0 b = v1 @1 a", "0 c/0 = v1 @1 a"]],
    ["an anchor in a list", "a:\n- {n: &x v1}\nb: *x\n", ["0 a/0/n = v1 @2 a/0/n", "0 b = v1 @2 a/0/n"]],
    ["an aliased map", "a: &x {k: v}\nb: *x\n", ["0 a/k = v @1 a/k", "0 b/k = v @1 a/k"]],
    [
      "a merge key",
      "a: &x {k: v, l: w}\nb:\n  <<: *x\n  k: own\n",
      ["0 a/k = v @1 a/k", "0 a/l = w @1 a/l", "0 b/k = own @4 b/k", "0 b/l = w @1 a/l"],
    ],
    [
      "merge keys of several maps: the first wins",
      "a: &a {k: 1}\nb: &b {k: 2, l: 3}\nc: {<<: [*a, *b]}\n",
      ["0 a/k = 1 @1 a/k", "0 b/k = 2 @2 b/k", "0 b/l = 3 @2 b/l", "0 c/k = 1 @1 a/k", "0 c/l = 3 @2 b/l"],
    ],
    ["a quoted << is a key", "a: {'<<': x}\n", ["0 a/<< = x @1 a/<<"]],
    ["a merge key without map", "a: {<<: x}\n", "a merge key (<<) does not bring in a map"],
    ["an alias without anchor", "a: *x\n", "alias *x has no anchor"],
    ["an alias of what it is in", "a: &x {b: *x}\n", "alias *x contains itself"],
    ["an alias of the list that it is in", "a: &x [*x]\n", "alias *x contains itself"],
    ["a map as key", "? {a: b}\n: c\n", "a map key is not a plain value"],
    ["a template", "a: {{ .x }}\n---\nb: [\n", "a map key is not a plain value"],
    ["an anchor that is set again", "a: &x 1\nb: *x\nc: &x 2\nd: *x\n", ["0 a = 1 @1 a", "0 b = 1 @1 a", "0 c = 2 @3 c", "0 d = 2 @3 c"]],
    ["a duplicate key", "a: 1\nb: 2\na: 3\n", "line 3: Map keys must be unique"],
    ["a scalar as document", "hello\n", ["0  = hello @1 "]],
  ])("%s", (_, text, expected) => {
    const found = scalars(text);
    if (typeof expected === "string" && typeof found === "string") expect(found.slice(0, expected.length)).toBe(expected);
    else expect(found).toEqual(expected);
  });

  it("refuses what aliases blow up", () => {
    const levels = Array.from(
      { length: 9 },
      (_, index) => `l${index + 1}: &l${index + 1} [${Array<string>(9).fill(`*l${index}`).join(", ")}]`,
    );
    expect(scalars(`l0: &l0 x\n${levels.join("\n")}\n`)).toBe("aliases make the document too large");
  });

  it("is read once as long as the file has the same text, and never taken for another file's", () => {
    const text = "a: v\n";
    const [one, other] = ["one.yaml", "other.yaml"].map((file) => readTracked(file, text));
    const fileOf = (read: typeof one) =>
      read?.kind === "documents" ? [...scalarsOf(read.documents[0]!.value)][0]?.scalar.place?.file : undefined;
    expect([fileOf(one), fileOf(other)]).toEqual(["one.yaml", "other.yaml"]);
    expect(readTracked("one.yaml", text)).toBe(one);
    expect(readTracked("one.yaml", "b: v\n")).not.toEqual(one);
    expect(readTracked("one.yaml", text)).toEqual(one);
  });

  it("text inside of a value keeps the place of that value", () => {
    const place = { file: "k.yaml", document: 2, path: ["patch"], line: 10 };
    const read = readTracked("k.yaml", "# x\na: v\n", { place, firstLine: 11 });
    if (read.kind !== "documents") throw new Error(read.why);
    expect([...scalarsOf(read.documents[0]!.value)][0]?.scalar.place).toEqual({ ...place, line: 12, inner: { document: 0, path: ["a"] } });
    expect(readTracked("k.yaml", "a: [\n", { place, firstLine: 11 })).toMatchObject({ why: expect.stringMatching(/^line 12: /) as string });
  });
});
