import { timestamp } from "../../api/objects.ts";
import { setCondition, type Condition, type ConditionState } from "../../conditions/condition.ts";
import { summarizeConditions } from "../../conditions/merge-conditions.ts";
import type { SourceCondition } from "../../conditions/source-condition.ts";
import type { ClusterPass } from "./cluster-pass.ts";
import { isDeleting, type Cluster, type ClusterClass } from "./cluster-scope.ts";
import { fleetConditions } from "./fleet-conditions.ts";
import { controlPlaneAvailable, controlPlaneInitialized, infrastructureReady, type TimedState } from "./reference-conditions.ts";

/** All conditions of a Cluster but TopologyReconciled, which the topology controller sets (core/reconcilers/cluster/cluster_controller_status.go). */
export function clusterConditions(pass: ClusterPass, conditions: readonly Condition[]): readonly Condition[] {
  const { cluster, environment, probe, deletion } = pass;
  const now = timestamp(environment.timeline.now());
  const { generation } = cluster.metadata;
  const set = (all: readonly Condition[], state: TimedState | undefined): readonly Condition[] =>
    state === undefined ? all : setCondition(all, state, state.since ?? now, generation);
  const states: readonly (TimedState | undefined)[] = [
    probe.state,
    infrastructureReady(pass),
    controlPlaneAvailable(pass),
    controlPlaneInitialized(pass),
    ...fleetConditions(pass),
    deletion === undefined
      ? { type: "Deleting", status: "False", reason: "NotDeleting" }
      : { type: "Deleting", status: "True", reason: deletion.reason, message: deletion.message },
  ];
  const all = states.reduce(set, conditions);
  return set(all, available(cluster, pass.clusterClass, all));
}

function available(cluster: Cluster, clusterClass: ClusterClass | undefined, conditions: readonly Condition[]): ConditionState {
  const gates = cluster.spec.availabilityGates ?? clusterClass?.spec.availabilityGates ?? [];
  const negative = ["Deleting", ...gates.filter(({ polarity }) => polarity === "Negative").map(({ conditionType }) => conditionType)];
  return summarizeConditions(cluster, {
    target: "Available",
    types: [
      "Deleting",
      "RemoteConnectionProbe",
      "InfrastructureReady",
      "ControlPlaneAvailable",
      "WorkersAvailable",
      "TopologyReconciled",
      ...gates.map(({ conditionType }) => conditionType),
    ],
    ignoreIfMissing: cluster.spec.topology === undefined ? ["TopologyReconciled"] : [],
    conditions,
    reasons: { issue: "NotAvailable", unknown: "AvailableUnknown", info: "Available" },
    priority(condition) {
      if (isExpected(cluster, condition)) return "info";
      if (condition.status === "Unknown") return "unknown";
      return (condition.status === "True") === negative.includes(condition.type) ? "issue" : "info";
    },
  });
}

/** A topology that is on its way, or put off, makes a cluster no less available; nor does what is gone while it is deleted. */
function isExpected(cluster: Cluster, { type, status, reason }: SourceCondition): boolean {
  if (type === "TopologyReconciled") return status === "False" && reason !== "ReconcileFailed" && reason !== "ClusterClassNotReconciled";
  if (type !== "InfrastructureReady" && type !== "ControlPlaneAvailable") return false;
  return isDeleting(cluster) && (reason === "ObjectDeleted" || reason === "ObjectDoesNotExist");
}
