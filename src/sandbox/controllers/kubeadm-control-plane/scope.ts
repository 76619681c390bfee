import {
  findCondition,
  getCondition,
  setCondition,
  setConditions,
  type Condition,
  type ConditionState,
} from "../../conditions/condition.ts";
import {
  legacyConditionsOf,
  setLegacyCondition,
  type LegacyCondition,
  type LegacyConditionState,
} from "../../conditions/legacy-condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { ObjectKey } from "../controller-runtime.ts";
import type { Environment, WorkloadCluster } from "../environment.ts";
import {
  managers,
  typeKeys,
  type Cluster,
  type KubeadmConfig,
  type KubeadmControlPlane,
  type Machine,
  type Node,
} from "./cluster-objects.ts";

/** What a pass ends with: when to look again; undefined: go on with the next step. */
export type Requeue = { readonly requeueAfterMilliseconds: number } | undefined;

export interface PreflightResults {
  hasDeletingMachine: boolean;
  componentsNotHealthy: boolean;
  etcdNotHealthy: boolean;
  topologyVersionMismatch: boolean;
  certificateMissing: boolean;
}

/** What one pass knows of a control plane, and what it is going to write into its status; made once at its beginning, filled in by the steps. */
export interface Scope {
  readonly environment: Environment;
  readonly kcp: KubeadmControlPlane;
  readonly cluster: Cluster;
  readonly clusterKey: ObjectKey;
  /** RFC 3339, seconds. */
  readonly time: string;
  readonly now: number;
  readonly stackedEtcd: boolean;
  /** By name; each as it was written last. */
  machines: readonly Machine[];
  /** By Machine name. */
  readonly kubeadmConfigs: ReadonlyMap<string, KubeadmConfig>;
  readonly infrastructureMachines: ReadonlyMap<string, StoredObject>;
  /** Why a machine is not up to date, by its name, for those that are not. */
  readonly outdated: ReadonlyMap<string, readonly string[]>;
  /** Nodes of the machines, by Machine name; as long as they were not looked at: none. */
  nodes: ReadonlyMap<string, Node>;
  /** Machine names; undefined: not known. */
  etcdMembers: readonly string[] | undefined;
  membersMatchMachines: boolean;
  templateIsMissing: boolean;
  readonly preflight: PreflightResults;
  deleting: { readonly reason: string; readonly message: string } | undefined;
  /** Value of the annotation that says that a remediation waits for its new machine. */
  remediationInProgress: string | undefined;
  conditions: readonly Condition[];
  legacyConditions: readonly LegacyCondition[];
  isInitialized: boolean;
  /** No pass before that, although something wakes this one. */
  deferUntil: number;
}

export const noPreflightResults: Readonly<PreflightResults> = {
  hasDeletingMachine: false,
  componentsNotHealthy: false,
  etcdNotHealthy: false,
  topologyVersionMismatch: false,
  certificateMissing: false,
};

export function report(scope: Scope, state: ConditionState): void {
  scope.conditions = setCondition(scope.conditions, state, scope.time, scope.kcp.metadata.generation ?? 1);
}

export function reportLegacy(scope: Scope, state: LegacyConditionState): void {
  scope.legacyConditions = setLegacyCondition(scope.legacyConditions, state, scope.time);
}

export function reportedCondition(scope: Scope, type: string): Condition | undefined {
  return findCondition(scope.conditions, type);
}

/** The workload cluster, if its API server answers. */
export function connectedWorkload({ environment, clusterKey }: Pick<Scope, "environment" | "clusterKey">): WorkloadCluster | undefined {
  const workload = environment.workloads.get(clusterKey);
  return workload?.reachable === true ? workload : undefined;
}

export function isUpToDate(scope: Scope, machine: Machine): boolean {
  return !scope.outdated.has(machine.metadata.name);
}

export function replaceMachine(scope: Scope, machine: StoredObject): void {
  // Only machines of this scope come back from its own writes.
  const replacement = machine as Machine;
  scope.machines = scope.machines.map((each) => (each.metadata.name === machine.metadata.name ? replacement : each));
}

/** Sets conditions of a machine; writes only what changes. */
export function writeMachineConditions(
  scope: Scope,
  machine: Machine,
  states: readonly ConditionState[],
  legacyStates: readonly LegacyConditionState[],
): void {
  const conditions = setConditions(machine.status?.conditions, states, scope.time, machine.metadata.generation ?? 1);
  const legacyConditions = legacyStates.reduce<readonly LegacyCondition[]>(
    (all, state) => setLegacyCondition(all, state, scope.time),
    legacyConditionsOf(machine),
  );
  writeMachineStatus(scope, machine, conditions, legacyConditions);
}

export function writeMachineStatus(
  scope: Scope,
  machine: Machine,
  conditions: readonly Condition[],
  legacyConditions: readonly LegacyCondition[],
): void {
  const before = machine.status?.conditions;
  const legacyBefore = machine.status?.deprecated?.v1beta1?.conditions;
  const isSame = conditions === before || (before === undefined && conditions.length === 0);
  const isLegacySame = legacyConditions === legacyBefore || (legacyBefore === undefined && legacyConditions.length === 0);
  if (isSame && isLegacySame) return;
  const { environment } = scope;
  const { namespace, name } = machine.metadata;
  const legacy = machine.status?.deprecated?.v1beta1;
  const status = {
    ...machine.status,
    conditions,
    ...(legacyConditions.length === 0 && legacy === undefined
      ? {}
      : { deprecated: { v1beta1: { ...legacy, conditions: legacyConditions } } }),
  };
  const written = environment.objects.modify(environment.type(typeKeys.machine), namespace, name, (live) => ({ ...live, status }), {
    manager: managers.others,
    subresource: "status",
  });
  replaceMachine(scope, written);
}

export function isTrue(object: StoredObject, type: string): boolean {
  return getCondition(object, type)?.status === "True";
}

export function isFalse(object: StoredObject, type: string): boolean {
  return getCondition(object, type)?.status === "False";
}
