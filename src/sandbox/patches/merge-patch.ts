import { badRequest } from "../api/api-status-error.ts";
import { sameJson } from "../store/same-json.ts";
import { isMap } from "../field-management/path-element.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * JSON merge patch (RFC 7386). Gives the object itself when nothing changes, and shares with it all that does. As in the API server, nulls in what is new are left out, also within lists.
 * 400 when the patch is no object.
 */
export function mergePatch<T extends object>(object: T, patch: unknown): T {
  if (!isMap(patch))
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  // What a patch makes of an object is checked by whoever writes it.
  return mergeFields(object as Fields, patch) as T;
}

function mergeFields(target: Fields, patch: Fields): Fields {
  let merged: Record<string, unknown> | undefined;
  for (const [field, value] of Object.entries(patch)) {
    const old = target[field];
    const both = mergeValue(old, value);
    if (both === old && (both !== undefined || !(field in target))) continue;
    merged ??= { ...target };
    if (both === undefined) delete merged[field];
    else merged[field] = both;
  }
  return merged ?? target;
}

function mergeValue(old: unknown, value: unknown): unknown {
  if (value === null) return undefined;
  if (isMap(old) && isMap(value)) return mergeFields(old, value);
  const clean = withoutNulls(value);
  return sameJson(old, clean) ? old : clean;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([field, each]) => [field, withoutNulls(each)]),
  );
}

/** What encoding/json calls a value that it cannot take. */
export function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return typeof value === "object" ? "object" : typeof value;
}
