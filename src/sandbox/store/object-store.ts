import { namespacedName } from "./remembered-texts.ts";
import type { StoredObject } from "./stored-object.ts";

/** `Machine.cluster.x-k8s.io`, `ConfigMap`: a kind and its group, whatever the version. */
export type TypeKey = string;

export type StoreEvent =
  | { readonly kind: "added"; readonly type: TypeKey; readonly object: StoredObject; readonly revision: number }
  | {
      readonly kind: "modified";
      readonly type: TypeKey;
      readonly object: StoredObject;
      readonly previous: StoredObject;
      readonly revision: number;
    }
  /** `object` is the last state, with the resourceVersion of the deletion. */
  | { readonly kind: "deleted"; readonly type: TypeKey; readonly object: StoredObject; readonly revision: number };

/** All objects of a store at one moment. They are frozen, at the latest by the store that begins with them: whoever is given them may share them. */
export interface SavedStore {
  readonly revision: number;
  readonly objects: readonly { readonly type: TypeKey; readonly object: StoredObject }[];
}

/**
 * What etcd is to an API server: objects by type, namespace and name, one counter of revisions, and a history that is cut now and then. It knows no rules of Kubernetes; those are in
 * `api/objects.ts`. Objects are deeply frozen: what is given out stays what it was.
 */
export interface ObjectStore {
  /** The label by which `labelled` finds objects. */
  readonly indexedLabel: string;
  /** The newest revision; `metadata.resourceVersion` of what was written last. */
  revision(): number;
  get(type: TypeKey, namespace: string | undefined, name: string): StoredObject | undefined;
  /** In the order of etcd's keys: by namespace, then by name. */
  list(type: TypeKey, namespace?: string): readonly StoredObject[];
  /** Objects with this label value in that namespace, by name: as `list`, but without looking at the others. Only for the label that was named when the store was made. */
  labelled(type: TypeKey, namespace: string, value: string): readonly StoredObject[];
  byUid(uid: string): { readonly type: TypeKey; readonly object: StoredObject } | undefined;
  /** Objects with an ownerReference to that uid. */
  dependents(uid: string): readonly { readonly type: TypeKey; readonly object: StoredObject }[];
  /** Sets resourceVersion, freezes, tells the listeners. The object must have a name and a uid. */
  put(type: TypeKey, object: StoredObject): StoredObject;
  remove(type: TypeKey, namespace: string | undefined, name: string): StoredObject | undefined;
  /** Called within `put` and `remove`, in the order of subscription. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
  /** Events of a type after that revision; `compacted` when the history does not reach back so far. */
  since(type: TypeKey, revision: number): readonly StoreEvent[] | "compacted";
  /** The state of a type at that revision, for the later pages of a list; `compacted` likewise. */
  listAt(type: TypeKey, namespace: string | undefined, revision: number): readonly StoredObject[] | "compacted";
  /** Forgets the history up to and including that revision. */
  compact(revision: number): void;
  /** As a backup of etcd: everything but the history. */
  save(): SavedStore;
}

export interface ObjectStoreOptions {
  /** The label by which `labelled` finds objects. */
  readonly indexedLabel: string;
  /** Events that are kept; older ones are forgotten as if compacted. Default 20 000. */
  readonly historyLength?: number;
  /** What it begins with, as if restored from a backup: nobody is told, and there is no history from before. */
  readonly saved?: SavedStore;
}

interface Shelf {
  readonly byLabel: Map<string, LabelGroup>;
  /** By namespace; undefined key: all. Thrown away by each write that adds or removes or changes. */
  readonly sorted: Map<string | undefined, readonly StoredObject[]>;
  /** By namespace, then by name: no key is made of the two for a look-up, nor kept. */
  readonly byNamespace: Map<string, Map<string, StoredObject>>;
}

