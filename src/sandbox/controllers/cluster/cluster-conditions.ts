import { timestamp } from "../../api/objects.ts";
import {
  conditionsOf,
  getCondition,
  mirrorCondition,
  setConditions,
  type Condition,
  type ConditionState,
} from "../../conditions/condition.ts";
import { aggregateConditions, summarizeConditions } from "../../conditions/merge-conditions.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { ClusterScope } from "./cluster-scope.ts";

/** A machine that is this young does not count for MachinesUpToDate: nobody may have told yet. */
const youngMilliseconds = 10_000;

/** All conditions of a Cluster but TopologyReconciled, which the topology controller sets (core/reconcilers/cluster/cluster_controller_status.go). */
export function clusterConditions(scope: ClusterScope, conditions: readonly Condition[]): readonly Condition[] {
  const { cluster, controlPlane, environment } = scope;
  const time = timestamp(environment.timeline.now());
  const { generation } = cluster.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const set = (all: readonly Condition[], states: readonly (ConditionState | undefined)[]): readonly Condition[] =>
    setConditions(
      all,
      states.flatMap((state) => (state === undefined ? [] : [{ ...state, ...observed }])),
      time,
    );
  const owners = [...(controlPlane === undefined ? [] : [controlPlane]), ...scope.pools, ...scope.deployments];
  const all = set(conditions, [
    remoteConnection(scope),
    infrastructureReady(scope),
    controlPlaneInitialized(scope),
    controlPlaneAvailable(scope),
    workersAvailable(scope),
    ...machinesStates("ControlPlane", scope.controlPlaneMachines, environment.timeline.now()),
    ...machinesStates("Worker", scope.workerMachines, environment.timeline.now()),
    remediating(scope),
    aggregated(owners, "RollingOut"),
    aggregated([...owners, ...aloneSets(scope)], "ScalingUp"),
    aggregated([...owners, ...aloneSets(scope)], "ScalingDown"),
    cluster.metadata.deletionTimestamp === undefined
      ? { type: "Deleting", status: "False", reason: "NotDeleting" }
      : { type: "Deleting", status: "True", reason: scope.deleting?.reason ?? "Deleting", message: scope.deleting?.message ?? "" },
  ]);
  return set(all, [available(scope, all)]);
}

function remoteConnection({ cluster, workload }: ClusterScope): ConditionState | undefined {
  const type = "RemoteConnectionProbe";
  if (workload?.reachable === true && cluster.status?.initialization?.controlPlaneInitialized === true)
    return { type, status: "True", reason: "ProbeSucceeded" };
  if (getCondition(cluster, type)?.status === "True") return undefined;
  return { type, status: "False", reason: "ProbeFailed", message: "Remote connection not established yet" };
}

function infrastructureReady({ cluster, infrastructure }: ClusterScope): ConditionState {
  const type = "InfrastructureReady";
  const { infrastructureRef } = cluster.spec;
  if (infrastructureRef === undefined) {
    return { type, status: "False", reason: "DoesNotExist", message: "Waiting for cluster topology to be reconciled" };
  }
  if (infrastructure === undefined)
    return { type, status: "False", reason: "DoesNotExist", message: `${infrastructureRef.kind} does not exist` };
  const ready = infrastructure.status?.initialization?.provisioned === true;
  const own = getCondition(infrastructure, "Ready");
  if (own !== undefined) return { type, status: own.status, reason: own.reason, message: own.message ?? "" };
  return ready
    ? { type, status: "True", reason: "Ready" }
    : { type, status: "False", reason: "NotReady", message: `${infrastructureRef.kind} status.initialization.provisioned is false` };
}

function controlPlaneInitialized({ cluster, controlPlane }: ClusterScope): ConditionState {
  const type = "ControlPlaneInitialized";
  if (cluster.status?.initialization?.controlPlaneInitialized === true) return { type, status: "True", reason: "Initialized" };
  return controlPlane === undefined
    ? { type, status: "False", reason: "DoesNotExist", message: "Waiting for cluster topology to be reconciled" }
    : { type, status: "False", reason: "NotInitialized", message: "Control plane not yet initialized" };
}

