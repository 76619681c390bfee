import type { FleetWatch } from "../../../cluster-api/fleet-watch.ts";
import { readClassVersions, readCluster } from "../../../cluster-api/views/cluster.ts";
import { CLUSTER_GROUP, type ClusterAddress } from "../../../cluster-api/fetch-cluster-objects.ts";
import { readMachineDeployment } from "../../../cluster-api/views/pool.ts";
import { readControlPlane } from "../../../cluster-api/views/control-plane.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import type { ObjectReference } from "../../../upgrade/cluster-snapshot.ts";
import type { PolicyCluster } from "../../../upgrade/policy/next-attempt.ts";

/** What was decided by at the last round, and the objects that it was read from. */
interface Known {
  readonly object: KubernetesObject;
  readonly controlPlaneRef: ObjectReference | undefined;
  readonly classRef: ObjectReference | undefined;
  readonly controlPlane: KubernetesObject | undefined;
  readonly clusterClass: KubernetesObject | undefined;
  readonly pools: readonly KubernetesObject[];
  readonly cluster: PolicyCluster;
}

/** What policies decide by, of every cluster, from memory alone. What is the same objects as at the last round is not read again. */
export function policyClusters(fleet: FleetWatch): () => readonly PolicyCluster[] {
  const known = new Map<string, Known>();
  const find = (ref: ObjectReference | undefined): KubernetesObject | undefined => ref && fleet.object(ref);
  const poolsOf = (cluster: ClusterAddress): readonly KubernetesObject[] => fleet.objectsOf(cluster, CLUSTER_GROUP, "MachineDeployment");
  const isSame = ({ object, controlPlaneRef, classRef, controlPlane, clusterClass, ...known }: Known, now: KubernetesObject): boolean =>
    object === now &&
    controlPlane === find(controlPlaneRef) &&
    clusterClass === find(classRef) &&
    areSame(known.pools, poolsOf(known.cluster));

  function read(object: KubernetesObject): Known {
    const view = readCluster(object, ignore);
    const { controlPlaneRef } = view;
    const classRef = view.topology?.classRef;
    const [controlPlane, clusterClass] = [find(controlPlaneRef), find(classRef)];
    const plane = controlPlane && readControlPlane(controlPlane, ignore);
    const pools = poolsOf(view.ref);
    const templates = [plane?.infrastructureRef, ...pools.map((pool) => readMachineDeployment(pool, ignore).infrastructureRef)];
    const cluster: PolicyCluster = {
      namespace: view.ref.namespace,
      name: view.ref.name,
      labels: object.metadata.labels ?? {},
      version: view.topology?.version ?? plane?.version ?? plane?.reportedVersion,
      classVersions: clusterClass && readClassVersions(clusterClass, ignore),
      templateKinds: [...new Set(templates.flatMap((ref) => ref?.kind ?? []))].sort(),
      deleting: view.deleting,
      paused: view.paused,
      initialized: plane?.initialized ?? false,
    };
    return { object, controlPlaneRef, classRef, controlPlane, clusterClass, pools, cluster };
  }

  return () => {
    const present = new Set<string>();
    const clusters = fleet.clusters().map((object) => {
      const key = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
      present.add(key);
      const before = known.get(key);
      if (before !== undefined && isSame(before, object)) return before.cluster;
      const now = read(object);
      known.set(key, now);
      return now.cluster;
    });
    for (const key of known.keys()) if (!present.has(key)) known.delete(key);
    return clusters;
  };
}

function areSame(one: readonly KubernetesObject[], other: readonly KubernetesObject[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

/** What is odd about an object is told when an attempt looks at it. */
function ignore(): void {}
