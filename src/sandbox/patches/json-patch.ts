import { ApiStatusError, badRequest } from "../api/api-status-error.ts";
import { sameJson } from "../store/same-json.ts";
import { isMap } from "../field-management/path-element.ts";
import { jsonKind } from "./merge-patch.ts";

/**
 * JSON patch (RFC 6902) as the API server does it: `replace` makes what is not there, indices below 0 count from the end. Gives a new object that shares all that is not touched. 400 when
 * there is no list of operations, 422 when one of them fails, without a word on which.
 */
export function jsonPatch<T extends object>(object: T, operations: unknown): T {
  if (!Array.isArray(operations)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(operations)} into Go value of type []handlers.jsonPatchOp`);
  }
  if (operations.length > 10_000) {
    throw new ApiStatusError(
      413,
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is 10000, got ${operations.length}`,
    );
  }
  // What a patch makes of an object is checked by whoever writes it.
  return operations.reduce<unknown>((document, operation) => perform(document, operation), object) as T;
}

function perform(document: unknown, operation: unknown): unknown {
  if (!isMap(operation)) throw failed();
  const value = operation["value"] ?? null;
  switch (operation["op"]) {
    case "add":
      return at(document, operation["path"], (place, key) => insert(place, key, value));
    case "remove":
      return at(document, operation["path"], remove);
    case "replace":
      if (operation["path"] === "") return typeof value === "object" && value !== null ? value : fail();
      return at(document, operation["path"], (place, key) => set(place, key, value));
    case "move": {
      const moved = read(document, operation["from"]);
      return at(at(document, operation["from"], remove), operation["path"], (place, key) => insert(place, key, moved ?? null));
    }
    case "copy": {
      const copied = read(document, operation["from"]);
      return at(document, operation["path"], (place, key) => insert(place, key, copied ?? null));
    }
    case "test":
      return sameJson(operation["path"] === "" ? document : (read(document, operation["path"]) ?? null), value) ? document : fail();
    default:
      return fail();
  }
}

/** Changes the map or list that holds the last part of the path; those above it are made anew. */
function at(document: unknown, path: unknown, change: (place: unknown, key: string) => unknown): unknown {
  const parts = partsOf(path);
  const descend = (place: unknown, depth: number): unknown => {
    const key = parts[depth]!;
    if (depth === parts.length - 1) return change(place, key);
    const below = get(place, key);
    return typeof below === "object" && below !== null ? set(place, key, descend(below, depth + 1)) : fail();
  };
  return descend(document, 0);
}

function read(document: unknown, path: unknown): unknown {
  return partsOf(path).reduce<unknown>((place, part) => get(place, part), document);
}

/** What stands before the first slash is not looked at. */
function partsOf(path: unknown): readonly string[] {
  if (typeof path !== "string" || !path.includes("/")) throw failed();
  return path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function get(place: unknown, key: string): unknown {
  if (Array.isArray(place)) return place[indexOf(key, place.length, place.length - 1)];
  return isMap(place) ? place[key] : fail();
}

function set(place: unknown, key: string, value: unknown): unknown {
  if (Array.isArray(place)) return place.with(indexOf(key, place.length, place.length - 1), value);
  return isMap(place) ? { ...place, [key]: value } : fail();
}

function insert(place: unknown, key: string, value: unknown): unknown {
  if (!Array.isArray(place)) return set(place, key, value);
  return place.toSpliced(key === "-" ? place.length : indexOf(key, place.length + 1, place.length), 0, value);
}

function remove(place: unknown, key: string): unknown {
  if (Array.isArray(place)) return place.toSpliced(indexOf(key, place.length, place.length - 1), 1);
  if (!isMap(place) || !(key in place)) return fail();
  const { [key]: _removed, ...rest } = place;
  return rest;
}

function indexOf(key: string, length: number, last: number): number {
  const index = /^[+-]?\d+$/.test(key) ? Number(key) : fail();
  if (index > last || index < -length) throw failed();
  return index < 0 ? index + length : index;
}

function fail(): never {
  throw failed();
}

function failed(): ApiStatusError {
  return new ApiStatusError(422, "Invalid", "the server rejected our request due to an error in our request", {});
}
