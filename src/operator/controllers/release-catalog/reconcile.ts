import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { defaultRefreshRules } from "../../../releases/catalog-memory.ts";
import { conflictCondition } from "../../../releases/catalog-conditions.ts";
import { imagesToLookFor, withImages } from "../../../releases/image-rules.ts";
import { imageLookups, type ImageLookups } from "../../../releases/registry/image-lookups.ts";
import { releaseCatalog, type ReleaseCatalog as Catalog } from "../../../releases/catalog.ts";
import type { Release } from "../../../upgrade/policy/release.ts";
import type { ReleaseCatalog } from "../../api/generated/release-catalog.gen.ts";
import { readCatalogReleases, readReleaseCatalog, type CatalogObject } from "../../api/read-release-catalog.ts";
import { releaseCatalogStatus, type CatalogFacts } from "../../api/release-catalog-status.ts";
import type { ObjectKey, ReconcileResult } from "../../runtime/controller.ts";
import type { StatusWriter } from "../write-status.ts";
import { catalogSources, type SourceTools } from "./catalog-sources.ts";
import { keptStatus, memoryOf, nothingKept, withKept, type KeptStatus } from "./kept-status.ts";
import { registryLoginsOrWhy } from "./registry-secret.ts";

export interface ReleaseCatalogOptions {
  readonly tools: SourceTools;
  readonly get: (name: string) => KubernetesObject | undefined;
  readonly status: StatusWriter;
  /** What a catalog knows has changed. */
  readonly onChange: (catalog: string) => void;
}

export interface ReleaseCatalogReconciler {
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<ReconcileResult>;
  /** What is known now: of the sources, else what the object's status kept over a restart. Undefined: there is no such catalog. */
  releasesOf(catalog: string): readonly Release[] | undefined;
}

interface Known {
  readonly spec: string;
  readonly catalog: Catalog;
  readonly images: CatalogObject["images"];
  /** Who tells of versions: what was kept of all of them together counts for these only. */
  readonly tellers: string;
  /** From before a restart. */
  readonly kept: KeptStatus;
  /** With the images that its rules give them. */
  releases: readonly Release[];
}

function releasesWithImages(
  { catalog, images, kept }: Pick<Known, "catalog" | "images" | "kept">,
  lookups: ImageLookups,
): readonly Release[] {
  return withImages(withKept(catalog.view(), kept), images, (image) => lookups.of(image));
}

/** What a source said counts for so many of its intervals without being confirmed. */
const staleIntervals = 3;

export function releaseCatalogReconciler({ tools, get, status, onChange }: ReleaseCatalogOptions): ReleaseCatalogReconciler {
  const { clock } = tools;
  const known = new Map<string, Known>();
  /** Of all catalogs: an image is there or not, whoever asks. */
  const lookups = imageLookups({ send: tools.send, clock, loginsOf: (secret, signal) => registryLoginsOrWhy(tools, secret, signal) });

  function knownOf(object: KubernetesObject, read: CatalogObject): Known {
    const { name } = object.metadata;
    const spec = JSON.stringify(object["spec"]);
    const before = known.get(name);
    if (before?.spec === spec) return before;
    const intervals = read.sources.map(({ intervalSeconds }) => intervalSeconds);
    const intervalSeconds = intervals.length === 0 ? defaultRefreshRules.intervalSeconds : Math.min(...intervals);
    const sources = catalogSources(read, tools);
    // What sources said stays while the object is edited.
    const tellers = JSON.stringify([read.releases, read.sources.map((source) => source.name)]);
    const kept = before === undefined ? keptStatus(object) : before.tellers === tellers ? before.kept : nothingKept;
    const memory =
      before === undefined ? memoryOf(kept) : new Map([...before.catalog.memory()].map(([key, one]) => [key, { ...one, lookAgainAt: 0 }]));
    const catalog = releaseCatalog({ sources, clock, rules: { ...defaultRefreshRules, intervalSeconds }, memory });
    const own = { spec, catalog, images: read.images, tellers, kept };
    const made = { ...own, releases: releasesWithImages(own, lookups) };
    known.set(name, made);
    return made;
  }

  async function reconcile({ name }: ObjectKey, signal: AbortSignal): Promise<ReconcileResult> {
    const object = get(name);
    if (object === undefined || object.metadata["deletionTimestamp"] !== undefined) {
      if (known.delete(name)) onChange(name);
      return { kind: "done" };
    }
    const read = readReleaseCatalog(object);
    if (read.kind === "refused") {
      const facts = { releases: readCatalogReleases(object), sources: [], refusals: read.refusals };
      await status.write(object, releaseCatalogStatus(facts, apiObject(object), clock.now()));
      return { kind: "done" };
    }
    const before = known.get(name)?.releases;
    const own = knownOf(object, read.value);
    const { catalog, images } = own;
    const refreshed = await catalog.refresh(signal);
    const toLookFor = imagesToLookFor(withKept(catalog.view(), own.kept), images);
    await lookups.look(toLookFor, signal);
    own.releases = releasesWithImages(own, lookups);
    if (refreshed || JSON.stringify(before) !== JSON.stringify(own.releases)) onChange(name);
    await status.write(object, releaseCatalogStatus(factsOf(own, read.value, clock.now()), apiObject(object), clock.now()));
    const due = [...[...catalog.memory().values()].map(({ lookAgainAt }) => lookAgainAt), lookups.dueAt(toLookFor) ?? Infinity].filter(
      Number.isFinite,
    );
    return due.length === 0 ? { kind: "done" } : { kind: "look-again", at: Math.max(clock.now() + 1_000, Math.min(...due)) };
  }

  return {
    reconcile,
    releasesOf(name) {
      const object = get(name);
      if (object === undefined) return undefined;
      const releases = known.get(name)?.releases ?? [];
      return releases.length > 0 ? releases : readCatalogReleases(object);
    },
  };
}

function factsOf({ catalog, releases }: Known, { sources }: CatalogObject, now: number): CatalogFacts {
  const view = catalog.view();
  const staleAfter = (name: string): number =>
    (sources.find((source) => source.name === name)?.intervalSeconds ?? defaultRefreshRules.intervalSeconds) * staleIntervals * 1000;
  const conflict = conflictCondition(view);
  return {
    releases,
    conflict: conflict.status === "True" ? { reason: conflict.reason, message: conflict.message } : undefined,
    sources: view.sources.map(({ name, fetchedAt, failure, versions, etag }) => ({
      name,
      fetchedAt,
      error: failure === undefined ? undefined : `${failure.message} ${failure.remedy}`,
      reason: failure?.reason,
      stale: fetchedAt === undefined || now - fetchedAt > staleAfter(name),
      versions,
      etag,
    })),
    refusals: [],
  };
}

/** The API server holds it to its schema. */
function apiObject(object: KubernetesObject): ReleaseCatalog {
  return object as unknown as ReleaseCatalog;
}
