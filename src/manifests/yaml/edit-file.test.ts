import { describe, expect, it } from "vitest";
import { editFile, type DocumentEdit, type ScalarEdit } from "./edit-file.ts";
import { parseFile, type ParsedFile } from "./parsed-file.ts";
import type { Place } from "./place.ts";

function parsedFile(text: string): ParsedFile {
  const result = parseFile("a.yaml", text);
  if (result.kind === "refused") throw new Error(result.refusal.message);
  return result.parsed;
}

/** The new text, or the reason of the refusal and its message. */
function edited(text: string, scalars: readonly ScalarEdit[], documents: readonly DocumentEdit[] = []): string {
  const result = editFile(parsedFile(text), scalars, documents);
  return result.kind === "edited" ? result.text : `${result.refusal.reason}: ${result.refusal.message}`;
}

function set(path: readonly (string | number)[], to: string, more: Partial<Place> = {}): ScalarEdit {
  return { place: { file: "a.yaml", document: 0, line: 1, path, ...more }, to };
}

describe("scalars of one file", () => {
  it.each<[string, string, readonly ScalarEdit[], string]>([
    ["nothing to do", "a: x\n", [], "a: x\n"],
    ["two, in any order", "a: x\nb: y\n", [set(["b"], "long"), set(["a"], "longer")], "a: longer\nb: long\n"],
    ["the same twice", "a: x\n", [set(["a"], "new"), set(["a"], "new")], "a: new\n"],
    ["in the second document", "a: x\n---\na: x\n", [set(["a"], "new", { document: 1 })], "a: x\n---\na: new\n"],
    ["an empty value", "a:\nb: y\n", [set(["a"], "x")], "a: x\nb: y\n"],
    ["an empty value and a space", "a: \nb: y\n", [set(["a"], "x")], "a: x\nb: y\n"],
    ["an empty value at the very end", "a:", [set(["a"], "x")], "a: x"],
    ["the whole document", "x\n", [set([], "new")], "new\n"],
    ["quotes where they are needed", "a: x\n", [set(["a"], "1.30")], 'a: "1.30"\n'],
    ["both aliases of one anchor", "a: &v x\nb: *v\n", [set(["a"], "new"), set(["b"], "new")], "a: &v new\nb: *v\n"],
  ])("%s", (_, text, scalars, expected) => {
    expect(edited(text, scalars)).toBe(expected);
  });

  it.each<[string, string, readonly ScalarEdit[], string]>([
    ["the same text, two values", "a: x\n", [set(["a"], "new"), set(["a"], "z")], "two changes want the same text"],
    ["an anchor, two values", "a: &v x\nb: *v\n", [set(["a"], "new"), set(["b"], "z")], "two changes want the same text"],
    [
      "a part and the whole",
      "a: pre-x\n",
      [set(["a"], "new", { around: { before: "pre-", after: "" } }), set(["a"], "other")],
      "two changes want the same text",
    ],
    [
      "one of two aliases",
      "a: &v x\nb: *v\nc: *v\n",
      [set(["a"], "new"), set(["b"], "new")],
      "more than the intended value would change (document 1: c)",
    ],
    [
      "no such field",
      "a: x\n",
      [set(["b"], "new")],
      "ManifestNotEditable: a.yaml:1 (b) cannot be changed in place: there is no single value there",
    ],
    ["no such document", "a: x\n", [set(["a"], "new", { document: 3 })], "there is no single value there"],
    ["a map", "a: {b: c}\n", [set(["a"], "new")], "there is no single value there"],
    ["a block of text", "a: |\n  x\n", [set(["a"], "new")], "it is written as a block of text"],
    [
      "a key by merge",
      "a: &a {x: 1}\nb: {<<: *a}\n",
      [set(["b", "x"], "new")],
      "more than the intended value would change (document 1: a.x)",
    ],
    ["a number that a string would not be", "a: !!int 1\n", [set(["a"], "2")], "more than the intended value would change (document 1: a)"],
    ["a merge key that leads nowhere", "a: x\nb: {<<: 1}\n", [set(["a"], "new")], "its values cannot be read"],
    ["an explicit key that only YAML 1.2 has", "on: x\n", [set(["on"], "new")], "what it says now could not be followed"],
  ])("refuses %s", (_, text, scalars, message) => {
    const result = edited(text, scalars);
    expect(result).toContain(message);
    expect(result).toMatch(/^Manifest(EditUnsafe|NotEditable): a\.yaml/);
  });
});

