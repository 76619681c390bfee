import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Decision, DecideMemory, UpgradePhase } from "./decision.ts";
import { decide } from "./decide.ts";
import type { ToyClusterApi } from "./testing/toy-cluster-api.ts";
import { toyWorld } from "./testing/toy-world.ts";
import type { UpgradeRequest } from "./upgrade-types.ts";
import { versionOwner } from "./version-owner.ts";

/** `SIMULATION_SCALE=20` runs twenty times as many; docs/adr/0003 speaks of thousands. */
const scale = Number(process.env["SIMULATION_SCALE"] ?? "1");

const ENDS: ReadonlySet<UpgradePhase> = new Set(["proven", "refused", "contradicted", "timed-out"]);

interface Run {
  readonly toy: ToyClusterApi;
  readonly last: Decision;
  readonly ticks: number;
  readonly writes: number;
}

/** Runs an upgrade to its end: look, decide, act, let time pass. */
function run(toy: ToyClusterApi, request: UpgradeRequest, random: () => number, disturb: (tick: number) => void, crashes: number): Run {
  let memory: DecideMemory | undefined;
  let writes = 0;
  for (let tick = 0; tick < 2_000; tick++) {
    disturb(tick);
    const snapshot = toy.snapshot();
    const declarations = versionOwner(snapshot).flatMap((object) => toy.declarationOf(object) ?? []);
    const input = { snapshot, request, declarations, previous: memory, now: toy.now };
    const decision = decide(input);
    if (tick % 10 === 0) expect(decide(input)).toEqual(decision);
    if (!["writing", "planning"].includes(decision.status.phase)) expect(decision.actions).toEqual([]);
    expect(decision.status.stepsDone).toBeGreaterThanOrEqual(0);
    expect(decision.status.stepsDone).toBeLessThanOrEqual(decision.status.stepsTotal);
    if (ENDS.has(decision.status.phase)) {
      expect(decision.lookAgainAt).toBeUndefined();
      return { toy, last: decision, ticks: tick, writes };
    }
    expect(decision.lookAgainAt).toBeGreaterThan(toy.now);
    // A crash after the decision and before the write loses the write; one after it loses the memory.
    const crash = random() < crashes;
    if (!crash || random() < 0.5) {
      for (const action of decision.actions) {
        if (action.kind !== "write") continue;
        writes += 1;
        toy.write(action.step);
      }
    }
    memory = crash ? undefined : decision.memory;
    toy.tick();
  }
  throw new Error(`no end after 2000 ticks: ${toy.violations.join("; ")}`);
}

const scenario = fc.record({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  topology: fc.boolean(),
  chained: fc.boolean(),
  git: fc.boolean(),
  from: fc.integer({ min: 0, max: 2 }),
  hops: fc.integer({ min: 1, max: 4 }),
  controlPlanes: fc.constantFrom(1, 3),
  pools: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
});

describe("an upgrade on a toy of Cluster API", { timeout: 60_000 + 240_000 * scale }, () => {
  it("is proven in the end, whatever the speed, with crashes anywhere, and keeps the rules of Kubernetes", () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const { toy, request, random } = toyWorld(given);
        const { last } = run(toy, request, random, () => undefined, 0.05);
        expect(toy.violations).toEqual([]);
        expect(`${last.status.phase}: ${last.status.message}`).toMatch(/^proven: /);
        expect(last.status.proof.verdict).toBe("proven");
      }),
      { numRuns: Math.ceil(120 * scale) },
    );
  });

  type Disturbance = (toy: ToyClusterApi, random: () => number, request: UpgradeRequest) => void;
  const disturbances: readonly (readonly [name: string, disturb: Disturbance, ends: readonly string[]])[] = [
    ["stuck machines", (toy) => void (toy.stuck = true), ["timed-out", "proven"]],
    ["a pause", (toy) => void (toy.paused = true), ["refused", "proven"]],
    ["a wrong image", (toy) => void (toy.wrongImage = true), ["contradicted", "proven"]],
    ["an unreachable workload cluster", (toy) => void (toy.reachable = false), ["timed-out", "proven"]],
    ["a workload cluster that comes and goes", (toy, random) => void (toy.reachable = random() < 0.5), ["proven", "timed-out"]],
    ["a scaled pool", (toy) => void (toy.pools[0] && (toy.pools[0].desired += 1)), ["proven", "refused"]],
    [
      "an edit of the control plane by hand",
      (toy) => toy.edit(toy.controlPlane.ref, "v1.36.99", "kubectl-edit"),
      ["contradicted", "refused", "proven"],
    ],
    [
      "an older version set by hand",
      (toy) => toy.edit(toy.controlPlane.ref, toy.snapshot().machines[0]!.version ?? "", "kubectl-edit"),
      ["contradicted", "refused", "proven", "timed-out"],
    ],
  ];
  it.each(disturbances)("ends with a named reason in spite of %s", (_, disturb, ends) => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 60 }), (given, at) => {
        const { toy, request, random } = toyWorld(given);
        const { last } = run(toy, request, random, (tick) => tick === at && disturb(toy, random, request), 0.02);
        const { phase, message } = last.status;
        expect(ends, `${phase}: ${message}`).toContain(phase);
        expect(message.length).toBeGreaterThan(20);
        if (phase === "refused") expect(last.status.refusals[0]?.reason).toMatch(/^[A-Z]\w+$/);
        if (phase === "contradicted") expect(last.status.contradictions.length).toBeGreaterThan(0);
        if (phase === "proven") expect(last.status.proof.verdict).toBe("proven");
      }),
      { numRuns: Math.ceil(40 * scale) },
    );
  });
});
