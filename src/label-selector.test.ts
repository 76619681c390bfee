import { describe, expect, it } from "vitest";
import { meets, parseLabelSelector } from "./label-selector.ts";

/** Whether the labels are selected, as `kubectl -l` selects; undefined: the selector is not understood. */
function selected(selector: string, labels: ReadonlyMap<string, string>): boolean | undefined {
  const requirements = parseLabelSelector(selector);
  return typeof requirements === "string" ? undefined : requirements.every((one) => meets(one, labels.get(one.key)));
}

describe("label selectors", () => {
  const labels = new Map([
    ["tier", "gold"],
    ["app.kubernetes.io/name", "x-1"],
  ]);
  it.each<[string, boolean | undefined]>([
    ["", true],
    ["  ", true],
    ["tier=gold", true],
    ["tier==gold", true],
    ["tier = gold", true],
    ["tier=tin", false],
    ["tier=", false],
    ["other=", false],
    ["tier!=gold", false],
    ["other!=gold", true],
    ["tier", true],
    ["other", false],
    ["!tier", false],
    ["! other", true],
    ["tier in (gold, tin)", true],
    ["tier in (tin)", false],
    ["other in (gold)", false],
    ["tier notin (gold)", false],
    ["tier notin (tin)", true],
    ["other notin (gold)", true],
    ["tier in (gold,tin),app.kubernetes.io/name=x-1", true],
    ["tier in (gold,tin),app.kubernetes.io/name=y", false],
    ["tier=gold,other", false],
    ["tier > 1", undefined],
    ["tier=gold,", undefined],
    ["tier in gold", undefined],
    ["a b", undefined],
    ["a=b=c", undefined],
    ["-tier", undefined],
    ["tier=-gold", undefined],
    ["a/b/c", undefined],
  ])("%s: %s", (selector, expected) => {
    expect(selected(selector, labels)).toBe(expected);
  });
});
