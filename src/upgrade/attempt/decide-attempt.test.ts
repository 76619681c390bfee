import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ClusterSnapshot, PoolSnapshot } from "../cluster-snapshot.ts";
import { attemptInput, controlPlaneRolls, reviewState, syncState, VERBS } from "../testing/attempts.ts";
import { attemptSettings } from "../testing/policies.ts";
import { condition, fieldOwner, OBSERVED_AT, plainCluster, reachable, reference, topologyCluster } from "../testing/snapshots.ts";
import type { Declaration } from "../upgrade-types.ts";
import type { AttemptDecision, AttemptInput, AttemptMemory, AttemptVerbs } from "./attempt-types.ts";
import { decideAttempt } from "./decide-attempt.ts";

const NOW = OBSERVED_AT + 1_000_000;
const HOUR = 3_600_000;
const CP = reference("KubeadmControlPlane", "c1-cp");
const MD = reference("MachineDeployment", "md-0");
const TOPOLOGY_MD = reference("MachineDeployment", "c1-md-0");

/** NOW is 2026-01-02T03:20:45Z; these windows are open from 03:00 to 04:00, and from 05:00 to 06:00. */
const OPEN = { timeZone: "UTC", windows: [{ cron: "0 3 * * *", durationSeconds: 3_600 }], exclusions: [] };
const CLOSED = { timeZone: "UTC", windows: [{ cron: "0 5 * * *", durationSeconds: 3_600 }], exclusions: [] };
const CLOSES_AT = Date.parse("2026-01-02T04:00:00Z");
const OPENS_AT = Date.parse("2026-01-02T05:00:00Z");

function verbs(more: Partial<AttemptVerbs>): { readonly verbs: AttemptVerbs } {
  return { verbs: { ...VERBS, ...more } };
}

function look(snapshot: ClusterSnapshot, more: Partial<AttemptInput> = {}): AttemptDecision {
  return decideAttempt(attemptInput(snapshot, more));
}

function declared(object: Declaration["object"], version: string, more: Partial<Declaration> = {}): Declaration {
  return { object, version, place: "clusters/c1.yaml:14", revision: "abc", at: NOW, ...more };
}

/** Kinds of the actions, with the object's name. */
function told({ actions }: AttemptDecision): readonly string[] {
  return actions.map((action) => {
    switch (action.kind) {
      case "write":
        return `write ${action.step.object.name} ${action.step.to}`;
      case "retire-template":
        return `retire ${action.template.name}`;
      case "hold-pool":
      case "release-pool":
        return `${action.kind} ${action.pool.name}`;
      default:
        return action.kind;
    }
  });
}

const start = (): ClusterSnapshot => plainCluster();
/** The control plane is through; the pool is written, and one of its two machines is done. */
function poolRolls(pool: Partial<PoolSnapshot> = {}): ClusterSnapshot {
  const done = plainCluster({ version: "v1.35.2" });
  const machines = done.machines.map((each) =>
    each.ref.name === "md-0-1" ? { ...each, version: "v1.34.0", kubeletVersion: "v1.34.0" } : each,
  );
  return {
    ...done,
    machines,
    workload: reachable(machines),
    pools: done.pools.map((each) => ({ ...each, replicas: { ...each.replicas, upToDate: 1 }, versions: [], ...pool })),
  };
}
const halfway = (): ClusterSnapshot => plainCluster({ version: "v1.35.2", pools: [{ version: "v1.34.0" }] });
const done = (): ClusterSnapshot => plainCluster({ version: "v1.35.2" });

const topologyStart = (pool: Partial<PoolSnapshot> = {}): ClusterSnapshot => topologyCluster({ pools: [{ overrides: pool }] });
/** The version is written and the control plane has followed; the pool has the version in its spec, and only old machines. */
function topologyPoolsNext(pool: Partial<PoolSnapshot> = {}): ClusterSnapshot {
  const through = topologyCluster({ version: "v1.35.2", pools: [{ version: "v1.34.0", overrides: pool }] });
  return { ...through, conditions: [condition("TopologyReconciled", "False", "ClusterUpgrading", "MachineDeployment c1-md-0 upgrading")] };
}
function topologyControlPlaneRolls(pool: Partial<PoolSnapshot> = {}): ClusterSnapshot {
  const { machines, ...rest } = topologyPoolsNext(pool);
  return {
    ...rest,
    machines: machines.map((each) => (each.ref.name === "c1-cp-0" ? { ...each, version: "v1.34.0", kubeletVersion: "v1.34.0" } : each)),
  };
}

/** An attempt that ended. */
function endedMemory(phase: NonNullable<AttemptMemory["ended"]>["phase"], more: Partial<AttemptMemory> = {}): AttemptMemory {
  return {
    startedAt: 1,
    decide: undefined,
    retry: 0,
    begun: true,
    clockStoppedAt: undefined,
    refreshedFor: undefined,
    dismissedReview: undefined,
    ended: { phase, message: "It ended.", remedy: "Do this.", refusals: [], at: 2 },
    timeline: [{ at: 2, phase, message: "It ended." }],
    ...more,
  };
}

/** An attempt that has been looked at, and has done nothing. */
function openMemory(more: Partial<AttemptMemory> = {}): AttemptMemory {
  return { ...endedMemory("refused"), begun: false, ended: undefined, timeline: [], ...more };
}

describe("a place under maxConcurrent", () => {
  const missing = { policyName: "p", given: undefined, holders: "demo/a, demo/b and 2 more" };

  it("is asked for in the status and remembered to the second; who has them is told, and when it comes", () => {
    const first = look(start(), { place: missing, now: NOW + 999 });
    expect(first.status).toMatchObject({
      message: "Waits for a place under maxConcurrent of policy p. Under way: demo/a, demo/b and 2 more.",
      remedy: expect.stringContaining("whoever was approved first comes first"),
    });
    expect(first.memory.placeAskedAt).toBe(NOW);
    expect(first.lookAgainAt).toBe(NOW + 999 + 600_000);
    const later = look(start(), { place: missing, now: NOW + 60_000, previousAttempt: first.memory });
    expect(later.memory.placeAskedAt).toBe(NOW);
    const place = { ...missing, given: new Date(NOW).toISOString() };
    expect(told(look(start(), { place, now: NOW + 61_000, previousAttempt: later.memory }))).toEqual(["write c1-cp v1.35.2"]);
  });

  it("is asked for anew by a retry: at its end it went to others", () => {
    const place = { policyName: "p", given: "made", holders: undefined };
    const ended = endedMemory("timed-out", { begun: false });
    const again = look(start(), { place, previousAttempt: ended, ...verbs({ retry: 1 }) });
    expect(again.status.closedGates.map(({ gate }) => gate)).toEqual(["place"]);
    expect(again.memory.placeAskedAt).toBe(NOW);
  });

  it("stays with one that goes on, whatever is said to it", () => {
    const place = { policyName: "p", given: "made", holders: undefined };
    const under = look(start(), { place });
    expect(told(look(start(), { place, previousAttempt: under.memory, ...verbs({ retry: 3 }) }))).toEqual(["write c1-cp v1.35.2"]);
  });

  it("that is missing stops nothing that rolls already, and lets no further step begin", () => {
    expect(look(controlPlaneRolls(), { place: missing }).status.phase).toBe("rolling");
    expect(told(look(halfway(), { place: missing }))).toEqual([]);
  });
});

