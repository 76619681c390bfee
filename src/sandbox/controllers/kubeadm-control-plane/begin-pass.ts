import { typeKey } from "../../api/resource-type.ts";
import { timestamp } from "../../api/objects.ts";
import { legacyConditionsOf } from "../../conditions/legacy-condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { ReconcileError } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import {
  annotationKeys,
  hasStackedEtcd,
  labelKeys,
  typeKeys,
  type Cluster,
  type ContractReference,
  type KubeadmConfig,
  type KubeadmControlPlane,
  type Machine,
} from "./cluster-objects.ts";
import { noPreflightResults, report, type Scope } from "./scope.ts";
import { reasonsToReplace } from "./up-to-date.ts";

/** Reads what a pass works on. */
export function beginPass(environment: Environment, cluster: Cluster, kcp: KubeadmControlPlane): Scope {
  const now = environment.timeline.now();
  const machines = controlPlaneMachines(environment, cluster, kcp);
  const referenced = (machine: Machine, reference: ContractReference | undefined): StoredObject | undefined =>
    reference === undefined
      ? undefined
      : environment.objects.get(environment.type(typeKey(reference.apiGroup, reference.kind)), machine.metadata.namespace, reference.name);
  const kubeadmConfigs = new Map<string, KubeadmConfig>();
  const infrastructureMachines = new Map<string, StoredObject>();
  const outdated = new Map<string, readonly string[]>();
  for (const machine of machines) {
    const { name } = machine.metadata;
    // A control plane machine of this controller has a KubeadmConfig, whose spec has this shape.
    const kubeadmConfig = referenced(machine, machine.spec.bootstrap.configRef) as KubeadmConfig | undefined;
    const infrastructureMachine = referenced(machine, machine.spec.infrastructureRef);
    if (kubeadmConfig !== undefined) kubeadmConfigs.set(name, kubeadmConfig);
    if (infrastructureMachine !== undefined) infrastructureMachines.set(name, infrastructureMachine);
    const reasons = reasonsToReplace(kcp, { machine, kubeadmConfig, infrastructureMachine }, now);
    if (reasons.length > 0) outdated.set(name, reasons);
  }
  const scope: Scope = {
    environment,
    kcp,
    cluster,
    clusterKey: { namespace: cluster.metadata.namespace ?? "", name: cluster.metadata.name },
    time: timestamp(now),
    now,
    stackedEtcd: hasStackedEtcd(kcp),
    machines,
    kubeadmConfigs,
    infrastructureMachines,
    outdated,
    nodes: new Map(),
    etcdMembers: undefined,
    membersMatchMachines: false,
    templateIsMissing: false,
    preflight: { ...noPreflightResults },
    deleting: undefined,
    remediationInProgress: kcp.metadata.annotations?.[annotationKeys.remediationInProgress],
    conditions: kcp.status?.conditions ?? [],
    legacyConditions: legacyConditionsOf(kcp),
    isInitialized: kcp.status?.initialization?.controlPlaneInitialized === true,
    deferUntil: now,
  };
  report(scope, { type: "Paused", status: "False", reason: "NotPaused" });
  return scope;
}

export function hasEndpoint({ spec }: Cluster): boolean {
  const { host = "", port = 0 } = spec.controlPlaneEndpoint ?? {};
  return host !== "" && port !== 0;
}

export function isInfrastructureProvisioned({ status }: Cluster): boolean {
  return status?.initialization?.infrastructureProvisioned === true;
}

function controlPlaneMachines({ objects }: Environment, cluster: Cluster, kcp: KubeadmControlPlane): readonly Machine[] {
  if (!isInfrastructureProvisioned(cluster) || !hasEndpoint(cluster)) return [];
  const { namespace = "", name } = cluster.metadata;
  // What is stored as a Machine went through its schema.
  const all = objects.store.labelled(typeKeys.machine, namespace, name) as readonly Machine[];
  const machines = all.filter(({ metadata }) => metadata.labels?.[labelKeys.controlPlane] !== undefined);
  const owned = machines.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === kcp.metadata.uid) === true);
  if (owned.length !== machines.length && kcp.metadata.deletionTimestamp === undefined) {
    throw new ReconcileError(
      "not all control plane machines are owned by this KubeadmControlPlane, refusing to operate in mixed management mode",
    );
  }
  return owned;
}
