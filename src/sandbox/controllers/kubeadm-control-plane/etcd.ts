import type { WorkloadCluster } from "../environment.ts";
import { ReconcileError } from "../controller-runtime.ts";
import { byAge, compareText, healthConditions, isDeleting, nodeNameOf, type Machine } from "./cluster-objects.ts";
import { connectedWorkload, isTrue, isUpToDate, reportedCondition, type Requeue, type Scope } from "./scope.ts";

/** Which member leads, by its Machine name; as long as nobody moved it: the one that joined first. */
const leaders = new WeakMap<WorkloadCluster, string>();

export function etcdLeader(workload: WorkloadCluster): string | undefined {
  const leader = leaders.get(workload);
  return leader !== undefined && workload.etcdMembers.has(leader) ? leader : [...workload.etcdMembers][0];
}

/** Leadership leaves a machine before it goes: to a machine with a healthy member, then one that its health check likes, then an up-to-date one, then the newest. */
export function forwardEtcdLeadership(scope: Scope, leaving: Machine): void {
  const workload = connectedWorkload(scope);
  if (workload === undefined || scope.etcdMembers === undefined) {
    throw new ReconcileError("unable to move etcd leadership, failed to detect etcd leader");
  }
  if (nodeNameOf(leaving) === undefined || etcdLeader(workload) !== leaving.metadata.name) return;
  const scores = (machine: Machine): number =>
    (isTrue(machine, healthConditions.etcdMember) ? 4 : 0) +
    (isTrue(machine, "HealthCheckSucceeded") ? 2 : 0) +
    (isUpToDate(scope, machine) ? 1 : 0);
  const candidate = scope.machines
    .filter((machine) => nodeNameOf(machine) !== undefined && !isDeleting(machine) && machine.metadata.name !== leaving.metadata.name)
    .sort((one, other) => scores(other) - scores(one) || -byAge(one, other))[0];
  if (candidate === undefined) {
    throw new ReconcileError("unable to move etcd leadership, no candidate machines for etcd leadership found");
  }
  leaders.set(workload, candidate.metadata.name);
}

interface EtcdChange {
  readonly adds?: boolean;
  /** Machine name. */
  readonly removes?: string;
}

/** Does etcd keep its quorum after the change, even if a member that is added stays unhealthy? (CAPI targetEtcdClusterHealthy) */
export function etcdToleratesChange(scope: Scope, { adds = false, removes }: EtcdChange): boolean {
  const members = scope.etcdMembers ?? [];
  const staying = members.filter((member) => member !== removes);
  const machines = new Map(scope.machines.map((machine) => [machine.metadata.name, machine]));
  let unhealthy = staying.filter((member) => {
    const machine = machines.get(member);
    // A member without a machine is judged by its alarms, and there are none here.
    return machine !== undefined && nodeNameOf(machine) !== undefined && !isTrue(machine, healthConditions.etcdMember);
  }).length;
  if (adds && members.length > 1) unhealthy += 1;
  const voting = staying.length + (adds ? 1 : 0);
  return voting - unhealthy >= Math.floor(voting / 2) + 1;
}

/** Is there a machine left with all control plane components healthy? (CAPI targetKubernetesControlPlaneComponentsHealthy) */
export function componentsTolerateChange(scope: Scope, { adds = false, removes }: EtcdChange): boolean {
  if (adds && scope.machines.length === 0) return true;
  const { apiServer, controllerManager, scheduler, etcdPod } = healthConditions;
  const types = [apiServer, controllerManager, scheduler, ...(scope.stackedEtcd ? [etcdPod] : [])];
  return scope.machines.some((machine) => machine.metadata.name !== removes && types.every((type) => isTrue(machine, type)));
}

/** Removes a member that no machine stands for any more, one at a time (CAPI reconcileEtcdMembers). */
export function reconcileEtcdMembers(scope: Scope): Requeue {
  const { etcdMembers, machines } = scope;
  if (!scope.stackedEtcd || machines.length === 0 || etcdMembers === undefined || etcdMembers.length === 0) return undefined;
  if (reportedCondition(scope, "EtcdClusterHealthy")?.status === "True") return undefined;
  const expected = new Set(machines.filter((machine) => nodeNameOf(machine) !== undefined).map(({ metadata }) => metadata.name));
  const unexpected = etcdMembers.filter((member) => !expected.has(member)).sort(compareText);
  // It may be the one of a machine that does not say yet which Node it has.
  if (unexpected.length === 0 || expected.size < machines.length) return undefined;
  const removed = unexpected[0]!;
  if (!etcdToleratesChange(scope, { removes: removed })) {
    throw new ReconcileError(
      `etcd member ${removed} does not have a corresponding Machine, it must be removed from the cluster but this operation can lead to quorum loss. Please check the etcd status`,
    );
  }
  removeEtcdMember(scope, removed);
  return { requeueAfterMilliseconds: 1000 };
}

export function removeEtcdMember(scope: Scope, machineName: string): void {
  connectedWorkload(scope)?.etcdMembers.delete(machineName);
}
