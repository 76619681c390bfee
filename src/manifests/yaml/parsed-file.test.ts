import { isScalar } from "yaml";
import { describe, expect, it } from "vitest";
import { parseFile, reach, scalarAt } from "./parsed-file.ts";

describe("a file that is read", () => {
  it("has documents, and lines for people", () => {
    const result = parseFile("a.yaml", "a: 1\n---\nb: 2\n");
    expect(result).toMatchObject({ kind: "parsed", parsed: { file: "a.yaml" } });
    if (result.kind !== "parsed") return;
    expect(result.parsed.documents).toHaveLength(2);
    expect([0, 5, 9].map((offset) => result.parsed.lineOf(offset))).toEqual([1, 2, 3]);
  });
  it.each(["", "# only a comment\n", "\n\n"])("has nothing in it: %j", (text) => {
    const result = parseFile("a.yaml", text);
    expect(result.kind === "parsed" && result.parsed.documents.every(({ contents }) => contents === null)).toBe(true);
    expect(result.kind === "parsed" && result.parsed.lineOf(0)).toBe(1);
  });
  it.each([
    ["ManifestNotYaml", "a.yaml:2 cannot be read as YAML: ", "a: 1\na: 2\n"],
    ["ManifestNotYaml", "a.yaml:2 cannot be read as YAML: ", "a: 'x\n"],
    ["ManifestNotYaml", "a.yaml:4 cannot be read as YAML: ", "a: 1\n---\nb: 1\nb: 2\n"],
    ["ManifestIsTemplate", "a.yaml:2 cannot be read as YAML, it looks like a template: ", "a: 1\n{{ x }}\nb: 1\n"],
    ["ManifestIsTemplate", "a.yaml:1 cannot be read as YAML, it looks like a template: ", "{% if x %}\na: 1\n"],
    ["ManifestIsTemplate", "a.yaml:2 cannot be read as YAML, it looks like a template: ", "a: 1\n<%= x %>\nb: 1\n"],
  ])("%s: %s", (reason, message, text) => {
    const result = parseFile("a.yaml", text);
    expect(result).toMatchObject({ kind: "refused", refusal: { reason } });
    expect(result.kind === "refused" && result.refusal.message.slice(0, message.length)).toBe(message);
    expect(result.kind === "refused" && result.refusal.message).not.toContain("\n");
  });
});

describe("the way to a value", () => {
  const text = [
    "base: &base {x: 1, deep: {z: 9}}",
    "more: &more {<<: *base, y: 2}",
    "own: {<<: *base, x: own}",
    "two: {<<: [*more, {x: 5, w: 6}]}",
    "inline: {<<: {q: 1}}",
    "odd: {<<: [3, *base]}",
    "alias: *base",
    "list: [a, [b], *base]",
    "quoted: {'<<': 1}",
    "1: number",
    "? [k]",
    ": complex",
    "none:",
    "",
  ].join("\n");
  const result = parseFile("a.yaml", text);
  const document = result.kind === "parsed" ? result.parsed.documents[0] : undefined;
  if (document === undefined) throw new Error("the text is YAML");

  it.each<[readonly (string | number)[], unknown, boolean]>([
    [["base", "x"], 1, false],
    [["more", "x"], 1, true],
    [["more", "y"], 2, false],
    [["more", "deep", "z"], 9, true],
    [["own", "x"], "own", false],
    [["two", "x"], 1, true],
    [["two", "y"], 2, true],
    [["two", "w"], 6, true],
    [["inline", "q"], 1, true],
    [["odd", "x"], 1, true],
    [["alias", "x"], 1, true],
    [["list", 0], "a", false],
    [["list", 1, 0], "b", false],
    [["list", 2, "x"], 1, true],
    [["1"], "number", false],
    [[1], "number", false],
    [["none"], null, false],
  ])("%j", (path, value, shared) => {
    const found = scalarAt(document, path);
    expect([found?.scalar.value, found?.shared]).toEqual([value, shared]);
  });

  it.each<[readonly (string | number)[]]>([
    [["gone"]],
    [["base", "gone"]],
    [["base", "x", "y"]],
    [["list", 7]],
    [["list", "0"]],
    [["list", 0, 0]],
    [["two", "gone"]],
    [["more", "<<"]],
    [["[k]"]],
    [["none", "x"]],
  ])("leads nowhere: %j", (path) => {
    expect(reach(document, path)).toBeUndefined();
  });

  it("ends at a map, which is no scalar", () => {
    expect(isScalar(reach(document, ["base"])?.node)).toBe(false);
    expect(scalarAt(document, ["base"])).toBeUndefined();
    expect(scalarAt(document, ["list"])).toBeUndefined();
  });

  it("begins nowhere in a document without contents, and ends at an alias of nothing", () => {
    const empty = parseFile("a.yaml", "---\n---\na: 1\n");
    const first = empty.kind === "parsed" ? empty.parsed.documents[0] : undefined;
    expect(first !== undefined && scalarAt(first, [])?.scalar.value).toBe(null);
    const comment = parseFile("a.yaml", "# x\n");
    const only = comment.kind === "parsed" ? comment.parsed.documents[0] : undefined;
    expect(only === undefined ? undefined : reach(only, ["a"])).toBeUndefined();
  });
});
