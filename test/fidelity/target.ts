import type { Clock } from "../../src/clock.ts";
import type { CacheChange } from "../../src/kubernetes/watch-cache.ts";
import type { KubernetesObject } from "../../src/kubernetes/resource.ts";

/** The kinds that scenarios write or read. */
export const resources = {
  Namespace: { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false },
  Cluster: clusterApi("cluster.x-k8s.io", "clusters", "Cluster"),
  ClusterClass: clusterApi("cluster.x-k8s.io", "clusterclasses", "ClusterClass"),
  Machine: clusterApi("cluster.x-k8s.io", "machines", "Machine"),
  MachineSet: clusterApi("cluster.x-k8s.io", "machinesets", "MachineSet"),
  MachineDeployment: clusterApi("cluster.x-k8s.io", "machinedeployments", "MachineDeployment"),
  MachineHealthCheck: clusterApi("cluster.x-k8s.io", "machinehealthchecks", "MachineHealthCheck"),
  KubeadmControlPlane: clusterApi("controlplane.cluster.x-k8s.io", "kubeadmcontrolplanes", "KubeadmControlPlane"),
  KubeadmControlPlaneTemplate: clusterApi("controlplane.cluster.x-k8s.io", "kubeadmcontrolplanetemplates", "KubeadmControlPlaneTemplate"),
  KubeadmConfigTemplate: clusterApi("bootstrap.cluster.x-k8s.io", "kubeadmconfigtemplates", "KubeadmConfigTemplate"),
  DevCluster: clusterApi("infrastructure.cluster.x-k8s.io", "devclusters", "DevCluster"),
  DevClusterTemplate: clusterApi("infrastructure.cluster.x-k8s.io", "devclustertemplates", "DevClusterTemplate"),
  DevMachineTemplate: clusterApi("infrastructure.cluster.x-k8s.io", "devmachinetemplates", "DevMachineTemplate"),
} as const;

export type Kind = keyof typeof resources;

/** The kinds whose changes make a history. */
export const watchedKinds = [
  "Cluster",
  "KubeadmControlPlane",
  "MachineDeployment",
  "MachineSet",
  "Machine",
] as const satisfies readonly Kind[];

export type WatchedKind = (typeof watchedKinds)[number];

/** A management cluster, real or not, in one namespace. A refused write rejects with ApiError. */
export interface Target {
  readonly namespace: string;
  readonly clock: Clock;
  /** Resolves with what was stored, as does `patch`. */
  apply(kind: Kind, object: KubernetesObject): Promise<KubernetesObject>;
  patch(kind: Kind, name: string, mergePatch: unknown): Promise<KubernetesObject>;
  delete(kind: Kind, name: string): Promise<void>;
  /** Of the workload cluster `demo`. */
  deleteNode(name: string): Promise<void>;
  /** Tells every change of the watched kinds from now on; resolves once it is listening. Returns how to stop. */
  watch(onChange: (kind: WatchedKind, change: CacheChange) => void): Promise<() => void>;
}

function clusterApi<Group extends string, Plural extends string, Name extends string>(group: Group, plural: Plural, kind: Name) {
  return { group, version: "v1beta2", plural, kind, namespaced: true } as const;
}
