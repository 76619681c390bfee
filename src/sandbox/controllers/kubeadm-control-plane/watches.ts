import { sameJson } from "../../store/same-json.ts";
import { controllerOf } from "../../api/objects.ts";
import type { StoreEvent } from "../../store/object-store.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { ObjectKey } from "../controller-runtime.ts";
import { isInfrastructureProvisioned } from "./begin-pass.ts";
import type { Cluster } from "./cluster-objects.ts";

export function wakeForObject({ object }: StoreEvent): readonly ObjectKey[] {
  return [{ namespace: object.metadata.namespace ?? "", name: object.metadata.name }];
}

/** Machines that it controls. */
export function wakeForMachine({ object }: StoreEvent): readonly ObjectKey[] {
  const owner = controllerOf(object);
  return owner?.kind === "KubeadmControlPlane" ? [{ namespace: object.metadata.namespace ?? "", name: owner.name }] : [];
}

/** Of the Cluster only: paused or not, the infrastructure is there, another version in the topology. */
export function wakeForCluster(event: StoreEvent): readonly ObjectKey[] {
  const cluster = asCluster(event.object);
  const reference = cluster.spec.controlPlaneRef;
  if (event.kind === "deleted" || reference?.kind !== "KubeadmControlPlane") return [];
  if (event.kind === "modified" && sameJson(watched(asCluster(event.previous)), watched(cluster))) return [];
  return [{ namespace: cluster.metadata.namespace ?? "", name: reference.name }];
}

function watched(cluster: Cluster): unknown {
  return [cluster.spec.paused === true, isInfrastructureProvisioned(cluster), cluster.spec.topology?.version];
}

function asCluster(object: StoredObject): Cluster {
  // What is stored as a Cluster went through its schema.
  return object as Cluster;
}
