import type { StoredObject } from "../../store/stored-object.ts";
import type { LabelSelector } from "../../../label-selector.ts";
import { isMirrorPod, matchesSelector, type PodObject } from "../../workload/pod-objects.ts";
import type { WorkloadCluster } from "../environment.ts";
import type { MachineScope } from "./machine-scope.ts";

export interface DrainBehavior {
  readonly behavior: "Drain" | "Skip" | "WaitCompleted";
  /** Lower ones first. */
  readonly order: number;
}

interface DrainRule extends StoredObject {
  readonly spec: {
    readonly drain: { readonly behavior: DrainBehavior["behavior"]; readonly order?: number };
    readonly machines?: readonly { readonly selector?: LabelSelector; readonly clusterSelector?: LabelSelector }[];
    readonly pods?: readonly { readonly selector?: LabelSelector; readonly namespaceSelector?: LabelSelector }[];
  };
}

const drainLabel = "cluster.x-k8s.io/drain";
const skip: DrainBehavior = { behavior: "Skip", order: 0 };

/** What a drain does with a pod, filter after filter as core/reconcilers/machine/drain has them: the first that does not evict it decides. */
export function drainBehavior(scope: MachineScope, workload: WorkloadCluster, isUnreachable: boolean): (pod: PodObject) => DrainBehavior {
  const rules = rulesFor(scope);
  const { objects, type } = workload;
  const now = scope.environment.timeline.now();
  return (pod) => {
    const { metadata, status } = pod;
    const deletedAt = metadata.deletionTimestamp;
    // A kubelet that is not reached never reports the end of its pods.
    if (isUnreachable && deletedAt !== undefined && Math.floor((now - Date.parse(deletedAt)) / 1000) > 1) return skip;
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    const isFinished = status?.phase === "Succeeded" || status?.phase === "Failed";
    if (owner?.kind === "DaemonSet" && !isFinished && objects.get(type("DaemonSet.apps"), metadata.namespace, owner.name) !== undefined)
      return skip;
    if (isMirrorPod(pod)) return skip;
    const label = metadata.labels?.[drainLabel]?.toLowerCase();
    if (label === "skip") return skip;
    if (label === "waitcompleted" || label === "wait-completed") return { behavior: "WaitCompleted", order: 0 };
    const namespace = objects.get(type("Namespace"), undefined, metadata.namespace ?? "");
    const rule = rules.find(
      ({ spec }) =>
        isEmpty(spec.pods) ||
        spec.pods!.some(({ selector, namespaceSelector }) => selects(selector, pod) && selects(namespaceSelector, namespace)),
    );
    if (rule === undefined) return { behavior: "Drain", order: 0 };
    const { behavior, order = 0 } = rule.spec.drain;
    return { behavior, order: behavior === "Drain" ? order : 0 };
  };
}

/** The MachineDrainRules that are for this machine, by name. */
function rulesFor({ environment, machine, cluster }: MachineScope): readonly DrainRule[] {
  const rules = environment.objects.store.list("MachineDrainRule.cluster.x-k8s.io", machine.metadata.namespace) as readonly DrainRule[];
  return rules.filter(
    ({ spec }) =>
      isEmpty(spec.machines) ||
      spec.machines!.some(({ selector, clusterSelector }) => selects(selector, machine) && selects(clusterSelector, cluster)),
  );
}

function isEmpty(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

/** None, or an empty one, selects all. */
function selects(selector: LabelSelector | undefined, object: StoredObject | undefined): boolean {
  return selector === undefined || matchesSelector(selector, object?.metadata.labels);
}
