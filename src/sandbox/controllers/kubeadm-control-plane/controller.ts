import { ApiStatusError } from "../../api/api-status-error.ts";
import { timestamp } from "../../api/objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { ReconcileError, type Controller, type ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { beginPass } from "./begin-pass.ts";
import { annotationKeys, finalizer, isDeleting, managers, typeKeys, type Cluster, type KubeadmControlPlane } from "./cluster-objects.ts";
import { reconcileDeletion } from "./deletion.ts";
import { createProbes } from "./inspection.ts";
import { ensurePaused } from "./paused.ts";
import { reconcileMachines } from "./reconcile-machines.ts";
import type { Requeue, Scope } from "./scope.ts";
import { updateStatus } from "./status.ts";
import { wakeForCluster, wakeForMachine, wakeForObject } from "./watches.ts";

/** As long as something is not there yet that nothing here is told of. */
const pollMilliseconds = 20_000;

/** The KubeadmControlPlane controller of Cluster API v1.14 (controlplane/kubeadm). */
export function createKubeadmControlPlaneController(environment: Environment): Controller {
  const { objects, type, timeline } = environment;
  const random = environment.random.fork("kubeadmcontrolplane");
  const probes = createProbes();
  /** While it only waits, passes are fewer than the interval allows (CAPI DeferNextReconcileForObject). */
  const deferred = new Map<string, number>();

  function reconcile(key: ObjectKey): { readonly requeueAfterMilliseconds?: number } | undefined {
    const text = `${key.namespace}/${key.name}`;
    // What is stored as a KubeadmControlPlane went through its schema; so for the Cluster.
    const kcp = objects.get(type(typeKeys.controlPlane), key.namespace, key.name) as KubeadmControlPlane | undefined;
    if (kcp === undefined) {
      deferred.delete(text);
      return undefined;
    }
    const owner = kcp.metadata.ownerReferences?.find(({ kind }) => kind === "Cluster");
    if (owner === undefined) return undefined;
    const early = (deferred.get(text) ?? 0) - timeline.now();
    if (early > 0) return { requeueAfterMilliseconds: early };
    const cluster = objects.need(type(typeKeys.cluster), key.namespace, owner.name) as Cluster;
    if (!isDeleting(kcp) && kcp.metadata.finalizers?.includes(finalizer) !== true) {
      writeMetadata(kcp, (metadata) => ({ ...metadata, finalizers: [...(metadata.finalizers ?? []), finalizer] }));
      return undefined;
    }
    if (ensurePaused(environment, cluster, kcp, timestamp(timeline.now()))) return undefined;
    const scope = beginPass(environment, cluster, kcp);
    try {
      return pass(scope);
    } finally {
      deferred.set(text, scope.deferUntil);
    }
  }

  function pass(scope: Scope): { readonly requeueAfterMilliseconds?: number } | undefined {
    const { kcp } = scope;
    let requeue: Requeue;
    let failure: ApiStatusError | ReconcileError | undefined;
    try {
      requeue = isDeleting(kcp) ? reconcileDeletion(scope, probes) : reconcileMachines(scope, random, probes);
    } catch (error) {
      if (!(error instanceof ApiStatusError) && !(error instanceof ReconcileError)) throw error;
      failure = error;
    }
    updateStatus(scope, failure !== undefined);
    writeRemediationRecord(scope);
    if (failure !== undefined) throw failure;
    if (scope.deleting?.reason === "DeletionCompleted") {
      writeMetadata(kcp, (metadata) => ({ ...metadata, finalizers: (metadata.finalizers ?? []).filter((each) => each !== finalizer) }));
      return undefined;
    }
    if (requeue !== undefined || isDeleting(kcp)) return requeue;
    const componentsFail = scope.conditions.some(
      (condition) => condition.type === "ControlPlaneComponentsHealthy" && condition.status === "False",
    );
    return !scope.isInitialized || componentsFail ? { requeueAfterMilliseconds: pollMilliseconds } : undefined;
  }

  function writeRemediationRecord({ kcp, remediationInProgress }: Scope): void {
    const name = annotationKeys.remediationInProgress;
    if (kcp.metadata.annotations?.[name] === remediationInProgress) return;
    writeMetadata(kcp, (metadata) => {
      const { [name]: _record, ...annotations } = metadata.annotations ?? {};
      return {
        ...metadata,
        annotations: remediationInProgress === undefined ? annotations : { ...annotations, [name]: remediationInProgress },
      };
    });
  }

  function writeMetadata(kcp: KubeadmControlPlane, change: (metadata: StoredObject["metadata"]) => StoredObject["metadata"]): void {
    objects.modify(
      type(typeKeys.controlPlane),
      kcp.metadata.namespace,
      kcp.metadata.name,
      (live) => ({ ...live, metadata: change(live.metadata) }),
      { manager: managers.others },
    );
  }

  return {
    name: "kubeadmcontrolplane",
    intervalMilliseconds: 1000,
    watches: {
      [typeKeys.controlPlane]: wakeForObject,
      [typeKeys.machine]: wakeForMachine,
      [typeKeys.cluster]: wakeForCluster,
    },
    reconcile,
  };
}
