import { timestamp } from "../../api/objects.ts";
import { setLegacyCondition, type LegacyCondition, type LegacyConditionState } from "../../conditions/legacy-condition.ts";
import type {
  ClusterObject,
  ContractObject,
  ContractRef,
  MachineObject,
  MachineStatus,
} from "../../infrastructure/infrastructure-objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Environment, WorkloadCluster } from "../environment.ts";
import type { MachineDeployment, MachineSet } from "../machine-set/machine-objects.ts";

/** Everything that one pass over a Machine looks at, and what it finds out. */
export interface MachineScope {
  readonly environment: Environment;
  readonly cluster: ClusterObject;
  readonly machineSet: MachineSet | undefined;
  /** Of the MachineSet. */
  readonly machineDeployment: MachineDeployment | undefined;
  /** As it is to be written at the end of the pass. */
  machine: MachineObject;
  bootstrapConfig: ContractObject | undefined;
  infrastructure: ContractObject | undefined;
  /** Undefined while nobody answers there. */
  readonly workload: WorkloadCluster | undefined;
  /** While nobody answers: when somebody last did, as far as it was noticed. */
  readonly lastContact: number | undefined;
  node: StoredObject | undefined;
  /** Conditions of v1beta1. */
  legacyConditions: readonly LegacyCondition[];
  /** Why it is not gone yet. */
  deleting: { readonly reason: string; readonly message: string } | undefined;
  requeueAfterMilliseconds: number | undefined;
  /** No other pass before that, whatever happens. */
  restMilliseconds: number | undefined;
}

export function lookAgainAfter(scope: MachineScope, milliseconds: number): void {
  scope.requeueAfterMilliseconds = Math.min(scope.requeueAfterMilliseconds ?? Number.POSITIVE_INFINITY, milliseconds);
}

/** What is slow in the workload cluster is not asked for more often (DeferNextReconcile). */
export function restFor(scope: MachineScope, milliseconds: number): void {
  scope.restMilliseconds = milliseconds;
  lookAgainAfter(scope, milliseconds);
}

/** The bootstrap config, which a Machine may do without. */
export function bootstrapReference({ spec }: MachineObject): ContractRef | undefined {
  return spec.bootstrap?.configRef;
}

export function isDeleting({ metadata }: StoredObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function nowOf({ environment }: MachineScope): string {
  return timestamp(environment.timeline.now());
}

export function changeSpec(scope: MachineScope, change: Partial<MachineObject["spec"]>): void {
  scope.machine = { ...scope.machine, spec: { ...scope.machine.spec, ...change } };
}

export function changeStatus(scope: MachineScope, change: MachineStatus): void {
  scope.machine = { ...scope.machine, status: { ...scope.machine.status, ...change } };
}

export function markLegacy(scope: MachineScope, state: LegacyConditionState): void {
  scope.legacyConditions = setLegacyCondition(scope.legacyConditions, state, nowOf(scope));
}
