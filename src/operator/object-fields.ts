import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";

type Path = readonly (string | number)[];

/** What is at `path`; undefined where the path leaves the value. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (here, step) => (here !== null && typeof here === "object" ? (here as Readonly<Record<string | number, unknown>>)[step] : undefined),
    value,
  );
}

/** A copy with `replacement` at `path`; maps that are missing on the way are made. */
export function withValue(value: unknown, path: Path, replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === Number(step) ? withValue(item, rest, replacement) : item));
  const record = (value ?? {}) as Readonly<Record<string, unknown>>;
  return { ...record, [String(step)]: withValue(record[String(step)], rest, replacement) };
}

/** `Cluster demo/demo spec.topology.version` */
export function describeFields({ kind, namespace, name }: ObjectReference, path: Path): string {
  return `${kind} ${namespace}/${name} ${path.join(".")}`;
}
