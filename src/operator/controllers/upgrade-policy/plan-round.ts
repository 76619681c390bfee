import type { Release } from "../../../upgrade/policy/release.ts";
import { isEnd } from "../../../upgrade/attempt/attempt-phases.ts";
import type { AttemptPhase } from "../../../upgrade/attempt/attempt-types.ts";
import { availableVersions, type AvailableVersion } from "../../../upgrade/policy/available-versions.ts";
import { conflictsOf } from "../../../upgrade/policy/assign-policies.ts";
import type { KnownAttempt } from "../../../upgrade/policy/known-attempt.ts";
import { nextAttempts, type ClusterVerdict, type PolicyCluster } from "../../../upgrade/policy/next-attempt.ts";
import { placesOf, placesTaken, placesToGive } from "../../../upgrade/policy/places.ts";
import type { PolicyObject } from "../../api/read-upgrade-policy.ts";
import type { PolicyCluster as ClusterLine, PolicyFacts } from "../../api/upgrade-policy-status.ts";
import { apiWord } from "../../api/words.ts";

export interface RoundInput {
  readonly policies: readonly PolicyObject[];
  /** Names of policies that are there, and cannot be read. */
  readonly unreadable: ReadonlySet<string>;
  readonly clusters: readonly PolicyCluster[];
  readonly attempts: readonly KnownAttempt[];
  /** By the catalog's name; undefined while it is not there. */
  readonly releasesOf: (catalog: string) => readonly Release[] | undefined;
  readonly now: number;
}

export interface Round {
  /** Attempts that are given a place under their policy's `maxConcurrent`. */
  readonly places: readonly KnownAttempt[];
  readonly verdicts: readonly ClusterVerdict[];
  /** By the policy's name: what its status tells. */
  readonly facts: ReadonlyMap<string, PolicyFacts>;
  /** Versions that policies lead to, and that are not begun yet. */
  readonly available: readonly AvailableVersion[];
  /** Epoch milliseconds at which something may have become due by itself. */
  readonly lookAgainAt: number | undefined;
}

/** One decision over all policies and clusters: pure. */
export function planRound(input: RoundInput): Round {
  const releases = new Map<string, readonly Release[]>();
  for (const { policy, catalog } of input.policies) {
    const known = input.releasesOf(catalog);
    if (known !== undefined) releases.set(policy.name, known);
  }
  const policies = input.policies.map(({ policy }) => policy);
  const places = placesToGive({ policies, unreadable: input.unreadable, attempts: input.attempts });
  const given = new Set(places);
  // Whoever waits for a place goes before what is made anew.
  const attempts = input.attempts.map((attempt) => (given.has(attempt) ? { ...attempt, place: true, askedAt: undefined } : attempt));
  const verdicts = nextAttempts({ policies, clusters: input.clusters, attempts, releases, now: input.now });
  const times = verdicts.flatMap(({ next }) => (next.kind === "nothing" && next.lookAgainAt !== undefined ? [next.lookAgainAt] : []));
  const available = availableVersions({ verdicts, attempts, releases, now: input.now });
  return {
    places,
    verdicts,
    available,
    facts: factsOf({ ...input, attempts }, verdicts),
    lookAgainAt: times.length === 0 ? undefined : Math.min(...times),
  };
}

function factsOf(
  { policies, attempts, now }: Pick<RoundInput, "policies" | "attempts" | "now">,
  verdicts: readonly ClusterVerdict[],
): ReadonlyMap<string, PolicyFacts> {
  const newest = newestByCluster(attempts);
  const byPolicy = new Map<string, ClusterVerdict[]>();
  for (const verdict of verdicts) {
    const { policy } = verdict.assignment;
    if (policy === undefined) continue;
    const own = byPolicy.get(policy.name) ?? [];
    own.push(verdict);
    byPolicy.set(policy.name, own);
  }
  const contested = verdicts.map(({ assignment }) => assignment).filter(({ losers }) => losers.length > 0);
  return new Map(
    policies.map(({ policy }) => {
      const own = byPolicy.get(policy.name) ?? [];
      const placesTold = placesTaken(policy, placesOf(policy.name, attempts));
      const targets = own.flatMap(({ choice }) => (choice?.kind === "target" ? [choice.version] : []));
      const facts: PolicyFacts = {
        clusters: own.map((verdict) => lineOf(verdict, newest, placesTold, now)),
        conflicts: conflictsOf(policy.name, contested).map(({ cluster, winner }) => ({
          namespace: cluster.namespace,
          name: cluster.name,
          winner,
        })),
        availableVersion: targets.sort().at(-1),
        suspended: policy.suspended,
        refusals: [],
      };
      return [policy.name, facts];
    }),
  );
}

/** Nothing is written yet, for want of a time or a person. */
const WAITS: ReadonlySet<AttemptPhase> = new Set(["waiting-for-window", "waiting-for-approval", "waiting-for-review", "paused"]);

function newestByCluster(attempts: readonly KnownAttempt[]): ReadonlyMap<string, KnownAttempt> {
  const newest = new Map<string, KnownAttempt>();
  for (const attempt of attempts) {
    const key = `${attempt.namespace}/${attempt.clusterName}`;
    const before = newest.get(key);
    // One that is open goes before all that have ended.
    const rank = (one: KnownAttempt): number => (isEnd(one.phase) ? 0 : 1);
    if (
      before === undefined ||
      rank(attempt) - rank(before) > 0 ||
      (rank(attempt) === rank(before) && attempt.createdAt > before.createdAt)
    )
      newest.set(key, attempt);
  }
  return newest;
}

/** An attempt is looked at within seconds of its making. */
const unseenMilliseconds = 600_000;

function openWords({ name, phase, createdAt }: KnownAttempt, now: number): string {
  if (phase === undefined && now - createdAt >= unseenMilliseconds)
    return `${name} was made, and no operator has looked at it: see that one of them has this cluster by its --cluster-selector or --shard.`;
  return `${name} is ${apiWord(phase ?? "planning")}.`;
}

function lineOf(
  { assignment: { cluster }, choice, next }: ClusterVerdict,
  newest: ReadonlyMap<string, KnownAttempt>,
  placesTold: string,
  now: number,
): ClusterLine {
  const attempt = newest.get(`${cluster.namespace}/${cluster.name}`);
  const open = attempt !== undefined && !isEnd(attempt.phase) ? attempt : undefined;
  const target = open?.target ?? (choice?.kind === "target" ? choice.version : undefined);
  const line = { namespace: cluster.namespace, name: cluster.name, version: cluster.version, target };
  if (open !== undefined) {
    if (open.askedAt !== undefined && !open.begun)
      return { ...line, upgrade: open.name, state: "waiting", message: `${open.name} waits for a place: ${placesTold}` };
    const state = open.begun || open.phase === undefined || !WAITS.has(open.phase) ? "under-way" : "waiting";
    return { ...line, upgrade: open.name, state, message: openWords(open, now) };
  }
  switch (next.kind) {
    case "begin":
      return { ...line, upgrade: next.name, state: "under-way", message: next.why };
    case "supersede":
      return { ...line, upgrade: next.attempt.name, state: "waiting", message: next.message };
    case "nothing": {
      const state = next.reason === "UpToDate" ? "up-to-date" : next.reason === "EndedBadly" ? "failed" : "waiting";
      return { ...line, upgrade: attempt?.name, state, message: next.message };
    }
    default:
      return next satisfies never;
  }
}
