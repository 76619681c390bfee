import type { Condition } from "../../conditions/condition.ts";
import type { LegacyCondition } from "../../conditions/legacy-condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { MachineTemplate } from "../machine-set/machine-objects.ts";

export const machinePoolKey = "MachinePool.cluster.x-k8s.io";

export interface NodeReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface MachinePool extends StoredObject {
  readonly spec: {
    readonly clusterName: string;
    readonly replicas?: number;
    readonly template: MachineTemplate;
    readonly providerIDList?: readonly string[];
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly phase?: string;
    readonly replicas?: number;
    readonly observedGeneration?: number;
    readonly initialization?: { readonly bootstrapDataSecretCreated?: boolean; readonly infrastructureProvisioned?: boolean };
    readonly nodeRefs?: readonly NodeReference[];
    readonly deprecated?: { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[]; readonly readyReplicas?: number } };
  };
}

/** What the contract says about the bootstrap config and the infrastructure machine pool that a MachinePool names. */
export interface PoolProvider extends StoredObject {
  readonly spec?: { readonly providerIDList?: readonly string[] };
  readonly status?: {
    readonly ready?: boolean;
    readonly replicas?: number;
    readonly dataSecretName?: string;
    readonly initialization?: { readonly provisioned?: boolean; readonly dataSecretCreated?: boolean };
  };
}
