/** What is asked of a real management cluster (testing/record.ts), and of the webhooks here: expected answers are the real ones. */
export interface Sample {
  readonly kind: keyof typeof plurals;
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of a new object. */
  readonly spec?: object;
  /** Merge patch (RFC 7386) of one of the live objects; null: deletion. */
  readonly patch?: object | null;
}

/** Group/version and plural. */
export const plurals = {
  Cluster: "cluster.x-k8s.io/v1beta2/clusters",
  ClusterClass: "cluster.x-k8s.io/v1beta2/clusterclasses",
  DevCluster: "infrastructure.cluster.x-k8s.io/v1beta2/devclusters",
  DevClusterTemplate: "infrastructure.cluster.x-k8s.io/v1beta2/devclustertemplates",
  DevMachine: "infrastructure.cluster.x-k8s.io/v1beta2/devmachines",
  DevMachineTemplate: "infrastructure.cluster.x-k8s.io/v1beta2/devmachinetemplates",
  KubeadmConfig: "bootstrap.cluster.x-k8s.io/v1beta2/kubeadmconfigs",
  KubeadmConfigTemplate: "bootstrap.cluster.x-k8s.io/v1beta2/kubeadmconfigtemplates",
  KubeadmControlPlane: "controlplane.cluster.x-k8s.io/v1beta2/kubeadmcontrolplanes",
  KubeadmControlPlaneTemplate: "controlplane.cluster.x-k8s.io/v1beta2/kubeadmcontrolplanetemplates",
  Machine: "cluster.x-k8s.io/v1beta2/machines",
  MachineDeployment: "cluster.x-k8s.io/v1beta2/machinedeployments",
  MachineHealthCheck: "cluster.x-k8s.io/v1beta2/machinehealthchecks",
  MachinePool: "cluster.x-k8s.io/v1beta2/machinepools",
  MachineSet: "cluster.x-k8s.io/v1beta2/machinesets",
} as const;

const infrastructureRef = { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "machines" };
const machine = { clusterName: "a", version: "1.34.0", bootstrap: { dataSecretName: "x" }, infrastructureRef };
const template = { metadata: { labels: { pool: "x" } }, spec: machine };
const workers = { clusterName: "a", selector: { matchLabels: { pool: "x" } }, template };
const wrongWorkers = {
  ...workers,
  machineNaming: { template: "{{ .cluster.name }}" },
  template: { metadata: { labels: { pool: "other" } }, spec: { ...machine, clusterName: "b", version: "1.34", bootstrap: {} } },
};
const controlPlane = { version: "1.34.0", machineTemplate: { spec: { infrastructureRef } }, kubeadmConfigSpec: { format: "cloud-config" } };
const rollingUpdate = (values: object): object => ({ strategy: { type: "RollingUpdate", rollingUpdate: values } });
const surge = (maxSurge: unknown): object => ({ strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge } } });
const external = { etcd: { external: { endpoints: ["https://a:1"], caFile: "a", certFile: "b", keyFile: "c" } } };
const reference = (group: string, kind: string, name: string): object => ({
  templateRef: { apiVersion: `${group}.cluster.x-k8s.io/v1beta2`, kind, name },
});
const sizes = {
  "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size": "3",
  "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size": "5",
};
const machinesClass = {
  class: "w",
  bootstrap: reference("bootstrap", "KubeadmConfigTemplate", "config"),
  infrastructure: reference("infrastructure", "DevMachineTemplate", "machines"),
};
const classSpec = {
  infrastructure: reference("infrastructure", "DevClusterTemplate", "cluster"),
  controlPlane: {
    ...reference("controlplane", "KubeadmControlPlaneTemplate", "control-plane"),
    machineInfrastructure: reference("infrastructure", "DevMachineTemplate", "machines"),
  },
  workers: { machineDeployments: [machinesClass, { ...machinesClass, class: "unused" }] },
};
const variables = [
  { name: "size", required: true, schema: { openAPIV3Schema: { type: "integer", maximum: 5 } } },
  { name: "color", required: false, schema: { openAPIV3Schema: { type: "string", default: "red", enum: ["red", "blue"] } } },
  {
    name: "shape",
    required: false,
    schema: { openAPIV3Schema: { type: "object", properties: { a: { type: "string", default: "z" }, b: { type: "integer" } } } },
  },
];
const inMemory = { inMemory: { vm: { provisioning: { startupDuration: "1s", startupJitter: "0" } } } };
const ofClass = (topology: object, name = "class"): object => ({ topology: { classRef: { name }, version: "v1.34.0", ...topology } });
const size = { name: "size", value: 3 };
const pool = { class: "w", name: "pool" };
const concurrency = (value: string): Readonly<Record<string, string>> => ({ "topology.cluster.x-k8s.io/upgrade-concurrency": value });
const skipped = (value: string): Readonly<Record<string, string>> => ({ "machineset.cluster.x-k8s.io/skip-preflight-checks": value });
const networks = (pods: string[], services: string[]): object => ({
  clusterNetwork: { pods: { cidrBlocks: pods }, services: { cidrBlocks: services } },
  infrastructureRef,
});

