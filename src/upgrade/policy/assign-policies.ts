import { isSelected } from "../../label-selector.ts";
import type { ClusterSelector, UpgradePolicy } from "./upgrade-policy.ts";

/** What of a cluster a policy selects by. */
export interface SelectableCluster {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Assignment<Cluster extends SelectableCluster> {
  readonly cluster: Cluster;
  /** The policy that applies; undefined where none selects the cluster. */
  readonly policy: UpgradePolicy | undefined;
  /** Policies that select it too and do not apply, in the order in which they would: the conflict, to be shown on both. */
  readonly losers: readonly UpgradePolicy[];
}

/** A cluster that several policies select, as one of them sees it. */
export interface PolicyConflict {
  readonly cluster: SelectableCluster;
  readonly winner: string;
  readonly losers: readonly string[];
}

/** Which policy applies to which cluster: the highest priority, then the oldest, then the first by name. In the order of the clusters. */
export function assignPolicies<Cluster extends SelectableCluster>(
  policies: readonly UpgradePolicy[],
  clusters: readonly Cluster[],
): readonly Assignment<Cluster>[] {
  const ranked = [...policies].sort(byRank);
  return clusters.map((cluster) => {
    const [policy, ...losers] = ranked.filter((each) => selects(each.clusters, cluster));
    return { cluster, policy, losers };
  });
}

/** The conflicts that a policy takes part in, whether it wins or not. */
export function conflictsOf(policyName: string, assignments: readonly Assignment<SelectableCluster>[]): readonly PolicyConflict[] {
  return assignments.flatMap(({ cluster, policy, losers }) => {
    const names = losers.map(({ name }) => name);
    if (policy === undefined || names.length === 0 || (policy.name !== policyName && !names.includes(policyName))) return [];
    return [{ cluster, winner: policy.name, losers: names }];
  });
}

/** Whether a policy speaks of a cluster, whoever else does. */
export function selects(selector: ClusterSelector, { namespace, labels }: SelectableCluster): boolean {
  return (selector.namespaces === undefined || selector.namespaces.includes(namespace)) && isSelected(selector, labels);
}

function byRank(a: UpgradePolicy, b: UpgradePolicy): number {
  return b.priority - a.priority || a.createdAt - b.createdAt || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
