import { describe, expect, it } from "vitest";
import { CelError, compileCel } from "./cel.ts";

// Expected values by the language's definition (cel-spec doc/langdef.md).
describe("rules", () => {
  it.each([
    ["self == oldSelf", 1, 1, true],
    ["self == oldSelf", ["a"], ["a"], true],
    ["self == oldSelf", "a", "b", false],
    ["self >= oldSelf", 1, 2, false],
    ["self || !oldSelf", false, true, false],
    ["self || !oldSelf", false, false, true],
    ["self.from < self.until", { from: "2026-01-01T00:00:00Z", until: "2026-01-01T01:00:00+02:00" }, undefined, false],
    ["self.from < self.until", { from: "2026-01-01T00:00:00Z", until: "2026-01-01T03:00:00+02:00" }, undefined, true],
    ["has(self.a) && self.a", { a: true }, undefined, true],
    ["has(self.a) && self.a", {}, undefined, false],
    ["!(has(self.a) && self.b)", { a: 1, b: true }, undefined, false],
    ["!self.a || self.b == 'x'", { a: true, b: "y" }, undefined, false],
    ["self.a in ['In', 'NotIn'] ? size(self.b) > 0 : !has(self.b)", { a: "In", b: [] }, undefined, false],
    ["self.a in ['In', 'NotIn'] ? size(self.b) > 0 : !has(self.b)", { a: "Exists" }, undefined, true],
    ["(self.a == 'P') == has(self.b)", { a: "P" }, undefined, false],
    ["(self.a == 'P') == has(self.b)", { a: "Q" }, undefined, true],
    ["self.matches('^a.c$')", "abc", undefined, true],
    ["!self.url.matches('^https?://[^/]*@')", { url: "https://me:pw@host/a" }, undefined, false],
    ["self.contains('{version}')", "kindest/node:{version}", undefined, true],
    ["self.a.b.size() <= 2", { a: { b: "abc" } }, undefined, false],
    ["true || false && false", {}, undefined, true],
    ["(true || false) && false", {}, undefined, false],
    ["self != 3", 3, undefined, false],
  ])("%s on %j after %j: %s", (rule, self, oldSelf, expected) => {
    expect(compileCel(rule)({ self, oldSelf })).toBe(expected);
  });

  it("ends at a field that is not there, as an API server does", () => {
    expect(() => compileCel("self.a.b == 1")({ self: { a: {} }, oldSelf: undefined })).toThrow(new CelError("no such key: b"));
  });

  it.each(["self.all(x, x > 1)", "self ==", "(self", "self $ 1", "other == 1", "self self"])(
    "says that it does not understand %s",
    (rule) => {
      expect(() => compileCel(rule)({ self: [1], oldSelf: undefined })).toThrow(CelError);
    },
  );
});
