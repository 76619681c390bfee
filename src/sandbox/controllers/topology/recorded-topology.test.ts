import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { conditionsOf } from "../../conditions/condition.ts";
import { legacyConditionsOf } from "../../conditions/legacy-condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { topologyScene, type TopologyScene } from "./testing/topology-scene.ts";

function recording(name: string): readonly StoredObject[] {
  const path = new URL(`../../../../test/fixtures/cluster-api/v1.14/${name}.v1beta2.json`, import.meta.url);
  // A recording of the real component.
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly items: readonly StoredObject[] }).items;
}

const find = (items: readonly StoredObject[], kind: string, isMeant: (object: StoredObject) => boolean = () => true): StoredObject =>
  items.find((object) => object.kind === kind && isMeant(object))!;

const isOwned = ({ metadata }: StoredObject): boolean => metadata.labels?.["topology.cluster.x-k8s.io/owned"] === "";
const clone = (metadata: StoredObject["metadata"]): object => ({ name: metadata.name, namespace: metadata.namespace });

/** The recorded class with the two templates that were not recorded: what was made from them was. */
function sceneOf(items: readonly StoredObject[], version: string): TopologyScene {
  const controlPlane = find(items, "KubeadmControlPlane");
  const { spec } = find(items, "Cluster") as unknown as { readonly spec: { readonly topology: object; readonly clusterNetwork: object } };
  const { namespace } = controlPlane.metadata;
  const cluster = find(items, "Cluster");
  const { kubeadmConfigSpec } = controlPlane["spec"] as { readonly kubeadmConfigSpec: object };
  const objects = [
    ...items
      .filter((object) => object.kind === "ClusterClass" || (object.kind.endsWith("Template") && !isOwned(object)))
      .map(({ apiVersion, kind, metadata, spec: own }) => ({ apiVersion, kind, metadata: clone(metadata), spec: own })),
    {
      apiVersion: controlPlane.apiVersion,
      kind: "KubeadmControlPlaneTemplate",
      metadata: { name: "in-memory-control-plane", namespace },
      spec: { template: { spec: { kubeadmConfigSpec } } },
    },
    {
      apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
      kind: "DevClusterTemplate",
      metadata: { name: "in-memory-cluster", namespace },
      spec: { template: { spec: { backend: { inMemory: {} } } } },
    },
    {
      apiVersion: cluster.apiVersion,
      kind: cluster.kind,
      metadata: clone(cluster.metadata),
      spec: { clusterNetwork: spec.clusterNetwork, topology: { ...spec.topology, version } },
    },
  ];
  return topologyScene(objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join("---\n"));
}

