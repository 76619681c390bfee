import { typeKey } from "../../api/resource-type.ts";
import { legacyConditionsOf } from "../../conditions/legacy-condition.ts";
import { isControlPlaneMachine, machineKey, type ContractRef } from "../../infrastructure/infrastructure-objects.ts";
import { drainNode } from "./drain.ts";
import { findNode } from "./machine-node.ts";
import {
  bootstrapReference,
  changeStatus,
  isDeleting,
  lookAgainAfter,
  markLegacy,
  nowOf,
  restFor,
  type MachineScope,
} from "./machine-scope.ts";
import { attachedVolumes } from "./volume-detach.ts";

const preDrainHook = "pre-drain.delete.hook.machine.cluster.x-k8s.io";
const preTerminateHook = "pre-terminate.delete.hook.machine.cluster.x-k8s.io";
const excludeDraining = "machine.cluster.x-k8s.io/exclude-node-draining";
const excludeVolumes = "machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach";
/** Drains and waits for volumes go on that much later. */
const retryMilliseconds = 20_000;
/** How long one attempt to delete a Node of a cluster that does not answer takes. */
const nodeDeletionMilliseconds = 10_000;
export const machineFinalizer = "machine.cluster.x-k8s.io";

/**
 * The way out of a Machine (core/reconcilers/machine reconcileDelete): hooks, drain, volumes, hooks, infrastructure, bootstrap, node. Each stage tells in `scope.deleting` what it waits for; true
 * when nothing is left.
 */
export function deleteMachine(scope: MachineScope): boolean {
  scope.deleting = { reason: "Deleting", message: "Deletion started" };
  const nodeName = nodeToDelete(scope);
  if (nodeName !== undefined) {
    if (waitsForHooks(scope, preDrainHook, "PreDrain")) return false;
    if (!drain(scope, nodeName) || !detachVolumes(scope, nodeName)) return false;
  }
  if (waitsForHooks(scope, preTerminateHook, "PreTerminate")) return false;
  const config = bootstrapReference(scope.machine);
  if (!isGone(scope, scope.machine.spec.infrastructureRef, "Infrastructure")) return false;
  if (config !== undefined && !isGone(scope, config, "Bootstrap")) return false;
  if (nodeName !== undefined && !deleteNode(scope, nodeName)) return false;
  scope.deleting = { reason: "DeletionCompleted", message: "Deletion completed" };
  return true;
}

/** Its Node, where it may be drained and deleted: not while the whole cluster or its control plane goes, nor with the last control plane machine. */
function nodeToDelete(scope: MachineScope): string | undefined {
  const { environment, cluster, machine, infrastructure } = scope;
  if (isDeleting(cluster)) return undefined;
  const providerID = machine.spec.providerID ?? infrastructure?.spec?.providerID;
  if (machine.status?.nodeRef === undefined && providerID !== undefined) {
    const node = findNode(scope, providerID);
    if (node !== undefined) changeStatus(scope, { nodeRef: { name: node.metadata.name } });
  }
  const name = scope.machine.status?.nodeRef?.name;
  if (name === undefined) return undefined;
  const { controlPlaneRef } = cluster.spec;
  if (controlPlaneRef !== undefined) {
    const type = environment.type(typeKey(controlPlaneRef.apiGroup, controlPlaneRef.kind));
    const controlPlane = environment.objects.get(type, cluster.metadata.namespace, controlPlaneRef.name);
    if (controlPlane !== undefined && isDeleting(controlPlane)) return undefined;
  }
  const all = environment.objects.store.labelled(machineKey, machine.metadata.namespace ?? "", cluster.metadata.name);
  return all.some((other) => isControlPlaneMachine(other) && !isDeleting(other)) ? name : undefined;
}

function waitsForHooks(scope: MachineScope, prefix: string, stage: "PreDrain" | "PreTerminate"): boolean {
  const hooks = Object.keys(scope.machine.metadata.annotations ?? {})
    .filter((key) => key.startsWith(prefix))
    .sort();
  const type = `${stage}DeleteHookSucceeded`;
  if (hooks.length === 0) {
    markLegacy(scope, { type, status: "True" });
    return false;
  }
  begin(scope, `waitFor${stage}HookStartTime`);
  markLegacy(scope, { type, status: "False", severity: "Info", reason: "WaitingExternalHook" });
  const words = stage === "PreDrain" ? "pre-drain" : "pre-terminate";
  scope.deleting = { reason: `WaitingFor${stage}Hook`, message: `Waiting for ${words} hooks to succeed (hooks: ${hooks.join(",")})` };
  return true;
}

