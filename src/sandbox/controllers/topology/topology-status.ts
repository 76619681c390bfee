import { timestamp } from "../../api/objects.ts";
import { conditionsOf, setCondition } from "../../conditions/condition.ts";
import { legacyConditionsOf, setLegacyCondition } from "../../conditions/legacy-condition.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import type { Environment } from "../environment.ts";
import { topologyReconciled, type Outcome } from "./topology-condition.ts";
import { typeKeys, type Cluster } from "./topology-objects.ts";
import type { UpgradeTracker } from "./upgrade-tracker.ts";

/** Writes the topology's part of the Cluster's status; the rest of it belongs to the Cluster's own controller. */
export function writeTopologyStatus(
  { objects, type, timeline }: Environment,
  cluster: Cluster,
  outcome: Outcome,
  tracker?: UpgradeTracker,
): void {
  const live = objects.get(type(typeKeys.cluster), cluster.metadata.namespace, cluster.metadata.name);
  if (live === undefined) return;
  const time = timestamp(timeline.now());
  // What is stored under this type is a Cluster.
  const { condition, legacy } = topologyReconciled(live as Cluster, outcome);
  const conditions = setCondition(conditionsOf(live), condition, time);
  const legacyConditions = setLegacyCondition(legacyConditionsOf(live), legacy, time);
  const { status = {} } = live as Cluster;
  const plans = tracker?.isPlanned === true ? plansOf(status, tracker) : status;
  if (conditions === conditionsOf(live) && legacyConditions === legacyConditionsOf(live) && plans === status) return;
  // Both are structs of status.
  const deprecated = status["deprecated"] as { readonly v1beta1?: JsonMap } | undefined;
  const next: JsonMap = {
    ...plans,
    conditions,
    deprecated: { ...deprecated, v1beta1: { ...deprecated?.v1beta1, conditions: legacyConditions } },
  };
  const change = (object: StoredObject): StoredObject => ({ ...object, status: next });
  objects.modify(type(typeKeys.cluster), live.metadata.namespace, live.metadata.name, change, {
    manager: "manager",
    subresource: "status",
  });
}

/** The same status when the plans in it are these. */
function plansOf(
  status: NonNullable<Cluster["status"]>,
  { controlPlane, machineDeployments }: UpgradeTracker,
): NonNullable<Cluster["status"]> {
  const next = {
    controlPlane: withPlan(status.controlPlane, controlPlane.plan),
    workers: withPlan(status.workers, machineDeployments.plan),
  };
  return next.controlPlane === status.controlPlane && next.workers === status.workers
    ? status
    : {
        ...status,
        ...(next.controlPlane === undefined ? {} : { controlPlane: next.controlPlane }),
        ...(next.workers === undefined ? {} : { workers: next.workers }),
      };
}

function withPlan(part: JsonMap | undefined, plan: readonly string[]): JsonMap | undefined {
  const { upgradePlan, ...others } = part ?? {};
  // Only this controller writes it.
  const known = (upgradePlan as readonly { readonly version: string }[] | undefined) ?? [];
  if (known.length === plan.length && known.every(({ version }, index) => version === plan[index])) return part;
  return plan.length === 0 ? others : { ...others, upgradePlan: plan.map((version) => ({ version })) };
}
