import { ApiStatusError } from "../../api/api-status-error.ts";
import { getCondition } from "../../conditions/condition.ts";
import type { Random } from "../../engine/random.ts";
import type { StoreEvent } from "../../store/object-store.ts";
import { ReconcileError, type Controller, type ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { readBlueprint } from "./blueprint.ts";
import { readCurrentState } from "./current-state.ts";
import { desiredState } from "./desired-state.ts";
import { areSameInputs, passInputs } from "./pass-inputs.ts";
import { createPendingHooks } from "./pending-hooks.ts";
import { reconcileState } from "./reconcile-state.ts";
import type { Scope } from "./scope.ts";
import { annotationKeys, labelKeys, typeKeys, type Cluster, type ClusterClass, type Topology } from "./topology-objects.ts";
import { writeTopologyStatus } from "./topology-status.ts";
import { createUpgradeTracker } from "./upgrade-tracker.ts";

/** As long as a lifecycle hook's annotation holds an upgrade back. */
const hookRetryMilliseconds = 20 * 60_000;

/** Kinds of infrastructure and control planes whose changes count as soon as a topology has made them. */
const ownedTypes = [
  "KubeadmControlPlane.controlplane.cluster.x-k8s.io",
  "DevCluster.infrastructure.cluster.x-k8s.io",
  "DockerCluster.infrastructure.cluster.x-k8s.io",
] as const;

/** Makes of a Cluster's topology and its ClusterClass the objects they describe, and upgrades them in turn (core/reconcilers/topology/cluster). */
export function createTopologyController(environment: Environment): Controller {
  const { objects, type } = environment;
  const random = environment.random.fork("topology/cluster");
  /** Of each Cluster whose last pass found nothing to do, what it went by. */
  const settled = new Map<string, readonly unknown[]>();
  return {
    name: "topology/cluster",
    intervalMilliseconds: 1000,
    // It asks the API server about every object that it wants (a dry run each) before it changes one; controllers of a single object are quicker.
    passMilliseconds: 100,
    watches: {
      [typeKeys.cluster]: (event) => (isRelevant(event) ? [keyOf(event.object.metadata)] : []),
      [typeKeys.clusterClass]: (event) => clustersOf(environment, event),
      [typeKeys.machineDeployment]: ofCluster,
      ...Object.fromEntries(ownedTypes.map((key) => [key, ofCluster])),
    },
    reconcile({ namespace, name }) {
      // What is stored under this type is a Cluster.
      const cluster = objects.get(type(typeKeys.cluster), namespace, name) as Cluster | undefined;
      const topology = cluster?.spec.topology;
      if (cluster === undefined) settled.delete(`${namespace}/${name}`);
      if (cluster === undefined || topology === undefined) return;
      if (cluster.spec.paused === true || cluster.metadata.annotations?.[annotationKeys.paused] !== undefined) {
        return writeTopologyStatus(environment, cluster, { kind: "paused" });
      }
      if (cluster.metadata.deletionTimestamp !== undefined) return writeTopologyStatus(environment, cluster, { kind: "deleting" });
      return reconcileTopology(environment, random, cluster, topology, settled);
    },
  };
}

function reconcileTopology(
  environment: Environment,
  random: Random,
  cluster: Cluster,
  topology: Topology,
  settled: Map<string, readonly unknown[]>,
): { readonly requeueAfterMilliseconds?: number } | void {
  const tracker = createUpgradeTracker(Number(cluster.metadata.annotations?.[annotationKeys.upgradeConcurrency] ?? 1) || 1);
  const hooks = createPendingHooks(environment, cluster);
  const { store } = environment.objects;
  const key = `${cluster.metadata.namespace ?? ""}/${cluster.metadata.name}`;
  const revision = store.revision();
  try {
    const blueprint = readBlueprint(environment, topology, readClass(environment, cluster, topology));
    const current = readCurrentState(environment, cluster);
    const inputs = passInputs(environment, cluster, blueprint, current);
    // It would find once more that there is nothing to do.
    if (areSameInputs(settled.get(key), inputs)) return;
    settled.delete(key);
    let isDrawn = false;
    const suffix = (length: number): string => {
      isDrawn = true;
      return random.suffix(length);
    };
    const scope: Scope = { environment, random: { ...random, suffix }, cluster, blueprint, current, tracker, hooks };
    const desired = withPrefix("error computing the desired state of the Cluster topology", () => desiredState(scope));
    reconcileState(scope, desired);
    const { kind, spec } = desired.controlPlane;
    // The desired control plane carries a version.
    const controlPlane = { kind, version: spec?.["version"] as string };
    writeTopologyStatus(environment, cluster, { kind: "reconciled", tracker, hooks, controlPlane }, tracker);
    // What waits for a hook looks again in time, and what draws names draws others next time.
    if (store.revision() === revision && !isDrawn && tracker.blockingHook === undefined) settled.set(key, inputs);
  } catch (error) {
    if (!(error instanceof ReconcileError) && !(error instanceof ApiStatusError)) throw error;
    writeTopologyStatus(environment, cluster, { kind: "failed", message: error.message }, tracker);
    throw error;
  }
  return tracker.blockingHook === undefined ? undefined : { requeueAfterMilliseconds: hookRetryMilliseconds };
}

function readClass({ objects, type }: Environment, cluster: Cluster, { classRef }: Topology): ClusterClass {
  const namespace = classRef.namespace ?? cluster.metadata.namespace;
  // What is stored under this type is a ClusterClass.
  const found = objects.get(type(typeKeys.clusterClass), namespace, classRef.name) as ClusterClass | undefined;
  if (found === undefined) {
    throw new ReconcileError(
      `failed to retrieve ClusterClass ${namespace ?? ""}/${classRef.name}: ClusterClass.cluster.x-k8s.io "${classRef.name}" not found`,
    );
  }
  const variables = getCondition(found, "VariablesReady");
  if (variables === undefined || variables.status === "False") {
    throw new ReconcileError(
      'ClusterClass is not successfully reconciled: status of VariablesReady condition on ClusterClass must be "True"',
    );
  }
  const { generation } = found.metadata;
  const observed = found.status?.observedGeneration ?? 0;
  if (generation !== observed) {
    throw new ReconcileError(
      `ClusterClass is not successfully reconciled: ClusterClass.status.observedGeneration must be ${generation ?? 0}, but is ${observed}`,
    );
  }
  return found;
}

function withPrefix<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ReconcileError) && !(error instanceof ApiStatusError)) throw error;
    throw new ReconcileError(`${prefix}: ${error.message}`);
  }
}

