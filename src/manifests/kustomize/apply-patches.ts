import { hasId, objectsIn, rememberId, withDoubt, withValue, type BuiltObject } from "./built-object.ts";
import { applyJsonPatch } from "./json-patch.ts";
import type { LoadedPatch, PatchEntry } from "./patch-entries.ts";
import { describeId, sameId } from "./resource-identity.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { selects } from "./target-selector.ts";
import { emptyMap, scalarsOf, valueAt, withEntry, type TrackedList, type TrackedMap } from "./tracked-value.ts";

/** The objects after all patches, in order. What kustomize would refuse, or what is unclear, becomes a doubt of every object. */
export function applyPatches(objects: readonly BuiltObject[], entries: readonly PatchEntry[]): readonly BuiltObject[] {
  let current = objects;
  for (const entry of entries) {
    const patched = entry.kind === "unclear" ? doubtAll(current, entry.why) : applyPatch(current, entry.patch);
    // Where one patch fails, kustomize builds nothing at all: the doubt is everybody's, and outlives the object.
    const failures = new Set(current.flatMap(({ doubts }) => doubts).concat(patched.flatMap(({ doubts }) => doubts)));
    current = [...failures].reduce(doubtAll, patched);
  }
  return current;
}

export function doubtAll(objects: readonly BuiltObject[], doubt: string): readonly BuiltObject[] {
  return objects.map((object) => withDoubt(object, doubt));
}

function applyPatch(objects: readonly BuiltObject[], patch: LoadedPatch): readonly BuiltObject[] {
  const { documents } = patch.documents;
  const [first, second] = documents;
  if (first === undefined) return doubtAll(objects, `the patch ${patch.where} is empty; kustomize refuses it`);
  if (first.value.kind === "list") {
    if (second !== undefined) return doubtAll(objects, `the JSON patch ${patch.where} has more than one document`);
    return applyOperations(objects, patch, first.value);
  }
  const read = objectsIn(patch.where, documents);
  if (read.kind === "unusable")
    return doubtAll(objects, `the patch ${patch.where} is neither a strategic-merge nor a JSON patch: ${read.why}`);
  if (patch.target !== undefined) {
    const [only, another] = read.objects;
    if (only === undefined || another !== undefined)
      return doubtAll(objects, `the patch ${patch.where} has a target and not exactly one document; kustomize refuses it`);
    const { target } = patch;
    return objects.flatMap((object) => (selects(target, object) ? merge(object, only.value, patch) : [object]));
  }
  let current = objects;
  for (const { id, value } of read.objects) {
    const matches = current.filter((object) => hasId(object, (other) => sameId(other, id)));
    if (matches.length !== 1) {
      const found = matches.length === 0 ? "no object" : "several objects";
      return doubtAll(
        current,
        `the patch ${patch.where} is for ${describeId(id)} and ${found} of the kustomization is called so; kustomize refuses it`,
      );
    }
    current = current.flatMap((object) => (object === matches[0] ? merge(object, value, patch) : [object]));
  }
  return current;
}

/** What kustomize does with a patch's own names: identity stays unless the patch may change it, the namespace stays always. */
function merge(object: BuiltObject, patch: TrackedMap, { where, mayRename }: LoadedPatch): readonly BuiltObject[] {
  const merged = strategicMerge(object.value, withoutIdentity(patch, mayRename));
  if (merged.kind === "unclear") return [withDoubt(object, `the patch ${where}: ${merged.why}`)];
  if (merged.kind === "deleted") return [];
  const patched = withValue(mayRename ? rememberId(object) : object, merged.value);
  return [hasLists(patch) ? { ...patched, listPatched: true } : patched];
}

function withoutIdentity(patch: TrackedMap, mayRename: boolean): TrackedMap {
  const metadata = valueAt(patch, ["metadata"]);
  let own = metadata?.kind === "map" ? withEntry(metadata, "namespace", undefined) : emptyMap;
  if (!mayRename) own = withEntry(own, "name", undefined);
  // An object that is selected by a target keeps its own group and version.
  const body = mayRename ? patch : withEntry(withEntry(patch, "kind", undefined), "apiVersion", undefined);
  return withEntry(body, "metadata", own);
}

function hasLists(value: TrackedMap): boolean {
  for (const { path } of scalarsOf(value)) if (path.some((step) => typeof step === "number")) return true;
  return false;
}

function applyOperations(objects: readonly BuiltObject[], { where, target }: LoadedPatch, operations: TrackedList): readonly BuiltObject[] {
  if (target === undefined) return doubtAll(objects, `the JSON patch ${where} has no target; kustomize refuses it`);
  return objects.map((object) => {
    if (!selects(target, object)) return object;
    const patched = applyJsonPatch(object.value, operations);
    if (patched.kind === "fails") return withDoubt(object, `the patch ${where} fails: ${patched.why}`);
    return withValue(rememberId(object), patched.value);
  });
}
