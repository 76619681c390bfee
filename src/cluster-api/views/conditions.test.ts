import { describe, expect, it } from "vitest";
import type { SnapshotGap } from "../../upgrade/cluster-snapshot.ts";
import { conditionAsFlag, readConditions } from "./conditions.ts";

const old = (type: string, status: string, reason?: string, severity?: string) => ({
  type,
  status,
  ...(reason === undefined ? {} : { reason }),
  ...(severity === undefined ? {} : { severity }),
});
const fresh = (type: string, status: string, reason: string) => ({
  type,
  status,
  reason,
  message: "m",
  lastTransitionTime: "2026-01-02T00:00:00Z",
});

function read(status: unknown): { conditions: readonly string[]; gaps: readonly SnapshotGap[] } {
  const gaps: SnapshotGap[] = [];
  const conditions = readConditions({ status }, "Machine demo/m", (gap) => gaps.push(gap));
  return { conditions: conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`), gaps };
}

describe("readConditions", () => {
  it("prefers the new conditions of an object that has both", () => {
    const status = { conditions: [old("Ready", "True")], v1beta2: { conditions: [fresh("Available", "True", "Available")] } };
    expect(read(status).conditions).toEqual(["Available=True Available"]);
  });

  it("falls back to the old ones where the new list is empty", () => {
    expect(read({ conditions: [old("Ready", "True")], v1beta2: { conditions: [] } }).conditions).toEqual(["Ready=True Ready"]);
  });

  it.each([
    ["MachinesSpecUpToDate", "True", undefined, ["MachinesUpToDate=True UpToDate", "RollingOut=False NotRollingOut"]],
    [
      "MachinesSpecUpToDate",
      "False",
      "RollingUpdateInProgress",
      ["MachinesUpToDate=False RollingUpdateInProgress", "RollingOut=True RollingOut"],
    ],
    ["MachinesSpecUpToDate", "Unknown", undefined, ["MachinesUpToDate=Unknown NotMachinesUpToDate", "RollingOut=Unknown NotRollingOut"]],
    ["Resized", "True", undefined, ["ScalingDown=False NotScalingDown", "ScalingUp=False NotScalingUp"]],
    ["Resized", "False", "ScalingUp", ["ScalingDown=False NotScalingDown", "ScalingUp=True ScalingUp"]],
    ["Resized", "False", "ScalingDown", ["ScalingDown=True ScalingDown", "ScalingUp=False NotScalingUp"]],
    ["MachinesCreated", "True", undefined, []],
    ["MachinesCreated", "False", "InfrastructureTemplateCloningFailed", ["ScalingUp=True InfrastructureTemplateCloningFailed"]],
    ["ControlPlaneReady", "True", undefined, ["ControlPlaneAvailable=True Available"]],
    ["BootstrapReady", "False", "WaitingForDataSecret", ["BootstrapConfigReady=False WaitingForDataSecret"]],
    ["DrainingSucceeded", "True", undefined, []],
    ["DrainingSucceeded", "False", "Draining", ["Deleting=True DrainingNode"]],
    ["DrainingSucceeded", "False", "DrainingFailed", ["Deleting=True DrainingNode"]],
    ["VolumeDetachSucceeded", "False", "WaitingForVolumeDetach", ["Deleting=True WaitingForVolumeDetach"]],
    ["PreDrainDeleteHookSucceeded", "False", "WaitingExternalHook", ["Deleting=True WaitingForPreDrainHook"]],
    ["PreTerminateDeleteHookSucceeded", "False", "WaitingExternalHook", ["Deleting=True WaitingForPreTerminateHook"]],
    ["TopologyReconciled", "True", undefined, ["TopologyReconciled=True ReconcileSucceeded"]],
    ["TopologyReconciled", "False", "TopologyReconcileFailed", ["TopologyReconciled=False ReconcileFailed"]],
    ["TopologyReconciled", "False", "ControlPlaneUpgradePending", ["TopologyReconciled=False ClusterUpgrading"]],
    ["TopologyReconciled", "False", "LifecycleHookBlocking", ["TopologyReconciled=False ClusterUpgrading"]],
    ["TopologyReconciled", "False", "MachineDeploymentsUpgradeDeferred", ["TopologyReconciled=False MachineDeploymentsUpgradeDeferred"]],
    ["SomethingElse", "True", undefined, ["SomethingElse=True SomethingElse"]],
    ["SomethingElse", "False", undefined, ["SomethingElse=False NotSomethingElse"]],
  ])("old %s=%s %s", (type, status, reason, expected) => {
    expect(read({ conditions: [old(type, status, reason, "Warning")] }).conditions).toEqual(expected);
  });

  it("folds the pending reasons of releases before 1.12 in new conditions too", () => {
    expect(read({ conditions: [fresh("TopologyReconciled", "False", "MachineDeploymentsUpgradePending")] }).conditions).toEqual([
      "TopologyReconciled=False ClusterUpgrading",
    ]);
  });

  it("does not translate new conditions that have an old name", () => {
    expect(read({ conditions: [fresh("Resized", "True", "Resized")] }).conditions).toEqual(["Resized=True Resized"]);
  });

  it("keeps the first deletion step that is not over", () => {
    const conditions = [
      old("PreDrainDeleteHookSucceeded", "True"),
      old("DrainingSucceeded", "False", "Draining", "Info"),
      old("VolumeDetachSucceeded", "False", "Waiting", "Info"),
    ];
    expect(read({ conditions }).conditions).toEqual(["Deleting=True DrainingNode"]);
  });

  it.each([
    ["no list", { conditions: "x" }, [], 1],
    ["no type", { conditions: [{ status: "True", reason: "R" }] }, [], 1],
    ["an odd status", { conditions: [fresh("Ready", "Yes", "R"), fresh("Other", "True", "R")] }, ["Other=True R"], 1],
    ["an odd entry", { conditions: [null, fresh("Other", "True", "R")] }, ["Other=True R"], 1],
    ["none", {}, [], 0],
    ["no status", undefined, [], 0],
  ])("with %s it keeps the rest and reports a gap", (_, status, expected, gapCount) => {
    const { conditions, gaps } = read(status);
    expect(conditions).toEqual(expected);
    expect(gaps).toHaveLength(gapCount);
  });

  it("keeps message and time", () => {
    expect(readConditions({ status: { conditions: [fresh("Ready", "True", "R")] } }, "x", () => {})).toEqual([
      { type: "Ready", status: "True", reason: "R", message: "m", since: Date.parse("2026-01-02T00:00:00Z") },
    ]);
  });
});

describe("conditionAsFlag", () => {
  it.each([
    ["True", true],
    ["False", false],
    ["Unknown", undefined],
  ])("%s is %s", (status, expected) => {
    const conditions = readConditions({ status: { conditions: [fresh("Ready", status, "R")] } }, "x", () => {});
    expect(conditionAsFlag(conditions, "Ready")).toBe(expected);
    expect(conditionAsFlag(conditions, "Other")).toBeUndefined();
  });
});
