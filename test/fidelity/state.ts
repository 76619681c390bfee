import type { KubernetesObject } from "../../src/kubernetes/resource.ts";
import type { CacheChange } from "../../src/kubernetes/watch-cache.ts";
import { watchedKinds, type WatchedKind } from "./target.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- the JSON of any Kubernetes object, as the scenario expects it
export type Json = any;

/** The objects of the scenario's namespace as they are now. */
export interface State {
  readonly all: (kind: WatchedKind) => readonly Json[];
}

export interface WatchedState extends State {
  take(kind: WatchedKind, change: CacheChange["kind"], object: Json): void;
}

export function watchedState(): WatchedState {
  const kinds = Object.fromEntries(watchedKinds.map((kind) => [kind, new Map<string, KubernetesObject>()])) as Record<
    WatchedKind,
    Map<string, KubernetesObject>
  >;
  return {
    all: (kind) => [...kinds[kind].values()],
    take(kind, change, object) {
      if (change === "deleted") kinds[kind].delete(object.metadata.name);
      else kinds[kind].set(object.metadata.name, object);
    },
  };
}

/** Undefined where there is none. */
export function condition(object: Json, type: string): Json {
  return object?.status?.conditions?.find((one: Json) => one.type === type);
}

/** `control plane`, or the name of the pool as the cluster's topology has it, or the MachineDeployment's without the cluster's. */
export function ownerOf(object: Json): string {
  const labels = object.metadata.labels ?? {};
  if (labels["cluster.x-k8s.io/control-plane"] !== undefined || object.kind === "KubeadmControlPlane") return "control plane";
  const topologyName: string | undefined = labels["topology.cluster.x-k8s.io/deployment-name"];
  if (topologyName !== undefined) return topologyName;
  const deployment: string = labels["cluster.x-k8s.io/deployment-name"] ?? object.metadata.name;
  return deployment.replace(/^demo-/, "");
}