/** Objects of one namespace with one value of the label. */
interface LabelGroup {
  readonly members: Map<string, StoredObject>;
  /** Thrown away when one comes or goes. */
  names: readonly string[] | undefined;
  /** As `labelled` gives them. Thrown away by each write. */
  sorted: readonly StoredObject[] | undefined;
}

export function createObjectStore({ indexedLabel, historyLength = 20_000, saved }: ObjectStoreOptions): ObjectStore {
  const shelves = new Map<TypeKey, Shelf>();
  const uids = new Map<string, { readonly type: TypeKey; readonly object: StoredObject }>();
  const owned = new Map<string, Map<string, TypeKey>>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let history: StoreEvent[] = [];
  let compacted = saved?.revision ?? 0;
  let revision = saved?.revision ?? 0;

  function shelfOf(type: TypeKey): Shelf {
    let shelf = shelves.get(type);
    if (shelf === undefined) {
      shelf = { byLabel: new Map(), sorted: new Map(), byNamespace: new Map() };
      shelves.set(type, shelf);
    }
    return shelf;
  }

  function fileByNamespace({ byNamespace, sorted }: Shelf, namespace: string, name: string, object: StoredObject | undefined): void {
    sorted.delete(undefined);
    sorted.delete(namespace);
    let group = byNamespace.get(namespace);
    if (object === undefined) {
      group?.delete(name);
      if (group?.size === 0) byNamespace.delete(namespace);
      return;
    }
    if (group === undefined) byNamespace.set(namespace, (group = new Map()));
    group.set(name, object);
  }

  function fileByLabel({ byLabel }: Shelf, label: string | undefined, name: string, object: StoredObject | undefined): void {
    if (label === undefined) return;
    let group = byLabel.get(label);
    if (group === undefined) {
      if (object === undefined) return;
      byLabel.set(label, (group = { members: new Map(), names: undefined, sorted: undefined }));
    }
    const { members } = group;
    const count = members.size;
    if (object === undefined) members.delete(name);
    else members.set(name, object);
    group.sorted = undefined;
    if (members.size !== count) group.names = undefined;
    if (members.size === 0) byLabel.delete(label);
  }

  const labelKey = ({ metadata }: StoredObject): string | undefined => {
    const value = metadata.labels?.[indexedLabel];
    return value === undefined ? undefined : namespacedName(metadata.namespace ?? "", value);
  };

  function place(type: TypeKey, previous: StoredObject | undefined, object: StoredObject | undefined): void {
    const shelf = shelfOf(type);
    const { metadata } = (object ?? previous)!;
    const [labelBefore, label] = [previous && labelKey(previous), object && labelKey(object)];
    if (labelBefore !== label) fileByLabel(shelf, labelBefore, metadata.name, undefined);
    fileByLabel(shelf, label, metadata.name, object);
    fileByNamespace(shelf, metadata.namespace ?? "", metadata.name, object);
    fileOwners(type, previous, object);
    if (object !== undefined) uids.set(object.metadata.uid, { type, object });
  }

  function fileOwners(type: TypeKey, previous: StoredObject | undefined, object: StoredObject | undefined): void {
    const [before, after] = [previous?.metadata, object?.metadata];
    if (before !== undefined && before.uid === after?.uid && before.ownerReferences === after.ownerReferences) return;
    if (before !== undefined) {
      uids.delete(before.uid);
      for (const { uid } of before.ownerReferences ?? []) {
        const dependents = owned.get(uid);
        dependents?.delete(before.uid);
        if (dependents?.size === 0) owned.delete(uid);
      }
    }
    for (const { uid } of after?.ownerReferences ?? []) {
      let dependents = owned.get(uid);
      if (dependents === undefined) owned.set(uid, (dependents = new Map()));
      dependents.set(after!.uid, type);
    }
  }

  function tell(event: StoreEvent): void {
    history.push(event);
    if (history.length > historyLength * 1.25) compact(history[history.length - historyLength]!.revision - 1);
    for (const listener of listeners) listener(event);
  }

  function compact(upTo: number): void {
    if (upTo <= compacted) return;
    compacted = upTo;
    history = history.filter((event) => event.revision > upTo);
  }

  function list(type: TypeKey, namespace?: string): readonly StoredObject[] {
    const shelf = shelfOf(type);
    let sorted = shelf.sorted.get(namespace);
    if (sorted === undefined) {
      sorted = (namespace === undefined ? allOf(shelf) : [...(shelf.byNamespace.get(namespace)?.values() ?? [])]).sort(byKey);
      shelf.sorted.set(namespace, sorted);
    }
    return sorted;
  }

  function get(type: TypeKey, namespace: string | undefined, name: string): StoredObject | undefined {
    return shelves
      .get(type)
      ?.byNamespace.get(namespace ?? "")
      ?.get(name);
  }

  for (const { type, object } of saved?.objects ?? []) place(type, undefined, freeze(object));

  return {
    indexedLabel,
    revision: () => revision,
    get,
    list,
    labelled(type, namespace, value) {
      const group = shelfOf(type).byLabel.get(namespacedName(namespace, value));
      if (group === undefined) return nothing;
      const { members } = group;
      const names = (group.names ??= [...members.keys()].sort(compare));
      return (group.sorted ??= names.map((name) => members.get(name)!));
    },
    byUid: (uid) => uids.get(uid),
    dependents: (uid) => [...(owned.get(uid)?.keys() ?? [])].map((dependent) => uids.get(dependent)!),

    put(type, given) {
      revision += 1;
      const { metadata } = given;
      const previous = get(type, metadata.namespace, metadata.name);
      const object = freeze({ ...given, metadata: { ...metadata, resourceVersion: String(revision) } });
      place(type, previous, object);
      tell(previous === undefined ? { kind: "added", type, object, revision } : { kind: "modified", type, object, previous, revision });
      return object;
    },

    remove(type, namespace, name) {
      const previous = get(type, namespace, name);
      if (previous === undefined) return undefined;
      revision += 1;
      const object = freeze({ ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } });
      place(type, previous, undefined);
      tell({ kind: "deleted", type, object, revision });
      return object;
    },

    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    since(type, from) {
      if (from < compacted) return "compacted";
      // History is in order of revision: look only at the newer end.
      let first = history.length;
      while (first > 0 && history[first - 1]!.revision > from) first -= 1;
      return history.slice(first).filter((event) => event.type === type);
    },

    listAt(type, namespace, at) {
      if (at < compacted) return "compacted";
      const state = new Map(list(type, namespace).map((object) => [keyOf(object.metadata.namespace, object.metadata.name), object]));
      for (let index = history.length - 1; index >= 0 && history[index]!.revision > at; index -= 1) {
        const event = history[index]!;
        const { namespace: place, name } = event.object.metadata;
        if (event.type !== type || (namespace !== undefined && place !== namespace)) continue;
        const key = keyOf(place, name);
        if (event.kind === "added") state.delete(key);
        else state.set(key, event.kind === "modified" ? event.previous : event.object);
      }
      return [...state.values()].sort(byKey);
    },

    compact,
    save: () => ({
      revision,
      objects: [...shelves].flatMap(([type, shelf]) => allOf(shelf).map((object) => ({ type, object }))),
    }),
  };
}

function allOf({ byNamespace }: Shelf): StoredObject[] {
  return [...byNamespace.values()].flatMap((group) => [...group.values()]);
}

const nothing: readonly StoredObject[] = Object.freeze([]);

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function byKey(one: StoredObject, other: StoredObject): number {
  return compare(one.metadata.namespace ?? "", other.metadata.namespace ?? "") || compare(one.metadata.name, other.metadata.name);
}

/** Deep; parts that are frozen already are taken as they are, so that what two versions share is looked at once. */
function freeze<T extends object>(value: T): T {
  if (Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const key in value) {
    const part: unknown = value[key];
    if (typeof part === "object" && part !== null) freeze(part);
  }
  return value;
}
