import { type TrackedMap, wordAt } from "./tracked-value.ts";

/** How kustomize tells resources apart (kyaml resid). */
export interface ResourceId {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Kinds that kustomize's built-in schema knows to be cluster-wide; everything else, custom resources included, counts as namespaced. */
const clusterScopedKinds = new Set([
  "APIService",
  "CSIDriver",
  "CSINode",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "ComponentStatus",
  "CustomResourceDefinition",
  "FlowSchema",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
]);

export function isClusterScoped({ group, kind }: Pick<ResourceId, "group" | "kind">): boolean {
  return clusterScopedKinds.has(kind) && (group === "" || group.endsWith(".k8s.io")) && !group.endsWith("x-k8s.io");
}

/** The namespace that kustomize compares: none and `default` are the same. */
export function effectiveNamespace(id: ResourceId): string {
  if (isClusterScoped(id)) return "_non_namespaceable_";
  return id.namespace === "" ? "default" : id.namespace;
}

export function sameId(a: ResourceId, b: ResourceId): boolean {
  return (
    a.name === b.name &&
    a.kind === b.kind &&
    a.group === b.group &&
    a.version === b.version &&
    effectiveNamespace(a) === effectiveNamespace(b)
  );
}

/** Splits `apiVersion` at its first slash. */
export function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? { group: "", version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** What a resource (or a strategic-merge patch) calls itself. */
export function idOf(resource: TrackedMap): ResourceId {
  return {
    ...parseApiVersion(wordAt(resource, ["apiVersion"])),
    kind: wordAt(resource, ["kind"]),
    namespace: wordAt(resource, ["metadata", "namespace"]),
    name: wordAt(resource, ["metadata", "name"]),
  };
}

/** `KubeadmControlPlane demo/cp` */
export function describeId({ kind, namespace, name }: Pick<ResourceId, "kind" | "namespace" | "name">): string {
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
