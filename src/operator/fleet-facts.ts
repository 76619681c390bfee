import { readCluster } from "../cluster-api/views/cluster.ts";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import type { ClusterFacts, FleetFacts, UpgradeFacts } from "../telemetry/fleet-facts.ts";
import { isEnd } from "../upgrade/attempt/attempt-phases.ts";
import { parseVersion, versionRange } from "../upgrade/kubernetes-version.ts";
import { assignPolicies } from "../upgrade/policy/assign-policies.ts";
import { windowAt } from "../upgrade/policy/maintenance-window.ts";
import { supportEnd } from "../upgrade/policy/support-end.ts";
import type { ClusterUpgrade } from "./api/generated/cluster-upgrade.gen.ts";
import type { ReleaseCatalog } from "./api/generated/release-catalog.gen.ts";
import { readClusterUpgrade } from "./api/read-cluster-upgrade.ts";
import { readUpgradePolicy, type PolicyObject } from "./api/read-upgrade-policy.ts";
import { knownAttempt } from "./controllers/cluster-upgrade/attempt-cache.ts";
import type { RunningOperator } from "./run-operator.ts";

export interface FleetSources extends Omit<RunningOperator, "controllers"> {
  readonly controllers: readonly { readonly name: string; counts(): { readonly ready: number } }[];
}

/** What metrics tell of the fleet, from memory alone. */
export function fleetFacts(sources: FleetSources, now: number): FleetFacts {
  const policies = sources.policies().flatMap((object) => {
    const read = readUpgradePolicy(object);
    return read.kind === "read" ? [read.value] : [];
  });
  return {
    clusters: clusterFacts(sources, policies),
    upgrades: sources
      .attempts()
      .filter((object) => !isEnd(knownAttempt(object).phase))
      .map((object) => upgradeFacts(object, now)),
    policies: policies.map(({ policy: { name, settings } }) => {
      // An exclusion that spares patches does not close it.
      const { open, opensAt } = windowAt(settings.schedule, "patch", now);
      return { name, windowOpen: open, windowOpensAt: opensAt };
    }),
    catalogs: sources.catalogs().map((object) => {
      const { metadata, status } = object as unknown as ReleaseCatalog;
      const times = (status?.sources ?? []).map(({ fetchedAt }) => (fetchedAt === undefined ? undefined : Date.parse(fetchedAt)));
      const confirmedAt = times.includes(undefined) ? undefined : Math.min(now, ...times.map((time) => time ?? now));
      return { name: metadata.name, releases: status?.versions ?? 0, confirmedAt };
    }),
    queues: sources.controllers.map((controller) => ({ controller: controller.name, depth: controller.counts().ready })),
  };
}

function clusterFacts({ fleet, catalogs, releasesOf }: FleetSources, policies: readonly PolicyObject[]): readonly ClusterFacts[] {
  const catalogOf = new Map(policies.map(({ policy, catalog }) => [policy.name, catalog]));
  const names = catalogs().map(({ metadata }) => metadata.name);
  const ends = new Map<string, number | undefined>();
  const endOf = (catalog: string, version: string): number | undefined => {
    const parsed = parseVersion(version);
    if (parsed === undefined) return undefined;
    const key = `${catalog} ${parsed.major}.${parsed.minor}`;
    if (!ends.has(key)) ends.set(key, supportEnd(releasesOf(catalog) ?? [], parsed));
    return ends.get(key);
  };
  const clusters = fleet.clusters().map((object) => {
    const view = readCluster(object, ignore);
    return { ...view.ref, view, labels: object.metadata.labels ?? {} };
  });
  return assignPolicies(
    policies.map(({ policy }) => policy),
    clusters,
  ).map(({ cluster: { namespace, name, view }, policy }) => {
    const declared = view.topology?.version;
    const running = versionRange([...view.controlPlane.versions, ...view.workers.versions].map(({ version }) => version))?.lowest;
    // What no policy leads has no catalog of its own: the first that knows the minor.
    const asked = [...(policy === undefined ? [] : [catalogOf.get(policy.name) ?? ""]), ...names];
    const oldest = running ?? declared;
    const supportedUntil =
      oldest === undefined ? undefined : asked.map((catalog) => endOf(catalog, oldest)).find((end) => end !== undefined);
    return { namespace, name, policy: policy?.name, declared, running, supportedUntil };
  });
}

/** What stands still for this share of what its policy allows (`proof.stall`) is told as stuck, so that somebody can look before it is timed out. */
const stuckShare = 1 / 3;

type Gate = NonNullable<NonNullable<ClusterUpgrade["status"]>["waitingFor"]>[number]["gate"];

const gates: Readonly<Record<Gate, UpgradeFacts["waitingFor"]>> = {
  Paused: undefined,
  Turn: undefined,
  Approval: "approval",
  Place: "place",
  Window: "window",
  Exclusion: "window",
  Review: "review",
};

function upgradeFacts(object: KubernetesObject, now: number): UpgradeFacts {
  const { namespace, clusterName, policyName, phase } = knownAttempt(object);
  // The API server holds it to its schema.
  const { status } = object as unknown as ClusterUpgrade;
  const gate = status?.waitingFor?.[0]?.gate;
  return {
    namespace,
    cluster: clusterName,
    policy: policyName,
    phase: phase ?? "planning",
    waitingFor: gate === undefined ? undefined : gates[gate],
    stuckSince: stuckSince(object, now),
  };
}

/** Standstill as `timed-out` counts it: not while it waits for a window or for people. */
function stuckSince(object: KubernetesObject, now: number): number | undefined {
  const read = readClusterUpgrade(object);
  if (read.kind === "refused") return undefined;
  const { memory, settings } = read.value;
  if (memory?.decide === undefined || memory.clockStoppedAt !== undefined) return undefined;
  const { stillSince } = memory.decide;
  return now - stillSince >= settings.stallSeconds * 1000 * stuckShare ? stillSince : undefined;
}

function ignore(): void {}