/** Names end in five letters that are drawn, uids are drawn. */
function withoutDraws(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value)
      .replaceAll(/(capi-quickstart(?:-md-0)?)-[a-z0-9]{5}(?=["\s])/g, "$1-*****")
      .replaceAll(/"uid":"[^"]*"/g, '"uid":""'),
  );
}

function appliedFields({ metadata }: StoredObject): unknown {
  return metadata.managedFields?.find(({ manager }) => manager === "capi-topology")?.fieldsV1;
}

const settled = recording("topology-settled");

describe("a topology as the real controller made it", () => {
  const scene = sceneOf(settled, "v1.34.0");
  scene.run(300);

  it.each([
    ["KubeadmControlPlane", () => true],
    ["MachineDeployment", () => true],
    ["DevCluster", () => true],
    ["DevMachineTemplate", ({ metadata }) => metadata.labels?.["topology.cluster.x-k8s.io/deployment-name"] === undefined],
    ["DevMachineTemplate", ({ metadata }) => metadata.labels?.["topology.cluster.x-k8s.io/deployment-name"] === "md-0"],
    ["KubeadmConfigTemplate", () => true],
  ] satisfies readonly (readonly [string, (object: StoredObject) => boolean])[])("%s", (kind, isMeant) => {
    const made = scene.list(kind).find(isMeant)!;
    const real = find(settled, kind, (object) => isOwned(object) && isMeant(object));
    const shown = ({ metadata, spec }: StoredObject): unknown => ({ labels: metadata.labels, spec });
    const { controlPlaneEndpoint: _endpoint, ...realSpec } = real["spec"] as { readonly controlPlaneEndpoint?: object };
    // Webhooks and the other controllers of the recording add these.
    const { rollout: _rollout, ...ownSpec } = realSpec as { readonly rollout?: object };
    expect(withoutDraws(shown(made))).toEqual(withoutDraws({ labels: real.metadata.labels, spec: ownSpec }));
    expect(made.metadata.annotations ?? {}).toEqual(
      Object.fromEntries(Object.entries(real.metadata.annotations ?? {}).filter(([key]) => key.includes("cloned-from"))),
    );
    if (kind.endsWith("Template")) expect(withoutDraws(made.metadata.ownerReferences)).toEqual(withoutDraws(real.metadata.ownerReferences));
    if (appliedFields(real) !== undefined) expect(appliedFields(made)).toEqual(appliedFields(real));
  });

  it("ClusterClass", () => {
    const timeless = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value).replaceAll(/"lastTransitionTime":"[^"]*"/g, '"lastTransitionTime":""'));
    const { objects } = scene.environment;
    const [made] = objects.store.list("ClusterClass.cluster.x-k8s.io");
    const real = find(settled, "ClusterClass");
    expect(timeless(made!["status"])).toEqual(timeless(real["status"]));
    const template = objects.store.get(
      "DevMachineTemplate.infrastructure.cluster.x-k8s.io",
      real.metadata.namespace,
      "in-memory-control-plane",
    )!;
    const realTemplate = find(settled, "DevMachineTemplate", ({ metadata }) => metadata.name === "in-memory-control-plane");
    expect(withoutDraws(template.metadata.ownerReferences)).toEqual(withoutDraws(realTemplate.metadata.ownerReferences));
  });

  it("Cluster", () => {
    const real = find(settled, "Cluster");
    const made = scene.cluster();
    const refs = (object: StoredObject): unknown => {
      const { infrastructureRef, controlPlaneRef } = object["spec"] as {
        readonly infrastructureRef: object;
        readonly controlPlaneRef: object;
      };
      return { infrastructureRef, controlPlaneRef, labels: object.metadata.labels };
    };
    expect(withoutDraws(refs(made))).toEqual(withoutDraws(refs(real)));
    expect(told(made)).toEqual(told(real));
  });

  it("says the same while the pool is upgraded", () => {
    const rolling = find(recording("topology-rolling"), "Cluster");
    const moved = sceneOf(settled, "v1.34.0");
    moved.run(300);
    // Of this hook the recorded Cluster was told by then.
    moved.change(moved.cluster(), withControlPlaneInitialized, "status");
    moved.run(5);
    moved.setVersion("v1.35.2");
    // The recording is of the moment in which the pool's version was written: one pass later it is no plan any more.
    for (let tenth = 0; tenth < 600 && moved.versions()["md-0"] !== "v1.35.2"; tenth += 1) moved.run(0.1);
    expect(moved.versions()).toEqual({ "control plane": "v1.35.2", "md-0": "v1.35.2" });
    expect(withoutDraws(told(moved.cluster()))).toEqual(withoutDraws(told(rolling)));
    expect(moved.cluster().metadata.annotations).toEqual(rolling.metadata.annotations);
    const plan = (object: StoredObject): unknown =>
      (object["status"] as { readonly workers: { readonly upgradePlan: object } }).workers.upgradePlan;
    expect(plan(moved.cluster())).toEqual(plan(rolling));
  });

  it("says the same when the control plane is ahead of the topology", () => {
    const items = recording("topology-wedged");
    const wedged = sceneOf(items, "v1.34.0");
    wedged.run(300);
    wedged.change(wedged.only("KubeadmControlPlane"), (live) => ({ ...live, spec: { ...(live["spec"] as object), version: "v1.34.2" } }));
    wedged.run(20);
    expect(told(wedged.cluster())).toEqual(told(find(items, "Cluster")));
    expect(wedged.errors.length).toBeGreaterThan(3);
    expect(wedged.versions()["control plane"]).toBe("v1.34.2");
  });
});

function withControlPlaneInitialized(live: StoredObject): StoredObject {
  const condition = {
    type: "ControlPlaneInitialized",
    status: "True",
    reason: "Initialized",
    message: "",
    lastTransitionTime: "2026-11-24T00:00:00Z",
  };
  return { ...live, status: { ...(live["status"] as object), conditions: [...conditionsOf(live), condition] } };
}

/** TopologyReconciled in both shapes, without times and generations. */
function told(object: StoredObject): unknown {
  const isMeant = ({ type }: { readonly type: string }): boolean => type === "TopologyReconciled";
  return [...conditionsOf(object).filter(isMeant), ...legacyConditionsOf(object).filter(isMeant)].map((each) => ({
    ...each,
    lastTransitionTime: "",
    observedGeneration: 0,
  }));
}