describe("nothing in its way", () => {
  it("writes the step that the upgrade needs, and tells what cancelling would mean", () => {
    const decision = look(start());
    expect(told(decision)).toEqual(["write c1-cp v1.35.2"]);
    expect(decision).toMatchObject({
      status: {
        phase: "writing",
        closedGates: [],
        heldPools: [],
        cancelMeans: "Nothing has been changed: it ends at once, and the cluster stays as it is (everything declares v1.34.0).",
      },
      lookAgainAt: NOW + 5_000,
      memory: { startedAt: NOW, retry: 0, begun: false, ended: undefined, timeline: [{ at: NOW, phase: "writing" }] },
    });
  });

  it("looks again when its window closes, to the millisecond", () => {
    const settings = attemptSettings({ schedule: OPEN });
    expect(look(start(), { settings, now: CLOSES_AT - 3_000 }).lookAgainAt).toBe(CLOSES_AT);
    expect(look(start(), { settings, now: CLOSES_AT - 60_000 }).lookAgainAt).toBe(CLOSES_AT - 55_000);
    expect(look(start(), { settings, now: CLOSES_AT - 1 })).toMatchObject({ status: { phase: "writing" } });
    expect(look(start(), { settings, now: CLOSES_AT })).toMatchObject({ status: { phase: "waiting-for-window" }, actions: [] });
  });

  it("takes its durations from the settings", () => {
    const settings = attemptSettings({ holdSeconds: 5 });
    const first = look(done(), { settings });
    expect(first).toMatchObject({ status: { phase: "holding" }, lookAgainAt: NOW + 5_000 });
    expect(look(done(), { settings, previousAttempt: first.memory, now: NOW + 5_000 }).status.phase).toBe("proven");
    expect(look(done(), { settings: attemptSettings({ holdSeconds: 3_600 }), ...verbs({ skipSoak: true }) }).status.phase).toBe("proven");
  });
});

