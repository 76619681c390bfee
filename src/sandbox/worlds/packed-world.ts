import { timestamp } from "../api/objects.ts";
import type { ObjectKey } from "../controllers/controller-runtime.ts";
import type { SavedCluster } from "../management-cluster.ts";
import { crdObjects } from "../schemas/crd-objects.ts";
import { clusterApiTypes } from "../schemas/custom-types.ts";
import type { SavedStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";

/** A world that has come up, to be written into a file: only plain data, without what the program knows anyway (its CRDs). */
export interface PackedWorld {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Where the workload clusters' API servers were while it came up: on 127.0.0.1, at a port that stands for whichever it will be. */
  readonly port: number;
  /** A SavedCluster as JSON. */
  readonly text: string;
  /** What decided its names and delays. */
  readonly seed: number;
}

const crdKey = "CustomResourceDefinition.apiextensions.k8s.io";

export function packWorld(saved: SavedCluster, port: number): Omit<PackedWorld, "seed"> {
  const objects = saved.store.objects.map(({ type, object }) =>
    type === crdKey ? { type, object: { apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata } } : { type, object },
  );
  return { at: saved.at, port, text: JSON.stringify({ ...saved, store: { ...saved.store, objects } }) };
}

/**
 * The world as if it had come up just before `now`: all its times are moved by the same whole number of seconds, its workload clusters are found at `port`, and its kubeconfigs are those of
 * `kubeconfig`.
 */
export function unpackWorld(
  packed: PackedWorld,
  { now, port, kubeconfig }: { readonly now: number; readonly port: number; readonly kubeconfig: (key: ObjectKey) => string },
): SavedCluster {
  const shift = Math.floor((now - packed.at) / 1000) * 1000;
  const moved = new Map<string, string>();
  const text = packed.text
    .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (time) => {
      let later = moved.get(time);
      if (later === undefined) moved.set(time, (later = timestamp(Date.parse(time) + shift)));
      return later;
    })
    .replaceAll(new RegExp(`("port":|127\\.0\\.0\\.1:)${packed.port}\\b`, "g"), `$1${port}`);
  // `packWorld` is its only author.
  const { store, workloads } = JSON.parse(text) as SavedCluster;
  const kubeconfigs = new Map(workloads.map(({ key }) => [`${key.namespace}/${key.name}-kubeconfig`, key]));
  const installed = store.objects.find(({ type }) => type === crdKey)?.object.metadata.creationTimestamp;
  const definitions = new Map(crdObjects(clusterApiTypes(), installed ?? "").map((crd) => [crd.metadata?.name, crd]));
  const objects = store.objects.map(({ type, object }): SavedStore["objects"][number] => {
    if (type === crdKey) return { type, object: definitionOf(object, definitions.get(object.metadata.name)) };
    const { namespace, name } = object.metadata;
    const workload = type === "Secret" ? kubeconfigs.get(`${namespace}/${name}`) : undefined;
    return workload === undefined
      ? { type, object }
      : { type, object: { ...object, data: { value: Buffer.from(kubeconfig(workload)).toString("base64") } } };
  });
  return { at: packed.at + shift, store: { ...store, objects }, workloads };
}

function definitionOf(object: StoredObject, definition: ReturnType<typeof crdObjects>[number] | undefined): StoredObject {
  if (definition === undefined) throw new Error(`the packed world has a ${object.metadata.name}, which this program does not know`);
  const { metadata: _metadata, ...rest } = definition;
  return { ...object, ...rest };
}
