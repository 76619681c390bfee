import type { ClusterSnapshot, MachineSnapshot } from "./cluster-snapshot.ts";
import { clusterVersion } from "./cluster-versions.ts";
import { controlPlaneMachines, poolMachines, sameObject } from "./cluster-words.ts";
import type { Flight } from "./flight.ts";
import { parseVersion, versionRange } from "./kubernetes-version.ts";
import type { UpgradeStep } from "./upgrade-types.ts";

/** The step that is being carried out, as far as the cluster itself tells: it comes from the lowest version that its machines still have. */
export function stepUnderWay(snapshot: ClusterSnapshot, flight: Flight): UpgradeStep {
  const { object, version: to } = flight;
  const { topology, controlPlane } = snapshot;
  if (topology !== undefined) {
    const from = lowest(snapshot.machines) ?? clusterVersion(snapshot) ?? to;
    return {
      kind: "topology",
      object,
      from,
      to,
      controlPlaneThrough: topology.controlPlaneUpgradePlan.length === 0 ? [to] : topology.controlPlaneUpgradePlan,
      workersThrough: topology.workersUpgradePlan,
    };
  }
  const pool = snapshot.pools.find(({ ref }) => sameObject(ref, object));
  const machines = pool === undefined ? controlPlaneMachines(snapshot) : poolMachines(snapshot, pool);
  return {
    kind: controlPlane !== undefined && pool === undefined ? "control-plane" : "pool",
    object,
    from: lowest(machines) ?? to,
    to,
    rotation: undefined,
  };
}

function lowest(machines: readonly MachineSnapshot[]): string | undefined {
  return versionRange(machines.map(({ version }) => (version !== undefined && parseVersion(version) ? version : undefined)))?.lowest;
}
