import type { Clock } from "../clock.ts";
import type { Refusal } from "../refusal.ts";
import type { Release } from "../upgrade/policy/release.ts";
import { failed, type ReleaseSource, type SourceAnswer } from "./release-source.ts";

/** What is held of one source: its last good answer, and how the looks since then went. Plain data, to be kept in a ConfigMap over restarts. */
export interface SourceMemory {
  readonly releases: readonly Release[];
  readonly etag: string | undefined;
  /** When the source last said that this is so; undefined: it never answered. */
  readonly fetchedAt: number | undefined;
  /** Why the last look failed; undefined: it did not. */
  readonly failure: Refusal | undefined;
  readonly failures: number;
  readonly lookAgainAt: number;
}

/** By the source's name. */
export type CatalogMemory = ReadonlyMap<string, SourceMemory>;

export interface RefreshRules {
  /** Between two good looks at a source that names none. */
  readonly intervalSeconds: number;
  /** Between two looks at a source that fails, doubled each time up to the interval. */
  readonly retrySeconds: number;
  /** For one look at one source, however many requests it takes. */
  readonly limitSeconds: number;
}

export const defaultRefreshRules: RefreshRules = { intervalSeconds: 900, retrySeconds: 30, limitSeconds: 120 };

const never: SourceMemory = { releases: [], etag: undefined, fetchedAt: undefined, failure: undefined, failures: 0, lookAgainAt: 0 };

/**
 * Looks at the sources that are due, at once, each with its own limits. What a source said stays until it says something else: an error, or an answer without
 * versions, changes nothing but its age. Sources that are no longer there are forgotten. Rejects only with the signal's reason.
 */
export async function refreshed(
  sources: readonly ReleaseSource[],
  memory: CatalogMemory,
  rules: RefreshRules,
  clock: Pick<Clock, "now">,
  signal?: AbortSignal,
): Promise<CatalogMemory> {
  const now = clock.now();
  const entries = sources.map(async (source) => {
    const before = memory.get(source.name) ?? never;
    if (before.lookAgainAt > now) return [source.name, before] as const;
    const answer = await answerInTime(source, before.fetchedAt === undefined ? undefined : before.etag, rules.limitSeconds, signal);
    const intervalSeconds = source.intervalSeconds ?? rules.intervalSeconds;
    return [source.name, after(before, answer, { ...rules, intervalSeconds }, clock.now())] as const;
  });
  return new Map(await Promise.all(entries));
}

/** A source that takes for ever must not keep the news of the others back. */
async function answerInTime(
  source: ReleaseSource,
  etag: string | undefined,
  limitSeconds: number,
  signal: AbortSignal | undefined,
): Promise<SourceAnswer> {
  const limit = AbortSignal.timeout(limitSeconds * 1000);
  try {
    return await source.fetch({ etag, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) });
  } catch (error) {
    if (!limit.aborted || signal?.aborted === true) throw error;
    return failed(
      "ReleaseSourceUnreachable",
      `${source.name} was not done after ${limitSeconds} s; what it said before is kept.`,
      "It is asked again; if it goes on, look at the server, or use a smaller source.",
    );
  }
}

function after(before: SourceMemory, answer: SourceAnswer, rules: RefreshRules, now: number): SourceMemory {
  const good = { failure: undefined, failures: 0, lookAgainAt: now + rules.intervalSeconds * 1000 };
  switch (answer.kind) {
    case "releases":
      return { ...good, releases: answer.releases, etag: answer.etag, fetchedAt: answer.fetchedAt };
    case "unchanged":
      return { ...good, releases: before.releases, etag: before.etag, fetchedAt: answer.fetchedAt };
    case "failed": {
      const growing = rules.retrySeconds * 2 ** Math.min(before.failures, 20);
      const pause = Math.min(rules.intervalSeconds, growing, answer.againWithinSeconds ?? Infinity);
      return { ...before, failure: answer.failure, failures: before.failures + 1, lookAgainAt: now + pause * 1000 };
    }
    default:
      return answer satisfies never;
  }
}
