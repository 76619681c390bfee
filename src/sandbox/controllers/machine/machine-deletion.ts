import { timestamp } from "../../api/objects.ts";
import { typeKey } from "../../api/resource-type.ts";
import { isControlPlaneMachine, machineKey, type ContractRef } from "../../infrastructure/infrastructure-objects.ts";
import { drainNode } from "./drain.ts";
import { bootstrapReference, lookAgainAfter, type MachineScope } from "./machine-scope.ts";

const preDrainHook = "pre-drain.delete.hook.machine.cluster.x-k8s.io";
const preTerminateHook = "pre-terminate.delete.hook.machine.cluster.x-k8s.io";
const excludeDraining = "machine.cluster.x-k8s.io/exclude-node-draining";
const excludeVolumes = "machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach";
const drainRetryMilliseconds = 20_000;
export const machineFinalizer = "machine.cluster.x-k8s.io";

/**
 * The way out of a Machine (core/reconcilers/machine reconcileDelete): hooks, drain, volumes, hooks, infrastructure, bootstrap, node. Each stage tells in `scope.deleting` what it waits for; true
 * when nothing is left.
 */
export function deleteMachine(scope: MachineScope): boolean {
  scope.deleting = { reason: "Deleting", message: "Deletion started" };
  scope.deletion = scope.machine.status?.deletion as MachineScope["deletion"];
  const nodeName = nodeToDelete(scope);
  if (nodeName !== undefined && !leaveNode(scope, nodeName)) return false;
  const hooks = hooksOf(scope, preTerminateHook);
  if (hooks.length > 0) {
    begin(scope, "waitForPreTerminateHookStartTime");
    scope.deleting = {
      reason: "WaitingForPreTerminateHook",
      message: `Waiting for pre-terminate hooks to succeed (hooks: ${hooks.join(",")})`,
    };
    return false;
  }
  if (!isGone(scope, scope.machine.spec.infrastructureRef, "WaitingForInfrastructureDeletion")) return false;
  const config = bootstrapReference(scope.machine);
  if (config !== undefined && !isGone(scope, config, "WaitingForBootstrapDeletion")) return false;
  if (nodeName !== undefined) deleteNode(scope, nodeName);
  scope.deleting = { reason: "DeletionCompleted", message: "Deletion completed" };
  return true;
}

/** Its Node, where it may be drained and deleted: not while the whole cluster or its control plane goes. */
function nodeToDelete({ environment, cluster, machine }: MachineScope): string | undefined {
  if (cluster.metadata.deletionTimestamp !== undefined || machine.status?.nodeRef === undefined) return undefined;
  const { controlPlaneRef } = cluster.spec;
  if (controlPlaneRef !== undefined) {
    const { apiGroup, kind, name } = controlPlaneRef;
    const controlPlane = environment.objects.get(environment.type(typeKey(apiGroup, kind)), cluster.metadata.namespace, name);
    if (controlPlane?.metadata.deletionTimestamp !== undefined) return undefined;
  }
  const others = environment.objects.store.labelled(machineKey, machine.metadata.namespace ?? "", cluster.metadata.name);
  const staying = others.some((other) => isControlPlaneMachine(other) && other.metadata.deletionTimestamp === undefined);
  return staying ? machine.status.nodeRef.name : undefined;
}

function leaveNode(scope: MachineScope, nodeName: string): boolean {
  const hooks = hooksOf(scope, preDrainHook);
  if (hooks.length > 0) {
    begin(scope, "waitForPreDrainHookStartTime");
    scope.deleting = { reason: "WaitingForPreDrainHook", message: `Waiting for pre-drain hooks to succeed (hooks: ${hooks.join(",")})` };
    return false;
  }
  return drain(scope, nodeName) && detachVolumes(scope, nodeName);
}

