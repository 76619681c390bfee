import type {
  ConditionSnapshot,
  Delivery,
  ObjectReference,
  ReplicaCounts,
  SnapshotGap,
  VersionCount,
} from "../upgrade/cluster-snapshot.ts";
import { readDelivery } from "../gitops/delivery.ts";
import { referenceKey } from "./cluster-objects.ts";
import { CLUSTER_GROUP } from "./fetch-cluster-objects.ts";
import type { Reads } from "./reads.ts";
import { readCluster, type ClusterView, type SideView } from "./views/cluster.ts";
import { readControlPlane } from "./views/control-plane.ts";
import type { GapReport, RawObject } from "./views/fields.ts";
import { readMeta } from "./views/object-meta.ts";

/** One line of `status`: what the Cluster and its control plane say by themselves, without a look at any machine. */
export interface ClusterSummary {
  readonly ref: ObjectReference;
  readonly className: string | undefined;
  /** What the owner declared: `spec.topology.version`, else `spec.version` of the control plane. */
  readonly version: string | undefined;
  readonly phase: string | undefined;
  readonly paused: boolean;
  readonly deleting: boolean;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly controlPlane: SideView;
  readonly workers: SideView;
  readonly conditions: readonly ConditionSnapshot[];
  readonly delivery: Delivery;
}

export interface ClusterList {
  /** By namespace and name. */
  readonly clusters: readonly ClusterSummary[];
  readonly gaps: readonly SnapshotGap[];
}

/** All clusters of a namespace, or of all: one request, and one for each kind of control plane that clusters without a topology have. */
export async function listClusterSummaries(reads: Reads, namespace: string | undefined): Promise<ClusterList> {
  const gaps: SnapshotGap[] = [];
  const report: GapReport = (gap) => gaps.push(gap);
  const listed = await reads.list({ group: CLUSTER_GROUP, kind: "Cluster", namespace });
  if (listed.gap !== undefined) return { clusters: [], gaps: [listed.gap] };
  const clusters = listed.value.map((object) => ({ object, view: readCluster(object, report) }));
  const planes = await controlPlanesOf(reads, namespace, clusters, report);
  return {
    clusters: clusters
      .map(({ object, view }) => summaryOf(object, view, planes.get(view.controlPlaneRef && referenceKey(view.controlPlaneRef))))
      .sort((a, b) => compare(a.ref.namespace, b.ref.namespace) || compare(a.ref.name, b.ref.name)),
    gaps,
  };
}

/** Only clusters without a topology need a look at their control plane. Their kinds are few, so they are listed. */
async function controlPlanesOf(
  reads: Reads,
  namespace: string | undefined,
  clusters: readonly { view: ClusterView }[],
  report: GapReport,
): Promise<ReadonlyMap<string | undefined, RawObject>> {
  const refs = clusters.flatMap(({ view }) => (view.topology === undefined ? (view.controlPlaneRef ?? []) : []));
  const kinds = new Map(refs.map(({ group, kind }) => [`${group}/${kind}`, { group, kind }]));
  const lists = await Promise.all([...kinds.values()].map((kind) => reads.list({ ...kind, namespace })));
  const planes = lists.flatMap((list) => {
    if (list.gap !== undefined) report(list.gap);
    return list.value ?? [];
  });
  return new Map(planes.map((object) => [referenceKey(readMeta(object, "", () => {}).ref), object]));
}

function summaryOf(object: RawObject, view: ClusterView, controlPlane: RawObject | undefined): ClusterSummary {
  const plane = controlPlane && readControlPlane(controlPlane, () => {});
  return {
    ref: view.ref,
    className: view.topology?.classRef.name,
    version: view.topology?.version ?? plane?.version,
    phase: view.phase,
    paused: view.paused,
    deleting: view.deleting,
    generation: view.generation,
    observedGeneration: view.observedGeneration,
    controlPlane: sideOf(view.controlPlane, plane),
    workers: view.workers,
    conditions: view.conditions,
    delivery: readDelivery(
      view.ref,
      readMeta(object, "Cluster", () => {}),
    ),
  };
}

/** Releases before the new contract keep no sums on the Cluster; the control plane has its own. */
function sideOf(side: SideView, plane: { replicas: ReplicaCounts; versions: readonly VersionCount[] } | undefined): SideView {
  return side.replicas.current === 0 && plane !== undefined ? { replicas: plane.replicas, versions: plane.versions } : side;
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
