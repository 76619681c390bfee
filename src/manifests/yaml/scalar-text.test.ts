import { isScalar, parseDocument, Scalar } from "yaml";
import { describe, expect, it } from "vitest";
import { isPlainSafe, scalarText } from "./scalar-text.ts";

function scalarOf(source: string): Scalar {
  const found = parseDocument(`k: ${source}\n`).get("k", true);
  return isScalar(found) ? found : new Scalar(null);
}

describe("a value without quotes", () => {
  it.each(["v1.35.2", "1.35.2", "v1.35.2+rke2r1", "a b", "kindest/node:v1.35.2", "-a", "a#b", "größe"])("%s is itself", (value) => {
    expect(isPlainSafe(value)).toBe(true);
  });

  it.each([
    "",
    " v1",
    "v1 ",
    "a\nb",
    "a\rb",
    "1.30",
    "1e3",
    "on",
    "No",
    "y",
    "true",
    "null",
    "~",
    "0x1f",
    "017",
    "1:30",
    "2026-01-02",
    "a: b",
    "a #b",
    "a, b",
    "a]b",
    "- a",
    "*a",
    "&a",
    "!a",
    "{",
    "${K8S:=v1}",
    "@a",
    "[",
    "'",
    '"',
    "%",
    "@",
    "`",
    "|",
    ">",
    "?",
    "-",
    "a:",
  ])("%j is something else", (value) => {
    expect(isPlainSafe(value)).toBe(false);
  });
});

describe("a scalar keeps its style", () => {
  it.each([
    ["a", "v1.35.2", "v1.35.2"],
    ["a", "1.30", '"1.30"'],
    ["a", "on", '"on"'],
    ["a", "", '""'],
    ["", "v1", "v1"],
    ["a", 'say "hi": \\', '"say \\"hi\\": \\\\"'],
    ["a", "it's", "it's"],
    ['"a"', "1.30", '"1.30"'],
    ['"a"', 'a"b\\', '"a\\"b\\\\"'],
    ["'a'", "it's", "'it''s'"],
    ["'a'", "v1.35.2", "'v1.35.2'"],
  ])("%s to %j", (source, value, text) => {
    expect(scalarText(scalarOf(source), value)).toEqual({ kind: "text", text });
  });

  it.each(["|\n  a", ">\n  a"])("%j cannot", (source) => {
    expect(scalarText(scalarOf(source), "b")).toMatchObject({ kind: "unsupported" });
  });
});
