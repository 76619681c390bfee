import { describe, expect, it } from "vitest";
import { createMachineSetController } from "./machine-set-controller.ts";
import type { MachineSet } from "./machine-objects.ts";
import type { ManagementCluster } from "./testing/management-cluster.ts";
import { plainCluster, poolMachine } from "./testing/plain-cluster.ts";

const labels = { "cluster.x-k8s.io/cluster-name": "plain", pool: "a" };

/** A MachineSet of its own, without a MachineDeployment. */
function standAlone(spec: object = {}, machine: object = {}): ManagementCluster {
  const cluster = plainCluster([createMachineSetController]);
  cluster.create("MachineSet", {
    metadata: { name: "set", labels },
    spec: {
      clusterName: "plain",
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: poolMachine({ ...machine }) },
      ...spec,
    },
  });
  return cluster;
}

function status(cluster: ManagementCluster): NonNullable<MachineSet["status"]> {
  return cluster.get("MachineSet", "set").status!;
}

function condition(cluster: ManagementCluster, type: string): object | undefined {
  return status(cluster).conditions!.find((each) => each.type === type);
}

function controlPlane(cluster: ManagementCluster, version: string): void {
  const running = { versions: [{ version, replicas: 3 }] };
  cluster.change("KubeadmControlPlane", "plain", (live) => ({ ...live, status: running }), "status");
}

