import { describe, expect, it } from "vitest";
import { oldestVersion, upgradePlan } from "./upgrade-plan.ts";

const all = ["v1.31.0", "v1.31.1", "v1.32.0", "v1.32.1", "v1.33.0", "v1.34.0", "v1.34.2", "v1.35.0", "v1.36.0"];

// The plans by hand, by the rules in the comments of exp/topology/desiredstate/upgrade_plan.go.
describe("upgrade plan", () => {
  it.each([
    ["all there", "v1.34.0", "v1.34.0", "v1.34.0", [], [], []],
    ["no workers", "v1.34.0", "v1.33.0", undefined, [], ["v1.34.0"], []],
    ["a patch", "v1.34.2", "v1.34.0", "v1.34.0", [], ["v1.34.2"], ["v1.34.2"]],
    ["a minor", "v1.35.0", "v1.34.2", "v1.34.2", [], ["v1.35.0"], ["v1.35.0"]],
    ["workers behind", "v1.35.0", "v1.35.0", "v1.33.0", [], [], ["v1.35.0"]],
    ["another build", "v1.34.0+build.2", "v1.34.0+build.1", "v1.34.0+build.1", [], ["v1.34.0+build.2"], ["v1.34.0+build.2"]],
    ["a patch of the class", "v1.32.1", "v1.32.0", "v1.32.0", all, ["v1.32.1"], ["v1.32.1"]],
    ["three minors: workers once", "v1.34.0", "v1.31.0", "v1.31.0", all, ["v1.32.1", "v1.33.0", "v1.34.0"], ["v1.34.0"]],
    [
      "four minors: workers twice",
      "v1.35.0",
      "v1.31.0",
      "v1.31.0",
      all,
      ["v1.32.1", "v1.33.0", "v1.34.2", "v1.35.0"],
      ["v1.34.2", "v1.35.0"],
    ],
    [
      "seven minors: workers thrice",
      "v1.37.0",
      "v1.30.0",
      "v1.30.0",
      [...all, "v1.37.0"],
      ["v1.31.1", "v1.32.1", "v1.33.0", "v1.34.2", "v1.35.0", "v1.36.0", "v1.37.0"],
      ["v1.33.0", "v1.36.0", "v1.37.0"],
    ],
    ["on the way, at the workers' step", "v1.35.0", "v1.34.2", "v1.31.0", all, ["v1.35.0"], ["v1.34.2", "v1.35.0"]],
    ["on the way, workers at their step", "v1.35.0", "v1.34.2", "v1.34.2", all, ["v1.35.0"], ["v1.35.0"]],
  ] as const)("%s", (_name, desired, controlPlane, minWorkers, classVersions, controlPlanePlan, workersPlan) => {
    expect(upgradePlan({ desired, controlPlane, minWorkers, classVersions })).toEqual({
      controlPlane: controlPlanePlan,
      workers: workersPlan,
    });
  });

  it.each([
    ["v1.36.0", "v1.34.0", [], "cannot compute an upgrade plan from v1.34.0 to v1.36.0"],
    ["v1.34.0", "v1.34.2", [], "invalid ControlPlane upgrade plan: item 0; version v1.34.0 must be greater than v1.34.2"],
    [
      "v1.34.0",
      "v1.34.2",
      all,
      "invalid ControlPlane upgrade plan: control plane upgrade plan must end with version v1.34.0, ends with v1.34.2 instead",
    ],
    [
      "v1.35.0",
      "v1.32.0",
      ["v1.32.0", "v1.33.0", "v1.35.0"],
      "invalid ControlPlane upgrade plan: item 1; expecting a version with minor 33 or 34, found version v1.35.0",
    ],
    ["v1.x", "v1.34.0", [], "failed to parse Cluster version v1.x"],
  ] as const)("refuses to go to %s from %s", (desired, controlPlane, classVersions, message) => {
    expect(() => upgradePlan({ desired, controlPlane, minWorkers: controlPlane, classVersions })).toThrow(message);
  });

  it.each([
    [[], undefined],
    [["v1.34.0", "v1.33.10", "v1.33.9"], "v1.33.9"],
    [["v1.34.0+b", "v1.34.0+a"], "v1.34.0+a"],
    [["v1.34.0+a", "v1.34.0+b"], "v1.34.0+a"],
    [["v1.34.0", "v1.34.0-rc.1", "v1.34.0-rc.10"], "v1.34.0-rc.1"],
  ] as const)("of %j the oldest is %s", (versions, oldest) => {
    expect(oldestVersion(versions, "v1.34.0+b")).toBe(oldest);
  });
});
