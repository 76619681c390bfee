import type { Controller } from "../../controller-runtime.ts";
import type { Environment } from "../../environment.ts";
import { managementCluster, type MachineTimes, type ManagementCluster } from "./management-cluster.ts";

const labels = { "cluster.x-k8s.io/cluster-name": "plain" };

/** The cluster `plain` of test/fixtures/cluster-api/v1.14: a control plane at v1.34.0, templates of pool a, no pool yet. */
export function plainCluster(
  controllers: readonly ((environment: Environment) => Controller)[],
  times: Partial<MachineTimes> = {},
): ManagementCluster {
  const cluster = managementCluster(controllers, { readyMilliseconds: 30_000, removalMilliseconds: 5000, ...times });
  cluster.create("Cluster", {
    metadata: { name: "plain", labels },
    spec: { controlPlaneRef: { apiGroup: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", name: "plain" } },
  });
  cluster.change("Cluster", "plain", (live) => ({ ...live, status: { conditions: initialized } }), "status");
  cluster.create("KubeadmControlPlane", { metadata: { name: "plain", labels }, spec: { version: "v1.34.0" } });
  const status = { version: "v1.34.0", versions: [{ version: "v1.34.0", replicas: 3 }] };
  cluster.change("KubeadmControlPlane", "plain", (live) => ({ ...live, status }), "status");
  for (const name of ["plain-pool-a", "plain-pool-a-2"]) {
    cluster.create("DevMachineTemplate", {
      metadata: { name },
      spec: {
        template: { metadata: { annotations: { "example.com/image": "kindest/node:v1.34.0" } }, spec: { backend: { inMemory: {} } } },
      },
    });
  }
  cluster.create("KubeadmConfigTemplate", { metadata: { name: "plain-pool-a" }, spec: { template: { spec: { joinConfiguration: {} } } } });
  return cluster;
}

const initialized = ["ControlPlaneInitialized", "InfrastructureReady"].map((type) => ({
  type,
  status: "True",
  reason: type,
  message: "",
  lastTransitionTime: "2026-11-23T21:00:00Z",
}));

/** As recorded, but for what is given. */
export function poolSpec(change: Readonly<Record<string, unknown>> = {}, machine: Readonly<Record<string, unknown>> = {}): object {
  const matchLabels = { ...labels, pool: "a" };
  return {
    clusterName: "plain",
    replicas: 2,
    rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    selector: { matchLabels },
    template: { metadata: { labels: matchLabels }, spec: poolMachine(machine) },
    ...change,
  };
}

export function poolMachine(change: Readonly<Record<string, unknown>> = {}): object {
  return {
    clusterName: "plain",
    version: "v1.34.0",
    bootstrap: { configRef: { apiGroup: "bootstrap.cluster.x-k8s.io", kind: "KubeadmConfigTemplate", name: "plain-pool-a" } },
    infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "plain-pool-a" },
    ...change,
  };
}

/** A pool of the cluster, as somebody applies it. */
export function createPool(cluster: ManagementCluster, spec: object = poolSpec()): void {
  cluster.create("MachineDeployment", { metadata: { name: "plain-pool-a", labels }, spec });
}
