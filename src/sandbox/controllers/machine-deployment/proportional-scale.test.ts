import { describe, expect, it } from "vitest";
import type { MachineDeployment } from "../machine-set/machine-objects.ts";
import { rolloutLimits } from "./fenceposts.ts";
import { planScale, type ScalableMachineSet } from "./proportional-scale.ts";

/** [name, spec.replicas, annotated maximum, available (default: all)]; later ones are older. */
type Row = readonly [name: string, replicas: number, maximum?: number, available?: number];

function set([name, replicas, maximum, available = replicas]: Row, index: number): ScalableMachineSet {
  return {
    name,
    replicas,
    actual: replicas,
    available,
    createdAt: `2026-11-23T22:00:0${9 - index}Z`,
    annotatedReplicas: maximum,
    annotatedMaximum: maximum,
  };
}

// The first rows are the cases of Kubernetes' TestDeploymentController_scale (pkg/controller/deployment/sync_test.go), from which Cluster API's code descends; the rest by hand.
describe("scaling while paused", () => {
  it.each<
    readonly [
      string,
      { readonly replicas: number; readonly maxSurge?: number },
      Row | undefined,
      readonly Row[],
      Readonly<Record<string, number>>,
    ]
  >([
    ["normal scaling: 10 to 12", { replicas: 12 }, ["new", 10, 10], [], { new: 12 }],
    ["normal scaling: 10 to 5", { replicas: 5 }, ["new", 10, 10], [], { new: 5 }],
    ["proportional scaling: 5 to 10", { replicas: 10 }, ["new", 2, 5], [["old", 3, 5]], { new: 4, old: 6 }],
    ["proportional scaling: 5 to 3", { replicas: 3 }, ["new", 2, 5], [["old", 3, 5]], { new: 1, old: 2 }],
    ["proportional scaling: 9 to 4", { replicas: 4 }, ["new", 8, 9], [["old", 1, 9]], { new: 4, old: 0 }],
    [
      "proportional scaling: 7 to 10",
      { replicas: 10 },
      ["new", 2, 7],
      [
        ["older", 3, 7],
        ["oldest", 2, 7],
      ],
      { new: 3, older: 4, oldest: 3 },
    ],
    [
      "proportional scaling: 13 to 8",
      { replicas: 8 },
      ["new", 2, 13],
      [
        ["older", 8, 13],
        ["oldest", 3, 13],
      ],
      { new: 1, older: 5, oldest: 2 },
    ],
    [
      "scales up the new replica set",
      { replicas: 4 },
      ["new", 0, 4, 0],
      [
        ["older", 0, 4],
        ["oldest", 4, 4],
      ],
      {},
    ],
    [
      "down to zero",
      { replicas: 0 },
      ["new", 3, 10],
      [
        ["older", 2, 10],
        ["oldest", 5, 10],
      ],
      { new: 0, older: 0, oldest: 0 },
    ],
    ["nothing to do", { replicas: 5 }, ["new", 2, 5], [["old", 3, 5]], {}],
    ["in the middle of a rollout with a surge", { replicas: 4, maxSurge: 1 }, ["new", 1, 5], [["old", 3, 5]], { old: 4 }],
    ["no MachineSet of the template yet", { replicas: 3 }, undefined, [["old", 2, 2]], { old: 3 }],
    ["none at all", { replicas: 3 }, undefined, [], {}],
    [
      "none with machines: the newest grows",
      { replicas: 3 },
      undefined,
      [
        ["older", 0],
        ["oldest", 0],
      ],
      { older: 3 },
    ],
    ["the new one is the whole already", { replicas: 3 }, ["new", 3, 3], [["old", 2, 3]], { old: 0 }],
    ["… but not available", { replicas: 3 }, ["new", 3, 3, 2], [["old", 2, 3]], { new: 1 }],
  ])("%s", (_name, { replicas, maxSurge = 0 }, current, old, expected) => {
    const plan = planScale({
      limits: { replicas, maxSurge, maxUnavailable: 0 },
      isRolling: true,
      actual: 0,
      current: current === undefined ? undefined : set(current, 0),
      old: old.map((row, index) => set(row, index + 1)),
    });
    expect(Object.fromEntries(plan)).toEqual(expected);
  });

  it("leaves several MachineSets alone where the strategy is OnDelete", () => {
    const limits = { replicas: 9, maxSurge: 0, maxUnavailable: 0 };
    expect(planScale({ limits, isRolling: false, actual: 5, current: set(["new", 2, 5], 0), old: [set(["old", 3, 5], 1)] }).size).toBe(0);
  });
});

// The examples above ResolveFenceposts (mdutil/util.go at v1.14), and its rounding.
describe("limits of a rollout", () => {
  it.each([
    [2, "0%", "1%", 0, 1],
    [1, "0%", "1%", 0, 1],
    [2, "1%", "25%", 1, 0],
    [1, "1%", "25%", 1, 0],
    [2, "1%", "0%", 1, 0],
    [10, "25%", "25%", 3, 2],
    [4, 2, 9, 2, 4],
    [0, 1, 1, 1, 0],
    [3, undefined, undefined, 1, 0],
  ])("%d replicas, surge %s, unavailable %s", (replicas, maxSurge, maxUnavailable, surge, unavailable) => {
    const rollingUpdate = { ...(maxSurge === undefined ? {} : { maxSurge }), ...(maxUnavailable === undefined ? {} : { maxUnavailable }) };
    const deployment: MachineDeployment = {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "MachineDeployment",
      metadata: { name: "pool", uid: "1" },
      spec: {
        clusterName: "plain",
        replicas,
        selector: {},
        template: { spec: { clusterName: "plain" } },
        rollout: { strategy: { rollingUpdate } },
      },
    };
    expect(rolloutLimits(deployment)).toEqual({ replicas, maxSurge: surge, maxUnavailable: unavailable });
  });
});