describe("gates", () => {
  const both = attemptSettings({ approval: ["control-plane", "workers"] });
  const exclusions = [{ name: "fair", from: NOW - HOUR, until: NOW + HOUR, scope: "minor" as const }];
  const frozen = { ...OPEN, exclusions };
  it.each<
    readonly [
      what: string,
      snapshot: ClusterSnapshot,
      more: Partial<AttemptInput>,
      phase: string,
      gates: readonly string[],
      actions: readonly string[],
    ]
  >([
    ["a window that is closed", start(), { settings: attemptSettings({ schedule: CLOSED }) }, "waiting-for-window", ["window"], []],
    ["a window that is open", start(), { settings: attemptSettings({ schedule: OPEN }) }, "writing", [], ["write c1-cp v1.35.2"]],
    [
      "an exclusion of minors, for a minor",
      start(),
      { settings: attemptSettings({ schedule: frozen }) },
      "waiting-for-window",
      ["exclusion"],
      [],
    ],
    [
      "an exclusion of minors, for a patch",
      plainCluster({ version: "v1.35.0" }),
      { settings: attemptSettings({ schedule: frozen }) },
      "writing",
      [],
      ["write c1-cp v1.35.2"],
    ],
    [
      "an exclusion of minors, for the workers' part of one",
      halfway(),
      { settings: attemptSettings({ schedule: frozen }) },
      "waiting-for-window",
      ["exclusion"],
      [],
    ],
    ["approval before the control plane", start(), { settings: both }, "waiting-for-approval", ["approval"], []],
    [
      "approval of the wrong one",
      start(),
      { settings: both, ...verbs({ approved: ["workers"] }) },
      "waiting-for-approval",
      ["approval"],
      [],
    ],
    ["approved", start(), { settings: both, ...verbs({ approved: ["control-plane"] }) }, "writing", [], ["write c1-cp v1.35.2"]],
    [
      "approval before the workers",
      halfway(),
      { settings: both, ...verbs({ approved: ["control-plane"] }) },
      "waiting-for-approval",
      ["approval"],
      [],
    ],
    [
      "approval of the control plane is not asked for the workers",
      halfway(),
      { settings: both, ...verbs({ approved: ["workers"] }) },
      "writing",
      [],
      ["write md-0 v1.35.2"],
    ],
    ["a pause", start(), verbs({ paused: true }), "paused", ["paused"], []],
    ["another upgrade of the cluster", start(), { attemptBefore: { name: "c1-v1.34.9", target: "v1.34.9" } }, "planning", ["turn"], []],
    ["no place yet", start(), { place: { policyName: "p", given: undefined, holders: "demo/a" } }, "planning", ["place"], []],
    [
      "a place that it was made with",
      start(),
      { place: { policyName: "p", given: "made", holders: undefined } },
      "writing",
      [],
      ["write c1-cp v1.35.2"],
    ],
    [
      "a place that it asked for",
      start(),
      {
        place: { policyName: "p", given: "2026-01-01T00:00:00.000Z", holders: undefined },
        previousAttempt: openMemory({ placeAskedAt: Date.parse("2026-01-01T00:00:00Z") }),
      },
      "writing",
      [],
      ["write c1-cp v1.35.2"],
    ],
    [
      "a place of a run before",
      start(),
      {
        place: { policyName: "p", given: "made", holders: undefined },
        previousAttempt: openMemory({ placeAskedAt: Date.parse("2026-01-01T00:00:00Z") }),
      },
      "planning",
      ["place"],
      [],
    ],
    [
      "no place is asked for before it is approved",
      start(),
      { settings: both, place: { policyName: "p", given: undefined, holders: undefined } },
      "waiting-for-approval",
      ["approval"],
      [],
    ],
    [
      "no place, and a window that is closed",
      start(),
      { settings: attemptSettings({ schedule: CLOSED }), place: { policyName: "p", given: undefined, holders: undefined } },
      "planning",
      ["place", "window"],
      [],
    ],
    [
      "no place is needed where all is done",
      done(),
      { place: { policyName: "p", given: undefined, holders: undefined } },
      "holding",
      [],
      [],
    ],
    [
      "all of them",
      start(),
      {
        settings: attemptSettings({ schedule: CLOSED, approval: ["control-plane"] }),
        attemptBefore: { name: "x", target: "v1.34.9" },
        ...verbs({ paused: true }),
      },
      "paused",
      ["paused", "turn", "approval", "window"],
      [],
    ],
    [
      "what needs a person is told before the window",
      start(),
      { settings: attemptSettings({ schedule: CLOSED, approval: ["control-plane"] }) },
      "waiting-for-approval",
      ["approval", "window"],
      [],
    ],
    [
      "nothing of that once all is done",
      done(),
      { settings: attemptSettings({ schedule: CLOSED, approval: ["control-plane", "workers"] }), ...verbs({ paused: true }) },
      "holding",
      ["paused", "window"],
      [],
    ],
  ])("%s", (_, snapshot, more, phase, gates, actions) => {
    const decision = look(snapshot, more);
    expect(decision.status.phase).toBe(phase);
    expect(decision.status.closedGates.map(({ gate }) => gate)).toEqual(gates);
    expect(told(decision)).toEqual(actions);
  });

  it("tell what opens them", () => {
    const settings = attemptSettings({ schedule: CLOSED, approval: ["control-plane"] });
    expect(look(start(), { settings, ...verbs({ paused: true }) }).status.closedGates).toEqual([
      {
        gate: "paused",
        message: "Paused by a person: no step is written, and pools are stopped between machines.",
        remedy: "To go on: `capi-gitops resume c1 -n demo`.",
        opensAt: undefined,
      },
      {
        gate: "approval",
        message: "Nobody has approved yet that the control plane is begun.",
        remedy: "To approve: `capi-gitops approve c1 -n demo`.",
        opensAt: undefined,
      },
      {
        gate: "window",
        message: "Outside of the maintenance windows; steps may start again Fri 2026-01-02 05:00 (UTC).",
        remedy: undefined,
        opensAt: OPENS_AT,
      },
    ]);
  });

  it("are looked at again when they open; where only people matter, now and then", () => {
    const settings = attemptSettings({ schedule: CLOSED });
    expect(look(start(), { settings, now: OPENS_AT - 1_000 }).lookAgainAt).toBe(OPENS_AT);
    expect(look(start(), { settings }).lookAgainAt).toBe(NOW + 600_000);
    expect(look(start(), verbs({ paused: true })).lookAgainAt).toBe(NOW + 600_000);
    // Nothing tells that somebody has merged.
    expect(look(start(), { review: reviewState() })).toMatchObject({ status: { phase: "waiting-for-review" }, lookAgainAt: NOW + 30_000 });
  });

  const hardStop = attemptSettings({ schedule: CLOSED, atWindowEnd: "hard-stop" });
  it.each<readonly [what: string, snapshot: ClusterSnapshot, more: Partial<AttemptInput>, at: number]>([
    [
      "a rollout that is held: when its window opens",
      poolRolls({ heldBy: "u1" }),
      { settings: hardStop, now: OPENS_AT - 300_000 },
      OPENS_AT,
    ],
    ["and now and then, until then", poolRolls({ heldBy: "u1" }), { settings: hardStop }, NOW + 600_000],
    ["soon, until the hold is seen", poolRolls(), { settings: hardStop }, NOW + 5_000],
    ["soon, while the control plane that has begun is finished", controlPlaneRolls({ heldBy: "u1" }), { settings: hardStop }, NOW + 5_000],
    ["paused in the middle: now and then", poolRolls({ heldBy: "u1" }), verbs({ paused: true }), NOW + 600_000],
    [
      "workers that nobody has approved yet: now and then",
      topologyPoolsNext({ heldBy: "u1" }),
      { settings: attemptSettings({ approval: ["workers"] }) },
      NOW + 600_000,
    ],
    ["its turn has not come: now and then", start(), { attemptBefore: { name: "other", target: "v1.34.9" } }, NOW + 600_000],
    [
      "an engine that somebody keeps from working: once a minute",
      start(),
      { declarations: [declared(CP, "v1.35.2")], sync: syncState({ state: "suspended" }) },
      NOW + 60_000,
    ],
    ["an engine at work: soon", start(), { declarations: [declared(CP, "v1.35.2")], sync: syncState({ state: "syncing" }) }, NOW + 5_000],
  ])("looked at again: %s", (_, snapshot, more, at) => {
    expect(look(snapshot, more).lookAgainAt).toBe(at);
  });

  it("a schedule that cannot be read is refused, and so is a pool that nobody can keep from beginning", () => {
    const schedule = { ...OPEN, timeZone: "Mars/Olympus" };
    expect(look(start(), { settings: attemptSettings({ schedule }) }).status).toMatchObject({
      phase: "refused",
      refusals: [{ reason: "InvalidSchedule" }],
    });
    const pooled = topologyCluster({ pools: [{ kind: "MachinePool", name: "mp" }] });
    const settings = attemptSettings({ approval: ["workers"] });
    expect(look(pooled, { settings }).status).toMatchObject({
      phase: "refused",
      refusals: [{ reason: "PoolCannotBeHeld", evidence: ["MachinePool demo/c1-mp is of a topology, and no MachineDeployment"] }],
    });
    expect(told(look(pooled, { settings, ...verbs({ approved: ["workers"] }) }))).toEqual(["write c1 v1.35.2"]);
  });

  it("what stands against the upgrade is told while a gate is closed, and an end only when its time has come", () => {
    const settings = attemptSettings({ schedule: CLOSED });
    const sick = plainCluster({ overrides: { paused: true } });
    const waiting = look(sick, { settings });
    expect(waiting.status).toMatchObject({ phase: "waiting-for-window", refusals: [{ reason: "ClusterPaused" }] });
    expect(waiting.status.message).toContain("As it is now it would not be written then: Cluster demo/c1 is paused");
    expect(look(sick, { settings, previousAttempt: waiting.memory, now: OPENS_AT }).status).toMatchObject({ phase: "refused" });
    // No waiting makes a downgrade anything else.
    expect(look(plainCluster({ version: "v1.36.0" }), { settings }).status).toMatchObject({
      phase: "refused",
      refusals: [{ reason: "VersionDowngrade" }],
    });
  });

  it("what passes by itself is waited for before the first write, up to the stall limit", () => {
    const sick = plainCluster({ controlPlane: { conditions: [condition("Available", "False", "NotAvailable")] } });
    const first = look(sick);
    expect(first).toMatchObject({
      status: { phase: "planning", refusals: [{ reason: "ControlPlaneUnhealthy" }] },
      actions: [],
      memory: { begun: false },
    });
    const late = look(sick, { previousAttempt: first.memory, now: NOW + 900_000 });
    expect(late.status).toMatchObject({
      phase: "timed-out",
      remedy: "See what it waits for: `capi-gitops describe c1 -n demo`. To try again: `capi-gitops retry c1 -n demo`.",
    });
    expect(late.status.message).toMatch(/^Nothing has moved for \d+ s\. /);
    expect(late.status.message).not.toMatch(/again/);
  });
});

