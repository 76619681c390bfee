import { sameJson } from "../store/same-json.ts";
import { isMember, type FieldSet } from "./field-set.ts";
import { isMap, itemElement } from "./path-element.ts";
import { fieldShape, type Shape } from "./shape.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Lays what is applied over what is there: maps field by field, lists with keys item by item. Parts that come out the same stay the same objects. */
export function mergeMaps(shape: Shape, live: Fields, applied: Fields): Fields {
  let merged: Record<string, unknown> | undefined;
  for (const [field, value] of Object.entries(applied)) {
    if (value === undefined) continue;
    const old = live[field];
    const both = mergeValues(fieldShape(shape, field), old, value);
    if (both === old) continue;
    merged ??= { ...live };
    merged[field] = both;
  }
  return merged ?? live;
}

function mergeValues(shape: Shape, live: unknown, applied: unknown): unknown {
  if (live === applied || live === undefined) return applied;
  if (isMap(live) && isMap(applied) && !shape.atomicMap) return mergeMaps(shape, live, applied);
  if (Array.isArray(live) && Array.isArray(applied) && shape.list !== "atomic") return mergeLists(shape, live, applied);
  return sameJson(live, applied) ? live : applied;
}

/** Items stay in the live order; where the applied order is another, it wins for the items that are applied, and those of others stay between them. */
function mergeLists(shape: Shape, live: readonly unknown[], applied: readonly unknown[]): readonly unknown[] {
  const elementOf = (item: unknown): string => itemElement(shape, item) ?? "";
  const liveElements = live.map(elementOf);
  const wanted = applied.map(elementOf);
  const liveByElement = new Map<string, unknown>();
  // An element that is there twice is not merged with: what is applied takes its place.
  liveElements.forEach((element, index) => liveByElement.set(element, liveByElement.has(element) ? undefined : live[index]));
  const isWanted = new Set(wanted);
  const shared = wanted.filter((element) => liveByElement.has(element));
  const out: unknown[] = [];
  const taken = new Set<string>();
  let nextShared = 0;
  let left = 0;
  let right = 0;
  const takeApplied = (): void => {
    const element = wanted[right]!;
    taken.add(element);
    out.push(mergeValues(shape.item, liveByElement.get(element), applied[right]));
    right += 1;
    if (shared[nextShared] === element) nextShared += 1;
  };
  while (left < live.length || right < applied.length) {
    const element = liveElements[left];
    if (element !== undefined && right < applied.length) {
      if (element === wanted[right]) {
        takeApplied();
        left += 1;
        continue;
      }
      if (isWanted.has(element) && nextShared < shared.length && shared[nextShared] !== element) {
        left += 1;
        continue;
      }
    }
    if (element !== undefined) {
      if (!isWanted.has(element)) {
        out.push(live[left]);
        left += 1;
        continue;
      }
      if (taken.has(element)) left += 1;
    }
    if (right < applied.length) takeApplied();
  }
  return out.length === live.length && out.every((item, index) => item === live[index]) ? live : out;
}

/**
 * The map without the fields and items that are members of the set; null when nothing is left. Parts that lose nothing stay the same objects. Below it, too, what becomes empty is null: it is
 * still there for whoever owns it.
 */
export function withoutFields(shape: Shape, map: Fields, set: FieldSet): Fields | null {
  let left: Record<string, unknown> | undefined;
  for (const [element, child] of Object.entries(set)) {
    if (!element.startsWith("f:")) continue;
    const field = element.slice(2);
    const value = map[field];
    if (value === undefined) continue;
    const rest = isMember(child) ? undefined : withoutParts(fieldShape(shape, field), value, child);
    if (rest === value) continue;
    left ??= { ...map };
    if (rest === undefined) delete left[field];
    else left[field] = rest;
  }
  if (left === undefined) return map;
  return Object.keys(left).length === 0 ? null : left;
}

function withoutParts(shape: Shape, value: unknown, set: FieldSet): unknown {
  if (isMap(value)) return shape.atomicMap ? null : withoutFields(shape, value, set);
  if (!Array.isArray(value)) return value;
  if (shape.list === "atomic") return null;
  let same = true;
  const items: unknown[] = [];
  for (const item of value) {
    const child = set[itemElement(shape, item) ?? ""];
    const rest = child === undefined ? item : isMember(child) ? undefined : withoutParts(shape.item, item, child);
    if (rest !== item) same = false;
    if (rest !== undefined) items.push(rest);
  }
  if (same) return value;
  return items.length === 0 ? null : items;
}

/** Without the nulls that `withoutFields` left in it: `merged` is what it started from. */
export function withoutNulls(value: Fields, merged: Fields): Fields {
  const left: Record<string, unknown> = {};
  for (const [field, each] of Object.entries(value)) {
    const before = merged[field];
    if (each === null && before !== null) continue;
    left[field] = isMap(each) && isMap(before) && each !== before ? withoutNulls(each, before) : each;
  }
  return left;
}
