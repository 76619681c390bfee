import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import type { RawObject } from "../raw-object.ts";

export const COMMIT = "1".repeat(40);
export const OLDER = "0".repeat(40);
export const NEWER = "2".repeat(40);

export const demo: ObjectReference = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "clusters", name: "demo" };

export interface Overrides {
  readonly metadata?: RawObject;
  readonly spec?: RawObject;
  readonly status?: RawObject;
}

/** An Application of Argo CD with automated sync, all else as given. */
export function application({ metadata, spec, status }: Overrides = {}): RawObject {
  return {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name: "capi", namespace: "argocd", ...metadata },
    spec: {
      project: "default",
      destination: { server: "https://kubernetes.default.svc", namespace: "clusters" },
      source: { repoURL: "https://git.example.com/fleet.git", path: "clusters", targetRevision: "main" },
      syncPolicy: { automated: {} },
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

export function kustomization({ metadata, spec, status }: Overrides = {}): RawObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "clusters", namespace: "flux-system", generation: 1, ...metadata },
    spec: { interval: "10m", path: "./clusters", prune: false, sourceRef: { kind: "GitRepository", name: "fleet" }, ...spec },
    ...(status === undefined ? {} : { status: { observedGeneration: 1, ...status } }),
  };
}

export function gitRepository({ metadata, spec, status }: Overrides = {}): RawObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name: "fleet", namespace: "flux-system", generation: 1, ...metadata },
    spec: { interval: "1m", url: "https://git.example.com/fleet.git", ref: { branch: "main" }, ...spec },
    ...(status === undefined ? {} : { status: { observedGeneration: 1, ...status } }),
  };
}

export function helmRelease({ metadata, spec, status }: Overrides = {}): RawObject {
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name: "demo", namespace: "clusters", generation: 1, ...metadata },
    spec: {
      interval: "10m",
      chart: { spec: { chart: "./charts/cluster", sourceRef: { kind: "GitRepository", name: "fleet", namespace: "flux-system" } } },
      ...spec,
    },
    ...(status === undefined ? {} : { status: { observedGeneration: 1, ...status } }),
  };
}

export function secret(
  name: string,
  namespace: string,
  data: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): RawObject {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace, labels }, data: encoded };
}

export function condition(type: string, status: string, reason: string, message = "", at = "2026-11-29T10:00:00Z"): RawObject {
  return { type, status, reason, message, lastTransitionTime: at };
}
