import { compareVersions, minorName, parseVersion, versionOf, type KubernetesVersion } from "../upgrade/kubernetes-version.ts";
import type { Release, ReleaseImage } from "../upgrade/policy/release.ts";

export interface SourceReleases {
  readonly source: string;
  readonly releases: readonly Release[];
}

/** Two sources that say different things, and whose word was taken. */
export interface Conflict {
  /** `v1.35.2`, or `v1.35` where it is about the whole minor. */
  readonly version: string;
  readonly field: "releasedAt" | "endOfLifeAt" | "image";
  readonly taken: { readonly source: string; readonly value: string };
  readonly left: { readonly source: string; readonly value: string };
}

export interface MergedReleases {
  /** Ascending. */
  readonly releases: readonly Release[];
  readonly conflicts: readonly Conflict[];
}

/** A plan's date, a tag's and a publication's are days apart in ordinary times; that is no conflict worth a word. */
const sameDate = 3 * 24 * 3_600_000;

/**
 * One catalog of what several sources know. Sources are in order of trust: for each fact the first that has it is believed, later ones fill gaps, and where they differ it is
 * told. A withdrawal counts whoever says it. Only a version that some source lists is in the catalog; the end of a minor holds for all of its versions.
 */
export function mergeReleases(sources: readonly SourceReleases[]): MergedReleases {
  const conflicts: Conflict[] = [];
  const endsOf = new Map<string, Claim<number>>();
  const byVersion = new Map<string, Draft>();
  for (const { source, releases } of sources) {
    for (const release of releases) {
      const version = parseVersion(release.version);
      if (version === undefined) continue;
      const minor = minorOf(version);
      claimDate(
        endsOf.get(minor),
        { source, value: release.endOfLifeAt },
        (claim) => endsOf.set(minor, claim),
        conflicts,
        minor,
        "endOfLifeAt",
      );
      const draft = byVersion.get(release.version) ?? { released: undefined, images: new Map(), withdrawn: undefined };
      byVersion.set(release.version, draft);
      claimDate(
        draft.released,
        { source, value: release.releasedAt },
        (claim) => (draft.released = claim),
        conflicts,
        release.version,
        "releasedAt",
      );
      claimImages(draft, source, release, conflicts);
      draft.withdrawn ??= release.withdrawn;
    }
  }
  const releases = [...byVersion]
    .map(([version, { released, images, withdrawn }]) => ({ parsed: versionOf(version), version, released, images, withdrawn }))
    .sort((a, b) => compareVersions(a.parsed, b.parsed))
    .map(({ parsed, version, released, images, withdrawn }) => ({
      version,
      releasedAt: released?.value,
      endOfLifeAt: endsOf.get(minorOf(parsed))?.value,
      images: [...images.values()].flatMap(({ value }) => value),
      withdrawn,
    }));
  return { releases, conflicts };
}

interface Claim<Value> {
  readonly source: string;
  readonly value: Value;
}

interface Draft {
  released: Claim<number> | undefined;
  /** By kind of template: the images that the first source which knows the kind lists. */
  readonly images: Map<string, Claim<readonly ReleaseImage[]>>;
  withdrawn: string | undefined;
}

function minorOf(version: KubernetesVersion): string {
  return minorName(version.major, version.minor);
}

function claimDate(
  before: Claim<number> | undefined,
  { source, value }: Claim<number | undefined>,
  take: (claim: Claim<number>) => void,
  conflicts: Conflict[],
  version: string,
  field: "releasedAt" | "endOfLifeAt",
): void {
  if (value === undefined) return;
  if (before === undefined) take({ source, value });
  else if (Math.abs(before.value - value) > sameDate)
    tell(conflicts, { version, field, taken: { source: before.source, value: day(before.value) }, left: { source, value: day(value) } });
}

function claimImages(draft: Draft, source: string, release: Release, conflicts: Conflict[]): void {
  const kinds = [...new Set(release.images.map(({ templateKind }) => templateKind))];
  for (const kind of kinds) {
    const value = release.images.filter(({ templateKind }) => templateKind === kind);
    const before = draft.images.get(kind);
    if (before === undefined) draft.images.set(kind, { source, value });
    else if (before.source === source) draft.images.set(kind, { source, value: union(before.value, value) });
    else if (!value.every((image) => before.value.some((known) => isSame(known, image))))
      tell(conflicts, {
        version: release.version,
        field: "image",
        taken: { source: before.source, value: names(before.value) },
        left: { source, value: names(value) },
      });
  }
}

function union(known: readonly ReleaseImage[], more: readonly ReleaseImage[]): readonly ReleaseImage[] {
  return [...known, ...more.filter((image) => !known.some((one) => isSame(one, image)))];
}

function isSame(one: ReleaseImage, other: ReleaseImage): boolean {
  return one.image === other.image && one.path === other.path && variableOf(one) === variableOf(other);
}

/** Once for each fact and pair of sources: that a minor ends on another day is said by each of its patches. */
function tell(conflicts: Conflict[], conflict: Conflict): void {
  const isSame = (other: Conflict): boolean =>
    other.version === conflict.version &&
    other.field === conflict.field &&
    other.left.source === conflict.left.source &&
    other.left.value === conflict.left.value;
  if (!conflicts.some(isSame)) conflicts.push(conflict);
}

function variableOf({ variable }: ReleaseImage): string | undefined {
  return variable && `${variable.name}${variable.path ?? ""}${variable.part === undefined ? "" : ` of ${variable.part}`}`;
}

function names(images: readonly ReleaseImage[]): string {
  return images
    .map((each) => {
      const { templateKind, image, path } = each;
      const variable = variableOf(each);
      return `${templateKind} ${image}${path === undefined ? "" : ` at ${path}`}${variable === undefined ? "" : ` in variable ${variable}`}`;
    })
    .join(", ");
}

function day(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