describe("holds", () => {
  const closed = (atWindowEnd: "hard-stop" | "finish-pool" | "finish"): Partial<AttemptInput> => ({
    settings: attemptSettings({ schedule: CLOSED, atWindowEnd }),
  });
  it.each<readonly [what: string, snapshot: ClusterSnapshot, more: Partial<AttemptInput>, phase: string, actions: readonly string[]]>([
    ["hard-stop: a pool that rolls is stopped", poolRolls(), closed("hard-stop"), "waiting-for-window", ["hold-pool md-0"]],
    ["hard-stop: once stopped it is left alone", poolRolls({ heldBy: "u1" }), closed("hard-stop"), "waiting-for-window", []],
    ["finish-pool: it is finished", poolRolls(), closed("finish-pool"), "rolling", []],
    ["finish: it is finished", poolRolls(), closed("finish"), "rolling", []],
    ["hard-stop: a control plane is finished", controlPlaneRolls(), closed("hard-stop"), "rolling", []],
    [
      "hard-stop: so is that of a topology, and its pools are held",
      topologyControlPlaneRolls(),
      closed("hard-stop"),
      "rolling",
      ["hold-pool c1-md-0"],
    ],
    [
      "hard-stop: a topology's pool that has not begun",
      topologyPoolsNext(),
      closed("hard-stop"),
      "waiting-for-window",
      ["hold-pool c1-md-0"],
    ],
    ["finish-pool: neither does it begin", topologyPoolsNext(), closed("finish-pool"), "waiting-for-window", ["hold-pool c1-md-0"]],
    ["finish: it begins", topologyPoolsNext(), closed("finish"), "rolling", []],
    ["the window opens: it is released", poolRolls({ heldBy: "u1" }), {}, "rolling", ["release-pool md-0"]],
    ["a hold that a deleted attempt left is taken away", poolRolls({ heldBy: "u0" }), {}, "rolling", ["release-pool md-0"]],
    ["or taken over", poolRolls({ heldBy: "u0" }), closed("hard-stop"), "waiting-for-window", ["hold-pool md-0"]],
    ["somebody else's pause is not touched", poolRolls({ paused: true }), closed("hard-stop"), "rolling", []],
    ["nothing is held before anything is written", topologyStart(), closed("hard-stop"), "waiting-for-window", []],
    [
      "nor while a pool merely scales",
      plainCluster({ pools: [{ overrides: { replicas: { desired: 3, current: 2, ready: 2, available: 2, upToDate: 2 } } }] }),
      closed("hard-stop"),
      "waiting-for-window",
      [],
    ],
    ["pause: a pool that rolls is stopped", poolRolls(), verbs({ paused: true }), "paused", ["hold-pool md-0"]],
    [
      "pause: also where the window's end would let it finish",
      poolRolls(),
      { ...closed("finish"), ...verbs({ paused: true }) },
      "paused",
      ["hold-pool md-0"],
    ],
    ["pause: a control plane is finished", controlPlaneRolls(), verbs({ paused: true }), "paused", []],
    ["resume", poolRolls({ heldBy: "u1" }), verbs({ paused: false }), "rolling", ["release-pool md-0"]],
    ["OnDelete pools are nobody's to stop", poolRolls({ strategy: "OnDelete" }), closed("hard-stop"), "rolling", []],
    [
      "a MachinePool cannot be stopped",
      poolRolls({
        kind: "MachinePool",
        versions: [
          { version: "v1.34.0", replicas: 1 },
          { version: "v1.35.2", replicas: 1 },
        ],
      }),
      closed("hard-stop"),
      "rolling",
      [],
    ],
    [
      "whoever waits for its turn touches no hold",
      poolRolls({ heldBy: "u0" }),
      { attemptBefore: { name: "x", target: "v1.35.2" } },
      "rolling",
      [],
    ],
  ])("%s", (_, snapshot, more, phase, actions) => {
    const decision = look(snapshot, more);
    expect(told(decision)).toEqual(actions);
    expect(decision.status.phase).toBe(phase);
  });

  const approval = attemptSettings({ approval: ["workers"] });
  it.each<readonly [what: string, snapshot: ClusterSnapshot, more: Partial<AttemptInput>, phase: string, actions: readonly string[]]>([
    ["first the pools are held", topologyStart(), {}, "writing", ["hold-pool c1-md-0"]],
    ["then the version is written", topologyStart({ heldBy: "u1" }), {}, "writing", ["write c1 v1.35.2"]],
    ["by this upgrade, no other", topologyStart({ heldBy: "u0" }), {}, "writing", ["hold-pool c1-md-0"]],
    ["they stay held while the control plane rolls", topologyControlPlaneRolls({ heldBy: "u1" }), {}, "rolling", []],
    ["and are held again where somebody released them", topologyControlPlaneRolls(), {}, "rolling", ["hold-pool c1-md-0"]],
    ["then it waits", topologyPoolsNext({ heldBy: "u1" }), {}, "waiting-for-approval", []],
    [
      "and goes on when approved",
      topologyPoolsNext({ heldBy: "u1" }),
      verbs({ approved: ["workers"] }),
      "rolling",
      ["release-pool c1-md-0"],
    ],
    ["approved before, nothing is held", topologyStart(), verbs({ approved: ["workers"] }), "writing", ["write c1 v1.35.2"]],
    [
      "outside of a window nothing is held before its time",
      topologyStart(),
      { settings: attemptSettings({ approval: ["workers"], schedule: CLOSED }) },
      "waiting-for-window",
      [],
    ],
    [
      "nor stays held",
      topologyStart({ heldBy: "u1" }),
      { settings: attemptSettings({ approval: ["workers"], schedule: CLOSED }) },
      "waiting-for-window",
      ["release-pool c1-md-0"],
    ],
    [
      "but for a pull request that may be merged at any time",
      topologyStart({ heldBy: "u1" }),
      { settings: attemptSettings({ approval: ["workers"], schedule: CLOSED }), review: reviewState() },
      "waiting-for-review",
      [],
    ],
  ])("approval before the workers of a topology: %s", (_, snapshot, more, phase, actions) => {
    const decision = look(snapshot, { settings: approval, ...more });
    expect(told(decision)).toEqual(actions);
    expect(decision.status.phase).toBe(phase);
  });

  it("are told", () => {
    expect(look(topologyPoolsNext({ heldBy: "u1" }), { settings: approval }).status).toMatchObject({
      heldPools: [TOPOLOGY_MD],
      message: "Nobody has approved yet that the workers are begun. 3 of 5 machines run v1.35.2.",
      remedy: "To approve: `capi-gitops approve c1 -n demo`.",
    });
  });
});

