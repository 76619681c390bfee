import type { GivenObject, JsonMap, StoredMetadata, StoredObject } from "../../store/stored-object.ts";

export const typeKeys = {
  cluster: "Cluster.cluster.x-k8s.io",
  clusterClass: "ClusterClass.cluster.x-k8s.io",
  machine: "Machine.cluster.x-k8s.io",
  machineDeployment: "MachineDeployment.cluster.x-k8s.io",
  machineHealthCheck: "MachineHealthCheck.cluster.x-k8s.io",
} as const;

export const labelKeys = {
  cluster: "cluster.x-k8s.io/cluster-name",
  owned: "topology.cluster.x-k8s.io/owned",
  deployment: "topology.cluster.x-k8s.io/deployment-name",
  controlPlane: "cluster.x-k8s.io/control-plane",
} as const;

export const annotationKeys = {
  clonedFromName: "cluster.x-k8s.io/cloned-from-name",
  clonedFromGroupKind: "cluster.x-k8s.io/cloned-from-groupkind",
  lastApplied: "kubectl.kubernetes.io/last-applied-configuration",
  conversionData: "cluster.x-k8s.io/conversion-data",
  paused: "cluster.x-k8s.io/paused",
  upgradeConcurrency: "topology.cluster.x-k8s.io/upgrade-concurrency",
  deferUpgrade: "topology.cluster.x-k8s.io/defer-upgrade",
  holdUpgradeSequence: "topology.cluster.x-k8s.io/hold-upgrade-sequence",
  upgradeStep: "topology.internal.cluster.x-k8s.io/upgrade-step",
  pendingHooks: "runtime.cluster.x-k8s.io/pending-hooks",
} as const;

type Texts = Readonly<Record<string, string>>;

export interface TopologyMetadata {
  readonly labels?: Texts;
  readonly annotations?: Texts;
}

interface TemplateRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** A reference without a version, as v1beta2 has them. */
export interface ContractRef {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

interface Deletion {
  readonly order?: string;
  readonly nodeDrainTimeoutSeconds?: number;
  readonly nodeVolumeDetachTimeoutSeconds?: number;
  readonly nodeDeletionTimeoutSeconds?: number;
}

export interface HealthCheck {
  readonly enabled?: boolean;
  readonly checks?: JsonMap;
  readonly remediation?: { readonly maxInFlight?: number | string; readonly triggerIf?: JsonMap; readonly templateRef?: JsonMap };
}

/** What a class and a topology both say of machines; the topology's word counts. */
interface MachineSettings {
  readonly metadata?: TopologyMetadata;
  readonly deletion?: Deletion;
  readonly healthCheck?: HealthCheck;
  readonly readinessGates?: readonly JsonMap[];
  readonly taints?: readonly JsonMap[];
}

export interface Variable {
  readonly name: string;
  readonly value: unknown;
}

interface PoolSettings extends MachineSettings {
  readonly failureDomain?: string;
  readonly minReadySeconds?: number;
  readonly rollout?: { readonly after?: string; readonly strategy?: JsonMap };
}

export interface MachineDeploymentTopology extends PoolSettings {
  readonly class: string;
  readonly name: string;
  readonly replicas?: number;
  readonly variables?: { readonly overrides?: readonly Variable[] };
}

export interface Topology {
  readonly classRef: { readonly name: string; readonly namespace?: string };
  readonly version: string;
  readonly controlPlane?: MachineSettings & {
    readonly replicas?: number;
    readonly rollout?: { readonly after?: string };
    readonly variables?: { readonly overrides?: readonly Variable[] };
  };
  readonly workers?: { readonly machineDeployments?: readonly MachineDeploymentTopology[] };
  readonly variables?: readonly Variable[];
}

interface ClusterStatus extends JsonMap {
  readonly controlPlane?: JsonMap;
  readonly workers?: JsonMap;
}

export interface Cluster extends StoredObject {
  readonly spec: {
    readonly paused?: boolean;
    readonly topology?: Topology;
    readonly infrastructureRef?: ContractRef;
    readonly controlPlaneRef?: ContractRef;
    readonly clusterNetwork?: {
      readonly serviceDomain?: string;
      readonly services?: { readonly cidrBlocks?: readonly string[] };
      readonly pods?: { readonly cidrBlocks?: readonly string[] };
    };
  };
  readonly status?: ClusterStatus;
}

interface Named {
  readonly naming?: { readonly template?: string };
}

export interface MachineDeploymentClass extends PoolSettings, Named {
  readonly class: string;
  readonly bootstrap: { readonly templateRef: TemplateRef };
  readonly infrastructure: { readonly templateRef: TemplateRef };
}

export interface PatchDefinition {
  readonly selector: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly matchResources: {
      readonly controlPlane?: boolean;
      readonly infrastructureCluster?: boolean;
      readonly machineDeploymentClass?: { readonly names?: readonly string[] };
    };
  };
  readonly jsonPatches: readonly {
    readonly op: string;
    readonly path: string;
    readonly value?: unknown;
    readonly valueFrom?: { readonly variable?: string; readonly template?: string };
  }[];
}

