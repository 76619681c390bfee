import type { ClusterSnapshot, PoolSnapshot } from "../upgrade/cluster-snapshot.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";

/** Machines that a step replaces, for people. */
export interface RollingFact {
  /** `KubeadmControlPlane demo-cp` */
  readonly what: string;
  readonly machines: number;
  /** Versions that they go through, the last one included. */
  readonly through: readonly string[];
  readonly how: string;
}

/** What rolls when this step is merged: control plane first, then the pools in their order. */
export function rollingOf(snapshot: ClusterSnapshot, step: UpgradeStep): readonly RollingFact[] {
  const pools = snapshot.pools.map((pool) => ({ pool, through: poolThrough(pool, step) })).filter(({ through }) => through.length > 0);
  return [
    ...controlPlaneRolling(snapshot, step),
    ...pools.map(({ pool, through }) => ({
      what: `${pool.kind} ${pool.ref.name}`,
      machines: pool.replicas.desired,
      through,
      how: poolSurge(pool),
    })),
  ];
}

function controlPlaneRolling({ controlPlane }: ClusterSnapshot, step: UpgradeStep): readonly RollingFact[] {
  const through = step.kind === "topology" ? step.controlPlaneThrough : step.kind === "control-plane" ? [step.to] : [];
  if (controlPlane === undefined || through.length === 0) return [];
  const surge = controlPlane.maxSurge ?? 1;
  const how =
    surge === 0 ? "one leaves before the next joins (maxSurge 0)" : `a new one joins before an old one leaves (maxSurge ${surge})`;
  return [{ what: `${controlPlane.ref.kind} ${controlPlane.ref.name}`, machines: controlPlane.replicas.desired, through, how }];
}

function poolThrough(pool: PoolSnapshot, step: UpgradeStep): readonly string[] {
  switch (step.kind) {
    case "topology":
      return pool.topologyName === undefined ? [] : step.workersThrough;
    case "pool":
      return pool.ref.kind === step.object.kind && pool.ref.name === step.object.name ? [step.to] : [];
    case "control-plane":
      return [];
    default:
      return step satisfies never;
  }
}

/** Cluster API's defaults are maxSurge 1 and maxUnavailable 0. */
function poolSurge({ kind, strategy, maxSurge = "1", maxUnavailable = "0" }: PoolSnapshot): string {
  if (kind === "MachinePool") return "as its infrastructure provider does it";
  if (strategy === "OnDelete") return "only when somebody deletes them (OnDelete)";
  return `maxSurge ${maxSurge}, maxUnavailable ${maxUnavailable}`;
}