function drain(scope: MachineScope, nodeName: string): boolean {
  const { machine, environment, workload } = scope;
  const timer = "nodeDrainStartTime";
  if (isSkipped(scope, excludeDraining) || isOverdue(scope, timer, machine.spec.deletion?.nodeDrainTimeoutSeconds)) return true;
  const type = "DrainingSucceeded";
  const startedAt = begin(scope, timer);
  if (workload === undefined) {
    const message = `failed to drain Node ${nodeName}: connection to the workload cluster is down`;
    markLegacy(scope, { type, status: "False", severity: "Warning", reason: "DrainingFailed", message });
    scope.deleting = { reason: "DrainingNode", message: "Error draining Node, please check controller logs for errors" };
    lookAgainAfter(scope, nodeDeletionMilliseconds);
    return false;
  }
  const left = drainNode(scope, workload, nodeName, startedAt);
  if (left === undefined) {
    markLegacy(scope, { type, status: "True" });
    environment.recordEvent(machine, "Normal", "SuccessfulDrainNode", `success draining Machine's node "${nodeName}"`);
    return true;
  }
  markLegacy(scope, { type, status: "False", severity: "Info", reason: "Draining", message: left });
  scope.deleting = { reason: "DrainingNode", message: left };
  restFor(scope, retryMilliseconds);
  return false;
}

function detachVolumes(scope: MachineScope, nodeName: string): boolean {
  const { machine, environment, workload } = scope;
  const timer = "waitForNodeVolumeDetachStartTime";
  if (isSkipped(scope, excludeVolumes) || isOverdue(scope, timer, machine.spec.deletion?.nodeVolumeDetachTimeoutSeconds)) return true;
  const type = "VolumeDetachSucceeded";
  const startedAt = begin(scope, timer);
  const attached = workload === undefined ? [] : attachedVolumes(workload, nodeName);
  if (workload === undefined || attached.length > 0) {
    if (!legacyConditionsOf(machine).some((condition) => condition.type === type)) {
      const message = "Waiting for node volumes to be detached";
      markLegacy(scope, { type, status: "False", severity: "Info", reason: "WaitingForVolumeDetach", message });
    }
    const message =
      workload === undefined
        ? "Error waiting for volumes to be detached from Node, please check controller logs for errors"
        : [`Waiting for Node volumes to be detached (started at ${startedAt})`, ...attached].join("\n");
    scope.deleting = { reason: "WaitingForVolumeDetach", message };
    if (workload === undefined) lookAgainAfter(scope, nodeDeletionMilliseconds);
    else restFor(scope, retryMilliseconds);
    return false;
  }
  markLegacy(scope, { type, status: "True" });
  environment.recordEvent(
    machine,
    "Normal",
    "NodeVolumesDetached",
    `success waiting for node volumes detaching Machine's node "${nodeName}"`,
  );
  return true;
}

/** By annotation, once the last hooks have been reached, and once the infrastructure goes or is gone. */
function isSkipped({ machine, infrastructure }: MachineScope, annotation: string): boolean {
  return (
    machine.metadata.annotations?.[annotation] !== undefined ||
    machine.status?.deletion?.["waitForPreTerminateHookStartTime"] !== undefined ||
    infrastructure === undefined ||
    isDeleting(infrastructure)
  );
}

/** Notes when a stage began, once. */
function begin(scope: MachineScope, timer: string): string {
  const { deletion } = scope.machine.status ?? {};
  const started = deletion?.[timer] ?? nowOf(scope);
  changeStatus(scope, { deletion: { ...deletion, [timer]: started } });
  return started;
}

/** No limit, or 0: it may take for ever. */
function isOverdue({ machine, environment }: MachineScope, timer: string, limitSeconds: number | undefined): boolean {
  const started = machine.status?.deletion?.[timer];
  if (limitSeconds === undefined || limitSeconds <= 0 || started === undefined) return false;
  return environment.timeline.now() - Date.parse(started) >= limitSeconds * 1000;
}

function isGone(scope: MachineScope, { apiGroup, kind, name }: ContractRef, what: "Infrastructure" | "Bootstrap"): boolean {
  const object = what === "Infrastructure" ? scope.infrastructure : scope.bootstrapConfig;
  if (object === undefined) {
    markLegacy(scope, { type: `${what}Ready`, status: "False", severity: "Info", reason: "Deleted" });
    return true;
  }
  const { objects, type } = scope.environment;
  if (!isDeleting(object)) objects.delete(type(typeKey(apiGroup, kind)), object.metadata.namespace, name, {});
  scope.deleting = { reason: `WaitingFor${what}Deletion`, message: `Waiting for ${kind} to be deleted` };
  return false;
}

/** Tried for as long as `nodeDeletionTimeoutSeconds` says; 0: for ever. */
function deleteNode(scope: MachineScope, name: string): boolean {
  const { workload, machine, environment } = scope;
  if (workload !== undefined) {
    const type = workload.type("Node");
    if (workload.objects.get(type, undefined, name) !== undefined) workload.objects.delete(type, undefined, name, {});
    return true;
  }
  markLegacy(scope, { type: "NodeHealthy", status: "False", severity: "Warning", reason: "DeletionFailed" });
  const limitSeconds = machine.spec.deletion?.nodeDeletionTimeoutSeconds ?? 0;
  const since = Date.parse(machine.metadata.deletionTimestamp ?? "");
  if (limitSeconds > 0 && environment.timeline.now() - since >= limitSeconds * 1000) return true;
  scope.deleting = { reason: "DeletingNode", message: "Error deleting Node, please check controller logs for errors" };
  lookAgainAfter(scope, nodeDeletionMilliseconds);
  return false;
}
