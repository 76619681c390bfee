import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownFlight } from "../flight.ts";
import { windowAt } from "../policy/maintenance-window.ts";
import type { AttemptSettings, WindowEnd } from "../policy/upgrade-policy.ts";
import type { Schedule } from "../policy/schedule.ts";
import { VERBS } from "../testing/attempts.ts";
import { attemptSettings } from "../testing/policies.ts";
import type { ToyClusterApi } from "../testing/toy-cluster-api.ts";
import { toyWorld, VERSIONS } from "../testing/toy-world.ts";
import type { UpgradeRequest } from "../upgrade-types.ts";
import { versionOwner } from "../version-owner.ts";
import { isEnd } from "./attempt-phases.ts";
import type { AttemptDecision, AttemptInput, AttemptMemory, AttemptVerbs } from "./attempt-types.ts";
import { decideAttempt } from "./decide-attempt.ts";

/** `SIMULATION_SCALE=20` runs twenty times as many. */
const scale = Number(process.env["SIMULATION_SCALE"] ?? "1");

interface Run {
  readonly toy: ToyClusterApi;
  readonly last: AttemptDecision;
  readonly phases: readonly string[];
}

interface World {
  readonly toy: ToyClusterApi;
  readonly request: UpgradeRequest;
  readonly settings: AttemptSettings;
  readonly random: () => number;
  /** What people say at a tick. */
  readonly verbsAt: (tick: number, toy: ToyClusterApi) => AttemptVerbs;
  readonly crashes: number;
}

/** Runs an attempt to its end, and checks at every look what must hold at any. */
function run({ toy, request, settings, random, verbsAt, crashes }: World): Run {
  let memory: AttemptMemory | undefined;
  const phases: string[] = [];
  for (let tick = 0; tick < 6_000; tick++) {
    const snapshot = toy.snapshot();
    const verbs = verbsAt(tick, toy);
    const declarations = versionOwner(snapshot).flatMap((object) => toy.declarationOf(object) ?? []);
    const input: AttemptInput = {
      snapshot,
      request,
      settings,
      verbs,
      declarations,
      sync: undefined,
      review: undefined,
      previousAttempt: memory,
      now: toy.now,
    };
    const decision = decideAttempt(input);
    const { phase } = decision.status;
    phases.push(phase);
    if (tick % 10 === 0) expect(decideAttempt(input)).toEqual(decision);
    checkDecision(input, decision);
    if (isEnd(phase) && decision.actions.length === 0) {
      expect(decision.lookAgainAt).toBeUndefined();
      expect(toy.pools.filter(({ heldBy }) => heldBy !== undefined)).toEqual([]);
      // An end stays.
      expect(decideAttempt({ ...input, previousAttempt: decision.memory }).status.phase).toBe(phase);
      return { toy, last: decision, phases };
    }
    expect(decision.lookAgainAt).toBeGreaterThan(toy.now);
    const crash = random() < crashes;
    if (!crash || random() < 0.5) execute(toy, decision, request.upgradeId);
    // A crash loses what was not yet kept, which is one look's memory.
    if (!crash) memory = decision.memory;
    toy.tick();
    checkRollouts(toy, input, decision);
  }
  throw new Error(`no end after 6000 ticks: ${phases.at(-1) ?? ""}`);
}

function execute(toy: ToyClusterApi, { actions }: AttemptDecision, upgradeId: string): void {
  for (const action of actions) {
    if (action.kind === "write") toy.write(action.step);
    if (action.kind === "hold-pool") toy.hold(action.pool, upgradeId);
    if (action.kind === "release-pool") toy.hold(action.pool, undefined);
  }
}

function checkDecision({ settings, verbs, snapshot, now, request }: AttemptInput, { status, actions, memory }: AttemptDecision): void {
  expect(status.message.length).toBeGreaterThan(10);
  expect(status.cancelMeans.length).toBeGreaterThan(10);
  expect(memory.timeline.length).toBeLessThanOrEqual(50);
  for (const action of actions) {
    if (action.kind !== "write") continue;
    const { step } = action;
    const change = step.from.split(".")[1] === step.to.split(".")[1] ? "patch" : "minor";
    expect(windowAt(settings.schedule, change, now).open, `wrote ${step.to} outside of a window`).toBe(true);
    expect(verbs.paused || verbs.cancelled).toBe(false);
    const point = step.kind === "pool" ? "workers" : "control-plane";
    if (settings.approval.includes(point)) expect(verbs.approved).toContain(point);
    if (step.kind === "topology" && settings.approval.includes("workers") && !verbs.approved.includes("workers")) {
      expect(snapshot.pools.every(({ heldBy, kind }) => kind !== "MachineDeployment" || heldBy === request.upgradeId)).toBe(true);
    }
  }
}

/** What was begun in the last ten seconds, after the holds of the decision before were put in place. */
function checkRollouts(toy: ToyClusterApi, { settings, verbs, snapshot, now, request }: AttemptInput, { status }: AttemptDecision): void {
  const begun = toy.begunSince().filter((name) => name !== toy.controlPlane.ref.name);
  if (verbs.cancelled || isEnd(status.phase) || begun.length === 0 || ownFlight(snapshot, request) === undefined) return;
  const open = windowAt(settings.schedule, "minor", now).open;
  const stopped = verbs.paused || (!open && settings.atWindowEnd === "hard-stop");
  expect(stopped ? begun : [], `begun outside of a window: ${status.phase}`).toEqual([]);
  if (settings.approval.includes("workers") && !verbs.approved.includes("workers")) expect(begun).toEqual([]);
}

