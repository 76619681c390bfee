import type { Objects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { Timeline } from "../engine/timeline.ts";

export interface NamespaceLifecycleOptions {
  readonly objects: Objects;
  readonly types: () => readonly ResourceType[];
  readonly timeline: Timeline;
}

const manager = "kube-controller-manager";
const pauseMilliseconds = 500;

/** Empties namespaces that are to go, and lets them go then (k8s.io/kubernetes pkg/controller/namespace): `kubernetes` in `spec.finalizers` holds them until that is done. */
export function startNamespaceLifecycle({ objects, types, timeline }: NamespaceLifecycleOptions): void {
  const namespaces = types().find(({ key }) => key === "Namespace");
  if (namespaces === undefined) return;

  objects.store.subscribe((event) => {
    if (event.type !== "Namespace" || event.kind !== "modified") return;
    const { name, deletionTimestamp } = event.object.metadata;
    if (deletionTimestamp !== undefined && event.previous.metadata.deletionTimestamp === undefined) timeline.after(0, () => empty(name));
  });

  function empty(name: string): void {
    if (objects.get(namespaces!, undefined, name) === undefined) return;
    let left = 0;
    for (const type of types()) {
      if (!type.namespaced) continue;
      for (const { metadata } of objects.store.list(type.key, name)) {
        left += 1;
        if (metadata.deletionTimestamp === undefined) objects.delete(type, name, metadata.name, { propagation: "Background" });
      }
    }
    if (left > 0) {
      timeline.after(pauseMilliseconds, () => empty(name));
      return;
    }
    objects.modify(namespaces!, undefined, name, (live) => ({ ...live, spec: {} }), { manager, finalizes: true });
  }
}
