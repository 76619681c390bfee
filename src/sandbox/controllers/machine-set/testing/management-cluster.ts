import { createObjects, timestamp, type Objects } from "../../../api/objects.ts";
import { typeKey, type ResourceType } from "../../../api/resource-type.ts";
import { setConditions, type ConditionState } from "../../../conditions/condition.ts";
import { createRandom } from "../../../engine/random.ts";
import { createTimeline, type Timeline } from "../../../engine/timeline.ts";
import { createFieldManagement } from "../../../field-management/field-management.ts";
import { createObjectStore } from "../../../store/object-store.ts";
import type { GivenObject, StoredObject } from "../../../store/stored-object.ts";
import { createControllerRuntime, type Controller } from "../../controller-runtime.ts";
import type { Environment } from "../../environment.ts";
import { templateDifferences } from "../../machine-deployment/template-differences.ts";
import type { MachineHealthCheck } from "../../machine-health-check/health-check-objects.ts";
import type { MachinePool } from "../../machine-pool/machine-pool-objects.ts";
import type { Cluster, Machine, MachineDeployment, MachineSet } from "../machine-objects.ts";

const start = Date.parse("2026-11-23T22:00:00Z");
export const namespace = "plain";

const groups = {
  "": ["Node", "Event"],
  "cluster.x-k8s.io": ["Cluster", "Machine", "MachineSet", "MachineDeployment", "MachineHealthCheck", "MachinePool"],
  "bootstrap.cluster.x-k8s.io": ["KubeadmConfig", "KubeadmConfigTemplate"],
  "controlplane.cluster.x-k8s.io": ["KubeadmControlPlane"],
  "infrastructure.cluster.x-k8s.io": ["DevMachine", "DevMachineTemplate", "DevMachinePool"],
} as const;

const types: ReadonlyMap<string, ResourceType> = new Map(
  Object.entries(groups).flatMap(([group, kinds]) =>
    kinds.map((kind): readonly [string, ResourceType] => [
      typeKey(group, kind),
      {
        key: typeKey(group, kind),
        group,
        kind,
        plural: `${kind.toLowerCase()}s`,
        singular: kind.toLowerCase(),
        shortNames: [],
        categories: [],
        namespaced: kind !== "Node",
        versions: [{ name: group === "" ? "v1" : "v1beta2", served: true }],
        storageVersion: group === "" ? "v1" : "v1beta2",
        hasStatus: true,
      },
    ]),
  ),
);

/** How the stand-in for the Machine controller and the infrastructure behaves. */
export interface MachineTimes {
  readonly readyMilliseconds: number;
  readonly removalMilliseconds: number;
  /** False: the machine never gets a Node. */
  readonly comesUp?: (machine: Machine) => boolean;
  /** Decides the latencies of the controllers, and names. */
  readonly seed?: number;
}

/** What tests read, by kind. */
interface Kinds {
  readonly Cluster: Cluster;
  readonly DevMachine: StoredObject;
  readonly DevMachinePool: StoredObject;
  readonly DevMachineTemplate: StoredObject;
  readonly KubeadmConfig: StoredObject;
  readonly Machine: Machine;
  readonly MachineDeployment: MachineDeployment;
  readonly MachineHealthCheck: MachineHealthCheck;
  readonly MachinePool: MachinePool;
  readonly MachineSet: MachineSet;
}

export interface ManagementCluster {
  readonly environment: Environment;
  readonly timeline: Timeline;
  readonly objects: Objects;
  /** The API of the workload cluster. */
  readonly workload: Objects;
  readonly events: string[];
  readonly errors: string[];
  readonly type: (kind: string) => ResourceType;
  create(kind: string, object: GivenObject): StoredObject;
  get<K extends keyof Kinds>(kind: K, name: string): Kinds[K];
  list<K extends keyof Kinds>(kind: K): readonly Kinds[K][];
  change(kind: string, name: string, change: (live: StoredObject) => GivenObject, subresource?: "status"): void;
  delete(kind: string, name: string): void;
  run(milliseconds: number): void;
}

