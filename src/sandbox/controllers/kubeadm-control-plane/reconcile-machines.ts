import { typeKey } from "../../api/resource-type.ts";
import { notFound } from "../../api/api-status-error.ts";
import type { Random } from "../../engine/random.ts";
import { ReconcileError } from "../controller-runtime.ts";
import { hasEndpoint, isInfrastructureProvisioned } from "./begin-pass.ts";
import { reconcileCertificates, reconcileKubeconfig } from "./certificates.ts";
import { annotationKeys, isDeleting, managers, typeKeys } from "./cluster-objects.ts";
import { syncMachines } from "./desired-machine.ts";
import { reconcileEtcdMembers } from "./etcd.ts";
import { inspectControlPlane, type Probes } from "./inspection.ts";
import { reconcilePreTerminateHook } from "./pre-terminate-hook.ts";
import { remediateUnhealthyMachines } from "./remediation.ts";
import { machinesToRollOut, rollOut } from "./rollout.ts";
import { initialize, scaleDown, scaleUp, selectMachineToRemove } from "./scale.ts";
import { connectedWorkload, report, reportLegacy, type Requeue, type Scope } from "./scope.ts";
import { reportLegacyMachinesReady } from "./status.ts";
import { updateAddons } from "./workload-components.ts";

/** Everything but deletion, in CAPI's order; each step may end the pass. */
export function reconcileMachines(scope: Scope, random: Random, probes: Probes): Requeue {
  const { kcp, cluster } = scope;
  ownTemplate(scope);
  if (!isInfrastructureProvisioned(cluster)) return waitForCluster(scope, "status.infrastructureReady to be true");
  reconcileCertificates(scope);
  if (!hasEndpoint(cluster)) return waitForCluster(scope, "spec.controlPlaneEndpoint to be set");
  reconcileKubeconfig(scope);
  syncMachines(scope);
  reportLegacyMachinesReady(scope);
  inspectControlPlane(scope, probes);
  const wait = reconcileEtcdMembers(scope) ?? reconcilePreTerminateHook(scope) ?? remediateUnhealthyMachines(scope);
  if (wait !== undefined) return wait;

  const outdated = machinesToRollOut(scope);
  if (outdated.length > 0) return rollOut(scope, outdated, random);
  if (scope.legacyConditions.some(({ type }) => type === "MachinesSpecUpToDate")) {
    reportLegacy(scope, { type: "MachinesSpecUpToDate", status: "True" });
  }
  const desired = kcp.spec.replicas ?? 1;
  const { length } = scope.machines;
  if (length < desired && length === 0) {
    initialize(scope, random);
    return undefined;
  }
  if (length < desired) return scaleUp(scope, random);
  if (length > desired) {
    const machine = selectMachineToRemove(scope, [], random);
    if (machine === undefined) throw new ReconcileError("failed to select machine for scale down");
    return scaleDown(scope, machine);
  }
  const workload = connectedWorkload(scope);
  if (workload !== undefined) updateAddons(workload, kcp);
  if (scope.isInitialized) noteCertificatesExpiry(scope);
  return undefined;
}

function waitForCluster(scope: Scope, what: string): undefined {
  for (const type of ["EtcdClusterHealthy", "ControlPlaneComponentsHealthy"]) {
    report(scope, { type, status: "Unknown", reason: "InspectionFailed", message: `Waiting for Cluster ${what}` });
  }
}

/** The template belongs to the Cluster, so that it goes with it. */
function ownTemplate(scope: Scope): void {
  const { environment, kcp, cluster } = scope;
  const { apiGroup, kind, name } = kcp.spec.machineTemplate.spec.infrastructureRef;
  const type = environment.type(typeKey(apiGroup, kind));
  const template = environment.objects.get(type, kcp.metadata.namespace, name);
  if (template === undefined) {
    scope.templateIsMissing = true;
    throw notFound(type, name);
  }
  const { uid } = cluster.metadata;
  if (template.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true) return;
  const owner = { apiVersion: cluster.apiVersion, kind: cluster.kind, name: cluster.metadata.name, uid };
  const ownerReferences = [...(template.metadata.ownerReferences ?? []), owner];
  environment.objects.update(type, { ...template, metadata: { ...template.metadata, ownerReferences } }, { manager: managers.others });
}

const yearMilliseconds = 365 * 86_400_000;

/** What the API server's certificate says, on the KubeadmConfig: a year from when kubeadm made it. */
function noteCertificatesExpiry(scope: Scope): void {
  const { objects, type } = scope.environment;
  for (const machine of scope.machines) {
    const node = scope.nodes.get(machine.metadata.name);
    const config = scope.kubeadmConfigs.get(machine.metadata.name);
    if (isDeleting(machine) || node === undefined || config === undefined) continue;
    if (config.metadata.annotations?.[annotationKeys.certificatesExpiry] !== undefined) continue;
    const made = Date.parse(machine.metadata.creationTimestamp ?? scope.time);
    const expiry = `${new Date(made + yearMilliseconds).toISOString().slice(0, 19)}Z`;
    objects.modify(
      type(typeKeys.kubeadmConfig),
      config.metadata.namespace,
      config.metadata.name,
      (live) => ({
        ...live,
        metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, [annotationKeys.certificatesExpiry]: expiry } },
      }),
      { manager: managers.others },
    );
  }
}
