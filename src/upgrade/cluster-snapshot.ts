/**
 * One consistent look at a Cluster API cluster: everything that a decision may depend on, nothing that came from a clock or a guess.
 *
 * Both Cluster API contract versions are normalised before this point (in `cluster-api/`); nothing that reads a snapshot knows which it was.
 * All versions are the strings that were observed (`v1.35.2`); all times are epoch milliseconds, UTC. `undefined` means "not observed",
 * and the reason is among `gaps`.
 */
export interface ClusterSnapshot {
  readonly observedAt: number;
  readonly ref: ObjectReference;
  readonly uid: string;
  readonly deleting: boolean;
  /** True when `spec.paused` or the annotation `cluster.x-k8s.io/paused` is set: Cluster API does nothing to this cluster. */
  readonly paused: boolean;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  /** Present if and only if the cluster is managed by a ClusterClass topology. */
  readonly topology: TopologySnapshot | undefined;
  readonly controlPlane: ControlPlaneSnapshot | undefined;
  /** In the order in which Cluster API upgrades them: `topology.workers` order, else by creation time and name. */
  readonly pools: readonly PoolSnapshot[];
  /** Every Machine of the cluster, also those that are being deleted; oldest first. */
  readonly machines: readonly MachineSnapshot[];
  readonly workload: WorkloadSnapshot;
  readonly conditions: readonly ConditionSnapshot[];
  /** Who applies the Cluster object, as far as its labels, annotations and field managers tell. */
  readonly delivery: Delivery;
  /** What could not be read, and why: missing permissions, absent kinds, objects that do not exist yet. Never an error by itself. */
  readonly gaps: readonly SnapshotGap[];
}

