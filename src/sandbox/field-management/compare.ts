import { sameJson } from "../store/same-json.ts";
import { leaf, nodeOf, type FieldSet } from "./field-set.ts";
import { fieldElement, isMap, itemElement, sameKey } from "./path-element.ts";
import { fieldShape, type Shape } from "./shape.ts";

/** What differs between two states; undefined: nothing. `changed` is what is new or has another value. */
export interface Difference {
  readonly changed: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

const leafChanged: Difference = { changed: leaf, removed: undefined };

/**
 * Compares maps field by field, and says of each difference the path by which field management knows it. Parts that are the same object are not looked at: what an update leaves alone costs
 * nothing. `skip` leaves fields of the outermost map out.
 */
export function compareMaps(
  shape: Shape,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  skip?: (field: string) => boolean,
): Difference | undefined {
  let changed: Record<string, FieldSet> | undefined;
  let removed: Record<string, FieldSet> | undefined;
  for (const field in after) {
    const value = after[field];
    const old = before[field];
    if (value === old || value === undefined || skip?.(field) === true) continue;
    const found = compareValues(fieldShape(shape, field), old, value);
    if (found === undefined) continue;
    if (found.changed !== undefined) (changed ??= {})[fieldElement(field)] = found.changed;
    if (found.removed !== undefined) (removed ??= {})[fieldElement(field)] = found.removed;
  }
  for (const field in before) {
    const old = before[field];
    if (old === undefined || after[field] !== undefined || skip?.(field) === true) continue;
    (removed ??= {})[fieldElement(field)] = whole(fieldShape(shape, field), old);
  }
  return changed === undefined && removed === undefined ? undefined : { changed, removed };
}

function compareValues(shape: Shape, before: unknown, after: unknown): Difference | undefined {
  if (before === after) return undefined;
  if (typeof before !== "object" && typeof after !== "object" && before !== undefined && after !== undefined) return leafChanged;
  if (before === undefined) return { changed: whole(shape, after), removed: undefined };
  if (after === undefined) return { changed: undefined, removed: whole(shape, before) };
  if (isMap(after) && (isMap(before) || before === null)) {
    if (shape.atomicMap || (isEmpty(before) && isEmpty(after))) return sameJson(before, after) ? undefined : leafChanged;
    return compareMaps(shape, before ?? {}, after);
  }
  if (Array.isArray(after) && (Array.isArray(before) || before === null)) {
    if (shape.list === "atomic" || (isEmpty(before) && isEmpty(after))) return sameJson(before, after) ? undefined : leafChanged;
    return compareLists(shape, before ?? [], after);
  }
  if (after === null && typeof before === "object" && !isEmpty(before)) return compareNull(shape, before);
  // Of another kind than before: the field has changed, what was below it is gone, what is below it now is new.
  return {
    changed: isEmpty(after) ? leaf : whole(shape, after),
    removed: typeof before === "object" ? below(whole(shape, before)) : undefined,
  };
}

function compareNull(shape: Shape, before: object | null): Difference {
  const removed = below(whole(shape, before));
  return removed === undefined ? leafChanged : { changed: undefined, removed };
}

function compareLists(shape: Shape, before: readonly unknown[], after: readonly unknown[]): Difference | undefined {
  const found = compareAligned(shape, before, after);
  if (found !== "not aligned") return found;
  let changed: Record<string, FieldSet> | undefined;
  let removed: Record<string, FieldSet> | undefined;
  const add = (element: string, each: Difference | undefined): void => {
    if (each?.changed !== undefined) (changed ??= {})[element] = each.changed;
    if (each?.removed !== undefined) (removed ??= {})[element] = each.removed;
  };
  const old = byElement(shape, before);
  const now = byElement(shape, after);
  for (const [element, items] of now) add(element, compareDuplicates(shape.item, old.get(element) ?? [], items));
  for (const [element, items] of old) if (!now.has(element)) add(element, compareDuplicates(shape.item, items, []));
  return changed === undefined && removed === undefined ? undefined : { changed, removed };
}

/** The usual case, conditions: the same items in the same places. Only those that differ are named. */
function compareAligned(shape: Shape, before: readonly unknown[], after: readonly unknown[]): Difference | undefined | "not aligned" {
  if (before.length !== after.length) return "not aligned";
  let changed: Record<string, FieldSet> | undefined;
  let removed: Record<string, FieldSet> | undefined;
  for (let index = 0; index < after.length; index += 1) {
    const item = after[index];
    if (item === before[index]) continue;
    if (!sameKey(shape, before[index], item)) return "not aligned";
    const found = compareValues(shape.item, before[index], item);
    if (found === undefined) continue;
    const element = itemElement(shape, item);
    if (element === undefined || hasTwin(shape, after, index)) return "not aligned";
    if (found.changed !== undefined) (changed ??= {})[element] = found.changed;
    if (found.removed !== undefined) (removed ??= {})[element] = found.removed;
  }
  return changed === undefined && removed === undefined ? undefined : { changed, removed };
}

/** Is there another item with the key of this one, which has one? */
function hasTwin(shape: Shape, list: readonly unknown[], index: number): boolean {
  const item = list[index];
  const [key] = shape.keys;
  const isTwin =
    key === undefined || shape.keys.length > 1
      ? (other: unknown): boolean => sameKey(shape, other, item)
      : (other: unknown): boolean => keyOf(other, key) === keyOf(item, key);
  for (let other = 0; other < list.length; other += 1) if (other !== index && isTwin(list[other])) return true;
  return false;
}

function keyOf(item: unknown, { name, default: otherwise }: Shape["keys"][number]): unknown {
  return isMap(item) ? (item[name] ?? otherwise) : undefined;
}

/** Items with one and the same key, which are not allowed but may be there, are one value. */
function compareDuplicates(shape: Shape, before: readonly unknown[], after: readonly unknown[]): Difference | undefined {
  if (before.length <= 1 && after.length <= 1) return compareValues(shape, before[0], after[0]);
  if (before.length >= 2 && after.length >= 2) return sameJson(before, after) ? undefined : leafChanged;
  return before.length >= 2
    ? { changed: after.length === 0 ? undefined : whole(shape, after[0]), removed: leaf }
    : { changed: leaf, removed: before.length === 0 ? undefined : below(whole(shape, before[0])) };
}

function byElement(shape: Shape, list: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> {
  const items = new Map<string, unknown[]>();
  for (const item of list) {
    const element = itemElement(shape, item);
    if (element === undefined) continue;
    const same = items.get(element);
    if (same === undefined) items.set(element, [item]);
    else same.push(item);
  }
  return items;
}

/** The field, and all that is below it. */
function whole(shape: Shape, value: unknown): FieldSet {
  if (isMap(value)) {
    if (shape.atomicMap) return leaf;
    const children: Record<string, FieldSet> = {};
    for (const field in value)
      if (value[field] !== undefined) children[fieldElement(field)] = whole(fieldShape(shape, field), value[field]);
    return nodeOf(true, children)!;
  }
  if (!Array.isArray(value) || shape.list === "atomic") return leaf;
  const children: Record<string, FieldSet> = {};
  for (const [element, items] of byElement(shape, value)) children[element] = items.length > 1 ? leaf : whole(shape.item, items[0]);
  return nodeOf(true, children)!;
}

function below(set: FieldSet): FieldSet | undefined {
  const { ".": _self, ...children } = set;
  return nodeOf(false, children);
}

function isEmpty(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === null;
  for (const _key in value) return false;
  return true;
}
