import { describe, expect, it } from "vitest";
import { topologyPath } from "./topology-path.ts";

const chain = (classVersions: readonly string[] | undefined, controlPlane: string, target: string, lowestWorker?: string) =>
  topologyPath({ controlPlane, lowestWorker, target, classVersions });

// Rows of TestGetUpgradePlanFromClusterClassVersions, cluster-api v1.14 exp/topology/desiredstate/upgrade_plan_test.go.
describe("the control plane's chain, as Cluster API computes it", () => {
  it.each([
    ["everything is up to date", ["v1.31.0"], "v1.31.0", "v1.31.0", []],
    ["one minor", ["v1.31.0", "v1.32.0", "v1.32.1"], "v1.31.0", "v1.32.0", ["v1.32.0"]],
    ["a patch", ["v1.35.1", "v1.35.2"], "v1.35.1", "v1.35.2", ["v1.35.2"]],
    ["patches are skipped", ["v1.35.1", "v1.35.2", "v1.35.3"], "v1.35.1", "v1.35.3", ["v1.35.3"]],
    ["not the newest patch", ["v1.35.1", "v1.35.2", "v1.35.3"], "v1.35.1", "v1.35.2", ["v1.35.2"]],
    ["two minors", ["v1.31.0", "v1.32.0", "v1.33.0"], "v1.31.0", "v1.33.0", ["v1.32.0", "v1.33.0"]],
    [
      "the last of every minor",
      ["v1.31.0", "v1.31.1", "v1.32.0", "v1.32.2", "v1.32.3", "v1.33.0", "v1.33.1"],
      "v1.31.0",
      "v1.33.1",
      ["v1.32.3", "v1.33.1"],
    ],
    [
      "pre-releases",
      ["v1.31.0", "v1.31.1", "v1.32.0-alpha.0", "v1.32.0-alpha.1", "v1.32.0-alpha.2", "v1.33.0", "v1.33.1"],
      "v1.31.0",
      "v1.33.1",
      ["v1.32.0-alpha.2", "v1.33.1"],
    ],
    [
      "build metadata",
      ["v1.31.0", "v1.31.1", "v1.32.0+foo.1-bar.1", "v1.32.0+foo.2-bar.1", "v1.32.0+foo.2-bar.2", "v1.33.0", "v1.33.1"],
      "v1.31.0",
      "v1.33.1",
      ["v1.32.0+foo.2-bar.2", "v1.33.1"],
    ],
    [
      "build metadata without an order",
      [
        "v1.31.0+a",
        "v1.31.0+b",
        "v1.31.0+c",
        "v1.31.1+a",
        "v1.32.0+a",
        "v1.32.0+b",
        "v1.32.0+c",
        "v1.33.0+b",
        "v1.33.1+a",
        "v1.33.1+b",
        "v1.33.1+c",
      ],
      "v1.31.0+b",
      "v1.33.1+b",
      ["v1.32.0+c", "v1.33.1+b"],
    ],
    ["a version older than the list", ["v1.31.1", "v1.32.0", "v1.33.0"], "v1.31.0", "v1.33.0", ["v1.32.0", "v1.33.0"]],
    ["a version that the list lacks", ["v1.31.0", "v1.32.0", "v1.33.0"], "v1.31.2", "v1.33.0", ["v1.32.0", "v1.33.0"]],
    ["a minor that the list lacks", ["v1.32.0", "v1.33.0"], "v1.30.2", "v1.33.0", ["v1.32.0", "v1.33.0"]],
    ["beyond the target", ["v1.34.0", "v1.35.0", "v1.36.0"], "v1.34.0", "v1.35.0", ["v1.35.0"]],
    ["a target that the list lacks", ["v1.34.0", "v1.35.0", "v1.36.0"], "v1.34.0", "v1.35.5", ["v1.35.0"]],
    ["a change of build alone: none", ["v1.34.0+a", "v1.34.0+b"], "v1.34.0+a", "v1.34.0+b", []],
  ])("%s", (_, classVersions, from, target, path) => {
    expect(chain(classVersions, from, target).controlPlane).toEqual(path);
  });

  it("is one step without a list", () => {
    expect(chain(undefined, "v1.34.0", "v1.35.2").controlPlane).toEqual(["v1.35.2"]);
    expect(chain(undefined, "v1.35.2", "v1.35.2").controlPlane).toEqual([]);
  });
});

// DefaultAndValidateUpgradePlans: a hop at every third minor, and the target.
describe("the workers' hops, as Cluster API computes them", () => {
  const all = ["v1.30.1", "v1.31.1", "v1.32.1", "v1.33.1", "v1.34.1", "v1.35.1", "v1.36.1", "v1.37.1"];
  it.each([
    ["one minor", "v1.30.1", "v1.30.1", "v1.31.1", ["v1.31.1"]],
    ["three minors", "v1.30.1", "v1.30.1", "v1.33.1", ["v1.33.1"]],
    ["four minors", "v1.30.1", "v1.30.1", "v1.34.1", ["v1.33.1", "v1.34.1"]],
    ["six minors", "v1.30.1", "v1.30.1", "v1.36.1", ["v1.33.1", "v1.36.1"]],
    ["seven minors", "v1.30.1", "v1.30.1", "v1.37.1", ["v1.33.1", "v1.36.1", "v1.37.1"]],
    ["workers behind a control plane on its way", "v1.33.1", "v1.30.1", "v1.35.1", ["v1.33.1", "v1.35.1"]],
    ["a control plane that is there", "v1.34.1", "v1.33.1", "v1.34.1", ["v1.34.1"]],
    ["workers that are there", "v1.34.1", "v1.34.1", "v1.34.1", []],
    ["a minor that nothing stands for", "v1.34.1", "v1.30.1", "v1.35.1", ["v1.35.1"]],
  ])("%s", (_, controlPlane, lowestWorker, target, hops) => {
    expect(chain(all, controlPlane, target, lowestWorker).workers).toEqual(hops);
  });
  it("has none without workers", () => expect(chain(all, "v1.30.1", "v1.34.1").workers).toEqual([]));
  it("is seen running: v1.34.0 to v1.37.0 takes the workers once", () => {
    expect(chain(["v1.34.0", "v1.35.2", "v1.36.1", "v1.37.0"], "v1.34.0", "v1.37.0", "v1.34.0")).toEqual({
      controlPlane: ["v1.35.2", "v1.36.1", "v1.37.0"],
      workers: ["v1.37.0"],
    });
  });
});
