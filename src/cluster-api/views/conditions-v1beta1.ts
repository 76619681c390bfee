import type { ConditionSnapshot } from "../../upgrade/cluster-snapshot.ts";

/** Old name → new name where both say the same thing with the same polarity (Cluster API `core/v1beta2/v1beta1_condition_consts.go`). */
const SAME_MEANING: Readonly<Record<string, string>> = {
  MachinesSpecUpToDate: "MachinesUpToDate",
  ControlPlaneReady: "ControlPlaneAvailable",
  BootstrapReady: "BootstrapConfigReady",
};

/** Old steps of a deletion: while one is not True, the machine is `Deleting` for that reason. */
const DELETION_STEPS: Readonly<Record<string, string>> = {
  PreDrainDeleteHookSucceeded: "WaitingForPreDrainHook",
  DrainingSucceeded: "DrainingNode",
  VolumeDetachSucceeded: "WaitingForVolumeDetach",
  PreTerminateDeleteHookSucceeded: "WaitingForPreTerminateHook",
};

/** What a condition that is True is called where the old contract gave no reason. */
const REASON_WHEN_TRUE: Readonly<Record<string, string>> = {
  TopologyReconciled: "ReconcileSucceeded",
  MachinesUpToDate: "UpToDate",
  ControlPlaneInitialized: "Initialized",
  ControlPlaneComponentsHealthy: "Healthy",
  EtcdClusterHealthy: "Healthy",
  EtcdMemberHealthy: "Healthy",
  ControlPlaneAvailable: "Available",
  InfrastructureReady: "Ready",
  BootstrapConfigReady: "Ready",
};

/**
 * Reasons of `TopologyReconciled` that mean no more than "an upgrade is under way": Cluster API 1.12 folded them into `ClusterUpgrading`,
 * releases before it, in both contract versions, still tell them apart.
 */
const UPGRADING_REASONS: ReadonlySet<string> = new Set([
  "ControlPlaneUpgradePending",
  "MachineDeploymentsCreatePending",
  "MachineDeploymentsUpgradePending",
  "MachinePoolsCreatePending",
  "MachinePoolsUpgradePending",
  "LifecycleHookBlocking",
]);

/** One old condition under its new name; several where the new contract says it in several conditions, none where it says it nowhere. */
export function translateOldCondition(old: ConditionSnapshot): readonly ConditionSnapshot[] {
  if (old.type === "MachinesSpecUpToDate") return [named(old, "MachinesUpToDate"), rollingOut(old)];
  if (old.type === "Resized") return resized(old);
  if (old.type === "MachinesCreated") return old.status === "True" ? [] : [{ ...old, type: "ScalingUp", status: "True" }];
  const step = DELETION_STEPS[old.type];
  if (step !== undefined) return old.status === "True" ? [] : [{ ...old, type: "Deleting", status: "True", reason: step }];
  return [named(old, SAME_MEANING[old.type] ?? old.type)];
}

/** One name for one meaning, whichever release wrote the condition. */
export function normaliseReason(condition: ConditionSnapshot): string {
  if (condition.type !== "TopologyReconciled") return condition.reason;
  if (condition.reason === "TopologyReconcileFailed") return "ReconcileFailed";
  return UPGRADING_REASONS.has(condition.reason) ? "ClusterUpgrading" : condition.reason;
}

function named(old: ConditionSnapshot, type: string): ConditionSnapshot {
  const reason = old.reason === "" ? (old.status === "True" ? (REASON_WHEN_TRUE[type] ?? type) : `Not${type}`) : old.reason;
  return { ...old, type, reason };
}

function rollingOut(old: ConditionSnapshot): ConditionSnapshot {
  const status = old.status === "True" ? "False" : old.status === "False" ? "True" : "Unknown";
  return { ...old, type: "RollingOut", status, reason: status === "True" ? "RollingOut" : "NotRollingOut" };
}

/** `Resized` False tells the direction by its reason. */
function resized(old: ConditionSnapshot): readonly ConditionSnapshot[] {
  const scaling = (type: "ScalingUp" | "ScalingDown"): ConditionSnapshot => {
    const active = old.status !== "True" && old.reason === type;
    return { ...old, type, status: active ? "True" : "False", reason: active ? type : `Not${type}`, message: active ? old.message : "" };
  };
  return [scaling("ScalingUp"), scaling("ScalingDown")];
}
