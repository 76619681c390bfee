import { availableParallelism } from "node:os";
import { beforeAll, describe, expect, it } from "vitest";
import { namedEnds } from "../simulation/named-ends.ts";
import { runSeeds, type SeedOutcome } from "../simulation/run-seeds.ts";

/** In every run of the tests; `npm run simulate -- --seeds 10000` is for long runs. */
const seeds = 1_000;

/** Most worlds are small. What each of these counts says is the least number of seeds that went through it: small is not blind. */
const least: readonly (readonly [what: string, seeds: number])[] = [
  ["topology", 30],
  ["topology whose class lists versions", 30],
  ["plain", 100],
  ["1 control planes", 100],
  ["3 control planes", 30],
  ["1 pools", 100],
  ["2 pools", 10],
  ["more than 4 machines", 25],
  ["a disruption budget", 100],
  ["0 minors", 50],
  ["1 minors", 100],
  ["2 minors by via", 5],
  ["2 minors", 1],
  ["request: answered 429", 80],
  ["request: answered 500", 80],
  ["request: connection lost", 80],
  ["watch: cutAfterMilliseconds", 80],
  ["watch: silentAfterMilliseconds", 80],
  ["watch: repeatEvery", 80],
  ["watch: lagMilliseconds", 80],
  ["git: unreachable at fetch", 80],
  ["git: unreachable at push", 10],
  ["git: unreachable at push-answer", 15],
  ["git: overtaken by a push", 15],
  ["machine: slow", 20],
  ["machine: never comes", 2],
  ["somebody: edits-control-plane", 8],
  ["somebody: scales-pool", 8],
  ["somebody: commits-something-else", 8],
  ["somebody: reverts-in-git", 8],
  ["somebody: pauses-cluster", 8],
  ["somebody: loses-node", 8],
  ["somebody: workload-outage", 8],
  ["killed before a GET", 80],
  ["killed after a GET", 80],
  ["killed after the first look", 80],
  ["killed after a decision", 80],
  ["killed after a write", 10],
  ["killed in the transaction, fetched", 25],
  ["killed in the transaction, edited", 25],
  ["killed in the transaction, objects-written", 25],
  ["killed in the transaction, committed", 15],
  ["killed in the transaction, before-push", 15],
  ["killed in the transaction, after-push", 15],
];

const leastEnds: readonly (readonly [end: RegExp, seeds: number])[] = [
  [/^proven$/, 250],
  [/^timed-out$/, 1],
  [/^contradicted: .*RevertedInGit/, 3],
  // Somebody raised a control plane by hand.
  [/OverriddenVersion|VersionDowngrade/, 3],
  [/^contradicted: .*Wedged/, 1],
  [/^refused: .*ClusterPaused/, 3],
  [/^refused: .*UpgradeAlreadyRunning/, 1],
];

describe(`${seeds} upgrades in virtual time, under faults, crashes and other people`, () => {
  const outcomes: SeedOutcome[] = [];

  beforeAll(
    () => runSeeds({ from: 1, count: seeds, threads: availableParallelism(), onOutcome: (outcome) => outcomes.push(outcome) }),
    900_000,
  );

  const withReplay = ({ seed, outcome, violations }: SeedOutcome): object => ({
    replay: `npm run simulate -- --seed ${seed}`,
    outcome,
    violations,
  });

  it("keep every rule", () => {
    expect(outcomes.filter(({ violations }) => violations.length > 0).map(withReplay)).toEqual([]);
    expect(outcomes).toHaveLength(seeds);
  });

  it("come to an end that has a name", () => {
    expect(outcomes.filter(({ outcome }) => !namedEnds.test(outcome)).map(withReplay)).toEqual([]);
  });

  it.each(least)("go through: %s, in at least %i", (what, count) => {
    expect(outcomes.filter(({ met }) => met.includes(what)).length).toBeGreaterThanOrEqual(count);
  });

  it.each(leastEnds)("end with %s in at least %i", (end, count) => {
    expect(outcomes.filter(({ outcome }) => end.test(outcome)).length).toBeGreaterThanOrEqual(count);
  });
});
