import { getCondition } from "../../conditions/condition.ts";
import { legacyConditionsOf } from "../../conditions/legacy-condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Environment } from "../environment.ts";
import type { Blueprint } from "./blueprint.ts";
import { upgradingPools, type CurrentState } from "./current-state.ts";
import type { Cluster } from "./topology-objects.ts";

/**
 * All that a pass over a topology goes by. Stored objects are frozen and share what a write leaves alone, so that parts are the same when they are the same value. Of the objects that the topology
 * made it reads no status but the control plane's versions, and a write of status is what wakes it most. Time and chance come in only where something is written.
 */
export function passInputs(environment: Environment, cluster: Cluster, blueprint: Blueprint, current: CurrentState): readonly unknown[] {
  const { status } = cluster;
  const { controlPlane } = current;
  const inputs: unknown[] = [
    cluster.spec,
    cluster.metadata.uid,
    cluster.metadata.generation,
    cluster.metadata.labels,
    cluster.metadata.annotations,
    status?.controlPlane?.["upgradePlan"],
    status?.workers?.["upgradePlan"],
    getCondition(cluster, "TopologyReconciled"),
    legacyConditionsOf(cluster).find(({ type }) => type === "TopologyReconciled"),
    getCondition(cluster, "ControlPlaneInitialized")?.status,
    blueprint.class,
    blueprint.infrastructureCluster,
    blueprint.controlPlane,
    blueprint.controlPlaneMachine,
    controlPlane?.status?.version,
    controlPlane?.status?.versions,
    upgradingPools(environment, cluster, current).join(),
  ];
  for (const pool of blueprint.pools.values()) inputs.push(pool.infrastructure, pool.bootstrap);
  addIntent(inputs, current.infrastructureCluster);
  addIntent(inputs, controlPlane);
  addIntent(inputs, current.controlPlaneMachine);
  addIntent(inputs, current.controlPlaneHealthCheck);
  for (const { object, bootstrap, infrastructure, healthCheck } of current.pools.values()) {
    addIntent(inputs, object);
    addIntent(inputs, bootstrap);
    addIntent(inputs, infrastructure);
    addIntent(inputs, healthCheck);
  }
  return inputs;
}

/** What an apply goes by: everything but the status, and who owns it. */
function addIntent(inputs: unknown[], object: StoredObject | undefined): void {
  if (object === undefined) {
    inputs.push(undefined);
    return;
  }
  const { uid, labels, annotations, ownerReferences, deletionTimestamp, managedFields = [] } = object.metadata;
  inputs.push(uid, labels, annotations, ownerReferences, deletionTimestamp, object["spec"]);
  for (const entry of managedFields) if (entry.subresource === undefined) inputs.push(entry);
}

export function areSameInputs(one: readonly unknown[] | undefined, other: readonly unknown[]): boolean {
  if (one?.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}
