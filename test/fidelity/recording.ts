import type { History } from "./history.ts";

/** What real Cluster API did in several runs of a scenario. */
export interface Recording {
  readonly scenario: string;
  readonly runs: number;
  /** Each value that a fact had in a run; a fact that a run did not have is undefined there, and "" here. */
  readonly facts: Readonly<Record<string, readonly string[]>>;
  readonly sets: Readonly<Record<string, SeenSet>>;
}

export interface SeenSet {
  /** In every run. */
  readonly always: readonly string[];
  /** Only in some: states that come and go within moments. */
  readonly sometimes: readonly string[];
}

export function recordingFile(scenario: string): URL {
  return new URL(`./recordings/${scenario}.json`, import.meta.url);
}

export function addRun(earlier: Recording | undefined, { scenario, facts, sets }: History): Recording {
  if (earlier === undefined) {
    return {
      scenario,
      runs: 1,
      facts: mapValues(facts, (value) => [value]),
      sets: mapValues(sets, (always) => ({ always, sometimes: [] })),
    };
  }
  return {
    scenario,
    runs: earlier.runs + 1,
    facts: mergedBy(earlier.facts, facts, (known = [""], value = "") => [...new Set([...known, value])].toSorted()),
    sets: mergedBy(earlier.sets, sets, (known = { always: [], sometimes: [] }, seen = []) => {
      const always = known.always.filter((one) => seen.includes(one));
      const sometimes = [...new Set([...known.always, ...known.sometimes, ...seen])].filter((one) => !always.includes(one)).toSorted();
      return { always, sometimes };
    }),
  };
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function mergedBy<One, Other, To>(
  one: Readonly<Record<string, One>>,
  other: Readonly<Record<string, Other>>,
  merge: (one: One | undefined, other: Other | undefined) => To,
): Record<string, To> {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted();
  return Object.fromEntries(keys.map((key) => [key, merge(one[key], other[key])]));
}
