import { effectiveNamespace, idOf, type ResourceId } from "./resource-identity.ts";
import type { Selectable } from "./target-selector.ts";
import { type Tracked, type TrackedMap, valueAt, wordAt } from "./tracked-value.ts";
import type { ObjectPlace } from "../yaml/place.ts";
import type { TrackedDocument } from "./read-tracked.ts";

/** An object on its way through a build. */
export interface BuiltObject extends Selectable {
  /** Where it is written; undefined for a generated one. */
  readonly written?: ObjectPlace;
  /** The name that it is written with. */
  readonly writtenName: string;
  /** Reasons why the value may not be what kustomize would make of it. */
  readonly doubts: readonly string[];
  /** kustomize appends a hash of the contents to the name. */
  readonly hashed?: true;
  /** A patch replaced one of its lists; with a schema of one's own (`openapi`) kustomize might have merged it. */
  readonly listPatched?: true;
}

export type ObjectsResult =
  { readonly kind: "objects"; readonly objects: readonly BuiltObject[] } | { readonly kind: "unusable"; readonly why: string };

/** The objects of a file's documents. Kinds that end in `List` are taken apart. */
export function objectsIn(file: string, documents: readonly TrackedDocument[]): ObjectsResult {
  const objects: BuiltObject[] = [];
  // kustomize puts the items of a list after everything else of the file.
  const waiting: { value: Tracked; written: ObjectPlace }[] = documents.map(({ index, value }) => ({
    value,
    written: { file, document: index, path: [] },
  }));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { value, written } = next;
    const kind = wordAt(value, ["kind"]);
    if (value.kind !== "map" || kind === "") return { kind: "unusable", why: "a document is not a Kubernetes object: it has no kind" };
    const items = kind.endsWith("List") ? valueAt(value, ["items"]) : undefined;
    if (items?.kind === "list") {
      waiting.push(
        ...items.items.map((item, index) => ({ value: item, written: { ...written, path: [...written.path, "items", index] } })),
      );
      continue;
    }
    if (wordAt(value, ["metadata", "name"]) === "") return { kind: "unusable", why: `a ${kind} has no metadata.name` };
    objects.push(newObject(value, written));
  }
  return { kind: "objects", objects };
}

export function newObject(value: TrackedMap, written?: ObjectPlace): BuiltObject {
  const id = idOf(value);
  return { value, id, previousIds: [], writtenName: id.name, doubts: [], ...(written === undefined ? {} : { written }) };
}

/** The object with a new value; what it is called follows from it. */
export function withValue(object: BuiltObject, value: TrackedMap): BuiltObject {
  return { ...object, value, id: idOf(value) };
}

/** Remembers what the object is called now, before it is renamed. */
export function rememberId(object: BuiltObject): BuiltObject {
  // kustomize stores the namespace that it compares, not the one that is written.
  return { ...object, previousIds: [...object.previousIds, { ...object.id, namespace: effectiveNamespace(object.id) }] };
}

export function withDoubt(object: BuiltObject, doubt: string): BuiltObject {
  return object.doubts.includes(doubt) ? object : { ...object, doubts: [...object.doubts, doubt] };
}

/** Whether the object is now, or was, called so. */
export function hasId(object: BuiltObject, same: (id: ResourceId) => boolean): boolean {
  return same(object.id) || object.previousIds.some(same);
}
