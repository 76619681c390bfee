import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import { oncePerObject } from "../../store/once-per-object.ts";

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
  if (gone.length === 0 && hasAll(current, desired)) return current;
  const kept = Object.entries(current ?? {}).filter(([key]) => !gone.includes(key));
  return { ...Object.fromEntries(kept), ...desired };
}

function hasAll(current: Readonly<Record<string, string>> | undefined, desired: Readonly<Record<string, string>>): boolean {
  for (const key in desired) if (current?.[key] !== desired[key]) return false;
  return true;
}

function ownedKeys({ metadata }: StoredObject, field: "labels" | "annotations", manager: string): readonly string[] {
  const keys: string[] = [];
  for (const { manager: owner, subresource, fieldsV1 } of metadata.managedFields ?? []) {
    if (owner !== manager || subresource !== undefined) continue;
    // FieldsV1 is a tree of maps.
    const fields = (fieldsV1["f:metadata"] as JsonMap | undefined)?.[`f:${field}`] as JsonMap | undefined;
    if (fields !== undefined) keys.push(...keysOf(fields));
  }
  return keys;
}

/** Ten thousand objects own the same few sets of labels, which are one object (`field-management/interned-sets.ts`). */
const keysOf = oncePerObject((fields: JsonMap): readonly string[] =>
  Object.keys(fields).flatMap((element) => (element.startsWith("f:") ? [element.slice(2)] : [])),
);
