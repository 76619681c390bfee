import type { Given } from "./scene.ts";

export const time = "2026-11-24T00:00:00Z";
export const label = { "cluster.x-k8s.io/cluster-name": "c" };
export const ownedByCluster = {
  labels: label,
  ownerReferences: [{ apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", name: "c", uid: "c" }],
};
export const refs = {
  infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevCluster", name: "infra" },
  controlPlaneRef: { apiGroup: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", name: "cp" },
};
export const topology = { classRef: { name: "class" }, version: "v1.34.0" };

type Fields = Readonly<Record<string, unknown>>;

/** Cluster `c`, as the controller has seen it before. */
export function cluster(spec: Fields, status: Fields = {}, metadata: Partial<Given["metadata"]> = {}): Given {
  const conditions = [
    { type: "Paused", status: "False", reason: "NotPaused", message: "", lastTransitionTime: time, observedGeneration: 1 },
  ];
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata: { name: "c", finalizers: ["cluster.cluster.x-k8s.io"], ...metadata },
    spec,
    status: { ...status, conditions: [...conditions, ...((status["conditions"] as readonly object[] | undefined) ?? [])] },
  };
}

export function core(kind: string, name: string, parts: Partial<Given> = {}): Given {
  return { apiVersion: "cluster.x-k8s.io/v1beta2", kind, ...parts, metadata: { labels: label, ...parts.metadata, name } };
}

export function infra(status: Fields = { initialization: { provisioned: true } }, spec: Fields = {}): Given {
  return {
    ...core("DevCluster", "infra"),
    apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
    metadata: { name: "infra" },
    spec,
    status,
  };
}

export function controlPlane(status: Fields = { initialization: { controlPlaneInitialized: true } }, spec: Fields = {}): Given {
  return {
    ...core("KubeadmControlPlane", "cp"),
    apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
    metadata: { name: "cp" },
    spec,
    status,
  };
}

export function condition(type: string, status: string, reason: string, message = ""): Fields {
  return { type, status, reason, message, lastTransitionTime: time };
}
