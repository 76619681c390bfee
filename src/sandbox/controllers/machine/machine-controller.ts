import { sameJson } from "../../store/same-json.ts";
import { findCondition, isConditionTrue, type Condition } from "../../conditions/condition.ts";
import { legacyConditionsOf, mergeLegacyConditions } from "../../conditions/legacy-condition.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import {
  clusterKey,
  clusterLabel,
  clusterState,
  machineKey,
  type ClusterObject,
  type MachineObject,
} from "../../infrastructure/infrastructure-objects.ts";
import { namespacedName } from "../../store/remembered-texts.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Controller, ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import type { MachineDeployment, MachineSet } from "../machine-set/machine-objects.ts";
import { deleteMachine, machineFinalizer } from "./machine-deletion.ts";
import { machineConditions } from "./machine-conditions.ts";
import { followNode } from "./machine-node.ts";
import { belongToCluster, followBootstrapConfig, followCertificateExpiry, followInfrastructure } from "./machine-references.ts";
import { changeStatus, isDeleting, markLegacy, nowOf, type MachineScope } from "./machine-scope.ts";
import { createWorkloadWatch } from "./workload-watch.ts";

const manager = "manager";
const ownedKinds = ["DevMachine.infrastructure", "DockerMachine.infrastructure", "KubeadmConfig.bootstrap"].map(
  (kind) => `${kind}.cluster.x-k8s.io`,
);
const setKey = "MachineSet.cluster.x-k8s.io";
const deploymentKey = "MachineDeployment.cluster.x-k8s.io";
/** What a Machine takes from its MachineSet and its MachineDeployment. */
const setLabel = "cluster.x-k8s.io/set-name";
const deploymentLabel = "cluster.x-k8s.io/deployment-name";

/** Machine: from its references to a node that is healthy, and back (core/reconcilers/machine). */
export function createMachineController(environment: Environment): Controller {
  const { objects, timeline, workloads } = environment;
  const watch = createWorkloadWatch(environment);
  /** Machines that are not looked at again before that time. */
  const resting = new Map<string, number>();

  function reconcile(key: ObjectKey): { readonly requeueAfterMilliseconds: number } | undefined {
    const text = namespacedName(key.namespace, key.name);
    const restsUntil = resting.get(text);
    if (restsUntil !== undefined && restsUntil > timeline.now()) return { requeueAfterMilliseconds: restsUntil - timeline.now() };
    resting.delete(text);
    const type = environment.type(machineKey);
    const live = objects.get(type, key.namespace, key.name) as MachineObject | undefined;
    if (live === undefined) return undefined;
    const cluster = objects.get(environment.type(clusterKey), key.namespace, live.spec.clusterName) as ClusterObject | undefined;
    if (cluster === undefined) return undefined;
    if (!isDeleting(live) && live.metadata.finalizers?.includes(machineFinalizer) !== true) {
      write({ ...live, metadata: { ...live.metadata, finalizers: [...(live.metadata.finalizers ?? []), machineFinalizer] } });
      return undefined;
    }
    const conditions = ensurePaused(objects, type, cluster, live, timeline.now());
    if (conditions === "stop") return undefined;

    const scope = scopeOf(live, cluster);
    belongToCluster(scope);
    followBootstrapConfig(scope);
    followInfrastructure(scope);
    followNode(scope);
    followCertificateExpiry(scope);
    const isGone = isDeleting(live) && deleteMachine(scope);
    report(scope, live, conditions);
    if (isGone) {
      const finalizers = (live.metadata.finalizers ?? []).filter((each) => each !== machineFinalizer);
      write({ ...scope.machine, metadata: { ...scope.machine.metadata, finalizers } });
      return undefined;
    }
    if (scope.restMilliseconds !== undefined) resting.set(text, timeline.now() + scope.restMilliseconds);
    return scope.requeueAfterMilliseconds === undefined ? undefined : { requeueAfterMilliseconds: scope.requeueAfterMilliseconds };
  }

  function scopeOf(machine: MachineObject, cluster: ClusterObject): MachineScope {
    const known = workloads.get({ namespace: cluster.metadata.namespace ?? "", name: cluster.metadata.name });
    const machineSet = ownerOf(machine, "MachineSet") as MachineSet | undefined;
    const deployment = machineSet?.metadata.labels?.[deploymentLabel];
    return {
      environment,
      cluster,
      machineSet,
      machineDeployment:
        deployment === undefined
          ? undefined
          : (objects.get(environment.type(deploymentKey), machine.metadata.namespace, deployment) as MachineDeployment | undefined),
      machine,
      bootstrapConfig: undefined,
      infrastructure: undefined,
      workload: known?.reachable === true ? known : undefined,
      lastContact: watch.lastContact(cluster, known),
      node: undefined,
      legacyConditions: legacyConditionsOf(machine),
      deleting: undefined,
      requeueAfterMilliseconds: undefined,
      restMilliseconds: undefined,
    };
  }

  function ownerOf({ metadata }: StoredObject, kind: string): StoredObject | undefined {
    const owner = metadata.ownerReferences?.find((reference) => reference.kind === kind);
    return owner === undefined ? undefined : objects.get(environment.type(`${kind}.cluster.x-k8s.io`), metadata.namespace, owner.name);
  }

  function report(scope: MachineScope, live: MachineObject, paused: readonly Condition[]): void {
    const intended = scope.machine;
    if (!sameJson(intended.spec, live.spec) || !sameJson(intended.metadata, live.metadata)) {
      scope.machine = { ...write(intended), status: { ...intended.status } } as MachineObject;
    }
    const { generation } = scope.machine.metadata;
    const conditions = machineConditions(scope, paused);
    changeStatus(scope, { conditions });
    const phase = phaseOf(scope.machine);
    if (phase !== live.status?.phase) changeStatus(scope, { phase, lastUpdated: nowOf(scope) });
    summarize(scope);
    const deprecated = scope.machine.status?.["deprecated"] as { readonly v1beta1?: object } | undefined;
    changeStatus(scope, {
      deprecated: { ...deprecated, v1beta1: { ...deprecated?.v1beta1, conditions: scope.legacyConditions } },
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    });
    writeStatus(objects, environment.type(machineKey), live, scope.machine.status!);
  }

  function write(machine: MachineObject): StoredObject {
    const { namespace, name } = machine.metadata;
    return objects.modify(
      environment.type(machineKey),
      namespace,
      name,
      (now) => ({
        ...now,
        metadata: {
          ...machine.metadata,
          ...(now.metadata.resourceVersion === undefined ? {} : { resourceVersion: now.metadata.resourceVersion }),
        },
        spec: machine.spec,
      }),
      { manager },
    );
  }

  const machinesOf = (namespace = "", cluster = ""): readonly ObjectKey[] =>
    objects.store.labelled(machineKey, namespace, cluster).map(keyOf);

  return {
    name: "machine",
    intervalMilliseconds: 1000,
    watches: {
      [machineKey]: ({ object }) => [keyOf(object)],
      ...Object.fromEntries(ownedKinds.map((key) => [key, ({ object }: { readonly object: StoredObject }) => ownersOf(object)] as const)),
      [clusterKey]: (event) => {
        if (event.kind === "modified" && clusterState(event.previous) === clusterState(event.object)) return [];
        return machinesOf(event.object.metadata.namespace, event.object.metadata.name);
      },
      ...Object.fromEntries(
        [[setKey, setLabel] as const, [deploymentKey, deploymentLabel] as const].map(([key, label]) => [
          key,
          (event: Parameters<Controller["watches"][string]>[0]) => {
            const { object } = event;
            if (event.kind === "modified" && event.previous["spec"] === object["spec"] && revisionOf(event.previous) === revisionOf(object))
              return [];
            const { namespace = "", name, labels } = object.metadata;
            return objects.store
              .labelled(machineKey, namespace, labels?.[clusterLabel] ?? "")
              .filter(({ metadata }) => metadata.labels?.[label] === name)
              .map(keyOf);
          },
        ]),
      ),
    },
    reconcile,
  };
}

