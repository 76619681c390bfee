import type { StoredObject } from "../store/stored-object.ts";
import type { HealthChecking } from "./machine-health-check.ts";
import type { RollingUpdate } from "./rollout-strategy.ts";
import type { Surroundings } from "./webhook.ts";

interface Reference {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

export interface Variable {
  readonly name: string;
  readonly value: unknown;
}

export interface HealthCheck extends HealthChecking {
  readonly enabled?: boolean;
}

/** What may have values of its own for variables. */
export interface Overridable {
  readonly variables?: { readonly overrides?: readonly Variable[] };
}

export interface WorkersTopology extends Overridable {
  readonly class: string;
  readonly name: string;
  readonly replicas?: number;
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly rollout?: { readonly strategy?: { readonly rollingUpdate?: RollingUpdate } };
  readonly taints?: readonly unknown[];
  readonly healthCheck?: HealthCheck;
}

export interface Topology {
  readonly classRef?: { readonly name?: string; readonly namespace?: string };
  readonly version: string;
  readonly variables?: readonly Variable[];
  readonly controlPlane?: Overridable & { readonly taints?: readonly unknown[]; readonly healthCheck?: HealthCheck };
  readonly workers?: { readonly machineDeployments?: readonly WorkersTopology[]; readonly machinePools?: readonly WorkersTopology[] };
}

/** What the webhooks look at in a Cluster. */
export interface ClusterSpec {
  readonly topology?: Topology;
  readonly infrastructureRef?: Reference;
  readonly controlPlaneRef?: Reference;
  readonly clusterNetwork?: {
    readonly pods?: { readonly cidrBlocks?: readonly string[] };
    readonly services?: { readonly cidrBlocks?: readonly string[] };
  };
}

export interface WorkersClass {
  readonly class: string;
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly infrastructure?: { readonly templateRef?: TemplateReference };
  readonly healthCheck?: HealthCheck;
}

export interface TemplateReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** What the webhooks look at in a ClusterClass. */
export interface ClassSpec {
  readonly kubernetesVersions?: readonly string[];
  readonly upgrade?: { readonly external?: { readonly generateUpgradePlanExtension?: string } };
  readonly infrastructure?: { readonly templateRef?: TemplateReference };
  readonly controlPlane?: {
    readonly templateRef?: TemplateReference;
    readonly machineInfrastructure?: { readonly templateRef?: TemplateReference };
    readonly healthCheck?: HealthCheck;
  };
  readonly workers?: { readonly machineDeployments?: readonly WorkersClass[]; readonly machinePools?: readonly WorkersClass[] };
}

const classTypeKey = "ClusterClass.cluster.x-k8s.io";

/** Schemas have made sure of the shape. */
export function topologyOf(cluster: StoredObject): Topology | undefined {
  return (cluster["spec"] as ClusterSpec | undefined)?.topology;
}

export function classSpecOf(clusterClass: StoredObject): ClassSpec {
  return clusterClass["spec"] as ClassSpec;
}

/** `namespace/name` of a Cluster's class. */
export function classKey(cluster: StoredObject): string {
  const { name = "", namespace = cluster.metadata.namespace } = topologyOf(cluster)?.classRef ?? {};
  return `${namespace}/${name}`;
}

export function findClass(cluster: StoredObject, { objects, type }: Surroundings): StoredObject | undefined {
  const [namespace, name] = classKey(cluster).split("/");
  return objects().get(type(classTypeKey), namespace, name!);
}

interface ClassStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** Its controller has seen its newest generation, and its variables are known. */
export function isReconciled(clusterClass: StoredObject): boolean {
  const { observedGeneration, conditions = [] } = (clusterClass["status"] ?? {}) as ClassStatus;
  const ready = conditions.find(({ type }) => type === "VariablesReady");
  return observedGeneration === clusterClass.metadata.generation && ready !== undefined && ready.status !== "False";
}
