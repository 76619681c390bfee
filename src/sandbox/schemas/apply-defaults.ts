import type { Schema } from "../api/resource-type.ts";
import { compiledSchema, fieldSchema, isFields, type CompiledSchema, type Fields } from "./compiled-schema.ts";

/**
 * The object with the schema's defaults where fields are left out, or null although they may not be; the same object where there is nothing to add (apiextensions-apiserver schema/defaulting).
 * Parts of `previous` that are still in place have had theirs.
 */
export function applyDefaults<T>(schema: Schema, object: T, previous?: unknown): T {
  // Defaults are of the type that the schema says.
  return withDefaults(compiledSchema(schema), object, previous) as T;
}

function withDefaults(schema: CompiledSchema, value: unknown, previous: unknown): unknown {
  if (value === previous || !schema.hasDefaults) return value;
  if (Array.isArray(value)) return listWithDefaults(schema.items, value, previous);
  return isFields(value) ? fieldsWithDefaults(schema, value, isFields(previous) ? previous : undefined) : value;
}

function listWithDefaults(items: CompiledSchema | undefined, list: readonly unknown[], previous: unknown): readonly unknown[] {
  if (items === undefined) return list;
  const before: readonly unknown[] = Array.isArray(previous) ? previous : [];
  let changed: unknown[] | undefined;
  list.forEach((item, index) => {
    const filled = withDefaults(items, orDefault(items, item), before[index]);
    if (filled !== item) (changed ??= [...list])[index] = filled;
  });
  return changed ?? list;
}

function fieldsWithDefaults(schema: CompiledSchema, fields: Fields, previous: Fields | undefined): Fields {
  let changed: Record<string, unknown> | undefined;
  for (const { name, value } of schema.defaultFields) {
    if (fields[name] === undefined) (changed ??= { ...fields })[name] = value;
  }
  for (const [name, value] of Object.entries(changed ?? fields)) {
    if (value === previous?.[name] && value !== null) continue;
    const below = fieldSchema(schema, name);
    if (below === undefined) continue;
    const filled = withDefaults(below, orDefault(below, value), previous?.[name]);
    if (filled !== value) (changed ??= { ...fields })[name] = filled;
  }
  return changed ?? fields;
}

function orDefault(schema: CompiledSchema, value: unknown): unknown {
  return value === null && !schema.nullable && schema.default !== undefined ? schema.default : value;
}
