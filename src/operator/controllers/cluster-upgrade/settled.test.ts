import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { isSettled, unlessSettled } from "./settled.ts";

function attempt(phase: string | undefined, generation: number, observedGeneration: number): KubernetesObject {
  return {
    apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
    kind: "ClusterUpgrade",
    metadata: { name: "demo-v1.35.2", namespace: "default", generation },
    spec: { clusterName: "demo", targetVersion: "v1.35.2" },
    ...(phase === undefined ? {} : { status: { phase, observedGeneration } }),
  };
}

describe("an attempt that has ended", () => {
  it.each([
    ["Proven", 1, 1, true],
    ["Contradicted", 3, 3, true],
    ["Cancelled", 2, 2, true],
    // Somebody has said something since, for instance retry.
    ["Contradicted", 4, 3, false],
    ["TimedOut", 2, 1, false],
    ["Rolling", 1, 1, false],
    ["WaitingForWindow", 1, 1, false],
    [undefined, 1, 0, false],
  ])("%s of generation %i, seen at %i: settled %s", (phase, generation, seen, expected) => {
    const object = attempt(phase, generation, seen);
    expect(isSettled(object)).toBe(expected);
    expect(unlessSettled(object)).toBe(expected ? undefined : object);
  });

  it("is none where it is gone", () => {
    expect(unlessSettled(undefined)).toBeUndefined();
  });
});
