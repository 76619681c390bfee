import { ApiStatusError } from "../api/api-status-error.ts";
import { timestamp, type Objects } from "../api/objects.ts";
import { writeStatus } from "../conditions/write-status.ts";
import type { WorkloadCluster } from "../controllers/environment.ts";
import type { StoredObject } from "../store/stored-object.ts";
import type { LabelSelector } from "../../label-selector.ts";
import { isPodReady, matchesSelector, scaledValue, type PodObject } from "./pod-objects.ts";

const budgetKey = "PodDisruptionBudget.policy";

interface Budget extends StoredObject {
  readonly spec: {
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly selector?: LabelSelector;
    readonly unhealthyPodEvictionPolicy?: string;
  };
}

export interface BudgetState {
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly disruptionsAllowed: number;
}

/** How many disruptions a budget allows now (k8s.io/kubernetes pkg/controller/disruption): pods that are on their way out are not counted as healthy. */
export function budgetState({ spec }: Budget, pods: readonly PodObject[]): BudgetState {
  const own = pods.filter(({ metadata }) => matchesSelector(spec.selector, metadata.labels));
  const expectedPods = own.length;
  const currentHealthy = own.filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
  const desiredHealthy =
    spec.maxUnavailable === undefined
      ? scaledValue(spec.minAvailable ?? 1, expectedPods)
      : Math.max(0, expectedPods - scaledValue(spec.maxUnavailable, expectedPods));
  return {
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed: expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy),
  };
}

/** Brings the status of the budgets of a namespace up to date. */
export function updateBudgets({ objects, type }: WorkloadCluster, namespace: string, now: number): void {
  const pods = objects.store.list("Pod", namespace) as readonly PodObject[];
  for (const budget of objects.store.list(budgetKey, namespace) as readonly Budget[]) {
    const state = budgetState(budget, pods);
    const allowed = state.disruptionsAllowed > 0;
    writeStatus(objects, type(budgetKey), budget, {
      ...state,
      ...(budget.metadata.generation === undefined ? {} : { observedGeneration: budget.metadata.generation }),
      conditions: [
        {
          type: "DisruptionAllowed",
          status: allowed ? "True" : "False",
          reason: allowed ? "SufficientPods" : "InsufficientPods",
          message: "",
          lastTransitionTime: timestamp(now),
        },
      ],
    });
  }
}

/**
 * The eviction of a pod (k8s.io/kubernetes pkg/registry/core/pod/storage/eviction.go): deletes it, or throws 429 with the cause `DisruptionBudget`, or 500 when it has two budgets.
 */
export function evictPod(cluster: Pick<WorkloadCluster, "objects" | "type">, pod: PodObject, dryRun: boolean): void {
  const { objects, type } = cluster;
  const { namespace = "", name, labels } = pod.metadata;
  const budgets = (objects.store.list(budgetKey, namespace) as readonly Budget[]).filter(({ spec }) =>
    matchesSelector(spec.selector, labels),
  );
  if (budgets.length > 1) {
    throw new ApiStatusError(
      500,
      "InternalError",
      "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
    );
  }
  const [budget] = budgets;
  const terminal = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed" || pod.metadata.deletionTimestamp !== undefined;
  if (budget !== undefined && !terminal) refuseOverBudget(objects, budget, pod);
  if (!dryRun) objects.delete(type("Pod"), namespace, name, {});
}

function refuseOverBudget({ store }: Objects, budget: Budget, pod: PodObject): void {
  const { currentHealthy, desiredHealthy, disruptionsAllowed } = budgetState(budget, store.list("Pod", budget.metadata.namespace));
  // A pod that is not ready takes nothing from a budget that is met (IfHealthyBudget).
  if (!isPodReady(pod) && (currentHealthy >= desiredHealthy || budget.spec.unhealthyPodEvictionPolicy === "AlwaysAllow")) return;
  if (disruptionsAllowed > 0) return;
  throw new ApiStatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: "DisruptionBudget",
        message: `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
      },
    ],
  });
}
