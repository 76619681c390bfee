import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import type { FieldPath } from "../change.ts";
import { readOnce } from "./read-once.ts";

/** The documents' values as Kubernetes (YAML 1.1) and as YAML 1.2 read them. Both must agree with what an edit intends. */
export const valuesOf = readOnce((text): readonly (readonly unknown[])[] =>
  (["1.1", "1.2"] as const).map((version) =>
    [...parseAllDocuments(text, { version, merge: true, logLevel: "silent" })].map((document): unknown =>
      document.toJS({ maxAliasCount: -1 }),
    ),
  ),
);

/** What is at `path`; undefined where it leaves the value. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((at, step) => (at as Readonly<Record<string | number, unknown>> | null | undefined)?.[step], value);
}

/** A copy of `value` with `replacement` at `path`. Throws when the path leads nowhere. */
export function withValueAt(value: unknown, path: FieldPath, replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  if (Array.isArray(value) && typeof step === "number" && step < value.length) {
    return value.map((item: unknown, index) => (index === step ? withValueAt(item, rest, replacement) : item));
  }
  if (value !== null && typeof value === "object" && !Array.isArray(value) && Object.hasOwn(value, String(step))) {
    const record = value as Readonly<Record<string, unknown>>;
    return { ...record, [String(step)]: withValueAt(record[String(step)], rest, replacement) };
  }
  throw new Error(`nothing at ${path.join(".")}`);
}

/** Paths at which two values differ; at most `limit`. */
export function differences(a: unknown, b: unknown, limit = 5, at: FieldPath = []): readonly FieldPath[] {
  if (isDeepStrictEqual(a, b)) return [];
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object" && Array.isArray(a) === Array.isArray(b)) {
    const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    const found = [...keys].flatMap((key) => differences(left[key], right[key], limit, [...at, Array.isArray(a) ? Number(key) : key]));
    return found.slice(0, limit);
  }
  return [at];
}
