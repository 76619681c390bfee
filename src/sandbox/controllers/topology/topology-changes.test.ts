import { describe, expect, it } from "vitest";
import type { StoredObject } from "../../store/stored-object.ts";
import { clusterClassFile, topologyClusterFile } from "../../worlds/fleet-files.ts";
import { topologyScene, type TopologyScene } from "./testing/topology-scene.ts";

const succeeded = ["True", "ReconcileSucceeded", ""];

function fleet(change: (clusterClass: string) => string = (text) => text): TopologyScene {
  const scene = topologyScene(
    [
      change(clusterClassFile("edge")),
      topologyClusterFile({ name: "edge", version: "v1.34.0", controlPlanes: 3, pools: [{ name: "a", replicas: 2 }] }),
    ].join("---\n"),
  );
  scene.run(300);
  expect(scene.topologyReconciled()).toEqual(succeeded);
  expect(scene.errors).toEqual([]);
  scene.history.length = 0;
  scene.events.length = 0;
  return scene;
}

const specOf = (object: StoredObject): Readonly<Record<string, unknown>> => object["spec"] as Readonly<Record<string, unknown>>;

describe("topology: what changes by hand and by the class", () => {
  it("puts back what it owns, and leaves alone what others add", () => {
    const scene = fleet();
    const pool = scene.pool("a");
    scene.change(pool, (live) => ({
      ...live,
      metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, mine: "1" } },
      spec: { ...specOf(live), replicas: 7, minReadySeconds: undefined },
    }));
    scene.change(scene.only("KubeadmControlPlane"), (live) => ({ ...live, spec: { ...specOf(live), replicas: 1, version: "v1.33.0" } }));
    scene.run(60);
    expect(specOf(scene.pool("a"))["replicas"]).toBe(2);
    expect(scene.pool("a").metadata.annotations).toMatchObject({ mine: "1" });
    expect(scene.only("KubeadmControlPlane")).toMatchObject({ spec: { replicas: 3, version: "v1.34.0" } });
    expect(scene.topologyReconciled()).toEqual(succeeded);
    expect(scene.events.filter((event) => event.includes("MachineDeployment"))).toEqual([
      `Normal Cluster TopologyUpdate: Updated MachineDeployment "edge/${pool.metadata.name}"`,
    ]);
  });

  it("takes out what it set and wants no more", () => {
    const scene = fleet((text) =>
      text.replace("      - class: default-worker", "      - class: default-worker\n        minReadySeconds: 5"),
    );
    const pool = specOf(scene.pool("a"));
    expect(pool["template"]).toMatchObject({ spec: { minReadySeconds: 5 } });
    scene.apply(clusterClassFile("edge"));
    scene.run(60);
    expect(specOf(scene.pool("a"))["template"]).not.toHaveProperty("spec.minReadySeconds");
  });

  it("makes a new template when the class's differs, and deletes the control plane's old one", () => {
    const scene = fleet();
    const names = (): readonly string[] => scene.list("DevMachineTemplate").map(({ metadata }) => metadata.name);
    const before = names();
    scene.change(
      scene.environment.objects.store.get("DevMachineTemplate.infrastructure.cluster.x-k8s.io", "edge", "in-memory-control-plane")!,
      (live) => ({
        ...live,
        spec: { template: { spec: { backend: { inMemory: { vm: { provisioning: { startupDuration: "99s" } } } } } } },
      }),
    );
    scene.annotate(scene.cluster(), { wake: "up" });
    scene.run(60);
    const gone = before.filter((name) => !names().includes(name));
    const [added] = names().filter((name) => !before.includes(name));
    expect(gone).toHaveLength(1);
    expect(scene.history).toEqual([`+ DevMachineTemplate/${added}`, `- DevMachineTemplate/${gone[0]}`]);
    expect(scene.only("KubeadmControlPlane")).toMatchObject({
      spec: { machineTemplate: { spec: { infrastructureRef: { name: added } } } },
    });
    expect(scene.events).toContain(
      `Normal Cluster TopologyCreate: Created DevMachineTemplate "edge/${added}" as a replacement for "${gone[0]}" (template rotation)`,
    );
    expect(scene.topologyReconciled()).toEqual(succeeded);
  });

  it("creates and removes pools, with their health checks", () => {
    const scene = fleet((text) =>
      text.replace(
        "      - class: default-worker",
        "      - class: default-worker\n        healthCheck: { checks: { unhealthyNodeConditions: [{ type: Ready, status: Unknown, timeoutSeconds: 300 }] } }",
      ),
    );
    const pool = scene.pool("a").metadata.name;
    expect(scene.only("MachineHealthCheck")).toMatchObject({
      metadata: { name: pool, labels: { "cluster.x-k8s.io/cluster-name": "edge" } },
      spec: {
        clusterName: "edge",
        selector: {
          matchLabels: { "topology.cluster.x-k8s.io/owned": "", "topology.cluster.x-k8s.io/deployment-name": "a" },
        },
        checks: { nodeStartupTimeoutSeconds: 600, unhealthyNodeConditions: [{ type: "Ready", status: "Unknown", timeoutSeconds: 300 }] },
      },
    });
    scene.apply(topologyClusterFile({ name: "edge", version: "v1.34.0", controlPlanes: 3, pools: [{ name: "b", replicas: 1 }] }));
    scene.run(60);
    expect(Object.keys(scene.versions())).toEqual(["control plane", "b"]);
    expect(scene.list("MachineHealthCheck").map(({ metadata }) => metadata.name)).toEqual([scene.pool("b").metadata.name]);
    expect(scene.topologyReconciled()).toEqual(succeeded);
  });

  it("patches by variables, their defaults, and enabledIf", () => {
    const scene = fleet(
      (text) =>
        `${text.trimEnd()}
  variables:
    - { name: sans, required: false, schema: { openAPIV3Schema: { type: array, items: { type: string }, default: [one.example.com] } } }
    - { name: slow, required: false, schema: { openAPIV3Schema: { type: boolean, default: false } } }
  patches:
    - name: sans
      definitions:
        - selector:
            apiVersion: controlplane.cluster.x-k8s.io/v1beta2
            kind: KubeadmControlPlaneTemplate
            matchResources: { controlPlane: true }
          jsonPatches:
            - { op: replace, path: /spec/template/spec/kubeadmConfigSpec/clusterConfiguration/apiServer/certSANs, valueFrom: { variable: sans } }
    - name: slow
      enabledIf: "{{ .slow }}"
      definitions:
        - selector:
            apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
            kind: DevMachineTemplate
            matchResources: { machineDeploymentClass: { names: ["default-*"] } }
          jsonPatches:
            - { op: add, path: /spec/template/spec/backend/inMemory/vm/provisioning/startupDuration, value: 600s }
`,
    );
    const sans = (): unknown => scene.only("KubeadmControlPlane");
    const found = (list: readonly string[]): object => ({
      spec: { kubeadmConfigSpec: { clusterConfiguration: { apiServer: { certSANs: list } } } },
    });
    expect(sans()).toMatchObject(found(["one.example.com"]));
    const slow = (): number => scene.list("DevMachineTemplate").filter((each) => JSON.stringify(each["spec"]).includes('"600s"')).length;
    expect(slow()).toBe(0);
    scene.change(scene.cluster(), (live) => ({
      ...live,
      spec: {
        ...specOf(live),
        topology: {
          ...(specOf(live)["topology"] as object),
          variables: [
            { name: "sans", value: ["two.example.com"] },
            { name: "slow", value: true },
          ],
        },
      },
    }));
    scene.run(60);
    expect(sans()).toMatchObject(found(["two.example.com"]));
    expect(slow()).toBe(1);
    expect(scene.topologyReconciled()).toEqual(succeeded);
  });

  it.each([
    [
      "paused",
      (scene: TopologyScene) => scene.annotate(scene.cluster(), { "cluster.x-k8s.io/paused": "" }),
      ["False", "Paused", "Cluster has the cluster.x-k8s.io/paused annotation"],
    ],
    [
      "deleted",
      (scene: TopologyScene) => {
        scene.change(scene.cluster(), (live) => ({ ...live, metadata: { ...live.metadata, finalizers: ["test/hold"] } }));
        const { objects, type } = scene.environment;
        objects.delete(type("Cluster.cluster.x-k8s.io"), "edge", "edge", {});
      },
      ["False", "Deleting", "Cluster is deleting"],
    ],
    [
      "without its class",
      (scene: TopologyScene) => {
        const { objects, type } = scene.environment;
        objects.delete(type("ClusterClass.cluster.x-k8s.io"), "edge", "in-memory", {});
      },
      ["False", "ReconcileFailed", 'failed to retrieve ClusterClass edge/in-memory: ClusterClass.cluster.x-k8s.io "in-memory" not found'],
    ],
  ] as const)("does nothing while %s", (_name, change, expected) => {
    const scene = fleet();
    change(scene);
    scene.run(5);
    if (expected[1] !== "Deleting") scene.setVersion("v1.34.1");
    scene.run(30);
    expect(scene.topologyReconciled()).toEqual(expected);
    expect(scene.history).toEqual([]);
  });
});
