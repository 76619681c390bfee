import type { ObjectStore, StoreEvent, TypeKey } from "../../store/object-store.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { ObjectKey } from "../controller-runtime.ts";
import { clusterNameLabel, type Cluster } from "./machine-objects.ts";

export function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

/** Objects of that type in the cluster that the given object belongs to, by label or by `spec.clusterName`. */
export function ofCluster(store: ObjectStore, type: TypeKey, object: StoredObject): readonly StoredObject[] {
  const spec = object["spec"] as { readonly clusterName?: string } | undefined;
  const cluster = spec?.clusterName ?? object.metadata.labels?.[clusterNameLabel];
  return cluster === undefined ? [] : store.labelled(type, object.metadata.namespace ?? "", cluster);
}

/** Of a Cluster, most controllers care only about `spec.paused`. */
export function clusterPauseChanged(event: StoreEvent): boolean {
  const isPaused = (object: StoredObject): boolean => (object as Cluster).spec?.paused === true;
  return event.kind === "modified" && isPaused(event.object) !== isPaused(event.previous);
}
