import type { ObjectKey } from "../controllers/controller-runtime.ts";
import type { Random } from "../engine/random.ts";
import type { SavedCluster } from "../management-cluster.ts";
import type { SavedStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import type { WorldFiles } from "./bring-up.ts";
import type { SavedWorkload } from "../workload/workload-clusters.ts";

/** A world with one cluster, and what its copies are to be called. */
export interface CopiedWorld {
  readonly world: WorldFiles;
  readonly original: ObjectKey;
  readonly names: readonly string[];
}

export interface CopyOptions {
  /** The cluster that is copied: its name is found wherever it stands as a word, alone or before a hyphen, in what its namespace holds. */
  readonly original: ObjectKey;
  /** Of the copies, in the same namespace. */
  readonly names: readonly string[];
  /** Decides their uids. */
  readonly random: Random;
  readonly kubeconfig: (key: ObjectKey) => string;
}

/**
 * The world with copies of one of its clusters beside it: under other names, with uids and resourceVersions of their own, as if all had come up in the same seconds. What says neither a name nor a uid
 * (conditions, most of specs and managedFields) is the same object in all of them: a thousand cost what differs.
 */
export function withCopies(saved: SavedCluster, { original, names, random, kubeconfig }: CopyOptions): SavedCluster {
  const word = new RegExp(`\\b${original.name}\\b`);
  const belongs = ({ object }: SavedObject): boolean =>
    object.metadata.namespace === original.namespace && word.test(JSON.stringify(object));
  const own = shared(saved.store.objects.filter(belongs));
  const rest = saved.store.objects.filter((each) => !belongs(each));
  const workload = saved.workloads.find(({ key }) => key.namespace === original.namespace && key.name === original.name);
  const inside = workload === undefined ? [] : shared(workload.store.objects);
  const uids = new Set([...own, ...inside].map(({ object }) => object.metadata.uid));
  const isTouched = touching(word, uids);

  let { revision } = saved.store;
  const objects: SavedObject[] = [...rest, ...own];
  const workloads: SavedWorkload[] = saved.workloads.map((each) =>
    each === workload ? { ...each, store: { ...each.store, objects: inside } } : each,
  );
  for (const name of names) {
    const rewrite = rewriting(original.name, name, uids, isTouched, random);
    const key = { namespace: original.namespace, name };
    for (const { type, object } of own) {
      revision += 1;
      const copy = rewrite(object) as Draft;
      copy.metadata.resourceVersion = String(revision);
      if (type === "Secret") copy["data"] = secretData(copy, original.name, key, kubeconfig);
      objects.push({ type, object: copy });
    }
    if (workload === undefined) continue;
    const copies = inside.map(({ type, object }) => ({ type, object: rewrite(object) as StoredObject }));
    const etcdMembers = workload.etcdMembers.map((member) => rewrite(member) as string);
    workloads.push({ ...workload, key, store: { ...workload.store, objects: copies }, etcdMembers });
  }
  return { at: saved.at, store: { revision, objects }, workloads };
}

type SavedObject = SavedStore["objects"][number];

/** A copy that nobody has seen yet. */
interface Draft extends StoredObject {
  readonly metadata: StoredObject["metadata"] & { resourceVersion?: string };
  [field: string]: unknown;
}

/** Parts that say the same are one part: what is frozen may be shared, and copies share what their originals share. */
function shared(objects: readonly SavedObject[]): readonly SavedObject[] {
  const known = new Map<string, unknown>();
  const share = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const text = JSON.stringify(value);
    let same = known.get(text);
    if (same === undefined) {
      same = withParts(value, share);
      known.set(text, Object.freeze(same));
    }
    return same;
  };
  return objects.map(({ type, object }) => ({ type, object: share(object) as StoredObject }));
}

/** Of a part, where everything is in its place: fields that V8 saw first in a text that it parsed take half as much as those that are put together, or spread. */
const layouts = new WeakMap<object, string>();

function withParts(value: object, change: (part: unknown) => unknown): object {
  if (Array.isArray(value)) return value.map(change);
  let layout = layouts.get(value);
  if (layout === undefined) {
    const flat = Object.entries(value).map(([field, part]: [string, unknown]) => [field, typeof part === "object" ? null : part]);
    layouts.set(value, (layout = JSON.stringify(Object.fromEntries(flat))));
  }
  // What was written one line above.
  const copy = JSON.parse(layout) as Record<string, unknown>;
  for (const [field, part] of Object.entries(value)) copy[field] = change(part);
  return copy;
}

const uidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Whether anything in a value says the cluster's name or one of the uids; remembered, so that copies look only where something changes. */
function touching(word: RegExp, uids: ReadonlySet<string>): (value: unknown) => boolean {
  const known = new Map<unknown, boolean>();
  const says = (text: string): boolean => word.test(text) || (text.match(uidPattern) ?? []).some((uid) => uids.has(uid));
  return isTouched;

  function isTouched(value: unknown): boolean {
    if (typeof value !== "string" && (typeof value !== "object" || value === null)) return false;
    let touched = known.get(value);
    if (touched === undefined) {
      touched =
        typeof value === "string"
          ? says(value)
          : Array.isArray(value)
            ? value.some(isTouched)
            : Object.entries(value).some(([field, each]) => says(field) || isTouched(each));
      known.set(value, touched);
    }
    return touched;
  }
}

/** What is touched, under the new name and with new uids, each the same wherever it stands; all else as it is. Equal texts are one text, and what originals share their copies share. */
function rewriting(
  before: string,
  after: string,
  uids: ReadonlySet<string>,
  isTouched: (value: unknown) => boolean,
  random: Random,
): (value: unknown) => unknown {
  const word = new RegExp(`\\b${before}\\b`, "g");
  const texts = new Map<string, string>();
  const text = (value: string): string => {
    let changed = texts.get(value);
    if (changed === undefined) {
      changed = uids.has(value)
        ? random.uuid()
        : value.replaceAll(word, after).replaceAll(uidPattern, (uid) => (uids.has(uid) ? text(uid) : uid));
      texts.set(value, changed);
    }
    return changed;
  };
  const parts = new Map<object, object>();
  return rewrite;

  function rewrite(value: unknown): unknown {
    if (!isTouched(value)) return value;
    if (typeof value === "string") return text(value);
    // Nothing else is touched.
    const part = value as object;
    let copy = parts.get(part);
    if (copy === undefined) {
      copy = Object.keys(part).some(isTouched) ? withFields(part) : withParts(part, rewrite);
      parts.set(part, copy);
    }
    return copy;
  }

  function withFields(value: object): object {
    return Object.fromEntries(Object.entries(value).map(([field, each]) => [isTouched(field) ? text(field) : field, rewrite(each)]));
  }
}

/** What a Secret keeps is base64, where no name is seen. */
function secretData(secret: StoredObject, before: string, key: ObjectKey, kubeconfig: (key: ObjectKey) => string): object {
  if (secret.metadata.name === `${key.name}-kubeconfig`) return { value: Buffer.from(kubeconfig(key)).toString("base64") };
  return withParts(secret["data"] ?? {}, (value) => {
    const text = Buffer.from(String(value), "base64").toString();
    return text.includes(before) ? Buffer.from(text.replaceAll(before, key.name)).toString("base64") : value;
  });
}
