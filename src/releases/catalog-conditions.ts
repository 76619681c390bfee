import type { CatalogView } from "./catalog.ts";

/** As in `metav1.Condition`, without times. */
export interface CatalogCondition {
  readonly type: "Ready" | "Stale" | "Conflicting";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/**
 * How a catalog is, for its object's status. `Ready`: there are releases to choose from, be they old. `Stale`: a source has not confirmed what it said for longer than
 * `staleAfterSeconds`. `Conflicting`: sources differ.
 */
export function catalogConditions(view: CatalogView, now: number, staleAfterSeconds: number): readonly CatalogCondition[] {
  return [ready(view), stale(view, now, staleAfterSeconds), conflictCondition(view)];
}

/** Seconds since the source that was confirmed longest ago was; undefined while one has never answered. */
export function catalogAgeSeconds(view: CatalogView, now: number): number | undefined {
  const times = view.sources.map(({ fetchedAt }) => fetchedAt);
  if (times.length === 0 || times.includes(undefined)) return undefined;
  return Math.max(0, (now - Math.min(...times.map((time) => time ?? now))) / 1000);
}

function ready({ releases, sources }: CatalogView): CatalogCondition {
  const newest = releases.at(-1);
  if (newest !== undefined)
    return {
      type: "Ready",
      status: "True",
      reason: "ReleasesKnown",
      message: `${releases.length} releases, the newest ${newest.version}.`,
    };
  const why = sources.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure.message} ${failure.remedy}`]));
  return {
    type: "Ready",
    status: "False",
    reason: "NoReleases",
    message: why.length > 0 ? `No source has answered yet. ${why.join(" ")}` : "No source names a release. Add releases or a source.",
  };
}

function stale({ sources }: CatalogView, now: number, staleAfterSeconds: number): CatalogCondition {
  const old = sources.filter(({ fetchedAt }) => fetchedAt === undefined || now - fetchedAt > staleAfterSeconds * 1000);
  if (old.length === 0)
    return { type: "Stale", status: "False", reason: "SourcesAnswer", message: "Every source has confirmed what it said." };
  const lines = old.map(({ name, fetchedAt, failure }) => {
    const since =
      fetchedAt === undefined
        ? "has never answered"
        : `last answered at ${new Date(fetchedAt).toISOString()}; what it said then still counts`;
    return `${name} ${since}.${failure === undefined ? "" : ` ${failure.message} ${failure.remedy}`}`;
  });
  return { type: "Stale", status: "True", reason: old[0]?.failure?.reason ?? "SourcesNotAsked", message: lines.join(" ") };
}

const told = 5;

/** `Conflicting`: sources differ, and whose word is taken. */
export function conflictCondition({ conflicts }: Pick<CatalogView, "conflicts">): CatalogCondition {
  if (conflicts.length === 0) return { type: "Conflicting", status: "False", reason: "SourcesAgree", message: "The sources agree." };
  const lines = conflicts
    .slice(0, told)
    .map(
      ({ version, field, taken, left }) =>
        `${version} ${field}: ${taken.value} by ${taken.source} is taken, ${left.value} by ${left.source} is not.`,
    );
  const more = conflicts.length > told ? ` ${conflicts.length - told} more.` : "";
  return {
    type: "Conflicting",
    status: "True",
    reason: "SourcesDiffer",
    message: `${lines.join(" ")}${more} The source that is listed first is believed; change their order, or correct the wrong one.`,
  };
}
