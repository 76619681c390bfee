import type { FieldPath } from "../change.ts";
import type { Place } from "../yaml/place.ts";

/**
 * YAML values that remember which place in which file they were read from. Building a kustomization moves these values around;
 * whatever a field ends up with, its scalar still names the place that decided it.
 */

export type { Place };

/** A step into a map (key) or a list (index). */
export type Step = FieldPath[number];

/** Text around a value that is only a part of a scalar. */
export type Around = NonNullable<Place["around"]>;

export interface TrackedScalar {
  readonly kind: "scalar";
  /** The string, or what is written for numbers, booleans and null. */
  readonly text: string;
  readonly isNull: boolean;
  /** Where it is written. Undefined: something computed it, see `computedBy`. */
  readonly place?: Place;
  /** Who made the value up when no place holds it: `namePrefix in overlays/a/kustomization.yaml`. */
  readonly computedBy?: string;
  /** What is written there, where the value in effect differs because kustomize keeps references in step with renamed objects. */
  readonly writtenAs?: string;
  /** The value in effect has this text around what is written at `place`: `v${VERSION}`. */
  readonly frame?: Around;
}

export interface TrackedMap {
  readonly kind: "map";
  readonly entries: ReadonlyMap<string, Tracked>;
}

export interface TrackedList {
  readonly kind: "list";
  readonly items: readonly Tracked[];
}

export type Tracked = TrackedScalar | TrackedMap | TrackedList;

export const emptyMap: TrackedMap = { kind: "map", entries: new Map() };

/** A value that no place in the repository holds. */
export function computed(text: string, computedBy: string): TrackedScalar {
  return { kind: "scalar", text, isNull: false, computedBy };
}

/** The value at `path`, or undefined where the path leaves the tree. */
export function valueAt(root: Tracked, path: readonly Step[]): Tracked | undefined {
  let here: Tracked | undefined = root;
  for (const step of path) {
    if (here?.kind === "map") here = here.entries.get(String(step));
    else if (here?.kind === "list" && typeof step === "number") here = here.items[step];
    else return undefined;
  }
  return here;
}

/** The text of the scalar at `path`; undefined when there is none or it is null. */
export function textAt(root: Tracked, path: readonly Step[]): string | undefined {
  const found = valueAt(root, path);
  return found?.kind === "scalar" && !found.isNull ? found.text : undefined;
}

/** The text of the scalar at `path`; empty when there is none or it is null. */
export function wordAt(root: Tracked, path: readonly Step[]): string {
  return textAt(root, path) ?? "";
}

/** The index of the entry with that `name` in the list at `path`. */
export function entryAt(root: Tracked, path: readonly Step[], name: string): number | undefined {
  const list = valueAt(root, path);
  const index = list?.kind === "list" ? list.items.findIndex((item) => textAt(item, ["name"]) === name) : -1;
  return index < 0 ? undefined : index;
}

/** `map` with `key` set, or removed for undefined; the order of the other keys stays. */
export function withEntry(map: TrackedMap, key: string, value: Tracked | undefined): TrackedMap {
  const entries = new Map(map.entries);
  if (value === undefined) entries.delete(key);
  else entries.set(key, value);
  return { kind: "map", entries };
}

/** `root` with the value at `path` (map keys only) set; maps on the way are created. A scalar or list on the way is replaced by a map. */
export function withValueAt(root: TrackedMap, path: readonly [string, ...string[]], value: Tracked): TrackedMap {
  const [key, ...rest] = path;
  if (!isNonEmpty(rest)) return withEntry(root, key, value);
  const child = root.entries.get(key);
  return withEntry(root, key, withValueAt(child?.kind === "map" ? child : emptyMap, rest, value));
}

/** Every scalar below `root` with its path, in document order. */
export function* scalarsOf(
  root: Tracked,
  path: readonly Step[] = [],
): Generator<{ readonly path: readonly Step[]; readonly scalar: TrackedScalar }> {
  if (root.kind === "scalar") yield { path, scalar: root };
  else if (root.kind === "map") for (const [key, value] of root.entries) yield* scalarsOf(value, [...path, key]);
  else for (const [index, value] of root.items.entries()) yield* scalarsOf(value, [...path, index]);
}

/** Whether both are the same written value: a change of one is a change of the other. */
export function samePlace(a: Place, b: Place): boolean {
  return placeKey(a) === placeKey(b);
}

function placeKey({ file, document, path, inner }: Place): string {
  return JSON.stringify([file, document, path, inner?.document, inner?.path]);
}

/** `overlays/a/patch.yaml:7` */
export function describePlace({ file, line }: Place): string {
  return `${file}:${line}`;
}

function isNonEmpty(path: readonly string[]): path is readonly [string, ...string[]] {
  return path.length > 0;
}