describe("standstill", () => {
  const later = (snapshot: ClusterSnapshot, more: Partial<AttemptInput>, looks: readonly number[]): AttemptDecision => {
    let decision = look(snapshot, more);
    for (const seconds of looks) decision = look(snapshot, { ...more, previousAttempt: decision.memory, now: NOW + seconds * 1_000 });
    return decision;
  };
  it.each<readonly [what: string, snapshot: ClusterSnapshot, more: Partial<AttemptInput>, expected: string]>([
    ["of a rollout counts", controlPlaneRolls(), {}, "timed-out"],
    ["outside of windows does not", poolRolls({ heldBy: "u1" }), { settings: attemptSettings({ schedule: CLOSED }) }, "waiting-for-window"],
    [
      "while it waits for an approval does not",
      start(),
      { settings: attemptSettings({ approval: ["control-plane"] }) },
      "waiting-for-approval",
    ],
    [
      "nor for that of the workers",
      topologyPoolsNext({ heldBy: "u1" }),
      { settings: attemptSettings({ approval: ["workers"] }) },
      "waiting-for-approval",
    ],
    [
      "but of the control plane meanwhile it does",
      topologyControlPlaneRolls({ heldBy: "u1" }),
      { settings: attemptSettings({ approval: ["workers"] }) },
      "timed-out",
    ],
    ["while it is paused does not", controlPlaneRolls(), verbs({ paused: true }), "paused"],
    ["while a pull request is open does not", start(), { review: reviewState() }, "waiting-for-review"],
    ["once that is merged it does", start(), { review: reviewState({ state: "merged" }) }, "timed-out"],
    [
      "while the engine is suspended does not",
      start(),
      { declarations: [declared(CP, "v1.35.2")], sync: syncState({ state: "suspended", message: "it is suspended" }) },
      "delivering",
    ],
    [
      "while the engine fails it does",
      start(),
      { declarations: [declared(CP, "v1.35.2")], sync: syncState({ state: "failed", message: "no" }) },
      "timed-out",
    ],
    ["while it is another's turn does not", start(), { attemptBefore: { name: "x", target: "v1.34.9" } }, "planning"],
  ])("%s", (_, snapshot, more, expected) => {
    expect(later(snapshot, more, [600, 900, 4_000]).status.phase).toBe(expected);
    const quiet = expected !== "timed-out";
    // What waits keeps nothing new from look to look: its status need not be written.
    if (quiet) expect(later(snapshot, more, [600]).memory).toEqual(later(snapshot, more, [900, 2_000]).memory);
  });

  it("of a proof that only waits to be seen counts, window or not", () => {
    const unseen = {
      ...done(),
      workload: { state: "unreachable" as const, message: "no route to host" },
      machines: done().machines.map((each) => ({ ...each, kubeletVersion: undefined })),
    };
    const settings = attemptSettings({ schedule: CLOSED });
    expect(look(unseen, { settings }).status).toMatchObject({
      phase: "rolling",
      message: expect.stringContaining("Waiting for kubelets") as string,
    });
    expect(look(unseen, { settings, ...verbs({ paused: true }) }).status.phase).toBe("rolling");
    expect(later(unseen, { settings }, [600, 900]).status.phase).toBe("timed-out");
  });

  it("is what was counted before and after a closed window, together", () => {
    const settings = attemptSettings({ schedule: { ...OPEN, windows: [...OPEN.windows, ...CLOSED.windows] }, atWindowEnd: "finish" });
    const at = (previous: AttemptDecision | undefined, now: number): AttemptDecision =>
      look(poolRolls(), { settings, now, ...(previous === undefined ? {} : { previousAttempt: previous.memory }) });
    const first = at(undefined, CLOSES_AT - 600_000);
    const closed = at(first, CLOSES_AT);
    const opened = at(closed, OPENS_AT);
    expect(opened.status.phase).toBe("rolling");
    expect(at(opened, OPENS_AT + 299_000).status.phase).toBe("rolling");
    expect(at(opened, OPENS_AT + 300_000).status.phase).toBe("timed-out");
  });

  it("does not count while nobody looked", () => {
    const first = look(controlPlaneRolls());
    const more = { previousAttempt: first.memory, now: NOW + 10_000_000 };
    expect(look(controlPlaneRolls(), { ...more, lookingSince: NOW + 9_999_000 }).status.phase).toBe("rolling");
    expect(look(controlPlaneRolls(), { ...more, lookingSince: NOW }).status.phase).toBe("timed-out");
  });
});

