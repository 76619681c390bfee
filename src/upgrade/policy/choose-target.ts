import { listed } from "../cluster-words.ts";
import { minorName, orderOf, parseVersion, sortVersions, versionOf, type KubernetesVersion } from "../kubernetes-version.ts";
import { eligibleReleases, OBSTACLES, type Obstacle } from "./eligible-releases.ts";
import type { Release } from "./release.ts";
import { supportEnd } from "./support-end.ts";
import type { TargetRule } from "./upgrade-policy.ts";

export interface TargetInput {
  readonly rule: TargetRule;
  readonly releases: readonly Release[];
  /** What the cluster is at (`clusterVersion`); undefined while that is not known. */
  readonly clusterVersion: string | undefined;
  /** `TopologySnapshot.classVersions`: a topology goes to no other, and walks the last one of each minor by itself. */
  readonly classVersions: readonly string[] | undefined;
  /** Kinds of machine templates that the cluster uses: some versions have no image for one. */
  readonly templateKinds: readonly string[];
  /** Epoch milliseconds. */
  readonly now: number;
}

export type TargetChoice =
  | {
      readonly kind: "target";
      readonly version: string;
      /** A version for each minor between, ascending. */
      readonly via: readonly string[];
      readonly why: string;
    }
  | {
      readonly kind: "none";
      readonly reason: NoTargetReason;
      readonly message: string;
      /** Epoch milliseconds at which there will be a target, if nothing else changes. */
      readonly eligibleAt: number | undefined;
    };

/** `UpToDate` is fine; for the others somebody may want to know. */
export type NoTargetReason = "UpToDate" | "ClusterVersionUnknown" | "InvalidPin" | "PinnedOlder" | "MinorMissing" | Obstacle;

/**
 * Where a cluster is to go by its policy. Never to an older version. Several minors away, the newest eligible patch of each minor between is named; where one has none, as far as it goes.
 * A pinned version is a person's own choice: it needs no age and no catalog, but is not gone to when the policy avoids it or it was withdrawn.
 */
export function chooseTarget(input: TargetInput): TargetChoice {
  const cluster = parseVersion(input.clusterVersion ?? "");
  if (cluster === undefined) return none("ClusterVersionUnknown", `The cluster tells no version yet (${input.clusterVersion ?? "none"}).`);
  const wish = wishOf(input, cluster);
  if (wish.kind === "none") return wish;
  const found = pick(input, cluster, wish);
  if (found.version !== undefined) {
    return { kind: "target", version: found.version, via: found.via, why: why(input, wish, found.version) };
  }
  return nothing(input, cluster, wish, found);
}

/** The minor, or the very version, that the rule asks for. */
interface Wish {
  readonly kind: "wish";
  readonly minor: number;
  readonly version: KubernetesVersion | undefined;
}

function wishOf({ rule, releases, now }: TargetInput, cluster: KubernetesVersion): Wish | (TargetChoice & { kind: "none" }) {
  const { channel } = rule;
  if (channel.kind === "pinned") {
    const version = parseVersion(channel.version);
    if (version === undefined)
      return none("InvalidPin", `The policy pins ${JSON.stringify(channel.version)}, which is no version such as v1.35.2.`);
    if (version.major !== cluster.major)
      return none("InvalidPin", `The policy pins ${version.text}, of another major version than ${cluster.text}.`);
    if (version.text === cluster.text) return none("UpToDate", `The cluster is at ${version.text}, which the policy pins.`);
    if (orderOf(version, cluster) === -1) {
      return none("PinnedOlder", `The policy pins ${version.text}, and the cluster is at ${cluster.text}: a control plane cannot go back.`);
    }
    return { kind: "wish", minor: version.minor, version };
  }
  if (channel.kind === "patch") return { kind: "wish", minor: cluster.minor, version: undefined };
  // What the policy avoids, or a class does not list, is a newest minor all the same.
  const counted = eligibleReleases(
    { releases, rule: { ...rule, avoid: [] }, classVersions: undefined, templateKinds: [], cluster, now },
    [],
  );
  const newest = Math.max(cluster.minor, ...counted.map(({ minor }) => minor));
  return { kind: "wish", minor: channel.kind === "rapid" ? newest : Math.max(cluster.minor, newest - 1), version: undefined };
}

interface Pick {
  readonly version: string | undefined;
  readonly via: readonly string[];
  /** The first minor on the way that has no version to go through. */
  readonly missing: string | undefined;
}

