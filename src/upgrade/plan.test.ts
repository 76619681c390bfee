import { describe, expect, it } from "vitest";
import { planUpgrade } from "./plan.ts";
import { plainCluster, topologyCluster, type PoolOptions } from "./testing/snapshots.ts";
import type { PlanResult } from "./upgrade-types.ts";

function words(result: PlanResult): readonly string[] {
  switch (result.kind) {
    case "plan":
      return result.plan.steps.map((step) => {
        const more =
          step.kind === "topology"
            ? ` (control plane ${step.controlPlaneThrough.join(" ")}; workers ${step.workersThrough.join(" ")})`
            : step.rotation === undefined
              ? ""
              : ` (${step.rotation.template.name}: ${step.rotation.set.map(({ value, to }) => `${value} > ${to}`).join(", ")})`;
        return `${step.object.name} ${step.from} > ${step.to}${more}`;
      });
    case "nothing-to-do":
      return [result.message];
    case "refused":
      return result.refusals.map(({ reason }) => reason);
    default:
      return result satisfies never;
  }
}

describe("a cluster without a topology", () => {
  const table: readonly {
    readonly name: string;
    readonly pools: readonly PoolOptions[];
    readonly version: string;
    readonly target: string;
    readonly via?: readonly string[];
    readonly steps: readonly string[];
  }[] = [
    {
      name: "a patch: control plane, then the pools in their order",
      version: "v1.34.0",
      pools: [{ name: "b" }, { name: "a" }],
      target: "v1.34.2",
      steps: ["c1-cp v1.34.0 > v1.34.2", "b v1.34.0 > v1.34.2", "a v1.34.0 > v1.34.2"],
    },
    {
      name: "four minors: workers hop when the next minor of the control plane would leave them behind",
      version: "v1.30.1",
      pools: [{}],
      target: "v1.34.2",
      via: ["v1.31.5", "v1.32.4", "v1.33.3"],
      steps: [
        "c1-cp v1.30.1 > v1.31.5",
        "c1-cp v1.31.5 > v1.32.4",
        "c1-cp v1.32.4 > v1.33.3",
        "md-0 v1.30.1 > v1.33.3",
        "c1-cp v1.33.3 > v1.34.2",
        "md-0 v1.33.3 > v1.34.2",
      ],
    },
    {
      name: "three minors: workers once, at the end",
      version: "v1.31.0",
      pools: [{}],
      target: "v1.34.2",
      via: ["v1.33.3", "v1.32.4"],
      steps: ["c1-cp v1.31.0 > v1.32.4", "c1-cp v1.32.4 > v1.33.3", "c1-cp v1.33.3 > v1.34.2", "md-0 v1.31.0 > v1.34.2"],
    },
  ];
  it.each(table)("$name", ({ version, pools, target, via = [], steps }) => {
    expect(words(planUpgrade(plainCluster({ version, pools }), { target, via }))).toEqual(steps);
  });
});

describe("a cluster with a topology", () => {
  it("one write, Cluster API chains the versions of the class", () => {
    const cluster = topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.1", "v1.37.0"] } });
    expect(words(planUpgrade(cluster, { target: "v1.37.0", via: [] }))).toEqual([
      "c1 v1.34.0 > v1.37.0 (control plane v1.35.2 v1.36.1 v1.37.0; workers v1.37.0)",
    ]);
  });
  it("one minor a write without versions in the class", () => {
    expect(words(planUpgrade(topologyCluster(), { target: "v1.36.0", via: ["v1.35.2"] }))).toEqual([
      "c1 v1.34.0 > v1.35.2 (control plane v1.35.2; workers v1.35.2)",
      "c1 v1.35.2 > v1.36.0 (control plane v1.36.0; workers v1.36.0)",
    ]);
    expect(words(planUpgrade(topologyCluster(), { target: "v1.36.0", via: [] }))).toEqual(["IntermediateVersionUnknown"]);
  });
});
