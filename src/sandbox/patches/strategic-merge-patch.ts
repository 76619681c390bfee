import { ApiStatusError, badRequest } from "../api/api-status-error.ts";
import type { Schema } from "../api/resource-type.ts";
import { sameJson } from "../store/same-json.ts";
import { goText, goType } from "../field-management/go-text.ts";
import { isMap } from "../field-management/path-element.ts";
import { objectMetaSchema } from "../field-management/shape.ts";
import { jsonKind } from "./merge-patch.ts";
import { withOrder } from "./element-order.ts";

type Fields = Readonly<Record<string, unknown>>;
type List = readonly unknown[];

/**
 * Strategic merge patch, as the API server does it for kinds that are built in (apimachinery strategicpatch): lists with a merge key item by item, sets as sets, all else as a merge patch;
 * with `$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`. Shares with the object all that does not change. 400, 422 and 500 as there.
 */
export function strategicMergePatch<T extends object>(object: T, patch: unknown, schema: Schema | undefined): T {
  if (!isMap(patch))
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  const properties = schema?.["properties"];
  const root = { ...schema, properties: { ...(isMap(properties) ? properties : {}), metadata: objectMetaSchema } };
  // What a patch makes of an object is checked by whoever writes it.
  return mergeMap(object as Fields, patch, root) as T;
}

function mergeMap(original: Fields, patch: Fields, schema: Schema | undefined): Fields {
  if ("$patch" in patch) return directed(patch);
  const { $retainKeys: retain, ...rest } = patch;
  const start = retain === undefined ? original : retained(original, rest, retain);
  const merged: Record<string, unknown> = { ...start };
  const put = (field: string, value: unknown): void => {
    if (value === undefined) delete merged[field];
    else merged[field] = sameJson(merged[field], value) ? merged[field] : value;
  };
  const ordered = new Set<string>();
  for (const [key, order] of Object.entries(rest)) {
    const field = after("$setElementOrder/", key);
    if (field === undefined) continue;
    ordered.add(field);
    put(field, orderedList(merged[field], rest[field], order, fieldSchema(schema, field)));
  }
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith("$setElementOrder/") || ordered.has(key)) continue;
    const deleted = after("$deleteFromPrimitiveList/", key);
    if (deleted === undefined) put(key, mergeValue(merged[key], value, fieldSchema(schema, key)));
    else if (Array.isArray(merged[deleted]) && Array.isArray(value))
      put(
        deleted,
        (merged[deleted] as List).filter((item) => !value.includes(item)),
      );
  }
  return sameJson(original, merged) ? original : merged;
}

/** A map with `$patch` in it: `replace` is all that stands beside it, `delete` nothing. */
function directed(patch: Fields): Fields {
  const { $patch: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw internal(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
}

function retained(original: Fields, patch: Fields, retain: unknown): Fields {
  if (!Array.isArray(retain)) throw badRequest("invalid patch format of retainKeys");
  const foreign = Object.entries(patch).some(
    ([key, value]) => value !== null && !/^\$(?:deleteFromPrimitiveList|setElementOrder)\//.test(key) && !retain.includes(key),
  );
  if (foreign) throw badRequest("invalid patch format of retainKeys");
  return Object.fromEntries(Object.entries(original).filter(([key]) => retain.includes(key)));
}

/** Undefined: the field goes. */
function mergeValue(original: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (patch === null) return undefined;
  if (isMap(original) && isMap(patch)) return mergeMap(original, patch, schema);
  if (Array.isArray(original) && Array.isArray(patch)) return mergeList(original, patch, schema);
  return plain(patch);
}

/** What is new, without nulls and without what has directives. */
function plain(patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.map(plain).filter((item) => item !== undefined);
  if (!isMap(patch)) return patch;
  if ("$patch" in patch) return undefined;
  const entries = Object.entries(patch).map(([field, value]) => [field, value === null ? undefined : plain(value)] as const);
  return Object.fromEntries(entries.filter(([field, value]) => value !== undefined && !field.startsWith("$")));
}

/** An item that is new in a list with keys goes in as it stands: the server knows no fields of the names of directives. */
function asIs(patch: unknown): unknown {
  if (Array.isArray(patch)) return patch.map(asIs);
  if (!isMap(patch)) return patch;
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([field, value]) => value !== null && !field.startsWith("$"))
      .map(([field, value]) => [field, asIs(value)]),
  );
}

