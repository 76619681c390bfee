import type { Clock } from "../clock.ts";
import type { Release } from "../upgrade/policy/release.ts";
import { defaultRefreshRules, refreshed, type CatalogMemory, type RefreshRules, type SourceMemory } from "./catalog-memory.ts";
import { mergeReleases, type Conflict } from "./merge-releases.ts";
import type { ReleaseSource } from "./release-source.ts";

/** What a catalog knows now. */
export interface CatalogView {
  /** Ascending. */
  readonly releases: readonly Release[];
  readonly conflicts: readonly Conflict[];
  /** In order of trust. */
  readonly sources: readonly ({ readonly name: string } & Omit<SourceMemory, "releases" | "lookAgainAt"> & { readonly versions: number })[];
}

export interface ReleaseCatalog {
  /** At once, from memory: a reconcile never waits for a feed. The same object until something changed. */
  view(): CatalogView;
  /** What to keep over a restart. */
  memory(): CatalogMemory;
  /** Looks at what is due; true when the releases or how a source does changed. Calls at the same time share one look. */
  refresh(signal?: AbortSignal): Promise<boolean>;
  /** Looks again and again, each source at its pace, until the signal is aborted. */
  run(signal: AbortSignal, onChange: (view: CatalogView) => void): Promise<void>;
}

export interface ReleaseCatalogOptions {
  /** In order of trust. */
  readonly sources: readonly ReleaseSource[];
  readonly clock: Clock;
  readonly rules?: RefreshRules;
  /** From before a restart. */
  readonly memory?: CatalogMemory;
}

export function releaseCatalog({
  sources,
  clock,
  rules = defaultRefreshRules,
  memory: kept = new Map(),
}: ReleaseCatalogOptions): ReleaseCatalog {
  const names = sources.map(({ name }) => name);
  if (new Set(names).size < names.length)
    throw new RangeError(`Two sources of a catalog have the same name: ${names.join(", ")}. Give each its own.`);
  let memory = kept;
  let view = viewOf(names, memory);
  let looking: Promise<boolean> | undefined;

  const look = async (signal?: AbortSignal): Promise<boolean> => {
    memory = await refreshed(sources, memory, rules, clock, signal);
    const next = viewOf(names, memory);
    const changed = saysElse(view, next);
    view = next;
    return changed;
  };
  const refresh = (signal?: AbortSignal): Promise<boolean> => {
    looking ??= look(signal).finally(() => (looking = undefined));
    return looking;
  };

  return {
    view: () => view,
    memory: () => memory,
    refresh,
    run: async (signal, onChange) => {
      while (!signal.aborted && sources.length > 0) {
        try {
          if (await refresh(signal)) onChange(view);
          const due = Math.min(...[...memory.values()].map(({ lookAgainAt }) => lookAgainAt));
          await clock.sleep(Math.max(1000, due - clock.now()), signal);
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }
    },
  };
}

function viewOf(names: readonly string[], memory: CatalogMemory): CatalogView {
  const known = names.flatMap((name) => {
    const source = memory.get(name);
    return source === undefined ? [] : [{ name, ...source }];
  });
  return {
    ...mergeReleases(known.map(({ name, releases }) => ({ source: name, releases }))),
    sources: known.map(({ name, etag, fetchedAt, failure, failures, releases }) => ({
      name,
      etag,
      fetchedAt,
      failure,
      failures,
      versions: releases.length,
    })),
  };
}

/** All but ages and counts, which change with every look. */
function saysElse(before: CatalogView, after: CatalogView): boolean {
  const said = ({ releases, conflicts, sources }: CatalogView): string =>
    JSON.stringify([releases, conflicts, sources.map(({ name, failure, fetchedAt }) => [name, failure, fetchedAt === undefined])]);
  return said(before) !== said(after);
}