describe("the engine", () => {
  const declarations = [declared(CP, "v1.35.2")];
  it.each<readonly [state: Parameters<typeof syncState>[0], message: string, actions: readonly string[]]>([
    [
      { state: "failed", message: "admission webhook denied the request", remedy: "Look at it." },
      "Argo CD application argocd/capi: admission webhook denied the request",
      ["refresh-engine"],
    ],
    [{ state: "manual", message: "it is synced by hand", remedy: "Sync it." }, "Argo CD application argocd/capi: it is synced by hand", []],
    [
      { state: "failed", message: "Argo CD application argocd/capi cannot compare Git with the cluster", remedy: "See." },
      "Argo CD application argocd/capi cannot compare Git with the cluster",
      ["refresh-engine"],
    ],
    [{ state: "suspended", message: "it is suspended" }, "Argo CD application argocd/capi: it is suspended", []],
    [
      { state: "blocked-by-window", message: "its sync window is closed" },
      "Argo CD application argocd/capi: its sync window is closed",
      [],
    ],
    [{ state: "out-of-sync", message: "it has not begun" }, "Argo CD application argocd/capi: it has not begun", ["refresh-engine"]],
    [{ state: "synced", carriesCommit: false }, "clusters/c1.yaml:14 declares v1.35.2; ", ["refresh-engine"]],
    [{ state: "synced", carriesCommit: true }, "clusters/c1.yaml:14 declares v1.35.2; ", []],
  ])("says %j", (sync, message, actions) => {
    const decision = look(start(), { declarations, sync: syncState(sync) });
    expect(decision.status).toMatchObject({ phase: "delivering", remedy: sync?.remedy });
    // Whom it waits for comes first, where a narrow column shows it.
    expect(decision.status.message).toMatch(/ does not carry it yet \(v1\.34\.0\)\.$/);
    expect(decision.status.message.startsWith(message)).toBe(true);
    expect(told(decision)).toEqual(actions);
    // Once for each commit.
    const again = look(start(), { declarations, sync: syncState(sync), previousAttempt: decision.memory });
    expect(told(again)).toEqual([]);
    const next = look(start(), {
      declarations: [declared(CP, "v1.35.2", { revision: "def" })],
      sync: syncState(sync),
      previousAttempt: decision.memory,
    });
    expect(told(next)).toEqual(actions);
  });

  it("rejects what no second try will make the API server take: a revert", () => {
    const message =
      'admission webhook "validation.cluster.cluster.x-k8s.io" denied the request: spec.topology.version: Invalid value: "v1.34.0": version cannot be decreased from "1.35.2" to "1.34.0"';
    const snapshot = topologyPoolsNext();
    const decision = look(snapshot, { declarations: [declared(snapshot.ref, "v1.34.0")], sync: syncState({ state: "failed", message }) });
    expect(decision.status).toMatchObject({
      phase: "contradicted",
      contradictions: [{ reason: "ApplyRejected" }],
      remedy: "Declare v1.35.2 in clusters/c1.yaml:14 (a control plane cannot go back). Then run `capi-gitops retry c1 -n demo`.",
    });
    expect(decision.status.message).toContain("version cannot be decreased");
    expect(decision.actions).toEqual([]);
  });

  describe("puts back what somebody changed directly", () => {
    const done = plainCluster({ version: "v1.35.2" });
    const edited = plainCluster({
      version: "v1.35.2",
      pools: [{ overrides: { version: "v1.34.0", versionOwners: [fieldOwner("kubectl-patch", "Update", NOW + 1)] } }],
    });
    const everything = [CP, MD].map((object) => declared(object, "v1.35.2"));
    const applied = (more: Parameters<typeof syncState>[0] = {}) => ({
      declarations: everything,
      sync: syncState({ heals: true, carriesCommit: true, ...more }),
    });

    it("and the upgrade goes on, with a new hold", () => {
      const first = look(done, applied());
      expect(first.status.phase).toBe("holding");
      const later = { now: NOW + 30_000, previousAttempt: first.memory };
      const second = look(edited, { ...applied(), ...later });
      expect(second.status).toMatchObject({ phase: "delivering", contradictions: [], refusals: [] });
      expect(second.status.message).toMatch(
        /^kubectl-patch set MachineDeployment demo\/md-0 to v1\.34\.0, directly; .* puts that back by itself\./,
      );
      expect(second.memory.timeline.at(-1)?.message).toContain("kubectl-patch");
      expect(second.memory.ended).toBeUndefined();
      // Not every engine looks all the time; it is asked once.
      expect(told(second)).toEqual(["refresh-engine"]);
      expect(told(look(edited, { ...applied(), ...later, previousAttempt: second.memory }))).toEqual([]);
      const healed = applied({ healed: "selfHeal put a direct change of MachineDeployment md-0 back at 2026-01-02T03:04:05.000Z." });
      const third = look(done, { ...healed, now: NOW + 40_000, previousAttempt: second.memory });
      expect(third.status.phase).toBe("holding");
      expect(third.status.proof.heldSince).toBe(NOW + 40_000);
      expect(third.status.proof.links.find(({ link }) => link === "applied")?.evidence).toContain(
        "Argo CD application argocd/capi: selfHeal put a direct change of MachineDeployment md-0 back at ",
      );
    });

    it("and where it does not, the upgrade ends", () => {
      const first = look(done, applied());
      const second = look(edited, { ...applied({ heals: false }), previousAttempt: first.memory });
      expect(second.status).toMatchObject({
        phase: "contradicted",
        contradictions: [{ reason: "Reverted" }, { reason: "OverriddenVersion" }],
      });
    });

    it("and where nobody can, as a control plane does not go back, the upgrade ends with the way forward", () => {
      const topology = topologyCluster({ version: "v1.35.2" });
      const first = look(topology, {
        declarations: [declared(topology.ref, "v1.35.2")],
        sync: syncState({ heals: true, carriesCommit: true }),
      });
      expect(first.status.phase).toBe("holding");
      const beyond = topologyCluster({
        version: "v1.35.2",
        topology: { version: "v1.36.0", versionOwners: [fieldOwner("kubectl-patch")] },
      });
      const input = { declarations: [declared(topology.ref, "v1.35.2")], sync: syncState({ heals: true, carriesCommit: true }) };
      const second = look(beyond, { ...input, previousAttempt: first.memory });
      expect(second.status).toMatchObject({
        phase: "contradicted",
        remedy: "Declare v1.36.0 in clusters/c1.yaml:14: a control plane cannot go back. Stop kubectl-patch from writing the version.",
      });
    });

    it("and says when it does not come to it", () => {
      const first = look(done, applied());
      const second = look(edited, { ...applied(), previousAttempt: first.memory });
      const late = look(edited, { ...applied(), now: NOW + 7_200_000, previousAttempt: second.memory });
      expect(late.status.phase).toBe("timed-out");
      expect(late.status.message).toContain("kubectl-patch set MachineDeployment demo/md-0 to v1.34.0");
    });
  });

  it("a failure about something else is not ours", () => {
    const snapshot = topologyPoolsNext();
    const sync = syncState({ state: "failed", message: "Deployment web: spec.selector: field is immutable" });
    expect(look(snapshot, { declarations: [declared(snapshot.ref, "v1.35.2")], sync }).status.phase).toBe("rolling");
  });

  it.each<readonly [what: string, snapshot: ClusterSnapshot, version: string, reason: string]>([
    ["a revert", topologyPoolsNext(), "v1.34.0", "RevertedInGit"],
    ["a newer version", topologyPoolsNext(), "v1.36.0", "ChangedInGit"],
  ])("%s in Git in the middle is named at once, and not fought", (_, snapshot, version, reason) => {
    const first = look(snapshot, { declarations: [declared(snapshot.ref, "v1.35.2")] });
    const second = look(snapshot, { declarations: [declared(snapshot.ref, version)], previousAttempt: first.memory });
    expect(second.status).toMatchObject({ phase: "contradicted", contradictions: [{ reason }] });
    expect(second.status.remedy).toMatch(/v1\.35\.2/);
    expect(second.actions).toEqual([]);
  });
});

