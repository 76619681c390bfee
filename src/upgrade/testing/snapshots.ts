import type { ImageCatalog } from "../machine-images.ts";
import type { ReleaseImage } from "../policy/release.ts";
import type {
  ClusterSnapshot,
  ConditionSnapshot,
  ControlPlaneSnapshot,
  FieldOwner,
  MachineSnapshot,
  MachineTemplateSnapshot,
  ObjectReference,
  PoolSnapshot,
  TopologySnapshot,
  VariableScope,
  VariableText,
  WorkloadSnapshot,
} from "../cluster-snapshot.ts";

/** Hand-made snapshots for tests: a healthy, settled cluster, of which a test changes what it is about. */

export const NAMESPACE = "demo";
/** 2026-01-02T03:04:05Z */
export const OBSERVED_AT = 1_767_323_045_000;

const CLUSTER = "cluster.x-k8s.io";
const CONTROL_PLANE = "controlplane.cluster.x-k8s.io";
const INFRASTRUCTURE = "infrastructure.cluster.x-k8s.io";

export interface PoolOptions {
  readonly name?: string;
  readonly kind?: PoolSnapshot["kind"];
  /** Undefined: as the cluster. */
  readonly version?: string;
  readonly replicas?: number;
  /** Image pins of its template: `kindest/node:v1.34.0`. */
  readonly images?: readonly string[];
  /** What has changed since it was settled; its machines have not. */
  readonly overrides?: Partial<PoolSnapshot>;
}

export interface ClusterOptions {
  readonly name?: string;
  readonly version?: string;
  readonly controlPlanes?: number;
  readonly pools?: readonly PoolOptions[];
  readonly images?: readonly string[];
  /** What has changed since it was settled; its machines have not. */
  readonly controlPlane?: Partial<ControlPlaneSnapshot>;
  readonly overrides?: Partial<ClusterSnapshot>;
}

export interface TopologyOptions extends ClusterOptions {
  readonly topology?: Partial<TopologySnapshot>;
}

export function reference(kind: string, name: string): ObjectReference {
  const group = kind.endsWith("ControlPlane")
    ? CONTROL_PLANE
    : /^(Cluster|Machine|MachineDeployment|MachinePool)$/.test(kind)
      ? CLUSTER
      : INFRASTRUCTURE;
  return { group, kind, namespace: NAMESPACE, name };
}

export function condition(type: string, status: ConditionSnapshot["status"], reason: string, message = ""): ConditionSnapshot {
  return { type, status, reason, message, since: OBSERVED_AT };
}

export function fieldOwner(manager: string, operation: FieldOwner["operation"] = "Update", at = OBSERVED_AT): FieldOwner {
  return { manager, operation, at };
}

export function machineTemplate(name: string, images: readonly string[] = []): MachineTemplateSnapshot {
  const texts = images.map((value, index) => ({
    path: ["spec", "template", "spec", index === 0 ? "customImage" : `image${index}`],
    value,
  }));
  const versionPins = texts.flatMap((text) => {
    const version = /v1\.\d+\.\d+(-rc\.\d)?/.exec(text.value)?.[0];
    return version === undefined ? [] : [{ ...text, version }];
  });
  return { ref: reference("DockerMachineTemplate", name), found: true, versionPins, texts };
}

/** Texts of a ClusterClass's variables: `osImage` is the cluster's, `cp/osImage` the control plane's, `md-0/osImage` a pool's; `osImage/id` is in its value. */
export function variableTexts(values: Readonly<Record<string, string>>): readonly VariableText[] {
  return Object.entries(values).map(([key, value]) => {
    const [, owner, variable = "", inner] = /^(?:([a-z0-9-]+)\/)?([a-z]+[A-Z][A-Za-z]*)(?:\/(.*))?$/.exec(key) ?? [];
    const of: VariableScope =
      owner === undefined
        ? { kind: "cluster" }
        : owner === "cp"
          ? { kind: "control-plane" }
          : { kind: "MachineDeployment", name: owner, className: `class-of-${owner}` };
    return { variable, of, path: inner?.split("/") ?? [], value, versions: /v1\.\d+\.\d+/.exec(value) ?? [] };
  });
}

/** A ReleaseCatalog with images for DockerMachineTemplates, by version. */
export function imageCatalog(
  images: Readonly<Record<string, readonly (string | Omit<ReleaseImage, "templateKind">)[]>>,
  { mustExist = [] }: Partial<Pick<ImageCatalog, "mustExist">> = {},
): ImageCatalog {
  const releases = Object.entries(images).map(([version, each]) => ({
    version,
    images: each.map((image) => ({ templateKind: "DockerMachineTemplate", ...(typeof image === "string" ? { image } : image) })),
    missingImages: each.length > 0 ? [] : mustExist.map((templateKind) => ({ templateKind, why: "no source tells of one" })),
  }));
  return { name: "ReleaseCatalog default", releases, mustExist };
}

export function machine(name: string, version: string, overrides: Partial<MachineSnapshot> = {}): MachineSnapshot {
  return {
    ref: reference("Machine", name),
    uid: `uid-${name}`,
    role: "worker",
    pool: undefined,
    machineSet: undefined,
    createdAt: OBSERVED_AT - 86_400_000,
    deletingSince: undefined,
    version,
    phase: "Running",
    ready: true,
    upToDate: true,
    nodeName: `node-${name}`,
    kubeletVersion: version,
    template: undefined,
    conditions: [],
    ...overrides,
  };
}

