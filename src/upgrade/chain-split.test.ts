import { expect, it } from "vitest";
import { versionsBetween } from "./chain-split.ts";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { imageCatalog, machine, topologyCluster, variableTexts, type TopologyOptions } from "./testing/snapshots.ts";

const classVersions = ["v1.33.1", "v1.34.0", "v1.34.2", "v1.35.2", "v1.36.1", "v1.37.0"];
const images = imageCatalog({ "v1.34.0": ["ami-1"] });

function cluster(topology: TopologyOptions["topology"] = {}, more: Omit<TopologyOptions, "topology"> = {}): ClusterSnapshot {
  return topologyCluster({ ...more, topology: { classVersions, variables: variableTexts({ osImage: "ami-1" }), ...topology } });
}

it.each<[string, ClusterSnapshot, readonly string[], readonly string[]]>([
  ["each minor's, where the class lists them and a variable holds the image", cluster(), [], ["v1.35.2", "v1.36.1"]],
  ["beside those that were asked for", cluster(), ["v1.35.1"], ["v1.35.1", "v1.35.2", "v1.36.1"]],
  ["only those, where no variable holds it", cluster({ variables: variableTexts({ osImage: "x" }) }), ["v1.35.2"], ["v1.35.2"]],
  ["only those, where the class lists none", cluster({ classVersions: undefined }), ["v1.35.2"], ["v1.35.2"]],
  [
    "from the oldest machine on, whatever is declared",
    cluster({ version: "v1.35.2" }, { controlPlane: { version: "v1.35.2" } }),
    [],
    ["v1.35.2", "v1.36.1"],
  ],
  ["none that the machines are past", cluster({}, { version: "v1.35.2" }), [], ["v1.36.1"]],
  ["from the control plane's on, where there are no machines", cluster({}, { overrides: { machines: [] } }), [], ["v1.35.2", "v1.36.1"]],
  ["none to be told, with a version that is none", cluster({ classVersions: [...classVersions, "latest"] }), ["v1.35.2"], ["v1.35.2"]],
  [
    "a machine with a version that is none tells nothing",
    cluster({}, { overrides: { machines: [machine("a", "latest"), machine("b", "v1.35.2")] } }),
    [],
    ["v1.36.1"],
  ],
])("an upgrade stops at %s", (_, snapshot, via, expected) => {
  expect(versionsBetween(snapshot, { target: "v1.37.0", via, images })).toEqual(expected);
});
