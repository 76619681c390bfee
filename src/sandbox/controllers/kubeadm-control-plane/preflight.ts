import { getCondition } from "../../conditions/condition.ts";
import { annotationKeys, healthConditions, isDeleting, nodeNameOf, type Machine } from "./cluster-objects.ts";
import { componentsTolerateChange, etcdToleratesChange } from "./etcd.ts";
import { noPreflightResults, reportedCondition, type Requeue, type Scope } from "./scope.ts";

export const deleteRequeueMilliseconds = 30_000;
const preflightRequeueMilliseconds = 15_000;
const slowDownMilliseconds = 5000;

/** Is the control plane stable enough for a machine to come (`scaleUp`) or to go? Undefined: yes (CAPI preflightChecks). */
export function preflightChecks(scope: Scope, scaleUp: boolean, excluded?: Machine): Requeue {
  const { preflight, machines } = scope;
  Object.assign(preflight, noPreflightResults);
  if (machines.length === 0) return undefined;
  if (awaitedTopologyVersion(scope) !== undefined) {
    preflight.topologyVersionMismatch = true;
    return wait(scope, preflightRequeueMilliseconds);
  }
  if (scaleUp && reportedCondition(scope, "CertificatesAvailable")?.status !== "True") {
    preflight.certificateMissing = true;
    return wait(scope, preflightRequeueMilliseconds);
  }
  if (machines.some(isDeleting)) {
    preflight.hasDeletingMachine = true;
    return wait(scope, deleteRequeueMilliseconds);
  }
  let failures = healthFailures(scope, excluded);
  if (failures.length > 0 && scaleUp && scope.remediationInProgress !== undefined) failures = replacementFailures(scope);
  if (failures.length === 0) return undefined;
  const text = failures.length === 1 ? failures[0]! : `[${failures.join(", ")}]`;
  scope.environment.recordEvent(
    scope.kcp,
    "Warning",
    "ControlPlaneUnhealthy",
    `Waiting for control plane to pass preflight checks to continue reconciliation: ${text}`,
  );
  return wait(scope, preflightRequeueMilliseconds);
}

/** What stood in the way of the last checks, as the conditions ScalingUp and ScalingDown list it. */
export function preflightMessages(scope: Scope): readonly string[] {
  const { topologyVersionMismatch, hasDeletingMachine, certificateMissing, componentsNotHealthy, etcdNotHealthy } = scope.preflight;
  return [
    ...(topologyVersionMismatch ? [`* waiting for a version upgrade to ${awaitedTopologyVersion(scope) ?? ""} to be propagated`] : []),
    ...(hasDeletingMachine ? ["* waiting for a control plane Machine to complete deletion"] : []),
    ...(certificateMissing ? ["* cluster certificates are missing or unknown"] : []),
    ...(componentsNotHealthy ? ["* waiting for control plane components to become healthy"] : []),
    ...(etcdNotHealthy ? ["* waiting for etcd cluster to become healthy"] : []),
  ];
}

/** The version that the topology still has to hand on to this control plane; in a chained upgrade its current step is version enough. */
export function awaitedTopologyVersion({ cluster, kcp }: Scope): string | undefined {
  const { topology } = cluster.spec;
  const step = cluster.metadata.annotations?.[annotationKeys.upgradeStep] ?? "";
  if (topology === undefined || topology.version === kcp.spec.version || step === kcp.spec.version) return undefined;
  return step === "" ? topology.version : step;
}

function wait(scope: Scope, milliseconds: number): Requeue {
  scope.deferUntil = scope.now + slowDownMilliseconds;
  return { requeueAfterMilliseconds: milliseconds };
}

function healthFailures(scope: Scope, excluded: Machine | undefined): readonly string[] {
  const { preflight, stackedEtcd } = scope;
  const { apiServer, controllerManager, scheduler, etcdPod, etcdMember } = healthConditions;
  const types = [apiServer, controllerManager, scheduler, ...(stackedEtcd ? [etcdPod, etcdMember] : [])];
  const failures: string[] = [];
  for (const machine of scope.machines) {
    const { name } = machine.metadata;
    if (name === excluded?.metadata.name) continue;
    if (nodeNameOf(machine) === undefined) {
      failures.push(`Machine ${name} does not have a corresponding Node yet (Machine.status.nodeRef not set)`);
      preflight.componentsNotHealthy = true;
      if (stackedEtcd) preflight.etcdNotHealthy = true;
      continue;
    }
    for (const type of types) {
      const failure = conditionFailure(machine, type);
      if (failure === undefined) continue;
      failures.push(failure);
      if (type === etcdMember) preflight.etcdNotHealthy = true;
      else preflight.componentsNotHealthy = true;
    }
  }
  return failures;
}

function conditionFailure(machine: Machine, type: string): string | undefined {
  const { name } = machine.metadata;
  const condition = getCondition(machine, type);
  if (condition === undefined) return `Machine ${name} does not have ${type} condition`;
  if (condition.status === "True") return undefined;
  return `Machine ${name} reports ${type} condition is ${condition.status.toLowerCase()} (${condition.message})`;
}

/** After a remediation took a machine away, its replacement may come to a control plane that is not all well. */
function replacementFailures(scope: Scope): readonly string[] {
  const { preflight } = scope;
  const failures: string[] = [];
  preflight.componentsNotHealthy = !componentsTolerateChange(scope, { adds: true });
  preflight.etcdNotHealthy = false;
  if (preflight.componentsNotHealthy) {
    failures.push(
      "cannot add a new control plane Machine when there are no control plane Machines with all Kubernetes control plane components in healthy state. Please check Kubernetes control plane component status",
    );
  }
  if (!scope.stackedEtcd) return failures;
  if (scope.etcdMembers === undefined || scope.etcdMembers.length === 0) {
    failures.push("cannot check etcd cluster health before scale up, etcd member list is empty");
  } else if (!etcdToleratesChange(scope, { adds: true })) {
    failures.push("adding a new control plane Machine can lead to etcd quorum loss. Please check the etcd status");
    preflight.etcdNotHealthy = true;
  }
  return failures;
}
