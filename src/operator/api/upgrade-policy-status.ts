import type { Refusal } from "../../refusal.ts";
import { sortVersions } from "../../upgrade/kubernetes-version.ts";
import { clipped, defined } from "./bounded-text.ts";
import { conditionsOf, type ObjectState } from "./conditions.ts";
import type { UpgradePolicy, UpgradePolicyStatus } from "./generated/upgrade-policy.gen.ts";
import { apiWord } from "./words.ts";

/** One cluster that the policy applies to. */
export interface PolicyCluster {
  readonly namespace: string;
  readonly name: string;
  /** Version that it declares, and the one that it is to have; undefined where that cannot be told. */
  readonly version: string | undefined;
  readonly target: string | undefined;
  /** Name of its ClusterUpgrade, where there is one. */
  readonly upgrade: string | undefined;
  readonly state: "up-to-date" | "under-way" | "waiting" | "failed";
  /** Why it is not at its target. */
  readonly message: string;
}

export interface PolicyFacts {
  readonly clusters: readonly PolicyCluster[];
  /** Clusters that this policy and another one select; `winner` is the one that applies. */
  readonly conflicts: readonly { readonly namespace: string; readonly name: string; readonly winner: string }[];
  /** Clusters that more than one operator works on. */
  readonly shared?: readonly { readonly namespace: string; readonly name: string; readonly shards: readonly string[] }[];
  /** Newest version that this policy would go to. */
  readonly availableVersion: string | undefined;
  readonly suspended: boolean;
  /** Why the policy cannot be followed: itself or its catalog cannot be read. */
  readonly refusals: readonly Refusal[];
  /** Keys of what people have been told; absent: as before. */
  readonly notified?: readonly string[];
}

const bySeverity: readonly PolicyCluster["state"][] = ["failed", "waiting", "under-way", "up-to-date"];

export function upgradePolicyStatus(
  facts: PolicyFacts,
  { metadata, status: previous }: Pick<UpgradePolicy, "metadata" | "status">,
  now: number,
): UpgradePolicyStatus {
  const { clusters, conflicts } = facts;
  const generation = metadata.generation ?? 0;
  const count = (state: PolicyCluster["state"]): number => clusters.filter((cluster) => cluster.state === state).length;
  const counts = { upToDate: count("up-to-date"), underWay: count("under-way"), waiting: count("waiting"), failed: count("failed") };
  const message = clipped(messageOf(facts, counts), 1_024);
  const open = clusters.filter(({ state }) => state !== "up-to-date");
  const worstFirst = [...open].sort((one, other) => bySeverity.indexOf(one.state) - bySeverity.indexOf(other.state));
  return defined({
    observedGeneration: generation,
    conditions: conditionsOf(stateOf(facts, counts, message), previous?.conditions ?? [], generation, now),
    message,
    targets: clipped(targetsOf(clusters), 256),
    availableVersion: facts.availableVersion,
    selected: clusters.length,
    ...counts,
    notified: facts.notified ?? previous?.notified,
    conflicts: conflicts.slice(0, 50),
    clusters: worstFirst.slice(0, 50).map(({ namespace, name, version, target, upgrade, state, message }) =>
      defined({
        namespace,
        name,
        version,
        target,
        upgrade,
        state: apiWord(state) as "UnderWay" | "Waiting" | "Failed",
        message: clipped(message, 512),
      }),
    ),
  });
}

interface Counts {
  readonly upToDate: number;
  readonly underWay: number;
  readonly waiting: number;
  readonly failed: number;
}

function stateOf({ refusals, suspended, shared = [] }: PolicyFacts, { underWay, waiting, failed }: Counts, message: string): ObjectState {
  const [refusal] = refusals;
  if (refusal !== undefined) return { state: "stalled", reason: refusal.reason, message };
  if (shared.length > 0) return { state: "stalled", reason: SHARDS_OVERLAP, message };
  if (underWay > 0) return { state: "working", reason: "UnderWay", message };
  if (failed > 0) return { state: "stalled", reason: "UpgradesFailed", message };
  if (suspended && waiting > 0) return { state: "stalled", reason: "Suspended", message };
  if (waiting > 0) return { state: "working", reason: "Waiting", message };
  return { state: "ready", reason: "UpToDate", message };
}

/** The first reason counts; the rest are numbers. */
function messageOf(
  { clusters, refusals, suspended, conflicts, shared = [] }: PolicyFacts,
  { upToDate, underWay, waiting, failed }: Counts,
): string {
  const [refusal] = refusals;
  if (refusal !== undefined) return `${refusal.message} ${refusal.remedy}`;
  const others = conflicts.length === 0 ? "" : ` ${clustersWord(conflicts.length)} also in another policy.`;
  if (clusters.length === 0) return `No cluster is selected.${others}`;
  const parts = [
    `${upToDate} of ${clustersWord(clusters.length)} up to date`,
    ...(underWay === 0 ? [] : [`${underWay} under way`]),
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ];
  const worst = bySeverity.flatMap((state) => clusters.filter((cluster) => cluster.state === state && state !== "up-to-date"))[0];
  const why = worst === undefined ? "" : ` ${worst.namespace}/${worst.name}: ${worst.message}`;
  return `${sharedWords(shared)}${suspended ? "Suspended; " : ""}${parts.join(", ")}.${why}${others}`;
}

/** What needs a person comes first: where there is little room, the end is cut off. */
export function sharedWords(shared: NonNullable<PolicyFacts["shared"]>): string {
  const [first] = shared;
  if (first === undefined) return "";
  const [several, them] = shared.length === 1 ? ["1 cluster is", "it"] : [`${shared.length} clusters are`, "each of them"];
  const own = first.shards.map((shard) => `"${shard}"`).join(" and ");
  return `${several} worked on by more than one operator: ${first.namespace}/${first.name} is of ${own}. Change their --cluster-selector (or --shard) so that one has ${them}. `;
}

/** The reason of the condition. */
export const SHARDS_OVERLAP = "ShardsOverlap";

function clustersWord(count: number): string {
  return count === 1 ? "1 cluster" : `${count} clusters`;
}

/** `v1.35.2, v1.34.9`, newest first. */
function targetsOf(clusters: readonly PolicyCluster[]): string {
  const targets = new Set(clusters.flatMap(({ target }) => target ?? []));
  return sortVersions([...targets])
    .toReversed()
    .join(", ");
}
