import { describe, expect, it } from "vitest";
import { applyTo, manifestsIn } from "../applier/apply-object.ts";
import type { ObjectKey } from "../controllers/controller-runtime.ts";
import { createRandom } from "../engine/random.ts";
import { createTimeline } from "../engine/timeline.ts";
import { createManagementCluster, type ManagementCluster, type SavedCluster } from "../management-cluster.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { packedWorldOf } from "./bring-up.ts";
import { withCopies } from "./copied-clusters.ts";
import { fleetCopies, fleetWorld } from "./fleet.ts";
import { unpackWorld } from "./packed-world.ts";

const now = Date.parse("2027-03-04T05:06:07Z");
const kubeconfig = ({ namespace, name }: ObjectKey): string => `server: https://127.0.0.1:4000/clusters/${namespace}/${name}\n`;
const copies = fleetCopies(3);
const one = unpackWorld(packedWorldOf(copies.world, 1), { now, port: 4_000, kubeconfig });
const saved = withCopies(one, { ...copies, random: createRandom(2), kubeconfig });
const uidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

function objectsOf({ store, workloads }: SavedCluster, name: string): readonly { readonly type: string; readonly object: StoredObject }[] {
  const inside = workloads.find(({ key }) => key.name === name)?.store.objects ?? [];
  return [...store.objects.filter(({ object }) => new RegExp(`\\b${name}\\b`).test(JSON.stringify(object))), ...inside];
}

/** What is left of an object once its cluster's name, uids and resourceVersion are no more. */
function withoutIdentity({ type, object }: { readonly type: string; readonly object: StoredObject }, name: string): string {
  const { resourceVersion: _revision, ...metadata } = object.metadata;
  const data =
    type === "Secret"
      ? Object.values(object["data"] as Readonly<Record<string, string>>).map((text) => Buffer.from(text, "base64").toString())
      : [];
  return JSON.stringify({ ...object, data, metadata })
    .replaceAll(name, "NAME")
    .replaceAll(uidPattern, "UID");
}

function management(): ManagementCluster {
  return createManagementCluster({
    timeline: createTimeline(saved.at),
    random: createRandom(3),
    workloadKubeconfig: kubeconfig,
    saved,
    controllersStartMilliseconds: 1_000,
  });
}

const versions = (cluster: ManagementCluster, name: string): readonly unknown[] =>
  cluster.objects.store
    .labelled("Machine.cluster.x-k8s.io", "fleet", name)
    .map(({ spec }) => (spec as { readonly version: string }).version);

describe("copies of a cluster", () => {
  it.each(copies.names)("%s is as its original, but for who it is", (name) => {
    const [copy, original] = [objectsOf(saved, name), objectsOf(saved, "cluster-0")];
    expect(original.length).toBeGreaterThan(130);
    expect(copy.map((each) => withoutIdentity(each, name))).toEqual(original.map((each) => withoutIdentity(each, "cluster-0")));
    expect(JSON.stringify(copy)).not.toMatch(/\bcluster-0\b/);
  });

  it("have uids and resourceVersions that nobody else has, and owners among themselves", () => {
    const all = [...saved.store.objects, ...saved.workloads.flatMap(({ store }) => store.objects)].map(({ object }) => object);
    expect(new Set(all.map(({ metadata }) => metadata.uid)).size).toBe(all.length);
    const revisions = saved.store.objects.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(Math.max(...revisions)).toBe(saved.store.revision);
    const own = new Map(objectsOf(saved, "cluster-2").map(({ object }) => [object.metadata.uid, object.metadata.name]));
    const owners = objectsOf(saved, "cluster-2").flatMap(({ object }) => object.metadata.ownerReferences ?? []);
    expect(owners.length).toBeGreaterThan(50);
    expect(owners.filter(({ uid, name }) => own.get(uid) !== name)).toEqual([]);
  });

  it("have kubeconfigs of their own", () => {
    const secret = saved.store.objects.find(({ type, object }) => type === "Secret" && object.metadata.name === "cluster-1-kubeconfig");
    const { value } = secret!.object["data"] as { readonly value: string };
    expect(Buffer.from(value, "base64").toString()).toBe("server: https://127.0.0.1:4000/clusters/fleet/cluster-1\n");
  });

  it("share what says nothing of who they are", () => {
    const machines = saved.store.objects.filter(({ type }) => type === "Machine.cluster.x-k8s.io").map(({ object }) => object);
    const parts = machines.map(({ status }) => (status as { readonly initialization: object }).initialization);
    expect(parts).toHaveLength(30);
    expect(new Set(parts).size).toBe(1);
  });

  it("leave their controllers nothing to do, and are upgraded one by one", () => {
    const cluster = management();
    const { timeline, objects } = cluster;
    const revision = objects.store.revision();
    timeline.runUntil(now + 600_000);
    expect(cluster.runtime.passes()).toBeGreaterThan(100);
    expect(objects.store.revision()).toBe(revision);
    const file = fleetWorld(3).files["clusters/cluster-2.yaml"]!.replace("v1.33.1", "v1.34.0");
    for (const object of manifestsIn([file])) applyTo(cluster.handler, object, "test");
    timeline.runUntil(timeline.now() + 3_600_000);
    const ten = (version: string): readonly string[] => Array.from({ length: 10 }, () => version);
    expect(["cluster-0", "cluster-1", "cluster-2"].map((name) => versions(cluster, name))).toEqual([
      ten("v1.33.1"),
      ten("v1.33.1"),
      ten("v1.34.0"),
    ]);
    const kubelets = cluster.workloads.get({ namespace: "fleet", name: "cluster-2" })!.objects.store.list("Node");
    expect(
      kubelets.map(({ status }) => (status as { readonly nodeInfo: { readonly kubeletVersion: string } }).nodeInfo.kubeletVersion),
    ).toEqual(ten("v1.34.0"));
  });
});
