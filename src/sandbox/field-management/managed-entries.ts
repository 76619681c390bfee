import type { GivenObject, ManagedFieldsEntry, StoredObject } from "../store/stored-object.ts";
import { sameSet, union, type FieldSet } from "./field-set.ts";
import type { InternedSets } from "./interned-sets.ts";

/** Who writes: entries are one per manager, operation and subresource; those of updates also one per version. */
export interface Writer {
  readonly manager: string;
  readonly operation: ManagedFieldsEntry["operation"];
  readonly apiVersion: string;
  readonly subresource: "status" | undefined;
}

type Entries = readonly ManagedFieldsEntry[];

export function isOf(entry: ManagedFieldsEntry, writer: Writer): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    (writer.operation === "Apply" || entry.apiVersion === writer.apiVersion) &&
    (entry.subresource ?? "") === (writer.subresource ?? "")
  );
}

export function fieldsOf(entry: ManagedFieldsEntry): FieldSet {
  // Entries that do not hold sets are sorted out when they come in.
  return entry.fieldsV1 as FieldSet;
}

/** The same entry when nothing about it changes. */
export function withFields(entry: ManagedFieldsEntry, fields: FieldSet, sets: InternedSets): ManagedFieldsEntry {
  return fields === entry.fieldsV1 ? entry : { ...entry, fieldsV1: sets.intern(fields) };
}

export function entryOf(writer: Writer, fields: FieldSet, time: string | undefined): ManagedFieldsEntry {
  return {
    manager: writer.manager,
    operation: writer.operation,
    apiVersion: writer.apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields,
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  };
}

/** The order in which the API server keeps them. */
export function sorted(entries: readonly ManagedFieldsEntry[]): Entries {
  return isInOrder(entries) ? entries : [...entries].sort(compareEntries);
}

function isInOrder(entries: Entries): boolean {
  for (let index = 1; index < entries.length; index += 1) if (compareEntries(entries[index - 1]!, entries[index]!) > 0) return false;
  return true;
}

function compareEntries(one: ManagedFieldsEntry, other: ManagedFieldsEntry): number {
  return (
    compare(one.operation, other.operation) ||
    compare(one.time ?? "", other.time ?? "") ||
    compare(one.manager, other.manager) ||
    compare(one.apiVersion, other.apiVersion) ||
    compare(one.subresource ?? "", other.subresource ?? "")
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** The entries that an update starts from: those that the client sent, if it sent proper ones (not with a subresource); else those that are kept. Empty: the client took them all away. */
export function entriesToKeep(before: StoredObject | undefined, after: GivenObject, subresource: "status" | undefined): Entries {
  const kept = before?.metadata.managedFields ?? [];
  const sent = after.metadata?.managedFields;
  if (subresource !== undefined || sent === undefined || sent === kept) return kept;
  if (sent.length === 0 || (sent.length === 1 && Object.keys(sent[0]!).length === 0)) return [];
  return sent.every(isProper) ? sorted(sent) : kept;
}

function isProper({ operation, apiVersion, fieldsType, fieldsV1 }: ManagedFieldsEntry): boolean {
  return (operation === "Apply" || operation === "Update") && apiVersion !== "" && fieldsType === "FieldsV1" && isSet(fieldsV1);
}

function isSet(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isSet);
}

/** At most ten entries of updates are kept apart; the oldest become one, `ancient-changes`, for each version. */
export function capped(entries: Entries, sets: InternedSets): Entries {
  if (entries.length <= 10) return entries;
  let surplus = entries.filter(({ operation }) => operation === "Update").length - 10;
  if (surplus <= 0) return entries;
  const oldest = entries
    .filter(({ operation }) => operation === "Update")
    .sort((one, other) => compare(one.time ?? "", other.time ?? "") || compare(identity(one), identity(other)));
  const left = new Set(entries);
  const firstOf = new Map<string, ManagedFieldsEntry>();
  for (const entry of oldest) {
    if (surplus <= 0) break;
    const first = firstOf.get(entry.apiVersion);
    if (first === undefined) {
      firstOf.set(entry.apiVersion, entry);
      continue;
    }
    const bucket: Writer = { manager: "ancient-changes", operation: "Update", apiVersion: entry.apiVersion, subresource: undefined };
    const there = [...left].find((each) => isOf(each, bucket)) ?? first;
    left.delete(first);
    left.delete(there);
    left.delete(entry);
    left.add(entryOf(bucket, sets.intern(union(fieldsOf(entry), fieldsOf(there))!), entry.time));
    surplus -= 1;
  }
  return sorted([...left]);
}

/** What structured-merge-diff knows managers by; conflicts are told in the order of it. */
export function identity({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  return JSON.stringify({
    manager,
    operation,
    ...(operation === "Apply" ? {} : { apiVersion }),
    ...(subresource === undefined ? {} : { subresource }),
  });
}

/** The entries as given when they say the same as those before, so that nothing seems to have changed. */
export function unchangedOr(before: Entries | undefined, entries: Entries): Entries {
  const same =
    before?.length === entries.length &&
    entries.every((entry, index) => {
      const old = before[index]!;
      return (
        entry === old ||
        (entry.time === old.time &&
          identity(entry) === identity(old) &&
          entry.apiVersion === old.apiVersion &&
          sameSet(fieldsOf(entry), fieldsOf(old)))
      );
    });
  return same ? before : entries;
}
