import type { LabelSelector } from "../../../label-selector.ts";
import type { Condition } from "../../conditions/condition.ts";
import type { LegacyCondition } from "../../conditions/legacy-condition.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";

/** A reference of v1beta2: no version, no namespace. */
export interface ContractReference {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

interface MachineDeletionSpec {
  readonly nodeDrainTimeoutSeconds?: number;
  readonly nodeVolumeDetachTimeoutSeconds?: number;
  readonly nodeDeletionTimeoutSeconds?: number;
}

export interface MachineSpec {
  readonly clusterName: string;
  readonly bootstrap?: { readonly configRef?: ContractReference; readonly dataSecretName?: string };
  readonly infrastructureRef?: ContractReference;
  readonly version?: string;
  readonly failureDomain?: string;
  readonly providerID?: string;
  readonly minReadySeconds?: number;
  readonly readinessGates?: readonly unknown[];
  readonly deletion?: MachineDeletionSpec;
  readonly taints?: readonly unknown[];
}

export interface Machine extends StoredObject {
  readonly spec: MachineSpec;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly nodeRef?: { readonly name: string };
    readonly nodeInfo?: { readonly kubeletVersion?: string };
    readonly deletion?: { readonly nodeDrainStartTime?: string };
    readonly deprecated?: { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } };
  };
}

export interface MachineTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: MachineSpec;
}

export type DeletionOrder = "Random" | "Newest" | "Oldest";

export interface VersionCount {
  readonly version: string;
  readonly replicas: number;
}

export interface MachineSetStatus {
  readonly conditions?: readonly Condition[];
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly upToDateReplicas?: number;
  readonly versions?: readonly VersionCount[];
  readonly observedGeneration?: number;
  readonly deprecated?: {
    readonly v1beta1?: {
      readonly conditions?: readonly LegacyCondition[];
      readonly readyReplicas?: number;
      readonly availableReplicas?: number;
    };
  };
}

export interface MachineSet extends StoredObject {
  readonly spec: {
    readonly clusterName: string;
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: MachineTemplate;
    readonly deletion?: { readonly order?: DeletionOrder };
    readonly machineNaming?: { readonly template?: string };
  };
  readonly status?: MachineSetStatus;
}

/** A count, or a share such as `25%`. */
export type CountOrPercent = number | string;

export interface MachineDeployment extends StoredObject {
  readonly spec: {
    readonly clusterName: string;
    readonly replicas?: number;
    readonly paused?: boolean;
    readonly selector: LabelSelector;
    readonly template: MachineTemplate;
    readonly deletion?: { readonly order?: DeletionOrder };
    readonly machineNaming?: { readonly template?: string };
    readonly remediation?: { readonly maxInFlight?: CountOrPercent };
    readonly rollout?: {
      readonly after?: string;
      readonly strategy?: {
        readonly type?: "RollingUpdate" | "OnDelete";
        readonly rollingUpdate?: { readonly maxSurge?: CountOrPercent; readonly maxUnavailable?: CountOrPercent };
      };
    };
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly replicas?: number;
    readonly observedGeneration?: number;
    readonly deprecated?: { readonly v1beta1?: JsonMap & { readonly conditions?: readonly LegacyCondition[] } };
  };
}

export interface Cluster extends StoredObject {
  readonly spec?: {
    readonly paused?: boolean;
    readonly controlPlaneRef?: ContractReference;
    readonly topology?: { readonly version: string };
  };
}

export const machineKey = "Machine.cluster.x-k8s.io";
export const machineSetKey = "MachineSet.cluster.x-k8s.io";
export const machineDeploymentKey = "MachineDeployment.cluster.x-k8s.io";
export const clusterKey = "Cluster.cluster.x-k8s.io";

export const clusterNameLabel = "cluster.x-k8s.io/cluster-name";
export const machineSetNameLabel = "cluster.x-k8s.io/set-name";
export const machineDeploymentNameLabel = "cluster.x-k8s.io/deployment-name";
export const revisionAnnotation = "machinedeployment.clusters.x-k8s.io/revision";

/** Oldest first, by name where the second is the same. */
export function byAge(one: StoredObject, other: StoredObject): number {
  return (
    compareTexts(one.metadata.creationTimestamp ?? "", other.metadata.creationTimestamp ?? "") ||
    compareTexts(one.metadata.name, other.metadata.name)
  );
}

export function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** `namespace/name`, as Cluster API names objects in messages. */
export function keyText({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
