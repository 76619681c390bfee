import { stringify } from "yaml";

type Manifest = Readonly<Record<string, unknown>>;

export function yaml(...objects: readonly Manifest[]): string {
  return objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n");
}

const instant = { provisioning: { startupDuration: "1s", startupJitter: "0" } };

/** A machine of the in-memory provider that is up a second after it was asked for. `slow`: never in a test's time. */
function inMemory(startupDuration = "1s"): Manifest {
  const now = { provisioning: { startupDuration: "0s", startupJitter: "0" } };
  return { inMemory: { vm: { provisioning: { ...instant.provisioning, startupDuration } }, node: now, apiServer: now, etcd: now } };
}

const network = { services: { cidrBlocks: ["10.128.0.0/12"] }, pods: { cidrBlocks: ["192.168.0.0/16"] } };
const infrastructure = "infrastructure.cluster.x-k8s.io";

/** The ClusterClass `in-memory` with what it refers to, for one namespace. */
export function clusterClass(namespace: string, kubernetesVersions?: readonly string[], workerStartup = "1s"): string {
  const metadata = (name: string): Manifest => ({ name, namespace });
  const ref = (apiVersion: string, kind: string, name: string): Manifest => ({ templateRef: { apiVersion, kind, name } });
  const registration = { nodeRegistration: { criSocket: "unix:///var/run/containerd/containerd.sock" } };
  return yaml(
    {
      apiVersion: `${infrastructure}/v1beta2`,
      kind: "DevClusterTemplate",
      metadata: metadata("in-memory"),
      spec: { template: { spec: { backend: { inMemory: {} } } } },
    },
    {
      apiVersion: `${infrastructure}/v1beta2`,
      kind: "DevMachineTemplate",
      metadata: metadata("in-memory-control-plane"),
      spec: { template: { spec: { backend: inMemory() } } },
    },
    {
      apiVersion: `${infrastructure}/v1beta2`,
      kind: "DevMachineTemplate",
      metadata: metadata("in-memory-worker"),
      spec: { template: { spec: { backend: inMemory(workerStartup) } } },
    },
    {
      apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
      kind: "KubeadmControlPlaneTemplate",
      metadata: metadata("in-memory"),
      spec: {
        template: {
          spec: {
            kubeadmConfigSpec: {
              clusterConfiguration: { apiServer: { certSANs: ["localhost", "127.0.0.1"] } },
              initConfiguration: registration,
              joinConfiguration: registration,
            },
          },
        },
      },
    },
    {
      apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
      kind: "KubeadmConfigTemplate",
      metadata: metadata("in-memory"),
      spec: { template: { spec: { joinConfiguration: registration } } },
    },
    {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "ClusterClass",
      metadata: metadata("in-memory"),
      spec: {
        ...(kubernetesVersions === undefined ? {} : { kubernetesVersions }),
        controlPlane: {
          ...ref("controlplane.cluster.x-k8s.io/v1beta2", "KubeadmControlPlaneTemplate", "in-memory"),
          machineInfrastructure: ref(`${infrastructure}/v1beta2`, "DevMachineTemplate", "in-memory-control-plane"),
        },
        infrastructure: ref(`${infrastructure}/v1beta2`, "DevClusterTemplate", "in-memory"),
        workers: {
          machineDeployments: [
            {
              class: "default-worker",
              bootstrap: ref("bootstrap.cluster.x-k8s.io/v1beta2", "KubeadmConfigTemplate", "in-memory"),
              infrastructure: ref(`${infrastructure}/v1beta2`, "DevMachineTemplate", "in-memory-worker"),
            },
          ],
        },
      },
    },
  );
}

export interface TopologyOptions {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly controlPlanes?: number;
  readonly workers?: number;
}

