import { ApiStatusError } from "../../api/api-status-error.ts";
import { typeKey } from "../../api/resource-type.ts";
import type { Condition } from "../../conditions/condition.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import { controllerOf } from "../../api/objects.ts";
import type { StoreEvent } from "../../store/object-store.ts";
import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import { ReconcileError, type Controller, type ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { machineLabels, withPropagatedFields } from "./desired-machine.ts";
import { matchesSelector } from "./label-selector.ts";
import { createMachines } from "./machine-creation.ts";
import { machinesToDelete } from "./machine-deletion-order.ts";
import {
  clusterKey,
  clusterNameLabel,
  compareTexts,
  machineDeploymentKey,
  machineDeploymentNameLabel,
  machineKey,
  machineSetKey,
  revisionAnnotation,
  type Cluster,
  type ContractReference,
  type Machine,
  type MachineDeployment,
  type MachineSet,
} from "./machine-objects.ts";
import { remediateMachines } from "./machine-remediation.ts";
import { machineSetManager, machineSetMetadataManager, requeue, type MachineSetScope } from "./machine-set-scope.ts";
import { machineSetStatus } from "./machine-set-status.ts";
import { withOwnedKeys } from "./owned-keys.ts";
import { controllingOwner, ownerOf, ownTemplate, withOwner } from "./template-reference.ts";
import { clusterPauseChanged, keyOf, ofCluster } from "./watches.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

const finalizer = "cluster.x-k8s.io/machineset";
const manager = "manager";

/** Keeps as many machines as are asked for (core/reconcilers/machineset at v1.14, without in-place updates: their gate is off). */
export function createMachineSetController(environment: Environment): Controller {
  const { objects } = environment;
  const random = environment.random.fork("machineset");

  /** MachineSets that may find machines to adopt, by uid: only for them all machines of the cluster are looked through. */
  const mayAdopt = new Set<string>();

  function wokenByMachine({ object }: StoreEvent): readonly ObjectKey[] {
    const owner = controllerOf(object);
    if (owner !== undefined) return owner.kind === "MachineSet" ? [{ namespace: object.metadata.namespace ?? "", name: owner.name }] : [];
    const machineSets = ofCluster(objects.store, machineSetKey, object).filter((machineSet) =>
      matchesSelector((machineSet as MachineSet).spec.selector, object.metadata.labels),
    );
    for (const { metadata } of machineSets) mayAdopt.add(metadata.uid);
    return machineSets.map(keyOf);
  }

  function wokenBySelf({ kind, object }: StoreEvent): readonly ObjectKey[] {
    if (kind === "added") mayAdopt.add(object.metadata.uid);
    if (kind === "deleted") mayAdopt.delete(object.metadata.uid);
    return [keyOf(object)];
  }

  function reconcile(key: ObjectKey): { readonly requeueAfterMilliseconds?: number } | void {
    const type = environment.type(machineSetKey);
    const machineSet = objects.get(type, key.namespace, key.name) as MachineSet | undefined;
    if (machineSet === undefined) return;
    const { clusterName } = machineSet.spec;
    const cluster: Cluster | undefined = objects.get(environment.type(clusterKey), key.namespace, clusterName);
    if (cluster === undefined) throw new ReconcileError(`failed to get Cluster/${clusterName}: not found`);
    if (machineSet.metadata.deletionTimestamp === undefined && machineSet.metadata.finalizers?.includes(finalizer) !== true) {
      changeMetadata(machineSet, { finalizers: [...(machineSet.metadata.finalizers ?? []), finalizer] });
      return;
    }
    const now = environment.timeline.now();
    const conditions = ensurePaused(objects, type, cluster, machineSet, now);
    if (conditions === "stop") return;

    const deployment = machineSet.metadata.labels?.[machineDeploymentNameLabel];
    const owner = deployment === undefined ? undefined : objects.get(environment.type(machineDeploymentKey), key.namespace, deployment);
    if (deployment !== undefined && owner === undefined) {
      throw new ReconcileError(`failed to retrieve owner MachineDeployment for MachineSet ${key.namespace}/${key.name}`);
    }
    const scope: MachineSetScope = {
      environment,
      cluster,
      owner: owner as MachineDeployment | undefined,
      now,
      machineSet,
      machines: [],
      isBootstrapTemplateMissing: false,
      isInfrastructureTemplateMissing: false,
      failedPreflightChecks: [],
      creationFailure: undefined,
      requeueAfterMilliseconds: undefined,
    };
    return run(scope, conditions);
  }

  /** All parts are gone through even when one fails, then status is written, then the failures are thrown: as the real one does. */
  function run(scope: MachineSetScope, conditions: readonly Condition[]): { readonly requeueAfterMilliseconds?: number } | void {
    const errors: Error[] = [];
    const isDeleting = scope.machineSet.metadata.deletionTimestamp !== undefined;
    const parts: readonly ((scope: MachineSetScope) => void)[] = [
      reconcileOwnerAndLabels,
      reconcileTemplates,
      adoptMachines,
      ...(isDeleting ? [deleteAllMachines] : [remediateMachines, syncMachines, syncReplicas]),
    ];
    for (const part of parts) {
      try {
        part(scope);
      } catch (error) {
        if (!(error instanceof ApiStatusError) && !(error instanceof ReconcileError)) throw error;
        errors.push(error);
      }
    }
    writeStatusOf(scope, conditions, errors.length === 0);
    if (isDeleting && errors.length === 0 && scope.machines.length === 0) {
      changeMetadata(scope.machineSet, { finalizers: (scope.machineSet.metadata.finalizers ?? []).filter((each) => each !== finalizer) });
      return;
    }
    if (errors.length > 0) throw new ReconcileError(errors.map(({ message }) => message).join("; "));
    if (!isDeleting) requeueUntilReady(scope);
    return scope.requeueAfterMilliseconds === undefined ? undefined : { requeueAfterMilliseconds: scope.requeueAfterMilliseconds };
  }

  function changeMetadata(object: StoredObject, change: Partial<StoredObject["metadata"]>): StoredObject {
    const { namespace, name } = object.metadata;
    const merge = (live: StoredObject): GivenObject => ({ ...live, metadata: { ...live.metadata, ...change } });
    return objects.modify(environment.type(typeKey("cluster.x-k8s.io", object.kind)), namespace, name, merge, { manager });
  }

  function reconcileOwnerAndLabels(scope: MachineSetScope): void {
    const { machineSet, cluster } = scope;
    const { labels, ownerReferences = [] } = machineSet.metadata;
    const isStandAlone =
      labels?.[machineDeploymentNameLabel] === undefined &&
      !ownerReferences.some(({ kind }) => kind === "MachineDeployment" || kind === "Cluster");
    const owners = isStandAlone ? withOwner(ownerReferences, ownerOf(cluster)) : ownerReferences;
    if (owners === ownerReferences && labels?.[clusterNameLabel] === machineSet.spec.clusterName) return;
    const change = { labels: { ...labels, [clusterNameLabel]: machineSet.spec.clusterName }, ownerReferences: owners };
    scope.machineSet = changeMetadata(machineSet, change) as MachineSet;
  }

  function reconcileTemplates(scope: MachineSetScope): void {
    const { bootstrap, infrastructureRef } = scope.machineSet.spec.template.spec;
    scope.isInfrastructureTemplateMissing = !ownTemplate(environment, scope.cluster, infrastructureRef, manager);
    scope.isBootstrapTemplateMissing = !ownTemplate(environment, scope.cluster, bootstrap?.configRef, manager);
    const { owner, machineSet } = scope;
    const isOld =
      owner !== undefined && owner.metadata.annotations?.[revisionAnnotation] !== machineSet.metadata.annotations?.[revisionAnnotation];
    if (isOld || machineSet.metadata.deletionTimestamp !== undefined) return;
    if (scope.isInfrastructureTemplateMissing) throw missing("infrastructure", infrastructureRef);
    if (scope.isBootstrapTemplateMissing) throw missing("bootstrapConfig", bootstrap?.configRef);
  }

  function missing(what: string, reference: ContractReference | undefined): ReconcileError {
    return new ReconcileError(`failed to reconcile ${what}: ${reference?.kind ?? ""} "${reference?.name ?? ""}" not found`);
  }

  function adoptMachines(scope: MachineSetScope): void {
    const { machineSet } = scope;
    const candidates = mayAdopt.delete(machineSet.metadata.uid)
      ? ofCluster(objects.store, machineKey, machineSet)
      : ownMachines(machineSet);
    scope.machines = candidates.flatMap((object): readonly Machine[] => {
      if (!matchesSelector(machineSet.spec.selector, object.metadata.labels)) return [];
      const controller = controllerOf(object);
      if (controller !== undefined) return controller.uid === machineSet.metadata.uid ? [object as Machine] : [];
      const adopted = changeMetadata(object, { ownerReferences: withOwner(object.metadata.ownerReferences, controllingOwner(machineSet)) });
      environment.recordEvent(machineSet, "Normal", "SuccessfulAdopt", `Adopted Machine "${object.metadata.name}"`);
      return [adopted as Machine];
    });
  }

  function ownMachines({ metadata }: MachineSet): readonly StoredObject[] {
    const owned = objects.store.dependents(metadata.uid).flatMap(({ type, object }) => (type === machineKey ? [object] : []));
    return owned.sort((one, other) => compareTexts(one.metadata.name, other.metadata.name));
  }

  /** As they are now, after something was written. */
  function refresh(scope: MachineSetScope): void {
    const type = environment.type(machineKey);
    // What was a Machine is one still.
    const live = scope.machines.map(({ metadata }) => objects.get(type, metadata.namespace, metadata.name) as Machine | undefined);
    scope.machines = live.filter((machine) => machine !== undefined);
  }

  function deleteAllMachines(scope: MachineSetScope): void {
    for (const { metadata } of scope.machines) {
      if (metadata.deletionTimestamp === undefined) objects.delete(environment.type(machineKey), metadata.namespace, metadata.name, {});
    }
    refresh(scope);
  }

  function syncMachines(scope: MachineSetScope): void {
    refresh(scope);
    const { machineSet } = scope;
    const type = environment.type(machineKey);
    for (const machine of scope.machines) {
      const desired = withPropagatedFields(machine, machineSet);
      const { namespace, name, deletionTimestamp } = machine.metadata;
      const by = deletionTimestamp === undefined ? machineSetManager : manager;
      if (desired !== machine) objects.modify(type, namespace, name, () => desired, { manager: by });
      if (deletionTimestamp !== undefined) continue;
      syncLabels(machine.spec.infrastructureRef, machine, machineSet);
      syncLabels(machine.spec.bootstrap?.configRef, machine, machineSet);
    }
    refresh(scope);
  }

  function syncLabels(reference: ContractReference | undefined, machine: Machine, machineSet: MachineSet): void {
    if (reference === undefined) return;
    const type = environment.type(typeKey(reference.apiGroup, reference.kind));
    const { namespace } = machine.metadata;
    const object = objects.get(type, namespace, reference.name);
    if (object === undefined) throw new ReconcileError(`failed to get ${reference.kind} ${namespace ?? ""}/${reference.name}: not found`);
    const labels = withOwnedKeys(object, "labels", machineLabels(machineSet), machineSetMetadataManager);
    const annotations = withOwnedKeys(
      object,
      "annotations",
      machineSet.spec.template.metadata?.annotations ?? {},
      machineSetMetadataManager,
    );
    if (labels === object.metadata.labels && annotations === object.metadata.annotations) return;
    const change = (live: StoredObject): GivenObject => ({
      ...live,
      metadata: withoutUndefined<StoredObject["metadata"]>({ ...live.metadata, labels, annotations }),
    });
    objects.modify(type, namespace, reference.name, change, { manager: machineSetMetadataManager });
  }

  function syncReplicas(scope: MachineSetScope): void {
    const { machineSet, machines, now } = scope;
    const surplus = machines.length - (machineSet.spec.replicas ?? 0);
    if (surplus < 0) {
      if (machineSet.metadata.annotations?.["cluster.x-k8s.io/disable-machine-create"] !== "true") createMachines(scope, -surplus, random);
      return;
    }
    for (const { metadata } of machinesToDelete(machines, surplus, machineSet.spec.deletion?.order, now)) {
      if (metadata.deletionTimestamp !== undefined) continue;
      objects.delete(environment.type(machineKey), metadata.namespace, metadata.name, {});
      environment.recordEvent(machineSet, "Normal", "SuccessfulDelete", `Deleted Machine "${metadata.name}"`);
    }
  }

  function writeStatusOf(scope: MachineSetScope, conditions: readonly Condition[], isComplete: boolean): void {
    const status = machineSetStatus(scope, conditions, isComplete);
    scope.machineSet = writeStatus(objects, environment.type(machineSetKey), scope.machineSet, status) as MachineSet;
  }

  /** Nodes are not watched: as long as machines are not ready, the controller looks again. */
  function requeueUntilReady(scope: MachineSetScope): void {
    const { spec, status } = scope.machineSet;
    const minReadySeconds = spec.template.spec.minReadySeconds ?? 0;
    const isReady = (status?.readyReplicas ?? 0) === (spec.replicas ?? 0);
    if (!isReady) requeue(scope, 15_000);
    else if (minReadySeconds > 0 && (status?.availableReplicas ?? 0) !== (spec.replicas ?? 0)) requeue(scope, minReadySeconds * 1000);
  }

  return {
    name: "machineset",
    intervalMilliseconds: 1000,
    watches: {
      [machineSetKey]: wokenBySelf,
      [machineKey]: wokenByMachine,
      [machineDeploymentKey]: ({ object }) =>
        objects.store.dependents(object.metadata.uid).flatMap(({ type, object: child }) => (type === machineSetKey ? [keyOf(child)] : [])),
      [clusterKey]: (event) =>
        clusterPauseChanged(event)
          ? objects.store.labelled(machineSetKey, event.object.metadata.namespace ?? "", event.object.metadata.name).map(keyOf)
          : [],
    },
    reconcile,
  };
}
