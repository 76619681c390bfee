import { ApiStatusError } from "../../api/api-status-error.ts";
import { getCondition } from "../../conditions/condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { evictPod } from "../../workload/disruption-budgets.ts";
import { podsOnNode, type PodObject } from "../../workload/pod-objects.ts";
import type { WorkloadCluster } from "../environment.ts";
import { drainBehavior } from "./drain-behavior.ts";
import type { MachineScope } from "./machine-scope.ts";

const manager = "manager";
const budgetText = "annot evict pod as it would violate the pod's disruption budget.";
const mostMessages = 5;

/**
 * Takes the node out of scheduling, and evicts what runs on it, the pods of the lowest order only; gives the text that the machine's condition carries while pods are left, undefined when none are
 * (core/reconcilers/machine/drain).
 */
export function drainNode(scope: MachineScope, workload: WorkloadCluster, nodeName: string, startedAt: string): string | undefined {
  const { objects, type } = workload;
  const node = objects.get(type("Node"), undefined, nodeName);
  if (node === undefined) return undefined;
  cordon(workload, node);
  const behaviorOf = drainBehavior(scope, workload, getCondition(node, "Ready")?.status === "Unknown");
  const pods = podsOnNode(objects.store, nodeName)
    .map((pod) => ({ pod, ...behaviorOf(pod) }))
    .filter(({ behavior }) => behavior !== "Skip");
  const lowest = Math.min(...pods.map(({ order }) => order));
  const evicted: PodObject[] = [];
  const leaving: PodObject[] = [];
  const failed = new Map<string, PodObject[]>();
  const later: PodObject[] = [];
  const completing: PodObject[] = [];
  const completingLater: PodObject[] = [];
  for (const { pod, behavior, order } of pods) {
    if (behavior === "WaitCompleted") (order === lowest ? completing : completingLater).push(pod);
    else if (pod.metadata.deletionTimestamp !== undefined) leaving.push(pod);
    else if (order > lowest) later.push(pod);
    else {
      const failure = evict(workload, pod);
      if (failure === undefined) evicted.push(pod);
      else failed.set(failure, [...(failed.get(failure) ?? []), pod]);
    }
  }
  const gone = [...leaving, ...evicted];
  if (gone.length + failed.size + later.length + completing.length + completingLater.length === 0) return undefined;
  const after = "After above Pods have been removed from the Node,";
  return [
    `Drain not completed yet (started at ${startedAt}):`,
    ...(gone.length === 0 ? [] : [`* ${kindOf(gone)} ${podNames(gone)}: deletionTimestamp set, but still not removed from the Node`]),
    ...failureLines(failed),
    ...(completing.length === 0 ? [] : [`* ${kindOf(completing)} ${podNames(completing)}: waiting for completion`]),
    ...(later.length === 0 ? [] : [`${after} the following Pods will be evicted: ${podNames(later)}`]),
    ...(completingLater.length === 0
      ? []
      : [`${after} waiting for the following Pods to complete without eviction: ${podNames(completingLater)}`]),
  ].join("\n");
}

function cordon({ objects, type }: WorkloadCluster, node: StoredObject): void {
  // A Node's spec has more fields than this one.
  const spec = node["spec"] as { readonly unschedulable?: boolean } | undefined;
  if (spec?.unschedulable === true) return;
  objects.modify(type("Node"), undefined, node.metadata.name, (live) => ({ ...live, spec: { ...spec, unschedulable: true } }), { manager });
}

/** Why it could not be evicted. */
function evict(workload: WorkloadCluster, pod: PodObject): string | undefined {
  try {
    evictPod(workload, pod, false);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiStatusError)) throw error;
    if (error.code !== 429) return error.message;
    return `${error.message} ${(error.details.causes ?? []).map(({ message }) => message).join(",")}`;
  }
}

function failureLines(failed: ReadonlyMap<string, readonly PodObject[]>): readonly string[] {
  const sorted = [...failed].sort(([one], [other]) => (one < other ? -1 : 1));
  const rest = sorted.slice(mostMessages).reduce((sum, [, pods]) => sum + pods.length, 0);
  return [
    ...sorted.slice(0, mostMessages).map(([message, pods]) => {
      const text = message.replaceAll(`C${budgetText}`, `c${budgetText}`);
      return `* ${kindOf(pods)} ${podNames(pods)}: ${text.startsWith(`c${budgetText}`) ? "" : "failed to evict Pod, "}${text}`;
    }),
    ...(rest === 0 ? [] : [`* ${rest} ${rest === 1 ? "Pod" : "Pods"} with other issues`]),
  ];
}

function kindOf(pods: readonly PodObject[]): string {
  return pods.length === 1 ? "Pod" : "Pods";
}

/** `a/x, a/y, a/z, ... (2 more)`. */
function podNames(pods: readonly PodObject[]): string {
  const names = pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return [...names.slice(0, 3), ...(names.length > 3 ? [`... (${names.length - 3} more)`] : [])].join(", ");
}
