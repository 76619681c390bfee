import type { ConditionState } from "../../conditions/condition.ts";
import type { LegacyConditionState } from "../../conditions/legacy-condition.ts";
import { annotationKeys, type Cluster } from "./topology-objects.ts";
import type { PendingHooks } from "./pending-hooks.ts";
import type { UpgradeTracker, WorkersTracker } from "./upgrade-tracker.ts";

/** What became of a pass. */
export type Outcome =
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "deleting" }
  | { readonly kind: "paused" }
  | {
      readonly kind: "reconciled";
      readonly tracker: UpgradeTracker;
      readonly hooks: PendingHooks;
      /** The version the control plane has, or is being brought to. */
      readonly controlPlane: { readonly kind: string; readonly version: string };
    };

/** TopologyReconciled in both of its shapes (core/reconcilers/topology/cluster/status.go). */
export interface TopologyReconciled {
  readonly condition: ConditionState;
  readonly legacy: LegacyConditionState;
}

const type = "TopologyReconciled";

export function topologyReconciled(cluster: Cluster, outcome: Outcome): TopologyReconciled {
  switch (outcome.kind) {
    case "paused": {
      const messages = [
        ...(cluster.spec.paused === true ? ["Cluster spec.paused is set to true"] : []),
        ...(cluster.metadata.annotations?.[annotationKeys.paused] === undefined
          ? []
          : ["Cluster has the cluster.x-k8s.io/paused annotation"]),
      ];
      return isFalse(cluster, "Paused", "TopologyReconcilePaused", "Info", messages.join(", "));
    }
    case "failed":
      return isFalse(cluster, "ReconcileFailed", "TopologyReconcileFailed", "Error", outcome.message);
    case "deleting":
      return isFalse(cluster, "Deleting", "Deleting", "Info", "Cluster is deleting");
    case "reconciled": {
      const { tracker, hooks, controlPlane } = outcome;
      const { isPendingUpgrade, isStartingUpgrade, isUpgrading } = tracker.controlPlane;
      const { machineDeployments } = tracker;
      const isMoving =
        isPendingUpgrade ||
        isStartingUpgrade ||
        isUpgrading ||
        machineDeployments.pendingUpgrade.size > 0 ||
        machineDeployments.upgrading.size > 0 ||
        machineDeployments.deferred.size > 0 ||
        machineDeployments.pendingCreate.size > 0 ||
        hooks.isPending("AfterClusterUpgrade");
      if (isMoving) return upgrading(cluster, tracker, controlPlane);
      return {
        condition: { type, status: "True", reason: "ReconcileSucceeded", ...generationOf(cluster) },
        legacy: { type, status: "True" },
      };
    }
  }
}

function upgrading(
  cluster: Cluster,
  tracker: UpgradeTracker,
  controlPlane: { readonly kind: string; readonly version: string },
): TopologyReconciled {
  const { version } = controlPlane;
  const { isStartingUpgrade, isUpgrading, plan } = tracker.controlPlane;
  const workers = tracker.machineDeployments;
  const names = shownNames(workers);
  const lines = [`Cluster is upgrading to ${cluster.spec.topology?.version ?? ""}`];
  const isControlPlaneMoving = isStartingUpgrade || isUpgrading;
  let reason = "ClusterUpgrading";
  if (tracker.blockingHook !== undefined) lines.push(tracker.blockingHook);
  if (isControlPlaneMoving) lines.push(`${controlPlane.kind} upgrading to version ${version}${later(plan, version)}`);
  else if (plan.length > 0) lines.push(`${controlPlane.kind} pending upgrade to version ${plan.join(", ")}`);
  if (names.upgrading.length > 0) lines.push(`${listed(names.upgrading)} upgrading to version ${version}${later(workers.plan, version)}`);
  if (names.pending.length > 0 && workers.plan.length > 0) {
    lines.push(`${listed(names.pending)} pending upgrade to version ${workers.plan.join(", ")}`);
  }
  if (names.deferred.length > 0) {
    lines.push(`${listed(names.deferred)} upgrade to version ${version} deferred using defer-upgrade or hold-upgrade-sequence annotations`);
    const isOnlyDeferred =
      tracker.blockingHook === undefined && !isControlPlaneMoving && workers.upgrading.size === 0 && names.pending.length === 0;
    if (isOnlyDeferred) reason = "MachineDeploymentsUpgradeDeferred";
  }
  if (workers.pendingCreate.size > 0) {
    lines.push(`${listed([...workers.pendingCreate].sort())} creation deferred while control plane upgrade is in progress`);
  }
  return isFalse(cluster, reason, reason, "Info", lines.join("\n  * "));
}

/** Each name once: who moves is neither waiting nor deferred, who is deferred is not waiting. */
function shownNames({ upgrading: moving, pendingUpgrade, deferred }: WorkersTracker): {
  readonly upgrading: readonly string[];
  readonly pending: readonly string[];
  readonly deferred: readonly string[];
} {
  return {
    upgrading: [...moving].sort(),
    deferred: [...deferred].filter((name) => !moving.has(name)).sort(),
    pending: [...pendingUpgrade].filter((name) => !moving.has(name) && !deferred.has(name)).sort(),
  };
}

function later(plan: readonly string[], version: string): string {
  const others = plan.filter((each) => each !== version);
  return others.length === 0 ? "" : ` (${others.join(", ")} pending)`;
}

function listed(names: readonly string[]): string {
  if (names.length === 1) return `MachineDeployment ${names[0]!}`;
  if (names.length <= 3) return `MachineDeployments ${names.join(", ")}`;
  return `MachineDeployments ${names.slice(0, 3).join(", ")}, ... (${names.length - 3} more)`;
}

function isFalse(cluster: Cluster, reason: string, legacyReason: string, severity: "Info" | "Error", message: string): TopologyReconciled {
  return {
    condition: { type, status: "False", reason, message, ...generationOf(cluster) },
    legacy: { type, status: "False", severity, reason: legacyReason, message },
  };
}

function generationOf({ metadata: { generation } }: Cluster): { readonly observedGeneration?: number } {
  return generation === undefined ? {} : { observedGeneration: generation };
}
