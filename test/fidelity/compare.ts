import type { History } from "./history.ts";
import type { Recording } from "./recording.ts";

/** Something that the simulation did and Cluster API never, or the other way round. */
export interface Difference {
  readonly scenario: string;
  /** Name of the fact or set. */
  readonly what: string;
  readonly kind: "other value" | "missing" | "unexpected";
  /** What Cluster API did: values of a fact, or what its sets held in every run. */
  readonly real: readonly string[];
  /** What the simulation did. */
  readonly simulated: readonly string[];
}

/**
 * Facts must have a value that a real run had. Sets must hold what every real run's held, and nothing that none did; of what only some real runs held,
 * anything goes.
 */
export function compare(real: Recording, simulated: History): readonly Difference[] {
  return [...factDifferences(real, simulated), ...setDifferences(real, simulated)];
}

function factDifferences({ scenario, facts }: Recording, simulated: History): readonly Difference[] {
  return keysOf(facts, simulated.facts).flatMap((what): readonly Difference[] => {
    const values = facts[what] ?? [""];
    const value = simulated.facts[what] ?? "";
    if (values.includes(value)) return [];
    return [{ scenario, what, kind: "other value", real: values, simulated: [value] }];
  });
}

function setDifferences({ scenario, sets }: Recording, simulated: History): readonly Difference[] {
  return keysOf(sets, simulated.sets).flatMap((what): readonly Difference[] => {
    const { always, sometimes } = sets[what] ?? { always: [], sometimes: [] };
    const seen = simulated.sets[what] ?? [];
    const known = new Set([...always, ...sometimes]);
    return [
      ...always
        .filter((one) => !seen.includes(one))
        .map((one): Difference => ({ scenario, what, kind: "missing", real: [one], simulated: [] })),
      ...seen
        .filter((one) => !known.has(one))
        .map((one): Difference => ({ scenario, what, kind: "unexpected", real: [], simulated: [one] })),
    ];
  });
}

function keysOf(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): readonly string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted();
}
