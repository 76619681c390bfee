import type { KubeadmConfigSpec } from "./kubeadm-config.ts";
import { clusterConfigurationFaults, kubeadmConfigFaults, withFormerDefaults } from "./kubeadm-config.ts";
import { namingFaults, rolloutAndValidityFaults, taintFaults, type ControlPlaneRollout } from "./kubeadm-control-plane.ts";
import { immutableFaults } from "./templates.ts";
import type { Webhook } from "./webhook.ts";

interface Spec {
  readonly kubeadmConfigSpec?: KubeadmConfigSpec;
  readonly rollout?: ControlPlaneRollout;
  readonly machineNaming?: { readonly template?: string };
  readonly machineTemplate?: { readonly spec?: { readonly taints?: readonly unknown[] } };
}

const path = "spec.template.spec";

export const kubeadmControlPlaneTemplateWebhook: Webhook = {
  name: "kubeadmcontrolplanetemplate.controlplane.cluster.x-k8s.io",
  group: "cluster.x-k8s.io",
  faults({ object, previous }) {
    if (previous !== undefined) {
      return immutableFaults({ object, previous }, { compared: withDefaults, advice: "Please create new resource instead" });
    }
    // Schemas have made sure of the shape.
    const {
      kubeadmConfigSpec = {},
      rollout,
      machineNaming,
      machineTemplate,
    } = (object["spec"] as { readonly template: { readonly spec?: Spec } }).template.spec ?? {};
    return [
      ...rolloutAndValidityFaults(path, { rollout, replicas: undefined, kubeadmConfigSpec }),
      ...namingFaults(`${path}.machineNaming`, machineNaming),
      ...taintFaults(`${path}.machineTemplate.spec.taints`, machineTemplate?.spec?.taints),
      ...clusterConfigurationFaults(`${path}.kubeadmConfigSpec.clusterConfiguration`, undefined, kubeadmConfigSpec),
      ...kubeadmConfigFaults(`${path}.kubeadmConfigSpec`, kubeadmConfigSpec, "control plane"),
    ];
  },
};

/** Fields that older webhooks filled in may be left out. */
function withDefaults(spec: Spec): Spec {
  return { ...spec, kubeadmConfigSpec: withFormerDefaults(spec.kubeadmConfigSpec ?? {}) };
}
