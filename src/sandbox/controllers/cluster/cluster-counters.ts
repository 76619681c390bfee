import { isConditionTrue } from "../../conditions/condition.ts";
import type { Machine } from "../machine-set/machine-objects.ts";
import { sumVersions, versionsOfMachines } from "../machine-set/version-counts.ts";
import { isOwnedBy, type Cluster, type Descendants, type Fleet, type FleetStatus } from "./cluster-scope.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

const counters = ["replicas", "readyReplicas", "availableReplicas", "upToDateReplicas"] as const;
const conditionsByCounter = { readyReplicas: "Ready", availableReplicas: "Available", upToDateReplicas: "UpToDate" } as const;

/** `status.controlPlane`, as the control plane tells it; where there is none, by its machines. `descendants` undefined: nobody has looked. */
export function controlPlaneStatus(cluster: Cluster, controlPlane: Fleet | undefined, descendants: Descendants | undefined): FleetStatus {
  const { upgradePlan, ...previous } = cluster.status?.controlPlane ?? {};
  if (cluster.spec.controlPlaneRef === undefined && cluster.spec.topology === undefined) {
    if (descendants === undefined) return withoutUndefined({ ...previous, upgradePlan });
    return withoutUndefined<FleetStatus>({ ...countMachines(descendants.controlPlaneMachines), upgradePlan });
  }
  if (controlPlane === undefined) return withoutUndefined<FleetStatus>({ upgradePlan });
  const { spec, status } = controlPlane;
  const told = withoutUndefined<FleetStatus>({
    desiredReplicas: spec?.replicas,
    ...Object.fromEntries(counters.map((counter) => [counter, status?.[counter]])),
  });
  // A count that is no longer told is kept; versions are not.
  return withoutUndefined<FleetStatus>({ ...previous, ...told, versions: status?.versions, upgradePlan });
}

/** `status.workers`: the sums of what pools, deployments and stand-alone sets tell, and of stand-alone machines. */
export function workersStatus(cluster: Cluster, descendants: Descendants | undefined): FleetStatus {
  const { upgradePlan, ...previous } = cluster.status?.workers ?? {};
  if (descendants === undefined) return withoutUndefined({ ...previous, upgradePlan });
  const isDirect = isOwnedBy(cluster);
  const fleets = [...descendants.pools, ...descendants.deployments, ...descendants.sets.filter(isDirect)];
  const alone = countMachines(descendants.workerMachines.filter((machine) => !isOfPool(machine) && isDirect(machine)));
  return withoutUndefined<FleetStatus>({
    desiredReplicas: sum([...fleets.map(({ spec }) => spec?.replicas), alone.desiredReplicas]),
    ...Object.fromEntries(counters.map((counter) => [counter, sum([...fleets.map(({ status }) => status?.[counter]), alone[counter]])])),
    versions: sumVersions([...fleets.flatMap(({ status }) => status?.versions ?? []), ...(alone.versions ?? [])]),
    upgradePlan,
  });
}

/** Machines of a pool tell too little of themselves to be counted. */
export function isOfPool({ metadata }: Machine): boolean {
  return metadata.labels?.["cluster.x-k8s.io/pool-name"] !== undefined;
}

/** That a machine is there is the wish for it. A count of none is no count. */
function countMachines(machines: readonly Machine[]): FleetStatus {
  const count = (which: readonly Machine[]): number | undefined => (which.length === 0 ? undefined : which.length);
  const byCondition = Object.entries(conditionsByCounter).map(([counter, condition]) => [
    counter,
    count(machines.filter((machine) => isConditionTrue(machine, condition))),
  ]);
  return withoutUndefined<FleetStatus>({
    desiredReplicas: count(machines),
    replicas: count(machines),
    ...Object.fromEntries(byCondition),
    versions: versionsOfMachines(machines),
  });
}

/** Undefined when nobody told. */
function sum(counts: readonly (number | undefined)[]): number | undefined {
  const told = counts.filter((count) => count !== undefined);
  return told.length === 0 ? undefined : told.reduce((total, count) => total + count, 0);
}
