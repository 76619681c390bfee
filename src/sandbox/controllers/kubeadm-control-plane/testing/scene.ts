import { createObjects } from "../../../api/objects.ts";
import { typeKey } from "../../../api/resource-type.ts";
import { setCondition } from "../../../conditions/condition.ts";
import { createRandom } from "../../../engine/random.ts";
import { createTimeline, type Timeline } from "../../../engine/timeline.ts";
import { createObjectStore } from "../../../store/object-store.ts";
import type { GivenObject, StoredObject } from "../../../store/stored-object.ts";
import { createControllerRuntime } from "../../controller-runtime.ts";
import type { Environment, WorkloadCluster } from "../../environment.ts";
import { labelKeys, typeKeys, type Cluster, type KubeadmControlPlane, type Machine } from "../cluster-objects.ts";
import { createKubeadmControlPlaneController } from "../controller.ts";
import { standInForMachines, type MachineStandIn } from "./machine-stand-in.ts";
import { resourceType } from "./resource-types.ts";

export const start = Date.parse("2026-11-24T00:00:00Z");

export interface Scene {
  readonly environment: Environment;
  readonly timeline: Timeline;
  readonly machinesStandIn: MachineStandIn;
  readonly errors: string[];
  /** Machines as they come (`+name`) and are told to go (`-name`), in order. */
  readonly history: string[];
  readonly events: string[];
  passes(): number;
  kcp(): KubeadmControlPlane;
  hasKcp(): boolean;
  machines(): readonly Machine[];
  workload(): WorkloadCluster;
  condition(type: string): readonly [status: string, reason: string, message: string] | undefined;
  change(change: (spec: KubeadmControlPlane["spec"]) => KubeadmControlPlane["spec"]): void;
  changeCluster(change: (cluster: Cluster) => GivenObject, subresource?: "status"): void;
  annotate(type: string, name: string, annotations: Readonly<Record<string, string>>): void;
  setMachineCondition(name: string, type: string, status: "True" | "False", reason: string): void;
  run(seconds: number): void;
}

export interface SceneOptions {
  readonly spec?: Partial<KubeadmControlPlane["spec"]>;
  readonly cluster?: Partial<Cluster["spec"]>;
  readonly failureDomains?: readonly string[];
  readonly seed?: number;
  readonly provisioned?: boolean;
  readonly isStuck?: (machine: Machine, index: number) => boolean;
}

const namespace = "ns";
const manager = "test";

