import { describe, expect, it } from "vitest";
import type { SnapshotGap } from "../../upgrade/cluster-snapshot.ts";
import type { RawObject } from "./fields.ts";
import { readNode } from "./node.ts";
import { readWorkloadHealth } from "./workload-health.ts";

const object = (name: string, spec: RawObject | undefined, status: RawObject | undefined): RawObject => ({
  metadata: { name, namespace: "web" },
  spec,
  status,
});

describe("readNode", () => {
  it.each([
    [
      "a ready node",
      object(
        "n",
        {},
        {
          nodeInfo: { kubeletVersion: "v1.34.0" },
          conditions: [
            { type: "DiskPressure", status: "False" },
            { type: "Ready", status: "True" },
          ],
        },
      ),
      { name: "n", ready: true, unschedulable: false, kubeletVersion: "v1.34.0" },
    ],
    [
      "a cordoned node that is not ready",
      object("n", { unschedulable: true }, { nodeInfo: { kubeletVersion: "v1.34.0" }, conditions: [{ type: "Ready", status: "Unknown" }] }),
      { name: "n", ready: false, unschedulable: true, kubeletVersion: "v1.34.0" },
    ],
    ["a node without a status", object("n", undefined, undefined), { name: "n", ready: false, unschedulable: false, kubeletVersion: "" }],
    [
      "a node with odd conditions",
      object("n", {}, { conditions: [null, "x"] }),
      { name: "n", ready: false, unschedulable: false, kubeletVersion: "" },
    ],
  ])("%s", (_, given, expected) => {
    expect(readNode(given, () => {})).toEqual(expected);
  });
});

describe("readWorkloadHealth", () => {
  it.each([
    [
      "Deployment",
      object("a", { replicas: 3 }, { observedGeneration: 1, availableReplicas: 2 }),
      { desired: 3, available: 2, observed: true },
    ],
    ["Deployment", object("a", {}, { observedGeneration: 1 }), { desired: 1, available: 0, observed: true }],
    ["Deployment", object("a", { replicas: 0 }, undefined), { desired: 0, available: 0, observed: false }],
    [
      "StatefulSet",
      object("a", { replicas: 3 }, { observedGeneration: 4, availableReplicas: 3 }),
      { desired: 3, available: 3, observed: true },
    ],
    [
      "DaemonSet",
      object("a", {}, { observedGeneration: 1, desiredNumberScheduled: 5, numberAvailable: 4 }),
      { desired: 5, available: 4, observed: true },
    ],
    ["DaemonSet", object("a", {}, {}), { desired: 0, available: 0, observed: false }],
  ] as const)("%s %#", (kind, given, expected) => {
    expect(readWorkloadHealth(given, kind, () => {})).toEqual({ kind, namespace: "web", name: "a", ...expected });
  });

  it("reports a count that is no number", () => {
    const gaps: SnapshotGap[] = [];
    readWorkloadHealth(object("a", { replicas: "many" }, undefined), "Deployment", (gap) => gaps.push(gap));
    expect(gaps).toMatchObject([{ kind: "unreadable", what: "Deployment web/a" }]);
  });
});