/** What the rule comes to, with some of its obstacles thought away. */
function pick(input: TargetInput, cluster: KubernetesVersion, wish: Wish, without: readonly Obstacle[] = []): Pick {
  const { releases, rule, templateKinds, now } = input;
  const classVersions = without.includes("NotInClusterClass") ? undefined : input.classVersions;
  const eligible = eligibleReleases({ releases, rule, classVersions, templateKinds, cluster, now }, without);
  const pinned = wish.version === undefined ? undefined : pinnedRelease(input, wish.version, without);
  const way: string[] = [];
  let missing: string | undefined;
  for (let minor = cluster.minor + 1; minor <= wish.minor; minor++) {
    const isLast = minor === wish.minor;
    const next = isLast && wish.version !== undefined ? pinned : walked(classVersions, eligible, cluster, minor, isLast);
    if (next === undefined) {
      missing = minorName(cluster.major, minor);
      break;
    }
    way.push(next);
  }
  if (wish.version !== undefined && wish.minor === cluster.minor) return { version: pinned, via: [], missing: undefined };
  // A pin that cannot be reached is no reason to go somewhere else.
  if (wish.version !== undefined && (missing !== undefined || pinned === undefined)) return { version: undefined, via: [], missing };
  const endOfLife = way.findLastIndex((version) => !isPastItsEnd(input, version));
  const reached = wish.version === undefined ? way.slice(0, endOfLife + 1) : way;
  const version = reached.at(-1) ?? newestOf(eligible, cluster, cluster.minor);
  return { version, via: reached.slice(0, -1), missing };
}

/** What is gone through of a minor: the newest eligible version. A topology with a list walks its last one of each minor, which then must be eligible itself. */
function walked(
  classVersions: TargetInput["classVersions"],
  eligible: readonly KubernetesVersion[],
  cluster: KubernetesVersion,
  minor: number,
  isLast: boolean,
): string | undefined {
  const newest = newestOf(eligible, cluster, minor);
  if (classVersions === undefined || isLast) return newest;
  const last = newestOf(
    classVersions.flatMap((text) => parseVersion(text) ?? []),
    cluster,
    minor,
  );
  return last === newest ? newest : undefined;
}

function newestOf(versions: readonly KubernetesVersion[], cluster: KubernetesVersion, minor: number): string | undefined {
  const newer = versions.filter((version) => version.minor === minor && version.major === cluster.major && orderOf(version, cluster) === 1);
  return sortVersions(newer.map(({ text }) => text)).at(-1);
}

function pinnedRelease(
  { releases, rule, classVersions, templateKinds, now }: TargetInput,
  version: KubernetesVersion,
  without: readonly Obstacle[],
): string | undefined {
  const known = releases.find((release) => release.version === version.text);
  const release: Release = known ?? {
    version: version.text,
    releasedAt: undefined,
    endOfLifeAt: undefined,
    images: [],
    withdrawn: undefined,
  };
  const context = { releases: [release], rule, classVersions, templateKinds, cluster: version, now };
  const stands = OBSTACLES.some((row) => !row.ofAge && !without.includes(row.obstacle) && row.stands(release, version, context));
  return stands ? undefined : version.text;
}

/** Nobody is led to a minor that gets no patches any more. */
function isPastItsEnd({ releases, now }: TargetInput, version: string): boolean {
  const end = releases.find((release) => release.version === version)?.endOfLifeAt;
  return end !== undefined && end <= now;
}

/** What would have to be otherwise, the plainest first. */
function nothing(input: TargetInput, cluster: KubernetesVersion, wish: Wish, found: Pick): TargetChoice {
  const all = OBSTACLES.map(({ obstacle }) => obstacle);
  for (const without of [...all.map((obstacle) => [obstacle]), all]) {
    const other = pick(input, cluster, wish, without);
    if (other.version === undefined) continue;
    for (const version of [...other.via, other.version]) {
      const obstacle = OBSTACLES.find((row) => without.includes(row.obstacle) && standsAgainst(input, version, row.stands))?.obstacle;
      if (obstacle !== undefined) return stoppedBy(input, cluster, obstacle, version);
    }
  }
  if (found.missing !== undefined) {
    return none("MinorMissing", `The way from ${cluster.text} leads through ${found.missing}, of which no eligible version is known.`);
  }
  const what = input.rule.channel.kind === "pinned" ? "the pinned version" : `the newest that channel ${input.rule.channel.kind} gives`;
  return none("UpToDate", `The cluster is at ${cluster.text}, ${what}.${outlived(input, cluster)}`);
}