describe("MachineSet", () => {
  it("belongs to the Cluster when it stands alone, and names its machines after itself", () => {
    const cluster = standAlone();
    cluster.run(60_000);
    expect(cluster.errors).toEqual([]);
    expect(cluster.get("MachineSet", "set").metadata.ownerReferences).toEqual([
      { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", name: "plain", uid: cluster.get("Cluster", "plain").metadata.uid },
    ]);
    for (const { metadata } of cluster.list("Machine")) {
      expect(metadata.name).toMatch(/^set-[a-z0-9]{5}$/);
      const copy = cluster.get("DevMachine", metadata.name);
      expect(copy.metadata.annotations).toEqual({
        "example.com/image": "kindest/node:v1.34.0",
        "cluster.x-k8s.io/cloned-from-name": "plain-pool-a",
        "cluster.x-k8s.io/cloned-from-groupkind": "DevMachineTemplate.infrastructure.cluster.x-k8s.io",
      });
      expect(copy["spec"]).toEqual({ backend: { inMemory: {} } });
      expect(copy.metadata.labels).toEqual(metadata.labels);
    }
    expect(cluster.get("DevMachineTemplate", "plain-pool-a").metadata.ownerReferences).toHaveLength(1);
    expect(status(cluster)).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2, upToDateReplicas: 2 });
  });

  it("waits for the control plane, says what for, and looks again every 15 s", () => {
    const cluster = standAlone();
    controlPlane(cluster, "v1.33.0");
    cluster.run(60_000);
    expect(cluster.list("Machine")).toEqual([]);
    const text = 'KubeadmControlPlane plain/plain is upgrading ("ControlPlaneIsStable" preflight check failed)';
    expect(condition(cluster, "ScalingUp")).toMatchObject({
      status: "True",
      reason: "ScalingUp",
      message: `Scaling up from 0 to 2 replicas is blocked because:\n* ${text}`,
    });
    expect(status(cluster).deprecated!.v1beta1!.conditions).toMatchObject([
      { type: "Ready", status: "False", severity: "Error", reason: "PreflightCheckFailed", message: text },
      { type: "MachinesCreated", status: "False", reason: "PreflightCheckFailed", message: text },
      { type: "MachinesReady", status: "True" },
      { type: "Resized", status: "False", message: "Scaling up MachineSet to 2 replicas (actual 0)" },
    ]);
    controlPlane(cluster, "v1.34.0");
    cluster.run(16_000);
    expect(cluster.list("Machine")).toHaveLength(2);
  });

  it("makes nothing of a template that is not there, and leaves nothing behind", () => {
    const cluster = standAlone(
      {},
      { infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "nowhere" } },
    );
    cluster.run(10_000);
    expect([...cluster.list("Machine"), ...cluster.list("KubeadmConfig")]).toEqual([]);
    expect(condition(cluster, "ScalingUp")).toMatchObject({
      status: "True",
      message: "Scaling up from 0 to 2 replicas is blocked because:\n* DevMachineTemplate does not exist",
    });
    expect(status(cluster).deprecated!.v1beta1!.conditions!.find(({ type }) => type === "MachinesCreated")).toMatchObject({
      reason: "InfrastructureTemplateCloningFailed",
      message: 'devmachinetemplates.infrastructure.cluster.x-k8s.io "nowhere" not found',
    });
    expect(status(cluster).observedGeneration).toBeUndefined();
  });

  it("adopts a machine that its selector names", () => {
    const cluster = standAlone({ replicas: 1 });
    cluster.create("Machine", {
      metadata: { name: "orphan", labels, finalizers: ["machine.cluster.x-k8s.io"] },
      spec: { clusterName: "plain", bootstrap: { dataSecretName: "x" } },
    });
    cluster.run(60_000);
    expect(cluster.list("Machine").map(({ metadata }) => [metadata.name, metadata.ownerReferences![0]!.name])).toEqual([["orphan", "set"]]);
    expect(cluster.events).toContain('MachineSet set SuccessfulAdopt: Adopted Machine "orphan"');
  });

  it("adopts a machine that was there before it", () => {
    const cluster = plainCluster([createMachineSetController]);
    cluster.create("Machine", { metadata: { name: "orphan", labels }, spec: { clusterName: "plain", bootstrap: { dataSecretName: "x" } } });
    cluster.run(10_000);
    cluster.create("MachineSet", {
      metadata: { name: "set", labels },
      spec: {
        clusterName: "plain",
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: poolMachine() },
      },
    });
    cluster.run(10_000);
    expect(cluster.list("Machine").map(({ metadata }) => metadata.ownerReferences?.[0]?.name)).toEqual(["set"]);
  });

  it("no longer waits for the remediation of a machine that is healthy again", () => {
    const cluster = standAlone();
    cluster.run(60_000);
    const machine = cluster.list("Machine")[0]!;
    const { name } = machine.metadata;
    const told = [
      { type: "HealthCheckSucceeded", status: "True" },
      { type: "OwnerRemediated", status: "False" },
    ].map((each) => ({ ...each, reason: "Some", message: "", lastTransitionTime: "2026-11-23T22:00:00Z" }));
    const v1beta1 = { conditions: [{ type: "OwnerRemediated", status: "False", lastTransitionTime: "2026-11-23T22:00:00Z" }] };
    const status = { ...machine.status, conditions: [...machine.status!.conditions!, ...told], deprecated: { v1beta1 } };
    cluster.change("Machine", name, (live) => ({ ...live, status }), "status");
    cluster.run(2000);
    const after = cluster.get("Machine", name).status!;
    expect(after.conditions!.map(({ type }) => type)).toContain("HealthCheckSucceeded");
    expect(after.conditions!.map(({ type }) => type)).not.toContain("OwnerRemediated");
    expect(after.deprecated!.v1beta1!.conditions).toEqual([]);
  });

  it("makes no machines while it is told not to", () => {
    const cluster = standAlone();
    const annotations = { "cluster.x-k8s.io/disable-machine-create": "true" };
    cluster.change("MachineSet", "set", (live) => ({ ...live, metadata: { ...live.metadata, annotations } }));
    cluster.run(60_000);
    expect(cluster.list("Machine")).toEqual([]);
  });

  it("counts a machine as available after minReadySeconds of its Node", () => {
    const cluster = standAlone({}, { minReadySeconds: 60 });
    cluster.run(60_000);
    const legacy = (): unknown => {
      const { readyReplicas, availableReplicas } = status(cluster).deprecated!.v1beta1!;
      return [readyReplicas, availableReplicas];
    };
    expect(legacy()).toEqual([2, 0]);
    cluster.change("MachineSet", "set", (live) => ({ ...live, metadata: { ...live.metadata, annotations: { look: "again" } } }));
    cluster.run(60_000);
    cluster.change("MachineSet", "set", (live) => ({ ...live, metadata: { ...live.metadata, annotations: { look: "once more" } } }));
    cluster.run(2000);
    expect(legacy()).toEqual([2, 2]);
  });

  it("goes after its machines", () => {
    const cluster = standAlone();
    cluster.run(60_000);
    cluster.delete("MachineSet", "set");
    cluster.run(2000);
    expect(condition(cluster, "Deleting")).toMatchObject({ status: "True", reason: "Deleting", message: "Deleting 2 Machines" });
    expect(condition(cluster, "ScalingDown")).toMatchObject({ status: "True", message: "Scaling down from 2 to 0 replicas" });
    cluster.run(10_000);
    expect([...cluster.list("MachineSet"), ...cluster.list("Machine")]).toEqual([]);
  });
});
