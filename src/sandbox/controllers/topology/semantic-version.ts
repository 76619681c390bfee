export interface SemanticVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly preRelease: readonly string[];
  readonly build: readonly string[];
}

const pattern = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$/;

/** Undefined for what is no version. */
export function parseVersion(text: string): SemanticVersion | undefined {
  const match = pattern.exec(text.trim());
  if (match === null) return undefined;
  const [, major, minor, patch, preRelease, build] = match;
  return {
    major: Number(major),
    minor: Number(minor ?? 0),
    patch: Number(patch ?? 0),
    preRelease: preRelease?.split(".") ?? [],
    build: build?.split(".") ?? [],
  };
}

/** With a `v`, as Kubernetes versions are written. */
export function versionText({ major, minor, patch, preRelease, build }: SemanticVersion): string {
  const pre = preRelease.length === 0 ? "" : `-${preRelease.join(".")}`;
  return `v${major}.${minor}.${patch}${pre}${build.length === 0 ? "" : `+${build.join(".")}`}`;
}

type Order = "older" | "same" | "newer" | "unordered";

/** By semver 2.0, builds left out. */
export function compareReleases(one: SemanticVersion, other: SemanticVersion): -1 | 0 | 1 {
  for (const part of ["major", "minor", "patch"] as const) {
    if (one[part] !== other[part]) return one[part] < other[part] ? -1 : 1;
  }
  if (one.preRelease.length === 0 || other.preRelease.length === 0) {
    return sign(other.preRelease.length - one.preRelease.length);
  }
  return compareParts(one.preRelease, other.preRelease);
}

/** With builds: two of one release are in order when their first different parts are numbers, else in none (CAPI's version.Compare WithBuildTags). */
export function order(one: SemanticVersion, other: SemanticVersion): Order {
  const releases = compareReleases(one, other);
  if (releases !== 0) return releases < 0 ? "older" : "newer";
  const count = Math.max(one.build.length, other.build.length);
  for (let index = 0; index < count; index += 1) {
    const [left, right] = [one.build[index], other.build[index]];
    if (left === right) continue;
    if (left === undefined || right === undefined || !isNumber(left) || !isNumber(right)) return "unordered";
    return Number(left) < Number(right) ? "older" : "newer";
  }
  return "same";
}

function compareParts(one: readonly string[], other: readonly string[]): -1 | 0 | 1 {
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const [left, right] = [one[index]!, other[index]!];
    if (left === right) continue;
    if (isNumber(left) && isNumber(right)) return Number(left) < Number(right) ? -1 : 1;
    if (isNumber(left) !== isNumber(right)) return isNumber(left) ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return sign(one.length - other.length);
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function sign(value: number): -1 | 0 | 1 {
  if (value === 0) return 0;
  return value < 0 ? -1 : 1;
}
