import { describe, expect, it } from "vitest";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { findingsOf } from "./conditions-in-words.ts";
import { fixtureNodes, fixtureObjects, type Scene } from "./testing/fixtures.ts";
import { versionOwnerOf } from "./version-owner.ts";
import { readNode } from "./views/node.ts";

const NOW = Date.parse("2026-11-23T22:54:10Z");
const read = (scene: Scene, contract: "v1beta1" | "v1beta2" = "v1beta2") => assembleSnapshot(fixtureObjects(scene, contract), NOW);
const sentences = (scene: Scene) => findingsOf(read(scene)).map(({ standing, sentence }) => `${standing}: ${sentence}`);

describe("real objects of Cluster API v1.14", () => {
  it.each(["topology-settled", "topology-wedged", "plain-settled"] as const)("%s reads the same at both contract versions", (scene) => {
    expect(read(scene, "v1beta1")).toEqual(read(scene, "v1beta2"));
  });

  it("topology-rolling, read twice within a second, differs only in what the controllers wrote meanwhile", () => {
    // Everything that the topology controller, not the passing of time, decides.
    const steady = (contract: "v1beta1" | "v1beta2") => {
      const { ref, uid, generation, topology: current, controlPlane, pools } = read("topology-rolling", contract);
      const topology = { ...current, workersUpgradePlan: [] };
      return {
        ref,
        uid,
        generation,
        topology,
        controlPlane,
        pools: pools.map(({ version, maxSurge, machineTemplate }) => ({ version, maxSurge, machineTemplate })),
      };
    };
    expect(steady("v1beta1")).toEqual(steady("v1beta2"));
  });

  it.each(["topology-settled", "topology-rolling", "topology-wedged", "plain-settled"] as const)("%s leaves no gap", (scene) => {
    expect(read(scene).gaps).toEqual([]);
    expect(read(scene, "v1beta1").gaps).toEqual([]);
  });

  it("a settled topology cluster", () => {
    const snapshot = read("topology-settled");
    expect(snapshot).toMatchObject({
      topology: { className: "in-memory", version: "v1.34.0", classVersions: undefined, pools: [{ name: "md-0" }] },
      controlPlane: {
        topologyOwned: true,
        version: "v1.34.0",
        reportedVersion: "v1.34.0",
        versions: [{ version: "v1.34.0", replicas: 1 }],
        versionOwners: [{ manager: "capi-topology", operation: "Apply" }],
        initialized: true,
        replicas: { desired: 1, current: 1, ready: 1, available: 1, upToDate: 1 },
        machineTemplate: { found: true, versionPins: [] },
      },
      pools: [
        { topologyName: "md-0", version: "v1.34.0", versionOwners: [{ manager: "capi-topology" }], maxSurge: "1", maxUnavailable: "0" },
      ],
    });
    expect(snapshot.observedGeneration).toBe(snapshot.generation);
    expect(
      snapshot.machines.map(({ role, pool, version, kubeletVersion, ready, upToDate, phase }) => [
        role,
        pool === undefined,
        version,
        kubeletVersion,
        ready,
        upToDate,
        phase,
      ]),
    ).toEqual([
      ["control-plane", true, "v1.34.0", "v1.34.0", true, true, "Running"],
      ["worker", false, "v1.34.0", "v1.34.0", true, true, "Running"],
    ]);
    expect(sentences("topology-settled")).toEqual([]);
  });

  it("a topology cluster in the middle of its upgrade: the control plane is done, the pool has three machines' worth of news", () => {
    const snapshot = read("topology-rolling");
    expect(snapshot.topology?.version).toBe("v1.35.2");
    expect(snapshot.controlPlane).toMatchObject({ version: "v1.35.2", versions: [{ version: "v1.35.2", replicas: 1 }] });
    expect(
      snapshot.machines.map(({ role, version, kubeletVersion, upToDate, template }) => ({
        role,
        version,
        kubeletVersion,
        upToDate,
        template: template !== undefined,
      })),
    ).toEqual([
      { role: "worker", version: "v1.34.0", kubeletVersion: "v1.34.0", upToDate: false, template: true },
      { role: "control-plane", version: "v1.35.2", kubeletVersion: "v1.35.2", upToDate: true, template: false },
      { role: "worker", version: "v1.35.2", kubeletVersion: undefined, upToDate: undefined, template: true },
    ]);
    expect(sentences("topology-rolling")).toContain(
      "moving: Cluster capi-quickstart/capi-quickstart: it is being upgraded: MachineDeployment capi-quickstart-md-0-bpjvn upgrading to version v1.35.2",
    );
  });

  it("the wedge: named, with the one who did it", () => {
    const snapshot = read("topology-wedged");
    expect(snapshot).toMatchObject({
      topology: { version: "v1.34.0", classVersions: ["v1.34.0", "v1.34.2", "v1.35.2", "v1.36.1"] },
      // The edit took the field from the topology controller altogether: it is no co-owner any more.
      controlPlane: { version: "v1.34.2", reportedVersion: "v1.34.0", versionOwners: [{ manager: "kubectl-edit", operation: "Update" }] },
    });
    expect(sentences("topology-wedged")[0]).toBe(
      "blocked: Cluster wedge/wedged: the topology is wedged: its version is v1.34.0, somebody set the control plane object itself to v1.34.2, and Cluster API can go neither way",
    );
    expect(versionOwnerOf(snapshot).words.at(-1)).toBe(
      "but kubectl-edit at 2026-11-23T22:53:57Z wrote v1.34.2 to KubeadmControlPlane wedge/wedged-rsrq5, which the topology owns",
    );
  });

  it("a cluster without topology, whose templates name a version", () => {
    const snapshot = read("plain-settled");
    expect(snapshot.topology).toBeUndefined();
    expect(snapshot.controlPlane).toMatchObject({ topologyOwned: false, replicas: { desired: 3, available: 3 } });
    expect(snapshot.pools.map(({ ref, topologyName, replicas }) => [ref.name, topologyName, replicas.upToDate])).toEqual([
      ["plain-pool-a", undefined, 2],
      ["plain-pool-b", undefined, 2],
    ]);
    const templates = [snapshot.controlPlane, ...snapshot.pools].map((owner) => owner?.machineTemplate);
    expect(templates.map((template) => template?.versionPins.map(({ value, version }) => [value, version]))).toEqual([
      [["kindest/node:v1.34.0", "v1.34.0"]],
      [["kindest/node:v1.34.0", "v1.34.0"]],
      [["kindest/node:v1.34.0", "v1.34.0"]],
    ]);
    expect(new Set(snapshot.machines.map(({ pool }) => pool))).toEqual(new Set([undefined, "plain-pool-a", "plain-pool-b"]));
    expect(versionOwnerOf(snapshot)).toMatchObject({ kind: "control-plane", field: "spec.version", intruders: [] });
  });

  it("the nodes of the in-memory provider", () => {
    const nodes = fixtureNodes("plain-settled").map((node) => readNode(node, () => {}));
    expect(nodes).toHaveLength(7);
    expect(new Set(nodes.map(({ ready, kubeletVersion, unschedulable }) => `${ready} ${kubeletVersion} ${unschedulable}`))).toEqual(
      new Set(["true v1.34.0 false"]),
    );
  });
});
