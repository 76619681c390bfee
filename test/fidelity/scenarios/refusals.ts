import { clusterClass, plainCluster, plainPool, topologyCluster } from "../manifests.ts";
import { machines, settledAt } from "../predicates.ts";
import type { RefusedWrite, Scenario, Step } from "../scenario.ts";
import type { Kind } from "../target.ts";

const from = "v1.34.0";
const to = "v1.35.2";

function refused(write: RefusedWrite): Step {
  return { do: "refused", write };
}

function patch(kind: Kind, name: string, spec: unknown): RefusedWrite {
  return { do: "patch", kind, name, body: { spec } };
}

function topology(fields: unknown): RefusedWrite {
  return patch("Cluster", "demo", { topology: fields });
}

export const refusalScenarios: readonly Scenario[] = [
  {
    name: "refused-topology-writes",
    about: "Versions that a topology cannot go to, and changes that must wait for an upgrade.",
    // The last writes come while the control plane is upgraded, also on a busy machine.
    setup: [...clusterClass(undefined, "6s"), topologyCluster(from, 1, [{ name: "md-0", replicas: 1 }])],
    steps: [
      refused(topology({ version: "v1.33.0" })),
      refused(topology({ version: "v1.36.0" })),
      // Not refused: the "v" is put before it.
      refused(topology({ version: "1.34.0" })),
      refused(topology({ version: "v1.35" })),
      refused(topology({ version: "" })),
      refused(topology({ classRef: { name: "another" } })),
      refused(topology({ workers: { machineDeployments: [{ class: "unknown", name: "md-0", replicas: 1 }] } })),
      refused(
        topology({
          workers: {
            machineDeployments: [
              { class: "default-worker", name: "md-0" },
              { class: "default-worker", name: "md-0" },
            ],
          },
        }),
      ),
      refused({
        do: "patch",
        kind: "Cluster",
        name: "demo",
        body: { metadata: { annotations: { "topology.cluster.x-k8s.io/upgrade-concurrency": "0" } } },
      }),
      refused(patch("ClusterClass", "in-memory", { kubernetesVersions: ["v1.35.0", "v1.36.0"] })),
      refused(patch("DevMachineTemplate", "in-memory-worker", { template: { spec: { providerID: "other://machine" } } })),
      { do: "patch", kind: "Cluster", name: "demo", body: { spec: { topology: { version: to } } } },
      { do: "until", predicate: machines("control plane", to) },
      refused(topology({ version: "v1.36.0" })),
      refused(topology({ version: from })),
      { do: "until", predicate: settledAt(to) },
    ],
  },
  {
    name: "refused-plain-writes",
    about: "What the webhooks of control planes, pools, machines and templates do not let through.",
    setup: [...plainCluster(from, 1), ...plainPool({ name: "a", version: from, replicas: 1 })],
    steps: [
      refused(patch("KubeadmControlPlane", "demo-cp", { version: "v1.36.0" })),
      refused(patch("KubeadmControlPlane", "demo-cp", { version: "1.34.0" })),
      refused(patch("KubeadmControlPlane", "demo-cp", { version: "v1.34" })),
      refused(patch("KubeadmControlPlane", "demo-cp", { replicas: 2 })),
      refused(patch("KubeadmControlPlane", "demo-cp", { replicas: 0 })),
      refused(
        patch("KubeadmControlPlane", "demo-cp", { rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 2 } } } }),
      ),
      refused(
        patch("KubeadmControlPlane", "demo-cp", { rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0 } } } }),
      ),
      refused(patch("KubeadmControlPlane", "demo-cp", { kubeadmConfigSpec: { clusterConfiguration: { certificatesDir: "/elsewhere" } } })),
      refused(
        patch("MachineDeployment", "demo-a", {
          rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } },
        }),
      ),
      refused(patch("MachineDeployment", "demo-a", { template: { spec: { version: "1.34.0" } } })),
      refused(patch("MachineDeployment", "demo-a", { template: { spec: { version: "v1.34" } } })),
      refused(patch("MachineDeployment", "demo-a", { selector: { matchLabels: { pool: "b" } } })),
      refused(patch("MachineDeployment", "demo-a", { clusterName: "other" })),
      refused(patch("MachineDeployment", "demo-a", { template: { metadata: { labels: { pool: "b" } } } })),
      refused(patch("MachineDeployment", "demo-a", { replicas: -1 })),
      refused(patch("DevMachineTemplate", "demo-a", { template: { spec: { backend: { inMemory: { vm: null } } } } })),
      refused(patch("Cluster", "demo", { topology: { classRef: { name: "in-memory" }, version: from } })),
      refused(patch("Cluster", "demo", { infrastructureRef: null })),
    ],
  },
];