/** A cluster with a topology, as a person would write it: with comments and a style of its own. */
export function topologyCluster({ namespace, name, version, controlPlanes = 1, workers = 1 }: TopologyOptions): string {
  return `# Owner: team-platform
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  clusterNetwork:
    services: { cidrBlocks: ["10.128.0.0/12"] }
    pods:     { cidrBlocks: ["192.168.0.0/16"] }
  topology:
    classRef:
      name: in-memory
    version: ${version}   # keep in step with the node images
    controlPlane: { replicas: ${controlPlanes} }
    workers:
      machineDeployments:
      - class: default-worker
        name: md-0
        replicas: ${workers}
`;
}

/** The same in the older contract version. */
export function topologyClusterV1beta1(options: TopologyOptions): string {
  return topologyCluster(options)
    .replace("cluster.x-k8s.io/v1beta2", "cluster.x-k8s.io/v1beta1")
    .replace("classRef:\n      name: in-memory", "class: in-memory");
}

export interface PlainOptions {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly controlPlanes?: number;
  readonly workers?: number;
}

/** Files of a cluster without a topology: control plane, pools `a` and `b`, machine templates that name their image. */
export function plainCluster({ namespace, name, version, controlPlanes = 3, workers = 1 }: PlainOptions): Readonly<Record<string, string>> {
  const template = (templateName: string): Manifest => ({
    apiVersion: `${infrastructure}/v1beta2`,
    kind: "DevMachineTemplate",
    metadata: { name: templateName, namespace },
    // In-memory machines have no image; the annotation stands in for one.
    spec: { template: { metadata: { annotations: { "example.com/image": `kindest/node:${version}` } }, spec: { backend: inMemory() } } },
  });
  const reference = (kind: string, objectName: string, apiGroup: string): Manifest => ({ apiGroup, kind, name: objectName });
  const pool = (suffix: string): string =>
    yaml(
      template(`${name}-pool-${suffix}`),
      {
        apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
        kind: "KubeadmConfigTemplate",
        metadata: { name: `${name}-pool-${suffix}`, namespace },
        spec: {
          template: { spec: { joinConfiguration: { nodeRegistration: { criSocket: "unix:///var/run/containerd/containerd.sock" } } } },
        },
      },
      {
        apiVersion: "cluster.x-k8s.io/v1beta2",
        kind: "MachineDeployment",
        metadata: { name: `${name}-pool-${suffix}`, namespace },
        spec: {
          clusterName: name,
          replicas: workers,
          selector: { matchLabels: { pool: suffix } },
          template: {
            metadata: { labels: { pool: suffix } },
            spec: {
              clusterName: name,
              version,
              bootstrap: { configRef: reference("KubeadmConfigTemplate", `${name}-pool-${suffix}`, "bootstrap.cluster.x-k8s.io") },
              infrastructureRef: reference("DevMachineTemplate", `${name}-pool-${suffix}`, infrastructure),
            },
          },
        },
      },
    );
  return {
    "control-plane.yaml": yaml(
      {
        apiVersion: "cluster.x-k8s.io/v1beta2",
        kind: "Cluster",
        metadata: { name, namespace },
        spec: {
          clusterNetwork: network,
          controlPlaneRef: reference("KubeadmControlPlane", `${name}-cp`, "controlplane.cluster.x-k8s.io"),
          infrastructureRef: reference("DevCluster", name, infrastructure),
        },
      },
      {
        apiVersion: `${infrastructure}/v1beta2`,
        kind: "DevCluster",
        // The provider's controller panics on a DevCluster without any annotation (v1.14.0).
        metadata: { name, namespace, annotations: { "example.com/note": "not empty" } },
        spec: { backend: { inMemory: {} } },
      },
      template(`${name}-cp`),
      {
        apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
        kind: "KubeadmControlPlane",
        metadata: { name: `${name}-cp`, namespace },
        spec: {
          replicas: controlPlanes,
          version,
          machineTemplate: { spec: { infrastructureRef: reference("DevMachineTemplate", `${name}-cp`, infrastructure) } },
          kubeadmConfigSpec: { clusterConfiguration: { apiServer: { certSANs: ["localhost", "127.0.0.1"] } } },
        },
      },
    ),
    "pool-a.yaml": pool("a"),
    "pool-b.yaml": pool("b"),
  };
}
