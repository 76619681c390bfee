import { describe, expect, it } from "vitest";
import { createMachineDeploymentController } from "../machine-deployment/machine-deployment-controller.ts";
import { createMachineSetController } from "../machine-set/machine-set-controller.ts";
import type { Machine } from "../machine-set/machine-objects.ts";
import type { ManagementCluster } from "../machine-set/testing/management-cluster.ts";
import { createPool, plainCluster, poolSpec } from "../machine-set/testing/plain-cluster.ts";
import type { MachineHealthCheck } from "./health-check-objects.ts";
import { createMachineHealthCheckController } from "./machine-health-check-controller.ts";
import { durationText } from "./machine-health.ts";

const controllers = [createMachineSetController, createMachineDeploymentController, createMachineHealthCheckController];

/** A pool of four machines and a check of it. */
function checkedPool(spec: object = {}, pool: object = {}, times: Parameters<typeof plainCluster>[1] = {}): ManagementCluster {
  const cluster = plainCluster(controllers, times);
  createPool(cluster, poolSpec({ replicas: 4, ...pool }));
  cluster.create("MachineHealthCheck", {
    metadata: { name: "check", labels: { "cluster.x-k8s.io/cluster-name": "plain" } },
    spec: {
      clusterName: "plain",
      selector: { matchLabels: { pool: "a" } },
      checks: { unhealthyNodeConditions: [{ type: "Ready", status: "False", timeoutSeconds: 300 }] },
      ...spec,
    },
  });
  cluster.run(100_000);
  return cluster;
}

function check(cluster: ManagementCluster): MachineHealthCheck {
  return cluster.get("MachineHealthCheck", "check");
}

function breakNodes(cluster: ManagementCluster, count: number): readonly string[] {
  const names = cluster
    .list("Machine")
    .slice(0, count)
    .map(({ metadata }) => metadata.name);
  const lastTransitionTime = new Date(cluster.timeline.now()).toISOString();
  const conditions = [{ type: "Ready", status: "False", reason: "KubeletNotReady", lastTransitionTime }];
  for (const name of names) {
    cluster.workload.modify(cluster.type("Node"), undefined, name, (live) => ({ ...live, status: { conditions } }), {
      manager: "test",
      subresource: "status",
    });
  }
  return names;
}

function condition(machine: Machine, type: string): unknown {
  const found = machine.status?.conditions?.find((each) => each.type === type);
  return found === undefined ? undefined : [found.status, found.reason, found.message];
}

