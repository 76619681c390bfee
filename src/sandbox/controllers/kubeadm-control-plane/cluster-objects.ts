import type { Condition } from "../../conditions/condition.ts";
import type { LegacyCondition } from "../../conditions/legacy-condition.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";

/** The fields of Cluster API's objects (v1beta2) that this controller reads. */
export interface ContractReference {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

interface ConditionedStatus {
  readonly conditions?: readonly Condition[];
  readonly deprecated?: { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } & JsonMap };
  readonly observedGeneration?: number;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface NodeRegistration {
  readonly taints?: readonly Taint[];
}

export interface KubeadmConfigSpec {
  readonly clusterConfiguration?: {
    readonly etcd?: { readonly external?: JsonMap; readonly local?: JsonMap };
    readonly dns?: { readonly imageRepository?: string; readonly imageTag?: string };
    readonly featureGates?: Readonly<Record<string, boolean>>;
    readonly imageRepository?: string;
    readonly controlPlaneEndpoint?: string;
  };
  readonly initConfiguration?: {
    readonly nodeRegistration?: NodeRegistration;
    readonly localAPIEndpoint?: JsonMap;
    readonly timeouts?: JsonMap;
    readonly patches?: JsonMap;
    readonly skipPhases?: readonly string[];
  };
  readonly joinConfiguration?: {
    readonly nodeRegistration?: NodeRegistration;
    readonly controlPlane?: { readonly localAPIEndpoint?: JsonMap };
    readonly discovery?: JsonMap;
    readonly timeouts?: JsonMap;
    readonly caCertPath?: string;
  };
}

export interface KubeadmControlPlane extends StoredObject {
  readonly spec: {
    readonly replicas?: number;
    readonly version: string;
    readonly kubeadmConfigSpec?: KubeadmConfigSpec;
    readonly machineTemplate: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
      readonly spec: {
        readonly infrastructureRef: ContractReference;
        readonly deletion?: JsonMap;
        readonly taints?: readonly Taint[];
        readonly readinessGates?: readonly ReadinessGate[];
      };
    };
    readonly machineNaming?: { readonly template?: string };
    readonly rollout?: {
      readonly before?: { readonly certificatesExpiryDays?: number };
      readonly after?: string;
      readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: number | string } };
    };
    readonly remediation?: {
      readonly maxRetry?: number;
      readonly retryPeriodSeconds?: number;
      readonly minHealthyPeriodSeconds?: number;
    };
  };
  readonly status?: ConditionedStatus & {
    readonly initialization?: { readonly controlPlaneInitialized?: boolean };
    readonly versions?: readonly unknown[];
  };
}

export interface ReadinessGate {
  readonly conditionType: string;
  readonly polarity?: string;
}

export interface Machine extends StoredObject {
  readonly spec: {
    readonly clusterName: string;
    readonly version?: string;
    readonly failureDomain?: string;
    readonly providerID?: string;
    readonly bootstrap: { readonly configRef?: ContractReference };
    readonly infrastructureRef: ContractReference;
    readonly deletion?: JsonMap;
    readonly taints?: readonly Taint[];
    readonly readinessGates?: readonly ReadinessGate[];
  };
  readonly status?: ConditionedStatus & {
    readonly nodeRef?: { readonly name: string };
    readonly nodeInfo?: { readonly kubeletVersion?: string };
    readonly certificatesExpiryDate?: string;
    readonly deletion?: { readonly nodeDrainStartTime?: string };
  };
}

export interface Cluster extends StoredObject {
  readonly spec: {
    readonly paused?: boolean;
    readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number };
    readonly controlPlaneRef?: ContractReference;
    readonly topology?: { readonly version: string };
  };
  readonly status?: {
    readonly initialization?: { readonly infrastructureProvisioned?: boolean };
    readonly failureDomains?: readonly { readonly name: string; readonly controlPlane?: boolean }[];
  };
}

export interface KubeadmConfig extends StoredObject {
  readonly spec: KubeadmConfigSpec;
}

