import { describe, expect, it } from "vitest";
import type { ClusterSnapshot, MachineSnapshot } from "./cluster-snapshot.ts";
import { controlPlaneRollout, machineBlocker, openWords, poolRollout, type Rollout } from "./rollout.ts";
import { condition, machine, plainCluster, OBSERVED_AT } from "./testing/snapshots.ts";

const TO = "v1.34.0";

function controlPlane(snapshot: ClusterSnapshot): Rollout {
  return controlPlaneRollout(snapshot, snapshot.controlPlane!, TO);
}

function withFirst(change: Partial<MachineSnapshot>): ClusterSnapshot {
  const snapshot = plainCluster();
  return { ...snapshot, machines: snapshot.machines.map((each, index) => (index === 0 ? { ...each, ...change } : each)) };
}

describe("a control plane", () => {
  it("is settled when everything says so", () => {
    expect(controlPlane(plainCluster())).toEqual({
      owner: plainCluster().controlPlane?.ref,
      version: TO,
      desired: 3,
      done: 3,
      open: [],
      rolled: true,
      unavailable: 0,
      settled: true,
    });
  });

  // Each row spoils one thing alone: none of the others may hide it (cluster-api.md 3.6).
  it.each([
    ["its spec", plainCluster({ controlPlane: { version: "v1.33.0" } }), ["its version is v1.33.0"], 3],
    ["no version", plainCluster({ controlPlane: { version: undefined } }), ["its version is not set"], 3],
    ["its generation", plainCluster({ controlPlane: { generation: 2 } }), ["its controller has seen generation 1 of 2"], 3],
    ["a machine's version", withFirst({ version: "v1.33.0" }), ["c1-cp-0 is still v1.33.0"], 2],
    ["a machine without version", withFirst({ version: undefined }), ["c1-cp-0 is still without version"], 2],
    ["a machine's shape", withFirst({ upToDate: false }), ["c1-cp-0 is not up to date"], 2],
    ["a machine that leaves", withFirst({ deletingSince: OBSERVED_AT }), ["c1-cp-0 is leaving (v1.34.0)", "2 of 3 machines exist"], 2],
    [
      "a machine that leaves without version",
      withFirst({ deletingSince: OBSERVED_AT, version: undefined }),
      ["c1-cp-0 is leaving (no version)", "2 of 3 machines exist"],
      2,
    ],
    ["a missing machine", plainCluster({ overrides: { machines: plainCluster().machines.slice(1) } }), ["2 of 3 machines exist"], 2],
    [
      "a machine too many",
      plainCluster({ overrides: { machines: [...plainCluster().machines, machine("x", TO, { role: "control-plane" })] } }),
      ["4 of 3 machines exist"],
      4,
    ],
    [
      "its count",
      plainCluster({ controlPlane: { replicas: { desired: 3, current: 4, ready: 3, available: 3, upToDate: 3 } } }),
      ["4 of 3 replicas are counted"],
      3,
    ],
    [
      "its up-to-date count",
      plainCluster({ controlPlane: { replicas: { desired: 3, current: 3, ready: 3, available: 3, upToDate: 2 } } }),
      ["2 of 3 are counted up to date"],
      3,
    ],
    [
      "its version counts",
      plainCluster({
        controlPlane: {
          versions: [
            { version: TO, replicas: 2 },
            { version: "v1.33.0", replicas: 1 },
            { version: "v1.32.0", replicas: 0 },
          ],
        },
      }),
      ["its controller counts 1 at v1.33.0"],
      3,
    ],
    ["its reported version", plainCluster({ controlPlane: { reportedVersion: "v1.33.0" } }), ["its status.version is still v1.33.0"], 3],
  ])("is not settled for %s alone", (_, snapshot, open, done) => {
    const rollout = controlPlane(snapshot);
    expect(rollout).toMatchObject({ open, done, rolled: false, settled: false });
    expect(openWords(rollout)).toBe(open.join("; "));
  });

  it("is rolled and not settled when a replica is not available", () => {
    const rollout = controlPlane(
      plainCluster({ controlPlane: { replicas: { desired: 3, current: 3, ready: 3, available: 2, upToDate: 3 } } }),
    );
    expect(rollout).toMatchObject({ open: [], rolled: true, unavailable: 1, settled: false });
    expect(openWords(rollout)).toBe("2 of 3 are available");
  });

  it.each([
    ["a controller that reports no generation", { observedGeneration: undefined }],
    ["no status.version", { reportedVersion: undefined }],
    ["no version counts", { versions: [] }],
    ["a vendor's build", { reportedVersion: "v1.34.0-eks-1", versions: [{ version: "v1.34.0-eks-1", replicas: 3 }] }],
    ["more available than desired", { replicas: { desired: 3, current: 3, ready: 3, available: 4, upToDate: 3 } }],
  ])("is settled with %s", (_, controlPlaneChange) => {
    expect(controlPlane(plainCluster({ controlPlane: controlPlaneChange }))).toMatchObject({ settled: true, unavailable: 0 });
  });

  it("needs no machines where it makes none", () => {
    const managed = plainCluster({ controlPlanes: 0, controlPlane: { machineTemplate: undefined } });
    expect(controlPlane(managed)).toMatchObject({ settled: true, done: 0 });
    const replicas = { desired: 3, current: 3, ready: 3, available: 3, upToDate: 0 };
    expect(controlPlane(plainCluster({ controlPlanes: 0, controlPlane: { machineTemplate: undefined, replicas } }))).toMatchObject({
      settled: true,
    });
    expect(controlPlane(plainCluster({ controlPlanes: 0, controlPlane: { replicas } }))).toMatchObject({ settled: false });
  });
});

