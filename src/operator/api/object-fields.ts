import type { Refusal } from "../../refusal.ts";
import { durationSeconds } from "./durations.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What an object says, or everything in it that cannot be carried out. */
export type ReadResult<T> =
  { readonly kind: "read"; readonly value: T } | { readonly kind: "refused"; readonly refusals: readonly Refusal[] };

/**
 * Reads an object field by field. An API server with our CRDs lets little through that is wrong, but objects may be older than a rule, or come from elsewhere: so nothing is taken for granted,
 * nothing throws, and each mistake becomes a refusal that names the field.
 */
export interface ObjectFields {
  /** `spec.schedule`. */
  readonly path: string;
  has(name: string): boolean;
  /** Empty where there is none. */
  fields(name: string): ObjectFields;
  items(name: string): readonly ObjectFields[];
  text(name: string): string | undefined;
  /** Refused, and empty, where there is none. */
  requiredText(name: string): string;
  texts(name: string): readonly string[] | undefined;
  textMap(name: string): Readonly<Record<string, string>>;
  /** Of a map whose values may be anything. */
  entries(name: string): readonly (readonly [string, unknown])[];
  /** A path of field names and indices. */
  keys(name: string): readonly (string | number)[];
  flag(name: string): boolean;
  integer(name: string, lowest: number): number | undefined;
  /** One of the words of the table, as what it means. */
  choice<T>(name: string, table: Readonly<Record<string, T>>, fallback: T): T;
  seconds(name: string, fallback: number): number;
  /** A day or a time, as epoch milliseconds. */
  time(name: string): number | undefined;
  /** `seen`: what is there; `meaning`: a clause about it, `is not a time zone`. */
  refuse(name: string, seen: unknown, meaning: string, remedy: string): void;
}

/** Reads with `read`; `reason` is that of the refusals. */
export function readFields<T>(object: unknown, reason: string, read: (root: ObjectFields) => T): ReadResult<T> {
  const refusals: Refusal[] = [];
  const value = read(fieldsAt(recordOf(object) ?? {}, "", reason, refusals));
  return refusals.length === 0 ? { kind: "read", value } : { kind: "refused", refusals };
}

/** Reads what can be read; the rest is as if it were not there. For showing. */
export function readableFields<T>(object: unknown, read: (root: ObjectFields) => T): T {
  return read(fieldsAt(recordOf(object) ?? {}, "", "", []));
}

function fieldsAt(record: Fields, path: string, reason: string, refusals: Refusal[]): ObjectFields {
  const below = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const own = (name: string): unknown => (Object.hasOwn(record, name) ? (record[name] ?? undefined) : undefined);
  const refuse: ObjectFields["refuse"] = (name, seen, meaning, remedy) => {
    refusals.push({ reason, message: `${below(name)} is ${brief(seen)}, which ${meaning}.`, remedy });
  };
  const as = <T>(name: string, narrow: (value: unknown) => T | undefined, wanted: string): T | undefined => {
    const value = own(name);
    if (value === undefined) return undefined;
    const narrowed = narrow(value);
    if (narrowed === undefined) refuse(name, value, `is not ${wanted}`, `Give ${below(name)} ${wanted}, or leave it out.`);
    return narrowed;
  };
  const text = (name: string): string | undefined => as(name, textOf, "a text");
  const list = (name: string): readonly unknown[] =>
    as<readonly unknown[]>(name, (value) => (Array.isArray(value) ? value : undefined), "a list") ?? [];

  return {
    path,
    refuse,
    text,
    has: (name) => own(name) !== undefined,
    fields: (name) => fieldsAt(as(name, recordOf, "an object") ?? {}, below(name), reason, refusals),
    items: (name) =>
      list(name).flatMap((item, index) => {
        const at = `${name}[${index}]`;
        const found = recordOf(item);
        if (found === undefined) refuse(at, item, "is not an object", `Give ${below(at)} fields, or take it out.`);
        return found === undefined ? [] : [fieldsAt(found, below(at), reason, refusals)];
      }),
    requiredText(name) {
      const found = text(name);
      if (!this.has(name)) {
        refusals.push({ reason, message: `${below(name)} is missing; nothing can be done without it.`, remedy: `Set ${below(name)}.` });
      }
      return found ?? "";
    },
    texts: (name) =>
      own(name) === undefined
        ? undefined
        : list(name).flatMap((item, index) => {
            if (typeof item === "string") return [item];
            const at = `${name}[${index}]`;
            refuse(at, item, "is not a text", `Put ${below(at)} in quotes.`);
            return [];
          }),
    textMap(name) {
      const entries = Object.entries(as(name, recordOf, "an object") ?? {});
      return Object.fromEntries(
        entries.flatMap(([key, value]) => {
          if (typeof value === "string") return [[key, value]];
          refuse(`${name}.${key}`, value, "is not a text", `Put ${below(name)}.${key} in quotes.`);
          return [];
        }),
      );
    },
    entries: (name) => Object.entries(as(name, recordOf, "an object") ?? {}),
    keys: (name) => list(name).filter((key) => typeof key === "string" || typeof key === "number"),
    flag: (name) => as(name, (value) => (typeof value === "boolean" ? value : undefined), "true or false") ?? false,
    integer: (name, lowest) =>
      as(name, (value) => (Number.isSafeInteger(value) && Number(value) >= lowest ? Number(value) : undefined), wantedInteger(lowest)),
    choice(name, table, fallback) {
      const words = Object.keys(table);
      const word = as(name, (value) => words.find((each) => each === value), `one of ${words.join(", ")}`);
      return word === undefined ? fallback : (table[word] ?? fallback);
    },
    seconds(name, fallback) {
      const found = text(name);
      if (found === undefined) return fallback;
      const seconds = durationSeconds(found);
      if (seconds === undefined) refuse(name, found, "is not a duration", "Write whole numbers with s, m, h or d: 90s, 10m, 1h30m or 3d.");
      return seconds ?? fallback;
    },
    time(name) {
      const found = text(name);
      if (found === undefined) return undefined;
      const time = /^\d{4}-\d\d-\d\d/.test(found) ? Date.parse(found) : Number.NaN;
      if (!Number.isNaN(time)) return time;
      refuse(name, found, "is neither a day nor a time", "Write it as 2026-08-20, or with the time as 2026-08-20T09:30:00Z.");
      return undefined;
    },
  };
}

function wantedInteger(lowest: number): string {
  return lowest === Number.MIN_SAFE_INTEGER ? "a whole number" : `a whole number from ${lowest} up`;
}

function recordOf(value: unknown): Fields | undefined {
  // The check makes the cast true: a non-null object that is no list has texts for keys.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
