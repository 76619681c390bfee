import { expect, it } from "vitest";
import { globMatches } from "./glob.ts";

it.each([
  ["*", "anything/at:all", true],
  ["capi-*", "capi-demo", true],
  ["capi-*", "my-capi-demo", false],
  ["capi-?", "capi-1", true],
  ["capi-?", "capi-12", false],
  ["{prod,test}-*", "test-1", true],
  ["{prod,test}-*", "dev-1", false],
  ["prod-[0-9]", "prod-7", true],
  ["prod-[!0-9]", "prod-7", false],
  ["a.b", "axb", false],
  [String.raw`a\*b`, "a*b", true],
  [String.raw`a\*b`, "axb", false],
  ["broken[", "broken[", false],
  ["broken{a", "broken{a", false],
])("%s matches %s: %s", (pattern, text, expected) => expect(globMatches(pattern, text)).toBe(expected));
