import type { ResourceType } from "../../../api/resource-type.ts";

/** Types of the tests: no schema, just names. */
export function resourceType(key: string): ResourceType {
  const kind = key.split(".")[0]!;
  const group = key.slice(kind.length + 1);
  const isConfiguration = ["Secret", "ConfigMap"].includes(kind);
  return {
    key,
    group,
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: kind !== "Node",
    versions: [{ name: group.endsWith("x-k8s.io") ? "v1beta2" : "v1", served: true }],
    storageVersion: group.endsWith("x-k8s.io") ? "v1beta2" : "v1",
    hasStatus: !isConfiguration,
    withoutGeneration: isConfiguration,
  };
}
