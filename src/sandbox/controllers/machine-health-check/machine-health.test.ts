import { describe, expect, it } from "vitest";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Machine } from "../machine-set/machine-objects.ts";
import type { MachineHealthCheck } from "./health-check-objects.ts";
import { healthOf } from "./machine-health.ts";

const now = Date.parse("2026-11-23T22:00:00Z");
const apiVersion = "cluster.x-k8s.io/v1beta2";

/** Conditions by type: since when they are True. */
function conditions(times: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(times).map(([type, time]) => ({
    type,
    status: "True",
    reason: type,
    message: "",
    lastTransitionTime: `2026-11-23T${time}Z`,
  }));
}

function cluster(times: Readonly<Record<string, string>>): StoredObject {
  return { apiVersion, kind: "Cluster", metadata: { name: "plain", uid: "1" }, status: { conditions: conditions(times) } };
}

function machine(times: Readonly<Record<string, string>> = {}, labels: Readonly<Record<string, string>> = {}): Machine {
  const metadata = { name: "a", uid: "2", creationTimestamp: "2026-11-23T21:40:00Z", labels };
  return { apiVersion, kind: "Machine", metadata, spec: { clusterName: "plain" }, status: { conditions: conditions(times) as never } };
}

const check: MachineHealthCheck = {
  apiVersion,
  kind: "MachineHealthCheck",
  metadata: { name: "check", uid: "3" },
  spec: { clusterName: "plain", selector: {} },
};
const up = { ControlPlaneInitialized: "20:00:00", InfrastructureReady: "20:00:00" };
const late = {
  kind: "unhealthy",
  reason: "NodeStartupTimeout",
  message: "Health check failed:\n  * Node failed to report startup in 10m0s",
};

// Ten minutes are the default; time runs from the last of what a machine waits for (machinehealthcheck_targets.go at v1.14).
describe("a machine without a Node", () => {
  it.each([
    ["for twenty minutes", cluster(up), machine(), late],
    [
      "but the control plane came late",
      cluster({ ...up, ControlPlaneInitialized: "21:55:00" }),
      machine(),
      { kind: "pending", milliseconds: 301_000 },
    ],
    [
      "but the cluster's infrastructure came late",
      cluster({ ...up, InfrastructureReady: "21:55:00" }),
      machine(),
      { kind: "pending", milliseconds: 301_000 },
    ],
    [
      "but its infrastructure came late",
      cluster(up),
      machine({ InfrastructureReady: "21:58:00" }),
      { kind: "pending", milliseconds: 481_000 },
    ],
    ["no control plane yet", cluster({ InfrastructureReady: "20:00:00" }), machine(), { kind: "unknown" }],
    [
      "no control plane yet, and it is to be one",
      cluster({ InfrastructureReady: "20:00:00" }),
      machine({}, { "cluster.x-k8s.io/control-plane": "" }),
      late,
    ],
    ["no infrastructure of the cluster yet", cluster({ ControlPlaneInitialized: "20:00:00" }), machine(), { kind: "unknown" }],
  ])("%s", (_name, owner, target, expected) => {
    expect(healthOf({ cluster: owner, machine: target, node: undefined }, check, now)).toMatchObject(expected);
  });

  it("is not looked at where the timeout is 0", () => {
    const spec = { ...check.spec, checks: { nodeStartupTimeoutSeconds: 0 } };
    expect(healthOf({ cluster: cluster(up), machine: machine(), node: undefined }, { ...check, spec }, now)).toEqual({ kind: "unknown" });
  });
});
