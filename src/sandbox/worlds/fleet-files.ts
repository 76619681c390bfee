/** What a generated cluster declares. */
export interface ClusterFiles {
  readonly name: string;
  /** Default: the name. */
  readonly namespace?: string;
  readonly version: string;
  readonly controlPlanes: number;
  readonly pools: readonly { readonly name: string; readonly replicas: number }[];
  /** Provisioning time of a machine, as in `startupDuration`. Default 10s. */
  readonly startupDuration?: string;
}

const infrastructure = "infrastructure.cluster.x-k8s.io";
const bootstrap = "bootstrap.cluster.x-k8s.io";
const controlPlane = "controlplane.cluster.x-k8s.io";

/** The ClusterClass `in-memory` of Cluster API's test provider with what it refers to: the files of one namespace. */
export function clusterClassFile(
  namespace: string,
  options: { readonly kubernetesVersions?: readonly string[]; readonly startupDuration?: string } = {},
): string {
  const { kubernetesVersions = [], startupDuration = "10s" } = options;
  return documents([
    namespaceText(namespace),
    `apiVersion: ${infrastructure}/v1beta2
kind: DevClusterTemplate
metadata:
  name: in-memory
  namespace: ${namespace}
spec:
  template:
    spec:
      backend:
        inMemory: {}`,
    machineTemplate(namespace, "in-memory-control-plane", startupDuration),
    machineTemplate(namespace, "in-memory-worker", startupDuration),
    `apiVersion: ${controlPlane}/v1beta2
kind: KubeadmControlPlaneTemplate
metadata:
  name: in-memory
  namespace: ${namespace}
spec:
  template:
    spec:
      kubeadmConfigSpec:
        clusterConfiguration:
          apiServer:
            certSANs: [localhost, 127.0.0.1]`,
    bootstrapTemplate(namespace, "in-memory"),
    `apiVersion: cluster.x-k8s.io/v1beta2
kind: ClusterClass
metadata:
  name: in-memory
  namespace: ${namespace}
spec:${kubernetesVersions.length === 0 ? "" : `\n  kubernetesVersions: [${kubernetesVersions.join(", ")}]`}
  infrastructure:
    templateRef: { apiVersion: ${infrastructure}/v1beta2, kind: DevClusterTemplate, name: in-memory }
  controlPlane:
    templateRef: { apiVersion: ${controlPlane}/v1beta2, kind: KubeadmControlPlaneTemplate, name: in-memory }
    machineInfrastructure:
      templateRef: { apiVersion: ${infrastructure}/v1beta2, kind: DevMachineTemplate, name: in-memory-control-plane }
  workers:
    machineDeployments:
      - class: default-worker
        bootstrap:
          templateRef: { apiVersion: ${bootstrap}/v1beta2, kind: KubeadmConfigTemplate, name: in-memory }
        infrastructure:
          templateRef: { apiVersion: ${infrastructure}/v1beta2, kind: DevMachineTemplate, name: in-memory-worker }`,
  ]);
}

/** A Cluster with a topology of the class `in-memory`. */
export function topologyClusterFile({ name, namespace = name, version, controlPlanes, pools }: ClusterFiles): string {
  return `${namespaceText(namespace)}
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  clusterNetwork:
    pods: { cidrBlocks: [192.168.0.0/16] }
    services: { cidrBlocks: [10.128.0.0/12] }
  topology:
    classRef: { name: in-memory }
    version: ${version} # owner: team-platform
    controlPlane:
      replicas: ${controlPlanes}
    workers:
      machineDeployments:${pools.map((pool) => `\n        - { class: default-worker, name: ${pool.name}, replicas: ${pool.replicas} }`).join("")}
`;
}

/** A cluster without a topology: the control plane and each pool declare their versions, and their templates, themselves. By file. */
export function plainClusterFiles(folder: string, cluster: ClusterFiles): Readonly<Record<string, string>> {
  const { name, namespace = name, version, controlPlanes, pools, startupDuration = "10s" } = cluster;
  const head = documents([
    namespaceText(namespace),
    `apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  clusterNetwork:
    pods: { cidrBlocks: [192.168.0.0/16] }
    services: { cidrBlocks: [10.128.0.0/12] }
  controlPlaneRef: { apiGroup: ${controlPlane}, kind: KubeadmControlPlane, name: ${name}-cp }
  infrastructureRef: { apiGroup: ${infrastructure}, kind: DevCluster, name: ${name} }`,
    `apiVersion: ${infrastructure}/v1beta2
kind: DevCluster
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  backend:
    inMemory: {}`,
    "# Machine templates are immutable: a change is a new one, and a new name to refer to.\n" +
      machineTemplate(namespace, `${name}-cp`, startupDuration),
    `apiVersion: ${controlPlane}/v1beta2
kind: KubeadmControlPlane
metadata:
  name: ${name}-cp
  namespace: ${namespace}
spec:
  replicas: ${controlPlanes}
  version: ${version}
  machineTemplate:
    spec:
      infrastructureRef: { apiGroup: ${infrastructure}, kind: DevMachineTemplate, name: ${name}-cp }
  kubeadmConfigSpec:
    clusterConfiguration:
      apiServer:
        certSANs: [localhost, 127.0.0.1]`,
  ]);
  const poolFile = ({ name: pool, replicas }: ClusterFiles["pools"][number]): string =>
    documents([
      machineTemplate(namespace, `${name}-${pool}`, startupDuration),
      bootstrapTemplate(namespace, `${name}-${pool}`),
      `apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineDeployment
metadata:
  name: ${name}-${pool}
  namespace: ${namespace}
spec:
  clusterName: ${name}
  replicas: ${replicas}
  selector:
    matchLabels: { pool: ${pool} }
  template:
    metadata:
      labels: { pool: ${pool} }
    spec:
      clusterName: ${name}
      version: ${version}
      bootstrap:
        configRef: { apiGroup: ${bootstrap}, kind: KubeadmConfigTemplate, name: ${name}-${pool} }
      infrastructureRef: { apiGroup: ${infrastructure}, kind: DevMachineTemplate, name: ${name}-${pool} }`,
    ]);
  return {
    [`${folder}/control-plane.yaml`]: head,
    ...Object.fromEntries(pools.map((pool) => [`${folder}/${pool.name}.yaml`, poolFile(pool)])),
  };
}

function namespaceText(namespace: string): string {
  return `apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}`;
}

function machineTemplate(namespace: string, name: string, startupDuration: string): string {
  return `apiVersion: ${infrastructure}/v1beta2
kind: DevMachineTemplate
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  template:
    spec:
      backend:
        inMemory:
          vm: { provisioning: { startupDuration: ${startupDuration}, startupJitter: "0.2" } }
          node: { provisioning: { startupDuration: 2s, startupJitter: "0.2" } }
          apiServer: { provisioning: { startupDuration: 1s, startupJitter: "0.2" } }
          etcd: { provisioning: { startupDuration: 1s, startupJitter: "0.2" } }`;
}

function bootstrapTemplate(namespace: string, name: string): string {
  return `apiVersion: ${bootstrap}/v1beta2
kind: KubeadmConfigTemplate
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  template:
    spec:
      joinConfiguration:
        nodeRegistration:
          criSocket: unix:///var/run/containerd/containerd.sock`;
}

function documents(texts: readonly string[]): string {
  return `${texts.join("\n---\n")}\n`;
}