describe("a pull request", () => {
  it.each<readonly [what: string, more: Partial<AttemptInput>, phase: string, actions: readonly string[], message: string]>([
    [
      "that is open is waited for",
      { review: reviewState() },
      "waiting-for-review",
      [],
      "Pull request #12 is open: waits for a review by platform-team.",
    ],
    [
      "that conflicts is made anew",
      { review: reviewState({ mergeable: "conflicting" }) },
      "waiting-for-review",
      ["write c1-cp v1.35.2"],
      "it conflicts with the branch and is made anew",
    ],
    [
      "that conflicts outside of a window is not",
      { review: reviewState({ mergeable: "conflicting" }), settings: attemptSettings({ schedule: CLOSED }) },
      "waiting-for-review",
      [],
      "Pull request #12",
    ],
    [
      "that is merged shows soon",
      { review: reviewState({ state: "merged" }) },
      "delivering",
      [],
      "Pull request #12 was merged; the branch does not show it yet.",
    ],
    [
      "that is closed is a no",
      { review: reviewState({ state: "closed" }) },
      "refused",
      [],
      "Pull request #12 was closed without being merged",
    ],
    [
      "none is opened outside of a window",
      { settings: attemptSettings({ schedule: CLOSED }) },
      "waiting-for-window",
      [],
      "Outside of the maintenance windows",
    ],
  ])("%s", (_, more, phase, actions, message) => {
    const decision = look(start(), more);
    expect(decision.status.phase).toBe(phase);
    expect(told(decision)).toEqual(actions);
    expect(decision.status.message).toContain(message);
  });

  it("that was closed is left behind by a retry, which opens another", () => {
    const refused = look(start(), { review: reviewState({ state: "closed" }) });
    const more = { previousAttempt: refused.memory, review: reviewState({ state: "closed" }), ...verbs({ retry: 1 }) };
    const again = look(start(), more);
    expect(told(again)).toEqual(["write c1-cp v1.35.2"]);
    expect(
      look(start(), { ...more, previousAttempt: again.memory, review: reviewState({ number: 13, state: "closed" }) }).status.phase,
    ).toBe("refused");
  });

  it("that was closed is left behind by a retry also where the attempt has not ended over it", () => {
    const open = look(start(), { review: reviewState({ state: "open" }) });
    const more = { previousAttempt: open.memory, review: reviewState({ state: "closed" }), ...verbs({ retry: 1 }) };
    expect(told(look(start(), more))).toEqual(["write c1-cp v1.35.2"]);
  });
});

describe("every phase and every verb", () => {
  const gated = attemptSettings({ approval: ["control-plane"] });
  const delivering = { declarations: [declared(CP, "v1.35.2")] };
  const ENDS = ["proven", "cancelled", "superseded", "refused", "contradicted", "timed-out"] as const;
  type Row = readonly [
    phase: string,
    snapshot: ClusterSnapshot,
    more: Partial<AttemptInput>,
    cancel: string,
    pause: string,
    retry: string,
    supersede: string,
  ];
  const rows: readonly Row[] = [
    [
      "planning",
      plainCluster({ controlPlane: { conditions: [condition("Available", "False", "No")] } }),
      {},
      "cancelled",
      "paused",
      "planning",
      "superseded",
    ],
    ["writing", start(), {}, "cancelled", "paused", "writing", "superseded"],
    [
      "waiting-for-window",
      start(),
      { settings: attemptSettings({ schedule: CLOSED }) },
      "cancelled",
      "paused",
      "waiting-for-window",
      "superseded",
    ],
    ["waiting-for-approval", start(), { settings: gated }, "cancelled", "paused", "waiting-for-approval", "superseded"],
    ["waiting-for-review", start(), { review: reviewState() }, "cancelling", "waiting-for-review", "waiting-for-review", "cancelling"],
    ["delivering", start(), delivering, "cancelling", "paused", "delivering", "delivering"],
    ["rolling", controlPlaneRolls(), {}, "cancelling", "paused", "rolling", "rolling"],
    ["rolling", poolRolls(), {}, "cancelling", "paused", "rolling", "rolling"],
    [
      "waiting-for-window",
      poolRolls({ heldBy: "u1" }),
      { settings: attemptSettings({ schedule: CLOSED }) },
      "cancelling",
      "paused",
      "waiting-for-window",
      "waiting-for-window",
    ],
    [
      "waiting-for-approval",
      topologyPoolsNext({ heldBy: "u1" }),
      { settings: attemptSettings({ approval: ["workers"] }) },
      "cancelling",
      "paused",
      "waiting-for-approval",
      "waiting-for-approval",
    ],
    ["writing", halfway(), {}, "cancelled", "paused", "writing", "writing"],
    ["holding", done(), {}, "cancelled", "holding", "holding", "superseded"],
    ...ENDS.map((phase): Row => {
      const again = phase === "refused" || phase === "contradicted" || phase === "timed-out" ? "writing" : phase;
      return [phase, start(), { previousAttempt: endedMemory(phase) }, phase, phase, again, phase];
    }),
  ];
  it("docs/policies.md tells the same", () => {
    const text = readFileSync(new URL("../../../docs/policies.md", import.meta.url), "utf8");
    const table = new Map(
      [...text.matchAll(/^\| `([a-z-]+)` +\|(.*)\|(.*)\|(.*)\|$/gm)].map(([, phase = "", ...cells]) => [
        phase,
        cells.map((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word)),
      ]),
    );
    for (const [phase, , , cancel, pause, retry] of rows) {
      const [toldCancel, toldPause, toldRetry] = table.get(phase) ?? [];
      expect(toldCancel, `cancel ${phase}`).toContain(cancel);
      expect(toldPause, `pause ${phase}`).toContain(pause);
      expect(toldRetry, `retry ${phase}`).toContain(retry);
    }
    expect([...table.keys()].sort()).toEqual([...new Set(rows.map(([phase]) => phase))].sort());
  });

  it.each(rows)("%s", (phase, snapshot, more, cancel, pause, retry, supersede) => {
    const phaseWith = (given: Partial<AttemptVerbs>): string => look(snapshot, { ...more, ...verbs(given) }).status.phase;
    expect(phaseWith({})).toBe(phase);
    expect(phaseWith({ cancelled: true })).toBe(cancel);
    expect(phaseWith({ cancelled: true, paused: true })).toBe(cancel);
    expect(phaseWith({ paused: true })).toBe(pause);
    expect(phaseWith({ retry: 1 })).toBe(retry);
    expect(phaseWith({ supersededBy: "v1.36.0" })).toBe(supersede);
  });

  it.each<
    readonly [
      what: string,
      snapshot: ClusterSnapshot,
      more: Partial<AttemptInput>,
      actions: readonly string[],
      message: string,
      means: string,
    ]
  >([
    [
      "before anything",
      start(),
      {},
      [],
      "Cancelled before anything was changed: everything declares v1.34.0.",
      "Nothing has been changed: it ends at once",
    ],
    [
      "a pull request",
      start(),
      { review: reviewState() },
      ["close-review"],
      "Pull request #12 is being closed.",
      "Pull request #12 is closed. Nothing has been changed",
    ],
    [
      "a pull request that was merged",
      start(),
      { review: reviewState({ state: "merged" }) },
      [],
      "Cancelled, and pull request #12 was merged: what it changes is carried out.",
      "Nothing has been changed",
    ],
    [
      "a commit on its way",
      start(),
      delivering,
      [],
      "Cancelled: no further step is written. clusters/c1.yaml:14 declares v1.35.2",
      "The commit stays: KubeadmControlPlane demo/c1-cp still goes to v1.35.2 when it is applied",
    ],
    [
      "a commit that nobody applies",
      start(),
      { ...delivering, sync: syncState({ state: "suspended" }) },
      [],
      "clusters/c1.yaml:14 declares v1.35.2 for KubeadmControlPlane demo/c1-cp, which will be carried out once it is applied",
      "The commit stays",
    ],
    [
      "a control plane that rolls",
      controlPlaneRolls(),
      {},
      [],
      "Cancelled: no further step is written. KubeadmControlPlane demo/c1-cp is on its way to v1.35.2",
      "What Cluster API was told is carried out, held pools included: KubeadmControlPlane demo/c1-cp goes on to v1.35.2, also outside of windows. No further step is written: MachineDeployment demo/md-0 stays at v1.34.0. A control plane cannot go back.",
    ],
    [
      "a pool that is held",
      poolRolls({ heldBy: "u1" }),
      { settings: attemptSettings({ schedule: CLOSED }) },
      ["release-pool md-0"],
      "Cancelled: no further step is written.",
      "held pools included: MachineDeployment demo/md-0 goes on to v1.35.2",
    ],
    [
      "between two steps",
      halfway(),
      {},
      [],
      "Cancelled: the control plane is at v1.35.2 and md-0 is at v1.34.0.",
      "It ends here, between two steps (the control plane is at v1.35.2 and md-0 is at v1.34.0).",
    ],
  ])("cancel: %s", (_, snapshot, more, actions, message, means) => {
    expect(look(snapshot, more).status.cancelMeans).toContain(means);
    const decision = look(snapshot, { ...more, ...verbs({ cancelled: true }) });
    expect(told(decision)).toEqual(actions);
    expect(decision.status.message).toContain(message);
    if (decision.status.phase === "cancelled") expect(decision.lookAgainAt).toBeUndefined();
  });

  it("cancelled in the middle: it is followed to the end of what was told, and stays cancelled", () => {
    const first = look(controlPlaneRolls(), verbs({ cancelled: true }));
    const ended = look(halfway(), { previousAttempt: first.memory, ...verbs({ cancelled: true }) });
    expect(ended.status.phase).toBe("cancelled");
    const later = look(start(), { previousAttempt: ended.memory, now: NOW + HOUR });
    expect(later).toMatchObject({ status: { phase: "cancelled", message: ended.status.message }, actions: [] });
    expect(later.memory).toEqual(ended.memory);
  });

  it("an end takes away what the attempt left, and nothing of another's", () => {
    const memory = endedMemory("timed-out");
    expect(told(look(poolRolls({ heldBy: "u1" }), { previousAttempt: memory, review: reviewState() }))).toEqual([
      "release-pool md-0",
      "close-review",
    ]);
    expect(look(poolRolls({ heldBy: "u1" }), { previousAttempt: memory }).lookAgainAt).toBe(NOW + 5_000);
    expect(look(poolRolls({ heldBy: "u2" }), { previousAttempt: memory })).toMatchObject({ actions: [], lookAgainAt: undefined });
    const stuck = look(controlPlaneRolls({ heldBy: "u1" }), {
      previousAttempt: look(controlPlaneRolls({ heldBy: "u1" })).memory,
      now: NOW + 900_000,
    });
    expect(stuck.status.phase).toBe("timed-out");
    expect(told(stuck)).toEqual(["release-pool md-0"]);
  });
});