describe("a part of a scalar", () => {
  const around = { before: "${K8S:=", after: "}" };
  it.each([
    ["a: ${K8S:=v1}\n", "v2", "a: ${K8S:=v2}\n"],
    ['a: "${K8S:=v1}" # c\n', "v2", 'a: "${K8S:=v2}" # c\n'],
    ["a: '${K8S:=v1}'\n", "v'2", "a: '${K8S:=v''2}'\n"],
    // Not plain by itself, so the whole gets quotes.
    ["a: ${K8S:=v1}\n", "1.30", 'a: "${K8S:=1.30}"\n'],
  ])("%j", (text, to, expected) => {
    expect(edited(text, [set(["a"], to, { around })])).toBe(expected);
  });
  it.each([
    ["a: v1\n", 'a: "${K8S:=v2}"\n'],
    ["a: ${K8S:=v1\n", 'a: "${K8S:=v2}"\n'],
  ])("writes the whole where the text around it is another: %j", (text, expected) => {
    expect(edited(text, [set(["a"], "v2", { around })])).toBe(expected);
  });
});

describe("a value in an inline patch", () => {
  const inner = (path: readonly (string | number)[], document = 0): Partial<Place> => ({ inner: { document, path } });
  const patch = "patch: |\n  # why\n\n  spec:\n    version: v1\n\n    x: 1\nother: v1\n";
  it.each([
    ["with blank lines", patch],
    ["with CRLF", patch.replaceAll("\n", "\r\n")],
    ["with more indentation", patch.replaceAll("\n  ", "\n      ")],
    ["that ends without a newline", "patch: |-\n  spec:\n    version: v1"],
    ["that keeps its end", "patch: |+\n  spec:\n    version: v1\n\n\nother: v1\n"],
    ["with an indentation indicator", "patch: |2\n    # deep\n  spec:\n    version: v1\n"],
    ["with a comment at its head", "patch: | # why\n  spec:\n    version: v1 # c\n"],
    ["in quotes", "patch: |\n  spec:\n    version: 'v1'\n"],
    ["in flow style", "patch: |\n  {spec: {version: v1}}\n"],
  ])("%s", (_, text) => {
    expect(edited(text, [set(["patch"], "v2", inner(["spec", "version"]))])).toBe(text.replace("v1", "v2"));
  });
  it("in the second document, and in a list", () => {
    const text = "patch: |\n  a: v1\n  ---\n  - op: replace\n    value: v1\n";
    expect(edited(text, [set(["patch"], "v2", inner([0, "value"], 1))])).toBe(text.replace("value: v1", "value: v2"));
  });
  it("of which it is only a part", () => {
    const text = "patch: |\n  a: ${X:=v1}\n";
    expect(edited(text, [set(["patch"], "v2", { ...inner(["a"]), around: { before: "${X:=", after: "}" } })])).toBe(
      "patch: |\n  a: ${X:=v2}\n",
    );
  });
  it("two values of one patch", () => {
    const text = "patch: |\n  a: v1\n  b: v1\n";
    expect(edited(text, [set(["patch"], "v2", inner(["a"])), set(["patch"], "v3", inner(["b"]))])).toBe("patch: |\n  a: v2\n  b: v3\n");
  });
  it.each([
    ["folded", "patch: >\n  a: v1\n", "the patch around it is not written as a block literal (|)"],
    ["in quotes", 'patch: "a: v1\\n"\n', "the patch around it is not written as a block literal (|)"],
    ["plain", "patch: a\n", "the patch around it is not written as a block literal (|)"],
    ["empty", "patch: |\n", "there is no single value there"],
    ["a patch without the field", "patch: |\n  b: v1\n", "there is no single value there"],
    ["no YAML", "patch: |\n  a: v1\n  a: v1\n", "ManifestNotYaml"],
    ["a patch's block of text", "patch: |\n  a: |\n    v1\n", "it is written as a block of text"],
    ["a value over two lines", "patch: |\n  a: v1\n    more\n", "it spans lines of the patch"],
    ["an anchor within the patch", "patch: |\n  a: &v v1\n  b: *v\n", "what it says now could not be followed"],
    ["an alias of the patch", "patch: &p |\n  a: v1\nother: *p\n", "more than the intended value would change (document 1: other)"],
  ])("refuses one that is %s", (_, text, message) => {
    expect(edited(text, [set(["patch"], "v2", inner(["a"]))])).toContain(message);
  });
});

