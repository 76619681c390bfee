import type { Schema } from "../api/resource-type.ts";
import { fieldSchema, isFields, rootSchema, type CompiledSchema, type Fields } from "./compiled-schema.ts";

/**
 * The object without the fields that its schema does not know, and without nulls where null is not allowed; the same object where there are none (apiextensions-apiserver schema/pruning). The root's apiVersion,
 * kind and metadata stay. `pruned`: paths of the unknown fields, as `fieldValidation=Strict` names them. Parts of `previous` that are still in place have been pruned before.
 */
export function pruneUnknown<T>(schema: Schema, object: T, previous?: unknown): { readonly object: T; readonly pruned: readonly string[] } {
  const walk: Walk = { place: [], pruned: [] };
  const left = prune(rootSchema(schema), object, previous, walk);
  // Fields went, none became another.
  return { object: left as T, pruned: walk.pruned.sort() };
}

interface Walk {
  /** Names and indexes that lead to the value; they become a path only where there is something to tell. */
  readonly place: (string | number)[];
  readonly pruned: string[];
}

function prune(schema: CompiledSchema, value: unknown, previous: unknown, walk: Walk): unknown {
  if (value === previous || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return pruneList(schema, value, previous, walk);
  return isFields(value) ? pruneFields(schema, value, isFields(previous) ? previous : undefined, walk) : value;
}

function pruneList({ items }: CompiledSchema, list: readonly unknown[], previous: unknown, walk: Walk): readonly unknown[] {
  if (items === undefined) return list;
  const before: readonly unknown[] = Array.isArray(previous) ? previous : [];
  let changed: unknown[] | undefined;
  list.forEach((item, index) => {
    if (item === before[index]) return;
    walk.place.push(index);
    const left = prune(items, item, before[index], walk);
    walk.place.pop();
    if (left !== item) (changed ??= [...list])[index] = left;
  });
  return changed ?? list;
}

function pruneFields(schema: CompiledSchema, fields: Fields, previous: Fields | undefined, walk: Walk): Fields {
  let changed: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value !== null && value === previous?.[name]) continue;
    if (schema.embedded && isTypeOrMetadata(name)) continue;
    const below = fieldSchema(schema, name);
    if (below === undefined) {
      if (schema.preserves) continue;
      walk.pruned.push(pathOf([...walk.place, name]));
      delete (changed ??= { ...fields })[name];
    } else if (value === null) {
      if (!below.nullable && below.default === undefined) delete (changed ??= { ...fields })[name];
    } else if (typeof value === "object") {
      walk.place.push(name);
      const left = prune(below, value, previous?.[name], walk);
      walk.place.pop();
      if (left !== value) (changed ??= { ...fields })[name] = left;
    }
  }
  return changed ?? fields;
}

function pathOf(place: readonly (string | number)[]): string {
  return place.reduce<string>((path, each) => (typeof each === "number" ? `${path}[${each}]` : path === "" ? each : `${path}.${each}`), "");
}

function isTypeOrMetadata(name: string): boolean {
  return name === "apiVersion" || name === "kind" || name === "metadata";
}
