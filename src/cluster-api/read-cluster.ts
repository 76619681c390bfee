import type { Clock } from "../clock.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { createDiscovery, type Discovery } from "../kubernetes/discovery.ts";
import type { ClusterSnapshot, SnapshotGap } from "../upgrade/cluster-snapshot.ts";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { fetchClusterObjects, type ClusterAddress } from "./fetch-cluster-objects.ts";
import { listClusterSummaries, type ClusterList } from "./list-clusters.ts";
import { managementReads } from "./management-reads.ts";
import type { Reads } from "./reads.ts";
import { similarNames } from "./similar-names.ts";
import type { WorkloadReader } from "./workload.ts";

export interface ReadClusterOptions {
  readonly clock: Clock;
  /** Without one the workload cluster is not looked into. */
  readonly workload?: WorkloadReader | undefined;
  /** Keep one for each client: what a server serves is asked only once. */
  readonly discovery?: Discovery | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Read in this version of Cluster API where it is served: `v1beta1`. The newest otherwise. */
  readonly apiVersion?: string | undefined;
}

export interface ClusterNotFound {
  readonly kind: "not-found";
  readonly message: string;
  /** `namespace/name` of clusters that may have been meant, best guess first. */
  readonly similar: readonly string[];
}

/** The Cluster object itself may not be read, or Cluster API is not there; without it there is no snapshot. */
export interface ClusterUnreadable {
  readonly kind: "unreadable";
  readonly gap: SnapshotGap;
}

/**
 * One look at a cluster: three rounds of requests, whatever its size. Everything that cannot be read of it is among the snapshot's `gaps`. Rejects only
 * when the management cluster cannot be reached (ConnectionError, CredentialsError) or the signal aborts. Tell the results apart by `"kind" in result`.
 */
export async function readClusterSnapshot(
  client: KubernetesClient,
  address: ClusterAddress,
  options: ReadClusterOptions,
): Promise<ClusterSnapshot | ClusterNotFound | ClusterUnreadable> {
  const reads = readsOf(client, options);
  const { workload } = options;
  const { value: objects, gap } = await fetchClusterObjects(reads, address, async () =>
    workload === undefined ? { state: "not-read", message: "the workload cluster was not looked into" } : workload.read(options.signal),
  );
  if (gap === undefined) return assembleSnapshot(objects, options.clock.now());
  return gap.kind === "not-found" ? notFound(reads, address) : { kind: "unreadable", gap };
}

/** All clusters of a namespace, or of all namespaces. */
export async function listClusters(
  client: KubernetesClient,
  options: { readonly namespace?: string | undefined } & Pick<ReadClusterOptions, "discovery" | "signal" | "apiVersion"> = {},
): Promise<ClusterList> {
  return listClusterSummaries(readsOf(client, options), options.namespace);
}

/** Guesses among all clusters that may be seen: of all namespaces, else of the one that was named. */
async function notFound(reads: Reads, address: ClusterAddress): Promise<ClusterNotFound> {
  const everywhere = await listClusterSummaries(reads, undefined);
  const { clusters } =
    everywhere.gaps.length > 0 && everywhere.clusters.length === 0 ? await listClusterSummaries(reads, address.namespace) : everywhere;
  const similar = similarNames(
    address,
    clusters.map(({ ref }) => ref),
  );
  return { kind: "not-found", message: `there is no Cluster ${address.name} in namespace ${address.namespace}`, similar };
}

function readsOf(client: KubernetesClient, options: Pick<ReadClusterOptions, "discovery" | "signal" | "apiVersion">): Reads {
  return managementReads(client, options.discovery ?? createDiscovery(client), options);
}
