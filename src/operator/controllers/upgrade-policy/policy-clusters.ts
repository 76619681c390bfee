import type { FleetWatch } from "../../../cluster-api/fleet-watch.ts";
import { readClassVersions, readCluster } from "../../../cluster-api/views/cluster.ts";
import { readControlPlane } from "../../../cluster-api/views/control-plane.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import type { PolicyCluster } from "../../../upgrade/policy/next-attempt.ts";

/** What policies decide by, of every cluster, from memory alone. What is the same objects as at the last round is not read again. */
export function policyClusters(fleet: FleetWatch): () => readonly PolicyCluster[] {
  const known = new Map<string, { readonly made: readonly (KubernetesObject | undefined)[]; readonly cluster: PolicyCluster }>();
  return () => {
    const present = new Set<string>();
    const clusters = fleet.clusters().map((object) => {
      const key = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
      present.add(key);
      const view = readCluster(object, ignore);
      const controlPlane = view.controlPlaneRef && fleet.object(view.controlPlaneRef);
      const clusterClass = view.topology && fleet.object(view.topology.classRef);
      const made = [object, controlPlane, clusterClass];
      const before = known.get(key);
      if (before !== undefined && before.made.every((each, index) => each === made[index])) return before.cluster;
      const plane = controlPlane && readControlPlane(controlPlane, ignore);
      const cluster: PolicyCluster = {
        namespace: view.ref.namespace,
        name: view.ref.name,
        labels: object.metadata.labels ?? {},
        version: view.topology?.version ?? plane?.version ?? plane?.reportedVersion,
        classVersions: clusterClass && readClassVersions(clusterClass, ignore),
        deleting: view.deleting,
        paused: view.paused,
        initialized: plane?.initialized ?? false,
      };
      known.set(key, { made, cluster });
      return cluster;
    });
    for (const key of known.keys()) if (!present.has(key)) known.delete(key);
    return clusters;
  };
}

/** What is odd about an object is told when an attempt looks at it. */
function ignore(): void {}