export const liveObjects: readonly Sample[] = [
  { kind: "DevMachineTemplate", name: "machines", spec: { template: { spec: { backend: inMemory } } } },
  { kind: "DevClusterTemplate", name: "cluster", spec: { template: { spec: { backend: { inMemory: {} } } } } },
  { kind: "KubeadmConfigTemplate", name: "config", spec: { template: { spec: { files: [{ path: "/a", content: "x" }] } } } },
  {
    kind: "KubeadmControlPlaneTemplate",
    name: "control-plane",
    spec: { template: { spec: { kubeadmConfigSpec: { files: [{ path: "/a", content: "x" }] } } } },
  },
  { kind: "ClusterClass", name: "class", spec: { ...classSpec, variables } },
  { kind: "ClusterClass", name: "planned", spec: { ...classSpec, kubernetesVersions: ["v1.33.0", "v1.34.0", "v1.35.0"] } },
  { kind: "Cluster", name: "topology", spec: ofClass({ variables: [size], workers: { machineDeployments: [pool] } }) },
  { kind: "Cluster", name: "chained", spec: ofClass({ workers: { machineDeployments: [pool] } }, "planned") },
  { kind: "Cluster", name: "plain", spec: { infrastructureRef, controlPlaneRef: infrastructureRef } },
  { kind: "KubeadmControlPlane", name: "live", spec: controlPlane },
  { kind: "MachineDeployment", name: "live", spec: { ...workers, replicas: 4 } },
  { kind: "MachineSet", name: "live", spec: workers },
  { kind: "Machine", name: "live", spec: machine },
  { kind: "MachineHealthCheck", name: "live", spec: { clusterName: "a", selector: { matchLabels: { x: "y" } } } },
  { kind: "DevMachine", name: "live", spec: { backend: { docker: { customImage: "a" } } } },
];

