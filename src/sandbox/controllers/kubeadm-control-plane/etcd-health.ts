import type { WorkloadCluster } from "../environment.ts";
import { aggregateHealth, aggregateLegacyHealth } from "./aggregate-health.ts";
import { healthConditions, isDeleting, nodeNameOf, type Machine } from "./cluster-objects.ts";
import { isUnreachable, provisioningMessage, staticPodOf } from "./component-health.ts";
import type { MachineReports } from "./machine-reports.ts";
import type { Scope } from "./scope.ts";
import { componentHealth } from "./static-pod.ts";

const type = healthConditions.etcdMember;
/** A Node that is so old without a member is an issue of the whole control plane. */
const graceMilliseconds = 120_000;

/** Asks etcd for its members and says of each machine whether its own is well (CAPI updateManagedEtcdConditions). Gives what speaks against the control plane as a whole. */
export function inspectEtcd(scope: Scope, workload: WorkloadCluster, reports: MachineReports): readonly string[] {
  for (const machine of scope.machines) {
    const { name } = machine.metadata;
    if (nodeNameOf(machine) === undefined) {
      reports.set(name, { type, status: "Unknown", reason: "InspectionFailed", message: provisioningMessage(machine) });
    }
    if (isDeleting(machine)) {
      const legacy = { type, status: "False", severity: "Info", reason: "Deleting" } as const;
      reports.set(name, { type, status: "False", reason: "Deleting", message: "Machine is deleting" }, legacy);
    }
  }
  const settled = scope.machines.filter((machine) => nodeNameOf(machine) !== undefined && !isDeleting(machine));
  for (const machine of settled) {
    if (isMemberUp(scope, workload, machine)) workload.etcdMembers.add(machine.metadata.name);
  }
  const failure = settled.some((machine) => scope.nodes.has(machine.metadata.name)) ? failureToList(scope, workload) : undefined;
  if (failure !== undefined) {
    for (const { metadata } of settled) {
      const legacy = { type, status: "Unknown", reason: "MemberInspectionFailed", message: failure } as const;
      reports.set(metadata.name, { type, status: "Unknown", reason: "InspectionFailed", message: failure }, legacy);
    }
  } else if (settled.some((machine) => scope.nodes.has(machine.metadata.name))) {
    scope.etcdMembers = [...workload.etcdMembers];
    for (const { metadata } of settled) {
      if (workload.etcdMembers.has(metadata.name)) {
        reports.set(metadata.name, { type, status: "True", reason: "Healthy" }, { type, status: "True" });
      }
    }
  }
  return compareWithMachines(scope, reports);
}

/** After the machines are written. */
export function aggregateEtcd(scope: Scope, errors: readonly string[]): void {
  const aggregate = { types: [type], errors, target: "EtcdClusterHealthy", note: "etcd member" };
  aggregateLegacyHealth(scope, { ...aggregate, unhealthyReason: "EtcdClusterUnhealthy", unknownReason: "EtcdClusterUnknown" });
  aggregateHealth(scope, aggregate);
}

function isMemberUp(scope: Scope, workload: WorkloadCluster, { metadata }: Machine): boolean {
  const node = scope.nodes.get(metadata.name);
  return node !== undefined && !isUnreachable(node) && componentHealth(node, "", staticPodOf(workload, "etcd", node)).status === "True";
}

/** etcd lists its members only while it has a quorum. */
function failureToList(scope: Scope, workload: WorkloadCluster): string | undefined {
  const up = scope.machines
    .filter(({ metadata }) => workload.etcdMembers.has(metadata.name))
    .filter((machine) => isMemberUp(scope, workload, machine)).length;
  if (up === 0) return "Failed to connect to etcd: could not establish a connection to any etcd node";
  if (up < Math.floor(workload.etcdMembers.size / 2) + 1) return "Failed to get etcd members: context deadline exceeded";
  return undefined;
}

function compareWithMachines(scope: Scope, reports: MachineReports): readonly string[] {
  const { etcdMembers, machines } = scope;
  if (etcdMembers === undefined) {
    scope.membersMatchMachines = !machines.some((machine) => nodeNameOf(machine) !== undefined);
    return [];
  }
  scope.membersMatchMachines = true;
  for (const machine of machines) {
    const { name } = machine.metadata;
    const nodeName = nodeNameOf(machine);
    if (nodeName === undefined || etcdMembers.includes(name)) continue;
    const message = `Etcd doesn't have an etcd member for Node ${nodeName}`;
    const legacy = { type, status: "False", severity: "Error", reason: "EtcdMemberUnhealthy", message: "Missing etcd member" } as const;
    reports.set(name, { type, status: "False", reason: "NotHealthy", message }, legacy);
    const created = scope.nodes.get(name)?.metadata.creationTimestamp;
    if (!isDeleting(machine) && created !== undefined && scope.now - Date.parse(created) > graceMilliseconds)
      scope.membersMatchMachines = false;
  }
  const withNode = new Set(machines.filter((machine) => nodeNameOf(machine) !== undefined).map(({ metadata }) => metadata.name));
  const unexpected = etcdMembers.filter((member) => !withNode.has(member));
  if (unexpected.length > 0 && withNode.size === machines.length) scope.membersMatchMachines = false;
  return unexpected.map((member) => `Etcd member ${member} does not have a corresponding Machine`);
}
