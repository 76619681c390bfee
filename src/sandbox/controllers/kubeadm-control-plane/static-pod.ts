import type { LegacySeverity } from "../../conditions/legacy-condition.ts";
import type { Node, StaticPod } from "./cluster-objects.ts";

/** How a control plane component fares, for the condition of its machine and for the older one. */
export interface ComponentHealth {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message?: string;
  readonly legacy: { readonly reason?: string; readonly severity?: LegacySeverity; readonly message?: string };
}

const healthy: ComponentHealth = { status: "True", reason: "Running", legacy: {} };

/** CAPI updateStaticPodCondition. */
export function componentHealth(node: Node, podName: string, pod: StaticPod | undefined): ComponentHealth {
  if (node.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "Unknown") === true) {
    return unknown("Node Ready condition is Unknown, Pod data might be stale");
  }
  if (pod === undefined) {
    return {
      status: "False",
      reason: "DoesNotExist",
      message: "Pod does not exist",
      legacy: { reason: "PodMissing", severity: "Error", message: `Pod ${podName} is missing` },
    };
  }
  switch (pod.status?.phase) {
    case "Running":
      return runningHealth(pod);
    case "Succeeded":
    case "Failed":
      return failed("All the containers have been terminated");
    case "Unknown":
      return unknown("Pod is reporting Unknown status");
    default:
      if (podCondition(pod, "PodScheduled") !== "True") return provisioning("Waiting to be scheduled");
      return provisioning(podCondition(pod, "Initialized") === "True" ? "" : "Running init containers");
  }
}

function runningHealth(pod: StaticPod): ComponentHealth {
  if (podCondition(pod, "Ready") === "True") return healthy;
  const containers = pod.status?.containerStatuses ?? [];
  const waiting = containers.flatMap(({ state }) => (state?.waiting === undefined ? [] : [state.waiting.reason ?? ""]));
  if (waiting.length > 0) {
    const crashed = containers.some(({ lastState }) => (lastState?.terminated?.exitCode ?? 0) !== 0);
    return crashed ? failed(waiting.join(", ")) : provisioning(waiting.join(", "));
  }
  const terminated = containers.flatMap(({ state }) => (state?.terminated === undefined ? [] : [state.terminated.reason ?? ""]));
  return terminated.length > 0 ? failed(terminated.join(", ")) : provisioning("Waiting for startup or readiness probes");
}

function provisioning(message: string): ComponentHealth {
  return { status: "False", reason: "Provisioning", message, legacy: { reason: "PodProvisioning", severity: "Info", message } };
}

function failed(message: string): ComponentHealth {
  return { status: "False", reason: "Failed", message, legacy: { reason: "PodFailed", severity: "Error", message } };
}

function unknown(message: string): ComponentHealth {
  return { status: "Unknown", reason: "InspectionFailed", message, legacy: { reason: "PodInspectionFailed", message } };
}

function podCondition(pod: StaticPod, type: string): string {
  return pod.status?.conditions?.find((condition) => condition.type === type)?.status ?? "Unknown";
}
