import { createObjects, type ObjectRules } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { ObjectKey } from "../controllers/controller-runtime.ts";
import type { WorkloadCluster, WorkloadClusters } from "../controllers/environment.ts";
import { startGarbageCollector } from "../controllers/garbage-collector.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import { createObjectStore, type SavedStore } from "../store/object-store.ts";
import { namespacedName } from "../store/remembered-texts.ts";

export interface WorkloadClustersOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly types: readonly ResourceType[];
  readonly rules: ObjectRules;
  /** The text of a kubeconfig for that cluster. */
  readonly kubeconfig: (key: ObjectKey) => string;
  /** What runs in every cluster: schedulers, controllers, disruption budgets. */
  readonly onMade?: (cluster: WorkloadCluster) => void;
  /** Clusters that are there from the beginning. */
  readonly saved?: readonly SavedWorkload[];
}

/** A workload cluster at one moment. */
export interface SavedWorkload extends Pick<WorkloadCluster, "key" | "reachable" | "gitVersion"> {
  readonly store: SavedStore;
  readonly etcdMembers: readonly string[];
}

/** What there is to keep of a workload cluster; pods that are on their way up or down would stay on it. */
export function saveWorkload({ key, objects, reachable, gitVersion, etcdMembers }: WorkloadCluster): SavedWorkload {
  return { key, reachable, gitVersion, store: objects.store.save(), etcdMembers: [...etcdMembers] };
}

const namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** The clusters that Cluster API makes, each with objects of its own. */
export function createWorkloadClusters(options: WorkloadClustersOptions): WorkloadClusters & { list(): readonly WorkloadCluster[] } {
  const { timeline, types } = options;
  const clusters = new Map<string, WorkloadCluster>();
  const byKey = new Map(types.map((type) => [type.key, type]));
  const keyOf = ({ namespace, name }: ObjectKey): string => namespacedName(namespace, name);

  function type(key: string): ResourceType {
    const found = byKey.get(key);
    if (found === undefined) throw new Error(`workload clusters serve no ${key}`);
    return found;
  }

  function make(key: ObjectKey, saved?: SavedWorkload): WorkloadCluster {
    const random = options.random.fork(`workload/${keyOf(key)}`);
    // Watches of a workload cluster are few, and short: what is remembered for them is kept small.
    const store = createObjectStore({
      indexedLabel: "k8s-app",
      historyLength: 500,
      ...(saved === undefined ? {} : { saved: saved.store }),
    });
    const objects = createObjects({ store, now: () => timeline.now(), random, rules: options.rules });
    startGarbageCollector({ objects, type: (wanted) => byKey.get(wanted), timeline });
    for (const name of saved === undefined ? namespaces : []) {
      objects.create(type("Namespace"), { metadata: { name }, status: {} }, { manager: "kube-apiserver" });
    }
    const cluster: WorkloadCluster = {
      key,
      objects,
      type,
      reachable: saved?.reachable ?? false,
      kubeconfig: () => options.kubeconfig(key),
      gitVersion: saved?.gitVersion ?? "",
      etcdMembers: new Set(saved?.etcdMembers),
    };
    options.onMade?.(cluster);
    return cluster;
  }

  for (const each of options.saved ?? []) clusters.set(keyOf(each.key), make(each.key, each));

  return {
    get: (key) => clusters.get(keyOf(key)),
    ensure(key) {
      let cluster = clusters.get(keyOf(key));
      if (cluster === undefined) clusters.set(keyOf(key), (cluster = make(key)));
      return cluster;
    },
    remove: (key) => void clusters.delete(keyOf(key)),
    list: () => [...clusters.values()],
  };
}
