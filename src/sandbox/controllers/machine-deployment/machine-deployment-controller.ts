import { ApiStatusError } from "../../api/api-status-error.ts";
import { controllerOf } from "../../api/objects.ts";
import { typeKey } from "../../api/resource-type.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import type { StoreEvent } from "../../store/object-store.ts";
import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import { ReconcileError, type Controller, type ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { matchesSelector } from "../machine-set/label-selector.ts";
import {
  byAge,
  clusterKey,
  clusterNameLabel,
  keyText,
  machineDeploymentKey,
  machineDeploymentNameLabel,
  machineKey,
  machineSetKey,
  revisionAnnotation,
  type Cluster,
  type Machine,
  type MachineDeployment,
  type MachineSet,
} from "../machine-set/machine-objects.ts";
import { controllingOwner, ownerOf, ownTemplate, withOwner } from "../machine-set/template-reference.ts";
import { clusterPauseChanged, keyOf, ofCluster } from "../machine-set/watches.ts";
import {
  currentRevision,
  desiredReplicasAnnotation,
  keptRevision,
  machineDeploymentManager,
  machineSetAnnotations,
  maxReplicasAnnotation,
  newMachineSet,
  withDesiredFields,
} from "./desired-machine-set.ts";
import { isRollingUpdate, rolloutLimits } from "./fenceposts.ts";
import type { MachineDeploymentScope } from "./machine-deployment-scope.ts";
import { isRolledOut, machineDeploymentStatus } from "./machine-deployment-status.ts";
import { planScale, type ScalableMachineSet } from "./proportional-scale.ts";
import { planOnDelete, planRollingUpdate, type MachineSetCounts, type ScalePlan } from "./rollout-plan.ts";
import { splitByTemplate, type MachineSetsByTemplate } from "./template-differences.ts";

const finalizer = "cluster.x-k8s.io/machinedeployment";
const manager = "manager";
/** Stands for the MachineSet that is to be made, in plans: no object can be named so. */
const toBeMade = "";

/** Rolls machines over from one MachineSet to the next (core/reconcilers/machinedeployment at v1.14, without in-place updates: their gate is off). */
export function createMachineDeploymentController(environment: Environment): Controller {
  const { objects } = environment;
  const random = environment.random.fork("machinedeployment");

  function wokenByMachineSet({ object }: StoreEvent): readonly ObjectKey[] {
    const owner = controllerOf(object);
    if (owner !== undefined) {
      return owner.kind === "MachineDeployment" ? [{ namespace: object.metadata.namespace ?? "", name: owner.name }] : [];
    }
    return ofCluster(objects.store, machineDeploymentKey, object)
      .filter((deployment) => matchesSelector((deployment as MachineDeployment).spec.selector, object.metadata.labels))
      .map(keyOf);
  }

  function reconcile(key: ObjectKey): { readonly requeueAfterMilliseconds?: number } | void {
    const type = environment.type(machineDeploymentKey);
    const deployment = objects.get(type, key.namespace, key.name) as MachineDeployment | undefined;
    if (deployment === undefined) return;
    const { clusterName } = deployment.spec;
    const cluster: Cluster | undefined = objects.get(environment.type(clusterKey), key.namespace, clusterName);
    if (cluster === undefined) throw new ReconcileError(`failed to get Cluster/${clusterName}: not found`);
    const isDeleting = deployment.metadata.deletionTimestamp !== undefined;
    if (!isDeleting && deployment.metadata.finalizers?.includes(finalizer) !== true) {
      changeMetadata(deployment, { finalizers: [...(deployment.metadata.finalizers ?? []), finalizer] });
      return;
    }
    const now = environment.timeline.now();
    const conditions = ensurePaused(objects, type, cluster, deployment, now);
    if (conditions === "stop") return;

    const machines: readonly StoredObject[] = ofCluster(objects.store, machineKey, deployment).filter((machine) =>
      matchesSelector(deployment.spec.selector, machine.metadata.labels),
    );
    const scope: MachineDeploymentScope = {
      environment,
      cluster,
      now,
      deployment,
      machineSets: [],
      machines: machines as readonly Machine[],
      isBootstrapTemplateMissing: false,
      isInfrastructureTemplateMissing: false,
      rolledOut: undefined,
    };
    let failure: Error | undefined;
    try {
      if (isDeleting) deleteMachineSets(scope);
      else rollOut(scope);
    } catch (error) {
      if (!(error instanceof ApiStatusError) && !(error instanceof ReconcileError)) throw error;
      failure = error;
    }
    const status = machineDeploymentStatus(scope, conditions, failure === undefined);
    writeStatus(objects, type, scope.deployment, status);
    if (failure !== undefined) throw failure;
    if (isDeleting && scope.machineSets.length === 0) {
      changeMetadata(scope.deployment, { finalizers: (scope.deployment.metadata.finalizers ?? []).filter((each) => each !== finalizer) });
      return;
    }
    return untilRollout(scope);
  }

  /** The real one notices `rollout.after` at its next resync, at most ten minutes late; here it does at once. */
  function untilRollout({ deployment, now }: MachineDeploymentScope): { readonly requeueAfterMilliseconds: number } | undefined {
    const { after } = deployment.spec.rollout ?? {};
    const milliseconds = after === undefined ? 0 : Date.parse(after) - now;
    return milliseconds > 0 ? { requeueAfterMilliseconds: milliseconds } : undefined;
  }

  function changeMetadata(object: StoredObject, change: Partial<StoredObject["metadata"]>): StoredObject {
    const { namespace, name } = object.metadata;
    const merge = (live: StoredObject): GivenObject => ({ ...live, metadata: { ...live.metadata, ...change } });
    return objects.modify(environment.type(typeKey("cluster.x-k8s.io", object.kind)), namespace, name, merge, { manager });
  }

  function rollOut(scope: MachineDeploymentScope): void {
    ownByCluster(scope);
    const { bootstrap, infrastructureRef } = scope.deployment.spec.template.spec;
    scope.isInfrastructureTemplateMissing = !ownTemplate(environment, scope.cluster, infrastructureRef, manager);
    scope.isBootstrapTemplateMissing = !ownTemplate(environment, scope.cluster, bootstrap?.configRef, manager);
    adoptMachineSets(scope);
    const { deployment, machineSets, now } = scope;
    const split = splitByTemplate(deployment, machineSets, now);
    const isPaused = deployment.spec.paused === true;
    const old = [...split.old].sort(byAge);
    if (split.current === undefined && !isPaused && (scope.isInfrastructureTemplateMissing || scope.isBootstrapTemplateMissing)) {
      throw new ReconcileError("cannot create a MachineSet when templates do not exist");
    }
    const plan = isPaused ? new Map<string, number>() : planOf(deployment, split.current, old);
    const written = writeMachineSets(scope, { current: split.current, old }, plan);
    scope.rolledOut = isPaused ? scalePaused(scope, written) : allOf(written);
    if (!isPaused && isRolledOut(scope)) cleanUp(scope, written.old);
  }

  function ownByCluster(scope: MachineDeploymentScope): void {
    const { deployment, cluster } = scope;
    const { labels, ownerReferences } = deployment.metadata;
    const owners = withOwner(ownerReferences, ownerOf(cluster));
    if (owners === ownerReferences && labels?.[clusterNameLabel] === deployment.spec.clusterName) return;
    const change = { labels: { ...labels, [clusterNameLabel]: deployment.spec.clusterName }, ownerReferences: owners };
    scope.deployment = changeMetadata(deployment, change) as MachineDeployment;
  }

  /** Those that it controls, and those without a controller that its selector names. */
  function adoptMachineSets(scope: MachineDeploymentScope): void {
    const { deployment } = scope;
    scope.machineSets = ofCluster(objects.store, machineSetKey, deployment).flatMap((object): readonly MachineSet[] => {
      const controller = controllerOf(object);
      if (controller !== undefined) return controller.uid === deployment.metadata.uid ? [object as MachineSet] : [];
      if (!matchesSelector(deployment.spec.selector, object.metadata.labels)) return [];
      const adopted = changeMetadata(object, {
        ownerReferences: withOwner(object.metadata.ownerReferences, controllingOwner(deployment)),
        labels: { ...object.metadata.labels, [machineDeploymentNameLabel]: deployment.metadata.name },
      });
      environment.recordEvent(deployment, "Normal", "SuccessfulAdopt", `Adopted MachineSet "${object.metadata.name}"`);
      return [adopted as MachineSet];
    });
  }

  function planOf(deployment: MachineDeployment, current: MachineSet | undefined, old: readonly MachineSet[]): ScalePlan {
    const situation = {
      limits: rolloutLimits(deployment),
      current: current === undefined ? { name: toBeMade, replicas: 0, actual: 0, available: 0 } : countsOf(current),
      old: old.map(countsOf),
    };
    return isRollingUpdate(deployment.spec.rollout?.strategy?.type) ? planRollingUpdate(situation) : planOnDelete(situation);
  }

  /** Passes on what changes in place, carries out the plan, makes the current MachineSet where there is none, and keeps revisions. Gives the MachineSets as they are then. */
  function writeMachineSets(
    scope: MachineDeploymentScope,
    { current, old }: MachineSetsByTemplate,
    plan: ScalePlan,
  ): MachineSetsByTemplate {
    const { deployment } = scope;
    const type = environment.type(machineSetKey);
    const { namespace } = deployment.metadata;
    const isPaused = deployment.spec.paused === true;
    const revision = currentRevision(current, old);
    const annotations = { ...machineSetAnnotations(deployment, true), ...revision };

    function update(machineSet: MachineSet, desiredAnnotations: Readonly<Record<string, string>>): MachineSet {
      const { name } = machineSet.metadata;
      const before = machineSet.spec.replicas ?? 0;
      const replicas = plan.get(name) ?? before;
      const desired = withDesiredFields(machineSet, deployment, replicas, desiredAnnotations);
      if (desired === machineSet) return machineSet;
      const written = objects.modify(type, namespace, name, () => desired, { manager: machineDeploymentManager });
      if (replicas !== before) {
        const direction = replicas < before ? "down" : "up";
        environment.recordEvent(
          deployment,
          "Normal",
          "SuccessfulScale",
          `Scaled ${direction} MachineSet ${name}: ${before} -> ${replicas}`,
        );
      }
      return written as MachineSet;
    }

    let written: MachineSet | undefined;
    if (current !== undefined) written = update(current, annotations);
    else if (!isPaused) written = create(deployment, plan.get(toBeMade) ?? 0, annotations);
    const writtenOld = old.map((machineSet) =>
      update(machineSet, { ...machineSetAnnotations(deployment, false), ...keptRevision(machineSet) }),
    );
    // Paused with no MachineSet of its template yet, v1.14 blanks the annotation.
    const number = written === undefined ? "" : (revision[revisionAnnotation] ?? "");
    const { annotations: own } = deployment.metadata;
    if ((own?.[revisionAnnotation] ?? "") !== number) {
      scope.deployment = changeMetadata(deployment, { annotations: { ...own, [revisionAnnotation]: number } }) as MachineDeployment;
    }
    return { current: written, old: writtenOld };
  }

  function create(deployment: MachineDeployment, replicas: number, annotations: Readonly<Record<string, string>>): MachineSet {
    const given = newMachineSet(deployment, replicas, annotations, random);
    const created = objects.create(environment.type(machineSetKey), given, { manager: machineDeploymentManager });
    const message = `Created MachineSet ${keyText(created)} with ${replicas} replicas`;
    environment.recordEvent(deployment, "Normal", "SuccessfulCreate", message);
    return created as MachineSet;
  }

  function scalePaused(scope: MachineDeploymentScope, split: MachineSetsByTemplate): MachineDeploymentScope["rolledOut"] {
    const { deployment } = scope;
    const plan = planScale({
      limits: rolloutLimits(deployment),
      isRolling: isRollingUpdate(deployment.spec.rollout?.strategy?.type),
      actual: deployment.status?.replicas ?? 0,
      current: split.current === undefined ? undefined : scalable(split.current),
      old: split.old.map(scalable),
    });
    const scale = (machineSet: MachineSet): MachineSet => {
      const { namespace, name } = machineSet.metadata;
      const replicas = plan.get(name);
      if (replicas === undefined) return machineSet;
      const message = `Scaled MachineSet ${keyText(machineSet)}: ${machineSet.spec.replicas ?? 0} -> ${replicas}`;
      environment.recordEvent(deployment, "Normal", "SuccessfulScale", message);
      const change = (live: StoredObject): GivenObject => ({ ...live, spec: { ...(live as MachineSet).spec, replicas } });
      return objects.modify(environment.type(machineSetKey), namespace, name, change, { manager }) as MachineSet;
    };
    return allOf({ current: split.current === undefined ? undefined : scale(split.current), old: split.old.map(scale) });
  }

  function allOf({ current, old }: MachineSetsByTemplate): NonNullable<MachineDeploymentScope["rolledOut"]> {
    return { current, all: current === undefined ? old : [...old, current] };
  }

  /** Old MachineSets without machines go once the rollout is complete; there is no history of them. */
  function cleanUp({ deployment }: MachineDeploymentScope, old: readonly MachineSet[]): void {
    for (const { metadata, spec, status } of old) {
      const isObserved = (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0);
      if ((status?.replicas ?? 0) !== 0 || (spec.replicas ?? 0) !== 0 || !isObserved || metadata.deletionTimestamp !== undefined) continue;
      objects.delete(environment.type(machineSetKey), metadata.namespace, metadata.name, {});
      environment.recordEvent(deployment, "Normal", "SuccessfulDelete", `Deleted MachineSet "${metadata.name}"`);
    }
  }

  function deleteMachineSets(scope: MachineDeploymentScope): void {
    adoptMachineSets(scope);
    for (const { metadata } of scope.machineSets) {
      if (metadata.deletionTimestamp === undefined) objects.delete(environment.type(machineSetKey), metadata.namespace, metadata.name, {});
    }
  }

  return {
    name: "machinedeployment",
    intervalMilliseconds: 1000,
    watches: {
      [machineDeploymentKey]: ({ object }) => [keyOf(object)],
      [machineSetKey]: wokenByMachineSet,
      [clusterKey]: (event) =>
        clusterPauseChanged(event)
          ? objects.store.labelled(machineDeploymentKey, event.object.metadata.namespace ?? "", event.object.metadata.name).map(keyOf)
          : [],
    },
    reconcile,
  };
}

function countsOf({ metadata, spec, status }: MachineSet): MachineSetCounts {
  return { name: metadata.name, replicas: spec.replicas ?? 0, actual: status?.replicas ?? 0, available: status?.availableReplicas ?? 0 };
}

function scalable(machineSet: MachineSet): ScalableMachineSet {
  const { annotations, creationTimestamp } = machineSet.metadata;
  const number = (key: string): number | undefined => {
    const text = annotations?.[key];
    return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
  };
  return {
    ...countsOf(machineSet),
    createdAt: creationTimestamp ?? "",
    annotatedReplicas: number(desiredReplicasAnnotation),
    annotatedMaximum: number(maxReplicasAnnotation),
  };
}
