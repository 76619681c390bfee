import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { clusterVersion } from "./cluster-versions.ts";
import { objectName, sameObject } from "./cluster-words.ts";
import { ownFlight, type PlanRequest } from "./flight.ts";
import { isTransient, refusalsOf } from "./refusals/refusal-table.ts";
import { isAtVersion } from "./at-version.ts";
import { stepsOf } from "./steps.ts";
import type { PlanResult, UpgradeStep } from "./upgrade-types.ts";
import { warningsOf } from "./warnings.ts";

/**
 * What is still to be written so that the cluster comes to `target`, made anew from each snapshot: a cluster that was left half-way is planned for just the rest.
 * Cluster API may still be carrying out an earlier write of the same upgrade; that is no step, and `nothing-to-do` says so when it was the last one.
 */
export function planUpgrade(snapshot: ClusterSnapshot, request: PlanRequest): PlanResult {
  if (isAtVersion(snapshot, request.target)) {
    return { kind: "nothing-to-do", message: `${objectName(snapshot.ref)} is at ${request.target} already.` };
  }
  const refusals = refusalsOf(snapshot, request);
  // Where nothing is left to write, what passes by itself stands against nothing.
  const nothingLeft = refusals.every(isTransient) && clusterVersion(snapshot) !== undefined && stepsOf(snapshot, request).length === 0;
  if (refusals.length > 0 && !nothingLeft) return { kind: "refused", refusals };
  const steps = stepsOf(snapshot, request);
  if (steps.length === 0) return { kind: "nothing-to-do", message: stillRolling(snapshot, request) };
  return {
    kind: "plan",
    plan: {
      cluster: snapshot.ref,
      from: clusterVersion(snapshot) ?? request.target,
      to: request.target,
      steps,
      warnings: warningsOf(snapshot, request, steps),
      machinesToReplace: steps.reduce((sum, step) => sum + machinesOf(snapshot, step), 0),
    },
  };
}

/** How many machines a step replaces, those that Cluster API replaces more than once on the way counted each time. */
export function machinesOf(snapshot: ClusterSnapshot, step: UpgradeStep): number {
  const { controlPlane, pools } = snapshot;
  const desired = controlPlane?.replicas.desired ?? 0;
  switch (step.kind) {
    case "topology": {
      const workers = pools
        .filter(({ topologyName }) => topologyName !== undefined)
        .reduce((sum, { replicas }) => sum + replicas.desired, 0);
      return desired * step.controlPlaneThrough.length + workers * step.workersThrough.length;
    }
    case "control-plane":
      return desired;
    case "pool":
      return pools.find(({ ref }) => sameObject(ref, step.object))?.replicas.desired ?? 0;
    default:
      return step satisfies never;
  }
}

function stillRolling(snapshot: ClusterSnapshot, request: PlanRequest): string {
  const flight = ownFlight(snapshot, request);
  const on = `${objectName(snapshot.ref)} declares ${request.target} already`;
  return flight === undefined ? `${on}.` : `${on} and is on its way: ${flight.open[0] ?? ""}.`;
}
