import type { Clock } from "../../clock.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { KubernetesObject } from "../../kubernetes/resource.ts";
import { parseClusterSelector } from "./cluster-selector.ts";
import { leases } from "./leader-election.ts";
import { isMine, parseShard, shardAnnotation, shardWords, wholeFleet, type Shard } from "./shard.ts";

/** Which clusters the operators of a namespace work on, by what their Leases say. */
export interface ShardLeases {
  /** Of those that are alive. Never rejects: what cannot be read is as it was. */
  look(): Promise<{
    readonly shards: readonly Shard[];
    /** Epoch milliseconds; undefined: nothing is about to be known. */
    readonly lookAgainAt: number | undefined;
  }>;
}

export interface ShardLeasesOptions {
  readonly client: Pick<KubernetesClient, "list">;
  readonly clock: Pick<Clock, "now">;
  readonly namespace: string;
}

/** A Lease that lives is renewed every two seconds: between two looks that are so far apart it has changed. The times in it are not looked at. */
const betweenMilliseconds = 20_000;
const lookMilliseconds = 60_000;

export function shardLeases({ client, clock, namespace }: ShardLeasesOptions): ShardLeases {
  const versions = new Map<string, string>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let shards: readonly Shard[] = [];
  let settled = true;

  async function read(): Promise<void> {
    lookedAt = clock.now();
    const { items } = await client.list(leases, { namespace });
    const said = items.flatMap((lease) => {
      const shard = shardOf(lease);
      return shard === undefined ? [] : [{ shard, name: lease.metadata.name, version: lease.metadata.resourceVersion ?? "" }];
    });
    shards = said.filter(({ name, version }) => (versions.get(name) ?? version) !== version).map(({ shard }) => shard);
    settled = said.every(({ name }) => versions.has(name));
    versions.clear();
    for (const { name, version } of said) versions.set(name, version);
  }

  return {
    async look() {
      if (clock.now() - lookedAt >= (settled ? lookMilliseconds : betweenMilliseconds)) await read().catch(() => undefined);
      return { shards, lookAgainAt: settled ? undefined : lookedAt + betweenMilliseconds };
    },
  };
}

function shardOf({ metadata, spec }: KubernetesObject): Shard | undefined {
  const text = metadata.annotations?.[shardAnnotation];
  const { holderIdentity } = (spec ?? {}) as { readonly holderIdentity?: unknown };
  if (text === undefined || typeof holderIdentity !== "string" || holderIdentity === "") return undefined;
  const byName = parseShard(text);
  if (byName !== undefined) return byName;
  const selector = parseClusterSelector(text);
  return typeof selector === "string" ? undefined : { ...wholeFleet, selector };
}

export interface SharedCluster {
  readonly namespace: string;
  readonly name: string;
  /** More than one, as they were told to their operators. */
  readonly shards: readonly string[];
}

/** Clusters that more than one of them works on. */
export function sharedClusters(
  shards: readonly Shard[],
  clusters: readonly { readonly namespace: string; readonly name: string; readonly labels: Readonly<Record<string, string>> }[],
): readonly SharedCluster[] {
  const [first] = shards;
  // Those by name have no cluster in common.
  if (first === undefined || shards.every(({ selector, count }) => selector === undefined && count === first.count)) return [];
  return clusters.flatMap(({ namespace, name, labels }) => {
    const own = shards.filter((shard) => isMine(shard, { namespace, name }, labels));
    return own.length < 2 ? [] : [{ namespace, name, shards: own.map(shardWords).sort() }];
  });
}
