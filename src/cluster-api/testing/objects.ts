import type { WorkloadSnapshot } from "../../upgrade/cluster-snapshot.ts";
import type { ClusterObjects } from "../cluster-objects.ts";
import type { RawObject } from "../views/fields.ts";

/** Hand-made objects for tests, each in the shape that Cluster API v1.14 serves for either contract version. */
export type Contract = "v1beta1" | "v1beta2";

export const CREATED = "2026-01-02T03:04:05Z";
export const CREATED_AT = Date.parse(CREATED);

export interface MetaOverrides {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly created?: string;
  readonly deleted?: string;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly managedFields?: readonly RawObject[];
}

export function objectOf(
  apiVersion: string,
  kind: string,
  meta: MetaOverrides & { name: string },
  spec: RawObject,
  status?: RawObject,
): RawObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name: meta.name,
      namespace: "demo",
      uid: `uid-${meta.name}`,
      generation: 2,
      creationTimestamp: meta.created ?? CREATED,
      ...(meta.deleted === undefined ? {} : { deletionTimestamp: meta.deleted }),
      labels: { "cluster.x-k8s.io/cluster-name": "c1", ...meta.labels },
      ...(meta.annotations === undefined ? {} : { annotations: meta.annotations }),
      ...(meta.owner === undefined
        ? {}
        : { ownerReferences: [{ ...meta.owner, apiVersion: "cluster.x-k8s.io/v1beta2", controller: true }] }),
      ...(meta.managedFields === undefined ? {} : { managedFields: meta.managedFields }),
    },
    spec,
    ...(status === undefined ? {} : { status }),
  };
}

export function reference(contract: Contract, kind: string, name: string): RawObject {
  const group = kind.endsWith("ControlPlane") ? "controlplane.cluster.x-k8s.io" : "infrastructure.cluster.x-k8s.io";
  return contract === "v1beta1" ? { apiVersion: `${group}/v1beta1`, kind, name, namespace: "demo" } : { apiGroup: group, kind, name };
}

export function condition(type: string, status: "True" | "False" | "Unknown", reason: string, message = ""): RawObject {
  return { type, status, reason, message, lastTransitionTime: CREATED };
}

/** Where new-style status fields stand in each contract version. */
export function newStatus(contract: Contract, fields: RawObject): RawObject {
  return contract === "v1beta1" ? { v1beta2: fields } : fields;
}

export function topologyCluster(contract: Contract, topology: RawObject = {}, status: RawObject = {}, meta: MetaOverrides = {}): RawObject {
  return objectOf(
    `cluster.x-k8s.io/${contract}`,
    "Cluster",
    { name: "c1", ...meta },
    {
      controlPlaneRef: reference(contract, "KubeadmControlPlane", "c1-cp"),
      infrastructureRef: reference(contract, "DevCluster", "c1"),
      topology: {
        ...(contract === "v1beta1" ? { class: "quick-start" } : { classRef: { name: "quick-start" } }),
        version: "v1.34.0",
        workers: { machineDeployments: [{ class: "default", name: "md-0" }] },
        ...topology,
      },
    },
    {
      phase: "Provisioned",
      observedGeneration: 2,
      ...newStatus(contract, { conditions: [condition("Available", "True", "Available")], ...status }),
    },
  );
}

export function plainCluster(contract: Contract, meta: MetaOverrides = {}): RawObject {
  return objectOf(
    `cluster.x-k8s.io/${contract}`,
    "Cluster",
    { name: "c1", ...meta },
    { controlPlaneRef: reference(contract, "KubeadmControlPlane", "c1-cp"), infrastructureRef: reference(contract, "DevCluster", "c1") },
    { observedGeneration: 2, ...newStatus(contract, { conditions: [] }) },
  );
}

export function controlPlane(contract: Contract, spec: RawObject = {}, status: RawObject = {}, meta: MetaOverrides = {}): RawObject {
  const infrastructureRef = reference(contract, "DevMachineTemplate", "c1-cp");
  const rolloutStrategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } };
  return objectOf(
    `controlplane.cluster.x-k8s.io/${contract}`,
    "KubeadmControlPlane",
    { name: "c1-cp", ...meta },
    {
      replicas: 3,
      version: "v1.34.0",
      ...(contract === "v1beta1"
        ? { machineTemplate: { infrastructureRef }, rolloutStrategy }
        : { machineTemplate: { spec: { infrastructureRef } }, rollout: { strategy: rolloutStrategy } }),
      ...spec,
    },
    {
      observedGeneration: 2,
      replicas: 3,
      version: "v1.34.0",
      versions: [{ version: "v1.34.0", replicas: 3 }],
      ...(contract === "v1beta1" ? { initialized: true } : { initialization: { controlPlaneInitialized: true } }),
      ...newStatus(contract, {
        readyReplicas: 3,
        availableReplicas: 3,
        upToDateReplicas: 3,
        conditions: [condition("Available", "True", "Available")],
      }),
      ...status,
    },
  );
}

export function machineDeployment(contract: Contract, name: string, meta: MetaOverrides = {}, spec: RawObject = {}): RawObject {
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: "25%" } };
  return objectOf(
    `cluster.x-k8s.io/${contract}`,
    "MachineDeployment",
    { name, ...meta },
    {
      replicas: 2,
      template: { spec: { version: "v1.34.0", infrastructureRef: reference(contract, "DevMachineTemplate", `${name}-infra`) } },
      ...(contract === "v1beta1" ? { strategy } : { rollout: { strategy } }),
      ...spec,
    },
    {
      observedGeneration: 2,
      replicas: 2,
      versions: [{ version: "v1.34.0", replicas: 2 }],
      ...newStatus(contract, {
        readyReplicas: 2,
        availableReplicas: 2,
        upToDateReplicas: 1,
        conditions: [condition("Available", "True", "Available")],
      }),
    },
  );
}

export function machineSet(contract: Contract, name: string, deployment: string): RawObject {
  return objectOf(
    `cluster.x-k8s.io/${contract}`,
    "MachineSet",
    { name, owner: { kind: "MachineDeployment", name: deployment } },
    {
      replicas: 2,
      template: { spec: { version: "v1.34.0", infrastructureRef: reference(contract, "DevMachineTemplate", `${deployment}-infra`) } },
    },
    newStatus(contract, { conditions: [] }),
  );
}

export function machine(contract: Contract, name: string, meta: MetaOverrides = {}, conditions: readonly RawObject[] = []): RawObject {
  return objectOf(
    `cluster.x-k8s.io/${contract}`,
    "Machine",
    { name, ...meta },
    { version: "v1.34.0", infrastructureRef: reference(contract, "DevMachine", name) },
    {
      phase: "Running",
      nodeRef: contract === "v1beta1" ? { apiVersion: "v1", kind: "Node", name: `node-${name}` } : { name: `node-${name}` },
      nodeInfo: { kubeletVersion: "v1.34.0" },
      ...newStatus(contract, {
        conditions: [condition("Ready", "True", "Ready"), condition("UpToDate", "True", "UpToDate"), ...conditions],
      }),
    },
  );
}

export const NOT_READ: WorkloadSnapshot = { state: "not-read", message: "not asked for" };

export function clusterObjects(cluster: RawObject, rest: Partial<ClusterObjects> = {}): ClusterObjects {
  return {
    cluster,
    controlPlane: undefined,
    clusterClass: undefined,
    machineDeployments: [],
    machinePools: [],
    machineSets: [],
    machines: [],
    templates: [],
    controlPlaneInfrastructure: [],
    workload: NOT_READ,
    gaps: [],
    ...rest,
  };
}