function drain(scope: MachineScope, nodeName: string): boolean {
  const { machine, infrastructure, workload } = scope;
  if (machine.metadata.annotations?.[excludeDraining] !== undefined || pastDraining(scope)) return true;
  if (infrastructure === undefined || infrastructure.metadata.deletionTimestamp !== undefined) return true;
  if (isOverdue(scope, "nodeDrainStartTime", machine.spec.deletion?.nodeDrainTimeoutSeconds)) return true;
  const startedAt = begin(scope, "nodeDrainStartTime");
  if (workload === undefined) {
    scope.deleting = { reason: "DrainingNode", message: "Error draining Node, please check controller logs for errors" };
    lookAgainAfter(scope, drainRetryMilliseconds);
    return false;
  }
  const left = drainNode(workload, nodeName, startedAt);
  if (left === undefined) return true;
  scope.deleting = { reason: "DrainingNode", message: left };
  lookAgainAfter(scope, drainRetryMilliseconds);
  return false;
}

function detachVolumes(scope: MachineScope, nodeName: string): boolean {
  const { machine, infrastructure, workload } = scope;
  if (machine.metadata.annotations?.[excludeVolumes] !== undefined || pastDraining(scope)) return true;
  if (infrastructure === undefined || infrastructure.metadata.deletionTimestamp !== undefined || workload === undefined) return true;
  if (isOverdue(scope, "waitForNodeVolumeDetachStartTime", machine.spec.deletion?.nodeVolumeDetachTimeoutSeconds)) return true;
  const startedAt = begin(scope, "waitForNodeVolumeDetachStartTime");
  const attached = workload.objects.store
    .list("VolumeAttachment.storage.k8s.io")
    .filter(({ spec }) => (spec as { nodeName?: string })?.nodeName === nodeName);
  if (attached.length === 0) return true;
  const names = attached
    .map(({ spec }) => (spec as { source?: { persistentVolumeName?: string } }).source?.persistentVolumeName ?? "")
    .sort();
  scope.deleting = {
    reason: "WaitingForVolumeDetach",
    message: `Waiting for Node volumes to be detached (started at ${startedAt})\n* PersistentVolumes without a .spec.claimRef to a PersistentVolumeClaim: ${names.join(", ")}`,
  };
  lookAgainAfter(scope, drainRetryMilliseconds);
  return false;
}

function pastDraining({ deletion }: MachineScope): boolean {
  return deletion?.["waitForPreTerminateHookStartTime"] !== undefined;
}

/** Notes when a stage began, once. */
function begin(scope: MachineScope, timer: string): string {
  const started = scope.deletion?.[timer] ?? timestamp(scope.environment.timeline.now());
  scope.deletion = { ...scope.deletion, [timer]: started };
  return started;
}

/** No limit, or 0: it may take for ever. */
function isOverdue(scope: MachineScope, timer: string, limitSeconds: number | undefined): boolean {
  const started = scope.deletion?.[timer];
  if (limitSeconds === undefined || limitSeconds === 0 || started === undefined) return false;
  const left = Date.parse(started) + limitSeconds * 1000 - scope.environment.timeline.now();
  if (left > 0) lookAgainAfter(scope, left);
  return left <= 0;
}

function hooksOf({ machine }: MachineScope, prefix: string): readonly string[] {
  return Object.keys(machine.metadata.annotations ?? {})
    .filter((key) => key === prefix || key.startsWith(`${prefix}/`))
    .sort();
}

function isGone(scope: MachineScope, { apiGroup, kind, name }: ContractRef, reason: string): boolean {
  const { objects, type } = scope.environment;
  const served = type(typeKey(apiGroup, kind));
  const { namespace } = scope.machine.metadata;
  const object = objects.get(served, namespace, name);
  if (object === undefined) return true;
  if (object.metadata.deletionTimestamp === undefined) {
    objects.delete(served, namespace, name, {});
    if (objects.get(served, namespace, name) === undefined) return true;
  }
  scope.deleting = { reason, message: `Waiting for ${kind} to be deleted` };
  return false;
}

function deleteNode({ workload }: MachineScope, name: string): void {
  if (workload?.objects.get(workload.type("Node"), undefined, name) !== undefined)
    workload.objects.delete(workload.type("Node"), undefined, name, {});
}
