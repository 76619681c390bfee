/**
 * Kubernetes versions as Cluster API takes them: strict semantic versions with a leading `v` (strict since Cluster API 1.14, #13874).
 * Pre-releases and build metadata are part of the version: `v1.30.4+rke2r1`, `v1.28.7-eks-abc`, `v1.22.3---vmware.1-tkg.1`.
 */
export interface KubernetesVersion {
  /** As it was written. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
}

/** `different`: the versions differ, and which one is older cannot be told (build metadata that may be a commit hash). */
export type VersionOrder = -1 | 0 | 1 | "different";

const NUMBER = "0|[1-9][0-9]*";
const VERSION = new RegExp(
  `^v(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})` +
    `(?:-((?:${NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:${NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?` +
    `(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?$`,
);
const DIGITS = /^[0-9]+$/;
const UPSTREAM_PRERELEASE: ReadonlySet<string> = new Set(["alpha", "beta", "rc"]);

/** Undefined when the text is not a version that Cluster API accepts. Numbers beyond 2^53 are none. */
export function parseVersion(text: string): KubernetesVersion | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (![major, minor, patch].every((number) => Number.isSafeInteger(number))) return undefined;
  return { text, major, minor, patch, prerelease: match[4]?.split(".") ?? [], build: match[5]?.split(".") ?? [] };
}

/** For versions that were checked before (`InvalidVersion` is refused first); a text that is none is a mistake of the caller. */
export function versionOf(text: string): KubernetesVersion {
  const version = parseVersion(text);
  if (version === undefined) throw new RangeError(`${JSON.stringify(text)} is not a Kubernetes version such as v1.35.2.`);
  return version;
}

/**
 * Precedence by semver.org (11), then by build metadata as Cluster API orders it (`util/version`, `Compare` with `WithBuildTags`): identifiers from
 * left to right, numbers by size, a number before a text, the longer list after the shorter one; two different texts cannot be ordered, because they
 * may be commit hashes.
 */
export function orderOf(a: KubernetesVersion, b: KubernetesVersion): VersionOrder {
  return comparePrecedence(a, b) || compareBuild(a.build, b.build, () => "different");
}

/** A total order: as `orderOf`, and where that cannot tell, by text, so that sorting always gives the same list. 0 for equal texts only. */
export function compareVersions(a: KubernetesVersion, b: KubernetesVersion): -1 | 0 | 1 {
  return comparePrecedence(a, b) || compareBuild(a.build, b.build, compareTexts) || compareTexts(a.text, b.text);
}

/** Exactly the same version: Cluster API rolls machines for a change of build metadata alone. */
export function sameVersion(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b;
}

/** Same major and minor. */
export function sameMinor(a: KubernetesVersion, b: KubernetesVersion): boolean {
  return a.major === b.major && a.minor === b.minor;
}

/** `v1.34`, for people. */
export function minorName(major: number, minor: number): string {
  return `v${major}.${minor}`;
}

/** Ascending, each text once. */
export function sortVersions(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort((a, b) => compareVersions(versionOf(a), versionOf(b)));
}

/** The lowest and the highest of the texts that are versions; undefined when none is. */
export function versionRange(texts: readonly (string | undefined)[]): { readonly lowest: string; readonly highest: string } | undefined {
  const sorted = sortVersions(texts.filter((text): text is string => text !== undefined && parseVersion(text) !== undefined));
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  return lowest === undefined || highest === undefined ? undefined : { lowest, highest };
}

/**
 * Whether a kubelet or an API server that reports `reported` runs what was `declared`.
 *
 * A vendor may add its own suffix to the version that was asked for (asked `v1.31.4`, reports `v1.31.4-eks-7f9249a` or `v1.31.4-gke.1100`), so a
 * declared version without suffix is met by a vendor's build of it. An upstream pre-release (`v1.31.0-rc.1`) never meets the release, and a declared
 * suffix must be reported exactly.
 */
export function runsVersion(reported: string, declared: string): boolean {
  if (reported === declared) return true;
  const [seen, wanted] = [parseVersion(reported), parseVersion(declared)];
  if (seen === undefined || wanted === undefined) return false;
  if (wanted.prerelease.length > 0 || wanted.build.length > 0) return false;
  if (UPSTREAM_PRERELEASE.has(seen.prerelease[0] ?? "")) return false;
  return seen.major === wanted.major && seen.minor === wanted.minor && seen.patch === wanted.patch;
}

function comparePrecedence(a: KubernetesVersion, b: KubernetesVersion): -1 | 0 | 1 {
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch, b.patch) ||
    comparePrerelease(a.prerelease, b.prerelease)
  );
}

function comparePrerelease(a: readonly string[], b: readonly string[]): -1 | 0 | 1 {
  if (a.length === 0 || b.length === 0) return compareNumbers(b.length, a.length);
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const order = compareKinds(left, right) || (DIGITS.test(left) ? compareDigits(left, right) : compareTexts(left, right));
    if (order !== 0) return order;
  }
  return compareNumbers(a.length, b.length);
}

function compareBuild<Order extends VersionOrder>(
  a: readonly string[],
  b: readonly string[],
  differentTexts: (a: string, b: string) => Order,
): Order | -1 | 0 | 1 {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    const order =
      compareKinds(left, right) || (DIGITS.test(left) ? compareDigits(left, right) : left === right ? 0 : differentTexts(left, right));
    if (order !== 0) return order;
  }
  return compareNumbers(a.length, b.length);
}

/** A number comes before a text. */
function compareKinds(a: string, b: string): -1 | 0 | 1 {
  return compareNumbers(DIGITS.test(a) ? 0 : 1, DIGITS.test(b) ? 0 : 1);
}

/** Digits of any length, so that no precision is lost. Leading zeros (allowed in build metadata) do not count. */
function compareDigits(a: string, b: string): -1 | 0 | 1 {
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function compareTexts(a: string, b: string): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumbers(a: number, b: number): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}
