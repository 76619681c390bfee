import { sameJson } from "../../store/same-json.ts";
import { typeKey } from "../../api/resource-type.ts";
import type { Random } from "../../engine/random.ts";
import type { GivenObject, OwnerReference, StoredObject } from "../../store/stored-object.ts";
import { ReconcileError } from "../controller-runtime.ts";
import {
  annotationKeys,
  healthConditions,
  isDeleting,
  labelKeys,
  managers,
  typeKeys,
  type KubeadmControlPlane,
  type ReadinessGate,
} from "./cluster-objects.ts";
import { replaceMachine, type Scope } from "./scope.ts";

/** Labels that reach a machine, its configuration and its infrastructure, also later. */
export function machineLabels({ metadata, spec }: KubeadmControlPlane, cluster: string): Readonly<Record<string, string>> {
  return {
    ...spec.machineTemplate.metadata?.labels,
    [labelKeys.cluster]: cluster,
    [labelKeys.controlPlane]: "",
    [labelKeys.controlPlaneName]: metadata.name,
  };
}

export function controllerReference({ apiVersion, kind, metadata }: StoredObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** `<kcp>-<5 random>`, or as spec.machineNaming.template says; at most 63 characters. */
export function machineName(kcp: KubeadmControlPlane, cluster: string, random: Random): string {
  const template = kcp.spec.machineNaming?.template ?? "{{ .kubeadmControlPlane.name }}-{{ .random }}";
  if (!template.includes("{{ .random }}")) {
    throw new ReconcileError(
      "failed to create Machine: failed to compute desired Machine: cannot generate Machine name: {{ .random }} is missing in machineNaming.template",
    );
  }
  const suffix = random.suffix(5);
  const name = template
    .replaceAll("{{ .cluster.name }}", cluster)
    .replaceAll("{{ .kubeadmControlPlane.name }}", kcp.metadata.name)
    .replaceAll("{{ .random }}", suffix);
  return name.length <= 63 ? name : `${name.slice(0, 58)}${suffix}`;
}

export function readinessGates(kcp: KubeadmControlPlane, stackedEtcd: boolean): readonly ReadinessGate[] {
  const { node, apiServer, controllerManager, scheduler, etcdPod, etcdMember } = healthConditions;
  const mandatory: readonly string[] = [node, apiServer, controllerManager, scheduler, ...(stackedEtcd ? [etcdPod, etcdMember] : [])];
  const more = kcp.spec.machineTemplate.spec.readinessGates ?? [];
  return [...mandatory.map((conditionType) => ({ conditionType })), ...more.filter((gate) => !mandatory.includes(gate.conditionType))];
}

/** Fields that change in place, without a rollout. Ten seconds are the default of Machine's webhook. */
export function inPlaceSpec({ spec }: KubeadmControlPlane): GivenObject {
  const { deletion, taints } = spec.machineTemplate.spec;
  return { deletion: { nodeDeletionTimeoutSeconds: 10, ...deletion }, ...(taints === undefined ? {} : { taints }) };
}

/** Brings to the machines and their objects what changes in place (CAPI syncMachines). On a deleting machine only what decides how it goes. */
export function syncMachines(scope: Scope): void {
  const { environment, kcp, cluster } = scope;
  const labels = machineLabels(kcp, cluster.metadata.name);
  const annotations = kcp.spec.machineTemplate.metadata?.annotations ?? {};
  const gates = readinessGates(kcp, scope.stackedEtcd);
  for (const machine of scope.machines) {
    const deleting = isDeleting(machine);
    const { taints: _taints, deletion: _deletion, ...kept } = machine.spec;
    const spec = { ...kept, ...inPlaceSpec(kcp), ...(deleting ? {} : { readinessGates: gates }) };
    const metadata = deleting
      ? machine.metadata
      : withMetadata(machine.metadata, labels, { ...annotations, [annotationKeys.cleanupHook]: "" });
    if (metadata !== machine.metadata || !sameJson(spec, machine.spec)) {
      const options = { manager: managers.machines };
      replaceMachine(scope, environment.objects.update(environment.type(typeKeys.machine), { ...machine, metadata, spec }, options));
    }
    if (deleting) continue;
    for (const object of [scope.infrastructureMachines.get(machine.metadata.name), scope.kubeadmConfigs.get(machine.metadata.name)]) {
      if (object !== undefined) syncMetadata(scope, object, labels, annotations);
    }
  }
}

function syncMetadata(
  scope: Scope,
  object: StoredObject,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): void {
  const metadata = withMetadata(object.metadata, labels, annotations);
  if (metadata === object.metadata) return;
  const { objects, type } = scope.environment;
  const group = object.apiVersion.slice(0, object.apiVersion.indexOf("/"));
  objects.update(type(typeKey(group, object.kind)), { ...object, metadata }, { manager: managers.metadata });
}

/** The same object when all of them are there already. */
function withMetadata(
  metadata: StoredObject["metadata"],
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): StoredObject["metadata"] {
  if (includes(metadata.labels, labels) && includes(metadata.annotations, annotations)) return metadata;
  const merged = { ...metadata.annotations, ...annotations };
  return {
    ...metadata,
    labels: { ...metadata.labels, ...labels },
    ...(Object.keys(merged).length === 0 ? {} : { annotations: merged }),
  };
}

function includes(all: Readonly<Record<string, string>> | undefined, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => all?.[name] === value);
}
