import { describe, expect, it } from "vitest";
import type { ClusterSnapshot, MachineSnapshot } from "./cluster-snapshot.ts";
import type { Pace } from "./decision.ts";
import { estimateSeconds, machineProgress, paceAfter, replacementsLeft, signatureOf } from "./progress.ts";
import { planUpgrade } from "./plan.ts";
import { condition, machine, plainCluster, reachable, reference, topologyCluster } from "./testing/snapshots.ts";

const TO = "v1.34.0";
const worker = (change: Partial<MachineSnapshot>): ClusterSnapshot => {
  const machines = [machine("w", TO, { pool: "md-0", machineSet: "s", ...change })];
  return plainCluster({ controlPlanes: 0, pools: [{ replicas: 1 }], overrides: { machines, workload: reachable(machines) } });
};

describe("machineProgress", () => {
  it.each([
    ["done", {}, "done"],
    ["leaving", { deletingSince: 1, version: "v1.33.0" }, "leaving"],
    ["of the old version", { version: "v1.33.0", kubeletVersion: "v1.33.0" }, "waiting"],
    ["without a node", { version: "v1.33.0", nodeName: undefined, kubeletVersion: undefined }, "starting"],
    ["not ready", { version: "v1.33.0", ready: false }, "starting"],
    ["new and not ready", { ready: false }, "starting"],
    ["new without a word of its readiness", { ready: undefined }, "done"],
    ["new with a kubelet that is not", { kubeletVersion: "v1.33.0" }, "starting"],
    ["new with a kubelet that nobody has seen", { kubeletVersion: undefined }, "starting"],
    ["new and not up to date", { upToDate: false }, "starting"],
  ] as const)("a machine that is %s", (_, change, state) => {
    const { machines, done, total } = machineProgress(worker(change), TO);
    expect(machines).toMatchObject([{ name: "w", role: "worker", pool: "md-0", state }]);
    expect({ done, total }).toEqual({ done: state === "done" ? 1 : 0, total: 1 });
  });

  it("tells what holds a machine up", () => {
    const conditions = [condition("Deleting", "True", "DrainingNode", "pod web-1")];
    expect(machineProgress(worker({ deletingSince: 1, conditions }), TO).machines).toEqual([
      { name: "w", role: "worker", pool: "md-0", version: TO, kubeletVersion: TO, state: "leaving", detail: "DrainingNode: pod web-1" },
    ]);
  });

  it("counts machines that were promised, and no more", () => {
    expect(machineProgress(plainCluster(), TO)).toMatchObject({ done: 5, total: 5 });
    expect(machineProgress(plainCluster({ controlPlane: { version: undefined } }), TO)).toMatchObject({ done: 2, total: 2 });
    expect(machineProgress(plainCluster({ pools: [{ overrides: { version: undefined } }] }), TO)).toMatchObject({ done: 3, total: 3 });
    expect(machineProgress(plainCluster({ overrides: { controlPlane: undefined } }), TO)).toMatchObject({ done: 2, total: 2 });
    const surge = plainCluster({ overrides: { machines: [...plainCluster().machines, machine("x", TO, { role: "control-plane" })] } });
    expect(machineProgress(surge, TO)).toMatchObject({ done: 5, total: 5 });
    const pool = plainCluster({ pools: [{ kind: "MachinePool" }] });
    expect(machineProgress(pool, TO)).toMatchObject({ done: 5, total: 5 });
    expect(machineProgress({ ...pool, machines: pool.machines.slice(0, 3) }, TO)).toMatchObject({ done: 3, total: 3 });
    expect(machineProgress({ ...plainCluster(), machines: [] }, TO)).toMatchObject({ done: 0, total: 5 });
  });
});