export function reachable(
  machines: readonly MachineSnapshot[],
  apiServerVersion?: string,
): Extract<WorkloadSnapshot, { state: "reachable" }> {
  return {
    state: "reachable",
    apiServerVersion,
    nodes: machines.flatMap(({ nodeName, kubeletVersion }) =>
      nodeName === undefined || kubeletVersion === undefined ? [] : [{ name: nodeName, ready: true, unschedulable: false, kubeletVersion }],
    ),
    workloads: undefined,
  };
}

function counts(desired: number): PoolSnapshot["replicas"] {
  return { desired, current: desired, ready: desired, available: desired, upToDate: desired };
}

function controlPlaneOf(
  name: string,
  version: string,
  replicas: number,
  images: readonly string[],
  topologyOwned: boolean,
): ControlPlaneSnapshot {
  return {
    ref: reference("KubeadmControlPlane", `${name}-cp`),
    generation: 1,
    observedGeneration: 1,
    deleting: false,
    paused: false,
    topologyOwned,
    version,
    reportedVersion: version,
    versions: [{ version, replicas }],
    versionOwners: [topologyOwned ? fieldOwner("capi-topology", "Apply") : fieldOwner("applier", "Apply")],
    initialized: true,
    replicas: counts(replicas),
    machineTemplate: machineTemplate(`${name}-cp`, images),
    maxSurge: 1,
    conditions: [
      condition("Available", "True", "Available"),
      condition("EtcdClusterHealthy", "True", "Healthy"),
      condition("ControlPlaneComponentsHealthy", "True", "Healthy"),
    ],
  };
}

function poolOf(cluster: string, clusterVersion: string, options: PoolOptions, topologyOwned: boolean): PoolSnapshot {
  const { name = "md-0", kind = "MachineDeployment", version = clusterVersion, replicas = 2, images = [] } = options;
  const fullName = topologyOwned ? `${cluster}-${name}` : name;
  return {
    ref: reference(kind, fullName),
    kind,
    topologyName: topologyOwned ? name : undefined,
    createdAt: OBSERVED_AT - 86_400_000,
    generation: 1,
    observedGeneration: 1,
    deleting: false,
    paused: false,
    heldBy: undefined,
    version,
    versions: [{ version, replicas }],
    versionOwners: [topologyOwned ? fieldOwner("capi-topology", "Apply") : fieldOwner("applier", "Apply")],
    replicas: counts(replicas),
    machineTemplate: machineTemplate(fullName, images),
    strategy: "RollingUpdate",
    maxSurge: "1",
    maxUnavailable: "0",
    conditions: [],
  };
}

function machinesOf(controlPlane: ControlPlaneSnapshot, pools: readonly PoolSnapshot[]): readonly MachineSnapshot[] {
  const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
  return [
    ...range(controlPlane.replicas.desired).map((index) =>
      machine(`${controlPlane.ref.name}-${index}`, controlPlane.version ?? "", {
        role: "control-plane",
        template: controlPlane.machineTemplate?.ref.name,
      }),
    ),
    ...pools.flatMap((pool) =>
      range(pool.replicas.desired).map((index) =>
        machine(`${pool.ref.name}-${index}`, pool.version ?? "", {
          pool: pool.ref.name,
          machineSet: pool.kind === "MachineDeployment" ? `${pool.ref.name}-set` : undefined,
          template: pool.machineTemplate?.ref.name,
        }),
      ),
    ),
  ];
}

/** A settled cluster without a topology; one control plane machine set of three and one pool of two, all at v1.34.0, unless told otherwise. */
export function plainCluster(options: ClusterOptions = {}): ClusterSnapshot {
  return clusterOf(options, undefined);
}

/** A settled cluster of ClusterClass quick-start; as `plainCluster` else. */
export function topologyCluster(options: TopologyOptions = {}): ClusterSnapshot {
  const { version = "v1.34.0", pools = [{}], topology } = options;
  return clusterOf(options, {
    className: "quick-start",
    version,
    versionOwners: [fieldOwner("applier", "Apply")],
    classVersions: undefined,
    controlPlaneUpgradePlan: [],
    workersUpgradePlan: [],
    upgradeMarked: false,
    pools: pools.map(({ name = "md-0", kind = "MachineDeployment" }) => ({ name, kind, deferUpgrade: false, holdUpgradeSequence: false })),
    variables: [],
    ...topology,
  });
}

function clusterOf(options: ClusterOptions, topology: TopologySnapshot | undefined): ClusterSnapshot {
  const { name = "c1", version = "v1.34.0", controlPlanes = 3, images = [], overrides } = options;
  const owned = topology !== undefined;
  const controlPlane = controlPlaneOf(name, version, controlPlanes, images, owned);
  const pools = (options.pools ?? [{}]).map((pool) => ({ settled: poolOf(name, version, pool, owned), overrides: pool.overrides }));
  // Machines are those of the settled cluster: what a test overrides is what changed since.
  const machines = machinesOf(
    controlPlane,
    pools.map(({ settled }) => settled),
  );
  return {
    observedAt: OBSERVED_AT,
    ref: reference("Cluster", name),
    uid: `uid-${name}`,
    deleting: false,
    paused: false,
    generation: 1,
    observedGeneration: 1,
    topology,
    controlPlane: { ...controlPlane, ...options.controlPlane },
    pools: pools.map(({ settled, overrides }) => ({ ...settled, ...overrides })),
    machines,
    workload: reachable(machines),
    conditions: topology === undefined ? [] : [condition("TopologyReconciled", "True", "ReconcileSucceeded")],
    delivery: { engine: "none" },
    gaps: [],
    ...overrides,
  };
}
