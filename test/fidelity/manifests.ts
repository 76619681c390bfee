import type { Manifest } from "./scenario.ts";

const infrastructure = "infrastructure.cluster.x-k8s.io";
const bootstrap = "bootstrap.cluster.x-k8s.io";
const controlPlane = "controlplane.cluster.x-k8s.io";
const network = { pods: { cidrBlocks: ["192.168.0.0/16"] }, services: { cidrBlocks: ["10.128.0.0/12"] } };
const kubeadm = { clusterConfiguration: { apiServer: { certSANs: ["localhost", "127.0.0.1"] } } };
const joinConfiguration = { nodeRegistration: { criSocket: "unix:///var/run/containerd/containerd.sock" } };

/** Starting up without jitter, so that two runs have the same history. */
function backend(startupDuration: string): unknown {
  const after = (duration: string): unknown => ({ provisioning: { startupDuration: duration, startupJitter: "0" } });
  return { inMemory: { vm: after(startupDuration), node: after("0s"), apiServer: after("0s"), etcd: after("0s") } };
}

export function machineTemplate(name: string, startupDuration = "1s"): Manifest {
  return { kind: "DevMachineTemplate", name, spec: { template: { spec: { backend: backend(startupDuration) } } } };
}

export function bootstrapTemplate(name: string): Manifest {
  return { kind: "KubeadmConfigTemplate", name, spec: { template: { spec: { joinConfiguration } } } };
}

/** The ClusterClass `in-memory` of Cluster API's test provider with what it refers to. */
export function clusterClass(kubernetesVersions?: readonly string[], controlPlaneStartup = "1s"): readonly Manifest[] {
  const template = (apiGroup: string, kind: string, name: string): unknown => ({
    templateRef: { apiVersion: `${apiGroup}/v1beta2`, kind, name },
  });
  return [
    { kind: "DevClusterTemplate", name: "in-memory", spec: { template: { spec: { backend: { inMemory: {} } } } } },
    machineTemplate("in-memory-control-plane", controlPlaneStartup),
    machineTemplate("in-memory-worker"),
    { kind: "KubeadmControlPlaneTemplate", name: "in-memory", spec: { template: { spec: { kubeadmConfigSpec: kubeadm } } } },
    bootstrapTemplate("in-memory"),
    {
      kind: "ClusterClass",
      name: "in-memory",
      spec: {
        ...(kubernetesVersions === undefined ? {} : { kubernetesVersions }),
        infrastructure: template(infrastructure, "DevClusterTemplate", "in-memory"),
        controlPlane: {
          ...(template(controlPlane, "KubeadmControlPlaneTemplate", "in-memory") as object),
          machineInfrastructure: template(infrastructure, "DevMachineTemplate", "in-memory-control-plane"),
        },
        workers: {
          machineDeployments: [
            {
              class: "default-worker",
              bootstrap: template(bootstrap, "KubeadmConfigTemplate", "in-memory"),
              infrastructure: template(infrastructure, "DevMachineTemplate", "in-memory-worker"),
            },
          ],
        },
      },
    },
  ];
}

export interface TopologyPool {
  readonly name: string;
  readonly replicas: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The Cluster `demo` with a topology. */
export function topologyCluster(
  version: string,
  controlPlanes: number,
  pools: readonly TopologyPool[],
  annotations?: Readonly<Record<string, string>>,
): Manifest {
  return {
    kind: "Cluster",
    name: "demo",
    ...(annotations === undefined ? {} : { metadata: { annotations } }),
    spec: {
      clusterNetwork: network,
      topology: {
        classRef: { name: "in-memory" },
        version,
        controlPlane: { replicas: controlPlanes },
        workers: {
          machineDeployments: pools.map(({ name, replicas, annotations: ofPool }) => ({
            class: "default-worker",
            name,
            replicas,
            ...(ofPool === undefined ? {} : { metadata: { annotations: ofPool } }),
          })),
        },
      },
    },
  };
}

/** The Cluster `demo` without a topology, and its control plane `demo-cp`. */
export function plainCluster(version: string, controlPlanes: number, more: Readonly<Record<string, unknown>> = {}): readonly Manifest[] {
  return [
    {
      kind: "Cluster",
      name: "demo",
      spec: {
        clusterNetwork: network,
        controlPlaneRef: { apiGroup: controlPlane, kind: "KubeadmControlPlane", name: "demo-cp" },
        infrastructureRef: { apiGroup: infrastructure, kind: "DevCluster", name: "demo" },
      },
    },
    {
      kind: "DevCluster",
      name: "demo",
      // The provider's controller panics on a DevCluster without any annotation (v1.14.0).
      metadata: { annotations: { "example.com/note": "not empty" } },
      spec: { backend: { inMemory: {} } },
    },
    machineTemplate("demo-cp"),
    {
      kind: "KubeadmControlPlane",
      name: "demo-cp",
      spec: {
        replicas: controlPlanes,
        version,
        machineTemplate: { spec: { infrastructureRef: { apiGroup: infrastructure, kind: "DevMachineTemplate", name: "demo-cp" } } },
        kubeadmConfigSpec: kubeadm,
        ...more,
      },
    },
  ];
}

export interface PlainPool {
  readonly name: string;
  readonly version: string;
  readonly replicas: number;
  /** Of the MachineDeployment's spec: `rollout`, `deletion`, `paused`… */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Of its template's spec: `minReadySeconds`… */
  readonly machine?: Readonly<Record<string, unknown>>;
  readonly machineAnnotations?: Readonly<Record<string, string>>;
}

/** The MachineDeployment `demo-<name>` with its templates. */
export function plainPool({ name, version, replicas, more = {}, machine = {}, machineAnnotations }: PlainPool): readonly Manifest[] {
  return [
    machineTemplate(`demo-${name}`),
    bootstrapTemplate(`demo-${name}`),
    {
      kind: "MachineDeployment",
      name: `demo-${name}`,
      spec: {
        clusterName: "demo",
        replicas,
        selector: { matchLabels: { pool: name } },
        template: {
          metadata: { labels: { pool: name }, ...(machineAnnotations === undefined ? {} : { annotations: machineAnnotations }) },
          spec: {
            clusterName: "demo",
            version,
            bootstrap: { configRef: { apiGroup: bootstrap, kind: "KubeadmConfigTemplate", name: `demo-${name}` } },
            infrastructureRef: { apiGroup: infrastructure, kind: "DevMachineTemplate", name: `demo-${name}` },
            ...machine,
          },
        },
        ...more,
      },
    },
  ];
}
