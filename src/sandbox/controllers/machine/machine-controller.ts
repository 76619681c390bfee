import { isDeepStrictEqual } from "node:util";
import { timestamp } from "../../api/objects.ts";
import { typeKey } from "../../api/resource-type.ts";
import { setLegacyCondition, type LegacyCondition } from "../../conditions/legacy-condition.ts";
import type { Condition } from "../../conditions/condition.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import {
  clusterKey,
  clusterLabel,
  clusterOf,
  machineKey,
  type ClusterObject,
  type ContractObject,
  type ContractRef,
  type MachineObject,
} from "../../infrastructure/infrastructure-objects.ts";
import type { GivenObject, OwnerReference, StoredObject } from "../../store/stored-object.ts";
import type { Controller, ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { deleteMachine, machineFinalizer } from "./machine-deletion.ts";
import { machineConditions } from "./machine-conditions.ts";
import { lookAgainAfter, type MachineScope } from "./machine-scope.ts";

const manager = "manager";
const infrastructureKinds = ["DevMachine", "DockerMachine"].map((kind) => `${kind}.infrastructure.cluster.x-k8s.io`);
const configKey = "KubeadmConfig.bootstrap.cluster.x-k8s.io";
const setKey = "MachineSet.cluster.x-k8s.io";
const deploymentKey = "MachineDeployment.cluster.x-k8s.io";
/** Without a watch on the nodes of a workload cluster that is not watched yet: how often they are looked for. */
const nodePollMilliseconds = 2_000;

/** Machine: from its references to a node that is healthy, and back (core/reconcilers/machine). */
export function createMachineController(environment: Environment): Controller {
  const { objects, timeline } = environment;
  const watched = new WeakSet<object>();

  return {
    name: "machine",
    watches: {
      [machineKey]: ({ object }) => [keyOf(object)],
      ...Object.fromEntries(
        [...infrastructureKinds, configKey].map(
          (key) => [key, ({ object }) => ownersOf(object)] as const satisfies readonly [string, Controller["watches"][string]],
        ),
      ),
      [clusterKey]: (event) => {
        if (event.kind === "modified" && stateOf(event.previous) === stateOf(event.object)) return [];
        return machinesOf(event.object.metadata.namespace, event.object.metadata.name);
      },
      [deploymentKey]: (event) => {
        if (event.kind === "modified" && event.previous["spec"] === event.object["spec"]) return [];
        return machinesOf(event.object.metadata.namespace, event.object.metadata.labels?.[clusterLabel] ?? "");
      },
      [setKey]: (event) => {
        if (event.kind === "modified" && event.previous["spec"] === event.object["spec"]) return [];
        return machinesOf(event.object.metadata.namespace, event.object.metadata.labels?.[clusterLabel] ?? "");
      },
    },
    reconcile(key) {
      const machine = objects.get(environment.type(machineKey), key.namespace, key.name) as MachineObject | undefined;
      if (machine === undefined) return;
      const cluster = clusterOf(environment, machine) ?? clusterByName(machine);
      if (cluster === undefined) return;
      const paused = ensurePaused(objects, environment.type(machineKey), cluster, machine, timeline.now());
      if (paused === "stop") return;
      const scope = scopeOf(machine, cluster);
      if (machine.metadata.deletionTimestamp === undefined) {
        if (settle(scope)) return;
      }
      const gone = machine.metadata.deletionTimestamp !== undefined && deleteMachine(scope);
      if (gone) {
        rewrite(machine, (metadata) => ({
          ...metadata,
          finalizers: (metadata.finalizers ?? []).filter((each) => each !== machineFinalizer),
        }));
        return;
      }
      report(scope, paused);
      return scope.requeueAfterMilliseconds === undefined ? undefined : { requeueAfterMilliseconds: scope.requeueAfterMilliseconds };
    },
  };

  function machinesOf(namespace = "", cluster: string): readonly ObjectKey[] {
    return objects.store.labelled(machineKey, namespace, cluster).map(keyOf);
  }

  function clusterByName({ metadata, spec }: MachineObject): ClusterObject | undefined {
    return objects.get(environment.type(clusterKey), metadata.namespace, spec.clusterName) as ClusterObject | undefined;
  }

  function scopeOf(machine: MachineObject, cluster: ClusterObject): MachineScope {
    const get = ({ apiGroup, kind, name }: ContractRef): ContractObject | undefined =>
      objects.get(environment.type(typeKey(apiGroup, kind)), machine.metadata.namespace, name);
    const config = machine.spec.bootstrap?.configRef;
    const known = environment.workloads.get({ namespace: cluster.metadata.namespace ?? "", name: cluster.metadata.name });
    const workload = known?.reachable === true ? known : undefined;
    if (known !== undefined) watchNodes(known.objects, cluster);
    return {
      environment,
      cluster,
      machine,
      bootstrapConfig: config === undefined ? undefined : get(config),
      infrastructure: get(machine.spec.infrastructureRef),
      workload,
      node: undefined,
      deleting: undefined,
      deletion: undefined,
      requeueAfterMilliseconds: undefined,
    };
  }

  /** A change of a node wakes its machine, as the cluster cache's watch does. */
  function watchNodes(workload: Environment["objects"], cluster: ClusterObject): void {
    if (watched.has(workload)) return;
    watched.add(workload);
    const namespace = cluster.metadata.namespace ?? "";
    workload.store.subscribe((event) => {
      if (event.type !== "Node" && !(event.type === "Pod" && event.kind === "deleted")) return;
      const name =
        event.type === "Node" ? event.object.metadata.name : (event.object["spec"] as { readonly nodeName?: string } | undefined)?.nodeName;
      if (name === undefined) return;
      if (event.type === "Node" || objects.get(environment.type(machineKey), namespace, name)?.metadata.deletionTimestamp !== undefined) {
        environment.runtime.wake("machine", { namespace, name }, 10);
      }
    });
  }

  /** Finalizer, owners of what belongs to it, and what it takes over from them; true when something was written, which wakes it again. */
  function settle({ machine, cluster, bootstrapConfig, infrastructure }: MachineScope): boolean {
    const { metadata, spec } = machine;
    const needsFinalizer = !(metadata.finalizers ?? []).includes(machineFinalizer);
    const needsLabel = metadata.labels?.[clusterLabel] === undefined;
    const alone = (metadata.ownerReferences ?? []).length === 0;
    if (needsFinalizer || needsLabel || alone) {
      rewrite(machine, (live) => ({
        ...live,
        finalizers: needsFinalizer ? [...(live.finalizers ?? []), machineFinalizer] : live.finalizers,
        labels: { ...live.labels, [clusterLabel]: spec.clusterName },
        ...(alone ? { ownerReferences: [ownerReference(cluster, false)] } : {}),
      }));
      return true;
    }
    for (const object of [bootstrapConfig, infrastructure]) if (object !== undefined) adopt(object, machine);
    const dataSecretName =
      bootstrapConfig?.status?.initialization?.dataSecretCreated === true ? bootstrapConfig.status.dataSecretName : undefined;
    const providerID = infrastructure?.status?.initialization?.provisioned === true ? infrastructure.spec?.providerID : undefined;
    const takesSecret = dataSecretName !== undefined && spec.bootstrap?.dataSecretName !== dataSecretName;
    const takesId = providerID !== undefined && spec.providerID !== providerID;
    const timeouts = spec.deletion?.nodeDeletionTimeoutSeconds === undefined;
    if (!takesSecret && !takesId && !timeouts) return false;
    objects.modify(
      environment.type(machineKey),
      metadata.namespace,
      metadata.name,
      (live) => ({
        ...live,
        spec: {
          ...spec,
          ...(takesSecret ? { bootstrap: { ...spec.bootstrap, dataSecretName } } : {}),
          ...(takesId ? { providerID } : {}),
          // The webhook's default.
          deletion: { nodeDeletionTimeoutSeconds: 10, ...spec.deletion },
        },
      }),
      { manager },
    );
    return true;
  }

  function adopt(object: StoredObject, machine: MachineObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.some(({ uid }) => uid === machine.metadata.uid)) return;
    // What made them for this machine hands them over.
    const others = owners.filter(({ kind }) => kind !== "MachineSet" && kind !== "KubeadmControlPlane");
    objects.modify(
      environment.type(typeKey(object.apiVersion.split("/")[0]!, object.kind)),
      object.metadata.namespace,
      object.metadata.name,
      (live) => ({
        ...live,
        metadata: {
          ...live.metadata,
          ownerReferences: [...others, ownerReference(machine, true)],
          labels: { ...live.metadata.labels, [clusterLabel]: machine.spec.clusterName },
        },
      }),
      { manager },
    );
  }

  function report(scope: MachineScope, conditions: readonly Condition[]): void {
    const { machine, workload, bootstrapConfig, infrastructure } = scope;
    const previous = machine.status;
    const bootstrapped =
      previous?.initialization?.bootstrapDataSecretCreated === true || machine.spec.bootstrap?.dataSecretName !== undefined;
    const provisioned =
      previous?.initialization?.infrastructureProvisioned === true || infrastructure?.status?.initialization?.provisioned === true;
    const node = workload === undefined || machine.spec.providerID === undefined ? undefined : nodeOf(scope);
    scope.node = node;
    if (node !== undefined) markNode(scope, node);
    else if (machine.spec.providerID !== undefined && previous?.nodeRef === undefined && bootstrapConfig !== undefined)
      lookAgainAfter(scope, nodePollMilliseconds);
    const nodeRef = node === undefined ? previous?.nodeRef : { name: node.metadata.name };
    // The schema of Nodes says so.
    const nodeInfo =
      node === undefined
        ? previous?.nodeInfo
        : (node["status"] as { readonly nodeInfo?: Readonly<Record<string, unknown>> } | undefined)?.nodeInfo;
    const initialization = {
      ...(bootstrapped ? { bootstrapDataSecretCreated: true } : {}),
      ...(provisioned ? { infrastructureProvisioned: true } : {}),
    };
    const draft: NonNullable<MachineObject["status"]> = {
      ...previous,
      ...(Object.keys(initialization).length === 0 ? {} : { initialization }),
      ...(nodeRef === undefined ? {} : { nodeRef }),
      ...(nodeInfo === undefined ? {} : { nodeInfo }),
      ...(scope.deletion === undefined ? {} : { deletion: scope.deletion }),
    };
    scope.machine = { ...machine, status: draft };
    const all = machineConditions(scope, conditions);
    const phase = phaseOf(machine, draft);
    const time = timestamp(environment.timeline.now());
    const status = {
      ...draft,
      phase,
      ...(phase === previous?.phase ? {} : { lastUpdated: time }),
      conditions: all,
      deprecated: { v1beta1: { conditions: legacyConditions(machine, all, time) } },
      ...(machine.metadata.generation === undefined ? {} : { observedGeneration: machine.metadata.generation }),
    };
    if (!isDeepStrictEqual(status, previous)) writeStatus(objects, environment.type(machineKey), machine, status);
  }

  function nodeOf({ workload, machine }: MachineScope): StoredObject | undefined {
    const known = machine.status?.nodeRef?.name;
    const { store } = workload!.objects;
    if (known !== undefined) return store.get("Node", undefined, known);
    // Nodes of the sandbox are named after their infrastructure machine; others are looked for.
    const likely = store.get("Node", undefined, machine.spec.infrastructureRef.name);
    const has = (node: StoredObject): boolean =>
      (node["spec"] as { readonly providerID?: string } | undefined)?.providerID === machine.spec.providerID;
    return likely !== undefined && has(likely) ? likely : store.list("Node").find(has);
  }

  function markNode({ workload, machine, cluster }: MachineScope, node: StoredObject): void {
    if (node.metadata.annotations?.["cluster.x-k8s.io/machine"] === machine.metadata.name) return;
    const owner = machine.metadata.ownerReferences?.find(({ controller }) => controller === true);
    const annotations = {
      "cluster.x-k8s.io/cluster-name": cluster.metadata.name,
      "cluster.x-k8s.io/cluster-namespace": cluster.metadata.namespace ?? "",
      "cluster.x-k8s.io/machine": machine.metadata.name,
      ...(owner === undefined ? {} : { "cluster.x-k8s.io/owner-kind": owner.kind, "cluster.x-k8s.io/owner-name": owner.name }),
    };
    const { objects: remote, type } = workload!;
    remote.modify(
      type("Node"),
      undefined,
      node.metadata.name,
      (live) => ({ ...live, metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, ...annotations } } }),
      {
        manager,
      },
    );
  }

  function rewrite(
    { metadata }: StoredObject,
    change: (metadata: StoredObject["metadata"]) => NonNullable<GivenObject["metadata"]> | object,
  ): void {
    objects.modify(
      environment.type(machineKey),
      metadata.namespace,
      metadata.name,
      (live) => ({ ...live, metadata: change(live.metadata) }),
      { manager },
    );
  }
}

