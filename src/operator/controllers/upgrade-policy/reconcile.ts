import { ApiError } from "../../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import type { Refusal } from "../../../refusal.ts";
import type { Release } from "../../../upgrade/policy/release.ts";
import type { KnownAttempt } from "../../../upgrade/policy/known-attempt.ts";
import type { ClusterVerdict } from "../../../upgrade/policy/next-attempt.ts";
import { placeFor } from "../../../upgrade/policy/places.ts";
import type { UpgradePolicy } from "../../api/generated/upgrade-policy.gen.ts";
import { clusterUpgrades } from "../../api/kinds.ts";
import { readUpgradePolicy, type PolicyObject } from "../../api/read-upgrade-policy.ts";
import { SHARDS_OVERLAP, sharedWords, upgradePolicyStatus, type PolicyFacts } from "../../api/upgrade-policy-status.ts";
import type { ObjectKey, ReconcileResult } from "../../runtime/controller.ts";
import { LeaseLostError } from "../../runtime/leader-election.ts";
import { sharedClusters, shardLeases, type SharedCluster } from "../../runtime/shard-leases.ts";
import { knownAttempt, placeAnnotation, supersededAnnotation, type AttemptCache } from "../cluster-upgrade/attempt-cache.ts";
import type { OperatorContext } from "../operator-context.ts";
import type { StatusWriter } from "../write-status.ts";
import { attemptObject } from "./attempt-object.ts";
import { ownWrites } from "./own-writes.ts";
import { planRound, type Round } from "./plan-round.ts";
import { tellAvailable, type NotifyAvailable } from "./tell-available.ts";
import { policyClusters } from "./policy-clusters.ts";

export interface UpgradePolicyOptions {
  readonly context: OperatorContext;
  readonly policies: () => readonly KubernetesObject[];
  readonly attempts: AttemptCache;
  /** By the catalog's name; undefined while it is not there. */
  readonly releasesOf: (catalog: string) => readonly Release[] | undefined;
  readonly status: StatusWriter;
  readonly notifyAvailable: NotifyAvailable;
  /** Told of each round that decided something new. */
  readonly onRound?: (round: Round) => void;
}

/** All policies are decided over together, in one round: which of them applies to a cluster, and how many are under way, is no policy's own business. */
export const roundKey: ObjectKey = { namespace: "", name: "all" };

/** Requests under way at the same time. */
const concurrency = 16;
/** Windows of time pass without an event; a round is made at least this often. */
const longestMilliseconds = 300_000;

/** People have not had all of it yet. */
const owedMilliseconds = 30_000;

export interface UpgradePolicyReconciler {
  reconcile(): Promise<ReconcileResult>;
  /** Another process decided until now. */
  takeOver(): void;
}

