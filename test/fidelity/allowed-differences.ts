import type { Difference } from "./compare.ts";

/** A difference between simulation and Cluster API that is meant to be; each is told in docs/sandbox-fidelity.md too. */
export interface AllowedDifference {
  /** Default: every scenario. */
  readonly scenario?: RegExp;
  /** Name of the fact or set. */
  readonly what: RegExp;
  readonly kind?: Difference["kind"];
  /** One of the values, as a whole. */
  readonly value?: RegExp;
  readonly reason: string;
}

export const allowedDifferences: readonly AllowedDifference[] = [];

export interface JudgedDifferences {
  /** To be mended. */
  readonly open: readonly Difference[];
  readonly allowed: readonly { readonly difference: Difference; readonly reason: string }[];
  /** Allowed, and never seen: the list is longer than it need be. */
  readonly unused: readonly AllowedDifference[];
}

export function judge(differences: readonly Difference[], list: readonly AllowedDifference[] = allowedDifferences): JudgedDifferences {
  const found = differences.map((difference) => ({ difference, rule: list.find((rule) => covers(rule, difference)) }));
  return {
    open: found.flatMap(({ difference, rule }) => (rule === undefined ? [difference] : [])),
    allowed: found.flatMap(({ difference, rule }) => (rule === undefined ? [] : [{ difference, reason: rule.reason }])),
    unused: list.filter((rule) => found.every((one) => one.rule !== rule)),
  };
}

function covers({ scenario, what, kind, value }: AllowedDifference, difference: Difference): boolean {
  return (
    (scenario === undefined || scenario.test(difference.scenario)) &&
    what.test(difference.what) &&
    (kind === undefined || kind === difference.kind) &&
    (value === undefined || [...difference.real, ...difference.simulated].some((one) => value.test(one)))
  );
}
