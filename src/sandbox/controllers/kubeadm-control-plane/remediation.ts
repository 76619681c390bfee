import { ApiStatusError } from "../../api/api-status-error.ts";
import type { LegacyConditionState } from "../../conditions/legacy-condition.ts";
import { getCondition } from "../../conditions/condition.ts";
import { legacyConditionsOf, removeLegacyCondition } from "../../conditions/legacy-condition.ts";
import { ReconcileError } from "../controller-runtime.ts";
import { annotationKeys, byAge, healthConditions, isDeleting, nodeNameOf, type Machine } from "./cluster-objects.ts";
import { componentsTolerateChange, etcdToleratesChange, forwardEtcdLeadership } from "./etcd.ts";
import { awaitedTopologyVersion } from "./preflight.ts";
import { nextRemediation, readRemediation, writeRemediation, type Remediation } from "./remediation-record.ts";
import { deleteMachine } from "./scale.ts";
import { isFalse, isTrue, writeMachineConditions, writeMachineStatus, type Requeue, type Scope } from "./scope.ts";

const condition = "OwnerRemediated";

/** Machines that their health check gave up, and handed to this controller. */
export function machinesToRemediate({ machines }: Scope): readonly Machine[] {
  return machines.filter((machine) => isFalse(machine, "HealthCheckSucceeded") && isFalse(machine, condition));
}

/** Deletes the machine that is worst off, if the control plane can do without it; a replacement comes with the next scale up (CAPI reconcileUnhealthyMachines). */
export function remediateUnhealthyMachines(scope: Scope): Requeue {
  forgetRecovered(scope);
  forgetStaleRecord(scope);
  const [machine] = [...machinesToRemediate(scope)].sort((one, other) => badness(scope, one, other));
  if (machine === undefined || isDeleting(machine) || scope.remediationInProgress !== undefined) return undefined;

  const awaited = awaitedTopologyVersion(scope);
  if (awaited !== undefined) {
    return refuse(
      scope,
      machine,
      "RemediationDeferred",
      `KubeadmControlPlane can't remediate while waiting for a version upgrade to ${awaited} to be propagated from Cluster.spec.topology`,
    );
  }
  const next = nextRemediation(scope, machine);
  if (next.refusal !== undefined) return refuse(scope, machine, next.refusal.reason, next.refusal.message);
  const refusal = scope.isInitialized ? refusalOf(scope, machine) : undefined;
  if (refusal !== undefined) return refuse(scope, machine, refusal.reason, refusal.message, refusal.legacyMessage);
  if (scope.isInitialized && scope.stackedEtcd) forwardLeadership(scope, machine);
  remediate(scope, machine, next.remediation);
  return { requeueAfterMilliseconds: 1 };
}

function forgetRecovered(scope: Scope): void {
  for (const machine of scope.machines) {
    if (isDeleting(machine) || !isTrue(machine, "HealthCheckSucceeded") || getCondition(machine, condition) === undefined) continue;
    if (!isFalse(machine, condition)) continue;
    const conditions = (machine.status?.conditions ?? []).filter(({ type }) => type !== condition);
    writeMachineStatus(scope, machine, conditions, removeLegacyCondition(legacyConditionsOf(machine), condition));
  }
}

