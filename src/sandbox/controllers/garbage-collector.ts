import type { Objects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { Timeline } from "../engine/timeline.ts";
import type { TypeKey } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";

export interface GarbageCollectorOptions {
  readonly objects: Objects;
  /** Undefined for a type that is not served. */
  readonly type: (key: TypeKey) => ResourceType | undefined;
  readonly timeline: Timeline;
  /** From the loss of an owner to the deletion of what it owned. Default 50. */
  readonly delayMilliseconds?: number;
}

const manager = "kube-controller-manager";

/**
 * Deletes what has lost its last owner, and plays its part in foreground and orphaning deletion (k8s.io/kubernetes pkg/controller/garbagecollector). Stays until the store goes.
 */
export function startGarbageCollector({ objects, type, timeline, delayMilliseconds = 50 }: GarbageCollectorOptions): void {
  const { store } = objects;

  store.subscribe((event) => {
    const { metadata } = event.object;
    if (event.kind === "deleted") {
      const { uid } = metadata;
      if (store.dependents(uid).length > 0) timeline.after(delayMilliseconds, () => collect(uid));
      // A foreground deletion may have waited for this one.
      for (const owner of metadata.ownerReferences ?? []) timeline.after(delayMilliseconds, () => finish(owner.uid));
      return;
    }
    const owners = metadata.ownerReferences;
    if (owners !== undefined && (event.kind === "added" || event.previous.metadata.ownerReferences !== owners)) {
      // An owner may have gone before its dependent came.
      const gone = owners.find(({ uid }) => store.byUid(uid) === undefined);
      if (gone !== undefined) timeline.after(delayMilliseconds, () => collect(gone.uid));
    }
    if (
      metadata.deletionTimestamp !== undefined &&
      (metadata.finalizers ?? []).some((name) => name === "foregroundDeletion" || name === "orphan")
    ) {
      timeline.after(delayMilliseconds, () => propagate(metadata.uid));
    }
  });

  function collect(gone: string): void {
    if (store.byUid(gone) !== undefined) return;
    for (const { type: key, object } of store.dependents(gone)) {
      const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== gone && store.byUid(uid) !== undefined);
      if (others.length === 0) remove(key, object, "Background");
      else rewrite(key, object, (metadata) => ({ ...metadata, ownerReferences: others }));
    }
  }

  function propagate(uid: string): void {
    const owner = store.byUid(uid);
    if (owner === undefined) return;
    const finalizers = owner.object.metadata.finalizers ?? [];
    if (finalizers.includes("orphan")) {
      for (const { type: key, object } of store.dependents(uid)) {
        rewrite(key, object, (metadata) => ({
          ...metadata,
          ownerReferences: (metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid),
        }));
      }
      dropFinalizer(owner, "orphan");
      return;
    }
    for (const { type: key, object } of store.dependents(uid)) {
      if (object.metadata.deletionTimestamp === undefined) remove(key, object, "Foreground");
    }
    finish(uid);
  }

  /** The owner of a foreground deletion goes when nobody is left that blocks it. */
  function finish(uid: string): void {
    const owner = store.byUid(uid);
    if (owner?.object.metadata.finalizers?.includes("foregroundDeletion") !== true) return;
    const blocked = store
      .dependents(uid)
      .some(({ object }) =>
        object.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true),
      );
    if (!blocked) dropFinalizer(owner, "foregroundDeletion");
  }

  function dropFinalizer({ type: key, object }: { readonly type: TypeKey; readonly object: StoredObject }, name: string): void {
    rewrite(key, object, (metadata) => ({ ...metadata, finalizers: (metadata.finalizers ?? []).filter((each) => each !== name) }));
  }

  function remove(key: TypeKey, { metadata }: StoredObject, propagation: "Foreground" | "Background"): void {
    const served = type(key);
    if (served !== undefined) objects.delete(served, metadata.namespace, metadata.name, { uid: metadata.uid, propagation });
  }

  function rewrite(
    key: TypeKey,
    { metadata }: StoredObject,
    change: (metadata: StoredObject["metadata"]) => StoredObject["metadata"],
  ): void {
    const served = type(key);
    if (served === undefined) return;
    objects.modify(served, metadata.namespace, metadata.name, (live) => ({ ...live, metadata: change(live.metadata) }), { manager });
  }
}