describe("signatureOf", () => {
  const base = topologyCluster();
  const first = base.machines[0]!;
  const withFirst = (change: Partial<MachineSnapshot>): ClusterSnapshot => ({
    ...base,
    workload: { state: "not-read", message: "" },
    machines: [{ ...first, ...change }, ...base.machines.slice(1)],
  });
  const declaration = { object: reference("Cluster", "c1"), version: TO, place: undefined, revision: undefined, at: 0 };

  it.each([
    ["a version", withFirst({ version: "v1.35.0" })],
    ["a phase", withFirst({ phase: "Provisioning" })],
    ["readiness", withFirst({ ready: false })],
    ["a deletion", withFirst({ deletingSince: 1 })],
    ["a node", withFirst({ nodeName: "other" })],
    ["a kubelet", withFirst({ kubeletVersion: "v1.35.0" })],
    ["why a machine is held up", withFirst({ conditions: [condition("Deleting", "True", "DrainingNode")] })],
    ["another machine", withFirst({ uid: "other" })],
  ])("changes with %s", (_, snapshot) => {
    expect(signatureOf(snapshot)).not.toBe(signatureOf(withFirst({})));
  });
  it.each([
    ["the topology's version", topologyCluster({ topology: { version: "v1.35.0" } })],
    ["the plan", topologyCluster({ topology: { controlPlaneUpgradePlan: ["v1.35.0"] } })],
    ["the control plane's version", topologyCluster({ controlPlane: { version: "v1.35.0" } })],
    ["an observed generation", topologyCluster({ controlPlane: { observedGeneration: 2 } })],
    [
      "a counter",
      topologyCluster({ pools: [{ overrides: { replicas: { desired: 2, current: 3, ready: 2, available: 2, upToDate: 2 } } }] }),
    ],
    ["version counts", topologyCluster({ pools: [{ overrides: { versions: [] } }] })],
    [
      "why the topology waits",
      topologyCluster({ overrides: { conditions: [condition("TopologyReconciled", "False", "ClusterUpgrading")] } }),
    ],
    ["no control plane", topologyCluster({ overrides: { controlPlane: undefined } })],
  ])("changes with %s", (_, snapshot) => {
    expect(signatureOf(snapshot)).not.toBe(signatureOf(base));
  });
  it("changes with a declaration, and with nothing else that is the same", () => {
    expect(signatureOf(base, [declaration])).not.toBe(signatureOf(base, [{ ...declaration, version: "v1.35.0" }]));
    expect(signatureOf(base, [declaration])).toBe(signatureOf({ ...base, observedAt: 1 }, [{ ...declaration, at: 5, revision: "x" }]));
    expect(signatureOf(base)).toBe(signatureOf(base, []));
  });
});

describe("the pace", () => {
  const start: Pace = { initial: ["uid-old"], finished: [], rollingSince: undefined, lastFinishedAt: undefined };
  it("begins with the first rollout and goes on with each machine", () => {
    const idle = paceAfter(start, worker({ uid: "uid-old" }), false, 1_000);
    expect(idle).toEqual(start);
    const rolling = paceAfter(idle, worker({ ready: false }), true, 2_000);
    expect(rolling).toEqual({ ...start, rollingSince: 2_000 });
    const one = paceAfter(rolling, worker({}), true, 12_000);
    expect(one).toEqual({ initial: ["uid-old"], finished: ["uid-w"], rollingSince: 2_000, lastFinishedAt: 12_000 });
    expect(paceAfter(one, worker({}), true, 20_000)).toEqual(one);
  });
  it.each([
    ["leaves", { deletingSince: 1 }],
    ["is not ready", { ready: false }],
    ["has no version", { version: undefined }],
    ["has no kubelet", { kubeletVersion: undefined }],
    ["has another kubelet", { kubeletVersion: "v1.33.0" }],
  ])("counts no machine that %s", (_, change) => {
    expect(paceAfter(start, worker(change), true, 1).finished).toEqual([]);
  });

  it.each([
    ["nothing is left", { finished: ["a"], rollingSince: 0, lastFinishedAt: 40_000 }, 0, 50_000, 0],
    ["nothing is left and nothing was finished", {}, 0, 50_000, 0],
    ["one machine in 40 s, three left", { finished: ["a"], rollingSince: 0, lastFinishedAt: 40_000 }, 3, 40_000, 120],
    ["two machines in 40 s, three left, 10 s later", { finished: ["a", "b"], rollingSince: 0, lastFinishedAt: 40_000 }, 3, 50_000, 50],
    ["later than expected", { finished: ["a"], rollingSince: 0, lastFinishedAt: 40_000 }, 1, 99_000, 0],
    ["none finished", { rollingSince: 0 }, 3, 50_000, undefined],
    ["none finished, though a time is there", { rollingSince: 0, lastFinishedAt: 1 }, 3, 50_000, undefined],
    ["none rolled", { finished: ["a"], lastFinishedAt: 40_000 }, 3, 50_000, undefined],
  ])("estimates when %s", (_, pace, remaining, now, seconds) => {
    expect(estimateSeconds({ ...start, ...pace }, remaining, now)).toBe(seconds);
  });
});

