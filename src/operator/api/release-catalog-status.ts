import type { Refusal } from "../../refusal.ts";
import { compareVersions, minorName, parseVersion } from "../../upgrade/kubernetes-version.ts";
import type { Release } from "../../upgrade/policy/release.ts";
import { clipped, defined, timeText } from "./bounded-text.ts";
import { conditionsOf, type ObjectState } from "./conditions.ts";
import type { ReleaseCatalog, ReleaseCatalogStatus } from "./generated/release-catalog.gen.ts";

/** What came of a source. */
export interface SourceOutcome {
  readonly name: string;
  /** When it was last read with success. */
  readonly fetchedAt: number | undefined;
  /** Why the last try failed; undefined when it did not. */
  readonly error: string | undefined;
  /** The same in one word. */
  readonly reason?: string | undefined;
  /** What it told last is older than its interval allows. */
  readonly stale: boolean;
  readonly versions: number;
  readonly etag: string | undefined;
}

export interface CatalogFacts {
  /** All sources put together. */
  readonly releases: readonly Release[];
  readonly sources: readonly SourceOutcome[];
  /** Where sources differ, in words: condition `Conflicting`. */
  readonly conflict?: { readonly reason: string; readonly message: string } | undefined;
  /** Why the catalog itself cannot be read. */
  readonly refusals: readonly Refusal[];
}

const mostReleases = 200;

/** What no look mends by itself: a Secret, or what stands in it. */
const forPeople: ReadonlySet<string> = new Set([
  "SecretMissing",
  "SecretForbidden",
  "SecretUnusable",
  "RegistryLoginNeeded",
  "RegistryLoginMissing",
  "RegistryLoginRefused",
  "RegistryRealmUntrusted",
]);

export function releaseCatalogStatus(
  facts: CatalogFacts,
  { metadata, status: previous }: Pick<ReleaseCatalog, "metadata" | "status">,
  now: number,
): ReleaseCatalogStatus {
  const generation = metadata.generation ?? 0;
  const releases = newestFirst(facts.releases);
  const good = releases.filter(({ withdrawn }) => withdrawn === undefined);
  const state = stateOf(facts, good[0]?.version);
  const fetched = facts.sources.flatMap(({ fetchedAt }) => fetchedAt ?? []);
  return defined({
    observedGeneration: generation,
    conditions: conditionsOf(
      state,
      previous?.conditions ?? [],
      generation,
      now,
      facts.conflict === undefined ? [] : [{ type: "Conflicting", ...facts.conflict }],
    ),
    message: clipped(state.message, 1_024),
    fetchedAt: fetched.length === 0 ? undefined : timeText(Math.max(...fetched)),
    versions: releases.length,
    newestVersion: good[0]?.version,
    newest: newestOfMinors(good).slice(0, 50),
    sources: facts.sources.slice(0, 20).map(({ name, fetchedAt, error, reason, stale, versions, etag }) =>
      defined({
        name,
        fetchedAt: fetchedAt === undefined ? undefined : timeText(fetchedAt),
        stale,
        reason: reason === undefined ? undefined : clipped(reason, 128),
        error: error === undefined ? undefined : clipped(error, 1_024),
        versions,
        // Half an etag is none.
        etag: etag !== undefined && etag.length <= 256 ? etag : undefined,
      }),
    ),
    releases: releases.slice(0, mostReleases).map(releaseFields),
  });
}

function stateOf({ releases, sources, refusals }: CatalogFacts, newest: string | undefined): ObjectState {
  const [refusal] = refusals;
  if (refusal !== undefined) return { state: "stalled", reason: refusal.reason, message: `${refusal.message} ${refusal.remedy}` };
  const failing = sources.filter(({ error }) => error !== undefined);
  const [first] = failing;
  const told = `${releases.length} ${releases.length === 1 ? "version" : "versions"}${newest === undefined ? "" : `, the newest is ${newest}`}`;
  if (first === undefined)
    return releases.length === 0 && sources.some(({ fetchedAt }) => fetchedAt === undefined)
      ? { state: "working", reason: "Fetching", message: "The sources have not been read yet." }
      : { state: "ready", reason: "Fetched", message: `${told}.` };
  const failed = `${failing.length} of ${sources.length} sources cannot be read: ${first.name}: ${first.error ?? ""}`;
  // What was told before still holds: policies go on with it.
  if (releases.length > 0) return { state: "ready", reason: "SourcesStale", message: `${told}. ${failed}` };
  const message = `No version is known. ${failed}`;
  return failing.length === sources.length && failing.every(({ reason }) => reason !== undefined && forPeople.has(reason))
    ? { state: "stalled", reason: first.reason ?? "SourcesFailing", message }
    : { state: "working", reason: "SourcesFailing", message };
}

function newestFirst(releases: readonly Release[]): readonly Release[] {
  return releases
    .flatMap((release) => {
      const parsed = parseVersion(release.version);
      return parsed === undefined ? [] : [{ release, parsed }];
    })
    .sort((one, other) => compareVersions(other.parsed, one.parsed))
    .map(({ release }) => release);
}

function newestOfMinors(sorted: readonly Release[]): NonNullable<ReleaseCatalogStatus["newest"]> {
  const minors = new Map<string, Release>();
  for (const release of sorted) {
    const parsed = parseVersion(release.version);
    if (parsed === undefined) continue;
    const minor = minorName(parsed.major, parsed.minor);
    if (!minors.has(minor)) minors.set(minor, release);
  }
  return [...minors].map(([minor, { version, releasedAt, endOfLifeAt }]) =>
    defined({ minor, version, releasedAt: timeOf(releasedAt), endOfLifeAt: timeOf(endOfLifeAt) }),
  );
}

function releaseFields({
  version,
  releasedAt,
  endOfLifeAt,
  withdrawn,
  images,
  missingImages = [],
}: Release): NonNullable<ReleaseCatalogStatus["releases"]>[number] {
  return defined({
    version,
    releasedAt: timeOf(releasedAt),
    endOfLifeAt: timeOf(endOfLifeAt),
    withdrawn: withdrawn === undefined ? undefined : clipped(withdrawn, 512),
    images: images.length === 0 ? undefined : images.slice(0, 20),
    missingImages:
      missingImages.length === 0
        ? undefined
        : missingImages.slice(0, 20).map(({ templateKind, why }) => ({ templateKind, why: clipped(why, 256) })),
  });
}

function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : timeText(at);
}