describe("MachineHealthCheck", () => {
  it("finds machines healthy, and says how many", () => {
    const cluster = checkedPool();
    for (const machine of cluster.list("Machine"))
      expect(condition(machine, "HealthCheckSucceeded")).toEqual(["True", "HealthCheckSucceeded", ""]);
    expect(check(cluster).status).toMatchObject({
      expectedMachines: 4,
      currentHealthy: 4,
      remediationsAllowed: 4,
      targets: cluster.list("Machine").map(({ metadata }) => metadata.name),
      conditions: [
        { type: "RemediationAllowed", status: "True" },
        { type: "Paused", status: "False" },
      ],
    });
  });

  it("has a machine replaced once its Node is bad for long enough", () => {
    const cluster = checkedPool({}, {}, { removalMilliseconds: 60_000 });
    const [name] = breakNodes(cluster, 1);
    cluster.run(290_000);
    expect(condition(cluster.get("Machine", name!), "HealthCheckSucceeded")).toEqual(["True", "HealthCheckSucceeded", ""]);
    expect(check(cluster).status).toMatchObject({ currentHealthy: 3, remediationsAllowed: 3 });
    cluster.run(30_000);
    const machine: Machine = cluster.get("Machine", name!);
    expect(condition(machine, "HealthCheckSucceeded")).toEqual([
      "False",
      "UnhealthyNode",
      "Health check failed:\n  * Condition Ready on Node is reporting status False with reason KubeletNotReady for more than 5m0s",
    ]);
    expect(condition(machine, "OwnerRemediated")).toEqual(["False", "MachineDeleting", "Machine is deleting"]);
    expect(machine.metadata.deletionTimestamp).toBeDefined();
    const remediating = cluster.list("MachineDeployment")[0]!.status!.conditions!.find(({ type }) => type === "Remediating");
    expect(remediating).toMatchObject({ status: "True", message: `* Machine ${name!}: Machine is deleting` });
    cluster.run(200_000);
    expect(cluster.list("Machine").filter(({ status }) => status?.nodeRef !== undefined)).toHaveLength(4);
    expect(check(cluster).status).toMatchObject({ currentHealthy: 4 });
  });

  it.each([
    ["fewer than the limit", "50%", 2, true],
    ["more than the limit", "49%", 2, false],
    ["none allowed", 0, 1, false],
  ] as const)("short circuit: %s", (_name, unhealthyLessThanOrEqualTo, count, isAllowed) => {
    const cluster = checkedPool({ remediation: { triggerIf: { unhealthyLessThanOrEqualTo } } });
    const names = breakNodes(cluster, count);
    cluster.run(400_000);
    const left = cluster.list("Machine").filter(({ metadata }) => names.includes(metadata.name));
    expect(left).toHaveLength(isAllowed ? 0 : count);
    if (isAllowed) return;
    const message = `Remediation is not allowed, the number of not started or unhealthy machines exceeds maxUnhealthy (total: 4, unhealthy: 0, maxUnhealthy: ${unhealthyLessThanOrEqualTo})`;
    expect(check(cluster).status!.remediationsAllowed).toBe(0);
    expect(check(cluster).status!.conditions!.find(({ type }) => type === "RemediationAllowed")).toMatchObject({
      status: "False",
      reason: "TooManyUnhealthy",
    });
    expect([message, message.replace("unhealthy: 0", `unhealthy: ${count}`)]).toContain(check(cluster).status!.conditions![0]!.message);
  });

  it("replaces machines that never come up, after the start-up timeout", () => {
    let isBroken = true;
    const cluster = checkedPool({ checks: { nodeStartupTimeoutSeconds: 200 } }, {}, { comesUp: () => !isBroken });
    const before = cluster.list("Machine").map(({ metadata }) => metadata.name);
    cluster.run(85_000);
    expect(cluster.list("Machine").map(({ metadata }) => metadata.name)).toEqual(before);
    isBroken = false;
    cluster.run(300_000);
    const machines = cluster.list("Machine");
    expect(machines.filter(({ metadata }) => before.includes(metadata.name))).toEqual([]);
    expect(cluster.events.filter((event) => event.includes("MachineMarkedUnhealthy")).length).toBeGreaterThanOrEqual(4);
  });

  it("keeps to maxInFlight of the MachineDeployment, and defers the others", () => {
    const cluster = checkedPool({}, { remediation: { maxInFlight: 1 } }, { removalMilliseconds: 1_000_000 });
    const names = breakNodes(cluster, 3);
    cluster.run(400_000);
    const machines = names.map((name) => cluster.get("Machine", name));
    expect(machines.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toHaveLength(1);
    expect(
      machines
        .filter((machine) => machine.metadata.deletionTimestamp === undefined)
        .map((machine) => condition(machine, "OwnerRemediated")),
    ).toEqual(
      Array.from({ length: 2 }, () => [
        "False",
        "RemediationDeferred",
        "Waiting because there are already too many remediations in progress (spec.strategy.remediation.maxInFlight is 1)",
      ]),
    );
  });

  it.each([
    ["cluster.x-k8s.io/skip-remediation", true, undefined],
    ["cluster.x-k8s.io/paused", true, undefined],
    [
      "cluster.x-k8s.io/remediate-machine",
      false,
      "Health check failed: marked for remediation via cluster.x-k8s.io/remediate-machine annotation",
    ],
  ] as const)("annotation %s", (annotation, stays, message) => {
    const cluster = checkedPool({}, {}, { removalMilliseconds: 30_000 });
    const [{ metadata }] = cluster.list("Machine") as readonly [Machine];
    cluster.change("Machine", metadata.name, (live) => ({ ...live, metadata: { ...live.metadata, annotations: { [annotation]: "" } } }));
    if (stays) {
      breakNodes(cluster, 1);
      cluster.run(400_000);
      expect(check(cluster).status).toMatchObject({ expectedMachines: 3, currentHealthy: 3 });
      expect(cluster.get("Machine", metadata.name).metadata.deletionTimestamp).toBeUndefined();
    } else {
      cluster.run(20_000);
      expect(condition(cluster.get("Machine", metadata.name), "HealthCheckSucceeded")).toEqual([
        "False",
        "HasRemediateAnnotation",
        message,
      ]);
      expect(cluster.get("Machine", metadata.name).metadata.deletionTimestamp).toBeDefined();
    }
  });

  it("notices a Node that was deleted, and a machine's own condition", () => {
    const cluster = checkedPool(
      { checks: { unhealthyMachineConditions: [{ type: "Odd", status: "True", timeoutSeconds: 30 }] } },
      {},
      { removalMilliseconds: 1_000_000 },
    );
    const [gone, odd] = cluster.list("Machine");
    cluster.workload.delete(cluster.type("Node"), undefined, gone!.metadata.name, {});
    const own = {
      type: "Odd",
      status: "True",
      reason: "Strange",
      message: "",
      lastTransitionTime: new Date(cluster.timeline.now()).toISOString(),
    };
    cluster.change(
      "Machine",
      odd!.metadata.name,
      (live) => ({ ...live, status: { ...odd!.status, conditions: [...odd!.status!.conditions!, own] } }),
      "status",
    );
    cluster.run(90_000);
    expect(condition(cluster.get("Machine", gone!.metadata.name), "HealthCheckSucceeded")).toEqual([
      "False",
      "NodeDeleted",
      `Health check failed:\n  * Node ${gone!.metadata.name} has been deleted`,
    ]);
    expect(condition(cluster.get("Machine", odd!.metadata.name), "HealthCheckSucceeded")).toEqual([
      "False",
      "UnhealthyMachine",
      "Health check failed:\n  * Condition Odd on Machine is reporting status True with reason Strange for more than 30s",
    ]);
  });

  it.each([
    [0, "0s"],
    [30, "30s"],
    [600, "10m0s"],
    [3661, "1h1m1s"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