interface ClassPatch {
  readonly name: string;
  readonly enabledIf?: string;
  readonly definitions?: readonly PatchDefinition[];
}

export interface ClusterClass extends StoredObject {
  readonly spec: {
    readonly kubernetesVersions?: readonly string[];
    readonly infrastructure: Named & { readonly templateRef: TemplateRef };
    readonly controlPlane: MachineSettings &
      Named & { readonly templateRef: TemplateRef; readonly machineInfrastructure?: { readonly templateRef?: TemplateRef } };
    readonly workers?: { readonly machineDeployments?: readonly MachineDeploymentClass[] };
    readonly variables?: readonly {
      readonly name: string;
      readonly required?: boolean;
      readonly schema?: { readonly openAPIV3Schema?: JsonMap };
    }[];
    readonly patches?: readonly ClassPatch[];
  };
  readonly status?: { readonly observedGeneration?: number };
}

export interface MachineDeployment extends StoredObject {
  readonly spec: {
    readonly clusterName: string;
    readonly selector: { readonly matchLabels?: Texts };
    readonly template: {
      readonly spec: {
        readonly version?: string;
        readonly bootstrap: { readonly configRef: ContractRef };
        readonly infrastructureRef: ContractRef;
      };
    };
  };
}

export interface Machine extends StoredObject {
  readonly spec: { readonly version?: string };
  readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } };
}

export interface ControlPlane extends StoredObject {
  readonly spec: {
    readonly version: string;
    readonly machineTemplate?: { readonly spec?: { readonly infrastructureRef?: ContractRef } };
  };
  readonly status?: { readonly version?: string; readonly versions?: readonly { readonly version: string }[] };
}

/** A template of the class, or one made from it. */
export interface Template extends StoredObject {
  readonly spec: { readonly template: { readonly metadata?: TopologyMetadata; readonly spec?: JsonMap } };
}

/** An object as the topology wants it: all that `capi-topology` applies. */
export interface Desired<Spec extends object = JsonMap> extends GivenObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Pick<StoredMetadata, "name" | "namespace" | "labels" | "annotations" | "ownerReferences">;
  readonly spec?: Spec;
}

export function contractRef({ apiVersion, kind, metadata }: Desired): ContractRef {
  return { apiGroup: apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/"))), kind, name: metadata.name };
}

/** `namespace/name`, as logs and messages write it. */
export function fullName({ metadata }: { readonly metadata: { readonly namespace?: string; readonly name: string } }): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** The maps as one: an earlier one counts before a later one; undefined when there is nothing in it. */
export function mergedTexts(...maps: readonly (Texts | undefined)[]): Texts | undefined {
  const merged = Object.assign({}, ...maps.toReversed()) as Texts;
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** Without the fields that are undefined: those are not applied. */
export function defined<T extends object>(object: { readonly [K in keyof T]: T[K] | undefined }): T {
  // Without the fields that are undefined it is a T.
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

/** `defined`, and undefined when nothing is left: an empty struct is not written. */
export function definedOrNothing<T extends object>(object: { readonly [K in keyof T]: T[K] | undefined }): T | undefined {
  const result = defined<T>(object);
  return Object.keys(result).length === 0 ? undefined : result;
}
