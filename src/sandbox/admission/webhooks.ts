import { deniedByWebhook, invalid, ApiStatusError, type StatusCause } from "../api/api-status-error.ts";
import type { AdmissionRequest, ObjectRules } from "../api/objects.ts";
import type { TypeKey } from "../store/object-store.ts";
import { clusterClassWebhook } from "./cluster-class-webhook.ts";
import { clusterWebhook } from "./cluster-webhook.ts";
import { devClusterWebhook, devMachineWebhook } from "./infrastructure.ts";
import { kubeadmConfigTemplateWebhook, kubeadmConfigWebhook } from "./kubeadm-config.ts";
import { kubeadmControlPlaneTemplateWebhook } from "./kubeadm-control-plane-template.ts";
import { kubeadmControlPlaneWebhook } from "./kubeadm-control-plane.ts";
import { machineHealthCheckWebhook } from "./machine-health-check.ts";
import { machineWebhook } from "./machine-webhook.ts";
import {
  devClusterTemplateWebhook,
  devMachineTemplateWebhook,
  dockerClusterTemplateWebhook,
  dockerMachineTemplateWebhook,
} from "./templates.ts";
import type { Surroundings, Webhook, WebhookRequest } from "./webhook.ts";
import { machineDeploymentWebhook, machinePoolWebhook, machineSetWebhook } from "./worker-machines.ts";

const webhooks: ReadonlyMap<TypeKey, Webhook> = new Map([
  ["Cluster.cluster.x-k8s.io", clusterWebhook],
  ["ClusterClass.cluster.x-k8s.io", clusterClassWebhook],
  ["DevCluster.infrastructure.cluster.x-k8s.io", devClusterWebhook],
  ["DevClusterTemplate.infrastructure.cluster.x-k8s.io", devClusterTemplateWebhook],
  ["DevMachine.infrastructure.cluster.x-k8s.io", devMachineWebhook],
  ["DevMachineTemplate.infrastructure.cluster.x-k8s.io", devMachineTemplateWebhook],
  ["DockerClusterTemplate.infrastructure.cluster.x-k8s.io", dockerClusterTemplateWebhook],
  ["DockerMachineTemplate.infrastructure.cluster.x-k8s.io", dockerMachineTemplateWebhook],
  ["KubeadmConfig.bootstrap.cluster.x-k8s.io", kubeadmConfigWebhook],
  ["KubeadmConfigTemplate.bootstrap.cluster.x-k8s.io", kubeadmConfigTemplateWebhook],
  ["KubeadmControlPlane.controlplane.cluster.x-k8s.io", kubeadmControlPlaneWebhook],
  ["KubeadmControlPlaneTemplate.controlplane.cluster.x-k8s.io", kubeadmControlPlaneTemplateWebhook],
  ["Machine.cluster.x-k8s.io", machineWebhook],
  ["MachineDeployment.cluster.x-k8s.io", machineDeploymentWebhook],
  ["MachineHealthCheck.cluster.x-k8s.io", machineHealthCheckWebhook],
  ["MachinePool.cluster.x-k8s.io", machinePoolWebhook],
  ["MachineSet.cluster.x-k8s.io", machineSetWebhook],
]);

interface ClusterApiWebhooks {
  readonly mutate: NonNullable<ObjectRules["mutate"]>;
  readonly validate: NonNullable<ObjectRules["validate"]>;
}

/** The admission webhooks of Cluster API v1.14 and of its kubeadm and in-memory providers: defaults and refusals, in the words of the real ones. */
export function clusterApiWebhooks(surroundings: Surroundings): ClusterApiWebhooks {
  return {
    mutate(request) {
      if (!isWrite(request)) return request.object!;
      const webhook = webhooks.get(request.type.key);
      if (webhook?.fill === undefined || isAsBefore(request)) return request.object;
      const { fill } = webhook;
      return inTheNameOf(`default.${webhook.name}`, () => fill(request, surroundings));
    },
    validate(request) {
      if (request.subresource !== undefined) return;
      const webhook = webhooks.get(request.type.key);
      if (webhook === undefined) return;
      inTheNameOf(`validation.${webhook.name}`, () => {
        if (request.operation === "delete") webhook.refuseDeletion?.(request.previous!, surroundings);
        if (!isWrite(request) || webhook.faults === undefined || isAsBefore(request)) return;
        const faults = distinct(webhook.faults(request, surroundings));
        if (faults.length > 0)
          throw invalid({ ...request.type, group: webhook.group ?? request.type.group }, request.object.metadata.name, faults);
      });
    },
  };
}

/** The same fault of a field is told once. */
function distinct(faults: readonly StatusCause[]): readonly StatusCause[] {
  return faults.filter(
    (fault, index) => faults.findIndex((each) => each.field === fault.field && each.message === fault.message) === index,
  );
}

function isWrite(request: AdmissionRequest): request is WebhookRequest {
  return request.object !== undefined && request.subresource === undefined && request.operation !== "delete";
}

/** Most writes of controllers are of status or finalizers: nothing that a webhook looks at is new. */
function isAsBefore({ object, previous }: WebhookRequest): boolean {
  return (
    previous !== undefined &&
    object["spec"] === previous["spec"] &&
    object.metadata.annotations === previous.metadata.annotations &&
    object.metadata.labels === previous.metadata.labels
  );
}

function inTheNameOf<T>(webhook: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ApiStatusError ? deniedByWebhook(webhook, error) : error;
  }
}
