import { describe, expect, it } from "vitest";
import type { Node, StaticPod } from "./cluster-objects.ts";
import { componentHealth } from "./static-pod.ts";

function node(ready: string): Node {
  return { apiVersion: "v1", kind: "Node", metadata: { name: "n", uid: "n" }, status: { conditions: [{ type: "Ready", status: ready }] } };
}

function pod(status: StaticPod["status"]): StaticPod {
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "etcd-n", uid: "p" }, ...(status === undefined ? {} : { status }) };
}

const condition = (type: string): { type: string; status: string } => ({ type, status: "True" });
const waiting = { state: { waiting: { reason: "CrashLoopBackOff" } } };

describe("control plane component", () => {
  // Words of controlplane/kubeadm/pkg/workload_cluster_conditions.go at v1.14.
  it.each<readonly [what: string, ready: string, pod: StaticPod | undefined, expected: string]>([
    ["well", "True", pod({ phase: "Running", conditions: [condition("Ready")] }), "True Running  |   "],
    [
      "node of unknown state",
      "Unknown",
      pod({ phase: "Running", conditions: [condition("Ready")] }),
      "Unknown InspectionFailed Node Ready condition is Unknown, Pod data might be stale | PodInspectionFailed  Node Ready condition is Unknown, Pod data might be stale",
    ],
    ["no pod", "True", undefined, "False DoesNotExist Pod does not exist | PodMissing Error Pod etcd-n is missing"],
    [
      "not scheduled",
      "True",
      pod({ phase: "Pending" }),
      "False Provisioning Waiting to be scheduled | PodProvisioning Info Waiting to be scheduled",
    ],
    [
      "init containers",
      "True",
      pod({ phase: "Pending", conditions: [condition("PodScheduled")] }),
      "False Provisioning Running init containers | PodProvisioning Info Running init containers",
    ],
    [
      "being made",
      "True",
      pod({ phase: "Pending", conditions: [condition("PodScheduled"), condition("Initialized")] }),
      "False Provisioning  | PodProvisioning Info ",
    ],
    [
      "probes",
      "True",
      pod({ phase: "Running" }),
      "False Provisioning Waiting for startup or readiness probes | PodProvisioning Info Waiting for startup or readiness probes",
    ],
    [
      "waiting",
      "True",
      pod({ phase: "Running", containerStatuses: [waiting] }),
      "False Provisioning CrashLoopBackOff | PodProvisioning Info CrashLoopBackOff",
    ],
    [
      "crashed",
      "True",
      pod({ phase: "Running", containerStatuses: [{ ...waiting, lastState: { terminated: { exitCode: 1 } } }] }),
      "False Failed CrashLoopBackOff | PodFailed Error CrashLoopBackOff",
    ],
    [
      "terminated",
      "True",
      pod({ phase: "Running", containerStatuses: [{ state: { terminated: { reason: "Error" } } }] }),
      "False Failed Error | PodFailed Error Error",
    ],
    [
      "over",
      "True",
      pod({ phase: "Failed" }),
      "False Failed All the containers have been terminated | PodFailed Error All the containers have been terminated",
    ],
    [
      "unknown",
      "True",
      pod({ phase: "Unknown" }),
      "Unknown InspectionFailed Pod is reporting Unknown status | PodInspectionFailed  Pod is reporting Unknown status",
    ],
  ])("%s", (_what, ready, given, expected) => {
    const { status, reason, message = "", legacy } = componentHealth(node(ready), "etcd-n", given);
    expect(`${status} ${reason} ${message} | ${legacy.reason ?? ""} ${legacy.severity ?? ""} ${legacy.message ?? ""}`).toBe(expected);
  });
});