/** Of the workload cluster. */
export interface Node extends StoredObject {
  readonly spec?: { readonly taints?: readonly Taint[]; readonly providerID?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Of the workload cluster: a control plane component. */
export interface StaticPod extends StoredObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly waiting?: { readonly reason?: string }; readonly terminated?: { readonly reason?: string } };
      readonly lastState?: { readonly terminated?: { readonly exitCode?: number } };
    }[];
  };
}

export const typeKeys = {
  cluster: "Cluster.cluster.x-k8s.io",
  machine: "Machine.cluster.x-k8s.io",
  machinePool: "MachinePool.cluster.x-k8s.io",
  controlPlane: "KubeadmControlPlane.controlplane.cluster.x-k8s.io",
  kubeadmConfig: "KubeadmConfig.bootstrap.cluster.x-k8s.io",
  secret: "Secret",
} as const;

export const labelKeys = {
  cluster: "cluster.x-k8s.io/cluster-name",
  controlPlane: "cluster.x-k8s.io/control-plane",
  controlPlaneName: "cluster.x-k8s.io/control-plane-name",
  controlPlaneNode: "node-role.kubernetes.io/control-plane",
} as const;

export const annotationKeys = {
  paused: "cluster.x-k8s.io/paused",
  clonedFromName: "cluster.x-k8s.io/cloned-from-name",
  clonedFromGroupKind: "cluster.x-k8s.io/cloned-from-groupkind",
  deleteMachine: "cluster.x-k8s.io/delete-machine",
  remediateMachine: "cluster.x-k8s.io/remediate-machine",
  upgradeStep: "topology.internal.cluster.x-k8s.io/upgrade-step",
  preTerminateHooks: "pre-terminate.delete.hook.machine.cluster.x-k8s.io",
  cleanupHook: "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup",
  remediationInProgress: "controlplane.cluster.x-k8s.io/remediation-in-progress",
  remediationFor: "controlplane.cluster.x-k8s.io/remediation-for",
  certificatesExpiry: "machine.cluster.x-k8s.io/certificates-expiry",
  skipCoreDns: "controlplane.cluster.x-k8s.io/skip-coredns",
  skipKubeProxy: "controlplane.cluster.x-k8s.io/skip-kube-proxy",
} as const;

export const finalizer = "kubeadm.controlplane.cluster.x-k8s.io";

/** Field managers: of Machines, of labels and annotations that reach their objects in place, and of everything that the real one patches. */
export const managers = {
  machines: "capi-kubeadmcontrolplane",
  metadata: "capi-kubeadmcontrolplane-metadata",
  others: "manager",
} as const;

export const healthConditions = {
  node: "NodeKubeadmLabelsAndTaintsSet",
  apiServer: "APIServerPodHealthy",
  controllerManager: "ControllerManagerPodHealthy",
  scheduler: "SchedulerPodHealthy",
  etcdPod: "EtcdPodHealthy",
  etcdMember: "EtcdMemberHealthy",
} as const;

export function isDeleting({ metadata }: StoredObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function nodeNameOf(machine: Machine): string | undefined {
  return machine.status?.nodeRef?.name;
}

/** Is etcd on the machines themselves? */
export function hasStackedEtcd(kcp: KubeadmControlPlane): boolean {
  const external = kcp.spec.kubeadmConfigSpec?.clusterConfiguration?.etcd?.external;
  return external === undefined || Object.keys(external).length === 0;
}

export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Oldest first; of one second: by name. */
export function byAge(one: StoredObject, other: StoredObject): number {
  return (
    compareText(one.metadata.creationTimestamp ?? "", other.metadata.creationTimestamp ?? "") ||
    compareText(one.metadata.name, other.metadata.name)
  );
}

/** `a, b, c, ... (2 more)` */
export function shortList(names: readonly string[], shown: number): string {
  return names.length <= shown ? names.join(", ") : `${names.slice(0, shown).join(", ")}, ... (${names.length - shown} more)`;
}
