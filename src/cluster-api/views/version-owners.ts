import type { FieldOwner } from "../../upgrade/cluster-snapshot.ts";
import { asRecord, asText, asTime, valueAt, type RawObject } from "./fields.ts";

/** Managers that own the field at `path` by `metadata.managedFields`, the last writer first. Empty where the server sent none. */
export function fieldOwners(object: RawObject, path: string): readonly FieldOwner[] {
  const entries = valueAt(object, "metadata.managedFields");
  if (!Array.isArray(entries)) return [];
  const fieldPath = path
    .split(".")
    .map((key) => `f:${key}`)
    .join(".");
  const owners = entries.flatMap((value: unknown): FieldOwner[] => {
    const entry = asRecord(value);
    const manager = asText(entry?.["manager"]);
    if (manager === undefined || valueAt(entry?.["fieldsV1"], fieldPath) === undefined) return [];
    return [{ manager, operation: entry?.["operation"] === "Apply" ? "Apply" : "Update", at: asTime(entry?.["time"]) }];
  });
  return owners.sort((a, b) => (b.at ?? 0) - (a.at ?? 0));
}