export interface ObjectReference {
  /** API group without version: `cluster.x-k8s.io`. */
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface TopologySnapshot {
  readonly className: string;
  /** `spec.topology.version`: what the owner declared. */
  readonly version: string;
  readonly versionOwners: readonly FieldOwner[];
  /** `ClusterClass.spec.kubernetesVersions`, ascending; undefined where the class lists none (then one minor at a time). */
  readonly classVersions: readonly string[] | undefined;
  /** Versions that Cluster API will still step the control plane and the workers through (`status.*.upgradePlan`). */
  readonly controlPlaneUpgradePlan: readonly string[];
  readonly workersUpgradePlan: readonly string[];
  /**
   * The Cluster has the topology controller's own marks of an upgrade: the pending hook `AfterClusterUpgrade`, with which the webhook refuses every new version, or the
   * annotation `upgrade-step`, which goes last. Cluster API 1.14 says `TopologyReconciled` before it takes them away, and may put the hook back in between
   * (`core/reconcilers/topology/cluster/reconcile_state.go`: what it wants of the Cluster is computed before the hook is called).
   */
  readonly upgradeMarked: boolean;
  readonly pools: readonly TopologyPool[];
  /** Every text in the values of the ClusterClass's variables: of the cluster, of its control plane, of its pools in their order. */
  readonly variables: readonly VariableText[];
}

/** A text in the value that a Cluster gives a variable of its ClusterClass. */
export interface VariableText {
  readonly variable: string;
  readonly of: VariableScope;
  /** Path within the value: `["id"]`; empty where the value itself is the text. */
  readonly path: readonly (string | number)[];
  /** The whole text: `ami-0a1b2c`. */
  readonly value: string;
  /** Kubernetes versions that it names. */
  readonly versions: readonly string[];
}

/** Whose value it is: the cluster's, or one that stands in its place for the control plane or for one pool (`variables.overrides`). */
export type VariableScope =
  | { readonly kind: "cluster" | "control-plane" }
  | { readonly kind: "MachineDeployment" | "MachinePool"; readonly name: string; readonly className: string };

export interface TopologyPool {
  readonly name: string;
  readonly kind: "MachineDeployment" | "MachinePool";
  /** Annotation `topology.cluster.x-k8s.io/defer-upgrade`. */
  readonly deferUpgrade: boolean;
  /** Annotation `topology.cluster.x-k8s.io/hold-upgrade-sequence`. */
  readonly holdUpgradeSequence: boolean;
}

export interface ReplicaCounts {
  /** `spec.replicas`. */
  readonly desired: number;
  readonly current: number;
  readonly ready: number;
  readonly available: number;
  readonly upToDate: number;
}

/** `[{version, replicas}]` as the controller counts its machines (`status.versions`, Cluster API ≥ 1.14); empty where it does not. */
export interface VersionCount {
  readonly version: string;
  readonly replicas: number;
}

export interface ControlPlaneSnapshot {
  readonly ref: ObjectReference;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly deleting: boolean;
  readonly paused: boolean;
  /** Label `topology.cluster.x-k8s.io/owned`: the topology controller writes this object. */
  readonly topologyOwned: boolean;
  /** `spec.version`; undefined for control planes that have none by contract. */
  readonly version: string | undefined;
  /** `status.version`: the lowest version that its machines run, as the control plane provider says. */
  readonly reportedVersion: string | undefined;
  readonly versions: readonly VersionCount[];
  readonly versionOwners: readonly FieldOwner[];
  readonly initialized: boolean;
  readonly replicas: ReplicaCounts;
  /** Undefined for control planes without machines (managed control planes). */
  readonly machineTemplate: MachineTemplateSnapshot | undefined;
  readonly maxSurge: number | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

export interface PoolSnapshot {
  readonly ref: ObjectReference;
  readonly kind: "MachineDeployment" | "MachinePool";
  /** Name of the entry in `topology.workers`, for pools that the topology owns. */
  readonly topologyName: string | undefined;
  readonly createdAt: number;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly deleting: boolean;
  /** By somebody else than an upgrade of ours: `spec.paused`, or the annotation `cluster.x-k8s.io/paused` with another value than a hold's. */
  readonly paused: boolean;
  /** The upgrade that holds it between machines (`attempt/hold-annotation.ts`). */
  readonly heldBy: string | undefined;
  readonly version: string | undefined;
  readonly versions: readonly VersionCount[];
  readonly versionOwners: readonly FieldOwner[];
  readonly replicas: ReplicaCounts;
  readonly machineTemplate: MachineTemplateSnapshot | undefined;
  readonly strategy: "RollingUpdate" | "OnDelete";
  /** As written: a number or a percentage. */
  readonly maxSurge: string | undefined;
  readonly maxUnavailable: string | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

/** The infrastructure machine template that a control plane or a pool clones its machines from. */
export interface MachineTemplateSnapshot {
  readonly ref: ObjectReference;
  /** False when it is referred to and does not exist. */
  readonly found: boolean;
  /** Fields of the template's spec that name a Kubernetes version (an image, an AMI name…), in path order. */
  readonly versionPins: readonly VersionPin[];
  /** Every text that could say what machines boot, whether it names a version or not (`ami-0a1b2c`), in path order. */
  readonly texts: readonly TemplateText[];
}

/** A text in a machine template. */
export interface TemplateText {
  /** Path from the object's root: `["spec", "template", "spec", "customImage"]`. */
  readonly path: readonly (string | number)[];
  /** The whole value: `kindest/node:v1.34.0`. */
  readonly value: string;
}

export interface VersionPin extends TemplateText {
  /** The version in it: `v1.34.0`. */
  readonly version: string;
}

export interface MachineSnapshot {
  readonly ref: ObjectReference;
  readonly uid: string;
  readonly role: "control-plane" | "worker";
  /** Name of the pool object that it belongs to; undefined for control plane and stand-alone machines. */
  readonly pool: string | undefined;
  /** Name of the MachineSet, for machines of a MachineDeployment. */
  readonly machineSet: string | undefined;
  readonly createdAt: number;
  readonly deletingSince: number | undefined;
  /** `spec.version`: what it was asked to run. */
  readonly version: string | undefined;
  readonly phase: string | undefined;
  readonly ready: boolean | undefined;
  readonly upToDate: boolean | undefined;
  readonly nodeName: string | undefined;
  /** `status.nodeInfo.kubeletVersion` as the Machine reports it. */
  readonly kubeletVersion: string | undefined;
  readonly template: string | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

/** The workload cluster itself: its nodes, its API server, its workloads. */
export type WorkloadSnapshot =
  | {
      readonly state: "reachable";
      /** `GET /version`; undefined where the server has no such endpoint. */
      readonly apiServerVersion: string | undefined;
      readonly nodes: readonly NodeSnapshot[];
      /** Undefined when workloads were not looked at. */
      readonly workloads: readonly WorkloadHealth[] | undefined;
      /** PodDisruptionBudgets; undefined when they were not looked at, or are not shown. */
      readonly budgets?: readonly DisruptionBudget[] | undefined;
    }
  | { readonly state: "unreachable"; readonly message: string }
  | { readonly state: "not-read"; readonly message: string };

export interface NodeSnapshot {
  readonly name: string;
  readonly ready: boolean;
  readonly unschedulable: boolean;
  /** What the kubelet itself reports; the last word on what a machine runs. */
  readonly kubeletVersion: string;
}

/** A PodDisruptionBudget, as its controller last counted: a drain waits while it allows no disruption. */
export interface DisruptionBudget {
  readonly namespace: string;
  readonly name: string;
  /** Pods that may be evicted now. */
  readonly allowed: number;
  /** Pods that it selects. */
  readonly pods: number;
  readonly healthy: number;
  readonly neededHealthy: number;
}

/** A Deployment, StatefulSet or DaemonSet of the workload cluster. */
export interface WorkloadHealth {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly desired: number;
  readonly available: number;
  /** False when no controller has reported on it (no `status.observedGeneration`): then its numbers mean nothing. */
  readonly observed: boolean;
}

export interface ConditionSnapshot {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly since: number | undefined;
}

/** Who wrote a field last, by `metadata.managedFields`. */
export interface FieldOwner {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly at: number | undefined;
}

export type Delivery =
  | { readonly engine: "argo-cd"; readonly application: string }
  | { readonly engine: "flux"; readonly kind: "Kustomization" | "HelmRelease"; readonly namespace: string; readonly name: string }
  | { readonly engine: "none" };

export interface SnapshotGap {
  readonly kind: "forbidden" | "not-found" | "not-served" | "unreachable" | "timeout" | "unreadable";
  /** What was asked for: `machinepools in namespace demo`, `ClusterClass quick-start`. */
  readonly what: string;
  readonly message: string;
}
