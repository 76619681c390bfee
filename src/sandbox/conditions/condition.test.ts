import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { StoredObject } from "../store/stored-object.ts";
import { conditionsOf, getCondition, mirrorCondition, setCondition, setConditions, type Condition } from "./condition.ts";
import { legacyConditionsOf, mergeLegacyConditions, setLegacyCondition } from "./legacy-condition.ts";

const recorded = ["plain-settled", "topology-rolling", "topology-settled", "topology-wedged"].flatMap((name): readonly StoredObject[] => {
  const path = new URL(`../../../test/fixtures/cluster-api/v1.14/${name}.v1beta2.json`, import.meta.url);
  // A recording of the real component.
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly items: readonly StoredObject[] }).items;
});

const ready = { type: "Ready", status: "True", reason: "Ready" } as const;

describe("setCondition", () => {
  it.each([
    ["nothing changed", ready, "10:00", undefined],
    ["another message", { ...ready, message: "all of them" }, "10:00", "all of them"],
    ["another status", { ...ready, status: "False" }, "11:00", ""],
  ] as const)("%s", (_name, state, time, message) => {
    const before = setCondition(undefined, ready, "10:00");
    const after = setCondition(before, state, "11:00");
    if (message === undefined) expect(after).toBe(before);
    else expect(after).toEqual([{ message, ...state, lastTransitionTime: time }]);
  });

  it("writes again when only the generation differs", () => {
    const before = setCondition(undefined, { ...ready, observedGeneration: 1 }, "10:00");
    expect(setCondition(before, { ...ready, observedGeneration: 2 }, "11:00")[0]).toMatchObject({
      observedGeneration: 2,
      lastTransitionTime: "10:00",
    });
  });

  it("keeps the order of the real component, whatever the order of writing", () => {
    const withConditions = recorded.filter((object) => conditionsOf(object).length > 1);
    expect(withConditions.length).toBeGreaterThan(20);
    for (const object of withConditions) {
      const conditions = conditionsOf(object);
      const rebuilt = conditions.toReversed().reduce<readonly Condition[]>((all, each) => setCondition(all, each, ""), []);
      expect(rebuilt.map(({ type }) => type)).toEqual(conditions.map(({ type }) => type));
    }
  });

  it("sets several, mirrors, finds", () => {
    const machine = { kind: "Machine", apiVersion: "v1", metadata: { name: "a", uid: "1" } };
    const status = { conditions: setConditions([], [{ type: "Paused", status: "False", reason: "NotPaused" }, ready], "10:00") };
    expect(conditionsOf({ ...machine, status }).map(({ type }) => type)).toEqual(["Ready", "Paused"]);
    expect(getCondition({ ...machine, status }, "Ready")?.lastTransitionTime).toBe("10:00");
    expect(mirrorCondition({ ...machine, status }, "Ready", "MachineReady")).toMatchObject({ type: "MachineReady", status: "True" });
    expect(mirrorCondition(machine, "Ready")).toMatchObject({ status: "Unknown", reason: "NotYetReported", type: "Ready" });
  });
});

describe("legacy conditions", () => {
  it("stand as recorded: Ready first, the rest by type", () => {
    const withConditions = recorded.filter((object) => legacyConditionsOf(object).length > 1);
    expect(withConditions.length).toBeGreaterThan(10);
    for (const object of withConditions) {
      const conditions = legacyConditionsOf(object);
      const rebuilt = conditions
        .toReversed()
        .reduce<typeof conditions>((all, each) => setLegacyCondition(all, each, each.lastTransitionTime), []);
      expect(rebuilt).toEqual(conditions);
      expect(setLegacyCondition(rebuilt, conditions[0]!, "later")).toBe(rebuilt);
    }
  });

  it.each([
    ["all well", [{ type: "A", status: "True" }], { status: "True" }],
    [
      "an error before a warning before information",
      [
        { type: "A", status: "False", severity: "Info", reason: "Wait", message: "soon" },
        { type: "B", status: "False", severity: "Error", reason: "Broken", message: "no" },
        { type: "C", status: "False", severity: "Warning", reason: "Hm", message: "odd" },
      ],
      { status: "False", severity: "Error", reason: "Broken", message: "no" },
    ],
    [
      "what is true before what nobody knows",
      [
        { type: "A", status: "Unknown", reason: "Dark", message: "" },
        { type: "B", status: "True" },
      ],
      { status: "True" },
    ],
    ["nothing to go by", [], undefined],
  ] as const)("merges: %s", (_name, conditions, expected) => {
    const merged = mergeLegacyConditions("Ready", conditions);
    if (expected === undefined) expect(merged).toBeUndefined();
    else expect(merged).toEqual({ type: "Ready", ...expected });
  });

  it("asks types in their order, counts steps, names the source", () => {
    const conditions = [
      { type: "B", status: "False", severity: "Info", reason: "Second" },
      { type: "A", status: "False", severity: "Info", reason: "First", source: { kind: "Machine", name: "m" } },
      { type: "C", status: "True" },
    ] as const;
    expect(mergeLegacyConditions("Ready", conditions, { priority: ["B", "A"], stepCounterOf: 3 })).toMatchObject({
      reason: "Second",
      message: "1 of 3 completed",
    });
    expect(mergeLegacyConditions("Ready", conditions)?.reason).toBe("First @ Machine/m");
  });
});