function phaseOf({ metadata, spec }: MachineObject, { initialization, nodeRef }: NonNullable<MachineObject["status"]>): string {
  if (metadata.deletionTimestamp !== undefined) return "Deleting";
  if (nodeRef !== undefined && initialization?.infrastructureProvisioned === true) return "Running";
  if (spec.providerID !== undefined) return "Provisioned";
  return initialization?.bootstrapDataSecretCreated === true ? "Provisioning" : "Pending";
}

/** The conditions of v1beta1 that others read: by those of v1beta2. */
function legacyConditions(machine: MachineObject, conditions: readonly Condition[], time: string): readonly LegacyCondition[] {
  const deprecated = machine.status?.["deprecated"] as
    { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } } | undefined;
  const state = (type: string): Condition | undefined => conditions.find((condition) => condition.type === type);
  const pairs = [
    ["BootstrapReady", "BootstrapConfigReady", "WaitingForDataSecret"],
    ["InfrastructureReady", "InfrastructureReady", "WaitingForInfrastructure"],
    ["NodeHealthy", "NodeHealthy", "WaitingForNodeRef"],
  ] as const;
  let all: readonly LegacyCondition[] | undefined = deprecated?.v1beta1?.conditions;
  let ready = true;
  for (const [old, type, reason] of pairs) {
    const isTrue = state(type)?.status === "True";
    if (type !== "NodeHealthy") ready &&= isTrue;
    all = setLegacyCondition(all, isTrue ? { type: old, status: "True" } : { type: old, status: "False", severity: "Info", reason }, time);
  }
  return setLegacyCondition(
    all,
    ready ? { type: "Ready", status: "True" } : { type: "Ready", status: "False", severity: "Info", reason: "WaitingForInfrastructure" },
    time,
  );
}

function ownerReference({ apiVersion, kind, metadata }: StoredObject, controller: boolean): OwnerReference {
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, ...(controller ? { controller: true, blockOwnerDeletion: true } : {}) };
}

function ownersOf({ metadata }: StoredObject): readonly ObjectKey[] {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === "Machine");
  return owner === undefined
    ? [{ namespace: metadata.namespace ?? "", name: metadata.name }]
    : [{ namespace: metadata.namespace ?? "", name: owner.name }];
}

function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function stateOf(cluster: StoredObject): string {
  const { spec, status, metadata } = cluster as ClusterObject;
  const { infrastructureProvisioned, controlPlaneInitialized } = status?.initialization ?? {};
  return `${infrastructureProvisioned} ${controlPlaneInitialized} ${spec.paused} ${metadata.deletionTimestamp}`;
}
