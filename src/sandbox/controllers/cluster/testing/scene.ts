import { createObjects } from "../../../api/objects.ts";
import { groupOf, typeKey, type ResourceType } from "../../../api/resource-type.ts";
import { createRandom } from "../../../engine/random.ts";
import { createTimeline, type Timeline } from "../../../engine/timeline.ts";
import { createFieldManagement } from "../../../field-management/field-management.ts";
import { createObjectStore } from "../../../store/object-store.ts";
import type { GivenObject, StoredMetadata, StoredObject } from "../../../store/stored-object.ts";
import { createControllerRuntime } from "../../controller-runtime.ts";
import type { Environment, WorkloadCluster } from "../../environment.ts";
import { createClusterController } from "../cluster-controller.ts";

/** An object of a test: what is left out does not matter to it. */
export interface Given {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Partial<StoredMetadata> & { readonly name: string };
  readonly [field: string]: unknown;
}

export interface ClusterStatus {
  readonly phase?: string;
  readonly workers?: { readonly upgradePlan?: unknown };
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  readonly deprecated: { readonly v1beta1: { readonly conditions: readonly Readonly<Record<string, string>>[] } };
  readonly [field: string]: unknown;
}

export interface Scene {
  readonly environment: Environment;
  readonly timeline: Timeline;
  readonly events: readonly string[];
  readonly errors: readonly string[];
  readonly workload: WorkloadCluster;
  start(): void;
  put(object: Given): StoredObject;
  object(kind: string, name: string): StoredObject | undefined;
  cluster(): StoredObject | undefined;
  status(): ClusterStatus;
  /** Status, reason and message. */
  condition(type: string): readonly [string, string, string] | undefined;
  legacy(type: string): Readonly<Record<string, string>> | undefined;
  change(kind: string, name: string, change: (live: StoredObject) => GivenObject, subresource?: "status"): void;
  remove(kind: string, name: string): void;
  run(seconds: number): void;
}

const groups: Readonly<Record<string, string>> = {
  KubeadmControlPlane: "controlplane.cluster.x-k8s.io",
  DevCluster: "infrastructure.cluster.x-k8s.io",
  Secret: "",
};

/** A Cluster controller over the objects that a test puts there; nobody else is at work. */
export function scene({ at, isReachable = true }: { readonly at: string; readonly isReachable?: boolean }): Scene {
  const timeline = createTimeline(Date.parse(at));
  const random = createRandom(1);
  const store = createObjectStore({ indexedLabel: "cluster.x-k8s.io/cluster-name" });
  const objects = createObjects({ store, now: () => timeline.now(), random, rules: { fields: createFieldManagement() } });
  const events: string[] = [];
  const errors: string[] = [];
  const onError = (_controller: string, _key: unknown, { message }: Error): void => void errors.push(message);
  const runtime = createControllerRuntime({ objects, timeline, random, onError });
  const workload: WorkloadCluster = {
    key: { namespace: "ns", name: "c" },
    objects,
    type,
    reachable: isReachable,
    kubeconfig: () => "kubeconfig of c",
    gitVersion: "v1.34.0",
    etcdMembers: new Set(),
  };
  const environment: Environment = {
    objects,
    type,
    timeline,
    random,
    runtime,
    workloads: { get: () => workload, ensure: () => workload, remove: () => undefined },
    machines: {
      plan() {
        throw new Error("no machine is made here");
      },
    },
    recordEvent: (_object, kind, reason, message) => void events.push(`${kind} ${reason} ${message}`),
  };
  const typeOf = (kind: string): ResourceType => type(typeKey(groups[kind] ?? "cluster.x-k8s.io", kind));
  const find = (): StoredObject | undefined => store.list("Cluster.cluster.x-k8s.io")[0];
  // The controller writes no other status than this.
  const status = (): ClusterStatus => find()?.["status"] as ClusterStatus;
  const namespace = (): string => find()?.metadata.namespace ?? "ns";
  return {
    environment,
    timeline,
    events,
    errors,
    workload,
    start: () => runtime.add(createClusterController(environment)),
    put: (object) =>
      store.put(typeKey(groupOf(object.apiVersion), object.kind), {
        ...object,
        metadata: { uid: object.metadata.name, namespace: "ns", generation: 1, creationTimestamp: at, ...object.metadata },
      }),
    object: (kind, name) => objects.get(typeOf(kind), namespace(), name),
    cluster: find,
    status,
    condition(wanted) {
      const found = status().conditions.find((condition) => condition.type === wanted);
      return found === undefined ? undefined : [found.status, found.reason, found.message];
    },
    legacy: (wanted) => status().deprecated.v1beta1.conditions.find((condition) => condition["type"] === wanted),
    change(kind, name, change, subresource) {
      objects.modify(typeOf(kind), namespace(), name, change, { manager: "test", ...(subresource === undefined ? {} : { subresource }) });
    },
    remove: (kind, name) => void objects.delete(typeOf(kind), namespace(), name, {}),
    run: (seconds) => timeline.runUntil(timeline.now() + seconds * 1000),
  };
}

function type(key: string): ResourceType {
  const kind = key.split(".")[0]!;
  const group = key.slice(kind.length + 1);
  const isStored = kind === "Secret";
  const version = isStored ? "v1" : "v1beta2";
  return {
    key,
    group,
    kind,
    plural: kind.endsWith("s") ? `${kind.toLowerCase()}es` : `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    versions: [{ name: version, served: true }],
    storageVersion: version,
    hasStatus: !isStored,
    withoutGeneration: isStored,
  };
}
