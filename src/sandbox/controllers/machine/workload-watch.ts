import {
  clusterLabel,
  isControlPlaneInitialized,
  machineKey,
  type ClusterObject,
  type MachineObject,
} from "../../infrastructure/infrastructure-objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { ObjectKey } from "../controller-runtime.ts";
import type { Environment, WorkloadCluster } from "../environment.ts";

/** `--remote-conditions-grace-period`, default of v1.14. */
export const graceMilliseconds = 5 * 60_000;

/** What the cluster cache does for the Machine controller: nodes that change wake their machine, and a connection that is lost for long wakes all. */
export interface WorkloadWatch {
  /** Since when nobody has answered, where that is so. */
  lastContact(cluster: ClusterObject, workload: WorkloadCluster | undefined): number | undefined;
}

export function createWorkloadWatch({ objects, runtime, timeline }: Environment): WorkloadWatch {
  const watched = new WeakSet<WorkloadCluster>();
  const lost = new WeakMap<WorkloadCluster, number>();

  function watchNodes(workload: WorkloadCluster): void {
    if (watched.has(workload)) return;
    watched.add(workload);
    workload.objects.store.subscribe((event) => {
      if (event.type !== "Node" || !workload.reachable) return;
      const key = machineOf(event.object, workload.key);
      if (key !== undefined) runtime.wake("machine", key, 10);
    });
  }

  function machineOf({ metadata, ...node }: StoredObject, { namespace, name }: ObjectKey): ObjectKey | undefined {
    const marked = metadata.annotations?.["cluster.x-k8s.io/machine"];
    if (marked !== undefined) return { namespace, name: marked };
    // Nodes are mostly named after their machine.
    const likely = objects.store.get(machineKey, namespace, metadata.name) as MachineObject | undefined;
    const { providerID } = (node["spec"] ?? {}) as { readonly providerID?: string };
    if (likely?.metadata.labels?.[clusterLabel] === name && likely.spec.providerID === providerID)
      return { namespace, name: metadata.name };
    const found = (objects.store.labelled(machineKey, namespace, name) as readonly MachineObject[]).find(
      ({ spec }) => spec.providerID === providerID && providerID !== undefined,
    );
    return found === undefined ? undefined : { namespace, name: found.metadata.name };
  }

  function wakeAll({ namespace, name }: ObjectKey, afterMilliseconds: number): void {
    for (const { metadata } of objects.store.labelled(machineKey, namespace, name))
      runtime.wake("machine", { namespace, name: metadata.name }, afterMilliseconds);
  }

  return {
    lastContact(cluster, workload) {
      if (workload === undefined) return undefined;
      watchNodes(workload);
      const since = lost.get(workload);
      if (workload.reachable) {
        if (since !== undefined) wakeAll(workload.key, 10);
        lost.delete(workload);
        return undefined;
      }
      if (since !== undefined || !isControlPlaneInitialized(cluster)) return since;
      lost.set(workload, timeline.now());
      wakeAll(workload.key, graceMilliseconds + 1);
      return timeline.now();
    },
  };
}