describe("what is remembered", () => {
  it("a retry forgets what was seen, and keeps how the workloads were", () => {
    const workloads = [{ kind: "Deployment", namespace: "web", name: "web", desired: 2, available: 2, observed: true }];
    const baseline = workloads;
    const first = look(controlPlaneRolls(), { baseline, declarations: [declared(CP, "v1.35.2")] });
    const reverted = look(controlPlaneRolls(), { declarations: [declared(CP, "v1.34.0")], previousAttempt: first.memory });
    expect(reverted.status).toMatchObject({ phase: "contradicted", contradictions: [{ reason: "RevertedInGit" }] });
    expect(reverted.memory.ended).toMatchObject({ phase: "contradicted", at: NOW });
    const again = look(controlPlaneRolls(), {
      declarations: [declared(CP, "v1.35.2")],
      previousAttempt: reverted.memory,
      ...verbs({ retry: 1 }),
    });
    expect(again.status.phase).toBe("rolling");
    expect(again.memory).toMatchObject({ retry: 1, ended: undefined, begun: true, decide: { baseline } });
  });

  it("a retry that was said while it ran does not fire later", () => {
    const running = look(controlPlaneRolls(), verbs({ retry: 1 }));
    const during = look(controlPlaneRolls(), { previousAttempt: running.memory, ...verbs({ retry: 2 }) });
    expect(during.memory.retry).toBe(2);
    const ended = look(controlPlaneRolls(), { previousAttempt: during.memory, now: NOW + 900_000, ...verbs({ retry: 2 }) });
    expect(ended.status.phase).toBe("timed-out");
    expect(look(controlPlaneRolls(), { previousAttempt: ended.memory, now: NOW + 900_001, ...verbs({ retry: 2 }) }).status.phase).toBe(
      "timed-out",
    );
  });

  it("a write that was held back was not made", () => {
    const waiting = look(start(), { settings: attemptSettings({ schedule: CLOSED }) });
    expect(waiting.memory).toMatchObject({ begun: false, decide: { begun: false, currentStep: undefined } });
    expect(look(controlPlaneRolls(), { previousAttempt: waiting.memory }).memory.begun).toBe(true);
  });

  it("one entry for each change of phase, the newest fifty", () => {
    let decision = look(start());
    for (let turn = 1; turn <= 120; turn++) {
      const paused = turn % 2 === 1;
      decision = look(start(), { previousAttempt: decision.memory, now: NOW + turn * 1_000, ...verbs({ paused }) });
    }
    const { timeline } = decision.memory;
    expect(timeline).toHaveLength(50);
    expect(timeline.at(-1)).toMatchObject({ at: NOW + 120_000, phase: "writing" });
    expect(timeline[0]).toMatchObject({ at: NOW + 71_000, phase: "paused" });
    expect(look(start(), { previousAttempt: decision.memory, now: NOW + 200_000 }).memory.timeline).toEqual(timeline);
  });

  it("what was proven stays proven, whatever comes after", () => {
    const settings = attemptSettings({ holdSeconds: 0 });
    const proven = look(done(), { settings });
    expect(proven.status.phase).toBe("proven");
    const later = look(plainCluster({ version: "v1.36.0" }), { settings, previousAttempt: proven.memory });
    expect(later.status).toMatchObject({
      phase: "proven",
      proof: proven.status.proof,
      contradictions: [],
      cancelMeans: "It has ended: there is nothing to cancel.",
    });
  });
});
