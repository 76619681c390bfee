import { describe, expect, it } from "vitest";
import { variableName, type VariableChange } from "./class-variables.ts";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import type { ImageCatalog } from "./machine-images.ts";
import { planUpgrade } from "./plan.ts";
import { imageCatalog, plainCluster, topologyCluster, variableTexts, type PoolOptions } from "./testing/snapshots.ts";
import type { PlanResult } from "./upgrade-types.ts";

function variableWords(variables: readonly VariableChange[] = []): string {
  return variables.map((change) => `, ${variableName(change)} ${change.value ?? ""} > ${change.to}`).join("");
}

function words(result: PlanResult): readonly string[] {
  switch (result.kind) {
    case "plan":
      return result.plan.steps.map((step) => {
        const more =
          step.kind === "topology"
            ? ` (control plane ${step.controlPlaneThrough.join(" ")}; workers ${step.workersThrough.join(" ")})${variableWords(step.variables)}`
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
    readonly images?: readonly string[];
    readonly target: string;
    readonly via?: readonly string[];
    readonly catalog?: ImageCatalog;
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
      name: "what is done is not planned again",
      version: "v1.34.2",
      pools: [{ name: "a" }, { name: "b", version: "v1.33.0" }, { name: "c", version: "v1.34.0" }],
      target: "v1.34.2",
      steps: ["b v1.33.0 > v1.34.2", "c v1.34.0 > v1.34.2"],
    },
    {
      name: "in the middle of several minors",
      version: "v1.33.3",
      pools: [{ version: "v1.30.1" }, { name: "ahead", version: "v1.33.3" }],
      target: "v1.34.2",
      via: ["v1.31.5", "v1.32.4", "v1.33.3"],
      steps: ["md-0 v1.30.1 > v1.33.3", "c1-cp v1.33.3 > v1.34.2", "md-0 v1.33.3 > v1.34.2", "ahead v1.33.3 > v1.34.2"],
    },
    {
      name: "images follow, step by step",
      version: "v1.34.0",
      pools: [{ images: ["kindest/node:v1.34.0", "other:v1.36.0"] }],
      images: ["kindest/node:v1.34.0"],
      target: "v1.36.0",
      via: ["v1.35.2"],
      steps: [
        "c1-cp v1.34.0 > v1.35.2 (c1-cp: kindest/node:v1.34.0 > kindest/node:v1.35.2)",
        "c1-cp v1.35.2 > v1.36.0 (c1-cp: kindest/node:v1.35.2 > kindest/node:v1.36.0)",
        "md-0 v1.34.0 > v1.36.0 (md-0: kindest/node:v1.34.0 > kindest/node:v1.36.0)",
      ],
    },
    {
      name: "images of the catalog, step by step, those between too",
      version: "v1.34.0",
      pools: [{ images: ["node-a"] }],
      images: ["node-a"],
      target: "v1.36.0",
      via: ["v1.35.2"],
      catalog: imageCatalog({ "v1.34.0": ["node-a"], "v1.35.2": ["node-b"], "v1.36.0": ["node-c"] }),
      steps: [
        "c1-cp v1.34.0 > v1.35.2 (c1-cp: node-a > node-b)",
        "c1-cp v1.35.2 > v1.36.0 (c1-cp: node-b > node-c)",
        "md-0 v1.34.0 > v1.36.0 (md-0: node-a > node-c)",
      ],
    },
    {
      name: "images that name the version where the catalog has none, and what it has before what they name",
      version: "v1.34.0",
      pools: [],
      images: ["node:v1.34.0"],
      target: "v1.37.0",
      via: ["v1.35.2", "v1.36.0"],
      catalog: imageCatalog({ "v1.36.0": ["mine:v1.36.0-20260101"] }),
      steps: [
        "c1-cp v1.34.0 > v1.35.2 (c1-cp: node:v1.34.0 > node:v1.35.2)",
        "c1-cp v1.35.2 > v1.36.0 (c1-cp: node:v1.35.2 > mine:v1.36.0-20260101)",
        "c1-cp v1.36.0 > v1.37.0 (c1-cp: mine:v1.36.0-20260101 > mine:v1.37.0-20260101)",
      ],
    },
    {
      name: "the image of a MachinePool does not",
      version: "v1.34.0",
      pools: [{ kind: "MachinePool", images: ["kindest/node:v1.34.0"] }],
      target: "v1.34.2",
      steps: ["c1-cp v1.34.0 > v1.34.2", "md-0 v1.34.0 > v1.34.2"],
    },
    {
      name: "a MachinePool and a MachineDeployment of one name are two",
      version: "v1.34.0",
      pools: [{}, { kind: "MachinePool", version: "v1.33.0" }],
      target: "v1.34.2",
      steps: ["c1-cp v1.34.0 > v1.34.2", "md-0 v1.34.0 > v1.34.2", "md-0 v1.33.0 > v1.34.2"],
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
  it.each(table)("$name", ({ version, pools, images = [], target, via = [], catalog, steps }) => {
    expect(words(planUpgrade(plainCluster({ version, pools, images }), { target, via, images: catalog }))).toEqual(steps);
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

describe("a topology whose machine image is a variable of its class", () => {
  const images = imageCatalog({ "v1.34.0": ["ami-a"], "v1.35.2": ["ami-b"], "v1.36.1": ["ami-c"], "v1.37.0": ["ami-d"] });
  const variables = variableTexts({ osImage: "ami-a", instanceType: "m5.large", "md-0/osImage": "ami-a" });
  const classVersions = ["v1.34.0", "v1.35.2", "v1.36.1", "v1.37.0"];

  it("the version and its image are one write", () => {
    expect(words(planUpgrade(topologyCluster({ topology: { variables } }), { target: "v1.35.2", via: [], images }))).toEqual([
      "c1 v1.34.0 > v1.35.2 (control plane v1.35.2; workers v1.35.2), variable osImage ami-a > ami-b, variable osImage of pool md-0 ami-a > ami-b",
    ]);
  });

  it("each minor has its own", () => {
    const cluster = topologyCluster({ topology: { variables: variableTexts({ osImage: "ami-a" }) } });
    expect(words(planUpgrade(cluster, { target: "v1.36.1", via: ["v1.35.2"], images }))).toEqual([
      "c1 v1.34.0 > v1.35.2 (control plane v1.35.2; workers v1.35.2), variable osImage ami-a > ami-b",
      "c1 v1.35.2 > v1.36.1 (control plane v1.36.1; workers v1.36.1), variable osImage ami-b > ami-c",
    ]);
  });

  it.each<[string, Parameters<typeof variableTexts>[0], readonly string[]]>([
    [
      "is no chain of Cluster API's, though the class lists the versions",
      { osImage: "ami-a" },
      [
        "c1 v1.34.0 > v1.35.2 (control plane v1.35.2; workers v1.35.2), variable osImage ami-a > ami-b",
        "c1 v1.35.2 > v1.36.1 (control plane v1.36.1; workers v1.36.1), variable osImage ami-b > ami-c",
        "c1 v1.36.1 > v1.37.0 (control plane v1.37.0; workers v1.37.0), variable osImage ami-c > ami-d",
      ],
    ],
    [
      "is one where no variable holds an image",
      { osImage: "by-version" },
      ["c1 v1.34.0 > v1.37.0 (control plane v1.35.2 v1.36.1 v1.37.0; workers v1.37.0)"],
    ],
  ])("%s", (_, values, expected) => {
    const cluster = topologyCluster({ topology: { classVersions, variables: variableTexts(values) } });
    expect(words(planUpgrade(cluster, { target: "v1.37.0", via: [], images }))).toEqual(expected);
  });
});

describe("clusters of other shapes", () => {
  const at = (snapshot: ClusterSnapshot, target = "v1.35.2"): readonly string[] => words(planUpgrade(snapshot, { target, via: [] }));
  it.each([
    [
      "pools alone go straight to the target",
      plainCluster({ overrides: { controlPlane: undefined }, version: "v1.31.0" }),
      ["md-0 v1.31.0 > v1.35.2"],
    ],
    [
      "pools alone, some of them there",
      plainCluster({ pools: [{ version: "v1.35.2" }, { name: "b" }], overrides: { controlPlane: undefined } }),
      ["b v1.34.0 > v1.35.2"],
    ],
    [
      "pools of a control plane that is not ours",
      plainCluster({ controlPlane: { version: undefined, reportedVersion: "v1.35.2" } }),
      ["md-0 v1.34.0 > v1.35.2"],
    ],
    ["a pool without a version stays", plainCluster({ pools: [{ overrides: { version: undefined } }] }), ["c1-cp v1.34.0 > v1.35.2"]],
    ["a topology without pools", topologyCluster({ pools: [] }), ["c1 v1.34.0 > v1.35.2 (control plane v1.35.2; workers )"]],
    [
      "a topology whose pools are others'",
      topologyCluster({ pools: [{ overrides: { topologyName: undefined } }] }),
      ["c1 v1.34.0 > v1.35.2 (control plane v1.35.2; workers )"],
    ],
    [
      "a topology whose control plane has no version",
      topologyCluster({ controlPlane: { version: undefined }, topology: { classVersions: ["v1.34.0", "v1.35.2"] } }),
      ["c1 v1.34.0 > v1.35.2 (control plane v1.35.2; workers v1.35.2)"],
    ],
  ])("%s", (_, snapshot, steps) => {
    expect(at(snapshot)).toEqual(steps);
  });

  it.each([
    ["a cluster that is there", plainCluster({ version: "v1.35.2" }), "Cluster demo/c1 is at v1.35.2 already."],
    ["a topology that is there", topologyCluster({ version: "v1.35.2" }), "Cluster demo/c1 is at v1.35.2 already."],
    [
      "pools alone that are there",
      plainCluster({ version: "v1.35.2", overrides: { controlPlane: undefined } }),
      "Cluster demo/c1 is at v1.35.2 already.",
    ],
    [
      "a cluster that rolls",
      plainCluster({ pools: [], controlPlane: { version: "v1.35.2" } }),
      "Cluster demo/c1 declares v1.35.2 already and is on its way: c1-cp-0 is still v1.34.0.",
    ],
    [
      "a cluster with a worker that is not available",
      plainCluster({
        version: "v1.35.2",
        pools: [{ overrides: { replicas: { desired: 2, current: 2, ready: 1, available: 1, upToDate: 2 } } }],
      }),
      "Cluster demo/c1 declares v1.35.2 already.",
    ],
    [
      "a cluster whose control plane is not available",
      plainCluster({ version: "v1.35.2", controlPlane: { replicas: { desired: 3, current: 3, ready: 2, available: 2, upToDate: 3 } } }),
      "Cluster demo/c1 declares v1.35.2 already.",
    ],
    [
      "a topology whose control plane rolls",
      topologyCluster({ topology: { version: "v1.35.2" } }),
      "Cluster demo/c1 declares v1.35.2 already and is on its way: KubeadmControlPlane c1-cp is still to get v1.35.2 (it has v1.34.0).",
    ],
    [
      "a topology whose pool rolls",
      topologyCluster({ version: "v1.35.2", pools: [{ overrides: { generation: 2 } }] }),
      "Cluster demo/c1 declares v1.35.2 already.",
    ],
  ])("nothing to do for %s", (_, snapshot, message) => {
    expect(planUpgrade(snapshot, { target: "v1.35.2", via: [] })).toEqual({ kind: "nothing-to-do", message });
  });

  it("does not take an empty cluster for one that is there", () => {
    expect(at(plainCluster({ pools: [], overrides: { controlPlane: undefined } }))).toEqual(["ControlPlaneNotInitialized"]);
    const versionless = plainCluster({ pools: [{ overrides: { version: undefined } }], overrides: { controlPlane: undefined } });
    expect(at(versionless)).toEqual(["ControlPlaneNotInitialized"]);
  });
});

describe("what a plan tells", () => {
  const plan = (snapshot: ClusterSnapshot, target: string, via: readonly string[] = []) => {
    const result = planUpgrade(snapshot, { target, via });
    return result.kind === "plan" ? result.plan : undefined;
  };
  it("is its cluster, its ends and its machines", () => {
    expect(plan(plainCluster(), "v1.35.2")).toMatchObject({
      cluster: { kind: "Cluster", name: "c1" },
      from: "v1.34.0",
      to: "v1.35.2",
      machinesToReplace: 5,
    });
  });
  it.each([
    ["control planes once a step", plainCluster(), "v1.36.0", ["v1.35.2"], 3 + 3 + 2],
    [
      "pools that hop twice",
      plainCluster({ version: "v1.30.0", controlPlanes: 1 }),
      "v1.34.0",
      ["v1.31.0", "v1.32.0", "v1.33.0"],
      4 + 2 + 2,
    ],
    [
      "a chain of Cluster API",
      topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.1", "v1.37.0"] } }),
      "v1.37.0",
      [],
      3 * 3 + 2,
    ],
    ["a topology one minor a write", topologyCluster({ pools: [{ replicas: 4 }] }), "v1.36.0", ["v1.35.2"], 3 + 4 + 3 + 4],
    [
      "pools of others are left out",
      topologyCluster({ pools: [{ replicas: 4 }, { name: "x", overrides: { topologyName: undefined } }] }),
      "v1.35.2",
      [],
      3 + 4,
    ],
    ["no control plane", plainCluster({ overrides: { controlPlane: undefined } }), "v1.35.2", [], 2],
  ])("counts %s", (_, snapshot, target, via, machines) => {
    expect(plan(snapshot, target, via)?.machinesToReplace).toBe(machines);
  });
});
