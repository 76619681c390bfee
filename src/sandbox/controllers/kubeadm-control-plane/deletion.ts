import { ReconcileError } from "../controller-runtime.ts";
import { compareText, isDeleting, labelKeys, shortList, typeKeys } from "./cluster-objects.ts";
import { inspectControlPlane, type Probes } from "./inspection.ts";
import { removePreTerminateHook } from "./pre-terminate-hook.ts";
import { deleteRequeueMilliseconds } from "./preflight.ts";
import { deleteMachine } from "./scale.ts";
import { reportLegacy, type Requeue, type Scope } from "./scope.ts";
import { staleMachinesMessage } from "./stale-machines.ts";
import { reportLegacyMachinesReady } from "./status.ts";

/** Workers first, then all control plane machines at once, without the hook: there is no etcd to keep (CAPI reconcileDelete). */
export function reconcileDeletion(scope: Scope, probes: Probes): Requeue {
  if (scope.machines.length === 0) {
    scope.deleting = { reason: "DeletionCompleted", message: "Deletion completed" };
    return undefined;
  }
  try {
    inspectControlPlane(scope, probes);
  } catch (error) {
    // That the cluster does not answer is no reason to keep it.
    if (!(error instanceof ReconcileError)) throw error;
  }
  reportLegacyMachinesReady(scope);
  const wait = { requeueAfterMilliseconds: deleteRequeueMilliseconds };
  const workers = workersLeft(scope);
  if (workers.length > 0) {
    reportLegacy(scope, {
      type: "Resized",
      status: "False",
      severity: "Info",
      reason: "Deleting",
      message: "Waiting for worker nodes to be deleted first",
    });
    scope.deleting = {
      reason: "WaitingForWorkersDeletion",
      message: `KubeadmControlPlane deletion blocked because following objects still exist:\n${workers.join("\n")}`,
    };
    return wait;
  }
  for (const { metadata } of scope.machines) {
    removePreTerminateHook(
      scope,
      scope.machines.find((each) => each.metadata.name === metadata.name)!,
    );
    if (metadata.deletionTimestamp === undefined)
      deleteMachine(
        scope,
        scope.machines.find((each) => each.metadata.name === metadata.name)!,
      );
  }
  reportLegacy(scope, { type: "Resized", status: "False", severity: "Info", reason: "Deleting" });
  const stale = staleMachinesMessage(scope.machines.filter(isDeleting), scope.now);
  const { length } = scope.machines;
  scope.deleting = {
    reason: "WaitingForMachineDeletion",
    message: `Deleting ${length} Machine${length === 1 ? "" : "s"}${stale === "" ? "" : ` and ${stale}`}`,
  };
  return wait;
}

function workersLeft({ environment, clusterKey }: Scope): readonly string[] {
  const { store } = environment.objects;
  const names = (type: string): readonly string[] =>
    store
      .labelled(type, clusterKey.namespace, clusterKey.name)
      .filter(({ metadata }) => metadata.labels?.[labelKeys.controlPlane] === undefined)
      .map(({ metadata }) => metadata.name)
      .sort(compareText);
  const pools = names(typeKeys.machinePool);
  const machines = names(typeKeys.machine);
  return [
    ...(pools.length === 0 ? [] : [`* MachinePools: ${shortList(pools, 5)}`]),
    ...(machines.length === 0 ? [] : [`* Machines: ${shortList(machines, 5)}`]),
  ];
}
