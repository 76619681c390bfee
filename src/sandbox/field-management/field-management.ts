import { ApiStatusError, badRequest } from "../api/api-status-error.ts";
import type { ApplyRequest, FieldChange, FieldManagement } from "../api/objects.ts";
import { apiVersion, storageSchema, type ResourceType } from "../api/resource-type.ts";
import { sameJson } from "../store/same-json.ts";
import type { GivenObject, ManagedFieldsEntry } from "../store/stored-object.ts";
import { applyConflict } from "./apply-conflict.ts";
import { appliedErrors, appliedFields, withNamedFields } from "./applied-fields.ts";
import { compareMaps, type Difference } from "./compare.ts";
import { difference, intersection, sameSet, union, type FieldSet } from "./field-set.ts";
import { createInternedSets, type InternedSets } from "./interned-sets.ts";
import { capped, entriesToKeep, entryOf, fieldsOf, isOf, sorted, unchangedOr, withFields, type Writer } from "./managed-entries.ts";
import { mergeMaps, withoutFields, withoutNulls } from "./merge.ts";
import { emptyStruct, rootShape, type Shape } from "./shape.ts";

type Entries = readonly ManagedFieldsEntry[];

/**
 * Field management as kube-apiserver 1.36 does it (structured-merge-diff v6). All versions of a type are kept in the shape of the storage version. Not done: moving the ownership of
 * client-side apply (`kubectl.kubernetes.io/last-applied-configuration`) over to server-side apply.
 */
export function createFieldManagement(): FieldManagement {
  const sets = createInternedSets();
  return { afterUpdate: (change) => afterUpdate(change, sets), apply: (request) => apply(request, sets) };
}

function afterUpdate({ type, before, after, manager, version, subresource, time }: FieldChange, sets: InternedSets): Entries {
  const kept = entriesToKeep(before, after, subresource);
  // What nobody tracks is not tracked from the middle on: only the first apply begins with it.
  if (before !== undefined && kept.length === 0) return kept;
  const writer = {
    manager: manager === "" ? "unknown" : manager,
    operation: "Update",
    apiVersion: apiVersion(type.group, version),
    subresource,
  } as const;
  const found = compareMaps(shapeOf(type), before ?? emptyObject(type), after, ignored(type, subresource));
  return found === undefined ? kept : capped(updated(kept, writer, stripped(found), time, sets), sets);
}

/** Entries after an update: the writer owns what it changed, nobody else does, and nobody owns what is gone. */
function updated(entries: Entries, writer: Writer, { changed, removed }: Difference, time: string, sets: InternedSets): Entries {
  const left: ManagedFieldsEntry[] = [];
  let own: ManagedFieldsEntry | undefined;
  for (const entry of entries) {
    if (isOf(entry, writer)) {
      own = entry;
      continue;
    }
    const fields = difference(difference(fieldsOf(entry), changed), removed);
    if (fields !== undefined) left.push(withFields(entry, fields, sets));
  }
  const fields = union(difference(own === undefined ? undefined : fieldsOf(own), removed), changed);
  if (fields !== undefined) {
    const interned = fields === own?.fieldsV1 ? fields : sets.intern(fields);
    // Only what it took tells when it last wrote; taking away does not.
    const when = changed === undefined ? own?.time : time;
    left.push(own !== undefined && own.time === when && own.fieldsV1 === interned ? own : entryOf(writer, interned, when));
  }
  return unchangedOr(entries, sorted(left));
}

function apply(request: ApplyRequest, sets: InternedSets): GivenObject {
  const { type, live, applied, version, subresource, force, time } = request;
  if (applied.metadata?.managedFields !== undefined && applied.metadata.managedFields !== null)
    throw badRequest("metadata.managedFields must be nil");
  const writer: Writer = {
    manager: request.manager === "" ? "unknown" : request.manager,
    operation: "Apply",
    apiVersion: apiVersion(type.group, version),
    subresource,
  };
  const shape = shapeOf(type);
  const skip = ignored(type, subresource);
  refuseMistakes(shape, applied, writer);
  const before = live ?? {};
  const entries = trackedEntries(request, shape, writer, sets);
  const last = entries.find((entry) => isOf(entry, writer));
  const others = entries.filter((entry) => entry !== last);
  const claimed = appliedFields(shape, applied, skip);
  const fields = stripMetadata(claimed);
  // What the server keeps is no part of what is merged.
  const { managedFields: _kept, ...metadata } = { ...live?.metadata };
  const start = live === undefined ? {} : { ...before, metadata };
  const merged = mergeMaps(shape, start, applied);
  const object = pruned(shape, merged, last === undefined ? undefined : fieldsOf(last), claimed, others);
  const { changed, removed } = stripped(compareMaps(shape, start, object, skip) ?? { changed: undefined, removed: undefined });
  const conflicts = others.flatMap((entry) => {
    const both = intersection(fieldsOf(entry), changed);
    return both === undefined ? [] : [{ entry, fields: both }];
  });
  if (!force && conflicts.length > 0) throw applyConflict(conflicts);
  const left = others.flatMap((entry) => {
    const rest = difference(difference(fieldsOf(entry), changed), removed);
    return rest === undefined ? [] : [withFields(entry, rest, sets)];
  });
  // An apply that leaves the object as it was does not count as a write of this manager.
  const result = object === merged ? object : withoutNulls(object, merged);
  const when = sameJson(start, object) ? last?.time : time;
  if (fields !== undefined) {
    const same = last !== undefined && sameSet(fieldsOf(last), fields);
    left.push(
      same && last.time === when && last.apiVersion === writer.apiVersion
        ? last
        : entryOf(writer, same ? fieldsOf(last) : sets.intern(fields), when),
    );
  }
  const managedFields = unchangedOr(live?.metadata.managedFields, sorted(left));
  if (live !== undefined && managedFields === live.metadata.managedFields && result === start) return live;
  return { ...result, metadata: { ...(result["metadata"] as GivenObject["metadata"]), managedFields } };
}

