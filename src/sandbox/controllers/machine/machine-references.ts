import { typeKey } from "../../api/resource-type.ts";
import { getCondition } from "../../conditions/condition.ts";
import type { LegacyConditionState } from "../../conditions/legacy-condition.ts";
import { clusterLabel, isControlPlaneMachine, type ContractObject, type ContractRef } from "../../infrastructure/infrastructure-objects.ts";
import type { OwnerReference, StoredObject } from "../../store/stored-object.ts";
import {
  bootstrapReference,
  changeSpec,
  changeStatus,
  isDeleting,
  lookAgainAfter,
  markLegacy,
  type MachineScope,
} from "./machine-scope.ts";

const manager = "manager";
/** For objects that are not there yet. */
const missingMilliseconds = 30_000;
const expiryAnnotation = "machine.cluster.x-k8s.io/certificates-expiry";
const originLabels = ["cluster.x-k8s.io/set-name", "cluster.x-k8s.io/pool-name", "cluster.x-k8s.io/control-plane-name"];

/** A Machine that nobody else made is the Cluster's own. */
export function belongToCluster(scope: MachineScope): void {
  const { machine, cluster } = scope;
  const { ownerReferences = [], labels } = machine.metadata;
  const hasOwner = ownerReferences.some(({ controller, kind }) => controller === true || kind === "Cluster");
  const isMade = originLabels.some((label) => labels?.[label] !== undefined);
  const adopts = !hasOwner && !isMade;
  if (!adopts && labels?.[clusterLabel] === machine.spec.clusterName) return;
  scope.machine = {
    ...machine,
    metadata: {
      ...machine.metadata,
      labels: { ...labels, [clusterLabel]: machine.spec.clusterName },
      ...(adopts ? { ownerReferences: [...ownerReferences, ownerReference(cluster)] } : {}),
    },
  };
}

/** What the bootstrap config says (core/reconcilers/machine reconcileBootstrap). */
export function followBootstrapConfig(scope: MachineScope): void {
  const reference = bootstrapReference(scope.machine);
  if (reference === undefined) return;
  const config = own(scope, reference);
  scope.bootstrapConfig = config;
  if (config === undefined) {
    if (!isDeleting(scope.machine)) lookAgainAfter(scope, missingMilliseconds);
    return;
  }
  const isCreated = config.status?.initialization?.dataSecretCreated === true;
  if (scope.machine.spec.bootstrap?.dataSecretName === undefined) {
    markLegacy(scope, mirrored(scope, "BootstrapReady", config, isCreated, "WaitingForDataSecret"));
    const dataSecretName = config.status?.dataSecretName;
    if (isDeleting(config) || !isCreated || dataSecretName === undefined) return;
    changeSpec(scope, { bootstrap: { ...scope.machine.spec.bootstrap, dataSecretName } });
  } else {
    markLegacy(scope, { type: "BootstrapReady", status: "True" });
  }
  changeStatus(scope, { initialization: { ...scope.machine.status?.initialization, bootstrapDataSecretCreated: true } });
}

/** What the infrastructure machine says (core/reconcilers/machine reconcileInfrastructure). */
export function followInfrastructure(scope: MachineScope): void {
  const infrastructure = own(scope, scope.machine.spec.infrastructureRef);
  scope.infrastructure = infrastructure;
  if (infrastructure === undefined) {
    if (!isDeleting(scope.machine)) lookAgainAfter(scope, missingMilliseconds);
    return;
  }
  const { spec, status } = infrastructure;
  const isProvisioned = status?.initialization?.provisioned === true;
  markLegacy(scope, mirrored(scope, "InfrastructureReady", infrastructure, isProvisioned, "WaitingForInfrastructure"));
  const was = scope.machine.status?.initialization?.infrastructureProvisioned === true;
  if (isDeleting(infrastructure) || (!isProvisioned && !was) || spec?.providerID === undefined) return;
  const addresses = status?.["addresses"];
  const failureDomain = status?.["failureDomain"];
  if (scope.machine.spec.providerID !== spec.providerID) changeSpec(scope, { providerID: spec.providerID });
  changeStatus(scope, {
    ...(addresses === undefined ? {} : { addresses }),
    ...(failureDomain === undefined ? {} : { failureDomain }),
    initialization: { ...scope.machine.status?.initialization, infrastructureProvisioned: true },
  });
}

/** When the certificates of a control plane machine expire: as it says itself, else as its bootstrap config says. */
export function followCertificateExpiry(scope: MachineScope): void {
  const { machine, bootstrapConfig } = scope;
  if (!isControlPlaneMachine(machine)) return;
  const expiry = machine.metadata.annotations?.[expiryAnnotation] ?? bootstrapConfig?.metadata.annotations?.[expiryAnnotation];
  if (expiry === machine.status?.["certificatesExpiryDate"]) return;
  const { certificatesExpiryDate: _before, ...status } = machine.status ?? {};
  scope.machine = { ...machine, status: { ...status, ...(expiry === undefined ? {} : { certificatesExpiryDate: expiry }) } };
}

/** The object, which belongs to this machine from now on: what made it hands it over. */
function own({ environment, machine }: MachineScope, { apiGroup, kind, name }: ContractRef): ContractObject | undefined {
  const { objects } = environment;
  const type = environment.type(typeKey(apiGroup, kind));
  const object = objects.get(type, machine.metadata.namespace, name);
  if (object === undefined) return undefined;
  const owners = object.metadata.ownerReferences ?? [];
  const makers = owners.filter(
    (owner) => owner.kind === "MachineSet" || (isControlPlaneMachine(machine) && owner.kind === "KubeadmControlPlane"),
  );
  const isOwn = owners.some(({ uid }) => uid === machine.metadata.uid);
  if (isOwn && makers.length === 0 && object.metadata.labels?.[clusterLabel] === machine.spec.clusterName) return object;
  const others = owners.filter((owner) => !makers.includes(owner) && owner.uid !== machine.metadata.uid);
  return objects.modify(
    type,
    machine.metadata.namespace,
    name,
    (live) => ({
      ...live,
      metadata: {
        ...live.metadata,
        ownerReferences: [...others, { ...ownerReference(machine), controller: true, blockOwnerDeletion: true }],
        labels: { ...live.metadata.labels, [clusterLabel]: machine.spec.clusterName },
      },
    }),
    { manager },
  );
}

/** Its Ready condition, which has no severity; before there is one, what its contract fields say. */
function mirrored({ machine }: MachineScope, type: string, object: ContractObject, isDone: boolean, reason: string): LegacyConditionState {
  const ready = getCondition(object, "Ready");
  if (ready !== undefined) return { type, status: ready.status, reason: ready.reason, message: ready.message };
  if (isDone) return { type, status: "True" };
  return { type, status: "False", severity: "Info", reason: isDeleting(machine) ? "Deleting" : reason };
}

function ownerReference({ apiVersion, kind, metadata }: StoredObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
}
