import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { defaultRefreshRules } from "../../../releases/catalog-memory.ts";
import { releaseCatalog, type ReleaseCatalog as Catalog } from "../../../releases/catalog.ts";
import type { Release } from "../../../upgrade/policy/release.ts";
import type { ReleaseCatalog } from "../../api/generated/release-catalog.gen.ts";
import { readCatalogReleases, readReleaseCatalog, type CatalogObject } from "../../api/read-release-catalog.ts";
import { releaseCatalogStatus, type CatalogFacts } from "../../api/release-catalog-status.ts";
import type { ObjectKey, ReconcileResult } from "../../runtime/controller.ts";
import type { StatusWriter } from "../write-status.ts";
import { catalogSources, type SourceTools } from "./catalog-sources.ts";

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

/** What a source said counts for so many of its intervals without being confirmed. */
const staleIntervals = 3;

export function releaseCatalogReconciler({ tools, get, status, onChange }: ReleaseCatalogOptions): ReleaseCatalogReconciler {
  const { clock } = tools;
  const known = new Map<string, { readonly spec: string; readonly catalog: Catalog }>();

  function catalogOf(object: KubernetesObject, read: CatalogObject): Catalog {
    const { name } = object.metadata;
    const spec = JSON.stringify(object["spec"]);
    const before = known.get(name);
    if (before?.spec === spec) return before.catalog;
    const intervals = read.sources.map(({ intervalSeconds }) => intervalSeconds);
    const intervalSeconds = intervals.length === 0 ? defaultRefreshRules.intervalSeconds : Math.min(...intervals);
    const sources = catalogSources(read, tools);
    // What sources said stays while the object is edited.
    const memory =
      before === undefined ? {} : { memory: new Map([...before.catalog.memory()].map(([key, one]) => [key, { ...one, lookAgainAt: 0 }])) };
    const catalog = releaseCatalog({ sources, clock, rules: { ...defaultRefreshRules, intervalSeconds }, ...memory });
    known.set(name, { spec, catalog });
    return catalog;
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
    const catalog = catalogOf(object, read.value);
    if (await catalog.refresh(signal)) onChange(name);
    await status.write(object, releaseCatalogStatus(factsOf(catalog, read.value, clock.now()), apiObject(object), clock.now()));
    const due = [...catalog.memory().values()].map(({ lookAgainAt }) => lookAgainAt);
    return due.length === 0 ? { kind: "done" } : { kind: "look-again", at: Math.max(clock.now() + 1_000, Math.min(...due)) };
  }

  return {
    reconcile,
    releasesOf(name) {
      const object = get(name);
      if (object === undefined) return undefined;
      const releases = known.get(name)?.catalog.view().releases ?? [];
      return releases.length > 0 ? releases : readCatalogReleases(object);
    },
  };
}

function factsOf(catalog: Catalog, { sources }: CatalogObject, now: number): CatalogFacts {
  const view = catalog.view();
  const staleAfter = (name: string): number =>
    (sources.find((source) => source.name === name)?.intervalSeconds ?? defaultRefreshRules.intervalSeconds) * staleIntervals * 1000;
  return {
    releases: view.releases,
    sources: view.sources.map(({ name, fetchedAt, failure, versions, etag }) => ({
      name,
      fetchedAt,
      error: failure === undefined ? undefined : `${failure.message} ${failure.remedy}`,
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
