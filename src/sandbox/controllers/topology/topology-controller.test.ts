import { describe, expect, it } from "vitest";
import { quickStartFiles } from "../../worlds/quick-start.ts";
import { clusterClassFile, topologyClusterFile } from "../../worlds/fleet-files.ts";
import { topologyScene, type SceneOptions, type TopologyScene } from "./testing/topology-scene.ts";

const succeeded = ["True", "ReconcileSucceeded", ""];

function fleet(
  options: SceneOptions & {
    readonly kubernetesVersions?: readonly string[];
    readonly version?: string;
    readonly pools?: readonly string[];
  } = {},
): TopologyScene {
  const { kubernetesVersions = [], version = "v1.34.0", pools = ["general", "batch"] } = options;
  return topologyScene(
    [
      clusterClassFile("edge", { kubernetesVersions }),
      topologyClusterFile({ name: "edge", version, controlPlanes: 3, pools: pools.map((name) => ({ name, replicas: 2 })) }),
    ].join("---\n"),
    options,
  );
}

describe("topology controller", () => {
  it("creates what the class describes, and comes to rest", () => {
    const scene = fleet();
    scene.run(300);
    expect(scene.errors).toEqual([]);
    expect(scene.topologyReconciled()).toEqual(succeeded);
    const before = scene.passes();
    const version = scene.cluster().metadata.resourceVersion;
    scene.run(3600);
    expect(scene.passes()).toBe(before);
    expect(scene.cluster().metadata.resourceVersion).toBe(version);
  });

  it("creates the objects of the quick start", () => {
    const files = quickStartFiles();
    const clusterClass = files["clusters/capi-quickstart/class.yaml"]!.replace(
      /spec: \{\}\s*$/,
      "spec: { joinConfiguration: { nodeRegistration: { name: n } } }\n",
    );
    const scene = topologyScene(`${clusterClass}---\n${files["clusters/capi-quickstart/cluster.yaml"]!}`);
    scene.run(300);
    expect(scene.errors).toEqual([]);
    expect(scene.topologyReconciled()).toEqual(succeeded);
    expect(scene.list("DockerMachineTemplate").map((each) => each["spec"])).toEqual([
      expect.objectContaining({
        template: expect.objectContaining({ spec: expect.objectContaining({ customImage: "kindest/node:v1.26.0" }) }),
      }),
      expect.objectContaining({
        template: expect.objectContaining({ spec: expect.objectContaining({ customImage: "kindest/node:v1.26.0" }) }),
      }),
    ]);
  });

  it("upgrades the control plane first, then one pool after the other", () => {
    const scene = fleet();
    scene.run(300);
    scene.history.length = 0;
    scene.setVersion("v1.35.2");
    scene.run(300);
    expect(scene.history.map((line) => line.replace(/-[a-z0-9]{5}(?= |$)/, ""))).toEqual([
      "KubeadmControlPlane/edge v1.34.0 → v1.35.2",
      "MachineDeployment/edge-general v1.34.0 → v1.35.2",
      "MachineDeployment/edge-batch v1.34.0 → v1.35.2",
    ]);
    expect(scene.topologyReconciled()).toEqual(succeeded);
    expect(scene.errors).toEqual([]);
  });
});
