import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";

/** An object as it came from an API server; nothing about it is taken for granted. */
export type RawObject = Readonly<Record<string, unknown>>;

/** The value at `path` (`spec.source.repoURL`); undefined where anything on the way is missing. */
export function valueAt(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const key of path.split(".")) {
    const record = recordOf(value);
    if (record === undefined || !Object.hasOwn(record, key)) return undefined;
    value = record[key];
  }
  return value;
}

export function recordOf(value: unknown): RawObject | undefined {
  // The check makes the cast true: a non-null object that is no array has string keys and unknown values.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as RawObject) : undefined;
}

/** Undefined for empty text too: Go's `omitempty` writes neither. */
export function textAt(object: unknown, path: string): string | undefined {
  const value = valueAt(object, path);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function flagAt(object: unknown, path: string): boolean | undefined {
  const value = valueAt(object, path);
  return typeof value === "boolean" ? value : undefined;
}

export function numberAt(object: unknown, path: string): number | undefined {
  const value = valueAt(object, path);
  return typeof value === "number" ? value : undefined;
}

/** Epoch milliseconds of an RFC 3339 time. */
export function timeAt(object: unknown, path: string): number | undefined {
  const time = Date.parse(textAt(object, path) ?? "");
  return Number.isNaN(time) ? undefined : time;
}

/** The records of a list; whatever else is in it is left out. */
export function recordsAt(object: unknown, path: string): readonly RawObject[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value.map(recordOf).filter((item) => item !== undefined) : [];
}

export function textsAt(object: unknown, path: string): readonly string[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

export function wordsAt(object: unknown, path: string): Readonly<Record<string, string>> {
  const entries = Object.entries(recordOf(valueAt(object, path)) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

export function referenceOf(object: RawObject, group: string, kind: string): ObjectReference {
  return { group, kind, namespace: textAt(object, "metadata.namespace") ?? "", name: textAt(object, "metadata.name") ?? "" };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** Epoch milliseconds. */
  readonly since: number | undefined;
}

export function conditionsOf(object: RawObject): readonly Condition[] {
  return recordsAt(object, "status.conditions").map((condition) => ({
    type: textAt(condition, "type") ?? "",
    status: textAt(condition, "status") ?? "Unknown",
    reason: textAt(condition, "reason") ?? "",
    message: textAt(condition, "message") ?? "",
    since: timeAt(condition, "lastTransitionTime"),
  }));
}
