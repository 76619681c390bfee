import { groupOf, typeKey } from "../../api/resource-type.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import { pausedState } from "../../conditions/write-status.ts";
import type { StoreEvent } from "../../store/object-store.ts";
import type { Controller, ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { labelKeys, typeKeys, type ContractRef } from "./topology-objects.ts";

const machineSetKey = "MachineSet.cluster.x-k8s.io";
const poolLabel = "cluster.x-k8s.io/deployment-name";

/** Deletes the templates and the health check of a topology's pool that goes (core/reconcilers/topology/machinedeployment). */
export function createTopologyMachineDeploymentController(environment: Environment): Controller {
  const { objects, type } = environment;
  return cleanup(
    environment,
    "topology/machinedeployment",
    typeKeys.machineDeployment,
    "machinedeployment.topology.cluster.x-k8s.io",
    (pool) => {
      const { namespace, name } = pool.metadata;
      deleteUnused(environment, pool, refsOf(machineSetsOf(environment, pool.metadata.namespace, name)));
      const checkType = type(typeKeys.machineHealthCheck);
      if (objects.get(checkType, namespace, name) !== undefined) objects.delete(checkType, namespace, name, {});
    },
  );
}

/** Deletes the templates of a MachineSet that goes, when neither its pool nor another MachineSet of it refers to them (core/reconcilers/topology/machineset). */
export function createTopologyMachineSetController(environment: Environment): Controller {
  const { objects, type } = environment;
  return cleanup(environment, "topology/machineset", machineSetKey, "machineset.topology.cluster.x-k8s.io", (machineSet) => {
    const { namespace, ownerReferences } = machineSet.metadata;
    const owner = ownerReferences?.find(
      ({ kind, apiVersion }) => kind === "MachineDeployment" && groupOf(apiVersion) === "cluster.x-k8s.io",
    );
    if (owner === undefined) return;
    const pool = objects.get(type(typeKeys.machineDeployment), namespace, owner.name);
    const users = [...machineSetsOf(environment, namespace, owner.name), ...(pool === undefined ? [] : [pool])];
    deleteUnused(environment, machineSet, refsOf(users));
  });
}

function cleanup(
  environment: Environment,
  name: string,
  key: string,
  finalizer: string,
  cleanUp: (object: StoredObject) => void,
): Controller {
  const { objects, type } = environment;
  const setFinalizers = (object: StoredObject, finalizers: readonly string[]): void =>
    void objects.modify(
      type(key),
      object.metadata.namespace,
      object.metadata.name,
      (live) => ({ ...live, metadata: { ...live.metadata, finalizers } }),
      { manager: "manager" },
    );
  return {
    name,
    watches: {
      [key]: (event) => (isOwned(event) ? [keyOf(event.object)] : []),
      // Those that were paused with their Cluster go on with it.
      [typeKeys.cluster]: (event) =>
        isUnpaused(event) ? objects.store.labelled(key, event.object.metadata.namespace ?? "", event.object.metadata.name).map(keyOf) : [],
    },
    reconcile(of) {
      const object = objects.get(type(key), of.namespace, of.name);
      if (object === undefined) return;
      const { finalizers = [], deletionTimestamp, labels } = object.metadata;
      if (labels?.[labelKeys.owned] === undefined) return;
      if (deletionTimestamp === undefined) {
        if (!finalizers.includes(finalizer)) setFinalizers(object, [...finalizers, finalizer]);
        return;
      }
      if (!finalizers.includes(finalizer)) return;
      const cluster = objects.get(type(typeKeys.cluster), of.namespace, labels[labelKeys.cluster] ?? "");
      if (pausedState(cluster, object).status === "True") return;
      cleanUp(object);
      setFinalizers(
        object,
        finalizers.filter((each) => each !== finalizer),
      );
    },
  };
}

function machineSetsOf({ objects }: Environment, namespace: string | undefined, pool: string): readonly StoredObject[] {
  return objects.store.list(machineSetKey, namespace).filter(({ metadata }) => metadata.labels?.[poolLabel] === pool);
}

/** References to templates of all that are to stay. */
function refsOf(users: readonly StoredObject[]): ReadonlySet<string> {
  return new Set(users.filter(({ metadata }) => metadata.deletionTimestamp === undefined).flatMap((user) => templateRefs(user).map(text)));
}

function deleteUnused({ objects, type }: Environment, object: StoredObject, used: ReadonlySet<string>): void {
  for (const ref of templateRefs(object)) {
    if (used.has(text(ref))) continue;
    const templateType = type(typeKey(ref.apiGroup, ref.kind));
    const { namespace } = object.metadata;
    if (objects.get(templateType, namespace, ref.name) !== undefined) objects.delete(templateType, namespace, ref.name, {});
  }
}

function templateRefs(object: StoredObject): readonly ContractRef[] {
  // A MachineSet or a MachineDeployment.
  const { template } = object["spec"] as {
    readonly template: {
      readonly spec: { readonly bootstrap: { readonly configRef?: ContractRef }; readonly infrastructureRef: ContractRef };
    };
  };
  const { bootstrap, infrastructureRef } = template.spec;
  return [...(bootstrap.configRef === undefined ? [] : [bootstrap.configRef]), infrastructureRef];
}

function text({ apiGroup, kind, name }: ContractRef): string {
  return `${apiGroup}/${kind}/${name}`;
}

function isOwned({ object }: StoreEvent): boolean {
  return object.metadata.labels?.[labelKeys.owned] !== undefined;
}

function isUnpaused(event: StoreEvent): boolean {
  return event.kind === "modified" && pausedOf(event.previous) && !pausedOf(event.object);
}

function pausedOf({ spec }: StoredObject): boolean {
  return (spec as JsonMap | undefined)?.["paused"] === true;
}

function keyOf({ metadata: { namespace = "", name } }: StoredObject): ObjectKey {
  return { namespace, name };
}
