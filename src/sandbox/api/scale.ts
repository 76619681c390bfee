import type { StoredObject } from "../store/stored-object.ts";
import { badRequest } from "./api-status-error.ts";
import type { Objects, WriteOptions } from "./objects.ts";
import type { ResourceType } from "./resource-type.ts";
import { valuesAt } from "./table.ts";

/** The scale subresource (autoscaling/v1): replicas as one number, whatever the kind. */
export function readScale(type: ResourceType, object: StoredObject): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const { specReplicasPath = "", statusReplicasPath = "", labelSelectorPath } = type.scale ?? {};
  const selector = labelSelectorPath === undefined ? undefined : valuesAt(object, labelSelectorPath)[0];
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: valuesAt(object, specReplicasPath)[0] ?? 0 },
    status: { replicas: valuesAt(object, statusReplicasPath)[0] ?? 0, ...(selector === undefined ? {} : { selector }) },
  };
}

/** Sets `spec.replicas`; gives the new Scale. */
export function writeScale(
  objects: Objects,
  type: ResourceType,
  namespace: string | undefined,
  name: string,
  body: unknown,
  options: WriteOptions,
): object {
  const replicas = (body as { readonly spec?: { readonly replicas?: unknown } } | undefined)?.spec?.replicas ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas) || replicas < 0)
    throw badRequest("spec.replicas must be a whole number, not below 0");
  const written = objects.modify(
    type,
    namespace,
    name,
    (live) => ({ ...live, spec: { ...(live["spec"] as Readonly<Record<string, unknown>>), replicas } }),
    options,
  );
  return readScale(type, written);
}
