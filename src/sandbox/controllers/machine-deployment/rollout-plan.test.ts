import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planOnDelete, planRollingUpdate, sum, type MachineSetCounts, type RolloutSituation, type ScalePlan } from "./rollout-plan.ts";

/**
 * What the real planner did, step by step, in the rollouts that Cluster API keeps as golden logs (core/reconcilers/machinedeployment/testdata at v1.14), one step a line:
 * `strategy replicas maxSurge maxUnavailable | name:status.replicas/spec.replicas/availableReplicas>new spec.replicas …`; the last MachineSet is the current one.
 */
const steps = readFileSync(new URL("testing/rollout-steps.txt", import.meta.url), "utf8")
  .trim()
  .split("\n");

function readStep(step: string): {
  readonly strategy: string;
  readonly situation: RolloutSituation;
  readonly after: Readonly<Record<string, number>>;
} {
  const [head, sets] = step.split(" | ");
  const [strategy, replicas, maxSurge, maxUnavailable] = head!.split(" ");
  const all = sets!.split(" ").map((text) => {
    const [, name, actual, spec, available, next] = /^(\w+):(\d+)\/(\d+)\/(\d+)>(\d+)$/.exec(text)!;
    return { name: name!, actual: Number(actual), replicas: Number(spec), available: Number(available), next: Number(next) };
  });
  const limits = {
    replicas: Number(replicas),
    maxSurge: maxSurge === "-" ? 0 : Number(maxSurge),
    maxUnavailable: maxUnavailable === "-" ? 0 : Math.min(Number(maxUnavailable), Number(replicas)),
  };
  return {
    strategy: strategy!,
    situation: { limits, current: all.at(-1)!, old: all.slice(0, -1) },
    after: Object.fromEntries(all.map(({ name, next }) => [name, next])),
  };
}

function result({ current, old }: RolloutSituation, plan: ScalePlan): Readonly<Record<string, number>> {
  return Object.fromEntries([...old, current].map(({ name, replicas }) => [name, plan.get(name) ?? replicas]));
}

describe("rollout plan", () => {
  it.each(steps)("%s", (step) => {
    const { strategy, situation, after } = readStep(step);
    const plan = strategy === "ondelete" ? planOnDelete(situation) : planRollingUpdate(situation);
    expect(result(situation, plan)).toEqual(after);
  });

  it.each([
    // Nothing of the old is taken while the new may be broken.
    [
      "no old machine goes while the new one is not available, even if none is",
      { replicas: 3, maxSurge: 1, maxUnavailable: 0 },
      [3, 3, 0],
      [1, 1, 0],
      { old: 3, current: 1 },
    ],
    // An old machine that is not available, and nothing moves: it goes, although maxUnavailable is 0.
    ["deadlock", { replicas: 3, maxSurge: 1, maxUnavailable: 0 }, [3, 3, 2], [1, 1, 1], { old: 2, current: 1 }],
    [
      "no deadlock while the new machine is not available",
      { replicas: 3, maxSurge: 1, maxUnavailable: 0 },
      [3, 3, 2],
      [1, 1, 0],
      { old: 3, current: 1 },
    ],
    [
      "an old machine that is not available goes, without surge too",
      { replicas: 3, maxSurge: 0, maxUnavailable: 1 },
      [3, 3, 2],
      [0, 0, 0],
      { old: 2, current: 0 },
    ],
    ["fewer machines are asked for", { replicas: 2, maxSurge: 1, maxUnavailable: 0 }, [0, 0, 0], [4, 4, 4], { old: 0, current: 2 }],
  ] as const)("%s", (_name, limits, old, current, after) => {
    const counts = (name: string, [replicas, actual, available]: readonly number[]): MachineSetCounts => ({
      name,
      replicas: replicas!,
      actual: actual!,
      available: available!,
    });
    const situation = { limits, current: counts("current", current), old: [counts("old", old)] };
    expect(result(situation, planRollingUpdate(situation))).toEqual(after);
  });

  it("never has more machines than replicas and surge, nor fewer available ones than allowed, and ends", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(4), fc.nat(4), (replicas, maxSurge, unavailable) => {
        const maxUnavailable = Math.min(maxSurge === 0 && unavailable === 0 ? 1 : unavailable, replicas);
        let old: MachineSetCounts = { name: "old", replicas, actual: replicas, available: replicas };
        let current: MachineSetCounts = { name: "current", replicas: 0, actual: 0, available: 0 };
        for (let step = 0; step < 4 * replicas + 4; step += 1) {
          const plan = planRollingUpdate({ limits: { replicas, maxSurge, maxUnavailable }, current, old: [old] });
          old = { ...old, replicas: plan.get("old") ?? old.replicas };
          current = { ...current, replicas: plan.get("current") ?? current.replicas };
          expect(Math.max(old.replicas, old.actual) + Math.max(current.replicas, current.actual)).toBeLessThanOrEqual(replicas + maxSurge);
          // Machines that are to go are gone at once; new ones are made in one step, and available in the next.
          old = { ...old, actual: old.replicas, available: old.replicas };
          expect(sum([old, current], ({ available }) => available)).toBeGreaterThanOrEqual(replicas - maxUnavailable);
          current = { ...current, available: Math.min(current.actual, current.replicas), actual: current.replicas };
        }
        expect([old.replicas, current.replicas]).toEqual([0, replicas]);
      }),
    );
  });
});
