import { isDeepStrictEqual } from "node:util";
import { timestamp } from "../../api/objects.ts";
import { typeKey } from "../../api/resource-type.ts";
import type { Condition } from "../../conditions/condition.ts";
import { setLegacyCondition, type LegacyCondition } from "../../conditions/legacy-condition.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import { clusterKey, clusterLabel, machineKey, type ClusterObject } from "../../infrastructure/infrastructure-objects.ts";
import type { JsonMap, OwnerReference, StoredObject } from "../../store/stored-object.ts";
import type { Controller, ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { clusterConditions } from "./cluster-conditions.ts";
import { clusterCounters } from "./cluster-counters.ts";
import { clusterScope, deploymentKey, poolKey, setKey, type ClusterScope } from "./cluster-scope.ts";

const finalizer = "cluster.cluster.x-k8s.io";
const manager = "manager";
const controlPlaneKey = "KubeadmControlPlane.controlplane.cluster.x-k8s.io";
const infrastructureKeys = ["DevCluster", "DockerCluster"].map((kind) => `${kind}.infrastructure.cluster.x-k8s.io`);

/** Cluster: joins infrastructure and control plane, and sums up everything below it (core/reconcilers/cluster). */
export function createClusterController(environment: Environment): Controller {
  const { objects, timeline } = environment;
  const byLabel = ({ object }: { readonly object: StoredObject }): readonly ObjectKey[] => {
    const name = object.metadata.labels?.[clusterLabel] ?? object.metadata.ownerReferences?.find(({ kind }) => kind === "Cluster")?.name;
    return name === undefined ? [] : [{ namespace: object.metadata.namespace ?? "", name }];
  };

  return {
    name: "cluster",
    watches: {
      [clusterKey]: ({ object }) => [{ namespace: object.metadata.namespace ?? "", name: object.metadata.name }],
      ...Object.fromEntries(
        [controlPlaneKey, ...infrastructureKeys, deploymentKey, poolKey, setKey, machineKey].map((key) => [key, byLabel]),
      ),
      // Objects that are made by hand have no label yet: they are known by the references to them.
      ...Object.fromEntries(
        [controlPlaneKey, ...infrastructureKeys].map((key) => [
          key,
          (event: { readonly object: StoredObject }) => referencing(event.object) ?? byLabel(event),
        ]),
      ),
    },
    reconcile({ namespace, name }) {
      let cluster = objects.get(environment.type(clusterKey), namespace, name) as ClusterObject | undefined;
      if (cluster === undefined) return;
      if (cluster.metadata.deletionTimestamp === undefined && !(cluster.metadata.finalizers ?? []).includes(finalizer)) {
        rewrite(cluster, (live) => ({ ...live, finalizers: [...(live.finalizers ?? []), finalizer] }));
        return;
      }
      const paused = ensurePaused(objects, environment.type(clusterKey), cluster, cluster, timeline.now());
      if (paused === "stop") return;
      const scope = clusterScope(environment, cluster);
      if (cluster.metadata.deletionTimestamp !== undefined) {
        if (tearDown(scope)) {
          rewrite(cluster, (live) => ({ ...live, finalizers: (live.finalizers ?? []).filter((each) => each !== finalizer) }));
          environment.workloads.remove({ namespace, name });
          return;
        }
      } else {
        for (const object of [scope.infrastructure, scope.controlPlane]) if (object !== undefined) adopt(object, cluster);
        const taken = takeEndpoint(scope);
        if (taken !== undefined) cluster = taken;
      }
      report({ ...scope, cluster }, paused);
      return undefined;
    },
  };

  function referencing({ kind, metadata }: StoredObject): readonly ObjectKey[] | undefined {
    if (metadata.labels?.[clusterLabel] !== undefined) return undefined;
    const namespace = metadata.namespace ?? "";
    const found = objects.store.list(clusterKey, namespace).filter((object) => {
      const { infrastructureRef, controlPlaneRef } = (object as ClusterObject).spec;
      return [infrastructureRef, controlPlaneRef].some((reference) => reference?.kind === kind && reference.name === metadata.name);
    });
    return found.map((object) => ({ namespace, name: object.metadata.name }));
  }

  function adopt(object: StoredObject, cluster: ClusterObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    const { name, uid } = cluster.metadata;
    const hasOwner = owners.some((owner) => owner.uid === uid && owner.controller === true);
    if (hasOwner && object.metadata.labels?.[clusterLabel] === name) return;
    const reference: OwnerReference = {
      apiVersion: cluster.apiVersion,
      kind: "Cluster",
      name,
      uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    objects.modify(
      environment.type(typeKey(object.apiVersion.split("/")[0]!, object.kind)),
      object.metadata.namespace,
      object.metadata.name,
      (live) => ({
        ...live,
        metadata: {
          ...live.metadata,
          ownerReferences: [...owners.filter((owner) => owner.uid !== uid), reference],
          labels: { ...live.metadata.labels, [clusterLabel]: name },
        },
      }),
      { manager },
    );
  }

  function takeEndpoint({ cluster, infrastructure }: ClusterScope): ClusterObject | undefined {
    const endpoint =
      infrastructure?.status?.initialization?.provisioned === true ? infrastructure.spec?.["controlPlaneEndpoint"] : undefined;
    if (endpoint === undefined || cluster.spec.controlPlaneEndpoint !== undefined) return undefined;
    return objects.modify(
      environment.type(clusterKey),
      cluster.metadata.namespace,
      cluster.metadata.name,
      (live) => ({ ...live, spec: { ...cluster.spec, controlPlaneEndpoint: endpoint } }),
      { manager },
    ) as ClusterObject;
  }

  /** Workers, then the control plane, then the infrastructure; true when all are gone. */
  function tearDown(scope: ClusterScope): boolean {
    const workers = [
      ...scope.deployments,
      ...scope.pools,
      ...scope.sets.filter(isDirect(scope)),
      ...scope.workerMachines.filter(isDirect(scope)),
    ];
    if (deleteAll(workers) || scope.workerMachines.length > 0) {
      scope.deleting = { reason: "WaitingForWorkersDeletion", message: workersText(scope) };
      return false;
    }
    if (scope.controlPlane !== undefined && deleteAll([scope.controlPlane])) {
      scope.deleting = { reason: "WaitingForControlPlaneDeletion", message: `${scope.controlPlane.kind} deletion in progress` };
      return false;
    }
    if (scope.controlPlaneMachines.length > 0) {
      deleteAll(scope.controlPlaneMachines);
      return false;
    }
    if (scope.infrastructure !== undefined && deleteAll([scope.infrastructure])) {
      scope.deleting = { reason: "WaitingForInfrastructureDeletion", message: `${scope.infrastructure.kind} deletion in progress` };
      return false;
    }
    return true;
  }

  function deleteAll(all: readonly StoredObject[]): boolean {
    let left = false;
    for (const { apiVersion, kind, metadata } of all) {
      const served = environment.type(typeKey(apiVersion.split("/")[0]!, kind));
      if (metadata.deletionTimestamp === undefined) objects.delete(served, metadata.namespace, metadata.name, {});
      left ||= objects.get(served, metadata.namespace, metadata.name) !== undefined;
    }
    return left;
  }

  function report(scope: ClusterScope, conditions: readonly Condition[]): void {
    const { cluster, infrastructure, controlPlane } = scope;
    // The conditions of the topology controller may be newer than what this pass began with.
    const live = objects.get(environment.type(clusterKey), cluster.metadata.namespace, cluster.metadata.name) as ClusterObject | undefined;
    if (live === undefined) return;
    const previous = live.status;
    const provisioned =
      previous?.initialization?.infrastructureProvisioned === true || infrastructure?.status?.initialization?.provisioned === true;
    const contract = (controlPlane?.["status"] as { readonly initialization?: { readonly controlPlaneInitialized?: boolean } } | undefined)
      ?.initialization;
    const initialized =
      previous?.initialization?.controlPlaneInitialized === true ||
      contract?.controlPlaneInitialized === true ||
      (cluster.spec.controlPlaneRef === undefined && scope.controlPlaneMachines.some(({ status }) => status?.nodeRef !== undefined));
    const initialization = {
      ...(initialized ? { controlPlaneInitialized: true } : {}),
      ...(provisioned ? { infrastructureProvisioned: true } : {}),
    };
    const draft: JsonMap = { ...previous, ...(Object.keys(initialization).length === 0 ? {} : { initialization }) };
    const current: ClusterScope = { ...scope, cluster: { ...live, status: draft } as ClusterObject };
    const all = clusterConditions(current, previous?.conditions ?? conditions);
    const { controlPlane: planes, workers } = clusterCounters(scope);
    const time = timestamp(timeline.now());
    const status: JsonMap = {
      ...draft,
      conditions: all,
      phase: phaseOf(live, provisioned),
      ...withPlan("controlPlane", planes, previous),
      ...withPlan("workers", workers, previous),
      deprecated: { v1beta1: { conditions: legacyConditions(live, all, { provisioned, initialized }, time) } },
      ...(live.metadata.generation === undefined ? {} : { observedGeneration: live.metadata.generation }),
    };
    if (!isDeepStrictEqual(status, previous)) writeStatus(objects, environment.type(clusterKey), live, status);
  }

  function rewrite({ metadata }: StoredObject, change: (metadata: StoredObject["metadata"]) => StoredObject["metadata"]): void {
    objects.modify(
      environment.type(clusterKey),
      metadata.namespace,
      metadata.name,
      (live) => ({ ...live, metadata: change(live.metadata) }),
      { manager },
    );
  }
}

/** Owned by the Cluster itself, not by a MachineDeployment or MachineSet. */
function isDirect({ cluster }: ClusterScope): (object: StoredObject) => boolean {
  return ({ metadata }) =>
    metadata.ownerReferences?.some(({ uid, controller }) => uid === cluster.metadata.uid && controller !== false) === true &&
    !metadata.ownerReferences.some(({ kind }) => kind === "MachineSet" || kind === "MachineDeployment");
}

function workersText({ deployments, sets, workerMachines }: ClusterScope): string {
  const line = (what: string, objects: readonly StoredObject[]): readonly string[] =>
    objects.length === 0
      ? []
      : [
          `* ${what}: ${objects
            .map(({ metadata }) => metadata.name)
            .slice(0, 5)
            .join(", ")}`,
        ];
  return [...line("MachineDeployments", deployments), ...line("MachineSets", sets), ...line("Worker Machines", workerMachines)].join("\n");
}

function phaseOf({ metadata, spec }: ClusterObject, provisioned: boolean): string {
  if (metadata.deletionTimestamp !== undefined) return "Deleting";
  if (provisioned && spec.controlPlaneEndpoint !== undefined) return "Provisioned";
  return spec.infrastructureRef === undefined ? "Pending" : "Provisioning";
}

/** The counters, with the plan that the topology controller keeps beside them. */
function withPlan(part: "controlPlane" | "workers", counters: JsonMap | undefined, previous: ClusterObject["status"]): JsonMap {
  const known = previous?.[part] as { readonly upgradePlan?: unknown } | undefined;
  const plan = known?.upgradePlan === undefined ? {} : { upgradePlan: known.upgradePlan };
  return counters === undefined ? (known === undefined ? {} : { [part]: plan }) : { [part]: { ...counters, ...plan } };
}

function legacyConditions(
  cluster: ClusterObject,
  conditions: readonly Condition[],
  { provisioned, initialized }: { readonly provisioned: boolean; readonly initialized: boolean },
  time: string,
): readonly LegacyCondition[] {
  const deprecated = cluster.status?.["deprecated"] as
    { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } } | undefined;
  let all: readonly LegacyCondition[] | undefined = deprecated?.v1beta1?.conditions;
  const controlPlaneReady = conditions.find(({ type }) => type === "ControlPlaneAvailable")?.status === "True";
  const states = [
    ["InfrastructureReady", provisioned, "WaitingForInfrastructure"],
    ["ControlPlaneInitialized", initialized, "WaitingForControlPlaneProviderInitialized"],
    ["ControlPlaneReady", controlPlaneReady, "WaitingForControlPlane"],
    ["Ready", provisioned && controlPlaneReady, provisioned ? "WaitingForControlPlane" : "WaitingForInfrastructure"],
  ] as const;
  for (const [type, isTrue, reason] of states) {
    all = setLegacyCondition(all, isTrue ? { type, status: "True" } : { type, status: "False", severity: "Info", reason }, time);
  }
  return all ?? [];
}