function standsAgainst(
  { releases, rule, classVersions, templateKinds, now }: TargetInput,
  text: string,
  stands: (typeof OBSTACLES)[number]["stands"],
): boolean {
  const version = versionOf(text);
  const release = releases.find((each) => each.version === text) ?? unknownRelease(text);
  return stands(release, version, { releases, rule, classVersions, templateKinds, cluster: version, now });
}

function unknownRelease(version: string): Release {
  return { version, releasedAt: undefined, endOfLifeAt: undefined, images: [], withdrawn: undefined };
}

function stoppedBy(input: TargetInput, cluster: KubernetesVersion, obstacle: Obstacle, version: string): TargetChoice {
  const release = input.releases.find((each) => each.version === version);
  switch (obstacle) {
    case "TooYoung": {
      const eligibleAt = eligibleFrom(input);
      const days = Math.round((input.rule.minimumAgeSeconds / 86_400) * 10) / 10;
      const when = eligibleAt === undefined ? "" : `; there will be a target at ${new Date(eligibleAt).toISOString()}`;
      return none("TooYoung", `${version} is younger than the ${days} days that the policy asks for${when}.`, eligibleAt);
    }
    case "AgeUnknown":
      return none(
        "AgeUnknown",
        `No source tells when ${version} was released, and the policy asks for an age. Add its date to the catalog.`,
      );
    case "Avoided":
      return none("Avoided", `The policy avoids ${version}.`);
    case "Withdrawn":
      return none("Withdrawn", `${version} was withdrawn: ${release?.withdrawn ?? "no reason is told"}.`);
    case "NotInClusterClass":
      return none(
        "NotInClusterClass",
        `The cluster is at ${cluster.text}; ${version} is not in spec.kubernetesVersions of its ClusterClass (${listed(input.classVersions ?? [])}). Add it there.`,
      );
    case "MachineImageMissing": {
      const missing = release?.missingImages?.find(({ templateKind }) => input.templateKinds.includes(templateKind));
      return none(
        "MachineImageMissing",
        `${version} has no machine image for ${missing?.templateKind ?? ""}, and the catalog says that one must exist: ${missing?.why ?? ""}. Make the image, or list it in the catalog.`,
      );
    }
    default:
      return obstacle satisfies never;
  }
}

/** The first time at which a release comes of age and there is a target. */
function eligibleFrom(input: TargetInput): number | undefined {
  const times = input.releases
    .flatMap(({ releasedAt }) => (releasedAt === undefined ? [] : [releasedAt + input.rule.minimumAgeSeconds * 1000]))
    .filter((time) => time > input.now);
  return [...new Set(times)].sort((a, b) => a - b).find((now) => chooseQuietly({ ...input, now }));
}

function chooseQuietly(input: TargetInput): boolean {
  const cluster = versionOf(input.clusterVersion ?? "");
  const wish = wishOf(input, cluster);
  return wish.kind === "wish" && pick(input, cluster, wish).version !== undefined;
}

function why({ rule, releases }: TargetInput, { minor }: Wish, text: string): string {
  const version = versionOf(text);
  const released = releases.find((release) => release.version === text)?.releasedAt;
  const since = released === undefined ? "" : `, released ${new Date(released).toISOString().slice(0, 10)}`;
  const name = minorName(version.major, version.minor);
  const short = version.minor === minor ? "" : `; ${minorName(version.major, minor)}, which the channel leads to, cannot be reached`;
  switch (rule.channel.kind) {
    case "pinned":
      return `${text} is pinned by the policy${since}.`;
    case "patch":
      return `${text} is the newest patch of ${name}${since}.`;
    case "stable":
      return `${text} is the newest eligible patch of ${name}, at most one minor behind the newest${since}${short}.`;
    case "rapid":
      return `${text} is the newest eligible patch of ${name}${since}${short}.`;
    default:
      return rule.channel satisfies never;
  }
}

/** A channel that never leaves a minor keeps a cluster on one that gets no patches any more. */
function outlived({ releases, now }: TargetInput, cluster: KubernetesVersion): string {
  const end = supportEnd(releases, cluster);
  if (end === undefined || end > now) return "";
  const name = minorName(cluster.major, cluster.minor);
  return ` ${name} has got no patches since ${new Date(end).toISOString().slice(0, 10)}: go to a newer minor by another channel.`;
}

function none(reason: NoTargetReason, message: string, eligibleAt?: number): TargetChoice & { kind: "none" } {
  return { kind: "none", reason, message, eligibleAt };
}
