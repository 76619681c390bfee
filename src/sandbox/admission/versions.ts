import type { StatusCause } from "../api/api-status-error.ts";
import { compareReleases, parseVersion, versionText, type SemanticVersion } from "../controllers/topology/semantic-version.ts";
import { invalidField } from "./field-faults.ts";

const number = "(?:0|[1-9]\\d*)";
const identifiers = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const strict = new RegExp(`^v?${number}\\.${number}\\.${number}(?:-(?!0\\d+(?:[.+]|$))${identifiers})?(?:\\+${identifiers})?$`);

const zero: SemanticVersion = { major: 0, minor: 0, patch: 0, preRelease: [], build: [] };

/** Three numbers, as semver 2.0 wants it, and a `v`. */
export function versionFaults(field: string, version: string, wording = "must be a valid semantic version"): readonly StatusCause[] {
  return [
    ...(version.startsWith("v") ? [] : [invalidField(field, version, "must start with v")]),
    ...(strict.test(version) ? [] : [invalidField(field, version, wording)]),
  ];
}

/** `1.34` is 1.34.0; what is no version at all is 0.0.0 to the checks that follow its refusal. */
export function tolerantVersion(version: string): SemanticVersion {
  return parseVersion(version) ?? zero;
}

/** What blang/semver's ParseTolerant says of it; undefined: it is a version. */
export function versionError(version: string): string | undefined {
  if (parseVersion(version) !== undefined) return undefined;
  const [core = "", ...rest] = version
    .trim()
    .replace(/^v/, "")
    .split(/(?=[-+])/);
  const parts = core.split(".");
  if (parts.length > 3) return `Invalid character(s) found in patch number "${parts.slice(2).join(".")}"`;
  const wrong = parts.findIndex((part) => !/^\d+$/.test(part));
  if (wrong >= 0) {
    const shown = parts[wrong]!.length > 1 && !/^\d/.test(parts[wrong]!) ? `0${parts[wrong]}` : parts[wrong];
    return shown === "" ? "Version string empty" : `Invalid character(s) found in ${["major", "minor", "patch"][wrong]} number "${shown}"`;
  }
  return parts.length < 3 && rest.length > 0
    ? "Short version cannot contain PreRelease/Build meta data"
    : "Invalid character(s) found in prerelease";
}

/** Without the `v`, as messages show it. */
export function bareVersion(version: SemanticVersion): string {
  return versionText(version).slice(1);
}

export function isZero(version: SemanticVersion): boolean {
  return bareVersion(version) === "0.0.0";
}

export function isOlderRelease(one: SemanticVersion, other: SemanticVersion): boolean {
  return compareReleases({ ...one, preRelease: [] }, { ...other, preRelease: [] }) < 0;
}

/** Two minors or more: what no component of Kubernetes supports in one go. */
export function skipsMinor(from: SemanticVersion, to: SemanticVersion): boolean {
  return !isOlderRelease(to, { ...zero, major: from.major, minor: from.minor + 2 });
}