export function upgradePolicyReconciler(options: UpgradePolicyOptions): UpgradePolicyReconciler {
  const { context, attempts, status } = options;
  const { client, clock, fleet, log } = context;
  const clustersNow = policyClusters(fleet);
  const available = tellAvailable(options.notifyAvailable);
  const leases = shardLeases({ client, clock, namespace: context.namespace });
  const own = ownWrites({ client, clock, cache: attempts });

  async function givePlace({ namespace, name, askedAt, policyName }: KnownAttempt): Promise<void> {
    if (!context.isCertain()) throw new LeaseLostError("The lease ran out before a place was given; it was not.");
    await context.onStep?.("before-give-place");
    const annotations = { [placeAnnotation]: placeFor(askedAt) };
    const written = await client.mergePatch(clusterUpgrades, name, { metadata: { annotations } }, { namespace }).catch(unless(404));
    if (written !== undefined) own.wrote(written);
    await context.onStep?.("after-give-place");
    log.info("upgrade was given a place", { upgrade: `${namespace}/${name}`, policy: policyName });
  }

  async function begin(verdict: ClusterVerdict, policies: ReadonlyMap<string, KubernetesObject>): Promise<void> {
    const { next } = verdict;
    const { cluster } = verdict.assignment;
    const address = { namespace: cluster.namespace, name: cluster.name };
    if (!context.isCertain()) throw new LeaseLostError("The lease ran out before an attempt was made; it was not.");
    if (next.kind === "supersede") {
      const annotations = { [supersededAnnotation]: next.by ?? next.message };
      await client
        .mergePatch(clusterUpgrades, next.attempt.name, { metadata: { annotations } }, { namespace: next.attempt.namespace })
        .catch(unless(404));
      return;
    }
    const live = fleet.cluster(address);
    const policy = next.kind === "begin" ? policies.get(next.policyName) : undefined;
    if (next.kind !== "begin" || live === undefined || policy === undefined) return;
    await context.onStep?.("before-create-attempt");
    // Its name is the same for whoever decides the same: one that is there already is the one that was meant.
    const made = await client.create(clusterUpgrades, attemptObject(next, cluster, live, apiObject(policy))).catch(unless(409));
    own.wrote(made ?? (await client.get(clusterUpgrades, next.name, cluster.namespace)));
    await context.onStep?.("after-create-attempt");
    log.info("upgrade was begun", {
      cluster: `${cluster.namespace}/${cluster.name}`,
      upgrade: next.name,
      policy: next.policyName,
      why: next.why,
    });
  }

  /** Of the clusters that the policy applies to. Told by an event when it begins. */
  function sharedOf(object: KubernetesObject, facts: PolicyFacts, shared: readonly SharedCluster[]): readonly SharedCluster[] {
    if (shared.length === 0) return shared;
    const applies = new Set(facts.clusters.map(({ namespace, name }) => `${namespace}/${name}`));
    const found = shared.filter(({ namespace, name }) => applies.has(`${namespace}/${name}`));
    const isKnown = apiObject(object).status?.conditions?.some(({ reason }) => reason === SHARDS_OVERLAP) === true;
    if (found.length === 0 || isKnown) return found;
    const note = sharedWords(found).trim();
    context.events.record(object, { type: "Warning", reason: SHARDS_OVERLAP, action: "Reconcile", note });
    log.warn("operators work on the same clusters", { policy: object.metadata.name, clusters: found.length, why: note });
    return found;
  }

  async function reconcile(): Promise<ReconcileResult> {
    const objects = options.policies().filter(({ metadata }) => metadata["deletionTimestamp"] === undefined);
    available.keep(objects.map(apiObject));
    const read = objects.map((object) => ({ object, result: readUpgradePolicy(object) }));
    const policies = read.flatMap(({ result }): PolicyObject[] => (result.kind === "read" ? [result.value] : []));
    const clusters = clustersNow();
    const { shards, lookAgainAt } = await leases.look();
    const shared = sharedClusters(shards, clusters);
    const round = planRound({
      policies,
      unreadable: new Set(read.flatMap(({ object, result }) => (result.kind === "read" ? [] : [object.metadata.name]))),
      clusters,
      attempts: (await own.attempts()).map(knownAttempt),
      releasesOf: options.releasesOf,
      now: clock.now(),
    });
    options.onRound?.(round);
    const byName = new Map(objects.map((object) => [object.metadata.name, object]));
    await atOnce(round.places, givePlace);
    await atOnce(
      round.verdicts.filter(({ next }) => next.kind !== "nothing"),
      (verdict) => begin(verdict, byName),
    );
    let owed = false;
    await atOnce(read, async ({ object, result }) => {
      const api = apiObject(object);
      if (result.kind === "refused") {
        await status.write(object, upgradePolicyStatus(unreadable(result.refusals), api, clock.now()));
        return;
      }
      const facts = round.facts.get(object.metadata.name);
      if (facts === undefined) return;
      const found = round.available.filter(({ policyName }) => policyName === object.metadata.name);
      const told = available.tell(result.value, api, found);
      owed ||= told.owed;
      await status.write(
        object,
        upgradePolicyStatus({ ...facts, shared: sharedOf(object, facts, shared), notified: told.notified }, api, clock.now()),
      );
    });
    const latest = clock.now() + longestMilliseconds;
    return {
      kind: "look-again",
      at: Math.min(latest, round.lookAgainAt ?? latest, lookAgainAt ?? latest, owed ? clock.now() + owedMilliseconds : latest),
    };
  }

  return { reconcile, takeOver: () => own.takeOver() };
}

function unreadable(refusals: readonly Refusal[]): PolicyFacts {
  return { clusters: [], conflicts: [], availableVersion: undefined, suspended: false, refusals };
}

function unless(status: number): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof ApiError && error.status === status) return undefined;
    throw error;
  };
}

/** So many at the same time; all are tried, and the first failure is thrown then. */
async function atOnce<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
      try {
        await task(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/** The API server holds it to its schema. */
function apiObject(object: KubernetesObject): UpgradePolicy {
  return object as unknown as UpgradePolicy;
}
