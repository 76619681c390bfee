import { getCondition, isConditionTrue } from "../../conditions/condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { nodeConditions } from "../machine-set/machine-nodes.ts";
import type { Machine } from "../machine-set/machine-objects.ts";
import type { MachineHealthCheck, UnhealthyCondition } from "./health-check-objects.ts";

export interface Target {
  readonly cluster: StoredObject;
  readonly machine: Machine;
  /** `missing`: the machine had one, which is gone. Undefined: it has none yet, or the workload cluster is not there yet. */
  readonly node: StoredObject | "missing" | undefined;
}

/** `unhealthy`: what the HealthCheckSucceeded condition is to say. `pending`: it may become unhealthy in that many milliseconds. `unknown`: nothing is said, and nobody is waited for. */
export type Health =
  | {
      readonly kind: "unhealthy";
      readonly reason: string;
      readonly message: string;
      readonly legacyReason: string;
      readonly legacyMessage: string;
    }
  | { readonly kind: "pending"; readonly milliseconds: number }
  | { readonly kind: "healthy" }
  | { readonly kind: "unknown" };

interface Finding {
  readonly messages: readonly string[];
  readonly reason: string;
  readonly legacyReason: string;
  readonly waits: readonly number[];
}

const defaultNodeStartupTimeoutSeconds = 600;
const nothing: Finding = { messages: [], reason: "", legacyReason: "", waits: [] };

/** Is a machine well? (machinehealthcheck_targets.go at v1.14.) */
export function healthOf(target: Target, { spec }: MachineHealthCheck, now: number): Health {
  const { cluster, machine, node } = target;
  if (machine.metadata.annotations?.["cluster.x-k8s.io/remediate-machine"] !== undefined) {
    return {
      kind: "unhealthy",
      reason: "HasRemediateAnnotation",
      message: "Health check failed: marked for remediation via cluster.x-k8s.io/remediate-machine annotation",
      legacyReason: "HasRemediateMachineAnnotation",
      legacyMessage: "Marked for remediation via remediate-machine annotation",
    };
  }
  const isControlPlane = machine.metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined;
  const isEvaluated =
    (isControlPlane || isConditionTrue(cluster, "ControlPlaneInitialized")) && isConditionTrue(cluster, "InfrastructureReady");
  if (isEvaluated) {
    const { unhealthyMachineConditions = [], unhealthyNodeConditions = [], nodeStartupTimeoutSeconds } = spec.checks ?? {};
    const ofMachine = checked(machine.status?.conditions ?? [], unhealthyMachineConditions, "Machine", now);
    const ofNode = checkNode(target, unhealthyNodeConditions, nodeStartupTimeoutSeconds ?? defaultNodeStartupTimeoutSeconds, now);
    const messages = [...ofMachine.messages, ...ofNode.messages];
    if (messages.length > 0) {
      const { reason, legacyReason } = ofMachine.messages.length > 0 ? ofMachine : ofNode;
      const message = `Health check failed:\n${messages.map((each) => `  * ${each}`).join("\n")}`;
      return {
        kind: "unhealthy",
        reason,
        message,
        legacyReason,
        legacyMessage: legacyReason === "NodeNotFound" ? "" : messages.join("; "),
      };
    }
    const waits = [...ofMachine.waits, ...ofNode.waits].filter((wait) => wait > 0);
    if (waits.length > 0) return { kind: "pending", milliseconds: Math.min(...waits) };
  }
  const isThere = machine.metadata.deletionTimestamp === undefined && node !== undefined && node !== "missing";
  return { kind: isThere ? "healthy" : "unknown" };
}

function checkNode(
  { cluster, machine, node }: Target,
  unhealthy: readonly UnhealthyCondition[],
  startupSeconds: number,
  now: number,
): Finding {
  if (node === "missing") {
    const messages = [`Node ${machine.status?.nodeRef?.name ?? ""} has been deleted`];
    return { messages, reason: "NodeDeleted", legacyReason: "NodeNotFound", waits: [] };
  }
  if (node !== undefined) return checked(nodeConditions(node), unhealthy, "Node", now);
  if (startupSeconds === 0) return nothing;
  // Time runs from when the machine could have begun to come up.
  const begun = Math.max(
    Date.parse(machine.metadata.creationTimestamp ?? ""),
    since(cluster, "ControlPlaneInitialized"),
    since(cluster, "InfrastructureReady"),
    since(machine, "InfrastructureReady"),
  );
  const left = begun + startupSeconds * 1000 - now;
  if (left >= 0) return { ...nothing, waits: [left + 1000] };
  const messages = [`Node failed to report startup in ${durationText(startupSeconds)}`];
  return { messages, reason: "NodeStartupTimeout", legacyReason: "NodeStartupTimeout", waits: [] };
}

function checked(
  conditions: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly lastTransitionTime?: string }[],
  unhealthy: readonly UnhealthyCondition[],
  kind: "Machine" | "Node",
  now: number,
): Finding {
  const messages: string[] = [];
  const waits: number[] = [];
  for (const { type, status, timeoutSeconds = 0 } of unhealthy) {
    const condition = conditions.find((each) => each.type === type);
    if (condition?.status !== status) continue;
    const left = Date.parse(condition.lastTransitionTime ?? "") + timeoutSeconds * 1000 - now;
    if (left >= 0) waits.push(left + 1000);
    else {
      const text = `Condition ${type} on ${kind} is reporting status ${status} with reason ${condition.reason ?? ""}`;
      messages.push(`${text} for more than ${durationText(timeoutSeconds)}`);
    }
  }
  return { messages, waits, reason: `Unhealthy${kind}`, legacyReason: `Unhealthy${kind}` };
}

function since(object: StoredObject, type: string): number {
  const condition = getCondition(object, type);
  return condition?.status === "True" ? Date.parse(condition.lastTransitionTime) : Number.NEGATIVE_INFINITY;
}

/** As Go writes durations: `5m0s`, `1h0m0s`, `30s`. */
export function durationText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
