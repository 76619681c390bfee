import { getCondition } from "../../conditions/condition.ts";
import { ReconcileError } from "../controller-runtime.ts";
import { annotationKeys, compareText, isDeleting, managers, nodeNameOf, typeKeys, type Machine } from "./cluster-objects.ts";
import { componentsTolerateChange, etcdToleratesChange, forwardEtcdLeadership, removeEtcdMember } from "./etcd.ts";
import { deleteRequeueMilliseconds } from "./preflight.ts";
import { replaceMachine, type Requeue, type Scope } from "./scope.ts";
import { isAtLeastMinor } from "./kubernetes-version.ts";

/** Lets a deleting machine go once it is drained: its etcd member leaves, then the hook is taken off. One machine at a time (CAPI reconcilePreTerminateHook). */
export function reconcilePreTerminateHook(scope: Scope): Requeue {
  const deleting = scope.machines.filter(isDeleting);
  if (deleting.length === 0) return undefined;
  const wait = { requeueAfterMilliseconds: deleteRequeueMilliseconds };
  if (deleting.some((machine) => !hasHook(machine))) return wait;
  const machine = deleting.sort(
    (one, other) =>
      compareText(one.metadata.deletionTimestamp!, other.metadata.deletionTimestamp!) ||
      compareText(one.metadata.name, other.metadata.name),
  )[0]!;
  if (isAtLeastMinor(scope.kcp.spec.version, 31) && hasOtherHooks(machine)) return wait;
  const condition = getCondition(machine, "Deleting");
  if (condition?.status !== "True" || condition.reason !== "WaitingForPreTerminateHook") return wait;
  if (scope.machines.length > 1) {
    const { name } = machine.metadata;
    if (!componentsTolerateChange(scope, { removes: name })) return wait;
    if (scope.stackedEtcd) {
      if (scope.etcdMembers === undefined || scope.etcdMembers.length === 0) {
        throw new ReconcileError("unable to remove pre-terminate hook, etcd member list is empty");
      }
      // Without a Node it never had a member that could be told by its name.
      if (nodeNameOf(machine) !== undefined) {
        if (!etcdToleratesChange(scope, { removes: name })) return wait;
        forwardEtcdLeadership(scope, machine);
        removeEtcdMember(scope, name);
      }
    }
  }
  removePreTerminateHook(scope, machine);
  return wait;
}

export function removePreTerminateHook(scope: Scope, machine: Machine): void {
  if (!hasHook(machine)) return;
  const { objects, type } = scope.environment;
  const { [annotationKeys.cleanupHook]: _hook, ...annotations } = machine.metadata.annotations ?? {};
  const change = { ...machine, metadata: { ...machine.metadata, annotations } };
  replaceMachine(scope, objects.update(type(typeKeys.machine), change, { manager: managers.others }));
}

function hasHook({ metadata }: Machine): boolean {
  return metadata.annotations?.[annotationKeys.cleanupHook] !== undefined;
}

function hasOtherHooks({ metadata }: Machine): boolean {
  return Object.keys(metadata.annotations ?? {}).some(
    (name) => name.startsWith(annotationKeys.preTerminateHooks) && name !== annotationKeys.cleanupHook,
  );
}
