import { describe, expect, it } from "vitest";
import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import { clusterClassFile, topologyClusterFile } from "../../worlds/fleet-files.ts";
import { readBlueprint } from "./blueprint.ts";
import { readCurrentState } from "./current-state.ts";
import { areSameInputs, passInputs } from "./pass-inputs.ts";
import { topologyScene, type TopologyScene } from "./testing/topology-scene.ts";
import type { Cluster, ClusterClass } from "./topology-objects.ts";

function settled(): TopologyScene {
  const scene = topologyScene(
    [
      clusterClassFile("edge"),
      topologyClusterFile({ name: "edge", version: "v1.34.0", controlPlanes: 3, pools: [{ name: "a", replicas: 2 }] }),
    ].join("---\n"),
  );
  scene.run(300);
  expect(scene.topologyReconciled()?.[1]).toBe("ReconcileSucceeded");
  return scene;
}

function classOf({ environment }: TopologyScene): ClusterClass {
  // What is stored under this type is a ClusterClass.
  return environment.objects.store.list("ClusterClass.cluster.x-k8s.io")[0] as ClusterClass;
}

function inputsOf(scene: TopologyScene): readonly unknown[] {
  // What is stored under this type is a Cluster, and this one has a topology.
  const cluster = scene.cluster() as Cluster;
  const { environment } = scene;
  const blueprint = readBlueprint(environment, cluster.spec.topology!, classOf(scene));
  return passInputs(environment, cluster, blueprint, readCurrentState(environment, cluster));
}

const withStatus =
  (more: object) =>
  (live: StoredObject): GivenObject => ({ ...live, status: { ...(live["status"] as object | undefined), ...more } });
const withSpec =
  (more: object) =>
  (live: StoredObject): GivenObject => ({ ...live, spec: { ...(live["spec"] as object), ...more } });
const withLabel = (live: StoredObject): GivenObject => ({
  ...live,
  metadata: { ...live.metadata, labels: { ...live.metadata.labels, mine: "1" } },
});
const controlPlane = (scene: TopologyScene): StoredObject => scene.only("KubeadmControlPlane");
const pool = (scene: TopologyScene): StoredObject => scene.pool("a");
const cluster = (scene: TopologyScene): StoredObject => scene.cluster();
const template = (scene: TopologyScene): StoredObject => scene.only("KubeadmConfigTemplate");
const infrastructure = (scene: TopologyScene): StoredObject => scene.only("DevCluster");

describe("what a pass over a topology goes by", () => {
  it.each([
    ["a pool counts its machines", pool, withStatus({ readyReplicas: 1 }), "status"],
    ["the control plane counts its machines", controlPlane, withStatus({ readyReplicas: 1 }), "status"],
    ["the Cluster is in another phase", cluster, withStatus({ phase: "Deleting" }), "status"],
  ] as const)("is the same when %s", (_what, object, change, subresource) => {
    const scene = settled();
    const before = inputsOf(scene);
    const { resourceVersion } = object(scene).metadata;
    scene.change(object(scene), change, subresource);
    expect(object(scene).metadata.resourceVersion).not.toBe(resourceVersion);
    expect(areSameInputs(before, inputsOf(scene))).toBe(true);
  });

  it.each([
    ["the Cluster", cluster, withSpec({ paused: true }), undefined],
    ["the Cluster's labels", cluster, withLabel, undefined],
    ["the plan in the Cluster's status", cluster, withStatus({ workers: { upgradePlan: [{ version: "v1.35.0" }] } }), "status"],
    ["the condition that it writes", cluster, withStatus({ conditions: [] }), "status"],
    ["the class", classOf, withLabel, undefined],
    ["the infrastructure", infrastructure, withLabel, undefined],
    ["the control plane", controlPlane, withSpec({ replicas: 1 }), undefined],
    ["the control plane's version as it is", controlPlane, withStatus({ version: "v1.33.0" }), "status"],
    ["a pool", pool, withSpec({ replicas: 7 }), undefined],
    ["a pool's labels", pool, withLabel, undefined],
    ["a template", template, withLabel, undefined],
  ] as const)("is another when somebody changes %s", (_what, object, change, subresource) => {
    const scene = settled();
    const before = inputsOf(scene);
    expect(areSameInputs(before, inputsOf(scene))).toBe(true);
    scene.change(object(scene), change, subresource);
    expect(areSameInputs(before, inputsOf(scene))).toBe(false);
  });

  it("is nothing before the first pass", () => {
    expect(areSameInputs(undefined, [])).toBe(false);
  });
});
