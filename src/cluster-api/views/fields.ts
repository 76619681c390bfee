import type { SnapshotGap } from "../../upgrade/cluster-snapshot.ts";

/** An object as it came from an API server or a file; nothing about it is taken for granted. */
export type RawObject = Readonly<Record<string, unknown>>;

export type FieldType = "string" | "integer" | "boolean" | "object" | "array" | "date-time" | "int-or-string";

/**
 * Where one fact stands in an object. The older shape is tried first: its nested `status.v1beta2` counters are better than the fields of the same
 * name beside them, and none of its other paths exists in the newer shape. Providers number their API versions independently of the Cluster API
 * contract, so the shape decides, never `apiVersion`. `test/e2e/cluster-api-fields.e2e.test.ts` looks every path up in the schemas of the real CRDs.
 */
export interface Field {
  readonly type: FieldType;
  readonly v1beta1?: readonly string[];
  readonly v1beta2?: readonly string[];
}

export type FieldTable = Readonly<Record<string, Field>>;

/** A field that stands at the same place in both contract versions. */
export function same(type: FieldType, path: string): Field {
  return { type, v1beta1: [path], v1beta2: [path] };
}

/** A field that moved between the contract versions. */
export function moved(type: FieldType, v1beta1: string | readonly string[], v1beta2: string): Field {
  return { type, v1beta1: typeof v1beta1 === "string" ? [v1beta1] : v1beta1, v1beta2: [v1beta2] };
}

/** Collects what could not be understood, so that one odd field costs that field and not the whole snapshot. */
export type GapReport = (gap: SnapshotGap) => void;

export interface FieldReader<Name extends string> {
  text(name: Name): string | undefined;
  integer(name: Name): number | undefined;
  flag(name: Name): boolean | undefined;
  /** A number or a percentage, as written. */
  amount(name: Name): string | undefined;
  /** Epoch milliseconds. */
  time(name: Name): number | undefined;
  record(name: Name): RawObject | undefined;
  list(name: Name): readonly unknown[];
}

/** Reads the fields of `table` from `object`; a field of the wrong type is reported as unreadable and read as absent. */
export function fieldReader<Table extends FieldTable>(
  object: RawObject,
  table: Table,
  what: string,
  report: GapReport,
): FieldReader<keyof Table & string> {
  const get = <T>(name: keyof Table & string, narrow: (value: unknown) => T | undefined): T | undefined => {
    for (const path of pathsOf(table[name])) {
      const value = valueAt(object, path);
      if (value === undefined || value === null) continue;
      const narrowed = narrow(value);
      if (narrowed !== undefined) return narrowed;
      report({ kind: "unreadable", what, message: `${path} of ${what} is not understood: ${brief(value)}` });
    }
    return undefined;
  };
  return {
    text: (name) => get(name, asText),
    integer: (name) => get(name, (value) => (Number.isSafeInteger(value) ? (value as number) : undefined)),
    flag: (name) => get(name, (value) => (typeof value === "boolean" ? value : undefined)),
    amount: (name) => get(name, (value) => (typeof value === "number" ? String(value) : asText(value))),
    time: (name) => get(name, asTime),
    record: (name) => get(name, asRecord),
    list: (name) => get<readonly unknown[]>(name, (value) => (Array.isArray(value) ? value : undefined)) ?? [],
  };
}

export function pathsOf(field: Field | undefined): readonly string[] {
  if (field === undefined) return [];
  let paths = pathsByField.get(field);
  if (paths === undefined) pathsByField.set(field, (paths = [...new Set([...(field.v1beta1 ?? []), ...(field.v1beta2 ?? [])])]));
  return paths;
}

/** Fields and their paths are a few dozen constants, each used for every object. */
const pathsByField = new WeakMap<Field, readonly string[]>();
const keysByPath = new Map<string, readonly string[]>();

/** `path` is a constant of the code: it is taken apart once and for all. */
export function valueAt(object: unknown, path: string): unknown {
  let keys = keysByPath.get(path);
  if (keys === undefined) keysByPath.set(path, (keys = path.split(".")));
  let value: unknown = object;
  for (const key of keys) {
    const record = asRecord(value);
    if (record === undefined || !Object.hasOwn(record, key)) return undefined;
    value = record[key];
  }
  return value;
}

export function asRecord(value: unknown): RawObject | undefined {
  // The check makes the cast true: a non-null object that is no array has string keys and unknown values.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as RawObject) : undefined;
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asTime(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
