import { describe, expect, it } from "vitest";
import { stepUnderWay } from "./current-step.ts";
import type { Flight } from "./flight.ts";
import { machine, plainCluster, reference, topologyCluster } from "./testing/snapshots.ts";

const flight = (kind: string, name: string): Flight => ({ object: reference(kind, name), version: "v1.35.2", change: "version", open: [] });
const cp = flight("KubeadmControlPlane", "c1-cp");
const pool = flight("MachineDeployment", "md-0");
const worker = (name: string, version: string | undefined) => ({ ...machine(name, "v1.34.0", { pool: "md-0", machineSet: "s" }), version });

describe("the step that is being carried out, by the cluster itself", () => {
  it.each([
    ["the control plane, from what its machines have", plainCluster(), cp, "control-plane", "v1.34.0"],
    [
      "a pool, from the lowest that its machines have",
      plainCluster({ overrides: { machines: [worker("a", "v1.35.2"), worker("b", "v1.33.1")] } }),
      pool,
      "pool",
      "v1.33.1",
    ],
    [
      "a pool of a cluster without a control plane object",
      plainCluster({ overrides: { controlPlane: undefined } }),
      pool,
      "pool",
      "v1.34.0",
    ],
    ["a pool without machines yet", plainCluster({ overrides: { machines: [] } }), pool, "pool", "v1.35.2"],
    [
      "machines whose version is none, or none that can be read",
      plainCluster({ overrides: { machines: [worker("a", undefined), worker("b", "latest")] } }),
      pool,
      "pool",
      "v1.35.2",
    ],
  ])("%s", (_, snapshot, under, kind, from) => {
    expect(stepUnderWay(snapshot, under)).toEqual({ kind, object: under.object, from, to: "v1.35.2", rotation: undefined });
  });

  const cluster = flight("Cluster", "c1");
  it.each([
    ["machines tell where it came from", topologyCluster(), "v1.34.0", ["v1.35.2"], []],
    ["without machines the topology does", topologyCluster({ overrides: { machines: [] } }), "v1.34.0", ["v1.35.2"], []],
    [
      "what Cluster API still has to go through is its plan",
      topologyCluster({ topology: { controlPlaneUpgradePlan: ["v1.35.2", "v1.36.1"], workersUpgradePlan: ["v1.36.1"] } }),
      "v1.34.0",
      ["v1.35.2", "v1.36.1"],
      ["v1.36.1"],
    ],
  ])("a topology: %s", (_, snapshot, from, controlPlaneThrough, workersThrough) => {
    expect(stepUnderWay(snapshot, cluster)).toEqual({
      kind: "topology",
      object: cluster.object,
      from,
      to: "v1.35.2",
      controlPlaneThrough,
      workersThrough,
    });
  });
});
