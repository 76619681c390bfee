import type { KubernetesObject } from "./resource.ts";

export type CacheChange =
  | { readonly kind: "added" | "deleted"; readonly object: KubernetesObject }
  | { readonly kind: "modified"; readonly object: KubernetesObject; readonly before: KubernetesObject };

export interface ObjectStoreOptions {
  /** Called after each change; what it throws goes to `onError` and disturbs nothing. */
  readonly onChange?: (change: CacheChange) => void;
  /** Told each fault that was survived; what it throws is dropped. */
  readonly onError?: (error: unknown) => void;
  /** Drops what is not needed before it is kept; never name, namespace, uid and resourceVersion. What it throws goes to `onError`, and the object is kept whole. */
  readonly transform?: (object: KubernetesObject) => KubernetesObject;
}

/** Objects by namespace and name, which tells of every difference. */
export interface ObjectStore {
  put(object: KubernetesObject): void;
  /** An object as it is kept. */
  readonly reduced: (object: KubernetesObject) => KubernetesObject;
  remove(object: KubernetesObject): void;
  /** These, and no others; reduced already. */
  replace(objects: readonly KubernetesObject[]): void;
  readonly objects: () => readonly KubernetesObject[];
  readonly get: (name: string, namespace?: string) => KubernetesObject | undefined;
  readonly report: (error: unknown) => void;
}

/** Once `stopped` is aborted nothing is told any more. */
export function objectStore({ onChange, onError, transform }: ObjectStoreOptions, stopped: AbortSignal): ObjectStore {
  const known = new Map<string, KubernetesObject>();

  function report(error: unknown): void {
    try {
      onError?.(error);
    } catch {
      // There is nobody left to tell.
    }
  }

  function tell(change: CacheChange): void {
    if (stopped.aborted) return;
    try {
      onChange?.(change);
    } catch (error) {
      report(error);
    }
  }

  function reduced(object: KubernetesObject): KubernetesObject {
    try {
      return transform?.(object) ?? object;
    } catch (error) {
      report(error);
      return object;
    }
  }

  function put(object: KubernetesObject, reduce = reduced): void {
    const before = known.get(keyOf(object));
    const same = before !== undefined && before.metadata.uid === object.metadata.uid;
    if (before !== undefined && !same) remove(before);
    if (same && before.metadata.resourceVersion === object.metadata.resourceVersion) return;
    const kept = reduce(object);
    known.set(keyOf(object), kept);
    tell(same ? { kind: "modified", object: kept, before } : { kind: "added", object: kept });
  }

  function remove(object: KubernetesObject): void {
    const before = known.get(keyOf(object));
    if (before !== undefined && known.delete(keyOf(object))) tell({ kind: "deleted", object: before });
  }

  return {
    put: (object) => put(object),
    reduced,
    remove,
    replace(objects) {
      const present = new Set(objects.map(keyOf));
      for (const [key, object] of known) if (!present.has(key)) remove(object);
      for (const object of objects) put(object, (one) => one);
    },
    objects: () => [...known.values()],
    get: (name, namespace) => known.get(`${namespace ?? ""}/${name}`),
    report,
  };
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
