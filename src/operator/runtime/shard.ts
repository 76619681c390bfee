import { createHash } from "node:crypto";
import { selects } from "../../upgrade/policy/assign-policies.ts";
import type { ShardSelector } from "./cluster-selector.ts";
import type { ObjectKey } from "./controller.ts";

/**
 * The part of the fleet that a process works on: by hash, cluster by cluster, or by label. Every process sees every policy. Policies, catalogs and the making of attempts stay with one, so
 * that a policy's limits hold for all of its clusters: the first shard, and of replica sets with selectors the one that holds `policiesLease`.
 */
export interface Shard {
  readonly index: number;
  readonly count: number;
  /** Then it is not by hash. */
  readonly selector?: ShardSelector;
}

export const wholeFleet: Shard = { index: 0, count: 1 };

/** `2/5`: the second of five. Undefined when it is nothing of the kind. */
export function parseShard(text: string): Shard | undefined {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index) - 1, count: Number(count) };
  return index !== undefined && shard.index >= 0 && shard.index < shard.count ? shard : undefined;
}

/** Whether a cluster is this shard's: the same answer in every process and version. `labels` are those of the Cluster; undefined: there is none of that name. */
export function isMine({ index, count, selector }: Shard, { namespace, name }: ObjectKey, labels: Labels | undefined): boolean {
  if (selector !== undefined)
    return (
      labels === undefined ||
      selects({ namespaces: undefined, matchLabels: {}, matchExpressions: selector.requirements }, { namespace, name, labels })
    );
  if (count === 1) return true;
  return createHash("sha256").update(`${namespace}/${name}`).digest().readUInt32BE(0) % count === index;
}

type Labels = Readonly<Record<string, string>>;

/** Whether it decides over policies and catalogs; `elected`: whoever is elected to, of those with selectors. */
export function leadsPolicies({ index, selector }: Shard): boolean | "elected" {
  return selector === undefined ? index === 0 : "elected";
}

/** Of the operator that has the whole fleet; of several with selectors, of the one that makes the attempts for all of them. */
const policiesLease = "capi-gitops-operator";

/** `capi-gitops-operator`, `capi-gitops-operator-2-of-5`, and with a selector `capi-gitops-operator-` and ten digits that are the same for the same selector. */
function leaseName({ index, count, selector }: Shard): string {
  if (selector !== undefined) return `${policiesLease}-${createHash("sha256").update(selector.text).digest("hex").slice(0, 10)}`;
  return count === 1 ? policiesLease : `${policiesLease}-${index + 1}-of-${count}`;
}

/** On a Lease: whose clusters its holder works on, as `shardWords` says it. */
export const shardAnnotation = "upgrades.clusterapi-gitops.io/clusters";

/** Of a Lease that a process asks for. */
interface Election {
  readonly name: string;
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** By which one replica of a shard works on its clusters. */
export function shardElection(shard: Shard): Election {
  return { name: leaseName(shard), annotations: { [shardAnnotation]: shardWords(shard) } };
}

/** By which one of several with selectors makes the attempts for all: what it works on, its other Lease says. */
export const policiesElection: Election = { name: policiesLease, annotations: { [shardAnnotation]: null } };

/** For people. */
export function shardWords({ index, count, selector }: Shard): string {
  return selector?.text ?? `${index + 1}/${count}`;
}