describe("replacementsLeft", () => {
  const left = (snapshot: ClusterSnapshot, target: string, via: readonly string[] = []): number => {
    const result = planUpgrade(snapshot, { target, via });
    return replacementsLeft(snapshot, result.kind === "plan" ? result.plan : undefined);
  };
  it.each([
    ["nothing", plainCluster(), TO, [], 0],
    ["a whole plan", plainCluster(), "v1.35.0", [], 5],
    ["a control plane that rolls, and its pool", plainCluster({ controlPlane: { version: "v1.35.0" } }), "v1.35.0", [], 3 + 2],
    [
      "a pool that rolls",
      plainCluster({ version: "v1.35.0", pools: [{ version: TO, overrides: { version: "v1.35.0" } }] }),
      "v1.35.0",
      [],
      2,
    ],
    [
      "machines that leave are done with",
      plainCluster({
        pools: [],
        controlPlane: { version: "v1.35.0" },
        overrides: {
          machines: plainCluster({ pools: [] }).machines.map((each, index) => (index === 0 ? { ...each, deletingSince: 1 } : each)),
        },
      }),
      "v1.35.0",
      [],
      2,
    ],
    [
      "a topology whose control plane has not begun",
      topologyCluster({ topology: { version: "v1.35.0", controlPlaneUpgradePlan: ["v1.35.0"], workersUpgradePlan: ["v1.35.0"] } }),
      "v1.35.0",
      [],
      3 + 2,
    ],
    [
      "a topology whose control plane rolls",
      topologyCluster({ topology: { version: "v1.35.0", workersUpgradePlan: ["v1.35.0"] }, controlPlane: { version: "v1.35.0" } }),
      "v1.35.0",
      [],
      3 + 2,
    ],
    [
      "a chain",
      topologyCluster({
        topology: {
          version: "v1.38.0",
          controlPlaneUpgradePlan: ["v1.36.0", "v1.37.0", "v1.38.0"],
          workersUpgradePlan: ["v1.37.0", "v1.38.0"],
        },
        controlPlane: { version: "v1.35.0" },
      }),
      "v1.38.0",
      [],
      3 + 9 + 4,
    ],
    [
      "a topology that lists no plan for its workers",
      topologyCluster({ version: "v1.35.0", pools: [{ version: TO, overrides: { version: "v1.35.0" } }] }),
      "v1.35.0",
      [],
      2,
    ],
    [
      "a deferred pool is not waited for",
      topologyCluster({
        pools: [{ name: "a" }, { name: "b" }],
        topology: {
          version: "v1.35.0",
          workersUpgradePlan: ["v1.35.0"],
          pools: [
            { name: "a", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false },
            { name: "b", kind: "MachineDeployment", deferUpgrade: false, holdUpgradeSequence: false },
          ],
        },
        controlPlane: { version: "v1.35.0" },
      }),
      "v1.35.0",
      [],
      3 + 2,
    ],
  ])("counts %s", (_, snapshot, target, via, count) => {
    expect(left(snapshot, target, via)).toBe(count);
  });
});
