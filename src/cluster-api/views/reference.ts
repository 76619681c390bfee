import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { asText, type RawObject } from "./fields.ts";
import { groupOf } from "./object-meta.ts";

/**
 * A reference of either contract version: `{apiVersion, kind, name, namespace?}` (v1beta1) or `{apiGroup, kind, name}` (v1beta2).
 * Undefined unless it names a kind and an object. Every reference of Cluster API stays inside the namespace.
 */
export function readReference(value: RawObject | undefined, namespace: string): ObjectReference | undefined {
  const kind = asText(value?.["kind"]);
  const name = asText(value?.["name"]);
  if (value === undefined || !kind || !name) return undefined;
  const group = asText(value["apiGroup"]) ?? groupOf(asText(value["apiVersion"]));
  return { group, kind, namespace: asText(value["namespace"]) || namespace, name };
}
