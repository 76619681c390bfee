import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import type { ApiResource, KubernetesObject } from "../kubernetes/resource.ts";
import { startWatchCache, type CacheChange, type WatchCache } from "../kubernetes/watch-cache.ts";
import type { ClusterSnapshot, ObjectReference, WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import {
  CLUSTER_GROUP,
  CLUSTER_NAME_LABEL,
  fetchClusterObjects,
  OWNED_KINDS,
  templateOf,
  type ClusterAddress,
} from "./fetch-cluster-objects.ts";
import { managementReads, withType } from "./management-reads.ts";
import type { ListRequest, Reading, Reads } from "./reads.ts";
import { objectReducer, type Role } from "./reduced-objects.ts";
import { rememberedReads } from "./remembered-reads.ts";
import { readCluster } from "./views/cluster.ts";
import type { RawObject } from "./views/fields.ts";
import { CONTROL_PLANE_LABEL, isControlPlaneMachine, readMachine } from "./views/machine.ts";
import { readMachineDeployment, readMachinePool } from "./views/pool.ts";

export interface FleetWatchOptions {
  /** Watch only this namespace. Default: all. */
  readonly namespace?: string | undefined;
  /** Something of that cluster changed, or came into being, or went. */
  readonly onChange: (cluster: ClusterAddress, change: CacheChange) => void;
  /** Told each fault that was survived. */
  readonly onError?: (error: unknown) => void;
  /** Called when a watch has what it holds up to date again. */
  readonly onCurrent?: () => void;
  /** Told each time that a watch is begun again, and why. */
  readonly onRestart?: (reason: string) => void;
  readonly random?: () => number;
}

/** All clusters of a management cluster, kept in memory by one watch for each kind, whatever their number; of every object only what is read of it. */
export interface FleetWatch {
  /** Resolves once all clusters and machines are known; rejects when Cluster API's kinds may not be read, or are not there. */
  readonly synced: Promise<void>;
  clusters(): readonly KubernetesObject[];
  cluster(address: ClusterAddress): KubernetesObject | undefined;
  /** Any object that is watched, from memory. */
  object(ref: ObjectReference): KubernetesObject | undefined;
  /** The objects of a kind that belong to a cluster, from memory. */
  objectsOf(address: ClusterAddress, group: string, kind: string): readonly KubernetesObject[];
  /** Undefined when there is no such Cluster. Asks the server only for what is not watched. */
  snapshot(address: ClusterAddress, workload: () => Promise<WorkloadSnapshot>): Promise<ClusterSnapshot | undefined>;
  /** The same, read anew from the API server. Of the watches one may lag behind another: what is written and what ends an upgrade does not rest on them. */
  freshSnapshot(address: ClusterAddress, workload: () => Promise<WorkloadSnapshot>): Promise<ClusterSnapshot | undefined>;
  /** False while a watch is broken: what is in memory may be out of date. */
  isCurrent(): boolean;
  /** Objects in memory, by kind. */
  counts(): Readonly<Record<string, number>>;
  close(): void;
}

interface Kind {
  readonly resource: ApiResource;
  readonly cache: WatchCache;
  /** By namespace and cluster, then by name. */
  readonly byCluster: Map<string, Map<string, KubernetesObject>>;
  /** It was refused, and never listed. */
  refused: boolean;
}

/** What is not watched is asked for at most so often. */
const rememberMilliseconds = 60_000;

export function watchFleet(client: KubernetesClient, discovery: Discovery, options: FleetWatchOptions): FleetWatch {
  const reduce = objectReducer();
  const kinds = new Map<string, Promise<Kind | undefined>>();
  const started = new Map<string, Kind>();
  const direct = managementReads(client, discovery);
  const others = rememberedReads(direct, client.clock, rememberMilliseconds);
  let closed = false;

  function watch(group: string, kind: string, role: Role, labelSelector?: string): Promise<Kind | undefined> {
    const key = kindKey(group, kind);
    const before = kinds.get(key);
    if (before !== undefined) return before;
    const starting = start(group, kind, role, labelSelector);
    kinds.set(key, starting);
    // One that is not served may come to be.
    starting.then((found) => found ?? kinds.delete(key)).catch(() => kinds.delete(key));
    return starting;
  }

  async function start(group: string, kind: string, role: Role, labelSelector: string | undefined): Promise<Kind | undefined> {
    const resource = await discovery.resource(group, kind);
    if (resource === undefined || closed) return undefined;
    const byCluster = new Map<string, Map<string, KubernetesObject>>();
    const entry: Kind = {
      resource,
      byCluster,
      refused: false,
      cache: startWatchCache(client, resource, {
        ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(options.random === undefined ? {} : { random: options.random }),
        transform: (object) => reduce(role, withType(object, resource) as KubernetesObject),
        onChange: (change) => onChange(byCluster, role, kind, change),
        ...(options.onError === undefined ? {} : { onError: options.onError }),
        ...(options.onCurrent === undefined ? {} : { onCurrent: options.onCurrent }),
        ...(options.onRestart === undefined ? {} : { onRestart: options.onRestart }),
      }),
    };
    started.set(kindKey(group, kind), entry);
    await entry.cache.synced.catch(() => (entry.refused = true));
    return entry;
  }

  function onChange(byCluster: Kind["byCluster"], role: Role, kind: string, change: CacheChange): void {
    const { object } = change;
    const { namespace = "", name, labels } = object.metadata;
    const cluster = kind === "Cluster" ? name : labels?.[CLUSTER_NAME_LABEL];
    if (change.kind !== "deleted") watchReferred(role, object);
    if (cluster === undefined) return;
    const key = `${namespace}/${cluster}`;
    let objects = byCluster.get(key);
    if (change.kind === "deleted") {
      objects?.delete(name);
      if (objects?.size === 0) byCluster.delete(key);
    } else {
      if (objects === undefined) byCluster.set(key, (objects = new Map()));
      objects.set(name, object);
    }
    options.onChange({ namespace, name: cluster }, change);
  }

  /** Kinds that only a reference tells: control planes, machine templates, machines of a provider. */
  function watchReferred(role: Role, object: RawObject): void {
    const wanted = (ref: ObjectReference | undefined, as: Role, labelSelector?: string): void => {
      if (ref === undefined || kinds.has(kindKey(ref.group, ref.kind))) return;
      watch(ref.group, ref.kind, as, labelSelector).catch((error: unknown) => options.onError?.(error));
    };
    switch (role) {
      case "Cluster":
        return wanted(readCluster(object, ignore).controlPlaneRef, "control-plane");
      case "control-plane":
        return wanted(templateOf(object), "template");
      case "MachineDeployment":
        return wanted(readMachineDeployment(object, ignore).infrastructureRef, "template");
      case "MachinePool":
        return wanted(readMachinePool(object, ignore).infrastructureRef, "template");
      case "Machine":
        if (isControlPlaneMachine(object))
          wanted(readMachine(object, ignore).infrastructureRef, "infrastructure-machine", CONTROL_PLANE_LABEL);
        return;
      case "ClusterClass":
      case "MachineSet":
      case "template":
      case "infrastructure-machine":
        return;
      default:
        role satisfies never;
    }
  }

  /** Undefined: not watched, or not to be had that way. */
  async function known(group: string, kind: string): Promise<Kind | undefined> {
    const entry = await kinds.get(kindKey(group, kind));
    return entry === undefined || entry.refused ? undefined : entry;
  }

  const reads: Reads = {
    async get(ref): Promise<Reading<RawObject>> {
      const entry = await known(ref.group, ref.kind);
      const object = entry?.cache.get(ref.name, entry.resource.namespaced ? ref.namespace : undefined);
      if (object !== undefined) return { value: object };
      // Of an object that memory does not have the server knows why; of a Cluster that is gone nobody needs to be asked.
      return entry !== undefined && ref.kind === "Cluster" ? { gap: gone(ref) } : others.get(ref);
    },
    async list(request): Promise<Reading<readonly RawObject[]>> {
      const cluster = clusterOf(request);
      const entry = cluster === undefined ? undefined : await known(request.group, request.kind);
      if (entry === undefined) return others.list(request);
      const found = [...(entry.byCluster.get(`${request.namespace ?? ""}/${cluster ?? ""}`)?.values() ?? [])];
      return { value: found };
    },
  };

  async function look(
    from: Reads,
    address: ClusterAddress,
    workload: () => Promise<WorkloadSnapshot>,
  ): Promise<ClusterSnapshot | undefined> {
    const { value, gap } = await fetchClusterObjects(from, address, workload);
    if (value !== undefined) return assembleSnapshot(value, client.clock.now());
    if (gap?.kind === "not-found") return undefined;
    throw new Error(`Cluster ${address.namespace}/${address.name} cannot be read: ${gap?.message ?? ""}`);
  }

  const synced = (async () => {
    const needed = await Promise.all([
      watch(CLUSTER_GROUP, "Cluster", "Cluster"),
      ...OWNED_KINDS.map((kind) => watch(CLUSTER_GROUP, kind, kind)),
      watch(CLUSTER_GROUP, "ClusterClass", "ClusterClass"),
    ]);
    // What the first objects refer to is known by now, and being listed.
    await Promise.all([...kinds.values()].map((one) => one.catch(() => undefined)));
    if (closed) throw new Error("the watch of the fleet was closed before its first list");
    const [clusters] = needed;
    if (clusters === undefined)
      throw new Error(
        "The management cluster serves no Cluster of cluster.x-k8s.io: is Cluster API installed, and is this the right context?",
      );
    if (clusters.refused) await clusters.cache.synced;
  })();
  synced.catch(() => undefined);

  const clusterCache = (): Kind | undefined => started.get(kindKey(CLUSTER_GROUP, "Cluster"));
  return {
    synced,
    clusters: () => clusterCache()?.cache.objects() ?? [],
    cluster: ({ namespace, name }) => clusterCache()?.cache.get(name, namespace),
    object({ group, kind, namespace, name }) {
      const entry = started.get(kindKey(group, kind));
      return entry?.cache.get(name, entry.resource.namespaced ? namespace : undefined);
    },
    objectsOf: ({ namespace, name }, group, kind) => [
      ...(started.get(kindKey(group, kind))?.byCluster.get(`${namespace}/${name}`)?.values() ?? []),
    ],
    snapshot: (address, workload) => look(reads, address, workload),
    freshSnapshot: (address, workload) => look(direct, address, workload),
    isCurrent: () => started.size > 0 && [...started.values()].every(({ refused, cache }) => refused || cache.isCurrent()),
    counts: () => Object.fromEntries([...started.values()].map(({ resource, cache }) => [resource.kind, cache.objects().length])),
    close() {
      closed = true;
      for (const { cache } of started.values()) cache.stop();
    },
  };
}

/** The cluster that a list by label asks for; undefined for lists of other shapes. Of machines of a provider only those of control planes are watched, and only those are asked for. */
function clusterOf({ namespace, labelSelector }: ListRequest): string | undefined {
  if (namespace === undefined) return undefined;
  const [first, second, ...more] = (labelSelector ?? "").split(",");
  if (more.length > 0 || (second !== undefined && second !== CONTROL_PLANE_LABEL)) return undefined;
  return first?.startsWith(`${CLUSTER_NAME_LABEL}=`) === true ? first.slice(CLUSTER_NAME_LABEL.length + 1) : undefined;
}

function gone(ref: ObjectReference) {
  return { kind: "not-found", what: `Cluster ${ref.namespace}/${ref.name}`, message: "it does not exist (any more)" } as const;
}

function kindKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}

/** What is odd about an object is told when a snapshot is made of it. */
function ignore(): void {}
