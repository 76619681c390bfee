import { readFileSync } from "node:fs";
import type { ClusterObjects, TemplateReading } from "../cluster-objects.ts";
import { asRecord, asText, type RawObject } from "../views/fields.ts";
import { CONTROL_PLANE_LABEL } from "../views/machine.ts";
import { readMeta } from "../views/object-meta.ts";
import { clusterObjects, type Contract } from "./objects.ts";

export type Scene = "topology-settled" | "topology-rolling" | "topology-wedged" | "plain-settled";

const FOLDER = new URL("../../../test/fixtures/cluster-api/v1.14/", import.meta.url);

/** A scene of real Cluster API v1.14 objects (test/fixtures/cluster-api/v1.14/README.md), sorted as fetching would sort them. */
export function fixtureObjects(scene: Scene, contract: Contract): ClusterObjects {
  const items = fixtureItems(scene, contract);
  const ofKind = (kind: string): readonly RawObject[] => items.filter((item) => item["kind"] === kind);
  const [cluster] = ofKind("Cluster");
  if (cluster === undefined) throw new Error(`${scene} has no Cluster`);
  return clusterObjects(cluster, {
    controlPlane: ofKind("KubeadmControlPlane")[0],
    clusterClass: ofKind("ClusterClass")[0],
    machineDeployments: ofKind("MachineDeployment"),
    machinePools: ofKind("MachinePool"),
    machineSets: ofKind("MachineSet"),
    machines: ofKind("Machine"),
    templates: ofKind("DevMachineTemplate").map((object): TemplateReading => ({ ref: metaOf(object).ref, object, missing: false })),
    controlPlaneInfrastructure: ofKind("DevMachine").filter((object) => Object.hasOwn(metaOf(object).labels, CONTROL_PLANE_LABEL)),
  });
}

/** All objects of a scene, in no order. */
export function fixtureItems(scene: Scene, contract: Contract): readonly RawObject[] {
  return readItems(`${scene}.${contract}.json`);
}

export function fixtureNodes(scene: Scene): readonly RawObject[] {
  return readItems(`${scene}.nodes.json`);
}

function readItems(file: string): readonly RawObject[] {
  const list: unknown = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8"));
  const items = asRecord(list)?.["items"];
  if (!Array.isArray(items)) throw new Error(`${file} is no list`);
  return items.map((item: unknown) => asRecord(item) ?? {});
}

function metaOf(object: RawObject) {
  return readMeta(object, asText(object["kind"]) ?? "", () => {});
}
