import type { ClusterObject, ContractObject, MachineObject } from "../../infrastructure/infrastructure-objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Environment, WorkloadCluster } from "../environment.ts";

/** Everything that one pass over a Machine looks at, and what it finds out. */
export interface MachineScope {
  readonly environment: Environment;
  readonly cluster: ClusterObject;
  machine: MachineObject;
  readonly bootstrapConfig: ContractObject | undefined;
  readonly infrastructure: ContractObject | undefined;
  /** Undefined while nobody answers there. */
  readonly workload: WorkloadCluster | undefined;
  node: StoredObject | undefined;
  /** Why it is not gone yet. */
  deleting: { readonly reason: string; readonly message: string } | undefined;
  /** Timers of the deletion: `status.deletion`. */
  deletion: Readonly<Record<string, string>> | undefined;
  requeueAfterMilliseconds: number | undefined;
}

export function lookAgainAfter(scope: MachineScope, milliseconds: number): void {
  scope.requeueAfterMilliseconds = Math.min(scope.requeueAfterMilliseconds ?? Number.POSITIVE_INFINITY, milliseconds);
}

/** The bootstrap config, which a Machine may do without. */
export function bootstrapReference({ spec }: MachineObject): MachineObject["spec"]["infrastructureRef"] | undefined {
  return spec.bootstrap?.configRef;
}