const scenario = fc.record({
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  topology: fc.boolean(),
  chained: fc.boolean(),
  git: fc.boolean(),
  from: fc.integer({ min: 0, max: 2 }),
  hops: fc.integer({ min: 1, max: 3 }),
  controlPlanes: fc.constantFrom(1, 3),
  pools: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
  atWindowEnd: fc.constantFrom<WindowEnd>("hard-stop", "finish-pool", "finish"),
  approval: fc.constantFrom<AttemptSettings["approval"]>([], ["control-plane"], ["workers"], ["control-plane", "workers"]),
  windows: fc.array(
    fc.record({ cron: fc.constantFrom("*/30 * * * *", "0 */2 * * *", "15 * * * *"), durationSeconds: fc.constantFrom(300, 900) }),
    { maxLength: 2 },
  ),
  exclusion: fc.option(
    fc.record({
      from: fc.integer({ min: 0, max: 3_000 }),
      seconds: fc.integer({ min: 60, max: 3_000 }),
      scope: fc.constantFrom("all" as const, "minor" as const),
    }),
    { nil: undefined },
  ),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function setUp(given: Scenario): Omit<World, "verbsAt" | "crashes"> {
  const { toy, request, random } = toyWorld(given);
  const exclusions: Schedule["exclusions"] =
    given.exclusion === undefined
      ? []
      : [
          {
            name: "freeze",
            from: toy.now + given.exclusion.from * 1_000,
            until: toy.now + (given.exclusion.from + given.exclusion.seconds) * 1_000,
            scope: given.exclusion.scope,
          },
        ];
  const schedule: Schedule = { timeZone: "UTC", windows: given.windows, exclusions };
  const settings = attemptSettings({
    schedule,
    atWindowEnd: given.atWindowEnd,
    approval: given.approval,
    holdSeconds: 30,
    stallSeconds: 600,
  });
  return { toy, request, settings, random };
}

/** Approvals come late, each at its time. */
function approving(given: Scenario, delay: number): (tick: number) => AttemptVerbs {
  return (tick) => ({ ...VERBS, approved: given.approval.filter((_, index) => tick >= delay * (index + 1)) });
}

describe("an attempt on a toy of Cluster API", { timeout: 120_000 + 240_000 * scale }, () => {
  it("is proven in the end where windows come again and people approve, however slow, with crashes anywhere", () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 200 }), (given, delay) => {
        const { toy, last, phases } = run({ ...setUp(given), verbsAt: approving(given, delay), crashes: 0.05 });
        expect(toy.violations).toEqual([]);
        expect(`${last.status.phase}: ${last.status.message}`, phases.join(" ")).toMatch(/^proven: /);
      }),
      { numRuns: Math.ceil(30 * scale) },
    );
  });

  it("is proven in spite of a pause, and of holds that somebody else left", () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 200 }), (given, at, ticks) => {
        const world = setUp(given);
        for (const pool of world.toy.pools) world.toy.hold(pool.ref, "an-upgrade-that-is-gone");
        const approved = approving(given, 3);
        const { last } = run({
          ...world,
          verbsAt: (tick) => ({ ...approved(tick), paused: tick >= at && tick < at + ticks }),
          crashes: 0.02,
        });
        expect(`${last.status.phase}: ${last.status.message}`).toMatch(/^proven: /);
      }),
      { numRuns: Math.ceil(20 * scale) },
    );
  });

  it("ends cancelled when it is cancelled, with nothing held and nothing half-way", () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 120 }), (given, at) => {
        const world = setUp(given);
        const approved = approving(given, 3);
        const { toy, last } = run({ ...world, verbsAt: (tick) => ({ ...approved(tick), cancelled: tick >= at }), crashes: 0.02 });
        expect(["cancelled", "proven"]).toContain(last.status.phase);
        expect(ownFlight(toy.snapshot(), world.request)).toBeUndefined();
      }),
      { numRuns: Math.ceil(20 * scale) },
    );
  });

  const disturbances: readonly (readonly [name: string, disturb: (toy: ToyClusterApi) => void, ends: readonly string[]])[] = [
    ["stuck machines", (toy) => void (toy.stuck = true), ["timed-out", "proven"]],
    ["a paused cluster", (toy) => void (toy.paused = true), ["refused", "proven"]],
    ["a wrong image", (toy) => void (toy.wrongImage = true), ["contradicted", "proven"]],
    ["an unreachable workload cluster", (toy) => void (toy.reachable = false), ["timed-out", "proven"]],
    [
      "a revert in Git",
      (toy) => toy.commit(toy.declarationOf(toy.snapshot().ref)!.object, VERSIONS[0]!),
      ["contradicted", "proven", "refused", "timed-out"],
    ],
  ];
  it.each(disturbances)("ends with a named reason in spite of %s, and holds nothing", (_, disturb, ends) => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 0, max: 60 }), (given, at) => {
        const approved = approving(given, 3);
        const { last } = run({
          ...setUp(given),
          verbsAt: (tick, toy) => {
            if (tick === at) disturb(toy);
            return approved(tick);
          },
          crashes: 0.02,
        });
        const { phase, message, remedy } = last.status;
        expect(ends, `${phase}: ${message}`).toContain(phase);
        if (phase !== "proven") expect(remedy).toMatch(/capi-gitops retry c1 -n demo/);
      }),
      { numRuns: Math.ceil(10 * scale) },
    );
  });
});