/** A management cluster with the controllers under test, and a stand-in of a few lines for machines: they get a Node after a while, and go a while after they are deleted. */
export function managementCluster(
  controllers: readonly ((environment: Environment) => Controller)[],
  times: MachineTimes,
): ManagementCluster {
  const timeline = createTimeline(start);
  const random = createRandom(times.seed ?? 7);
  const now = (): number => timeline.now();
  const make = (name: string): Objects =>
    createObjects({
      store: createObjectStore({ indexedLabel: "cluster.x-k8s.io/cluster-name" }),
      now,
      random: random.fork(name),
      rules: { fields: createFieldManagement() },
    });
  const objects = make("management");
  const workload = make("workload");
  const events: string[] = [];
  const errors: string[] = [];
  const byKey = (key: string): ResourceType => {
    const type = types.get(key);
    if (type === undefined) throw new Error(`${key} is not served`);
    return type;
  };
  const runtime = createControllerRuntime({
    objects,
    timeline,
    random,
    onError: (controller, { name }, { message }) => errors.push(`${controller} ${name}: ${message}`),
  });
  const environment: Environment = {
    objects,
    type: byKey,
    timeline,
    random,
    runtime,
    workloads: {
      get: (key) => ({
        key,
        objects: workload,
        type: byKey,
        reachable: true,
        kubeconfig: () => "",
        gitVersion: "v1.34.0",
        etcdMembers: new Set(),
      }),
      ensure: () => {
        throw new Error("no controller under test makes clusters");
      },
      remove: () => undefined,
    },
    machines: {
      plan: () => {
        throw new Error("no controller under test provisions machines");
      },
    },
    recordEvent: ({ kind, metadata }, _type, reason, message) => events.push(`${kind} ${metadata.name} ${reason}: ${message}`),
  };
  const type = (kind: string): ResourceType => [...types.values()].find((each) => each.kind === kind)!;
  const place = (kind: string): string | undefined => (type(kind).namespaced ? namespace : undefined);
  const writer = { manager: "test" };
  const cluster: ManagementCluster = {
    environment,
    timeline,
    objects,
    workload,
    events,
    errors,
    type,
    create: (kind, object) => objects.create(type(kind), { ...object, metadata: { namespace, ...object.metadata } }, writer),
    // Tests know what they ask for.
    get: <K extends keyof Kinds>(kind: K, name: string) => objects.need(type(kind), place(kind), name) as Kinds[K],
    list: <K extends keyof Kinds>(kind: K) => objects.store.list(type(kind).key, place(kind)) as readonly Kinds[K][],
    change: (kind, name, change, subresource) =>
      void objects.modify(type(kind), place(kind), name, change, subresource === undefined ? writer : { ...writer, subresource }),
    delete: (kind, name) => void objects.delete(type(kind), place(kind), name, {}),
    run: (milliseconds) => timeline.runUntil(timeline.now() + milliseconds),
  };
  runtime.add(machineStandIn(cluster, times));
  for (const controller of controllers) runtime.add(controller(environment));
  return cluster;
}

function machineStandIn(
  cluster: ManagementCluster,
  { readyMilliseconds, removalMilliseconds, comesUp = () => true }: MachineTimes,
): Controller {
  const { objects, workload, timeline, type } = cluster;
  const node = type("Node");

  function remove(machine: Machine): void {
    const { name } = machine.metadata;
    for (const reference of [machine.spec.bootstrap?.configRef, machine.spec.infrastructureRef]) {
      if (reference !== undefined) objects.delete(type(reference.kind), namespace, reference.name, {});
    }
    if (workload.get(node, undefined, name) !== undefined) workload.delete(node, undefined, name, {});
    cluster.change("Machine", name, (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }));
  }

  return {
    name: "machine",
    watches: {
      [type("Machine").key]: ({ object }) => [{ namespace, name: object.metadata.name }],
      [type("MachineDeployment").key]: () => cluster.list("Machine").map(({ metadata }) => ({ namespace, name: metadata.name })),
    },
    reconcile({ name }) {
      const machine = objects.get(type("Machine"), namespace, name) as Machine | undefined;
      if (machine === undefined) return;
      const { creationTimestamp, deletionTimestamp } = machine.metadata;
      const since = (time: string | undefined): number => timeline.now() - Date.parse(time ?? "");
      if (deletionTimestamp !== undefined) {
        const left = removalMilliseconds - since(deletionTimestamp);
        if (left > 0) return { requeueAfterMilliseconds: left };
        remove(machine);
        return;
      }
      const left = readyMilliseconds - since(creationTimestamp);
      const isUp = left <= 0 && comesUp(machine);
      if (isUp && workload.get(node, undefined, name) === undefined) {
        const conditions = [{ type: "Ready", status: "True", reason: "KubeletReady", lastTransitionTime: timestamp(timeline.now()) }];
        workload.create(node, { metadata: { name } }, { manager: "kubelet" });
        workload.modify(node, undefined, name, (live) => ({ ...live, status: { conditions } }), {
          manager: "kubelet",
          subresource: "status",
        });
      }
      const states: readonly ConditionState[] = [
        upToDate(cluster, machine),
        ...(isUp ? ready : [{ type: "Ready", status: "False", reason: "NotReady", message: "* NodeHealthy: Waiting" } as const]),
      ];
      const deprecated = { v1beta1: { conditions: [{ type: "Ready", status: "True", lastTransitionTime: timestamp(timeline.now()) }] } };
      const status = {
        ...machine.status,
        conditions: setConditions(machine.status?.conditions, states, timestamp(timeline.now())),
        ...(isUp && machine.status?.nodeRef === undefined
          ? { nodeRef: { name }, nodeInfo: { kubeletVersion: machine.spec.version }, deprecated }
          : {}),
      };
      cluster.change("Machine", name, (live) => ({ ...live, status }), "status");
      return left > 0 ? { requeueAfterMilliseconds: left } : undefined;
    },
  };
}

const ready = [
  { type: "Available", status: "True", reason: "Available" },
  { type: "Ready", status: "True", reason: "Ready" },
  { type: "NodeHealthy", status: "True", reason: "NodeHealthy" },
] as const;

function upToDate(cluster: ManagementCluster, { metadata }: Machine): ConditionState {
  const set = cluster.list("MachineSet").find((each) => each.metadata.name === metadata.labels?.["cluster.x-k8s.io/set-name"]);
  const deployment = cluster
    .list("MachineDeployment")
    .find((each) => each.metadata.name === metadata.labels?.["cluster.x-k8s.io/deployment-name"]);
  const differences = set === undefined || deployment === undefined ? [] : templateDifferences(set.spec.template, deployment.spec.template);
  if (differences.length === 0) return { type: "UpToDate", status: "True", reason: "UpToDate" };
  return { type: "UpToDate", status: "False", reason: "NotUpToDate", message: differences.map((each) => `* ${each}`).join("\n") };
}
