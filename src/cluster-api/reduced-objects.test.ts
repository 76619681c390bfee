import { describe, expect, it } from "vitest";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import type { ClusterObjects } from "./cluster-objects.ts";
import { objectReducer, type Role } from "./reduced-objects.ts";
import { fixtureObjects, type Scene } from "./testing/fixtures.ts";
import type { RawObject } from "./views/fields.ts";

const NOW = Date.parse("2026-11-23T22:54:10Z");
const scenes: readonly Scene[] = ["topology-settled", "topology-rolling", "topology-wedged", "plain-settled"];

function reduced(objects: ClusterObjects): ClusterObjects {
  const reduce = objectReducer();
  // Fixtures are objects of an API server.
  const one = (role: Role, object: RawObject): RawObject => reduce(role, object as unknown as KubernetesObject);
  const all = (role: Role, list: readonly RawObject[]): readonly RawObject[] => list.map((object) => one(role, object));
  return {
    ...objects,
    cluster: one("Cluster", objects.cluster),
    controlPlane: objects.controlPlane && one("control-plane", objects.controlPlane),
    clusterClass: objects.clusterClass && one("ClusterClass", objects.clusterClass),
    machineDeployments: all("MachineDeployment", objects.machineDeployments),
    machinePools: all("MachinePool", objects.machinePools),
    machineSets: all("MachineSet", objects.machineSets),
    machines: all("Machine", objects.machines),
    templates: objects.templates.map((reading) => ({ ...reading, object: reading.object && one("template", reading.object) })),
    controlPlaneInfrastructure: all("infrastructure-machine", objects.controlPlaneInfrastructure),
  };
}

const sizeOf = (objects: readonly RawObject[]): number => JSON.stringify(objects).length;

describe("objects of which only is kept what is read", () => {
  it.each(scenes.flatMap((scene) => (["v1beta1", "v1beta2"] as const).map((contract) => [scene, contract] as const)))(
    "%s at %s gives the same snapshot",
    (scene, contract) => {
      const objects = fixtureObjects(scene, contract);
      expect(assembleSnapshot(reduced(objects), NOW)).toEqual(assembleSnapshot(objects, NOW));
    },
  );

  it.each(scenes)("%s: machines shrink by a third and more", (scene) => {
    const { machines } = fixtureObjects(scene, "v1beta2");
    expect(sizeOf(reduced(fixtureObjects(scene, "v1beta2")).machines)).toBeLessThan((sizeOf(machines) * 2) / 3);
  });

  it("keeps what tells one state of an object from another, and labels of clusters, which policies select by", () => {
    const { cluster } = fixtureObjects("topology-settled", "v1beta2");
    const metadata = cluster["metadata"] as KubernetesObject["metadata"];
    const labelled = { ...cluster, metadata: { ...metadata, labels: { team: "a" }, annotations: { "example.com/note": "x" } } };
    expect(objectReducer()("Cluster", labelled).metadata).toMatchObject({
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      labels: { team: "a" },
      annotations: { "example.com/note": "x" },
    });
  });

  it("keeps nothing of the parsed answer alive: no object is shared", () => {
    const { machines } = fixtureObjects("topology-settled", "v1beta2");
    const seen = new Set<unknown>();
    const visit = (value: unknown, found: (object: object) => void): void => {
      if (value === null || typeof value !== "object") return;
      found(value);
      for (const inner of Object.values(value)) visit(inner, found);
    };
    visit(machines, (object) => seen.add(object));
    const shared: object[] = [];
    visit(reduced(fixtureObjects("topology-settled", "v1beta2")).machines, (object) => {
      if (seen.has(object)) shared.push(object);
    });
    expect(shared).toEqual([]);
  });
});