export const samples: readonly Sample[] = [
  { kind: "MachineDeployment", name: "new", spec: workers },
  { kind: "MachineDeployment", name: "new", spec: { ...workers, selector: {} } },
  { kind: "MachineDeployment", name: "new", annotations: skipped("Foo, All, Bar"), spec: wrongWorkers },
  { kind: "MachineDeployment", name: "new", annotations: skipped("All, KubeadmVersionSkew"), spec: workers },
  { kind: "MachineDeployment", name: "new", spec: { ...workers, rollout: rollingUpdate({ maxSurge: 0, maxUnavailable: 0 }) } },
  { kind: "MachineDeployment", name: "new", spec: { ...workers, rollout: rollingUpdate({ maxSurge: 0 }) } },
  { kind: "MachineDeployment", name: "new", spec: { ...workers, rollout: rollingUpdate({ maxSurge: "0%", maxUnavailable: "0%" }) } },
  { kind: "MachineDeployment", name: "new", spec: { ...workers, rollout: rollingUpdate({ maxSurge: "abc", maxUnavailable: "a%" }) } },
  { kind: "MachineDeployment", name: "new", spec: { ...workers, rollout: { strategy: { type: "OnDelete" } } } },
  { kind: "MachineDeployment", name: "new", spec: { ...workers, remediation: { maxInFlight: "5" } } },
  { kind: "MachineDeployment", name: "new", annotations: sizes, spec: workers },
  { kind: "MachineDeployment", name: "new", annotations: { ...sizes, [Object.keys(sizes)[0]!]: "x" }, spec: workers },
  { kind: "MachineDeployment", name: "live", patch: { metadata: { annotations: sizes }, spec: { replicas: null } } },
  { kind: "MachineDeployment", name: "live", patch: { spec: { replicas: null } } },
  { kind: "MachineDeployment", name: "live", patch: { spec: { clusterName: "b" } } },
  { kind: "MachineDeployment", name: "live", patch: { spec: { template: { spec: { version: "v1.30.0" } } } } },
  {
    kind: "MachineDeployment",
    name: "new",
    spec: {
      ...workers,
      selector: {
        matchLabels: { pool: "y" },
        matchExpressions: [
          { key: "a", operator: "In", values: ["c", "b"] },
          { key: "z", operator: "Exists" },
        ],
      },
    },
  },
  { kind: "MachineSet", name: "new", spec: workers },
  { kind: "MachineSet", name: "new", spec: { ...workers, selector: {} } },
  { kind: "MachineSet", name: "new", annotations: skipped("Foo"), spec: wrongWorkers },
  { kind: "MachineSet", name: "live", patch: { spec: { clusterName: "b" } } },
  { kind: "MachinePool", name: "new", spec: { clusterName: "a", template: { spec: machine } } },
  { kind: "MachinePool", name: "new", spec: { clusterName: "b", template: { spec: { ...machine, bootstrap: {}, version: "1" } } } },
  { kind: "Machine", name: "new", spec: machine },
  { kind: "Machine", name: "new", spec: { ...machine, version: "1.34", bootstrap: {} } },
  {
    kind: "Machine",
    name: "new",
    spec: { ...machine, version: "v1.34.0-rc.1+build.5", taints: [{ key: "a", effect: "NoSchedule", propagation: "Always" }] },
  },
  { kind: "Machine", name: "new", spec: { ...machine, version: "v1.034.0" } },
  { kind: "Machine", name: "live", patch: { spec: { clusterName: "b" } } },
  { kind: "Machine", name: "live", patch: { metadata: { labels: { "cluster.x-k8s.io/cluster-name": "other" } } } },
  { kind: "MachineHealthCheck", name: "new", spec: { clusterName: "a", selector: { matchLabels: { x: "y" } } } },
  {
    kind: "MachineHealthCheck",
    name: "new",
    spec: {
      clusterName: "a",
      selector: { matchLabels: { "cluster.x-k8s.io/cluster-name": "b" } },
      checks: { nodeStartupTimeoutSeconds: 29 },
      remediation: { triggerIf: { unhealthyLessThanOrEqualTo: "x" } },
    },
  },
  {
    kind: "MachineHealthCheck",
    name: "new",
    spec: {
      clusterName: "a",
      selector: { matchLabels: { x: "y" } },
      checks: { nodeStartupTimeoutSeconds: 0 },
      remediation: { triggerIf: { unhealthyLessThanOrEqualTo: "50%" } },
    },
  },
  { kind: "MachineHealthCheck", name: "live", patch: { spec: { clusterName: "b" } } },
  { kind: "KubeadmControlPlane", name: "new", spec: controlPlane },
  { kind: "KubeadmControlPlane", name: "new", spec: { ...controlPlane, replicas: 2, version: "1.34" } },
  {
    kind: "KubeadmControlPlane",
    name: "new",
    spec: { ...controlPlane, replicas: 2, kubeadmConfigSpec: { clusterConfiguration: external } },
  },
  { kind: "KubeadmControlPlane", name: "new", spec: { ...controlPlane, replicas: 1, rollout: surge(0) } },
  { kind: "KubeadmControlPlane", name: "new", spec: { ...controlPlane, replicas: 3, rollout: surge(0) } },
  { kind: "KubeadmControlPlane", name: "new", spec: { ...controlPlane, replicas: 3, rollout: surge(2) } },
  { kind: "KubeadmControlPlane", name: "new", spec: { ...controlPlane, machineNaming: { template: "{{ .cluster.name }}" } } },
  { kind: "KubeadmControlPlane", name: "new", spec: { ...controlPlane, kubeadmConfigSpec: { format: "ignition" } } },
  {
    kind: "KubeadmControlPlane",
    name: "new",
    spec: {
      ...controlPlane,
      rollout: { before: { certificatesExpiryDays: 100 } },
      kubeadmConfigSpec: { clusterConfiguration: { certificateValidityPeriodDays: 100, caCertificateValidityPeriodDays: 90 } },
    },
  },
  {
    kind: "KubeadmControlPlane",
    name: "new",
    spec: {
      ...controlPlane,
      kubeadmConfigSpec: {
        initConfiguration: { timeouts: { controlPlaneComponentHealthCheckSeconds: 5 } },
        clusterConfiguration: { dns: { imageTag: "v1!" }, etcd: { local: { imageTag: "v1!" } } },
      },
    },
  },
  { kind: "KubeadmControlPlane", name: "live", patch: { spec: { version: "v1.36.0" } } },
  { kind: "KubeadmControlPlane", name: "live", patch: { spec: { version: "v1.30.0" } } },
  { kind: "KubeadmControlPlane", name: "live", patch: { spec: { version: "1.35.9", replicas: 3 } } },
  { kind: "KubeadmControlPlane", name: "live", patch: { spec: { replicas: 0 } } },
  { kind: "KubeadmControlPlane", name: "live", patch: { spec: { replicas: 2 } } },
  {
    kind: "KubeadmControlPlane",
    name: "live",
    patch: { spec: { kubeadmConfigSpec: { clusterConfiguration: { controlPlaneEndpoint: "b:1" } } } },
  },
  { kind: "KubeadmControlPlane", name: "live", patch: { spec: { kubeadmConfigSpec: { clusterConfiguration: external } } } },
  {
    kind: "KubeadmControlPlane",
    name: "live",
    patch: { spec: { kubeadmConfigSpec: { clusterConfiguration: { apiServer: { certSANs: ["a"] } } } } },
  },
  {
    kind: "KubeadmControlPlane",
    name: "live",
    patch: { spec: { machineTemplate: { spec: { deletion: { nodeDrainTimeoutSeconds: 5 } } } } },
  },
  { kind: "KubeadmControlPlaneTemplate", name: "new", spec: { template: { spec: { kubeadmConfigSpec: { format: "ignition" } } } } },
  {
    kind: "KubeadmControlPlaneTemplate",
    name: "new",
    spec: { template: { spec: { kubeadmConfigSpec: { format: "cloud-config" }, rollout: surge(2) } } },
  },
  {
    kind: "KubeadmControlPlaneTemplate",
    name: "control-plane",
    patch: { spec: { template: { spec: { kubeadmConfigSpec: { format: "cloud-config" } } } } },
  },
  {
    kind: "KubeadmControlPlaneTemplate",
    name: "control-plane",
    patch: { spec: { template: { spec: { kubeadmConfigSpec: { verbosity: 5 } } } } },
  },
  {
    kind: "KubeadmConfig",
    name: "new",
    spec: {
      files: [
        { path: "/a", content: "x" },
        { path: "/a", content: "y" },
      ],
    },
  },
  {
    kind: "KubeadmConfig",
    name: "new",
    spec: {
      files: [{ path: "/a", content: "x", contentFrom: { secret: { name: "n", key: "k" } } }],
      users: [{ name: "u", passwd: "x", passwdFrom: { secret: { name: "n", key: "k" } } }],
    },
  },
  { kind: "KubeadmConfigTemplate", name: "config", patch: { spec: { template: { spec: { verbosity: 3 } } } } },
  { kind: "DevMachineTemplate", name: "new", spec: { template: { spec: { backend: {} } } } },
  {
    kind: "DevMachineTemplate",
    name: "machines",
    patch: { spec: { template: { spec: { backend: { inMemory: { vm: { provisioning: { startupDuration: "2s" } } } } } } } },
  },
  {
    kind: "DevMachineTemplate",
    name: "machines",
    patch: {
      metadata: { annotations: { "topology.cluster.x-k8s.io/dry-run": "" } },
      spec: { template: { spec: { backend: { inMemory: { vm: { provisioning: { startupDuration: "2s" } } } } } } },
    },
  },
  {
    kind: "DevClusterTemplate",
    name: "cluster",
    patch: { spec: { template: { spec: { controlPlaneEndpoint: { host: "a", port: 1 } } } } },
  },
  { kind: "DevCluster", name: "new", spec: { backend: {} } },
  { kind: "DevCluster", name: "new", spec: { backend: { inMemory: {} } } },
  { kind: "DevMachine", name: "new", spec: { backend: {} } },
  { kind: "DevMachine", name: "live", patch: { spec: { backend: { docker: { customImage: "b" } } } } },
  { kind: "Cluster", name: "new", annotations: concurrency("0"), spec: ofClass({ version: "1.34" }, "nope") },
  { kind: "Cluster", name: "new", annotations: concurrency("x"), spec: ofClass({ version: "abc" }, "nope") },
  { kind: "Cluster", name: "new", spec: { paused: true } },
  { kind: "Cluster", name: "new", spec: networks(["10.0.0.0/33"], ["fd00::/64", "x"]) },
  { kind: "Cluster", name: "new", spec: networks(["10.0.0.0/8"], ["fd00::/64"]) },
  { kind: "Cluster", name: "new", spec: ofClass({ variables: [{ name: "size", value: 9 }] }) },
  {
    kind: "Cluster",
    name: "new",
    spec: ofClass({
      variables: [
        { name: "size", value: "a" },
        { name: "color", value: "green" },
      ],
    }),
  },
  { kind: "Cluster", name: "new", spec: ofClass({ variables: [size, { name: "foo", value: 1 }] }) },
  { kind: "Cluster", name: "new", spec: ofClass({ variables: [size, { name: "shape", value: { c: 1 } }] }) },
  { kind: "Cluster", name: "new", spec: ofClass({}) },
  { kind: "Cluster", name: "new", spec: ofClass({ variables: [size, { name: "shape", value: { b: 1 } }] }) },
  {
    kind: "Cluster",
    name: "new",
    spec: ofClass({
      variables: [size],
      workers: {
        machineDeployments: [
          { ...pool, variables: { overrides: [{ name: "shape", value: {} }] } },
          { ...pool, name: "b", variables: { overrides: [{ name: "size", value: 6 }] } },
        ],
      },
    }),
  },
  {
    kind: "Cluster",
    name: "new",
    spec: ofClass({
      variables: [size],
      workers: {
        machineDeployments: [
          { class: "none", name: "a" },
          { ...pool, replicas: 0, metadata: { annotations: sizes } },
          { ...pool, name: "b", rollout: rollingUpdate({ maxSurge: 0, maxUnavailable: 0 }), healthCheck: { enabled: true } },
          { ...pool, name: "c", healthCheck: { checks: { nodeStartupTimeoutSeconds: 5 }, remediation: { maxInFlight: "x" } } },
        ],
      },
    }),
  },
  { kind: "Cluster", name: "new", spec: ofClass({ version: "1.34.1" }, "planned") },
  { kind: "Cluster", name: "topology", patch: { spec: { topology: { version: "v1.33.0" } } } },
  { kind: "Cluster", name: "topology", patch: { spec: { topology: { version: "v1.36.0" } } } },
  { kind: "Cluster", name: "topology", patch: { spec: { topology: { version: "v1.35.0" } } } },
  { kind: "Cluster", name: "topology", patch: { spec: { topology: { version: "vabc" } } } },
  {
    kind: "Cluster",
    name: "topology",
    patch: {
      metadata: { annotations: { "runtime.cluster.x-k8s.io/pending-hooks": "AfterClusterUpgrade" } },
      spec: { topology: { version: "v1.35.0" } },
    },
  },
  {
    kind: "Cluster",
    name: "topology",
    patch: {
      metadata: { annotations: { "unsafe.topology.cluster.x-k8s.io/disable-update-version-check": "" } },
      spec: { topology: { version: "v1.30.0" } },
    },
  },
  { kind: "Cluster", name: "topology", patch: { spec: { topology: { classRef: { name: "nope" } } } } },
  { kind: "Cluster", name: "topology", patch: { spec: { topology: null } } },
  { kind: "Cluster", name: "chained", patch: { spec: { topology: { version: "v1.36.0" } } } },
  { kind: "Cluster", name: "plain", patch: { spec: { infrastructureRef: null } } },
  { kind: "Cluster", name: "plain", patch: { spec: { controlPlaneRef: null } } },
  { kind: "Cluster", name: "plain", patch: { spec: ofClass({ variables: [size] }) } },
  {
    kind: "ClusterClass",
    name: "new",
    spec: { ...classSpec, kubernetesVersions: ["v1.32.0", "v1.31.0", "v1.34.1", "v1.34.1+a", "v1.34.1+b"] },
  },
  { kind: "ClusterClass", name: "new", spec: { ...classSpec, kubernetesVersions: ["v1.32.0", "v1.32.0", "v1.33.0"] } },
  { kind: "ClusterClass", name: "planned", patch: { spec: { kubernetesVersions: ["v1.35.0"] } } },
  { kind: "ClusterClass", name: "planned", patch: { spec: { infrastructure: reference("infrastructure", "DockerClusterTemplate", "x") } } },
  { kind: "ClusterClass", name: "planned", patch: { spec: { workers: { machineDeployments: [{ ...machinesClass, class: "unused" }] } } } },
  { kind: "ClusterClass", name: "planned", patch: { spec: { workers: { machineDeployments: [machinesClass] } } } },
  { kind: "ClusterClass", name: "class", patch: null },
  // The schema asks for a type, but after the webhook has filled it in.
  { kind: "MachineDeployment", name: "new", spec: { ...workers, rollout: { strategy: { rollingUpdate: { maxSurge: 2 } } } } },
  { kind: "KubeadmControlPlane", name: "new", spec: { ...controlPlane, rollout: { strategy: { rollingUpdate: { maxSurge: 1 } } } } },
];