/** Ready of v1beta1 (patchMachine): with a count of steps until the machine is provisioned. */
function summarize(scope: MachineScope): void {
  const { machine } = scope;
  const types = ["InfrastructureReady", "BootstrapReady", "HealthCheckSucceeded", "OwnerRemediated", "DrainingSucceeded"];
  const parts = types.flatMap((type) => findCondition(scope.legacyConditions, type) ?? []);
  const steps = ["InfrastructureReady", "BootstrapReady"];
  const counts = !isDeleting(machine) && machine.spec.providerID === undefined && parts.every(({ type }) => steps.includes(type));
  const ready = mergeLegacyConditions("Ready", parts, { priority: types, ...(counts ? { stepCounterOf: steps.length } : {}) });
  if (ready !== undefined) markLegacy(scope, ready);
}

function phaseOf(machine: MachineObject): string {
  const { status, spec } = machine;
  const { bootstrapDataSecretCreated, infrastructureProvisioned } = status?.initialization ?? {};
  if (isDeleting(machine)) return "Deleting";
  if (isConditionTrue(machine, "Updating")) return "Updating";
  if (status?.nodeRef !== undefined && infrastructureProvisioned === true) return "Running";
  if (spec.providerID !== undefined) return "Provisioned";
  if (bootstrapDataSecretCreated === true && infrastructureProvisioned !== true) return "Provisioning";
  return status?.phase ?? "Pending";
}

function revisionOf({ metadata }: StoredObject): string | undefined {
  return metadata.annotations?.["machinedeployment.clusters.x-k8s.io/revision"];
}

function ownersOf({ metadata }: StoredObject): readonly ObjectKey[] {
  const namespace = metadata.namespace ?? "";
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === "Machine");
  // Before it has an owner, its machine is the one that waits for it: mostly of the same name.
  return [{ namespace, name: owner?.name ?? metadata.name }];
}

function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
