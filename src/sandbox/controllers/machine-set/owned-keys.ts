import type { JsonMap, StoredObject } from "../../store/stored-object.ts";

/**
 * Labels or annotations after a server-side apply of `desired` by that manager, with force: what the manager set before and no longer wants goes, what others set stays. Gives the same
 * object when nothing changes.
 */
export function withOwnedKeys(
  object: StoredObject,
  field: "labels" | "annotations",
  desired: Readonly<Record<string, string>>,
  manager: string,
): Readonly<Record<string, string>> | undefined {
  const current = object.metadata[field];
  const gone = ownedKeys(object, field, manager).filter((key) => desired[key] === undefined && current?.[key] !== undefined);
  const isThere = Object.entries(desired).every(([key, value]) => current?.[key] === value);
  if (gone.length === 0 && isThere) return current;
  const kept = Object.entries(current ?? {}).filter(([key]) => !gone.includes(key));
  return { ...Object.fromEntries(kept), ...desired };
}

function ownedKeys({ metadata }: StoredObject, field: "labels" | "annotations", manager: string): readonly string[] {
  return (metadata.managedFields ?? [])
    .filter((entry) => entry.manager === manager && entry.subresource === undefined)
    .flatMap(({ fieldsV1 }) => {
      // FieldsV1 is a tree of maps.
      const fields = (fieldsV1["f:metadata"] as JsonMap | undefined)?.[`f:${field}`] as JsonMap | undefined;
      return Object.keys(fields ?? {}).flatMap((key) => (key.startsWith("f:") ? [key.slice(2)] : []));
    });
}