/** A write that changes nothing but who owns which field is none. */
function isRelevant(event: StoreEvent): boolean {
  if ((event.object as Cluster).spec.topology === undefined) return false;
  if (event.kind !== "modified") return true;
  const [before, after] = [event.previous, event.object];
  const names = ["generation", "labels", "annotations", "deletionTimestamp", "finalizers"] as const;
  return (
    before["spec"] !== after["spec"] ||
    before["status"] !== after["status"] ||
    names.some((name) => before.metadata[name] !== after.metadata[name])
  );
}

function clustersOf({ objects }: Environment, { object }: StoreEvent): readonly ObjectKey[] {
  const { name, namespace } = object.metadata;
  return objects.store
    .list(typeKeys.cluster)
    .filter((cluster) => {
      const classRef = (cluster as Cluster).spec.topology?.classRef;
      return classRef?.name === name && (classRef.namespace ?? cluster.metadata.namespace) === namespace;
    })
    .map(({ metadata }) => keyOf(metadata));
}

function ofCluster({ object: { metadata } }: StoreEvent): readonly ObjectKey[] {
  const { labels, namespace = "" } = metadata;
  const name = labels?.[labelKeys.cluster];
  return name === undefined || labels?.[labelKeys.owned] === undefined ? [] : [{ namespace, name }];
}

function keyOf({ namespace = "", name }: { readonly namespace?: string; readonly name: string }): ObjectKey {
  return { namespace, name };
}
