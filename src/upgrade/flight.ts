import { versionsBetween } from "./chain-split.ts";
import type { ClusterSnapshot, ControlPlaneSnapshot, MachineSnapshot, ObjectReference, PoolSnapshot } from "./cluster-snapshot.ts";
import { conditionOf, controlPlaneMachines, isDeferred, poolMachines } from "./cluster-words.ts";
import { runsVersion, sameVersion } from "./kubernetes-version.ts";
import { controlPlaneRollout, poolRollout, type Rollout } from "./rollout.ts";
import type { UpgradeRequest } from "./upgrade-types.ts";

/** What a plan depends on. */
export type PlanRequest = Pick<UpgradeRequest, "target" | "via" | "images">;

/** Something that Cluster API is doing right now because somebody changed an object. */
export interface Flight {
  /** The object that was changed: the Cluster for a topology, else the control plane or the pool. */
  readonly object: ObjectReference;
  /** The version that it declares. */
  readonly version: string;
  /** `version`: machines go from another version to this one. `other`: they roll, or their number changes, with the version unchanged. */
  readonly change: "version" | "other";
  /** What is still open, in words. */
  readonly open: readonly string[];
}

/** Everything that is under way, in the order of the upgrade. Pools that their owner defers are not. */
export function flightsOf(snapshot: ClusterSnapshot): readonly Flight[] {
  return snapshot.topology === undefined ? plainFlights(snapshot) : topologyFlights(snapshot, snapshot.topology.version);
}

/** Whether a change of version is one that this request makes: it leads to the target, to a version to step through, or brings workers to the control plane's version. */
export function isOwnFlight(snapshot: ClusterSnapshot, request: PlanRequest, flight: Flight): boolean {
  if (flight.change !== "version") return false;
  if (flight.version === request.target || versionsBetween(snapshot, request).includes(flight.version)) return true;
  return snapshot.pools.some(({ ref }) => ref === flight.object) && sameVersion(snapshot.controlPlane?.version, flight.version);
}

/** Whether a step of this request is being carried out. */
export function ownFlight(snapshot: ClusterSnapshot, request: PlanRequest): Flight | undefined {
  return flightsOf(snapshot).find((flight) => isOwnFlight(snapshot, request, flight));
}

function plainFlights(snapshot: ClusterSnapshot): readonly Flight[] {
  const flights: Flight[] = [];
  const { controlPlane } = snapshot;
  if (controlPlane?.version !== undefined) {
    const rollout = controlPlaneRollout(snapshot, controlPlane, controlPlane.version);
    flights.push(...flightOf(rollout, controlPlaneChanges(snapshot, controlPlane, controlPlane.version)));
  }
  for (const pool of snapshot.pools) {
    if (pool.version === undefined || isLeftAsIs(snapshot, pool)) continue;
    flights.push(...flightOf(poolRollout(snapshot, pool, pool.version), poolChanges(snapshot, pool, pool.version)));
  }
  return flights;
}

/** The machines of an OnDelete pool keep their old shape until somebody deletes them: nothing is under way there, unless their version is another. */
function isLeftAsIs(snapshot: ClusterSnapshot, pool: PoolSnapshot): boolean {
  return pool.strategy === "OnDelete" && pool.version !== undefined && !poolChanges(snapshot, pool, pool.version);
}

function flightOf(rollout: Rollout, changesVersion: boolean): readonly Flight[] {
  if (rollout.rolled) return [];
  return [{ object: rollout.owner, version: rollout.version, change: changesVersion ? "version" : "other", open: rollout.open }];
}

function topologyFlights(snapshot: ClusterSnapshot, version: string): readonly Flight[] {
  const { controlPlane, topology } = snapshot;
  const pools = snapshot.pools.filter(
    (pool) => pool.topologyName !== undefined && pool.version !== undefined && !isDeferred(snapshot, pool),
  );
  const rollouts = [
    ...(controlPlane?.version === undefined ? [] : [controlPlaneRollout(snapshot, controlPlane, controlPlane.version)]),
    ...pools.filter((pool) => !isLeftAsIs(snapshot, pool)).map((pool) => poolRollout(snapshot, pool, pool.version ?? version)),
  ];
  const behind = [...(controlPlane === undefined ? [] : [controlPlane]), ...pools].filter(
    (owner) => owner.version !== undefined && owner.version !== version,
  );
  const changesVersion =
    behind.length > 0 ||
    (topology?.controlPlaneUpgradePlan.length ?? 0) > 0 ||
    conditionOpen(snapshot).length > 0 ||
    (controlPlane?.version !== undefined && controlPlaneChanges(snapshot, controlPlane, controlPlane.version)) ||
    pools.some((pool) => pool.version !== undefined && poolChanges(snapshot, pool, pool.version));
  const open = [
    ...rollouts.flatMap(({ owner, open }) => open.map((words) => `${owner.kind} ${owner.name}: ${words}`)),
    ...behind.map((owner) => `${owner.ref.kind} ${owner.ref.name} is still to get ${version} (it has ${owner.version ?? "none"})`),
    ...generationOpen(snapshot),
    ...conditionOpen(snapshot),
  ];
  return open.length === 0 ? [] : [{ object: snapshot.ref, version, change: changesVersion ? "version" : "other", open }];
}

function generationOpen({ generation, observedGeneration }: ClusterSnapshot): readonly string[] {
  if (observedGeneration === undefined || observedGeneration >= generation) return [];
  return [`its controllers have seen generation ${observedGeneration} of ${generation}`];
}

/**
 * Reasons with which the topology controller says that an upgrade is not through, also while a lifecycle hook blocks it: v1beta2, then v1beta1. A deferral is none: it
 * lasts until its owner ends it.
 */
const UPGRADING: ReadonlySet<string> = new Set([
  "ClusterUpgrading",
  "ControlPlaneUpgradePending",
  "MachineDeploymentsUpgradePending",
  "MachinePoolsUpgradePending",
  "MachineDeploymentsCreatePending",
  "MachinePoolsCreatePending",
  "LifecycleHookBlocking",
]);

/** True `TopologyReconciled` comes a moment before a new version is taken. */
function conditionOpen({ conditions, topology }: ClusterSnapshot): readonly string[] {
  const condition = conditionOf(conditions, "TopologyReconciled");
  if (condition?.status === "True" && topology?.upgradeMarked === true) return ["the topology controller has not closed the upgrade yet"];
  if (condition?.status !== "False" || !UPGRADING.has(condition.reason)) return [];
  return [`TopologyReconciled is ${condition.reason}${condition.message === "" ? "" : `: ${condition.message}`}`];
}

function controlPlaneChanges(snapshot: ClusterSnapshot, controlPlane: ControlPlaneSnapshot, version: string): boolean {
  const { reportedVersion, versions } = controlPlane;
  return (
    anyOther(controlPlaneMachines(snapshot), version) ||
    versions.some((count) => count.replicas > 0 && !runsVersion(count.version, version)) ||
    (reportedVersion !== undefined && !runsVersion(reportedVersion, version))
  );
}

function poolChanges(snapshot: ClusterSnapshot, pool: PoolSnapshot, version: string): boolean {
  return (
    anyOther(poolMachines(snapshot, pool), version) ||
    pool.versions.some((count) => count.replicas > 0 && !runsVersion(count.version, version))
  );
}

/** Machines that are leaving count: a rollout is over when they are gone. */
function anyOther(machines: readonly MachineSnapshot[], version: string): boolean {
  return machines.some((machine) => machine.version !== undefined && machine.version !== version);
}