describe("whole documents", () => {
  const add = (after: number, text = "m: 1\n"): DocumentEdit => ({ kind: "insert-document", after, text, values: [{ m: 1 }, { m: 1 }] });
  const remove = (document: number): DocumentEdit => ({ kind: "remove-document", document });
  const three = "a: 1\n---\nb: 1\n---\nc: 1\n";
  it.each<[string, string, readonly DocumentEdit[], string]>([
    ["insert after the first", three, [add(0)], "a: 1\n---\nm: 1\n---\nb: 1\n---\nc: 1\n"],
    ["insert after the last", three, [add(2)], "a: 1\n---\nb: 1\n---\nc: 1\n---\nm: 1\n"],
    ["insert at the end without a newline", "a: 1", [add(0)], "a: 1\n---\nm: 1"],
    ["insert at the end without a newline, CRLF", "x: 1\r\n---\r\na: 1", [add(1, "m: 1\r\n")], "x: 1\r\n---\r\na: 1\r\n---\r\nm: 1"],
    ["insert with CRLF", "a: 1\r\n", [add(0, "m: 1\r\n")], "a: 1\r\n---\r\nm: 1\r\n"],
    ["remove the first", three, [remove(0)], "---\nb: 1\n---\nc: 1\n"],
    ["remove the middle", three, [remove(1)], "a: 1\n---\nc: 1\n"],
    ["remove the last", three, [remove(2)], "a: 1\n---\nb: 1\n"],
    ["remove the first with its head", "%YAML 1.2\n---\n# c\na: 1\n---\nb: 1\n", [remove(0)], "---\nb: 1\n"],
    ["remove the last without a newline", "a: 1\n---\nb: 1", [remove(1)], "a: 1\n"],
    ["remove the only one", "a: 1\n", [remove(0)], ""],
    ["remove two", three, [remove(0), remove(2)], "---\nb: 1\n"],
    ["insert and remove", three, [remove(0), add(1)], "---\nb: 1\n---\nm: 1\n---\nc: 1\n"],
    ["insert after one that goes", three, [add(1), remove(1)], "a: 1\n---\nm: 1\n---\nc: 1\n"],
    ["remove before a comment", "a: 1\n---\nb: 1\n# about c\n---\nc: 1\n", [remove(1)], "a: 1\n---\nc: 1\n"],
  ])("%s", (_, text, documents, expected) => {
    expect(edited(text, [], documents)).toBe(expected);
  });

  it("and scalars together", () => {
    expect(edited(three, [set(["b"], "x", { document: 1 })], [add(0), remove(2)])).toContain("b: x\n");
  });

  it.each<[string, string, readonly DocumentEdit[], string]>([
    ["text that is not YAML", three, [add(0, "m: [\n")], "the result would not be valid YAML any more (a.yaml:"],
    ["text that says something else", three, [add(0, "m: 2\n")], "more than the intended value would change (document 2: m)"],
  ])("refuses %s", (_, text, documents, message) => {
    expect(edited(text, [], documents)).toContain(message);
  });
});

describe("items of a list", () => {
  it.each<[string, string, string, string]>([
    ["block", "items:\n- {a: 1}\n- {b: 1}\n", "\n- {m: 1}", "items:\n- {a: 1}\n- {m: 1}\n- {b: 1}\n"],
    ["flow", "items: [{a: 1}, {b: 1}]\n", ", {m: 1}", "items: [{a: 1}, {m: 1}, {b: 1}]\n"],
  ])("%s", (_, text, inserted, expected) => {
    const end = text.indexOf("1}") + 2;
    const edit: DocumentEdit = {
      kind: "insert-item",
      document: 0,
      list: ["items"],
      after: 0,
      values: [{ m: 1 }, { m: 1 }],
      splice: { start: end, end, text: inserted },
    };
    expect(edited(text, [], [edit])).toBe(expected);
    expect(edited(text, [], [{ ...edit, after: 1 }])).toContain("more than the intended value would change (document 1: items.1.b; ");
  });
});
