import { isConditionTrue, type Condition } from "../conditions/condition.ts";
import type { Environment } from "../controllers/environment.ts";
import type { JsonMap, StoredObject } from "../store/stored-object.ts";

export const clusterLabel = "cluster.x-k8s.io/cluster-name";
export const controlPlaneLabel = "cluster.x-k8s.io/control-plane";
export const clusterKey = "Cluster.cluster.x-k8s.io";
export const machineKey = "Machine.cluster.x-k8s.io";
export const kubeadmConfigKey = "KubeadmConfig.bootstrap.cluster.x-k8s.io";

export interface ClusterObject extends StoredObject {
  readonly spec: {
    readonly paused?: boolean;
    readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number };
    readonly infrastructureRef?: ContractRef;
    readonly controlPlaneRef?: ContractRef;
  } & JsonMap;
  readonly status?: {
    readonly initialization?: { readonly infrastructureProvisioned?: boolean; readonly controlPlaneInitialized?: boolean };
    readonly conditions?: readonly Condition[];
  } & JsonMap;
}

export interface ContractRef {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

export interface MachineObject extends StoredObject {
  readonly spec: {
    readonly clusterName: string;
    readonly version?: string;
    readonly providerID?: string;
    readonly bootstrap?: { readonly configRef?: ContractRef; readonly dataSecretName?: string };
    readonly infrastructureRef: ContractRef;
    readonly minReadySeconds?: number;
    readonly readinessGates?: readonly { readonly conditionType: string; readonly polarity?: string }[];
    readonly deletion?: {
      readonly nodeDrainTimeoutSeconds?: number;
      readonly nodeVolumeDetachTimeoutSeconds?: number;
      readonly nodeDeletionTimeoutSeconds?: number;
    };
    readonly failureDomain?: string;
  } & JsonMap;
  readonly status?: MachineStatus;
}

export interface MachineStatus extends JsonMap {
  readonly phase?: string;
  readonly nodeRef?: { readonly name: string };
  readonly nodeInfo?: JsonMap;
  readonly lastUpdated?: string;
  readonly initialization?: { readonly bootstrapDataSecretCreated?: boolean; readonly infrastructureProvisioned?: boolean };
  readonly conditions?: readonly Condition[];
  readonly deletion?: Readonly<Record<string, string>>;
}

/** An infrastructure or bootstrap object, as far as the contract goes. */
export interface ContractObject extends StoredObject {
  readonly spec?: { readonly providerID?: string } & JsonMap;
  readonly status?: {
    readonly initialization?: { readonly provisioned?: boolean; readonly dataSecretCreated?: boolean };
    readonly dataSecretName?: string;
    readonly conditions?: readonly Condition[];
  } & JsonMap;
}

export function clusterOf({ objects, type }: Environment, { metadata }: StoredObject): ClusterObject | undefined {
  const name = metadata.labels?.[clusterLabel];
  // The schema of the kind says so.
  return name === undefined ? undefined : (objects.get(type(clusterKey), metadata.namespace, name) as ClusterObject | undefined);
}

/** The Machine that this bootstrap or infrastructure object was made for, once the Machine controller has said so. */
export function machineOf({ objects, type }: Environment, { metadata }: StoredObject): MachineObject | undefined {
  const owner = metadata.ownerReferences?.find(({ kind, apiVersion }) => kind === "Machine" && apiVersion.startsWith("cluster.x-k8s.io/"));
  return owner === undefined ? undefined : (objects.get(type(machineKey), metadata.namespace, owner.name) as MachineObject | undefined);
}

/** The condition, not the field: only the condition is there where there is no control plane object. */
export function isControlPlaneInitialized(cluster: ClusterObject): boolean {
  return isConditionTrue(cluster, "ControlPlaneInitialized");
}

/** What its bootstrap and infrastructure objects and its machines look at in a Cluster: another text, another look. */
export function clusterState(cluster: StoredObject): string {
  // What is stored as a Cluster is one.
  const { spec, status, metadata } = cluster as ClusterObject;
  const isProvisioned = status?.initialization?.infrastructureProvisioned === true;
  return `${isProvisioned} ${isControlPlaneInitialized(cluster as ClusterObject)} ${spec.paused === true} ${metadata.deletionTimestamp ?? ""}`;
}

export function isControlPlaneMachine({ metadata }: StoredObject): boolean {
  return metadata.labels?.[controlPlaneLabel] !== undefined;
}
