import type { CatalogMemory } from "../../../releases/catalog-memory.ts";
import type { CatalogView } from "../../../releases/catalog.ts";
import { mergeReleases } from "../../../releases/merge-releases.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import type { Release } from "../../../upgrade/policy/release.ts";
import type { ReleaseCatalog } from "../../api/generated/release-catalog.gen.ts";
import { readCatalogReleases } from "../../api/read-release-catalog.ts";

/** What the status of a catalog kept over a restart of the operator: of all sources together, and when each was read last. */
export interface KeptStatus {
  readonly releases: readonly Release[];
  /** In epoch milliseconds, by the source's name. */
  readonly fetchedAt: ReadonlyMap<string, number>;
}

export const nothingKept: KeptStatus = { releases: [], fetchedAt: new Map() };

/** Nothing, where the spec was changed since: its releases may be of what is not there any more. */
export function keptStatus(object: KubernetesObject): KeptStatus {
  // The API server holds it to its schema.
  const { status } = object as unknown as ReleaseCatalog;
  if (status?.observedGeneration !== object.metadata.generation) return nothingKept;
  const times = (status?.sources ?? []).flatMap(({ name, fetchedAt }): [string, number][] =>
    fetchedAt === undefined || Number.isNaN(Date.parse(fetchedAt)) ? [] : [[name, Date.parse(fetchedAt)]],
  );
  // Which images are missing is found out anew.
  const releases = readCatalogReleases(object).map(({ version, releasedAt, endOfLifeAt, images, withdrawn }) => ({
    version,
    releasedAt,
    endOfLifeAt,
    images,
    withdrawn,
  }));
  return { releases, fetchedAt: new Map(times) };
}

/** A memory in which each source was read when the status says, and is to be read now. */
export function memoryOf({ fetchedAt }: KeptStatus): CatalogMemory {
  return new Map(
    [...fetchedAt].map(([name, at]) => [
      name,
      { releases: [], etag: undefined, fetchedAt: at, failure: undefined, failures: 0, lookAgainAt: 0 },
    ]),
  );
}

/** All that is known: what the sources said since the start, and, while one of them that had been read has said nothing since, what was kept. */
export function withKept({ releases, sources }: CatalogView, kept: KeptStatus): readonly Release[] {
  const silent = sources.some(({ name, fetchedAt }) => fetchedAt !== undefined && kept.fetchedAt.get(name) === fetchedAt);
  if (!silent || kept.releases.length === 0) return releases;
  return mergeReleases([
    { source: "now", releases },
    { source: "before", releases: kept.releases },
  ]).releases;
}
