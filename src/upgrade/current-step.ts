import type { ClusterSnapshot, MachineSnapshot, ObjectReference } from "./cluster-snapshot.ts";
import { clusterVersion } from "./cluster-versions.ts";
import { controlPlaneMachines, poolMachines, sameObject } from "./cluster-words.ts";
import { declaringObjects } from "./contradictions.ts";
import type { Flight, PlanRequest } from "./flight.ts";
import { ownFlight } from "./flight.ts";
import { parseVersion, versionRange } from "./kubernetes-version.ts";
import { planUpgrade } from "./plan.ts";
import type { UpgradeStep } from "./upgrade-types.ts";

/**
 * The object whose declaration a decision needs: that of the step under way, of the next step, or, when all are done, the first that was written. Undefined when the
 * cluster has nothing that declares a version.
 */
export function declaringObject(snapshot: ClusterSnapshot, request: PlanRequest): ObjectReference | undefined {
  const flight = ownFlight(snapshot, request);
  if (flight !== undefined) return flight.object;
  const result = planUpgrade(snapshot, request);
  const step = result.kind === "plan" ? result.plan.steps[0] : undefined;
  return step?.object ?? declaringObjects(snapshot).find(({ version }) => version !== undefined)?.object;
}

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
