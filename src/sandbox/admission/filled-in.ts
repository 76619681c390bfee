import type { StoredObject } from "../store/stored-object.ts";

export const clusterNameLabel = "cluster.x-k8s.io/cluster-name";

type Labels = Readonly<Record<string, string>>;

/** The same map when it says so already. */
export function withEntry(map: Labels | undefined, key: string, value: string): Labels {
  return map?.[key] === value ? map : { ...map, [key]: value };
}

export function withLabel(object: StoredObject, key: string, value: string): StoredObject {
  const labels = withEntry(object.metadata.labels, key, value);
  return labels === object.metadata.labels ? object : { ...object, metadata: { ...object.metadata, labels } };
}

/** A copy with these fields, or the same when it has them already. */
export function withFields<T extends object>(value: T, fields: Partial<T>): T {
  for (const key of Object.keys(fields) as (keyof T)[]) {
    if (value[key] !== fields[key]) return { ...value, ...fields };
  }
  return value;
}

/** Versions without a `v` are put right; none stays none. */
export function withV(version: string | undefined): string | undefined {
  return version === undefined || version === "" || version.startsWith("v") ? version : `v${version}`;
}
