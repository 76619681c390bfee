import { describe, expect, it } from "vitest";
import { applyTo } from "../applier/apply-object.ts";
import { createRandom } from "../engine/random.ts";
import { createTimeline } from "../engine/timeline.ts";
import { createManagementCluster, saveCluster, type ManagementCluster, type SavedCluster } from "../management-cluster.ts";
import { kubeconfigText } from "../http/kubeconfig.ts";
import type { ObjectKey } from "../controllers/controller-runtime.ts";
import { bringUp, packedWorldOf, usualAgeSeconds } from "./bring-up.ts";
import { unpackWorld } from "./packed-world.ts";
import { quickStartWorld } from "./quick-start.ts";

const seed = 1;
const port = 40_123;
const began = Date.parse("2027-03-04T05:06:07Z");
const certificates = { authority: "authority", client: { certificate: "client", key: "key" } };
const world = quickStartWorld();
const packed = packedWorldOf(world, seed);

const kubeconfig = ({ namespace, name }: ObjectKey): string =>
  kubeconfigText(name, `https://127.0.0.1:${port}/clusters/${namespace}/${name}`, certificates);

function management(timelineStart: number, saved?: SavedCluster): ManagementCluster {
  return createManagementCluster({
    timeline: createTimeline(timelineStart),
    random: createRandom(seed).fork(saved === undefined ? "" : "settled"),
    workloadKubeconfig: kubeconfig,
    ...(saved === undefined ? {} : { saved, controllersStartMilliseconds: 1_000 }),
  });
}

/** As it comes up with the real port and kubeconfigs, at that time. */
function cameUp(): SavedCluster {
  const cluster = createManagementCluster({ timeline: createTimeline(began), random: createRandom(seed), workloadKubeconfig: kubeconfig });
  bringUp(cluster, world, began + usualAgeSeconds * 1000);
  return saveCluster(cluster);
}

function byName({ store, workloads }: SavedCluster): unknown {
  const objects = (saved: SavedCluster["store"]): unknown =>
    Object.fromEntries(
      saved.objects.map(({ type, object }) => [
        `${type} ${object.metadata.namespace ?? ""}/${object.metadata.name}`,
        JSON.parse(JSON.stringify(object)),
      ]),
    );
  return {
    revision: store.revision,
    objects: objects(store),
    workloads: workloads.map((each) => ({ ...each, store: objects(each.store) })),
  };
}

describe("a packed world", () => {
  it("is what would have come up, at any other time and port", () => {
    const other = cameUp();
    const unpacked = unpackWorld(packed, { now: other.at, port, kubeconfig });
    expect(unpacked.at).toBe(other.at);
    expect(byName(unpacked)).toEqual(byName(other));
    expect(unpacked.store.objects.length).toBeGreaterThan(100);
  });

  it("is some part of a second old where the clock stands within one", () => {
    const now = began + 1_234;
    const { at } = unpackWorld(packed, { now, port, kubeconfig });
    expect(at).toBe(began + 1_000);
  });

  it("leaves nothing to do, and takes an upgrade with names that were not there before", () => {
    const cluster = management(began, unpackWorld(packed, { now: began, port, kubeconfig }));
    const { timeline, objects } = cluster;
    const revision = objects.store.revision();
    timeline.runUntil(began + 1_000);
    expect(cluster.runtime.passes()).toBe(0);
    timeline.runUntil(began + 600_000);
    expect(cluster.runtime.passes()).toBeGreaterThan(20);
    expect(objects.store.revision()).toBe(revision);
    const machines = (): readonly unknown[] =>
      objects.store.list("Machine.cluster.x-k8s.io", "capi-quickstart").map(({ spec }) => (spec as { readonly version: string }).version);
    expect(machines()).toEqual(Array.from({ length: 4 }, () => "v1.26.0"));
    const cluster1 = objects.store.get("Cluster.cluster.x-k8s.io", "capi-quickstart", "capi-quickstart")!;
    const { topology } = cluster1["spec"] as { readonly topology: object };
    applyTo(
      cluster.handler,
      {
        apiVersion: cluster1.apiVersion,
        kind: "Cluster",
        metadata: { name: "capi-quickstart", namespace: "capi-quickstart" },
        spec: { topology: { ...topology, version: "v1.26.6" } },
      },
      "test",
    );
    timeline.runUntil(timeline.now() + 1_800_000);
    expect(machines()).toEqual(Array.from({ length: 4 }, () => "v1.26.6"));
  });
});
