import { chooseTarget, type NoTargetReason, type TargetChoice } from "./choose-target.ts";
import { localTime } from "./local-time.ts";
import { windowAt } from "./maintenance-window.ts";
import type { KnownAttempt } from "./known-attempt.ts";
import { openInTurn, type ClusterVerdict, type PolicyCluster } from "./next-attempt.ts";
import { compareVersions, parseVersion, sameMinor } from "../kubernetes-version.ts";
import type { Release } from "./release.ts";
import type { UpgradePolicy } from "./upgrade-policy.ts";

/** A version that clusters of a policy are to go to, and that is not begun yet. */
export interface AvailableVersion {
  readonly policyName: string;
  readonly version: string;
  /** The first of the clusters by namespace and name, and what it is at. */
  readonly cluster: { readonly namespace: string; readonly name: string };
  readonly from: string | undefined;
  readonly clusters: number;
  /** Why it is not begun now: its age, the window, an approval, the policy's limits. */
  readonly why: string;
}

type Waiting = Pick<AvailableVersion, "version" | "why">;

export interface AvailableInput {
  readonly verdicts: readonly ClusterVerdict[];
  readonly attempts: readonly KnownAttempt[];
  /** By the policy's name. */
  readonly releases: ReadonlyMap<string, readonly Release[]>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** One for each policy and version, for those who want to hear of it before anything happens. What begins at once is none: that is told as started. */
export function availableVersions({ verdicts, attempts, releases, now }: AvailableInput): readonly AvailableVersion[] {
  const begun = new Set(
    attempts.filter((attempt) => attempt.begun).map(({ namespace, clusterName, target }) => `${namespace}/${clusterName}/${target}`),
  );
  const open = new Map(
    openInTurn(attempts)
      .toReversed()
      .map((attempt): [string, KnownAttempt] => [`${attempt.namespace}/${attempt.clusterName}`, attempt]),
  );
  const found = new Map<string, AvailableVersion>();
  /** Clusters of a fleet differ in little. */
  const known = new Map<string, Waiting | undefined>();
  for (const verdict of verdicts) {
    const { policy, cluster } = verdict.assignment;
    if (policy === undefined || cluster.deleting) continue;
    const { choice, next } = verdict;
    const likeness = JSON.stringify([
      policy.name,
      cluster.version,
      cluster.classVersions,
      cluster.templateKinds,
      choice,
      next.kind === "nothing" ? [next.reason, next.message] : "",
    ]);
    if (!known.has(likeness)) known.set(likeness, waitingVersion(verdict, policy, releases.get(policy.name) ?? [], now));
    const underWay = next.kind === "nothing" && next.reason === "UnderWay" ? open.get(`${cluster.namespace}/${cluster.name}`) : undefined;
    const waiting = afterThat(choice, underWay) ?? known.get(likeness);
    if (waiting === undefined || begun.has(`${cluster.namespace}/${cluster.name}/${waiting.version}`)) continue;
    const key = JSON.stringify([policy.name, waiting.version]);
    const before = found.get(key);
    const { namespace, name, version: from } = cluster;
    found.set(
      key,
      before === undefined
        ? { policyName: policy.name, ...waiting, cluster: { namespace, name }, from, clusters: 1 }
        : { ...before, clusters: before.clusters + 1 },
    );
  }
  return [...found.values()];
}

function waitingVersion(
  { assignment: { cluster }, choice, next }: ClusterVerdict,
  policy: UpgradePolicy,
  releases: readonly Release[],
  now: number,
): Waiting | undefined {
  if (choice === undefined) return undefined;
  if (choice.kind === "none") return ofAge.has(choice.reason) ? tooYoung(cluster, policy, releases, now) : undefined;
  // One that ended badly was told of then.
  if (next.kind === "nothing" && next.reason === "EndedBadly") return undefined;
  if (next.kind === "nothing" && next.reason !== "UnderWay") return { version: choice.version, why: next.message };
  const why = whyLater(cluster.version, choice, policy, now);
  return why === undefined ? undefined : { version: choice.version, why };
}

/** The cluster is on its way to an older version: what is gone to next is told of, and that it comes after that. */
function afterThat(choice: TargetChoice | undefined, underWay: KnownAttempt | undefined): Waiting | undefined {
  if (choice?.kind !== "target" || underWay === undefined) return undefined;
  const [next, now] = [parseVersion(choice.version), parseVersion(underWay.target)];
  if (next === undefined || now === undefined || compareVersions(next, now) <= 0) return undefined;
  return { version: choice.version, why: `It comes after ${underWay.name}, which is under way to ${underWay.target}.` };
}

/** Without a target, or at one already, because of a minimum age. */
const ofAge: ReadonlySet<NoTargetReason> = new Set<NoTargetReason>(["UpToDate", "TooYoung", "AgeUnknown"]);

/** Where it would go to if age did not matter. */
function tooYoung(
  { version: clusterVersion, classVersions, templateKinds }: PolicyCluster,
  { target, settings }: UpgradePolicy,
  releases: readonly Release[],
  now: number,
): Waiting | undefined {
  if (target.minimumAgeSeconds === 0) return undefined;
  const later = chooseTarget({ rule: { ...target, minimumAgeSeconds: 0 }, releases, clusterVersion, classVersions, templateKinds, now });
  if (later.kind === "none") return undefined;
  const releasedAt = releases.find(({ version }) => version === later.version)?.releasedAt;
  const why =
    releasedAt === undefined
      ? "Nobody says when it was released, and the policy wants a minimum age."
      : `It is old enough for the policy ${localTime(releasedAt + target.minimumAgeSeconds * 1000, settings.schedule.timeZone)}.`;
  return { version: later.version, why };
}

/** What its attempt waits for before the first write. */
function whyLater(
  from: string | undefined,
  choice: TargetChoice & { kind: "target" },
  { settings }: UpgradePolicy,
  now: number,
): string | undefined {
  if (settings.approval.includes("control-plane")) return "It waits for an approval before the control plane is begun.";
  const [a, b] = [parseVersion(from ?? ""), parseVersion(choice.via[0] ?? choice.version)];
  const change = a !== undefined && b !== undefined && sameMinor(a, b) ? "patch" : "minor";
  const window = windowAt(settings.schedule, change, now);
  return window.open ? undefined : window.reason;
}
