import { describe, expect, it } from "vitest";
import type { StoredObject } from "../../store/stored-object.ts";
import { clusterClassFile, topologyClusterFile } from "../../worlds/fleet-files.ts";
import { createTopologyMachineDeploymentController, createTopologyMachineSetController } from "./template-cleanup.ts";
import { topologyScene, type TopologyScene } from "./testing/topology-scene.ts";

const machineSetKey = "MachineSet.cluster.x-k8s.io";

function fleet(): TopologyScene {
  const scene = topologyScene(
    [
      clusterClassFile("edge"),
      topologyClusterFile({ name: "edge", version: "v1.34.0", controlPlanes: 1, pools: [{ name: "a", replicas: 2 }] }),
    ].join("---\n"),
  );
  scene.environment.runtime.add(createTopologyMachineDeploymentController(scene.environment));
  scene.environment.runtime.add(createTopologyMachineSetController(scene.environment));
  scene.run(300);
  return scene;
}

/** As the MachineDeployment controller would. */
function makeMachineSet({ environment: { objects, type } }: TopologyScene, pool: StoredObject, name: string): void {
  const { apiVersion, kind, metadata } = pool;
  // A MachineDeployment.
  const { clusterName, selector, template } = pool["spec"] as Record<string, object>;
  objects.create(
    type(machineSetKey),
    {
      metadata: {
        name,
        namespace: metadata.namespace!,
        labels: { ...metadata.labels, "cluster.x-k8s.io/deployment-name": metadata.name },
        ownerReferences: [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }],
      },
      spec: { clusterName, selector, template },
    },
    { manager: "test" },
  );
}

function changeWorkerTemplate(scene: TopologyScene): void {
  const template = scene.environment.objects.store.get("DevMachineTemplate.infrastructure.cluster.x-k8s.io", "edge", "in-memory-worker")!;
  scene.change(template, (live) => ({
    ...live,
    spec: { template: { spec: { backend: { inMemory: { vm: { provisioning: { startupDuration: "99s" } } } } } } },
  }));
  scene.annotate(scene.cluster(), { wake: "up" });
}

const names = (scene: TopologyScene, kind: string): readonly string[] =>
  scene
    .list(kind)
    .filter(({ metadata }) => metadata.labels?.["topology.cluster.x-k8s.io/deployment-name"] === "a")
    .map(({ metadata }) => metadata.name);

describe("templates of pools", () => {
  it("go with the last MachineSet that refers to them", () => {
    const scene = fleet();
    const [old] = names(scene, "DevMachineTemplate");
    const bootstrap = names(scene, "KubeadmConfigTemplate");
    makeMachineSet(scene, scene.pool("a"), "first");
    makeMachineSet(scene, scene.pool("a"), "second");
    scene.run(5);
    changeWorkerTemplate(scene);
    scene.run(30);
    expect(names(scene, "DevMachineTemplate")).toHaveLength(2);
    makeMachineSet(scene, scene.pool("a"), "third");
    scene.run(5);
    const { objects, type } = scene.environment;
    objects.delete(type(machineSetKey), "edge", "first", {});
    scene.run(5);
    expect(objects.get(type(machineSetKey), "edge", "first")).toBeUndefined();
    expect(names(scene, "DevMachineTemplate")).toContain(old);
    objects.delete(type(machineSetKey), "edge", "second", {});
    scene.run(5);
    expect(names(scene, "DevMachineTemplate")).toHaveLength(1);
    expect(names(scene, "DevMachineTemplate")).not.toContain(old);
    expect(names(scene, "KubeadmConfigTemplate")).toEqual(bootstrap);
    expect(scene.errors).toEqual([]);
  });

  it("go with their pool", () => {
    const scene = fleet();
    expect(scene.pool("a").metadata.finalizers).toEqual(["machinedeployment.topology.cluster.x-k8s.io"]);
    scene.apply(topologyClusterFile({ name: "edge", version: "v1.34.0", controlPlanes: 1, pools: [{ name: "b", replicas: 2 }] }));
    scene.run(30);
    expect(Object.keys(scene.versions())).toEqual(["control plane", "b"]);
    expect([...names(scene, "DevMachineTemplate"), ...names(scene, "KubeadmConfigTemplate")]).toEqual([]);
  });

  it("wait while the Cluster is paused", () => {
    const scene = fleet();
    const pause = (paused: boolean): void =>
      scene.change(scene.cluster(), (live) => ({ ...live, spec: { ...(live["spec"] as object), paused } }));
    pause(true);
    const { objects, type } = scene.environment;
    const pool = scene.pool("a").metadata.name;
    objects.delete(type("MachineDeployment.cluster.x-k8s.io"), "edge", pool, {});
    scene.run(30);
    expect(names(scene, "MachineDeployment")).toEqual([pool]);
    expect(scene.topologyReconciled()).toEqual(["False", "Paused", "Cluster spec.paused is set to true"]);
    pause(false);
    scene.run(60);
    expect(names(scene, "MachineDeployment")).not.toContain(pool);
  });
});
