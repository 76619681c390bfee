import type { StoredObject } from "../store/stored-object.ts";
import { invalid } from "./api-status-error.ts";
import type { Objects, WriteOptions } from "./objects.ts";
import { invalidValue } from "./refusals.ts";
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
  const { metadata, spec } = (body ?? {}) as {
    readonly metadata?: { readonly resourceVersion?: string };
    readonly spec?: { readonly replicas?: unknown };
  };
  const replicas = spec?.replicas ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas) || replicas < 0) {
    throw invalid(type, name, [invalidValue(replicas, "should be a non-negative integer", ".spec.replicas")]);
  }
  const { resourceVersion } = metadata ?? {};
  const written = objects.modify(
    type,
    namespace,
    name,
    (live) => ({
      ...live,
      metadata: { ...live.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      spec: { ...(live["spec"] as Readonly<Record<string, unknown>>), replicas },
    }),
    options,
  );
  return readScale(type, written);
}
