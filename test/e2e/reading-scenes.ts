import type { StackDescription } from "../stack/stack.ts";
import { run } from "../stack/stack.ts";

/** Objects for the tests of reading, applied by kubectl. Machines of the in-memory provider start in a second. */
export function kubectl(stack: StackDescription, args: readonly string[], input: readonly unknown[] = []): Promise<string> {
  return run(stack.kubectl, ["--kubeconfig", stack.kubeconfig, ...args], input.map((object) => JSON.stringify(object)).join("\n---\n"));
}

export function namespace(name: string): unknown {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

const quick = { provisioning: { startupDuration: "1s" } };
const machineTemplate = (name: string, namespace: string): unknown => ({
  apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
  kind: "DevMachineTemplate",
  metadata: { name, namespace },
  spec: { template: { spec: { backend: { inMemory: { vm: quick, node: quick, apiServer: quick, etcd: quick } } } } },
});
const ofTemplate = (apiGroup: string, kind: string, name: string): unknown => ({
  templateRef: { apiVersion: `${apiGroup}.cluster.x-k8s.io/v1beta2`, kind, name },
});

export function clusterClass(namespace: string, kubernetesVersions: readonly string[]): readonly unknown[] {
  return [
    {
      apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
      kind: "DevClusterTemplate",
      metadata: { name: "cluster", namespace },
      spec: { template: { spec: { backend: { inMemory: {} } } } },
    },
    {
      apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
      kind: "KubeadmControlPlaneTemplate",
      metadata: { name: "control-plane", namespace },
      spec: {
        template: { spec: { kubeadmConfigSpec: { clusterConfiguration: { apiServer: { certSANs: ["localhost", "127.0.0.1"] } } } } },
      },
    },
    {
      apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
      kind: "KubeadmConfigTemplate",
      metadata: { name: "worker", namespace },
      spec: {
        template: { spec: { joinConfiguration: { nodeRegistration: { criSocket: "unix:///var/run/containerd/containerd.sock" } } } },
      },
    },
    machineTemplate("control-plane", namespace),
    machineTemplate("worker", namespace),
    {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "ClusterClass",
      metadata: { name: "reading", namespace },
      spec: {
        kubernetesVersions,
        controlPlane: {
          ...(ofTemplate("controlplane", "KubeadmControlPlaneTemplate", "control-plane") as object),
          machineInfrastructure: ofTemplate("infrastructure", "DevMachineTemplate", "control-plane"),
        },
        infrastructure: ofTemplate("infrastructure", "DevClusterTemplate", "cluster"),
        workers: {
          machineDeployments: [
            {
              class: "worker",
              bootstrap: ofTemplate("bootstrap", "KubeadmConfigTemplate", "worker"),
              infrastructure: ofTemplate("infrastructure", "DevMachineTemplate", "worker"),
            },
          ],
        },
      },
    },
  ];
}

export function topologyCluster(
  name: string,
  namespace: string,
  version: string,
  annotations: Readonly<Record<string, string>> = {},
): unknown {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata: { name, namespace, annotations },
    spec: {
      clusterNetwork: { services: { cidrBlocks: ["10.128.0.0/12"] }, pods: { cidrBlocks: ["192.168.0.0/16"] } },
      topology: {
        classRef: { name: "reading" },
        version,
        controlPlane: { replicas: 1 },
        workers: { machineDeployments: [{ class: "worker", name: "md-0", replicas: 2 }] },
      },
    },
  };
}

/** Refers to a control plane and an infrastructure that nobody ever creates. */
export function halfCluster(name: string, namespace: string): unknown {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata: { name, namespace },
    spec: {
      clusterNetwork: { pods: { cidrBlocks: ["192.168.0.0/16"] } },
      controlPlaneRef: { apiGroup: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", name: "nobody" },
      infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevCluster", name: "nobody" },
    },
  };
}

/** May look at clusters and pools, and at nothing else. */
export function viewerRole(namespace: string): readonly unknown[] {
  return [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "reading-viewer", namespace },
      rules: [
        { apiGroups: ["cluster.x-k8s.io"], resources: ["clusters", "machinedeployments", "machinesets"], verbs: ["get", "list", "watch"] },
      ],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "reading-viewer", namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reading-viewer" },
      subjects: [{ kind: "User", name: "viewer", apiGroup: "rbac.authorization.k8s.io" }],
    },
  ];
}