function controlPlaneAvailable({ cluster, controlPlane }: ClusterScope): ConditionState {
  const type = "ControlPlaneAvailable";
  if (controlPlane !== undefined) return mirrorCondition(controlPlane, "Available", type);
  const { controlPlaneRef } = cluster.spec;
  const message =
    controlPlaneRef === undefined ? "Waiting for cluster topology to be reconciled" : `${controlPlaneRef.kind} does not exist`;
  return { type, status: "False", reason: "DoesNotExist", message };
}

function workersAvailable({ pools, deployments }: ClusterScope): ConditionState {
  const target = "WorkersAvailable";
  const workers = [...pools, ...deployments];
  if (workers.length === 0) return { type: target, status: "True", reason: "NoWorkers" };
  const reasons = { issue: "NotAvailable", unknown: "AvailableUnknown", info: "Available" };
  return aggregateConditions(workers, { source: "Available", target, reasons });
}

function machinesStates(role: "ControlPlane" | "Worker", machines: readonly StoredObject[], now: number): readonly ConditionState[] {
  const state = (what: "Ready" | "UpToDate", of: readonly StoredObject[]): ConditionState => {
    const target = `${role}Machines${what}`;
    if (of.length === 0) return { type: target, status: "True", reason: "NoReplicas" };
    return aggregateConditions(of, { source: what, target, reasons: { issue: `Not${what}`, unknown: `${what}Unknown`, info: what } });
  };
  const told = machines.filter(
    (machine) =>
      getCondition(machine, "UpToDate") !== undefined || now - Date.parse(machine.metadata.creationTimestamp ?? "") > youngMilliseconds,
  );
  return [state("Ready", machines), state("UpToDate", told)];
}

function remediating({ controlPlaneMachines, workerMachines }: ClusterScope): ConditionState {
  const target = "Remediating";
  const machines = [...controlPlaneMachines, ...workerMachines].filter(
    (machine) =>
      getCondition(machine, "OwnerRemediated")?.status === "False" || getCondition(machine, "ExternallyRemediated")?.status === "False",
  );
  if (machines.length === 0) return { type: target, status: "False", reason: "NotRemediating" };
  const merged = aggregateConditions(machines, {
    source: "OwnerRemediated",
    target,
    targetIsNegative: true,
    reasons: { issue: "Remediating", unknown: "Remediating", info: "Remediating" },
  });
  return { ...merged, status: "True" };
}

function aloneSets({ sets, cluster }: ClusterScope): readonly StoredObject[] {
  return sets.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === cluster.metadata.uid));
}

function aggregated(owners: readonly StoredObject[], type: "RollingOut" | "ScalingUp" | "ScalingDown"): ConditionState {
  const telling = owners.filter(
    (owner) => owner.kind !== "KubeadmControlPlane" || conditionsOf(owner).some((condition) => condition.type === type),
  );
  if (telling.length === 0) return { type, status: "False", reason: `Not${type}` };
  return aggregateConditions(telling, {
    source: type,
    target: type,
    negativePolarity: [type],
    reasons: { issue: type, unknown: `${type}Unknown`, info: `Not${type}` },
  });
}

function available({ cluster }: ClusterScope, conditions: readonly Condition[]): ConditionState {
  const isDeleting = cluster.metadata.deletionTimestamp !== undefined;
  const gates = (cluster.spec["availabilityGates"] ?? []) as readonly { readonly conditionType: string; readonly polarity?: string }[];
  const negative = ["Deleting", ...gates.filter(({ polarity }) => polarity === "Negative").map(({ conditionType }) => conditionType)];
  return summarizeConditions(
    { ...cluster, status: { ...cluster.status, conditions } },
    {
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
      ignoreIfMissing: cluster.spec["topology"] === undefined ? ["TopologyReconciled"] : [],
      negativePolarity: negative,
      reasons: { issue: "NotAvailable", unknown: "AvailableUnknown", info: "Available" },
      priority: ({ type, status, reason }) => {
        // A topology on its way, or put off, does not make a cluster less available.
        if (type === "TopologyReconciled" && status !== "True" && infoReasons.has(reason)) return "info";
        if (isDeleting && (reason === "Deleted" || reason === "DoesNotExist")) return "info";
        if (status === "Unknown") return "unknown";
        return (status === "True") === negative.includes(type) ? "issue" : "info";
      },
    },
  );
}

const infoReasons = new Set(["ClusterUpgrading", "MachineDeploymentsUpgradeDeferred", "MachinePoolsUpgradeDeferred"]);
