import { getCondition, type Condition } from "../../conditions/condition.ts";
import type { LegacyCondition } from "../../conditions/legacy-condition.ts";
import { isControlPlaneMachine, machineKey, type ClusterObject } from "../../infrastructure/infrastructure-objects.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import type { Environment } from "../environment.ts";
import { machineDeploymentKey, machineSetKey, type Machine, type VersionCount } from "../machine-set/machine-objects.ts";

export const machinePoolKey = "MachinePool.cluster.x-k8s.io";

export interface AvailabilityGate {
  readonly conditionType: string;
  readonly polarity?: "Positive" | "Negative";
}

export interface ReplicaCounters {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly upToDateReplicas?: number;
}

export interface FleetStatus extends ReplicaCounters {
  readonly desiredReplicas?: number;
  readonly versions?: readonly VersionCount[];
  /** Kept by the topology controller. */
  readonly upgradePlan?: unknown;
}

export type Cluster = ClusterObject & {
  readonly spec: {
    readonly topology?: { readonly classRef: { readonly name: string; readonly namespace?: string } };
    readonly availabilityGates?: readonly AvailabilityGate[];
  };
  readonly status?: {
    readonly controlPlane?: FleetStatus;
    readonly workers?: FleetStatus;
    readonly deprecated?: { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } & JsonMap };
  };
};

export interface ClusterClass extends StoredObject {
  readonly spec: { readonly availabilityGates?: readonly AvailabilityGate[] };
}

/** What owns machines, and says of them what the contract asks for: a control plane, MachineDeployment, MachineSet or MachinePool. */
export interface Fleet extends StoredObject {
  readonly spec?: { readonly replicas?: number; readonly controlPlaneEndpoint?: unknown };
  readonly status?: ReplicaCounters & {
    readonly versions?: readonly VersionCount[];
    readonly initialization?: { readonly controlPlaneInitialized?: boolean };
    readonly conditions?: readonly Condition[];
  };
}

/** All objects with the Cluster's label, by kind and name. */
export interface Descendants {
  readonly deployments: readonly Fleet[];
  readonly pools: readonly Fleet[];
  readonly sets: readonly Fleet[];
  readonly controlPlaneMachines: readonly Machine[];
  readonly workerMachines: readonly Machine[];
}

export function readDescendants({ objects: { store } }: Environment, { metadata }: StoredObject): Descendants {
  const labelled = (key: string): readonly StoredObject[] => store.labelled(key, metadata.namespace ?? "", metadata.name);
  // What is stored under these types are such objects.
  const machines = labelled(machineKey) as readonly Machine[];
  return {
    deployments: labelled(machineDeploymentKey),
    pools: labelled(machinePoolKey),
    sets: labelled(machineSetKey),
    controlPlaneMachines: machines.filter(isControlPlaneMachine),
    workerMachines: machines.filter((machine) => !isControlPlaneMachine(machine)),
  };
}

/** Named as an owner by what is directly below the Cluster: whatever owns it. */
export function isOwnedBy({ metadata: { name } }: StoredObject): (object: StoredObject) => boolean {
  return ({ metadata }) =>
    metadata.ownerReferences?.some(
      (owner) => owner.kind === "Cluster" && owner.name === name && owner.apiVersion.startsWith("cluster.x-k8s.io/"),
    ) === true;
}

export function isDeleting({ metadata }: StoredObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** A health check failed. */
export function isUnhealthy(machine: Machine): boolean {
  return getCondition(machine, "HealthCheckSucceeded")?.status === "False";
}
