import { ApiStatusError } from "../../api/api-status-error.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { evictPod } from "../../workload/disruption-budgets.ts";
import { isMirrorPod, isOwnedByDaemonSet, type PodObject } from "../../workload/pod-objects.ts";
import type { WorkloadCluster } from "../environment.ts";

const manager = "manager";

/** Takes the node out of scheduling, and evicts what runs on it; gives the text that the machine's condition carries while pods are left, undefined when none are (core/reconcilers/machine/drain). */
export function drainNode(cluster: WorkloadCluster, nodeName: string, startedAt: string): string | undefined {
  const { objects, type } = cluster;
  const node = objects.get(type("Node"), undefined, nodeName);
  if (node === undefined) return undefined;
  cordon(cluster, node);
  const leaving: PodObject[] = [];
  const failed = new Map<string, PodObject[]>();
  for (const pod of podsToDrain(cluster, nodeName)) {
    if (pod.metadata.deletionTimestamp !== undefined) {
      leaving.push(pod);
      continue;
    }
    try {
      evictPod(cluster, pod, false);
      if (objects.get(type("Pod"), pod.metadata.namespace, pod.metadata.name) !== undefined) leaving.push(pod);
    } catch (error) {
      if (!(error instanceof ApiStatusError)) throw error;
      const message = failureText(error);
      failed.set(message, [...(failed.get(message) ?? []), pod]);
    }
  }
  if (leaving.length === 0 && failed.size === 0) return undefined;
  return [
    `Drain not completed yet (started at ${startedAt}):`,
    ...(leaving.length === 0 ? [] : [`* ${podNames(leaving)}: deletionTimestamp set, but still not removed from the Node`]),
    ...[...failed].sort(([one], [other]) => (one < other ? -1 : 1)).map(([message, pods]) => `* ${podNames(pods)}: ${message}`),
  ].join("\n");
}

function podsToDrain({ objects }: WorkloadCluster, nodeName: string): readonly PodObject[] {
  return (objects.store.list("Pod") as readonly PodObject[]).filter(
    (pod) =>
      pod.spec?.nodeName === nodeName &&
      !isMirrorPod(pod) &&
      !isOwnedByDaemonSet(pod) &&
      pod.status?.phase !== "Succeeded" &&
      pod.status?.phase !== "Failed" &&
      pod.metadata.labels?.["cluster.x-k8s.io/drain"] !== "skip",
  );
}

function cordon({ objects, type }: WorkloadCluster, node: StoredObject): void {
  // A Node's spec has more fields than this one.
  const spec = node["spec"] as { readonly unschedulable?: boolean } | undefined;
  if (spec?.unschedulable === true) return;
  objects.modify(type("Node"), undefined, node.metadata.name, (live) => ({ ...live, spec: { ...spec, unschedulable: true } }), { manager });
}

function failureText(error: ApiStatusError): string {
  const budget = error.details.causes?.find(({ reason }) => reason === "DisruptionBudget");
  if (budget !== undefined) return `cannot evict pod as it would violate the pod's disruption budget. ${budget.message}`;
  return `failed to evict Pod, ${error.message}`;
}

/** `Pods a/x, a/y, a/z, … (2 more)`. */
function podNames(pods: readonly PodObject[]): string {
  const names = pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  const shown = names.slice(0, 3).join(", ");
  return `${pods.length === 1 ? "Pod" : "Pods"} ${shown}${names.length > 3 ? `, ... (${names.length - 3} more)` : ""}`;
}
