import { describe, expect, it } from "vitest";
import { cluster, controlPlane, core, infra, label, ownedByCluster, refs, time } from "./testing/objects.ts";
import { scene, type Given, type Scene } from "./testing/scene.ts";

const held = { finalizers: ["test/held"] };
const up = { initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true } };

function load(objects: readonly Given[]): Scene {
  const loaded = scene({ at: time });
  for (const object of objects) loaded.put(object);
  loaded.start();
  loaded.run(3);
  loaded.remove("Cluster", "c");
  loaded.run(3);
  return loaded;
}

function release(loaded: Scene, kind: string, name: string): void {
  loaded.change(kind, name, (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }));
  loaded.run(7);
}

const isGoing = (loaded: Scene, kind: string, name: string): boolean | undefined => {
  const found = loaded.object(kind, name);
  return found === undefined ? undefined : found.metadata.deletionTimestamp !== undefined;
};

describe("deletion of a Cluster", () => {
  it("takes workers, then the control plane, then the infrastructure", () => {
    const owned = { ...ownedByCluster, ...held };
    const loaded = load([
      cluster(refs, up),
      { ...infra(), metadata: { name: "infra", ...held } },
      { ...controlPlane(), metadata: { name: "cp", ...held } },
      core("MachineDeployment", "md", { metadata: { name: "md", ...owned }, spec: { replicas: 1 } }),
      core("MachineSet", "md-1", { metadata: { name: "md-1", ...held, labels: label } }),
      core("MachinePool", "mp", { metadata: { name: "mp", ...owned }, spec: { replicas: 1 } }),
      ...["f", "e", "d", "c", "b", "a"].map((name) =>
        core("Machine", name, { metadata: { name, labels: label, ...held }, spec: { clusterName: "c" } }),
      ),
      core("Machine", "cp-1", {
        metadata: { name: "cp-1", ...owned, labels: { ...label, "cluster.x-k8s.io/control-plane": "" } },
        spec: { clusterName: "c" },
      }),
    ]);
    expect(loaded.status().phase).toBe("Deleting");
    expect(loaded.condition("Deleting")).toEqual([
      "True",
      "WaitingForWorkersDeletion",
      "* MachineDeployments: md\n* MachineSets: md-1\n* MachinePools: mp\n* Worker Machines: a, b, c, d, e, ... (1 more)",
    ]);
    // Only what the Cluster owns itself; the control plane takes care of its machines.
    expect(
      ["MachineDeployment md", "MachinePool mp", "MachineSet md-1", "Machine a", "Machine cp-1", "KubeadmControlPlane cp"].map((text) => {
        const [kind = "", name = ""] = text.split(" ");
        return [text, isGoing(loaded, kind, name)];
      }),
    ).toEqual([
      ["MachineDeployment md", true],
      ["MachinePool mp", true],
      ["MachineSet md-1", false],
      ["Machine a", false],
      ["Machine cp-1", false],
      ["KubeadmControlPlane cp", false],
    ]);
    expect(loaded.legacy("ControlPlaneReady")).toMatchObject({ status: "False", severity: "Info", reason: "Deleting" });

    for (const name of ["a", "b", "c", "d", "e", "f"]) {
      loaded.remove("Machine", name);
      release(loaded, "Machine", name);
    }
    loaded.remove("MachineSet", "md-1");
    release(loaded, "MachineSet", "md-1");
    release(loaded, "MachineDeployment", "md");
    expect(loaded.condition("Deleting")).toEqual(["True", "WaitingForWorkersDeletion", "* MachinePools: mp"]);
    release(loaded, "MachinePool", "mp");
    expect(loaded.condition("Deleting")).toEqual([
      "True",
      "WaitingForControlPlaneDeletion",
      "Waiting for KubeadmControlPlane to be deleted",
    ]);
    expect(isGoing(loaded, "DevCluster", "infra")).toBe(false);

    release(loaded, "KubeadmControlPlane", "cp");
    expect(loaded.condition("Deleting")).toEqual(["True", "WaitingForInfrastructureDeletion", "Waiting for DevCluster to be deleted"]);
    expect(loaded.condition("ControlPlaneAvailable")).toEqual(["False", "ObjectDeleted", "KubeadmControlPlane has been deleted"]);
    expect(loaded.condition("Available")).toEqual(["False", "NotAvailable", "* Deleting: Waiting for DevCluster to be deleted"]);
    expect(loaded.legacy("ControlPlaneReady")).toMatchObject({ status: "False", severity: "Info", reason: "Deleted" });

    release(loaded, "DevCluster", "infra");
    expect(loaded.cluster()).toBeUndefined();
    expect(loaded.events.at(-1)).toBe("Normal Deleted Cluster c has been deleted");
    expect(loaded.errors).toEqual([]);
  });

  it("takes stand-alone machines and sets of its own, of the control plane too", () => {
    const owned = { ...ownedByCluster, ...held };
    const loaded = load([
      cluster({}),
      core("MachineSet", "set", { metadata: { name: "set", ...owned } }),
      core("Machine", "w", { metadata: { name: "w", ...owned }, spec: { clusterName: "c" } }),
      core("Machine", "cp-1", {
        metadata: { name: "cp-1", ...owned, labels: { ...label, "cluster.x-k8s.io/control-plane": "" } },
        spec: { clusterName: "c" },
      }),
    ]);
    expect(loaded.condition("Deleting")?.[2]).toBe("* Control plane Machines: cp-1\n* MachineSets: set\n* Worker Machines: w");
    expect(
      ["MachineSet set", "Machine w", "Machine cp-1"].map((text) => isGoing(loaded, text.split(" ")[0]!, text.split(" ")[1]!)),
    ).toEqual([true, true, true]);
    for (const [kind, name] of [
      ["MachineSet", "set"],
      ["Machine", "w"],
      ["Machine", "cp-1"],
    ] as const)
      release(loaded, kind, name);
    expect(loaded.cluster()).toBeUndefined();
  });

  it("goes on without its class", () => {
    const loaded = load([cluster({ topology: { classRef: { name: "class" }, version: "v1.34.0" } })]);
    expect(loaded.cluster()).toBeUndefined();
  });

  it("no longer waits for a topology", () => {
    const loaded = load([
      cluster({ topology: { classRef: { name: "class" }, version: "v1.34.0" } }),
      core("ClusterClass", "class", { spec: {} }),
      core("Machine", "m", { metadata: { name: "m", ...ownedByCluster, ...held }, spec: { clusterName: "c" } }),
    ]);
    expect(loaded.condition("InfrastructureReady")).toEqual(["False", "ObjectDoesNotExist", ""]);
    expect(loaded.condition("ControlPlaneInitialized")).toEqual(["Unknown", "ObjectDoesNotExist", ""]);
  });
});
