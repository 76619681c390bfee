import { describe, expect, it } from "vitest";
import { plainCluster, topologyCluster } from "../testing/snapshots.ts";
import { checkedReasons, checksOf } from "./checks.ts";
import { refusalReasons } from "./refusal-table.ts";

const request = { target: "v1.35.2", via: [] };

describe("what is told of a cluster before its upgrade", () => {
  it("each check, with what was seen", () => {
    expect(checksOf(topologyCluster(), request)).toEqual([
      { name: "The way", result: "passed", message: "v1.34.0 to v1.35.2 goes forward, one minor at a time." },
      { name: "The cluster", result: "passed", message: "It is neither paused nor being made or deleted." },
      { name: "Nothing else under way", result: "passed", message: "No other change of it is pending, and none is held back." },
      { name: "The control plane", result: "passed", message: "3 of 3 machines are ready." },
      { name: "Version skew", result: "passed", message: "No pool is newer than the control plane, or would be too old for it." },
      { name: "Machine templates", result: "passed", message: "All are there, and none names another version." },
      { name: "The workload cluster", result: "passed", message: expect.stringMatching(/^5 of 5 nodes are ready/) },
    ]);
  });

  it.each([
    ["The way", topologyCluster({ version: "v1.36.0" }), request, "VersionDowngrade: "],
    ["The way", topologyCluster(), { target: "v1.37.0", via: [] }, "IntermediateVersionUnknown: "],
    ["The way", topologyCluster(), { target: "1.35", via: [] }, "InvalidVersion: "],
    ["The cluster", topologyCluster({ overrides: { paused: true } }), request, "ClusterPaused: "],
    ["The cluster", plainCluster({ controlPlane: { paused: true } }), request, "ControlPlanePaused: "],
    ["Nothing else under way", topologyCluster({ topology: { version: "v1.34.2" } }), request, "UpgradeAlreadyRunning: "],
    ["Version skew", plainCluster({ pools: [{ version: "v1.30.0" }] }), request, "PoolOutsideSkew: "],
  ] as const)("%s fails: %j", (name, snapshot, asked, beginning) => {
    const failed = checksOf(snapshot, asked).filter(({ result }) => result === "failed");
    expect(failed.map((check) => check.name)).toEqual([name]);
    expect(failed[0]?.message.startsWith(beginning)).toBe(true);
  });

  it("a workload cluster that nobody could look into passes nothing", () => {
    const unseen = topologyCluster({ overrides: { workload: { state: "unreachable", message: "no answer within 8 s" } } });
    expect(checksOf(unseen, request).at(-1)).toEqual({
      name: "The workload cluster",
      result: "skipped",
      message: "It was not looked into: no answer within 8 s.",
    });
  });

  it("nodes that are not ready, and workloads that are not available, fail it", () => {
    const node = (name: string, ready: boolean) => ({ name, ready, unschedulable: false, kubeletVersion: "v1.34.0" });
    const shop = { kind: "Deployment", namespace: "shop", name: "web", desired: 3, available: 1, observed: true };
    const check = (nodes: readonly boolean[], workloads: readonly (typeof shop)[]) =>
      checksOf(
        topologyCluster({
          overrides: {
            workload: {
              state: "reachable",
              apiServerVersion: "v1.34.0",
              nodes: nodes.map((ready, at) => node(`n${at}`, ready)),
              workloads,
            },
          },
        }),
        request,
      ).at(-1);
    expect(check([true, false], [])).toMatchObject({ result: "failed", message: "1 of 2 nodes are ready." });
    expect(check([true], [shop])).toMatchObject({
      result: "failed",
      message: "1 of 1 nodes are ready, 0 of 1 workloads are available.",
    });
    expect(check([true], [{ ...shop, available: 3 }])).toMatchObject({
      result: "passed",
      message: "1 of 1 nodes are ready, 1 of 1 workloads are available.",
    });
  });
});

it("every reason to refuse an upgrade belongs to one check", () => {
  const ofLater = ["DeclaredAhead", "NothingToRepair", "RepairWouldDowngrade"];
  expect(checkedReasons.toSorted()).toEqual(
    Object.keys(refusalReasons)
      .filter((reason) => !ofLater.includes(reason))
      .toSorted(),
  );
});
