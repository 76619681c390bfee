import { expect, it } from "vitest";
import { planUpgrade } from "../../upgrade/plan.ts";
import { imageCatalog, plainCluster, topologyCluster, variableTexts } from "../../upgrade/testing/snapshots.ts";
import { stepText } from "./plan-text.ts";

it.each([
  ["a topology", topologyCluster(), "v1.35.2", ["Cluster demo/c1: v1.34.0 → v1.35.2"]],
  [
    "a topology that is chained",
    topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.1"] } }),
    "v1.36.1",
    ["Cluster demo/c1: v1.34.0 → v1.36.1 (Cluster API takes the control plane through v1.35.2, v1.36.1, the workers through v1.36.1)"],
  ],
  [
    "a topology whose machine image is a variable",
    topologyCluster({ topology: { variables: variableTexts({ osImage: "ami-1", "cp/osImage": "ami-1" }) } }),
    "v1.35.2",
    ["Cluster demo/c1: v1.34.0 → v1.35.2, with variable osImage ami-2, with variable osImage of the control plane ami-2"],
  ],
  [
    "a template that is copied",
    plainCluster({ images: ["ami-1"], pools: [] }),
    "v1.35.2",
    ["KubeadmControlPlane demo/c1-cp: v1.34.0 → v1.35.2, with a copy of DockerMachineTemplate c1-cp that names ami-2"],
  ],
])("a step of %s in words", (_, snapshot, target, expected) => {
  const images = imageCatalog({ "v1.34.0": ["ami-1"], "v1.35.2": ["ami-2"] });
  const result = planUpgrade(snapshot, { target, via: [], images });
  expect(result.kind === "plan" ? result.plan.steps.map(stepText) : result.kind).toEqual(expected);
});
