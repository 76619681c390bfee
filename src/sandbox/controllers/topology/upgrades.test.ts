import { describe, expect, it } from "vitest";
import { clusterClassFile, topologyClusterFile } from "../../worlds/fleet-files.ts";
import { topologyScene, type TopologyScene } from "./testing/topology-scene.ts";

const succeeded = ["True", "ReconcileSucceeded", ""];
const deferUpgrade = "topology.cluster.x-k8s.io/defer-upgrade";
const holdUpgrade = "topology.cluster.x-k8s.io/hold-upgrade-sequence";

function fleet(pools: readonly string[], kubernetesVersions: readonly string[] = [], version = "v1.34.0"): TopologyScene {
  const scene = topologyScene(
    [
      clusterClassFile("edge", { kubernetesVersions }),
      topologyClusterFile({ name: "edge", version, controlPlanes: 3, pools: pools.map((name) => ({ name, replicas: 2 })) }),
    ].join("---\n"),
  );
  scene.run(300);
  expect(scene.topologyReconciled()).toEqual(succeeded);
  expect(scene.errors).toEqual([]);
  scene.history.length = 0;
  return scene;
}

/** Without the letters that are drawn. */
function plain(text: string): string {
  return text.replaceAll(/(edge(?:-(?:a|b|c|d|e))?)-[a-z0-9]{5}(?=[ ,]|$)/gm, "$1");
}

function annotatePool(scene: TopologyScene, pool: string, annotations: Readonly<Record<string, string>> | undefined): void {
  scene.change(scene.cluster(), (live) => {
    const spec = live["spec"] as {
      readonly topology: { readonly workers: { readonly machineDeployments: readonly { readonly name: string }[] } };
    };
    const machineDeployments = spec.topology.workers.machineDeployments.map((each) => {
      const { metadata: _metadata, ...rest } = each as typeof each & { readonly metadata?: object };
      if (each.name !== pool) return each;
      return annotations === undefined ? rest : { ...rest, metadata: { annotations } };
    });
    return { ...live, spec: { ...spec, topology: { ...spec.topology, workers: { machineDeployments } } } };
  });
}

