import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "../upgrade/cluster-snapshot.ts";
import { machineTemplate, OBSERVED_AT, plainCluster, topologyCluster } from "../upgrade/testing/snapshots.ts";
import type { ChangeWriter, WriteOutcome } from "./change-writer.ts";
import { runUpgrade, type UpgradeResult } from "./upgrade-run.ts";

interface Ran {
  readonly result: UpgradeResult;
  /** Versions that were written. */
  readonly written: readonly string[];
  readonly freshLooks: number;
}

/** One pass of an upgrade to v1.34.1, of a cluster whose watches tell another story than its API server. */
async function run(watched: ClusterSnapshot, fresh: ClusterSnapshot): Promise<Ran> {
  const written: string[] = [];
  let freshLooks = 0;
  const writer: ChangeWriter = {
    target: "a test",
    declaration: (object) =>
      Promise.resolve({
        kind: "declared",
        declaration: { object, version: "v1.34.0", place: "cluster.yaml:1", revision: "abc", at: OBSERVED_AT },
      }),
    preview: () => Promise.reject(new Error("nobody asks")),
    write(step) {
      written.push(step.to);
      return Promise.resolve({ kind: "written", revision: "def", branch: "main", changes: [] });
    },
    retire: () => Promise.reject(new Error("nothing to retire")),
    dispose: () => Promise.resolve(),
  };
  const result = await runUpgrade({
    cluster: {
      snapshot: () => Promise.resolve(watched),
      freshSnapshot: () => {
        freshLooks += 1;
        return Promise.resolve(fresh);
      },
      changed: () => Promise.reject(new Error("one pass is all")),
    },
    request: { upgradeId: "u1", target: "v1.34.1", via: [], holdSeconds: 0, stallSeconds: 900 },
    writer,
    wait: false,
    clock: { now: () => OBSERVED_AT, sleep: () => Promise.reject(new Error("nobody waits")) },
    timeoutSeconds: 60,
  });
  return { result, written, freshLooks };
}

const settled = topologyCluster();
const paused = topologyCluster({ overrides: { paused: true } });
/** The control plane's controller is at it: nothing to write, nothing to end. */
const rolling = topologyCluster({ version: "v1.34.0", topology: { version: "v1.34.1" } });

describe("what earlier runs left", () => {
  const template = machineTemplate("c1-cp").ref;
  const done = plainCluster({ version: "v1.34.1", controlPlane: { machineTemplate: machineTemplate("c1-cp-3f2a91bc") } });
  const cluster = { ...done, machines: done.machines.map((machine) => ({ ...machine, template: "c1-cp-3f2a91bc" })) };

  async function retiring(outcome: WriteOutcome, retireOldTemplates = true) {
    const retired: string[] = [];
    const told: string[] = [];
    const writer: ChangeWriter = {
      target: "a test",
      declaration: (object) =>
        Promise.resolve({ kind: "declared", declaration: { object, version: "v1.34.1", place: undefined, revision: undefined, at: 0 } }),
      preview: () => Promise.reject(new Error("nobody asks")),
      write: () => Promise.reject(new Error("nothing to write")),
      retire({ name }) {
        retired.push(name);
        return Promise.resolve(outcome);
      },
      dispose: () => Promise.resolve(),
    };
    const { kind } = await runUpgrade({
      cluster: {
        snapshot: () => Promise.resolve(cluster),
        freshSnapshot: () => Promise.resolve(cluster),
        changed: () => Promise.resolve(),
      },
      request: { upgradeId: "u1", target: "v1.34.1", via: [], holdSeconds: 0, stallSeconds: 900, retireOldTemplates },
      writer,
      wait: true,
      clock: { now: () => OBSERVED_AT, sleep: () => Promise.reject(new Error("nobody waits")) },
      timeoutSeconds: 60,
      // With Git it is there until somebody prunes it.
      formerTemplates: () => Promise.resolve([template]),
      onWritten: (one) => told.push(one.kind),
    });
    return { kind, retired, told };
  }

  const gone: WriteOutcome = { kind: "written", revision: "abc", branch: "main", changes: [] };
  const refusal = { reason: "ManifestNotFound", message: "nobody declares it", remedy: "none" };

  it("is taken out once", async () => {
    expect(await retiring(gone)).toEqual({ kind: "proven", retired: ["c1-cp"], told: ["written"] });
  });
  it("what cannot be taken out is told, and takes nothing from the proof", async () => {
    expect(await retiring({ kind: "refused", refusal })).toEqual({ kind: "proven", retired: ["c1-cp"], told: ["refused"] });
  });
  it("stays where nobody asked", async () => {
    expect(await retiring(gone, false)).toEqual({ kind: "proven", retired: [], told: [] });
  });
});

describe("what the watches say is looked at anew", () => {
  it("before a step is written", async () => {
    expect(await run(settled, settled)).toMatchObject({ result: { kind: "written" }, written: ["v1.34.1"], freshLooks: 1 });
    expect(await run(settled, paused)).toMatchObject({ result: { kind: "refused", refusals: [{ reason: "ClusterPaused" }] }, written: [] });
  });

  it("before the upgrade is refused", async () => {
    expect(await run(paused, paused)).toMatchObject({ result: { kind: "refused" }, written: [], freshLooks: 1 });
    expect(await run(paused, settled)).toMatchObject({ result: { kind: "written" }, written: ["v1.34.1"] });
  });

  it("not while something is under way", async () => {
    expect(await run(rolling, paused)).toMatchObject({ result: { kind: "under-way" }, written: [], freshLooks: 0 });
  });
});

describe("a revert in Git that has been applied already", () => {
  /** Git says the target until it is asked for what it says at this moment, as a branch that was looked at some seconds ago. */
  async function ending(carried: ClusterSnapshot, takenBack: ClusterSnapshot) {
    let looks = 0;
    const source: Pick<ChangeWriter, "declaration"> = {
      declaration: (object, { notBefore = 0 } = {}) => {
        const version = notBefore >= OBSERVED_AT ? "v1.34.0" : "v1.34.1";
        return Promise.resolve({
          kind: "declared",
          declaration: { object, version, place: "cluster.yaml:1", revision: "abc", at: OBSERVED_AT },
        });
      },
    };
    const { kind, ...more } = await runUpgrade({
      cluster: {
        snapshot: () => Promise.resolve((looks += 1) === 1 ? carried : takenBack),
        freshSnapshot: () => Promise.resolve(takenBack),
        changed: () => Promise.resolve(),
      },
      request: { upgradeId: "u1", target: "v1.34.1", via: [], holdSeconds: 600, stallSeconds: 900 },
      writer: { ...source } as ChangeWriter,
      wait: true,
      clock: { now: () => OBSERVED_AT, sleep: () => Promise.reject(new Error("nobody waits")) },
      timeoutSeconds: 60,
    });
    const decision = "decision" in more ? more.decision : undefined;
    return { kind, reasons: decision?.status.contradictions.map(({ reason }) => reason) };
  }

  it("is laid to Git, not to the engine that applied it", async () => {
    const carried = topologyCluster({ version: "v1.34.1" });
    const { kind, reasons } = await ending(carried, settled);
    expect(kind).toBe("contradicted");
    expect(reasons?.[0]).toBe("RevertedInGit");
  });
});
