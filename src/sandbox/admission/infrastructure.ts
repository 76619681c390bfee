import { forbiddenField, invalidField } from "./field-faults.ts";
import { withFields } from "./filled-in.ts";
import { withBackend, withEndpoint } from "./templates.ts";
import type { Webhook } from "./webhook.ts";

type MachineSpec = Parameters<typeof withBackend>[0];
type ClusterSpec = Parameters<typeof withEndpoint>[0];

export const devClusterWebhook: Webhook = {
  name: "devcluster.infrastructure.cluster.x-k8s.io",
  // Schemas have made sure of the shapes.
  fill: ({ object }) => withFields(object, { spec: withEndpoint((object["spec"] ?? {}) as ClusterSpec) }),
  faults({ object }) {
    const domains = ((object["spec"] ?? {}) as ClusterSpec).backend?.docker?.failureDomains ?? [];
    const isSorted = domains.every(({ name }, index) => index === 0 || domains[index - 1]!.name <= name);
    return isSorted ? [] : [invalidField("spec.backend.docker.failureDomains", domains, "failure domains must be sorted by name")];
  },
};

export const devMachineWebhook: Webhook = {
  name: "devmachine.infrastructure.cluster.x-k8s.io",
  fill: ({ object }) => withFields(object, { spec: withBackend((object["spec"] ?? {}) as MachineSpec) }),
  faults({ object, previous }) {
    const after = ((object["spec"] ?? {}) as MachineSpec).backend?.docker;
    const before = ((previous?.["spec"] ?? {}) as MachineSpec).backend?.docker;
    if (before === undefined || after === undefined || before.customImage === after.customImage) return [];
    return [forbiddenField("spec.backend.docker.customImage", "cannot be modified")];
  },
};