/** A machine is newer than the remediation: its replacement came, only the record was not taken away. */
function forgetStaleRecord(scope: Scope): void {
  if (scope.remediationInProgress === undefined) return;
  const { timestamp } = readRemediation(scope.remediationInProgress);
  if (scope.machines.some(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") > Date.parse(timestamp))) {
    scope.remediationInProgress = undefined;
  }
}

/** What is worst comes first: asked for by hand, no Node, etcd, components, the oldest. */
function badness(scope: Scope, one: Machine, other: Machine): number {
  const { etcdMember, etcdPod, apiServer, controllerManager, scheduler, node } = healthConditions;
  const types = [...(scope.stackedEtcd ? [etcdMember, etcdPod] : []), apiServer, controllerManager, scheduler, node];
  const signs = (machine: Machine): readonly boolean[] => [
    machine.metadata.annotations?.[annotationKeys.remediateMachine] !== undefined,
    nodeNameOf(machine) === undefined,
    ...types.map((type) => !isTrue(machine, type)),
  ];
  const [left, right] = [signs(one), signs(other)];
  const index = left.findIndex((sign, at) => sign !== right[at]);
  if (index === -1) return byAge(one, other);
  return left[index] === true ? -1 : 1;
}

interface Refusal {
  readonly reason: string;
  readonly message: string;
  readonly legacyMessage?: string;
}

function refusalOf(scope: Scope, machine: Machine): Refusal | undefined {
  const { machines, etcdMembers } = scope;
  if (machines.length <= 1) {
    return { reason: "CannotBeRemediated", message: "KubeadmControlPlane can't remediate if current replicas are less or equal to 1" };
  }
  if (machines.some((each) => !isFalse(each, "HealthCheckSucceeded") && nodeNameOf(each) === undefined)) {
    return deferredFor("provisioning");
  }
  if (machines.some(isDeleting)) return deferredFor("deletion");
  if (etcdMembers === undefined || etcdMembers.length === 0) {
    return { reason: "RemediationDeferred", message: "Failed to check etcd cluster health before remediation" };
  }
  const { name } = machine.metadata;
  const isSafe =
    componentsTolerateChange(scope, { removes: name }) &&
    (!scope.stackedEtcd || nodeNameOf(machine) === undefined || etcdToleratesChange(scope, { removes: name }));
  if (isSafe) return undefined;
  return {
    reason: "CannotBeRemediated",
    message:
      "KubeadmControlPlane can't remediate this Machine because this could result in loosing Kubernetes control plane components or in etcd quorum loss",
  };
}

function deferredFor(what: string): Refusal {
  const message = `KubeadmControlPlane waiting for control plane Machine ${what} to complete before triggering remediation`;
  return { reason: "RemediationDeferred", message, legacyMessage: message.replace("Machine", "machine") };
}

/** The rest of the pass goes on. */
function refuse(scope: Scope, machine: Machine, reason: string, message: string, legacyMessage = message): undefined {
  mark(scope, machine, reason, message, { severity: "Warning", reason: "WaitingForRemediation", message: legacyMessage });
}

function forwardLeadership(scope: Scope, machine: Machine): void {
  try {
    forwardEtcdLeadership(scope, machine);
  } catch (error) {
    if (error instanceof ReconcileError) {
      mark(scope, machine, "CannotBeRemediated", error.message, { severity: "Error", reason: "RemediationFailed", message: error.message });
    }
    throw error;
  }
}

function remediate(scope: Scope, machine: Machine, remediation: Remediation): void {
  try {
    deleteMachine(scope, machine);
  } catch (error) {
    if (error instanceof ApiStatusError) {
      const legacy = { severity: "Error", reason: "RemediationFailed", message: error.message } as const;
      mark(scope, machine, "InternalError", "Please check controller logs for errors", legacy);
    }
    throw error;
  }
  mark(scope, machine, "MachineDeleting", "Machine is deleting", { severity: "Warning", reason: "RemediationInProgress" });
  scope.remediationInProgress = writeRemediation(remediation);
}

function mark(
  scope: Scope,
  { metadata }: Machine,
  reason: string,
  message: string,
  legacy: Pick<LegacyConditionState, "severity" | "reason" | "message">,
): void {
  // As it was written last; without a finalizer it is gone by now.
  const machine = scope.machines.find((each) => each.metadata.name === metadata.name);
  if (machine === undefined || scope.environment.objects.store.byUid(metadata.uid) === undefined) return;
  writeMachineConditions(
    scope,
    machine,
    [{ type: condition, status: "False", reason, message }],
    [{ type: condition, status: "False", ...legacy }],
  );
}
