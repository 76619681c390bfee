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

/** Deleting a namespace deletes what is in it first. The finalizer stands in `metadata` here, where Kubernetes has one of its own in `spec`. */
export function startNamespaceLifecycle({ objects, types, timeline }: NamespaceLifecycleOptions): void {
  const namespaces = types().find(({ key }) => key === "Namespace");
  if (namespaces === undefined) return;
  const finalizer = "kubernetes";

  objects.store.subscribe((event) => {
    if (event.type !== "Namespace" || event.kind === "deleted") return;
    const { name, deletionTimestamp } = event.object.metadata;
    if (event.kind === "added") timeline.after(0, () => activate(name));
    else if (deletionTimestamp !== undefined && event.previous.metadata.deletionTimestamp === undefined)
      timeline.after(0, () => empty(name));
  });

  function activate(name: string): void {
    if (objects.get(namespaces!, undefined, name) === undefined) return;
    objects.modify(
      namespaces!,
      undefined,
      name,
      (live) => ({
        ...live,
        metadata: { ...live.metadata, labels: { ...live.metadata.labels, "kubernetes.io/metadata.name": name }, finalizers: [finalizer] },
      }),
      { manager },
    );
    phase(name, "Active");
  }

  function phase(name: string, text: string): void {
    objects.modify(namespaces!, undefined, name, (live) => ({ ...live, status: { phase: text } }), { manager, subresource: "status" });
  }

  function empty(name: string): void {
    if (objects.get(namespaces!, undefined, name) === undefined) return;
    phase(name, "Terminating");
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
    objects.modify(
      namespaces!,
      undefined,
      name,
      (live) => ({
        ...live,
        metadata: { ...live.metadata, finalizers: (live.metadata.finalizers ?? []).filter((each) => each !== finalizer) },
      }),
      { manager },
    );
  }
}
