import { byAge, type Machine, type VersionCount } from "./machine-objects.ts";

interface Version {
  readonly numbers: readonly number[];
  readonly prerelease: readonly string[];
  readonly build: readonly string[];
}

/** `status.versions`: the kubelet's version of each machine, or the one that is asked for as long as there is no Node; undefined when there are none. */
export function versionsOfMachines(machines: readonly Machine[]): readonly VersionCount[] | undefined {
  const versions = [...machines].sort(byAge).map(({ spec, status }) => status?.nodeInfo?.kubeletVersion || spec.version || "");
  return sumVersions(versions.map((version) => ({ version, replicas: 1 })));
}

/** The counts of the same version added up, oldest version first; undefined when there are none. */
export function sumVersions(counts: readonly VersionCount[]): readonly VersionCount[] | undefined {
  const sums = new Map<string, number>();
  for (const { version, replicas } of counts) {
    if (version !== "") sums.set(version, (sums.get(version) ?? 0) + replicas);
  }
  if (sums.size === 0) return undefined;
  return [...sums].map(([version, replicas]) => ({ version, replicas })).sort(byVersion);
}

/**
 * By semver.org, then by build metadata as Cluster API orders it (util/version, WithBuildTags): `different` where two texts differ that may be commit hashes. Undefined when one of them is no
 * version.
 */
export function compareVersionTexts(one: string, other: string): number | "different" | undefined {
  const [a, b] = [parse(one), parse(other)];
  if (a === undefined || b === undefined) return undefined;
  for (let index = 0; index < a.numbers.length; index += 1) {
    const difference = a.numbers[index]! - b.numbers[index]!;
    if (difference !== 0) return difference;
  }
  return comparePrereleases(a.prerelease, b.prerelease) || compareBuilds(a.build, b.build);
}

/** Versions first, oldest first; what cannot be ordered stays as it was. */
function byVersion(one: VersionCount, other: VersionCount): number {
  const order = compareVersionTexts(one.version, other.version);
  if (order === undefined) return Number(parse(one.version) === undefined) - Number(parse(other.version) === undefined);
  return order === "different" ? 0 : order;
}

/** The middle number: 34 of v1.34.2; undefined when the text is no version. */
export function minorOf(version: string): number | undefined {
  return parse(version)?.numbers[1];
}

function parse(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/.exec(text.trim());
  if (match === null) return undefined;
  return {
    numbers: [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)],
    prerelease: match[4]?.split(".") ?? [],
    build: match[5]?.split(".") ?? [],
  };
}

function compareBuilds(one: readonly string[], other: readonly string[]): number | "different" {
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const [a, b] = [one[index]!, other[index]!];
    const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    if (!isNumber && a !== b) return "different";
    if (isNumber && Number(a) !== Number(b)) return Number(a) - Number(b);
  }
  return one.length - other.length;
}

function comparePrereleases(one: readonly string[], other: readonly string[]): number {
  if (one.length === 0 || other.length === 0) return other.length - one.length;
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const [a, b] = [one[index]!, other[index]!];
    if (a === b) continue;
    const [x, y] = [Number(a), Number(b)];
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    if (!Number.isNaN(x)) return x - y;
    return a < b ? -1 : 1;
  }
  return one.length - other.length;
}
