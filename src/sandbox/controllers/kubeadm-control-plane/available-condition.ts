import { getCondition } from "../../conditions/condition.ts";
import { healthConditions, isDeleting, nodeNameOf, type Machine } from "./cluster-objects.ts";
import { isTrue, report, reportedCondition, type Scope } from "./scope.ts";

const { apiServer, controllerManager, scheduler, etcdPod, etcdMember } = healthConditions;
/** What is broken for less long is not told as long as the control plane is available. */
const surfaceMilliseconds = 10_000;
const newMilliseconds = 120_000;

interface Health {
  healthy: number;
  unhealthy: number;
  unhealthyForShort: number;
}

/** Available: etcd has a quorum of healthy members and one machine has all components healthy (CAPI setAvailableCondition). */
export function reportAvailable(scope: Scope): void {
  const type = "Available";
  const unavailable = (message: string): void => report(scope, { type, status: "False", reason: "NotAvailable", message });
  if (!scope.isInitialized) {
    unavailable("Control plane not yet initialized");
    return;
  }
  if (scope.stackedEtcd && scope.etcdMembers === undefined) {
    const initialized = reportedCondition(scope, "Initialized");
    if (initialized?.status === "True" && scope.now - Date.parse(initialized.lastTransitionTime) < newMilliseconds) {
      unavailable("Waiting for etcd to report the list of members");
    } else report(scope, { type, status: "Unknown", reason: "InspectionFailed", message: "Failed to get etcd members" });
    return;
  }
  if (scope.stackedEtcd && !scope.membersMatchMachines) {
    unavailable("The list of etcd members does not match the list of Machines and Nodes");
    return;
  }
  const components = componentsHealth(scope);
  const members = scope.stackedEtcd ? membersHealth(scope, scope.etcdMembers ?? []) : undefined;
  const total = scope.etcdMembers?.length ?? 0;
  const quorum = Math.floor(total / 2) + 1;
  const hasCertificates = reportedCondition(scope, "CertificatesAvailable")?.status === "True";
  const hasQuorum = members === undefined || members.healthy >= quorum;

  if (!isDeleting(scope.kcp) && hasQuorum && components.healthy >= 1 && hasCertificates) {
    const messages: string[] = [];
    if (members !== undefined && members.unhealthy > 0)
      messages.push(membersText(members.healthy + members.unhealthyForShort, total, quorum));
    if (components.unhealthy > 0) {
      const well = components.healthy + components.unhealthyForShort;
      const have = well === 1 ? "Machines has" : "Machines have";
      messages.push(`* ${well} of ${scope.machines.length} ${have} healthy control plane components, at least 1 required`);
    }
    report(scope, { type, status: "True", reason: "Available", message: messages.join("\n") });
    return;
  }
  const messages = [
    ...(isDeleting(scope.kcp) ? ["* Control plane metadata.deletionTimestamp is set"] : []),
    ...(hasCertificates ? [] : ["* Control plane certificates are not available"]),
    ...(members === undefined || hasQuorum ? [] : [membersText(members.healthy, total, quorum)]),
    ...(components.healthy >= 1 ? [] : ["* There are no Machines with healthy control plane components, at least 1 required"]),
  ];
  unavailable(messages.join("\n"));
}

function membersText(healthy: number, total: number, quorum: number): string {
  const required = `at least ${quorum} healthy member required for etcd quorum`;
  if (healthy === 0) return `* There are no healthy etcd member, ${required}`;
  return `* ${healthy} of ${total} etcd members ${healthy === 1 ? "is" : "are"} healthy, ${required}`;
}

function componentsHealth(scope: Scope): Health {
  const types = [apiServer, controllerManager, scheduler, ...(scope.stackedEtcd ? [etcdMember, etcdPod] : [])];
  const health: Health = { healthy: 0, unhealthy: 0, unhealthyForShort: 0 };
  for (const machine of scope.machines) {
    // Without a provider ID it has only just begun.
    if (machine.spec.providerID !== undefined && machine.spec.providerID !== "") count(scope, health, machine, types);
  }
  return health;
}

function membersHealth(scope: Scope, members: readonly string[]): Health {
  const health: Health = { healthy: 0, unhealthy: 0, unhealthyForShort: 0 };
  const withNode = new Map(
    scope.machines.filter((machine) => nodeNameOf(machine) !== undefined).map((machine) => [machine.metadata.name, machine]),
  );
  const provisioning = scope.machines.filter((machine) => nodeNameOf(machine) === undefined);
  // Machines come one at a time: a member that none claims is that of the only one that is still coming.
  let coming = provisioning.length === 1 ? provisioning[0] : undefined;
  for (const member of members) {
    let machine = withNode.get(member);
    if (machine === undefined) {
      machine = coming;
      coming = undefined;
    }
    if (machine === undefined) health.unhealthy += 1;
    else count(scope, health, machine, [etcdMember]);
  }
  return health;
}

function count(scope: Scope, health: Health, machine: Machine, types: readonly string[]): void {
  if (types.every((type) => isTrue(machine, type))) {
    health.healthy += 1;
    return;
  }
  const since = types.flatMap((type) => {
    const condition = getCondition(machine, type);
    return condition === undefined || condition.status === "True" ? [] : [Date.parse(condition.lastTransitionTime)];
  });
  if (since.length > 0 && scope.now - Math.min(...since) > surfaceMilliseconds) health.unhealthy += 1;
  else health.unhealthyForShort += 1;
}
