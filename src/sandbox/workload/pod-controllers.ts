import { timestamp } from "../api/objects.ts";
import { writeStatus } from "../conditions/write-status.ts";
import type { WorkloadCluster } from "../controllers/environment.ts";
import type { Random } from "../engine/random.ts";
import type { Timeline } from "../engine/timeline.ts";
import { isNodeReady, runningPod } from "../infrastructure/node-objects.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { syncDeployments, syncReplicaSets } from "./deployments.ts";
import { updateBudgets } from "./disruption-budgets.ts";
import { isPodReady, podFinalizer, type PodObject } from "./pod-objects.ts";

export interface PodControllerOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  /** From a pod being scheduled to its being Ready. Default 3 000. */
  readonly startMilliseconds?: number;
  /** From a pod being deleted to its being gone. Default 2 000. */
  readonly stopMilliseconds?: number;
  /** From a Node being gone to its pods being deleted (real clusters: 44 to 73 s). Default 60 000. */
  readonly orphanMilliseconds?: number;
}

const manager = "kubelet";
const watched = new Set(["Deployment.apps", "ReplicaSet.apps", "DaemonSet.apps", "Pod", "Node", "PodDisruptionBudget.policy"]);
const settleMilliseconds = 100;

/** Deployments, ReplicaSets, a scheduler, kubelets and disruption budgets of one workload cluster. Nothing is due while nothing changes. */
export function startPodControllers(cluster: WorkloadCluster, options: PodControllerOptions): void {
  const { objects, type } = cluster;
  const { timeline, random, startMilliseconds = 3_000, stopMilliseconds = 2_000, orphanMilliseconds = 60_000 } = options;
  let due = false;

  objects.store.subscribe((event) => {
    if (!watched.has(event.type)) return;
    if (event.type === "Pod" && event.kind !== "deleted") followPod(event.object, event.kind === "modified" ? event.previous : undefined);
    if (event.type === "Node" && event.kind === "deleted") timeline.after(orphanMilliseconds, collectOrphans);
    if (due) return;
    due = true;
    timeline.after(settleMilliseconds, sync);
  });

  function sync(): void {
    due = false;
    syncDeployments(cluster, timeline.now());
    syncReplicaSets(cluster, random);
    countDaemons();
    schedule();
    for (const namespace of new Set(objects.store.list("PodDisruptionBudget.policy").map(({ metadata }) => metadata.namespace ?? ""))) {
      updateBudgets(cluster, namespace, timeline.now());
    }
  }

  function followPod(pod: PodObject, previous: PodObject | undefined): void {
    const { namespace, name, uid } = pod.metadata;
    const later = (milliseconds: number, task: (live: PodObject) => void): void => {
      timeline.after(Math.round(milliseconds * (1 + random.next() * 0.3)), () => {
        const live = objects.get(type("Pod"), namespace, name);
        if (live?.metadata.uid === uid) task(live);
      });
    };
    if (
      pod.metadata.deletionTimestamp !== undefined &&
      previous?.metadata.deletionTimestamp === undefined &&
      pod.metadata.finalizers?.includes(podFinalizer) === true
    ) {
      later(stopMilliseconds, (live) => {
        objects.modify(type("Pod"), namespace, name, () => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }), { manager });
      });
    }
    if (pod.spec?.nodeName !== undefined && previous?.spec?.nodeName === undefined && !isPodReady(pod)) {
      later(startMilliseconds, (live) => {
        if (live.metadata.deletionTimestamp !== undefined) return;
        objects.modify(type("Pod"), namespace, name, () => ({ ...live, status: runningPod(timestamp(timeline.now())) }), {
          manager,
          subresource: "status",
        });
      });
    }
  }

  /** Pods whose Node is gone stay as they were, ready to all appearances, and then go together. */
  function collectOrphans(): void {
    for (const pod of objects.store.list("Pod") as readonly PodObject[]) {
      const node = pod.spec?.nodeName;
      if (node === undefined || objects.get(type("Node"), undefined, node) !== undefined) continue;
      const { namespace, name } = pod.metadata;
      if (pod.metadata.finalizers !== undefined)
        objects.modify(type("Pod"), namespace, name, (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }), { manager });
      if (objects.get(type("Pod"), namespace, name) !== undefined) objects.delete(type("Pod"), namespace, name, {});
    }
  }

  /** Daemons are counted, not made: they are never evicted, and nobody looks at them one by one. */
  function countDaemons(): void {
    const nodes = objects.store.list("Node").length;
    for (const daemons of objects.store.list("DaemonSet.apps")) {
      const { generation } = daemons.metadata;
      writeStatus(objects, type("DaemonSet.apps"), daemons, {
        currentNumberScheduled: nodes,
        desiredNumberScheduled: nodes,
        numberAvailable: nodes,
        numberMisscheduled: 0,
        numberReady: nodes,
        updatedNumberScheduled: nodes,
        ...(generation === undefined ? {} : { observedGeneration: generation }),
      });
    }
  }

  function schedule(): void {
    const pods = objects.store.list("Pod") as readonly PodObject[];
    const waiting = pods.filter(({ spec, metadata }) => spec?.nodeName === undefined && metadata.deletionTimestamp === undefined);
    if (waiting.length === 0) return;
    const load = new Map<string, number>();
    for (const { spec } of pods) if (spec?.nodeName !== undefined) load.set(spec.nodeName, (load.get(spec.nodeName) ?? 0) + 1);
    for (const pod of waiting) {
      const [node] = objects.store
        .list("Node")
        .filter((each) => canRun(each, pod) && (load.get(each.metadata.name) ?? 0) < mostPods)
        .sort((one, other) => (load.get(one.metadata.name) ?? 0) - (load.get(other.metadata.name) ?? 0));
      if (node === undefined) continue;
      load.set(node.metadata.name, (load.get(node.metadata.name) ?? 0) + 1);
      const { namespace, name } = pod.metadata;
      objects.modify(type("Pod"), namespace, name, (live) => ({ ...live, spec: { ...pod.spec, nodeName: node.metadata.name } }), {
        manager: "kube-scheduler",
      });
    }
  }
}

/** What a node's `status.allocatable.pods` says. */
const mostPods = 20;

function canRun(node: StoredObject, pod: PodObject): boolean {
  // A Node's fields, as the API describes them.
  const spec = node["spec"] as
    { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string; readonly effect: string }[] } | undefined;
  if (spec?.unschedulable === true || !isNodeReady(node)) return false;
  return (spec?.taints ?? []).every(
    ({ key, effect }) =>
      effect === "PreferNoSchedule" ||
      (pod.spec?.tolerations ?? []).some(
        (toleration) => toleration.key === key || (toleration.key === undefined && toleration.operator === "Exists"),
      ),
  );
}
