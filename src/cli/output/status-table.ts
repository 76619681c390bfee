import type { ClusterSummary } from "../../cluster-api/list-clusters.ts";
import { conditionInWords } from "../../cluster-api/conditions-in-words.ts";
import type { UpgradeSummary } from "../../operator/api/upgrade-summary.ts";
import { table } from "./table.ts";

/** One row a cluster: what is declared, what runs by the control plane's and workers' own counts, what is in the way, and its upgrade where there is one. */
export function statusTable(
  clusters: readonly ClusterSummary[],
  now: number,
  wide: boolean,
  upgradeOf: (cluster: ClusterSummary) => UpgradeSummary | undefined = () => undefined,
): string {
  const withUpgrades = clusters.some((cluster) => upgradeOf(cluster) !== undefined);
  const header = ["NAMESPACE", "NAME", "DECLARED", "CONTROL PLANE", "WORKERS", "STATE", ...(withUpgrades ? ["UPGRADE"] : []), "WHY"];
  return table(
    header,
    clusters.map((cluster) => {
      const upgrade = upgradeOf(cluster);
      const [state, found] = stateOf(cluster, now);
      // What is in the way of the cluster itself comes first: a blocked drain tells more than that it rolls.
      const why = found === "" ? (upgrade?.message ?? "") : found;
      return [
        cluster.ref.namespace,
        cluster.ref.name,
        cluster.version ?? "",
        side(cluster.controlPlane),
        side(cluster.workers),
        state,
        ...(withUpgrades ? [upgradeCell(upgrade)] : []),
        wide || why.length <= 90 ? why : `${why.slice(0, 87)}...`,
      ];
    }),
  );
}

/** `v1.35.2 Rolling 3/5`. */
function upgradeCell(upgrade: UpgradeSummary | undefined): string {
  return upgrade === undefined
    ? ""
    : [upgrade.to, upgrade.phase, upgrade.machines].filter((part) => part !== undefined && part !== "").join(" ");
}

/** `3/3 v1.35.2`, or `2/3 v1.34.0 (1), v1.35.2 (2)`. */
function side({ replicas, versions }: ClusterSummary["controlPlane"]): string {
  const counts =
    versions.length === 1
      ? (versions[0]?.version ?? "")
      : versions.map(({ version, replicas: count }) => `${version} (${count})`).join(", ");
  return replicas === undefined ? counts : `${replicas.upToDate}/${replicas.desired} ${counts}`.trimEnd();
}

/** One word for the state, and the sentence behind it. */
export function stateOf(cluster: ClusterSummary, now: number): readonly [string, string] {
  if (cluster.deleting) return ["Deleting", ""];
  if (cluster.paused) return ["Paused", "Cluster API does nothing to it"];
  const findings = cluster.conditions.flatMap((condition) => {
    const finding = conditionInWords(cluster.ref, condition, now);
    return finding === undefined ? [] : [finding];
  });
  const order = ["failed", "blocked", "moving", "waiting"] as const;
  const names = { failed: "Failed", blocked: "Blocked", moving: "Rolling", waiting: "Waiting" } as const;
  for (const standing of order) {
    const found = findings.find((finding) => finding.standing === standing);
    if (found !== undefined) return [names[standing], found.sentence.slice(found.sentence.indexOf(": ") + 2)];
  }
  return ["Settled", ""];
}