describe("a pool", () => {
  const pool = (snapshot: ClusterSnapshot): Rollout => poolRollout(snapshot, snapshot.pools[0]!, TO);

  it("counts its own machines alone", () => {
    expect(pool(plainCluster({ pools: [{}, { name: "other", version: "v1.33.0" }] }))).toMatchObject({ done: 2, settled: true });
  });

  it("of the same name and another kind has other machines", () => {
    const both = plainCluster({
      pools: [
        { kind: "MachinePool", replicas: 1 },
        { kind: "MachineDeployment", replicas: 3, version: "v1.33.0" },
      ],
    });
    expect(pool(both)).toMatchObject({ done: 1, settled: true });
  });

  const noMachines = (versions: readonly { version: string; replicas: number }[]): ClusterSnapshot => {
    const replicas = { desired: 2, current: 2, ready: 2, available: 2, upToDate: 0 };
    const snapshot = plainCluster({ pools: [{ kind: "MachinePool", overrides: { versions, replicas } }] });
    return { ...snapshot, machines: snapshot.machines.filter(({ role }) => role === "control-plane") };
  };

  it("without Machines is judged by its counters", () => {
    expect(pool(noMachines([]))).toMatchObject({ done: 2, settled: true });
    expect(pool(noMachines([{ version: TO, replicas: 2 }]))).toMatchObject({ done: 2, settled: true });
    const mixed = noMachines([
      { version: TO, replicas: 1 },
      { version: "v1.33.0", replicas: 1 },
    ]);
    expect(pool(mixed)).toMatchObject({ done: 1, open: ["its controller counts 1 at v1.33.0"] });
  });

  it("that is a MachineDeployment must have Machines", () => {
    const snapshot = plainCluster();
    const bare = { ...snapshot, machines: [] };
    expect(pool(bare)).toMatchObject({ done: 0, open: ["0 of 2 machines exist"] });
  });
});

describe("machineBlocker", () => {
  const leaving = { deletingSince: OBSERVED_AT };
  it.each([
    ["nothing", {}, undefined],
    ["nothing while leaving", leaving, undefined],
    [
      "a drain",
      {
        ...leaving,
        conditions: [condition("Deleting", "True", "DrainingNode", "cannot evict pod web-1"), condition("Ready", "False", "X", "y")],
      },
      "DrainingNode: cannot evict pod web-1",
    ],
    [
      "a deletion without a message",
      { ...leaving, conditions: [condition("Deleting", "True", "WaitingForPreDrainHook")] },
      "WaitingForPreDrainHook",
    ],
    ["a deletion of a machine that stays", { conditions: [condition("Deleting", "True", "DrainingNode", "x")] }, undefined],
    [
      "the first cause",
      {
        conditions: [
          condition("Ready", "False", "NotReady", "all"),
          condition("InfrastructureReady", "False", "NoQuota", "quota exceeded"),
        ],
      },
      "NoQuota: quota exceeded",
    ],
    [
      "bootstrap before infrastructure",
      { conditions: [condition("InfrastructureReady", "False", "A", "a"), condition("BootstrapConfigReady", "Unknown", "B", "b")] },
      "B: b",
    ],
    [
      "a node",
      { conditions: [condition("NodeHealthy", "Unknown", "NoNode", "no node yet"), condition("Ready", "False", "R", "r")] },
      "NoNode: no node yet",
    ],
    ["a condition that holds", { conditions: [condition("Ready", "True", "Ready", "fine")] }, undefined],
    ["a condition without a word", { conditions: [condition("Ready", "False", "NotReady")] }, undefined],
  ])("tells %s", (_, change, expected) => {
    expect(machineBlocker(machine("m", TO, change))).toBe(expected);
  });

  it("is part of what is open", () => {
    const blocked = withFirst({
      version: "v1.33.0",
      deletingSince: OBSERVED_AT,
      conditions: [condition("Deleting", "True", "DrainingNode", "pod web-1")],
    });
    expect(controlPlane(blocked).open[0]).toBe("c1-cp-0 is leaving (v1.33.0), DrainingNode: pod web-1");
  });
});
