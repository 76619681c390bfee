import type { WorkloadHealth } from "../cluster-snapshot.ts";
import { listed } from "../cluster-words.ts";
import { orderOf, parseVersion, runsVersion } from "../kubernetes-version.ts";
import { finding, type Finding, type ProofContext } from "./proof-context.ts";

/** What the workload cluster itself says. */

export function apiServer({ snapshot, version }: ProofContext): Finding {
  const { workload, controlPlane } = snapshot;
  if (workload.state !== "reachable") return finding("unknown", `The API server could not be asked: ${workload.message}.`);
  const { apiServerVersion } = workload;
  if (apiServerVersion === undefined) return finding("not-applicable", "The API server tells no version.");
  if (runsVersion(apiServerVersion, version)) return finding("proven", `The API server reports ${apiServerVersion}.`);
  const [seen, wanted] = [parseVersion(apiServerVersion), parseVersion(version)];
  // Only the pools are ours: the control plane may well be newer.
  if (controlPlane?.version === undefined && seen !== undefined && wanted !== undefined && orderOf(seen, wanted) === 1) {
    return finding("not-applicable", `The API server reports ${apiServerVersion}; its version is not set through Cluster API.`);
  }
  return finding("pending", `The API server still reports ${apiServerVersion}.`);
}

/** Workloads that had more available replicas before, and have fewer than they want now, are named. Those that no controller has reported on mean nothing. */
export function workloads({ snapshot, baseline }: ProofContext): Finding {
  const { workload } = snapshot;
  if (workload.state !== "reachable") return finding("unknown", `The workloads could not be seen: ${workload.message}.`);
  if (workload.workloads === undefined) return finding("not-applicable", "Workloads were not looked at.");
  const seen = workload.workloads.filter(({ observed }) => observed);
  const lacking = seen.filter(({ available, desired }) => available < desired);
  const counts = `${seen.length - lacking.length} of ${seen.length} workloads are available`;
  if (baseline === undefined) return finding("proven", `${counts}; there is nothing from before to compare with${tail(lacking)}.`);
  const before = new Map(baseline.filter(({ observed }) => observed).map((health) => [keyOf(health), health.available]));
  const worse = lacking.filter((health) => health.available < (before.get(keyOf(health)) ?? 0));
  if (worse.length > 0) return finding("pending", `${counts}; unavailable since the upgrade: ${listed(worse.map(words))}.`);
  return finding("proven", `${counts}${lacking.length === 0 ? "" : `; as before the upgrade, not: ${listed(lacking.map(words))}`}.`);
}

function tail(lacking: readonly WorkloadHealth[]): string {
  return lacking.length === 0 ? "" : `; unavailable: ${listed(lacking.map(words))}`;
}

function keyOf({ kind, namespace, name }: WorkloadHealth): string {
  return `${kind} ${namespace}/${name}`;
}

function words(health: WorkloadHealth): string {
  return `${keyOf(health)} (${health.available} of ${health.desired})`;
}
