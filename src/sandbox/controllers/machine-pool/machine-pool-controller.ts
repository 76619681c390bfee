import { sameJson } from "../../store/same-json.ts";
import { typeKey } from "../../api/resource-type.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import { ReconcileError, type Controller, type ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { clusterKey, clusterNameLabel, type Cluster, type ContractReference } from "../machine-set/machine-objects.ts";
import { controllingOwner, ownerOf, withOwner } from "../machine-set/template-reference.ts";
import { clusterPauseChanged, keyOf } from "../machine-set/watches.ts";
import { machinePoolKey, type MachinePool, type PoolProvider } from "./machine-pool-objects.ts";
import { machinePoolStatus } from "./machine-pool-status.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

const finalizer = "machinepool.cluster.x-k8s.io";
const manager = "manager";
/** Providers of pools are of any kind, and are not watched here. */
const pollMilliseconds = 10_000;

/** Puts together what a provider's machine pool says (core/reconcilers/machinepool at v1.14, for providers without machines of their own). */
export function createMachinePoolController(environment: Environment): Controller {
  const { objects, timeline } = environment;

  function reconcile(key: ObjectKey): { readonly requeueAfterMilliseconds?: number } | void {
    const type = environment.type(machinePoolKey);
    const pool = objects.get(type, key.namespace, key.name) as MachinePool | undefined;
    if (pool === undefined) return;
    const { clusterName } = pool.spec;
    const cluster: Cluster | undefined = objects.get(environment.type(clusterKey), key.namespace, clusterName);
    if (cluster === undefined) throw new ReconcileError(`failed to get cluster "${clusterName}" for machinepool "${key.name}"`);
    const isDeleting = pool.metadata.deletionTimestamp !== undefined;
    if (!isDeleting && pool.metadata.finalizers?.includes(finalizer) !== true) {
      const finalizers = [...(pool.metadata.finalizers ?? []), finalizer];
      change(pool, { ...pool, metadata: { ...pool.metadata, finalizers } });
      return;
    }
    const conditions = ensurePaused(objects, type, cluster, pool, timeline.now());
    if (conditions === "stop") return;

    const { bootstrap, infrastructureRef } = pool.spec.template.spec;
    const providers = [bootstrap?.configRef, infrastructureRef].map((reference) => provider(pool, reference));
    const [config, infrastructure] = providers;
    if (isDeleting) return remove(pool, providers);
    if (infrastructure === undefined)
      throw new ReconcileError(`could not find ${infrastructureRef?.kind ?? ""} for MachinePool ${key.name}`);
    const provided = change(pool, withProvided(pool, cluster, config, infrastructure)) as MachinePool;
    const nodes = nodesOf(provided, cluster);
    const status = machinePoolStatus({ pool: provided, bootstrap: config, infrastructure, nodes, now: timeline.now() }, conditions);
    writeStatus(objects, type, provided, status);
    return { requeueAfterMilliseconds: pollMilliseconds };
  }

  function change(object: StoredObject, desired: GivenObject): StoredObject {
    if (sameJson(object, desired)) return object;
    const type = environment.type(typeKey(object.apiVersion.slice(0, object.apiVersion.indexOf("/")), object.kind));
    return objects.modify(type, object.metadata.namespace, object.metadata.name, () => desired, { manager });
  }

  /** The object that is named, owned by the pool. */
  function provider(pool: MachinePool, reference: ContractReference | undefined): PoolProvider | undefined {
    if (reference === undefined) return undefined;
    const found = objects.get(environment.type(typeKey(reference.apiGroup, reference.kind)), pool.metadata.namespace, reference.name);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return found;
    const metadata = {
      ...found.metadata,
      ownerReferences: withOwner(found.metadata.ownerReferences, controllingOwner(pool)),
      labels: { ...found.metadata.labels, [clusterNameLabel]: pool.spec.clusterName },
    };
    return change(found, { ...found, metadata });
  }

  function withProvided(pool: MachinePool, cluster: Cluster, config: PoolProvider | undefined, infrastructure: PoolProvider): GivenObject {
    const { template } = pool.spec;
    const dataSecretName = config?.status?.dataSecretName ?? template.spec.bootstrap?.dataSecretName;
    const bootstrap = withoutUndefined<NonNullable<MachinePool["spec"]["template"]["spec"]["bootstrap"]>>({
      configRef: template.spec.bootstrap?.configRef,
      dataSecretName,
    });
    const ids = infrastructure.spec?.providerIDList ?? [];
    return {
      ...pool,
      metadata: {
        ...pool.metadata,
        labels: { ...pool.metadata.labels, [clusterNameLabel]: pool.spec.clusterName },
        ownerReferences: withOwner(pool.metadata.ownerReferences, ownerOf(cluster)),
      },
      spec: withoutUndefined<MachinePool["spec"]>({
        ...pool.spec,
        template: { ...template, spec: { ...template.spec, bootstrap } },
        providerIDList: ids.length === 0 ? pool.spec.providerIDList : ids,
      }),
    };
  }

  function nodesOf({ spec }: MachinePool, cluster: Cluster): readonly StoredObject[] {
    const workload = environment.workloads.get(keyOf(cluster));
    if (workload?.reachable !== true) return [];
    const ids = new Set(spec.providerIDList);
    return workload.objects.store.list(workload.type("Node").key).filter((node) => {
      // A Node of core/v1.
      const { spec: nodeSpec } = node as { readonly spec?: { readonly providerID?: string } };
      return nodeSpec?.providerID !== undefined && ids.has(nodeSpec.providerID);
    });
  }

  function remove(
    pool: MachinePool,
    providers: readonly (PoolProvider | undefined)[],
  ): { readonly requeueAfterMilliseconds: number } | undefined {
    const left = providers.filter((each) => each !== undefined);
    for (const { apiVersion, kind, metadata } of left) {
      if (metadata.deletionTimestamp !== undefined) continue;
      objects.delete(environment.type(typeKey(apiVersion.slice(0, apiVersion.indexOf("/")), kind)), metadata.namespace, metadata.name, {});
    }
    if (left.length > 0) {
      writeStatus(objects, environment.type(machinePoolKey), pool, { ...pool.status, phase: "Deleting" });
      return { requeueAfterMilliseconds: pollMilliseconds };
    }
    const finalizers = (pool.metadata.finalizers ?? []).filter((each) => each !== finalizer);
    change(pool, { ...pool, metadata: { ...pool.metadata, finalizers } });
    return undefined;
  }

  return {
    name: "machinepool",
    intervalMilliseconds: 1000,
    watches: {
      [machinePoolKey]: ({ object }) => [keyOf(object)],
      [clusterKey]: (event) =>
        clusterPauseChanged(event)
          ? objects.store.labelled(machinePoolKey, event.object.metadata.namespace ?? "", event.object.metadata.name).map(keyOf)
          : [],
    },
    reconcile,
  };
}
