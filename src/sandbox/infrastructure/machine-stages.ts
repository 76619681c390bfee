import type { ConditionState } from "../conditions/condition.ts";

/** How far an infrastructure machine is. */
export interface MachineProgress {
  /** What it waits for before it begins. */
  readonly waitsFor?: "ClusterInfrastructureReady" | "ControlPlaneInitialized" | "BootstrapData";
  readonly isProvisioned: boolean;
  /** Its Node is there. */
  readonly isNode: boolean;
  /** etcd and the API server of a control plane are up. */
  readonly isServing: boolean;
  /** It will never get further, and why. */
  readonly failure?: string;
}

export interface Stages {
  /** The types that Ready stands for, in their order. */
  readonly summary: readonly string[];
  readonly states: readonly ConditionState[];
}

/** Of the in-memory provider (test/infrastructure/docker backends/inmemory): VM, then the Node, then etcd and the API server. */
export function inMemoryStages(progress: MachineProgress, isControlPlane: boolean): Stages {
  const { waitsFor, isProvisioned, isNode, isServing, failure } = progress;
  const waits = {
    ClusterInfrastructureReady: "WaitingForClusterInfrastructureReady",
    ControlPlaneInitialized: "WaitingForControlPlaneInitialized",
    BootstrapData: "WaitingForBootstrapData",
  };
  const vm = waitsFor === undefined ? "WaitingForStartupTimeout" : waits[waitsFor];
  const next = !isProvisioned ? "WaitingForVMProvisioned" : isNode ? "WaitingForStartupTimeout" : "WaitingForNodeProvisioned";
  const servers = isControlPlane ? ["EtcdProvisioned", "APIServerProvisioned"].map((type) => state(type, isServing, next)) : [];
  const states = [
    state("VMProvisioned", isProvisioned, vm, isProvisioned ? undefined : failure),
    state(
      "NodeProvisioned",
      isNode,
      isProvisioned ? "WaitingForStartupTimeout" : "WaitingForVMProvisioned",
      isProvisioned ? failure : undefined,
    ),
    ...servers,
  ];
  return { summary: states.map(({ type }) => type), states };
}

/** Of the Docker provider (backends/docker): the container, what it needs, then kubeadm in it. */
export function dockerStages(progress: MachineProgress, container: string): Stages {
  const { waitsFor, isProvisioned, isServing, failure } = progress;
  const failed = isProvisioned && failure !== undefined;
  const running = { type: "BootstrapCompleted", status: "False", reason: "NotReady", message: "Running bootstrap commands" } as const;
  const states: readonly ConditionState[] =
    waitsFor !== undefined
      ? [{ type: "ContainerProvisioned", status: "False", reason: `WaitingFor${waitsFor}` }]
      : isProvisioned
        ? [{ type: "ContainerProvisioned", status: "True", reason: "Provisioned" }]
        : [
            {
              type: "ContainerProvisioned",
              status: "False",
              reason: "NotProvisioned",
              message: failure ?? `Creating container ${container}`,
            },
          ];
  const after = ["CGroupsReady", "PreLoadedImagesReady"].map((type): ConditionState =>
    isProvisioned ? { type, status: "True", reason: "Ready" } : { type, status: "False", reason: "WaitingForContainer" },
  );
  const bootstrap: ConditionState = !isProvisioned
    ? { type: "BootstrapCompleted", status: "False", reason: "WaitingForContainer" }
    : isServing
      ? { type: "BootstrapCompleted", status: "True", reason: "Completed" }
      : failed
        ? { type: "BootstrapCompleted", status: "False", reason: "Failed", message: failure }
        : running;
  return {
    summary: ["CGroupsReady", "ContainerProvisioned", "PreLoadedImagesReady", "BootstrapCompleted"],
    states: [...states, ...after, bootstrap],
  };
}

function state(type: string, isDone: boolean, waiting: string, failure?: string): ConditionState {
  if (isDone) return { type, status: "True", reason: "Provisioned" };
  return failure === undefined
    ? { type, status: "False", reason: waiting }
    : { type, status: "False", reason: "InternalError", message: failure };
}
