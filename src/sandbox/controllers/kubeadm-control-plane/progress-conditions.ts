import { getCondition } from "../../conditions/condition.ts";
import { aggregateConditions } from "../../conditions/merge-conditions.ts";
import { compareText, isDeleting } from "./cluster-objects.ts";
import { preflightMessages } from "./preflight.ts";
import { machinesToRemediate } from "./remediation.ts";
import { isFalse, report, type Scope } from "./scope.ts";
import { machinesText, staleMachinesMessage } from "./stale-machines.ts";

export function reportRollingOut(scope: Scope): void {
  const outdated = scope.machines.flatMap((machine) => {
    const condition = getCondition(machine, "UpToDate");
    return condition?.status === "False" ? [condition] : [];
  });
  if (outdated.length === 0) {
    report(scope, { type: "RollingOut", status: "False", reason: "NotRollingOut" });
    return;
  }
  const isVersion = (line: string): boolean => line.startsWith("* Version");
  const reasons = [...new Set(outdated.flatMap(({ message }) => (message === "" ? [] : message.split("\n"))))].sort(
    (one, other) => Number(isVersion(other)) - Number(isVersion(one)) || compareText(one, other),
  );
  const message = [`Rolling out ${outdated.length} not up-to-date replicas`, ...reasons].join("\n");
  report(scope, { type: "RollingOut", status: "True", reason: "RollingOut", message });
}

export function reportScaling(scope: Scope): void {
  const { kcp, machines } = scope;
  const desired = isDeleting(kcp) ? 0 : (kcp.spec.replicas ?? 1);
  const missing = scope.templateIsMissing ? `${kcp.spec.machineTemplate.spec.infrastructureRef.kind} does not exist` : undefined;
  if (machines.length >= desired) {
    const message = missing === undefined ? "" : `Scaling up would be blocked because ${missing}`;
    report(scope, { type: "ScalingUp", status: "False", reason: "NotScalingUp", message });
  } else {
    const blockers = [...preflightMessages(scope), ...(missing === undefined ? [] : [`* ${missing}`])];
    const message = `Scaling up from ${machines.length} to ${desired} replicas${blocked(blockers)}`;
    report(scope, { type: "ScalingUp", status: "True", reason: "ScalingUp", message });
  }
  if (machines.length <= desired) report(scope, { type: "ScalingDown", status: "False", reason: "NotScalingDown" });
  else {
    const stale = staleMachinesMessage(machines, scope.now);
    const blockers = [...preflightMessages(scope), ...(stale === "" ? [] : [`* ${stale}`])];
    const message = `Scaling down from ${machines.length} to ${desired} replicas${blocked(blockers)}`;
    report(scope, { type: "ScalingDown", status: "True", reason: "ScalingDown", message });
  }
}

function blocked(blockers: readonly string[]): string {
  return blockers.length === 0 ? "" : ` is blocked because:\n${blockers.join("\n")}`;
}

export function reportMachines(scope: Scope): void {
  const { machines, now } = scope;
  if (machines.length === 0) report(scope, { type: "MachinesReady", status: "True", reason: "NoReplicas" });
  else {
    const reasons = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" };
    report(scope, aggregateConditions(machines, { source: "Ready", target: "MachinesReady", reasons }));
  }
  // It takes a moment until a new machine says whether it is up to date.
  const judged = machines.filter(
    (machine) => getCondition(machine, "UpToDate") !== undefined || now - Date.parse(machine.metadata.creationTimestamp ?? "") > 10_000,
  );
  if (judged.length === 0) report(scope, { type: "MachinesUpToDate", status: "True", reason: "NoReplicas" });
  else {
    const reasons = { issue: "NotUpToDate", unknown: "UpToDateUnknown", info: "UpToDate" };
    report(scope, aggregateConditions(judged, { source: "UpToDate", target: "MachinesUpToDate", reasons }));
  }
}

export function reportRemediating(scope: Scope): void {
  const remediated = machinesToRemediate(scope);
  if (remediated.length > 0) {
    const { message = "" } = aggregateConditions(remediated, { source: "OwnerRemediated", target: "Remediating" });
    report(scope, { type: "Remediating", status: "True", reason: "Remediating", message });
    return;
  }
  const unhealthy = scope.machines.filter((machine) => isFalse(machine, "HealthCheckSucceeded"));
  const message = unhealthy.length === 0 ? "" : `${machinesText(unhealthy)} not healthy (not to be remediated by KubeadmControlPlane)`;
  report(scope, { type: "Remediating", status: "False", reason: "NotRemediating", message });
}

export function reportDeleting(scope: Scope): void {
  if (!isDeleting(scope.kcp)) report(scope, { type: "Deleting", status: "False", reason: "NotDeleting" });
  else
    report(scope, {
      type: "Deleting",
      status: "True",
      reason: scope.deleting?.reason ?? "InternalError",
      message: scope.deleting?.message ?? "",
    });
}
