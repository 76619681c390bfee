import type { StoredObject } from "../store/stored-object.ts";
import { forbiddenField } from "./field-faults.ts";
import { clusterNameLabel, withFields, withLabel } from "./filled-in.ts";
import { bootstrapFaults, clusterNameFaults, machineVersionFaults, withVersion, type MachineSpec } from "./machine-spec.ts";
import type { Webhook } from "./webhook.ts";

/** Schemas have made sure of the shape. */
function specOf(object: StoredObject): MachineSpec & { readonly clusterName: string } {
  return object["spec"] as MachineSpec & { readonly clusterName: string };
}

export const machineWebhook: Webhook = {
  name: "machine.cluster.x-k8s.io",
  fill({ object }) {
    const spec = withVersion(specOf(object));
    const nodeDeletionTimeoutSeconds = spec.deletion?.nodeDeletionTimeoutSeconds ?? 10;
    const deletion = withFields(spec.deletion ?? {}, { nodeDeletionTimeoutSeconds });
    return withFields(withLabel(object, clusterNameLabel, spec.clusterName), { spec: withFields(spec, { deletion }) });
  },
  faults({ object, previous }) {
    const spec = specOf(object);
    // Machines of a pool have their bootstrap data from the pool.
    const isOfPool = object.metadata.labels?.["cluster.x-k8s.io/pool-name"] !== undefined;
    return [
      ...(isOfPool ? [] : bootstrapFaults("spec", spec)),
      ...clusterNameFaults(previous === undefined ? undefined : specOf(previous), spec),
      ...machineVersionFaults("spec", spec),
      ...((spec.taints ?? []).length === 0
        ? []
        : [forbiddenField("spec.taints", "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled")]),
    ];
  },
};
