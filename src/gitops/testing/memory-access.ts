import type { ObjectReference, SnapshotGap } from "../../upgrade/cluster-snapshot.ts";
import type { EngineAccess } from "../engine-access.ts";
import { referenceOf, textAt, wordsAt, type RawObject } from "../raw-object.ts";

export interface MemoryAccess extends EngineAccess {
  /** What was asked for: `get Application argocd/capi`, `list Secret argocd a=b`, `annotate …`. */
  readonly requests: readonly string[];
  /** Annotations that were set, in order. */
  readonly annotated: readonly { readonly ref: ObjectReference; readonly annotations: Readonly<Record<string, string>> }[];
}

/** Access to a given set of objects; `trouble` names kinds (or `kind/name`) that answer with a gap. */
export function memoryAccess(objects: readonly RawObject[], trouble: Readonly<Record<string, SnapshotGap["kind"]>> = {}): MemoryAccess {
  const requests: string[] = [];
  const annotated: MemoryAccess["annotated"][number][] = [];
  const gapFor = (kind: string, name: string, what: string): SnapshotGap | undefined => {
    const gap = trouble[`${kind}/${name}`] ?? trouble[kind];
    return gap === undefined ? undefined : { kind: gap, what, message: `${what}: ${gap}` };
  };
  const isThe = (object: RawObject, { group, kind }: { readonly group: string; readonly kind: string }): boolean =>
    textAt(object, "kind") === kind && groupOf(object) === group;
  return {
    requests,
    annotated,
    now: () => Date.UTC(2026, 10, 29, 12, 0, 0),
    get(ref) {
      const what = `${ref.kind} ${ref.namespace}/${ref.name}`;
      requests.push(`get ${what}`);
      const gap = gapFor(ref.kind, ref.name, what);
      const found = objects.find((object) => {
        const { namespace, name } = referenceOf(object, "", "");
        return isThe(object, ref) && namespace === ref.namespace && name === ref.name;
      });
      if (gap !== undefined) return Promise.resolve({ gap });
      return Promise.resolve(
        found === undefined ? { gap: { kind: "not-found", what, message: `${what} does not exist` } } : { value: found },
      );
    },
    list({ group, kind, namespace, labelSelector }) {
      const what = [kind, namespace ?? "everywhere", labelSelector].filter((part) => part !== undefined).join(" ");
      requests.push(`list ${what}`);
      const gap = gapFor(kind, "", what);
      if (gap !== undefined) return Promise.resolve({ gap });
      const [key = "", value] = (labelSelector ?? "").split("=");
      return Promise.resolve({
        value: objects.filter(
          (object) =>
            isThe(object, { group, kind }) &&
            (namespace === undefined || textAt(object, "metadata.namespace") === namespace) &&
            (key === "" || wordsAt(object, "metadata.labels")[key] === value),
        ),
      });
    },
    annotate(ref, annotations) {
      const what = `${ref.kind} ${ref.namespace}/${ref.name}`;
      requests.push(`annotate ${what}`);
      const gap = gapFor(ref.kind, ref.name, what);
      if (gap === undefined) annotated.push({ ref, annotations });
      return Promise.resolve(gap);
    },
  };
}

function groupOf(object: RawObject): string {
  const [group = "", version] = (textAt(object, "apiVersion") ?? "").split("/");
  return version === undefined ? "" : group;
}
