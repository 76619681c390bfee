import { getCondition, type ConditionState } from "../../conditions/condition.ts";
import { aggregateConditions } from "../../conditions/merge-conditions.ts";
import { machinesToBeRemediated, staleMachinesText, unhealthyMachinesText } from "./machine-messages.ts";
import type { Machine } from "./machine-objects.ts";
import type { MachineSetScope } from "./machine-set-scope.ts";

/** Machines that have just been made count as up to date only once they say so, so that the condition does not flicker. */
const upToDateGraceMilliseconds = 10_000;

/** The conditions of a MachineSet but Paused (machineset_controller_status.go at v1.14). */
export function machineSetConditions(scope: MachineSetScope): readonly ConditionState[] {
  const { machines, now } = scope;
  return [
    scalingUp(scope),
    scalingDown(scope),
    machinesReady(machines),
    machinesUpToDate(machines, now),
    remediating(machines, "MachineSet"),
    deleting(scope),
  ];
}

export function machinesReady(machines: readonly Machine[]): ConditionState {
  if (machines.length === 0) return { type: "MachinesReady", status: "True", reason: "NoReplicas" };
  const reasons = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" };
  return aggregateConditions(machines, { source: "Ready", target: "MachinesReady", reasons });
}

export function machinesUpToDate(all: readonly Machine[], now: number): ConditionState {
  const machines = all.filter(
    (machine) =>
      getCondition(machine, "UpToDate") !== undefined ||
      now - Date.parse(machine.metadata.creationTimestamp ?? "") > upToDateGraceMilliseconds,
  );
  if (machines.length === 0) return { type: "MachinesUpToDate", status: "True", reason: "NoReplicas" };
  const reasons = { issue: "NotUpToDate", unknown: "UpToDateUnknown", info: "UpToDate" };
  return aggregateConditions(machines, { source: "UpToDate", target: "MachinesUpToDate", reasons });
}

export function remediating(machines: readonly Machine[], owner: string): ConditionState {
  const remediated = machinesToBeRemediated(machines);
  if (remediated.length === 0) {
    return { type: "Remediating", status: "False", reason: "NotRemediating", message: unhealthyMachinesText(machines, owner) };
  }
  const { message = "" } = aggregateConditions(remediated, { source: "OwnerRemediated", target: "Remediating" });
  return { type: "Remediating", status: "True", reason: "Remediating", message };
}

/** `Deleting 2 Machines`, and what is slow about it; empty when no machine is left. */
export function deletingMachinesText(machines: readonly Machine[], now: number): string {
  if (machines.length === 0) return "";
  const stale = staleMachinesText(machines, now);
  return `Deleting ${machines.length} Machine${machines.length === 1 ? "" : "s"}${stale === undefined ? "" : `\n* ${stale}`}`;
}

/** `KubeadmConfigTemplate and DevMachineTemplate do not exist`; undefined when both do. */
export function missingTemplatesText(kinds: readonly (string | undefined)[]): string | undefined {
  const missing = kinds.filter((kind) => kind !== undefined);
  if (missing.length === 0) return undefined;
  return `${missing.join(" and ")} ${missing.length === 1 ? "does" : "do"} not exist`;
}

function desiredReplicas({ machineSet }: MachineSetScope): number {
  return machineSet.metadata.deletionTimestamp === undefined ? (machineSet.spec.replicas ?? 0) : 0;
}

function scalingUp(scope: MachineSetScope): ConditionState {
  const { machineSet, machines } = scope;
  const desired = desiredReplicas(scope);
  const { bootstrap, infrastructureRef } = machineSet.spec.template.spec;
  const missing = missingTemplatesText([
    scope.isBootstrapTemplateMissing ? bootstrap?.configRef?.kind : undefined,
    scope.isInfrastructureTemplateMissing ? infrastructureRef?.kind : undefined,
  ]);
  if (machines.length >= desired) {
    const isBlocked = missing !== undefined && machineSet.metadata.deletionTimestamp === undefined;
    const message = isBlocked ? `Scaling up would be blocked because ${missing}` : "";
    return { type: "ScalingUp", status: "False", reason: "NotScalingUp", message };
  }
  const reasons = [...scope.failedPreflightChecks, ...(missing === undefined ? [] : [missing])];
  const blocked = reasons.length === 0 ? "" : ` is blocked because:\n${reasons.map((reason) => `* ${reason}`).join("\n")}`;
  const message = `Scaling up from ${machines.length} to ${desired} replicas${blocked}`;
  return { type: "ScalingUp", status: "True", reason: "ScalingUp", message };
}

function scalingDown(scope: MachineSetScope): ConditionState {
  return scalingDownOf(scope.machines.length, desiredReplicas(scope), scope.machines, scope.now);
}

export function scalingDownOf(current: number, desired: number, machines: readonly Machine[], now: number): ConditionState {
  if (current <= desired) return { type: "ScalingDown", status: "False", reason: "NotScalingDown" };
  const stale = staleMachinesText(machines, now);
  const message = `Scaling down from ${current} to ${desired} replicas${stale === undefined ? "" : `\n* ${stale}`}`;
  return { type: "ScalingDown", status: "True", reason: "ScalingDown", message };
}

function deleting({ machineSet, machines, now }: MachineSetScope): ConditionState {
  if (machineSet.metadata.deletionTimestamp === undefined) return { type: "Deleting", status: "False", reason: "NotDeleting" };
  return { type: "Deleting", status: "True", reason: "Deleting", message: deletingMachinesText(machines, now) || "Deletion completed" };
}
