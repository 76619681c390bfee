import { describe, expect, it } from "vitest";
import { templateName } from "./template-name.ts";

describe("a template's name", () => {
  // The digits are by `printf %s '<JSON>' | sha256sum`.
  it.each<[string, unknown, string]>([
    ["cp", { a: 1, b: [{ c: null, d: "x" }] }, "cp-cec8a0c0"],
    ["cp", { b: [{ d: "x", c: null }], a: 1 }, "cp-cec8a0c0"],
    ["cp", {}, "cp-44136fa3"],
    ["cp-", {}, "cp-44136fa3"],
    ["a.b.-", {}, "a.b-44136fa3"],
  ])("%s with %j", (prefix, spec, name) => {
    expect(templateName(prefix, spec)).toBe(name);
  });
  it("tells lists in another order apart", () => {
    expect(templateName("cp", [1, 2])).not.toBe(templateName("cp", [2, 1]));
  });
  it.each([54, 55, 80])("has at most 63 characters: %i", (length) => {
    const name = templateName("x".repeat(length), {});
    expect(name).toBe(`${"x".repeat(Math.min(length, 54))}-44136fa3`);
    expect(name.length).toBeLessThanOrEqual(63);
  });
  it("does not end in a dash before the digits when cut", () => {
    expect(templateName(`${"x".repeat(53)}-yyy`, {})).toBe(`${"x".repeat(53)}-44136fa3`);
  });
});