describe("upgrades of a topology", () => {
  it("tells who moves and who waits", () => {
    const scene = fleet(["a", "b", "c", "d", "e"]);
    scene.setVersion("v1.35.2");
    scene.run(0.1);
    const messages: string[] = [];
    for (let second = 0; second < 400; second += 1) {
      scene.run(1);
      const message = plain(scene.topologyReconciled()![2]);
      if (message !== messages.at(-1)) messages.push(message);
    }
    expect(messages).toEqual([
      "Cluster is upgrading to v1.35.2\n  * KubeadmControlPlane upgrading to version v1.35.2\n  * MachineDeployments edge-a, edge-b, edge-c, ... (2 more) pending upgrade to version v1.35.2",
      "Cluster is upgrading to v1.35.2\n  * MachineDeployment edge-a upgrading to version v1.35.2\n  * MachineDeployments edge-b, edge-c, edge-d, ... (1 more) pending upgrade to version v1.35.2",
      "Cluster is upgrading to v1.35.2\n  * MachineDeployment edge-b upgrading to version v1.35.2\n  * MachineDeployments edge-c, edge-d, edge-e pending upgrade to version v1.35.2",
      "Cluster is upgrading to v1.35.2\n  * MachineDeployment edge-c upgrading to version v1.35.2\n  * MachineDeployments edge-d, edge-e pending upgrade to version v1.35.2",
      "Cluster is upgrading to v1.35.2\n  * MachineDeployment edge-d upgrading to version v1.35.2\n  * MachineDeployment edge-e pending upgrade to version v1.35.2",
      "Cluster is upgrading to v1.35.2\n  * MachineDeployment edge-e upgrading to version v1.35.2",
      "",
    ]);
  });

  it("upgrades as many pools at once as it may", () => {
    const scene = fleet(["a", "b", "c"]);
    scene.annotate(scene.cluster(), { "topology.cluster.x-k8s.io/upgrade-concurrency": "2" });
    scene.setVersion("v1.34.2");
    scene.run(45);
    expect(scene.versions()).toEqual({ "control plane": "v1.34.2", a: "v1.34.2", b: "v1.34.2", c: "v1.34.0" });
    scene.run(60);
    expect(scene.versions()["c"]).toBe("v1.34.2");
    scene.run(60);
    expect(scene.topologyReconciled()).toEqual(succeeded);
    expect(scene.cluster().metadata.annotations).not.toHaveProperty("topology.internal.cluster.x-k8s.io/upgrade-step");
  });

  it.each([
    [deferUpgrade, "a", ["b", "c"]],
    [holdUpgrade, "b", ["a"]],
  ])("leaves pools alone that %s holds back", (annotation, pool, moved) => {
    const scene = fleet(["a", "b", "c"]);
    annotatePool(scene, pool, { [annotation]: "" });
    scene.setVersion("v1.35.2");
    scene.run(300);
    const { "control plane": controlPlane, ...pools } = scene.versions();
    expect(controlPlane).toBe("v1.35.2");
    expect(Object.keys(pools).filter((name) => pools[name] === "v1.35.2")).toEqual(moved);
    const [status, reason, message] = scene.topologyReconciled()!;
    const kept = ["a", "b", "c"].filter((name) => !moved.includes(name)).map((name) => `edge-${name}`);
    const who = kept.length === 1 ? `MachineDeployment ${kept[0]!}` : `MachineDeployments ${kept.join(", ")}`;
    expect([status, reason, plain(message)]).toEqual([
      "False",
      "MachineDeploymentsUpgradeDeferred",
      `Cluster is upgrading to v1.35.2\n  * ${who} upgrade to version v1.35.2 deferred using defer-upgrade or hold-upgrade-sequence annotations`,
    ]);
    expect(scene.pool(pool).metadata.annotations ?? {}).not.toHaveProperty(annotation);
    annotatePool(scene, pool, undefined);
    scene.run(300);
    expect(scene.topologyReconciled()).toEqual(succeeded);
  });

  it("goes through the minors of the class, with workers as seldom as the skew allows", () => {
    const versions = ["v1.30.0", "v1.31.0", "v1.31.4", "v1.32.0", "v1.33.1", "v1.34.0", "v1.35.2"];
    const scene = fleet(["a", "b"], versions, "v1.30.0");
    scene.setVersion("v1.35.2");
    // The next pass counts from the step that this one took.
    scene.run(0.5);
    expect(scene.cluster()["status"]).toMatchObject({
      controlPlane: { upgradePlan: ["v1.31.4", "v1.32.0", "v1.33.1", "v1.34.0", "v1.35.2"].map((version) => ({ version })) },
      workers: { upgradePlan: ["v1.33.1", "v1.35.2"].map((version) => ({ version })) },
    });
    expect(scene.cluster().metadata.annotations?.["topology.internal.cluster.x-k8s.io/upgrade-step"]).toBe("v1.31.4");
    scene.run(900);
    expect(scene.history.map(plain)).toEqual([
      "KubeadmControlPlane/edge v1.30.0 → v1.31.4",
      "KubeadmControlPlane/edge v1.31.4 → v1.32.0",
      "KubeadmControlPlane/edge v1.32.0 → v1.33.1",
      "MachineDeployment/edge-a v1.30.0 → v1.33.1",
      "MachineDeployment/edge-b v1.30.0 → v1.33.1",
      "KubeadmControlPlane/edge v1.33.1 → v1.34.0",
      "KubeadmControlPlane/edge v1.34.0 → v1.35.2",
      "MachineDeployment/edge-a v1.33.1 → v1.35.2",
      "MachineDeployment/edge-b v1.33.1 → v1.35.2",
    ]);
    expect(scene.topologyReconciled()).toEqual(succeeded);
    expect(scene.cluster()["status"]).toMatchObject({ controlPlane: {}, workers: {} });
    expect(scene.cluster()["status"]).not.toHaveProperty("controlPlane.upgradePlan");
  });

  it("waits for annotations of lifecycle hooks on the Cluster", () => {
    const scene = fleet(["a"]);
    const hook = "before-upgrade.hook.cluster.cluster.x-k8s.io/backup";
    scene.annotate(scene.cluster(), { [hook]: "" });
    scene.setVersion("v1.35.2");
    scene.run(100);
    expect(scene.versions()).toEqual({ "control plane": "v1.34.0", a: "v1.34.0" });
    expect(scene.topologyReconciled()!.map(plain)).toEqual([
      "False",
      "ClusterUpgrading",
      `Cluster is upgrading to v1.35.2\n  * Following hooks are blocking upgrade: BeforeClusterUpgrade: annotation ${hook} is set\n  * KubeadmControlPlane pending upgrade to version v1.35.2\n  * MachineDeployment edge-a pending upgrade to version v1.35.2`,
    ]);
    scene.annotate(scene.cluster(), { [hook]: undefined });
    scene.run(200);
    expect(scene.versions()).toEqual({ "control plane": "v1.35.2", a: "v1.35.2" });
    expect(scene.topologyReconciled()).toEqual(succeeded);
  });

  it("refuses to skip a minor, to go back, and says which", () => {
    const scene = fleet(["a"]);
    scene.setVersion("v1.36.0");
    scene.run(5);
    const prefix = "error computing the desired state of the Cluster topology: ";
    expect(scene.topologyReconciled()).toEqual([
      "False",
      "ReconcileFailed",
      `${prefix}cannot compute an upgrade plan from v1.34.0 to v1.36.0`,
    ]);
    scene.setVersion("v1.34.0");
    scene.change(scene.only("KubeadmControlPlane"), (live) => ({ ...live, spec: { ...(live["spec"] as object), version: "v1.34.2" } }));
    scene.run(1100);
    expect(scene.topologyReconciled()).toEqual([
      "False",
      "ReconcileFailed",
      `${prefix}invalid ControlPlane upgrade plan: item 0; version v1.34.0 must be greater than v1.34.2`,
    ]);
    scene.setVersion("v1.34.2");
    scene.run(1100);
    expect(scene.topologyReconciled()).toEqual(succeeded);
  });

  it("creates no pool while the control plane is upgraded", () => {
    const scene = fleet(["a"]);
    scene.setVersion("v1.35.2");
    scene.change(scene.cluster(), (live) => {
      const spec = live["spec"] as { readonly topology: { readonly workers: { readonly machineDeployments: readonly object[] } } };
      const machineDeployments = [...spec.topology.workers.machineDeployments, { class: "default-worker", name: "b", replicas: 1 }];
      return { ...live, spec: { ...spec, topology: { ...spec.topology, workers: { machineDeployments } } } };
    });
    scene.run(10);
    expect(scene.list("MachineDeployment")).toHaveLength(1);
    expect(scene.topologyReconciled()![2]).toContain(
      "\n  * MachineDeployment b creation deferred while control plane upgrade is in progress",
    );
    scene.run(300);
    expect(scene.versions()).toEqual({ "control plane": "v1.35.2", a: "v1.35.2", b: "v1.35.2" });
    expect(scene.topologyReconciled()).toEqual(succeeded);
  });

  it("begins no other upgrade of the control plane while a pool is on its way", () => {
    const scene = fleet(["a"]);
    scene.setVersion("v1.35.2");
    for (let tenth = 0; tenth < 600 && scene.versions()["a"] !== "v1.35.2"; tenth += 1) scene.run(0.1);
    scene.setVersion("v1.35.3");
    scene.run(10);
    expect(scene.versions()).toEqual({ "control plane": "v1.35.2", a: "v1.35.2" });
    scene.run(200);
    expect(scene.versions()).toEqual({ "control plane": "v1.35.3", a: "v1.35.3" });
  });

  it("leaves what waits for its turn as it is altogether", () => {
    const scene = fleet(["a"]);
    const hook = "before-upgrade.hook.cluster.cluster.x-k8s.io/backup";
    scene.annotate(scene.cluster(), { [hook]: "" });
    const file = topologyClusterFile({ name: "edge", version: "v1.35.2", controlPlanes: 5, pools: [{ name: "a", replicas: 9 }] });
    scene.apply(file);
    scene.run(60);
    const replicas = (): unknown =>
      [scene.only("KubeadmControlPlane"), scene.pool("a")].map(({ spec }) => (spec as { replicas: number }).replicas);
    expect(replicas()).toEqual([3, 2]);
    scene.annotate(scene.cluster(), { [hook]: undefined });
    scene.run(10);
    expect(replicas()).toEqual([5, 2]);
    scene.run(60);
    expect(replicas()).toEqual([5, 9]);
  });
});
