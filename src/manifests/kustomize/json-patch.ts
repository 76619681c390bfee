import { textAt, type Tracked, type TrackedList, type TrackedMap, valueAt, wordAt } from "./tracked-value.ts";

export type JsonPatchResult = { readonly kind: "patched"; readonly value: TrackedMap } | { readonly kind: "fails"; readonly why: string };

/** Applies the operations of a JSON patch (RFC 6902) in order; values keep the places where the patch writes them. */
export function applyJsonPatch(resource: TrackedMap, operations: TrackedList): JsonPatchResult {
  let value: Tracked = resource;
  try {
    for (const operation of operations.items) value = apply(value, operation);
  } catch (error) {
    if (error instanceof PatchFails) return { kind: "fails", why: error.message };
    throw error;
  }
  return value.kind === "map" ? { kind: "patched", value } : { kind: "fails", why: "the patch replaces the whole object" };
}

class PatchFails extends Error {}

/** RFC 6901: `/a~1b/0` is `["a/b", "0"]`; undefined when it is not a pointer. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === "") return [];
  if (!text.startsWith("/") || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function apply(root: Tracked, operation: Tracked): Tracked {
  const op = wordAt(operation, ["op"]);
  const path = pointer(operation, "path");
  switch (op) {
    case "add":
      return change(root, path, insert(valueOf(operation)));
    case "replace":
      return change(root, path, replace(valueOf(operation)));
    case "remove":
      return change(root, path, remove);
    case "move": {
      const from = pointer(operation, "from");
      return change(change(root, from, remove), path, insert(read(root, from)));
    }
    case "copy":
      return change(root, path, insert(read(root, pointer(operation, "from"))));
    case "test":
      if (!sameValue(read(root, path), valueOf(operation))) throw new PatchFails(`the test of ${textAt(operation, ["path"])} fails`);
      return root;
    default:
      throw new PatchFails(`the operation ${op || "without op"} is not one of RFC 6902`);
  }
}

function pointer(operation: Tracked, field: "path" | "from"): readonly string[] {
  const text = wordAt(operation, [field]);
  const path = parsePointer(text);
  if (path === undefined || path.length === 0) throw new PatchFails(`${field} "${text}" does not point into the object`);
  return path;
}

function valueOf(operation: Tracked): Tracked {
  const value = valueAt(operation, ["value"]);
  if (value === undefined) throw new PatchFails(`the operation on ${textAt(operation, ["path"])} has no value`);
  return value;
}

function read(root: Tracked, path: readonly string[]): Tracked {
  let here: Tracked | undefined = root;
  for (const token of path) here = child(here, token);
  if (here === undefined) throw missing(path);
  return here;
}

function child(parent: Tracked | undefined, token: string): Tracked | undefined {
  if (parent?.kind === "map") return parent.entries.get(token);
  return parent?.kind === "list" && isIndex(token) ? parent.items[Number(token)] : undefined;
}

/** What an operation does to the map or list that holds the last token of its path. */
type Edit = (parent: TrackedMap | TrackedList, token: string) => Tracked | undefined;

function change(root: Tracked, path: readonly string[], edit: Edit, walked: readonly string[] = []): Tracked {
  const [token = "", ...rest] = path;
  if (root.kind === "scalar") throw missing([...walked, token]);
  if (rest.length === 0) {
    const edited = edit(root, token);
    if (edited === undefined) throw missing([...walked, token]);
    return edited;
  }
  const below = child(root, token);
  if (below === undefined) throw missing([...walked, token]);
  return replace(change(below, rest, edit, [...walked, token]))(root, token)!;
}

function insert(value: Tracked): Edit {
  return (parent, token) => {
    if (parent.kind === "map") return { kind: "map", entries: new Map(parent.entries).set(token, value) };
    if (token === "-") return { kind: "list", items: [...parent.items, value] };
    return isIndex(token) && Number(token) <= parent.items.length
      ? { kind: "list", items: parent.items.toSpliced(Number(token), 0, value) }
      : undefined;
  };
}

function replace(value: Tracked): Edit {
  return (parent, token) => {
    if (child(parent, token) === undefined) return undefined;
    if (parent.kind === "map") return { kind: "map", entries: new Map(parent.entries).set(token, value) };
    return { kind: "list", items: parent.items.with(Number(token), value) };
  };
}

const remove: Edit = (parent, token) => {
  if (child(parent, token) === undefined) return undefined;
  if (parent.kind === "list") return { kind: "list", items: parent.items.toSpliced(Number(token), 1) };
  const entries = new Map(parent.entries);
  entries.delete(token);
  return { kind: "map", entries };
};

function isIndex(token: string): boolean {
  return /^(?:0|[1-9]\d*)$/.test(token);
}

function missing(path: readonly string[]): PatchFails {
  return new PatchFails(`/${path.join("/")} does not exist in the object`);
}

/** Equal as JSON: key order and style don't count. */
export function sameValue(a: Tracked, b: Tracked): boolean {
  if (a.kind === "scalar") return b.kind === "scalar" && a.isNull === b.isNull && (a.isNull || a.text === b.text);
  if (a.kind === "list")
    return b.kind === "list" && a.items.length === b.items.length && a.items.every((item, index) => sameValue(item, b.items[index]!));
  if (b.kind !== "map" || a.entries.size !== b.entries.size) return false;
  for (const [key, value] of a.entries) {
    const other = b.entries.get(key);
    if (other === undefined || !sameValue(value, other)) return false;
  }
  return true;
}
