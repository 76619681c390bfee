import type { Condition, ConditionStatus } from "../../conditions/condition.ts";
import type { LegacyCondition } from "../../conditions/legacy-condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { LabelSelector } from "../../../label-selector.ts";
import type { CountOrPercent } from "../machine-set/machine-objects.ts";

export const healthCheckKey = "MachineHealthCheck.cluster.x-k8s.io";

/** A condition that is a sign of ill health once it has had that status for that long. */
export interface UnhealthyCondition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly timeoutSeconds?: number;
}

export interface MachineHealthCheck extends StoredObject {
  readonly spec: {
    readonly clusterName: string;
    readonly selector: LabelSelector;
    readonly checks?: {
      /** Default 600; 0 turns the check off. */
      readonly nodeStartupTimeoutSeconds?: number;
      readonly unhealthyNodeConditions?: readonly UnhealthyCondition[];
      readonly unhealthyMachineConditions?: readonly UnhealthyCondition[];
    };
    readonly remediation?: {
      readonly triggerIf?: {
        /** Default 100%. */
        readonly unhealthyLessThanOrEqualTo?: CountOrPercent;
        /** `[3-5]`. */
        readonly unhealthyInRange?: string;
      };
    };
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly observedGeneration?: number;
    readonly expectedMachines?: number;
    readonly currentHealthy?: number;
    readonly remediationsAllowed?: number;
    readonly targets?: readonly string[];
    readonly deprecated?: { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } };
  };
}
