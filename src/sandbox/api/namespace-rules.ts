import type { StoredObject } from "../store/stored-object.ts";
import type { ResourceType } from "./resource-type.ts";

/** A namespace is held by finalizers of its own in `spec`, which only `/finalize` can change (registry/core/namespace). */
function isNamespace({ key }: ResourceType): boolean {
  return key === "Namespace";
}

/** A new namespace is active, held, and has its name as a label. */
export function asNewNamespace(type: ResourceType, object: StoredObject): StoredObject {
  if (!isNamespace(type)) return object;
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, labels: { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
}

export function isHeldNamespace(type: ResourceType, object: StoredObject): boolean {
  return isNamespace(type) && ((object["spec"] as { readonly finalizers?: readonly string[] } | undefined)?.finalizers ?? []).length > 0;
}

/** What an update that does not come by `/finalize` leaves of it. */
export function withSpecOf(type: ResourceType, previous: StoredObject, object: StoredObject): StoredObject {
  return isNamespace(type) && object["spec"] !== previous["spec"] ? { ...object, spec: previous["spec"] } : object;
}

/** On its way out: unlike other kinds without a time to wait, and at once in its phase. */
export function asTerminatingNamespace(type: ResourceType, object: StoredObject): StoredObject {
  if (!isNamespace(type)) return object;
  const { deletionGracePeriodSeconds: _none, ...metadata } = object.metadata;
  return { ...object, metadata, status: { ...(object["status"] as object | undefined), phase: "Terminating" } };
}
