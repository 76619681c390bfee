import type { SnapshotGap } from "../../upgrade/cluster-snapshot.ts";
import type { ListRequest, Reads, Reading } from "../reads.ts";
import type { RawObject } from "../views/fields.ts";
import { readMeta } from "../views/object-meta.ts";

export interface MemoryReads extends Reads {
  /** What was asked for, in order: `get Cluster demo/c1`, `list Machine demo a=b`. */
  readonly requests: readonly string[];
}

/** Reads of a given set of objects, with label selectors as a server has them; `trouble` names kinds that answer with a gap. */
export function memoryReads(objects: readonly RawObject[], trouble: Readonly<Record<string, SnapshotGap["kind"]>> = {}): MemoryReads {
  const requests: string[] = [];
  const entries = objects.map((object) => ({ object, meta: readMeta(object, "", () => {}) }));
  const gapFor = (kind: string, what: string): SnapshotGap | undefined =>
    trouble[kind] === undefined ? undefined : { kind: trouble[kind], what, message: `${what}: ${trouble[kind]}` };
  return {
    requests,
    get(ref): Promise<Reading<RawObject>> {
      const what = `${ref.kind} ${ref.namespace}/${ref.name}`;
      requests.push(`get ${what}`);
      const gap = gapFor(ref.kind, what);
      if (gap !== undefined) return Promise.resolve({ gap });
      const found = entries.find(
        ({ meta }) =>
          meta.ref.group === ref.group && meta.ref.kind === ref.kind && meta.ref.namespace === ref.namespace && meta.ref.name === ref.name,
      );
      return Promise.resolve(
        found === undefined ? { gap: { kind: "not-found", what, message: `${what} does not exist` } } : { value: found.object },
      );
    },
    list({ group, kind, namespace, labelSelector = "" }: ListRequest): Promise<Reading<readonly RawObject[]>> {
      const what = [kind, namespace ?? "everywhere", labelSelector].filter((part) => part !== "").join(" ");
      requests.push(`list ${what}`);
      const gap = gapFor(kind, what);
      if (gap !== undefined) return Promise.resolve({ gap });
      const matching = entries.filter(
        ({ meta }) =>
          meta.ref.group === group &&
          meta.ref.kind === kind &&
          (namespace === undefined || meta.ref.namespace === namespace) &&
          selects(labelSelector, meta.labels),
      );
      return Promise.resolve({ value: matching.map(({ object }) => object) });
    },
  };
}

function selects(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return selector.split(",").every((term) => {
    const [key = "", value] = term.split("=");
    return key === "" || (value === undefined ? Object.hasOwn(labels, key) : labels[key] === value);
  });
}
