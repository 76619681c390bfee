import { typeKey } from "../../api/resource-type.ts";
import {
  isControlPlaneMachine,
  machineKey,
  type ClusterObject,
  type ContractObject,
  type MachineObject,
} from "../../infrastructure/infrastructure-objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Environment, WorkloadCluster } from "../environment.ts";

export const deploymentKey = "MachineDeployment.cluster.x-k8s.io";
export const poolKey = "MachinePool.cluster.x-k8s.io";
export const setKey = "MachineSet.cluster.x-k8s.io";

/** Everything below a Cluster, as one pass sees it. */
export interface ClusterScope {
  readonly environment: Environment;
  readonly cluster: ClusterObject;
  readonly infrastructure: ContractObject | undefined;
  readonly controlPlane: StoredObject | undefined;
  readonly deployments: readonly StoredObject[];
  readonly pools: readonly StoredObject[];
  readonly sets: readonly StoredObject[];
  readonly controlPlaneMachines: readonly MachineObject[];
  readonly workerMachines: readonly MachineObject[];
  readonly workload: WorkloadCluster | undefined;
  deleting: { readonly reason: string; readonly message: string } | undefined;
}

export function clusterScope(environment: Environment, cluster: ClusterObject): ClusterScope {
  const { objects, type } = environment;
  const { namespace = "", name } = cluster.metadata;
  const get = (reference: ClusterObject["spec"]["infrastructureRef"]): StoredObject | undefined =>
    reference === undefined ? undefined : objects.get(type(typeKey(reference.apiGroup, reference.kind)), namespace, reference.name);
  const labelled = (key: string): readonly StoredObject[] => objects.store.labelled(key, namespace, name);
  const machines = labelled(machineKey) as readonly MachineObject[];
  return {
    environment,
    cluster,
    infrastructure: get(cluster.spec.infrastructureRef),
    controlPlane: get(cluster.spec.controlPlaneRef),
    deployments: labelled(deploymentKey),
    pools: labelled(poolKey),
    sets: labelled(setKey),
    controlPlaneMachines: machines.filter(isControlPlaneMachine),
    workerMachines: machines.filter((machine) => !isControlPlaneMachine(machine)),
    workload: environment.workloads.get({ namespace, name }),
    deleting: undefined,
  };
}
