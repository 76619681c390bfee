import type { LegacyConditionState } from "../../conditions/legacy-condition.ts";
import type { Environment } from "../environment.ts";
import type { Cluster, Machine, MachineDeployment, MachineSet } from "./machine-objects.ts";

export const machineSetManager = "capi-machineset";
export const machineSetMetadataManager = "capi-machineset-metadata";

/** What one pass over a MachineSet knows; filled in on the way. */
export interface MachineSetScope {
  readonly environment: Environment;
  readonly cluster: Cluster;
  /** The MachineDeployment that the MachineSet belongs to. */
  readonly owner: MachineDeployment | undefined;
  readonly now: number;
  machineSet: MachineSet;
  machines: readonly Machine[];
  isBootstrapTemplateMissing: boolean;
  isInfrastructureTemplateMissing: boolean;
  failedPreflightChecks: readonly string[];
  /** MachinesCreated of v1beta1, where creating machines failed. */
  creationFailure: LegacyConditionState | undefined;
  /** The soonest at which some part wants another look, in milliseconds from now. */
  requeueAfterMilliseconds: number | undefined;
}

export function requeue(scope: MachineSetScope, milliseconds: number): void {
  scope.requeueAfterMilliseconds = Math.min(scope.requeueAfterMilliseconds ?? milliseconds, milliseconds);
}
