import type { ClusterSnapshot, ConditionSnapshot, FieldOwner, MachineSnapshot, ObjectReference } from "./cluster-snapshot.ts";
import { conditionOf, controlPlaneMachines, poolMachines } from "./cluster-words.ts";
import { orderOf, parseVersion, sameVersion } from "./kubernetes-version.ts";

/** The topology controller owns these versions by server-side apply (Cluster API internal/controllers/topology/cluster). */
export const TOPOLOGY_MANAGER = "capi-topology";

/**
 * A control plane or a pool of a topology whose version somebody raised above `spec.topology.version`. Cluster API (seen on v1.14) then computes no plan
 * any more ("invalid ControlPlane upgrade plan", "invalid workers upgrade plan"), changes nothing and refuses every change of the topology's version.
 */
export interface Wedge {
  readonly object: ObjectReference;
  /** What was set by hand. */
  readonly version: string;
  /** What the topology declares. */
  readonly topologyVersion: string;
  /** Who set it, as far as field managers tell. */
  readonly culprit: FieldOwner | undefined;
  readonly condition: ConditionSnapshot;
  readonly machines: readonly MachineSnapshot[];
}

/** In upgrade order. Empty without a topology, and while the topology controller reports no failure. */
export function findWedges(snapshot: ClusterSnapshot): readonly Wedge[] {
  const { topology, controlPlane } = snapshot;
  const condition = conditionOf(snapshot.conditions, "TopologyReconciled");
  if (topology === undefined || condition?.status !== "False" || !FAILED.has(condition.reason)) return [];
  const owners = [
    ...(controlPlane === undefined ? [] : [{ owner: controlPlane, machines: controlPlaneMachines(snapshot) }]),
    ...snapshot.pools
      .filter(({ topologyName }) => topologyName !== undefined)
      .map((pool) => ({ owner: pool, machines: poolMachines(snapshot, pool) })),
  ];
  return owners.flatMap(({ owner, machines }): readonly Wedge[] => {
    if (owner.version === undefined || !isNewer(owner.version, topology.version)) return [];
    return [
      {
        object: owner.ref,
        version: owner.version,
        topologyVersion: topology.version,
        culprit: handOf(owner.versionOwners),
        condition,
        machines,
      },
    ];
  });
}

/** Whoever wrote the field last and is not the topology controller. */
export function handOf(owners: readonly FieldOwner[]): FieldOwner | undefined {
  return owners.find(({ manager }) => manager !== TOPOLOGY_MANAGER);
}

/** Machines that already are of the version that was set by hand: taking it back would take them back. */
export function rolledMachines({ machines, version }: Wedge): readonly MachineSnapshot[] {
  return machines.filter((machine) => sameVersion(machine.version, version));
}

/** `ReconcileFailed` in v1beta2, `TopologyReconcileFailed` in v1beta1. */
const FAILED: ReadonlySet<string> = new Set(["ReconcileFailed", "TopologyReconcileFailed"]);

/** Newer, or of a different build with no order. */
function isNewer(version: string, than: string): boolean {
  const [a, b] = [parseVersion(version), parseVersion(than)];
  return a !== undefined && b !== undefined && orderOf(a, b) === 1;
}
