import type { Environment } from "../environment.ts";
import type { Cluster, Machine, MachineDeployment, MachineSet } from "../machine-set/machine-objects.ts";

/** What one pass over a MachineDeployment knows. */
export interface MachineDeploymentScope {
  readonly environment: Environment;
  readonly cluster: Cluster;
  readonly now: number;
  deployment: MachineDeployment;
  machineSets: readonly MachineSet[];
  readonly machines: readonly Machine[];
  isBootstrapTemplateMissing: boolean;
  isInfrastructureTemplateMissing: boolean;
  /** The current MachineSet and all of them after this pass: what v1beta1's status counts. Undefined: the pass did not get so far. */
  rolledOut: { readonly current: MachineSet | undefined; readonly all: readonly MachineSet[] } | undefined;
}
