import { sameJson } from "../store/same-json.ts";
import type { StatusCause } from "../api/api-status-error.ts";
import { fieldSchema, isFields, type CompiledSchema } from "./compiled-schema.ts";
import { duplicateValue } from "./field-causes.ts";

/** Items of a set that are there twice, and items of a keyed list with the keys of an earlier one (apiextensions-apiserver schema/listtype). Each is told once, at its second place. */
export function duplicateItems(schema: CompiledSchema, value: unknown, previous: unknown, path: string, found: StatusCause[]): void {
  if (value === previous || !schema.hasUniqueItems) return;
  if (Array.isArray(value)) {
    const before: readonly unknown[] = Array.isArray(previous) ? previous : [];
    if (schema.listType !== undefined) checkItems(schema, value, path, found);
    const { items } = schema;
    if (items?.hasUniqueItems === true)
      value.forEach((item, index) => duplicateItems(items, item, before[index], `${path}[${index}]`, found));
  } else if (isFields(value)) {
    const before = isFields(previous) ? previous : undefined;
    for (const name in value) {
      if (value[name] === before?.[name]) continue;
      const below = fieldSchema(schema, name);
      if (below?.hasUniqueItems === true) duplicateItems(below, value[name], before?.[name], path === "" ? name : `${path}.${name}`, found);
    }
  }
}

function checkItems({ listType, listMapKeys }: CompiledSchema, list: readonly unknown[], path: string, found: StatusCause[]): void {
  if (list.length < 2) return;
  const [key, ...more] = listType === "map" ? listMapKeys : [];
  const identityOf = (item: unknown): unknown => {
    if (listType === "set") return item;
    return key !== undefined && more.length === 0 && isFields(item) ? item[key] : keysOf(item, listMapKeys);
  };
  const counts = new Map<unknown, number>();
  list.forEach((item, index) => {
    const identity = identityOf(item);
    // Most are told apart by one text.
    const text = typeof identity === "string" ? identity : JSON.stringify([identity]);
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    if (count === 2) found.push(duplicateValue(`${path}[${index}]`, listType === "set" ? item : keysOf(item, listMapKeys)));
  });
}

function keysOf(item: unknown, keys: readonly string[]): unknown {
  if (!isFields(item)) return {};
  return Object.fromEntries(keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]));
}

/** Are all of them different? */
export function areDifferent(values: readonly unknown[]): boolean {
  return values.every((value, index) => values.every((other, at) => at === index || !sameJson(value, other)));
}
