import { getCondition, type ConditionState } from "../../conditions/condition.ts";
import {
  deletingMachinesText,
  machinesReady,
  machinesUpToDate,
  missingTemplatesText,
  remediating,
  scalingDownOf,
} from "../machine-set/machine-set-conditions.ts";
import { compareTexts, type Machine } from "../machine-set/machine-objects.ts";
import { isRollingUpdate, rolloutLimits } from "./fenceposts.ts";
import type { MachineDeploymentScope } from "./machine-deployment-scope.ts";

/** The conditions of a MachineDeployment but Paused (machinedeployment_status.go at v1.14). `replicas`: as its MachineSets report them; undefined: none did yet. */
export function machineDeploymentConditions(
  scope: MachineDeploymentScope,
  replicas: { readonly actual: number | undefined; readonly available: number | undefined },
): readonly ConditionState[] {
  const { machines, now, deployment } = scope;
  const actual = replicas.actual ?? 0;
  const desired = deployment.metadata.deletionTimestamp === undefined ? (deployment.spec.replicas ?? 0) : 0;
  return [
    available(scope, replicas.available),
    rollingOut(machines),
    scalingUp(scope, actual, desired),
    scalingDownOf(actual, desired, machines, now),
    machinesReady(machines),
    machinesUpToDate(machines, now),
    remediating(machines, "MachineDeployment/MachineSet"),
    deleting(scope),
  ];
}

function available({ deployment }: MachineDeploymentScope, count: number | undefined): ConditionState {
  const type = "Available";
  if (count === undefined) {
    return { type, status: "Unknown", reason: "WaitingForAvailableReplicasSet", message: "Waiting for status.availableReplicas set" };
  }
  const { replicas, maxUnavailable } = rolloutLimits(deployment);
  const needed = replicas - maxUnavailable;
  if (count >= needed) return { type, status: "True", reason: "Available" };
  const { type: strategy, rollingUpdate } = deployment.spec.rollout?.strategy ?? {};
  const rule = isRollingUpdate(strategy)
    ? ` (spec.strategy.rollout.maxUnavailable is ${rollingUpdate?.maxUnavailable ?? 0}, spec.replicas is ${replicas})`
    : "";
  const isDeleting = deployment.metadata.deletionTimestamp !== undefined;
  const message = isDeleting ? "Deletion in progress" : `${count} available replicas, at least ${needed} required${rule}`;
  return { type, status: "False", reason: "NotAvailable", message };
}

/** By the UpToDate conditions of the machines; a change of version is named first. */
function rollingOut(machines: readonly Machine[]): ConditionState {
  const messages = machines.flatMap((machine) => {
    const condition = getCondition(machine, "UpToDate");
    return condition?.status === "False" ? [condition.message] : [];
  });
  if (messages.length === 0) return { type: "RollingOut", status: "False", reason: "NotRollingOut" };
  const reasons = [...new Set(messages.filter((message) => message !== "").flatMap((message) => message.split("\n")))].sort(
    (one, other) => Number(isVersion(other)) - Number(isVersion(one)) || compareTexts(one, other),
  );
  const message = [`Rolling out ${messages.length} not up-to-date replicas`, ...reasons].join("\n");
  return { type: "RollingOut", status: "True", reason: "RollingOut", message };
}

function isVersion(reason: string): boolean {
  return reason.startsWith("* Version");
}

function scalingUp(scope: MachineDeploymentScope, actual: number, desired: number): ConditionState {
  const { deployment } = scope;
  const { bootstrap, infrastructureRef } = deployment.spec.template.spec;
  const missing = missingTemplatesText([
    scope.isBootstrapTemplateMissing ? bootstrap?.configRef?.kind : undefined,
    scope.isInfrastructureTemplateMissing ? infrastructureRef?.kind : undefined,
  ]);
  if (actual >= desired) {
    const isBlocked = missing !== undefined && deployment.metadata.deletionTimestamp === undefined;
    const message = isBlocked ? `Scaling up would be blocked because ${missing}` : "";
    return { type: "ScalingUp", status: "False", reason: "NotScalingUp", message };
  }
  const blocked = missing === undefined ? "" : ` is blocked because ${missing}`;
  return { type: "ScalingUp", status: "True", reason: "ScalingUp", message: `Scaling up from ${actual} to ${desired} replicas${blocked}` };
}

function deleting({ deployment, machines, machineSets, now }: MachineDeploymentScope): ConditionState {
  if (deployment.metadata.deletionTimestamp === undefined) return { type: "Deleting", status: "False", reason: "NotDeleting" };
  const sets = machineSets.length > 0 ? `Deleting ${machineSets.length} MachineSets` : "Deletion completed";
  return { type: "Deleting", status: "True", reason: "Deleting", message: deletingMachinesText(machines, now) || sets };
}
