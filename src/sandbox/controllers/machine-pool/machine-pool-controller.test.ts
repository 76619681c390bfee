import { describe, expect, it } from "vitest";
import type { ManagementCluster } from "../machine-set/testing/management-cluster.ts";
import { plainCluster } from "../machine-set/testing/plain-cluster.ts";
import { createMachinePoolController } from "./machine-pool-controller.ts";
import type { MachinePool } from "./machine-pool-objects.ts";

const labels = { "cluster.x-k8s.io/cluster-name": "plain" };

function createdPool(): ManagementCluster {
  const cluster = plainCluster([createMachinePoolController]);
  cluster.create("DevMachinePool", { metadata: { name: "pool", finalizers: ["dev"] }, spec: {} });
  cluster.create("MachinePool", {
    metadata: { name: "pool", labels },
    spec: {
      clusterName: "plain",
      replicas: 2,
      template: {
        spec: {
          clusterName: "plain",
          version: "v1.34.0",
          bootstrap: { dataSecretName: "own" },
          infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachinePool", name: "pool" },
        },
      },
    },
  });
  cluster.run(15_000);
  return cluster;
}

function pool(cluster: ManagementCluster): MachinePool {
  return cluster.get("MachinePool", "pool");
}

/** What a provider writes once its machines are there. */
function provision(cluster: ManagementCluster, count: number): void {
  const ids = Array.from({ length: count }, (_each, index) => `dev://${index}`);
  cluster.change("DevMachinePool", "pool", (live) => ({ ...live, spec: { providerIDList: ids } }));
  cluster.change(
    "DevMachinePool",
    "pool",
    (live) => ({ ...live, status: { initialization: { provisioned: true }, replicas: count } }),
    "status",
  );
}

function addNode(cluster: ManagementCluster, index: number): void {
  const node = cluster.type("Node");
  cluster.workload.create(node, { metadata: { name: `node-${index}` }, spec: { providerID: `dev://${index}` } }, { manager: "kubelet" });
  const status = { nodeInfo: { kubeletVersion: "v1.34.0" }, conditions: [{ type: "Ready", status: "True" }] };
  cluster.workload.modify(node, undefined, `node-${index}`, (live) => ({ ...live, status }), { manager: "kubelet", subresource: "status" });
}

describe("MachinePool", () => {
  it("goes through its phases as its provider and the Nodes come", () => {
    const cluster = createdPool();
    expect(pool(cluster).status).toMatchObject({
      phase: "Provisioning",
      initialization: { bootstrapDataSecretCreated: true, infrastructureProvisioned: false },
    });
    expect(cluster.get("DevMachinePool", "pool").metadata.ownerReferences).toMatchObject([
      { kind: "MachinePool", name: "pool", controller: true },
    ]);
    provision(cluster, 2);
    addNode(cluster, 0);
    cluster.run(15_000);
    expect(pool(cluster).status).toMatchObject({ phase: "ScalingUp", replicas: 2, versions: [{ version: "v1.34.0", replicas: 1 }] });
    addNode(cluster, 1);
    cluster.run(15_000);
    expect(pool(cluster).status).toMatchObject({
      phase: "Running",
      replicas: 2,
      readyReplicas: 2,
      upToDateReplicas: 2,
      versions: [{ version: "v1.34.0", replicas: 2 }],
      nodeRefs: [{ name: "node-0" }, { name: "node-1" }],
      conditions: [{ type: "Paused", status: "False" }],
      deprecated: { v1beta1: { conditions: [{ type: "Ready", status: "True" }, {}, {}, { type: "ReplicasReady", status: "True" }] } },
    });
    expect(cluster.errors).toEqual([]);
    const revision = cluster.objects.store.revision();
    cluster.run(60_000);
    expect(cluster.objects.store.revision()).toBe(revision);
  });

  it("scales down, with or without an autoscaler", () => {
    const cluster = createdPool();
    provision(cluster, 2);
    for (const index of [0, 1]) addNode(cluster, index);
    cluster.run(15_000);
    cluster.change("MachinePool", "pool", (live) => ({ ...live, spec: { ...(live as MachinePool).spec, replicas: 1 } }));
    cluster.run(2000);
    expect(pool(cluster).status!.phase).toBe("ScalingDown");
    const annotations = { "cluster.x-k8s.io/replicas-managed-by": "autoscaler" };
    cluster.change("MachinePool", "pool", (live) => ({ ...live, metadata: { ...live.metadata, annotations } }));
    cluster.run(2000);
    expect(pool(cluster).status!.phase).toBe("Scaling");
  });

  it("goes after its provider's pool", () => {
    const cluster = createdPool();
    cluster.delete("MachinePool", "pool");
    cluster.run(2000);
    expect(pool(cluster).status!.phase).toBe("Deleting");
    expect(cluster.get("DevMachinePool", "pool").metadata.deletionTimestamp).toBeDefined();
    cluster.change("DevMachinePool", "pool", (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }));
    cluster.run(15_000);
    expect(cluster.list("MachinePool")).toEqual([]);
  });
});
