import type { Schema } from "../api/resource-type.ts";
import { fieldSchema, isFields, rootSchema, type CompiledSchema, type Fields } from "./compiled-schema.ts";

/**
 * The object without the fields that its schema does not know, and without nulls where null is not allowed; the same object where there are none (apiextensions-apiserver schema/pruning). The root's apiVersion,
 * kind and metadata stay. `pruned`: paths of the unknown fields, as `fieldValidation=Strict` names them. Parts of `previous` that are still in place have been pruned before.
 */
export function pruneUnknown<T>(schema: Schema, object: T, previous?: unknown): { readonly object: T; readonly pruned: readonly string[] } {
  const pruned: string[] = [];
  const left = prune(rootSchema(schema), object, previous, "", pruned);
  // Fields went, none became another.
  return { object: left as T, pruned: pruned.sort() };
}

function prune(schema: CompiledSchema, value: unknown, previous: unknown, path: string, pruned: string[]): unknown {
  if (value === previous) return value;
  if (Array.isArray(value)) return pruneList(schema, value, previous, path, pruned);
  return isFields(value) ? pruneFields(schema, value, isFields(previous) ? previous : undefined, path, pruned) : value;
}

function pruneList(
  { items }: CompiledSchema,
  list: readonly unknown[],
  previous: unknown,
  path: string,
  pruned: string[],
): readonly unknown[] {
  if (items === undefined) return list;
  const before: readonly unknown[] = Array.isArray(previous) ? previous : [];
  let changed: unknown[] | undefined;
  list.forEach((item, index) => {
    const left = prune(items, item, before[index], `${path}[${index}]`, pruned);
    if (left !== item) (changed ??= [...list])[index] = left;
  });
  return changed ?? list;
}

function pruneFields(schema: CompiledSchema, fields: Fields, previous: Fields | undefined, path: string, pruned: string[]): Fields {
  let changed: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    if (schema.embedded && isTypeOrMetadata(name)) continue;
    const value = fields[name];
    const below = fieldSchema(schema, name);
    if (below === undefined) {
      if (schema.preserves) continue;
      pruned.push(childPath(path, name));
      delete (changed ??= { ...fields })[name];
    } else if (value === null) {
      if (!below.nullable && below.default === undefined) delete (changed ??= { ...fields })[name];
    } else {
      const left = prune(below, value, previous?.[name], childPath(path, name), pruned);
      if (left !== value) (changed ??= { ...fields })[name] = left;
    }
  }
  return changed ?? fields;
}

function childPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function isTypeOrMetadata(name: string): boolean {
  return name === "apiVersion" || name === "kind" || name === "metadata";
}
