import { expect, it } from "vitest";
import { heldByOf, holdValue } from "./hold-annotation.ts";

it("a hold tells whose it is", () => {
  expect(holdValue("u1")).toBe("capi-gitops: u1");
  expect(heldByOf(holdValue("demo/c1-v1.35.2"))).toBe("demo/c1-v1.35.2");
});

it.each([
  [undefined],
  [""],
  ["true"],
  ["false"],
  ["capi-gitops"],
  ["capi-gitops:"],
  ["capi-gitops: "],
  ["by capi-gitops: u1"],
  ["paused by me"],
])("%j is somebody else's", (value) => {
  expect(heldByOf(value)).toBeUndefined();
});