/** What is there before anybody applied, and nobody tracked, belongs to `before-first-apply`. */
function trackedEntries({ type, live, time }: ApplyRequest, shape: Shape, writer: Writer, sets: InternedSets): Entries {
  const kept = live?.metadata.managedFields ?? [];
  if (live === undefined || kept.length > 0) return kept;
  const found = compareMaps(shape, emptyObject(type), live, ignored(type, writer.subresource));
  return found === undefined
    ? kept
    : updated(kept, { ...writer, manager: "before-first-apply", operation: "Update" }, stripped(found), time, sets);
}

/** Takes out what this manager applied last time and does not apply now, unless somebody else owns it. */
function pruned(shape: Shape, merged: Fields, last: FieldSet | undefined, now: FieldSet | undefined, others: Entries): Fields {
  if (last === undefined) return merged;
  const before = withNamedFields(shape, last);
  if (difference(before, now === undefined ? undefined : withNamedFields(shape, now)) === undefined) return merged;
  const remove = (set: FieldSet | undefined): Fields => (set === undefined ? merged : (withoutFields(shape, merged, set) ?? {}));
  const named = (map: Fields): FieldSet | undefined => {
    const set = appliedFields(shape, map);
    return set === undefined ? undefined : withNamedFields(shape, set);
  };
  const all = named(merged);
  const owned = others.reduce((sum, entry) => union(sum, fieldsOf(entry)), now);
  const keep = union(named(remove(before)), owned === undefined ? undefined : withNamedFields(shape, owned));
  const withOwned = remove(difference(all, keep));
  return remove(intersection(difference(all, named(withOwned)), before));
}

type Fields = Readonly<Record<string, unknown>>;

function refuseMistakes(shape: Shape, applied: GivenObject, { apiVersion: version }: Writer): void {
  const errors = appliedErrors(shape, applied);
  if (errors.length === 0) return;
  const { name, namespace } = applied.metadata ?? {};
  const what = errors.length === 1 ? errors[0]! : ["errors:", ...errors.map((error) => `  ${error}`)].join("\n");
  const [group, short] = version.includes("/") ? version.split("/") : ["", version];
  throw new ApiStatusError(
    500,
    "",
    `failed to create typed patch object (${namespace ?? ""}/${name ?? ""}; ${group === "" ? "" : `${group}/`}${short}, Kind=${applied.kind ?? ""}): ${what}`,
  );
}

/** What a create is compared with. Kinds that are built in are Go structs: some of their fields are there even when they are empty. */
function emptyObject(type: ResourceType): Fields {
  const builtIn = !type.group.includes(".") || type.group.endsWith(".k8s.io");
  return builtIn ? emptyStruct(storageSchema(type)) : {};
}

function shapeOf(type: ResourceType): Shape {
  return rootShape(storageSchema(type));
}

/** Fields of the object that a request does not write at all: the status, or all but the status. */
function ignored(type: ResourceType, subresource: "status" | undefined): (field: string) => boolean {
  if (subresource === "status") return isOutsideStatus;
  return type.hasStatus ? isTypeOrStatus : isTypeField;
}

const isTypeField = (field: string): boolean => field === "apiVersion" || field === "kind";
const isTypeOrStatus = (field: string): boolean => isTypeField(field) || field === "status";
const isOutsideStatus = (field: string): boolean => isTypeField(field) || field === "metadata" || field === "spec";

/** Nobody owns these (apimachinery stripmeta.go), nor metadata as a whole. */
const untracked: FieldSet = {
  "f:metadata": Object.fromEntries([
    [".", {}],
    ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"].map(
      (field): [string, FieldSet] => [`f:${field}`, {}],
    ),
  ]),
};

function stripped({ changed, removed }: Difference): Difference {
  return { changed: stripMetadata(changed), removed: stripMetadata(removed) };
}

function stripMetadata(set: FieldSet | undefined): FieldSet | undefined {
  return set?.["f:metadata"] === undefined ? set : difference(set, untracked);
}