/** Cluster `c` whose infrastructure is there, and KubeadmControlPlane `cp`, v1.34.0, one replica. */
export function scene(options: SceneOptions = {}): Scene {
  const timeline = createTimeline(start);
  const random = createRandom(options.seed ?? 1);
  const now = (): number => timeline.now();
  const objects = createObjects({ store: createObjectStore({ indexedLabel: labelKeys.cluster }), now, random: random.fork("objects") });
  const errors: string[] = [];
  const history: string[] = [];
  const events: string[] = [];
  const runtime = createControllerRuntime({
    objects,
    timeline,
    random,
    onError: (_controller, _key, error) => void errors.push(error.message),
  });
  const clusters = new Map<string, WorkloadCluster>();
  const environment: Environment = {
    objects,
    type: resourceType,
    timeline,
    random,
    runtime,
    workloads: {
      get: ({ name }) => clusters.get(name),
      ensure(key) {
        let workload = clusters.get(key.name);
        if (workload === undefined) {
          workload = {
            key,
            objects: createObjects({ store: createObjectStore({ indexedLabel: labelKeys.cluster }), now, random: random.fork("workload") }),
            type: resourceType,
            reachable: false,
            kubeconfig: () => `kubeconfig of ${key.name}`,
            gitVersion: "v1.34.0",
            etcdMembers: new Set(),
          };
          clusters.set(key.name, workload);
        }
        return workload;
      },
      remove: ({ name }) => void clusters.delete(name),
    },
    machines: { plan: () => ({ infrastructureMilliseconds: 0, nodeMilliseconds: 0, readyMilliseconds: 0, removalMilliseconds: 0 }) },
    recordEvent: (object, kind, reason, message) => void events.push(`${kind} ${object.kind} ${reason}: ${message}`),
  };
  objects.store.subscribe((event) => {
    if (event.type !== typeKeys.machine || event.object.metadata.labels?.[labelKeys.controlPlane] === undefined) return;
    if (event.kind === "added") history.push(`+${event.object.metadata.name}`);
    const went =
      event.kind === "modified" &&
      event.previous.metadata.deletionTimestamp === undefined &&
      event.object.metadata.deletionTimestamp !== undefined;
    if (went) history.push(`-${event.object.metadata.name}`);
  });
  let index = 0;
  const machinesStandIn = standInForMachines(environment, (machine) => options.isStuck?.(machine, index++) === true);

  const template = resourceType(typeKey("infrastructure.cluster.x-k8s.io", "DevMachineTemplate"));
  for (const name of ["one", "two"]) {
    objects.create(template, { metadata: { name, namespace }, spec: { template: { spec: { backend: { inMemory: {} } } } } }, { manager });
  }
  const cluster = objects.create(
    resourceType(typeKeys.cluster),
    {
      metadata: { name: "c", namespace },
      spec: {
        controlPlaneEndpoint: { host: "127.0.0.1", port: 6443 },
        controlPlaneRef: { apiGroup: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", name: "cp" },
        ...options.cluster,
      },
    },
    { manager },
  );
  const changeCluster: Scene["changeCluster"] = (change, subresource) =>
    void objects.modify(resourceType(typeKeys.cluster), namespace, "c", (live) => change(live as Cluster), {
      manager,
      ...(subresource === undefined ? {} : { subresource }),
    });
  if (options.provisioned !== false) {
    const failureDomains = (options.failureDomains ?? []).map((name) => ({ name, controlPlane: true }));
    changeCluster((live) => ({ ...live, status: { initialization: { infrastructureProvisioned: true }, failureDomains } }), "status");
  }
  const { apiVersion, kind, metadata } = cluster;
  objects.create(
    resourceType(typeKeys.controlPlane),
    {
      metadata: {
        name: "cp",
        namespace,
        labels: { [labelKeys.cluster]: "c" },
        ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }],
      },
      spec: {
        replicas: 1,
        version: "v1.34.0",
        machineTemplate: {
          spec: { infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "one" } },
        },
        kubeadmConfigSpec: { clusterConfiguration: { dns: {} } },
        rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } },
        ...options.spec,
      },
    },
    { manager },
  );
  runtime.add(createKubeadmControlPlaneController(environment));

  const kcp = (): KubeadmControlPlane => objects.need(resourceType(typeKeys.controlPlane), namespace, "cp") as KubeadmControlPlane;
  const modify = (type: string, name: string, change: (live: StoredObject) => GivenObject, subresource?: "status"): void =>
    void objects.modify(resourceType(type), namespace, name, change, { manager, ...(subresource === undefined ? {} : { subresource }) });
  return {
    environment,
    timeline,
    machinesStandIn,
    errors,
    history,
    events,
    passes: () => runtime.passes(),
    kcp,
    hasKcp: () => objects.get(resourceType(typeKeys.controlPlane), namespace, "cp") !== undefined,
    machines: () => objects.store.labelled(typeKeys.machine, namespace, "c") as readonly Machine[],
    workload: () => clusters.get("c")!,
    condition(type) {
      const condition = kcp().status?.conditions?.find((each) => each.type === type);
      return condition === undefined ? undefined : [condition.status, condition.reason, condition.message];
    },
    change: (change) => modify(typeKeys.controlPlane, "cp", (live) => ({ ...live, spec: change((live as KubeadmControlPlane).spec) })),
    changeCluster,
    annotate: (type, name, annotations) =>
      modify(type, name, (live) => ({
        ...live,
        metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, ...annotations } },
      })),
    setMachineCondition: (name, type, status, reason) =>
      modify(
        typeKeys.machine,
        name,
        (live) => {
          const machine = live as Machine;
          const time = new Date(timeline.now()).toISOString().slice(0, 19) + "Z";
          return {
            ...live,
            status: { ...machine.status, conditions: setCondition(machine.status?.conditions, { type, status, reason }, time) },
          };
        },
        "status",
      ),
    run: (seconds) => timeline.runUntil(timeline.now() + seconds * 1000),
  };
}
