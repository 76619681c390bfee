import type { AttemptPhase } from "../attempt/attempt-types.ts";
import { isEnd } from "../attempt/attempt-phases.ts";
import { assignPolicies, type Assignment, type SelectableCluster } from "./assign-policies.ts";
import { attemptName } from "./attempt-name.ts";
import { chooseTarget, type NoTargetReason, type TargetChoice } from "./choose-target.ts";
import type { KnownAttempt } from "./known-attempt.ts";
import { localTime } from "./local-time.ts";
import { placesOf, placesTaken } from "./places.ts";
import type { Release } from "./release.ts";
import type { AttemptSettings, UpgradePolicy } from "./upgrade-policy.ts";

/** What of a cluster decides whether an upgrade of it is begun. */
export interface PolicyCluster extends SelectableCluster {
  /** `clusterVersion`; undefined while nothing tells. */
  readonly version: string | undefined;
  readonly classVersions: readonly string[] | undefined;
  /** Kinds of machine templates that its machines are made from, each once. */
  readonly templateKinds: readonly string[];
  readonly deleting: boolean;
  /** By somebody else than us. */
  readonly paused: boolean;
  /** Its control plane has come up once. */
  readonly initialized: boolean;
}

export interface NextAttemptInput {
  readonly policies: readonly UpgradePolicy[];
  readonly clusters: readonly PolicyCluster[];
  readonly attempts: readonly KnownAttempt[];
  /** By the policy's name; undefined while its catalog is not there. */
  readonly releases: ReadonlyMap<string, readonly Release[]>;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface ClusterVerdict {
  readonly assignment: Assignment<PolicyCluster>;
  /** Where the policy leads; undefined where none applies or its catalog is not there. */
  readonly choice: TargetChoice | undefined;
  readonly next: NextAttempt;
}

export type NextAttempt =
  | {
      readonly kind: "begin";
      /** Of the object: the same for whoever decides the same. */
      readonly name: string;
      readonly policyName: string;
      readonly target: string;
      readonly via: readonly string[];
      readonly settings: AttemptSettings;
      /** It has its place from its making. False: it asks for one once a person has approved it. */
      readonly place: boolean;
      readonly why: string;
    }
  /** The attempt is to end as `superseded`, unless it has written something after all. The next round begins another, where there is a target. */
  | { readonly kind: "supersede"; readonly attempt: KnownAttempt; readonly by: string | undefined; readonly message: string }
  | {
      readonly kind: "nothing";
      readonly reason: NothingReason;
      readonly message: string;
      /** Epoch milliseconds; undefined: only a change of policies, clusters, attempts or the catalog matters. */
      readonly lookAgainAt: number | undefined;
    };

export type NothingReason =
  | NoTargetReason
  | "NoPolicy"
  | "ClusterDeleting"
  | "ClusterPaused"
  | "ClusterNotInitialized"
  | "CatalogMissing"
  | "UnderWay"
  | "Suspended"
  | "EndedBadly"
  | "TooSoon"
  | "Concurrency";

/**
 * What to begin, for every cluster, in the order of namespaces and names: the same input gives the same answer. At most one attempt of a cluster is open at any time; who made it does not
 * matter, so one made by hand goes before any policy.
 */
export function nextAttempts(input: NextAttemptInput): readonly ClusterVerdict[] {
  const clusters = [...input.clusters].sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
  const places = new Map(input.policies.map(({ name }): [string, Place[]] => [name, [...placesOf(name, input.attempts)]]));
  const ofCluster = new Map<string, KnownAttempt[]>();
  for (const attempt of input.attempts) {
    const key = `${attempt.namespace}/${attempt.clusterName}`;
    const known = ofCluster.get(key);
    if (known === undefined) ofCluster.set(key, [attempt]);
    else known.push(attempt);
  }
  return assignPolicies(input.policies, clusters).map((assignment) => {
    const { cluster, policy } = assignment;
    const attempts = ofCluster.get(`${cluster.namespace}/${cluster.name}`) ?? [];
    const releases = policy === undefined ? undefined : input.releases.get(policy.name);
    const choice =
      policy === undefined || releases === undefined
        ? undefined
        : chooseTarget({
            rule: policy.target,
            releases,
            clusterVersion: cluster.version,
            classVersions: cluster.classVersions,
            templateKinds: cluster.templateKinds,
            now: input.now,
          });
    const next = nextFor({ cluster, policy, attempts, choice, now: input.now, places: places.get(policy?.name ?? "") ?? [] });
    if (next.kind === "begin" && next.place)
      places.get(next.policyName)?.push({
        name: next.name,
        namespace: cluster.namespace,
        clusterName: cluster.name,
        phase: undefined,
        begun: false,
      });
    return { assignment, choice, next };
  });
}

/** What of an attempt with a place says who has it, and what it waits for. */
type Place = Pick<KnownAttempt, "namespace" | "name" | "clusterName" | "phase" | "begun">;

interface Look {
  readonly cluster: PolicyCluster;
  readonly policy: UpgradePolicy | undefined;
  readonly attempts: readonly KnownAttempt[];
  readonly choice: TargetChoice | undefined;
  readonly places: readonly Place[];
  readonly now: number;
}

function nextFor(look: Look): NextAttempt {
  const { cluster, policy, attempts, choice } = look;
  const name = `Cluster ${cluster.namespace}/${cluster.name}`;
  if (policy === undefined) return nothing("NoPolicy", `No policy selects ${name}.`);
  if (cluster.deleting) return nothing("ClusterDeleting", `${name} is being deleted.`);
  const [open, ...others] = openInTurn(attempts);
  if (open !== undefined) return withOpen(open, others, policy, look);
  if (policy.suspended) return nothing("Suspended", `Policy ${policy.name} is suspended: it begins nothing.`);
  if (cluster.paused) return nothing("ClusterPaused", `${name} is paused: Cluster API does nothing to it.`);
  if (!cluster.initialized) return nothing("ClusterNotInitialized", `${name} is still being created.`);
  if (choice === undefined)
    return nothing("CatalogMissing", `The catalog of policy ${policy.name} is not there yet, so no version is known.`);
  if (choice.kind === "none") return nothing(choice.reason, choice.message, choice.eligibleAt);
  return beginning(look, policy, choice);
}

/** Open attempts of a cluster in the order of their turn: one that has begun, those made by hand, the oldest, the first by name. Only the first may write. */
export function openInTurn<Attempt extends Pick<KnownAttempt, "phase" | "begun" | "policyName" | "createdAt" | "name">>(
  attempts: readonly Attempt[],
): readonly Attempt[] {
  const open = attempts.filter(({ phase }) => !isEnd(phase));
  const rank = ({ begun, policyName }: Attempt): number => (begun ? 0 : policyName === undefined ? 1 : 2);
  return open.sort((a, b) => rank(a) - rank(b) || a.createdAt - b.createdAt || compare(a.name, b.name));
}

/** One is open: left alone, unless it has written nothing and leads where the policy no longer does. */
function withOpen(open: KnownAttempt, others: readonly KnownAttempt[], policy: UpgradePolicy, { choice }: Look): NextAttempt {
  const by = open.policyName === undefined ? ", made by hand," : "";
  const underWay = nothing("UnderWay", `${open.name}${by} is under way to ${open.target}.`);
  const late = others.find(({ policyName, begun }) => policyName !== undefined && !begun);
  if (late !== undefined)
    return {
      kind: "supersede",
      attempt: late,
      by: open.target,
      message: `${open.name}${by} goes before ${late.name}, which has written nothing yet.`,
    };
  if (open.policyName === undefined) return underWay;
  if (open.begun || policy.suspended || choice === undefined) return underWay;
  if (choice.kind === "target") {
    if (choice.version === open.target) return underWay;
    return {
      kind: "supersede",
      attempt: open,
      by: choice.version,
      message: `${open.name} has written nothing yet, and policy ${policy.name} leads to ${choice.version} now: ${choice.why}`,
    };
  }
  if (choice.reason === "ClusterVersionUnknown" || choice.reason === "UpToDate") return underWay;
  return {
    kind: "supersede",
    attempt: open,
    by: undefined,
    message: `${open.name} has written nothing yet, and policy ${policy.name} no longer leads to ${open.target}: ${choice.message}`,
  };
}

/** Ends after which only a person, or another target, makes a new beginning. */
const BADLY: ReadonlySet<AttemptPhase | undefined> = new Set<AttemptPhase>(["refused", "contradicted", "timed-out", "cancelled"]);

function beginning(
  { cluster, attempts, places, now }: Look,
  policy: UpgradePolicy,
  choice: Extract<TargetChoice, { kind: "target" }>,
): NextAttempt {
  const { version: target, via, why } = choice;
  const same = attempts.filter((attempt) => attempt.target === target);
  const bad = same.find(({ phase }) => BADLY.has(phase));
  if (bad !== undefined) {
    const remedy =
      bad.phase === "cancelled"
        ? "Delete it to let the policy begin again."
        : `Once its cause is mended: \`capi-gitops retry ${cluster.name} -n ${cluster.namespace}\`.`;
    return nothing(
      "EndedBadly",
      `${bad.name} ended as ${bad.phase ?? ""} on the way to ${target}; that is not begun again by itself, only a newer target is. ${remedy}`,
    );
  }
  const finished = attempts.flatMap(({ begun, finishedAt }) => (begun && finishedAt !== undefined ? [finishedAt] : []));
  const notBefore = Math.max(-Infinity, ...finished) + policy.minimumIntervalSeconds * 1000;
  if (now < notBefore) {
    const { timeZone } = policy.settings.schedule;
    return nothing(
      "TooSoon",
      `The last upgrade was less than the policy's minimum interval ago; the next is begun ${localTime(notBefore, timeZone)}.`,
      notBefore,
    );
  }
  const { maxConcurrent, settings } = policy;
  // Whoever must be approved first takes no place from one that is approved already.
  const place = maxConcurrent === undefined || !settings.approval.includes("control-plane");
  if (place && maxConcurrent !== undefined && places.length >= maxConcurrent) return nothing("Concurrency", placesTaken(policy, places));
  const name = attemptName(cluster.name, target, new Set(attempts.map((attempt) => attempt.name)));
  return { kind: "begin", name, policyName: policy.name, target, via, settings, place, why };
}

function nothing(reason: NothingReason, message: string, lookAgainAt?: number): NextAttempt {
  return { kind: "nothing", reason, message, lookAgainAt };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