function mergeList(original: List, patch: List, schema: Schema | undefined): List {
  if (!isMergedList(schema)) return patch;
  if (original.length === 0 && patch.length === 0) return original;
  const { live, changes } = [...original, ...patch].some(isMap)
    ? { live: withoutDeleted(original, patch, mergeKey(schema)), changes: patch.filter((item) => !isMap(item) || !("$patch" in item)) }
    : { live: original, changes: patch };
  return withOrder(mergeItems(live, changes, schema), changes, live, keyOf(schema));
}

function mergeItems(live: List, changes: List, schema: Schema): List {
  const keyed = keyOf(schema);
  const merged = [...live];
  for (const change of changes) {
    const key = keyed(change);
    const index = merged.findIndex((item) => keyed(item) === key);
    if (index < 0) merged.push(asIs(change));
    else if (isMap(change)) merged[index] = mergeMap(merged[index] as Fields, change, itemSchema(schema));
  }
  return merged;
}

/** The list without the items that the patch names with `$patch: delete`; none at all when one says `$patch: replace`. */
function withoutDeleted(original: List, patch: List, key: string): List {
  let left = original;
  for (const item of patch) {
    if (!isMap(item) || !("$patch" in item)) continue;
    switch (item["$patch"]) {
      case "replace":
        return [];
      case "delete": {
        if (item[key] === undefined) throw withoutMergeKey(item, key);
        left = left.filter((each) => !isMap(each) || each[key] !== item[key]);
        break;
      }
      case "merge":
        throw internal("merging lists cannot yet be specified in the patch");
      default:
        throw internal(`unknown patch type: ${goText(item["$patch"])} in map: ${goText(item)}`);
    }
  }
  return left;
}

function orderedList(original: unknown, patch: unknown, order: unknown, schema: Schema | undefined): unknown {
  if (!Array.isArray(order)) throw internal(`expected a []interface {}, but received a ${goType(order)}`);
  const keyed = keyOf(schema);
  const wanted = order.map(keyed);
  const live = Array.isArray(original) ? original : undefined;
  const changes = Array.isArray(patch) ? patch : undefined;
  const named = (changes ?? []).filter((item) => !isMap(item) || !("$patch" in item)).map(keyed);
  let position = 0;
  for (const each of wanted.length === 0 ? [] : named) {
    position = wanted.indexOf(each, position) + 1;
    if (position === 0) {
      throw internal(`The order in patch list:\n${goText(changes)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`);
    }
  }
  if (live === undefined && changes === undefined) return undefined;
  const merged = live === undefined ? (plain(changes) as List) : changes === undefined ? live : mergeList(live, changes, schema);
  return withOrder(merged, order, live ?? [], keyed);
}

function isMergedList(schema: Schema | undefined): schema is Schema {
  const strategy = schema?.["x-kubernetes-patch-strategy"];
  if (typeof strategy === "string") return strategy.split(",").includes("merge");
  return schema?.["x-kubernetes-list-type"] === "map" || schema?.["x-kubernetes-list-type"] === "set";
}

function mergeKey(schema: Schema | undefined): string {
  const keys = schema?.["x-kubernetes-list-map-keys"];
  const key = schema?.["x-kubernetes-patch-merge-key"] ?? (Array.isArray(keys) ? (keys[0] as unknown) : undefined);
  return typeof key === "string" ? key : "";
}

/** What tells items from each other: the value of the merge key, or the scalar itself. */
function keyOf(schema: Schema | undefined): (item: unknown) => unknown {
  const key = mergeKey(schema);
  return (item) => {
    if (!isMap(item)) return item;
    if (item[key] === undefined) throw withoutMergeKey(item, key);
    return item[key];
  };
}

function fieldSchema(schema: Schema | undefined, field: string): Schema | undefined {
  const properties = schema?.["properties"];
  const named = isMap(properties) ? properties[field] : undefined;
  if (isMap(named)) return named;
  const additional = schema?.["additionalProperties"];
  return isMap(additional) ? additional : undefined;
}

function itemSchema(schema: Schema): Schema | undefined {
  return isMap(schema["items"]) ? schema["items"] : undefined;
}

function after(prefix: string, key: string): string | undefined {
  return key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
}

function withoutMergeKey(item: Fields, key: string): ApiStatusError {
  return internal(`map: ${goText(item)} does not contain declared merge key: ${key}`);
}

function internal(message: string): ApiStatusError {
  return new ApiStatusError(500, "", message);
}
