import { describe, expect, it } from "vitest";
import { applyTo, manifestsIn } from "./applier/apply-object.ts";
import { createRandom } from "./engine/random.ts";
import { createTimeline } from "./engine/timeline.ts";
import { createManagementCluster, saveCluster, type ManagementCluster, type SavedCluster } from "./management-cluster.ts";
import { clusterClassFile, topologyClusterFile } from "./worlds/fleet-files.ts";

const [namespace, name] = ["fleet", "demo"];
const machineType = "Machine.cluster.x-k8s.io";

function management(seed: number, saved?: SavedCluster): ManagementCluster {
  return createManagementCluster({
    timeline: createTimeline(saved?.at ?? Date.parse("2026-01-01T00:00:00Z")),
    random: createRandom(seed),
    workloadKubeconfig: () => "kubeconfig",
    ...(saved === undefined ? {} : { saved }),
  });
}

function pass({ timeline }: ManagementCluster, seconds: number): void {
  timeline.runUntil(timeline.now() + seconds * 1000);
}

function ask(cluster: ManagementCluster, version: string): void {
  const file = topologyClusterFile({ name, namespace, version, controlPlanes: 3, pools: [{ name: "pool-0", replicas: 2 }] });
  for (const object of manifestsIn([clusterClassFile(namespace), file])) applyTo(cluster.handler, object, "test");
}

function settled(): SavedCluster {
  const cluster = management(1);
  ask(cluster, "v1.33.1");
  pass(cluster, 600);
  return saveCluster(cluster);
}

const versions = ({ objects }: ManagementCluster): readonly unknown[] =>
  objects.store.list(machineType, namespace).map(({ spec, status }) => {
    // What is stored under this type is a Machine.
    const [{ version }, { phase }] = [spec as { readonly version: string }, status as { readonly phase: string }];
    return `${version} ${phase}`;
  });

const kubelets = ({ workloads }: ManagementCluster): readonly unknown[] =>
  workloads
    .get({ namespace, name })!
    .objects.store.list("Node")
    .map(({ status }) => (status as { readonly nodeInfo: { readonly kubeletVersion: string } }).nodeInfo.kubeletVersion);

describe("a management cluster that begins with a saved one", () => {
  const saved = settled();

  it("has every object of it, and its controllers find nothing to do", () => {
    const cluster = management(2, saved);
    expect(versions(cluster)).toEqual(Array.from({ length: 5 }, () => "v1.33.1 Running"));
    pass(cluster, 600);
    expect(cluster.objects.store.revision()).toBe(saved.store.revision);
    expect(cluster.runtime.passes()).toBeGreaterThan(10);
    expect(kubelets(cluster)).toEqual(Array.from({ length: 5 }, () => "v1.33.1"));
    expect(cluster.workloadHandler({ namespace, name })).toBeDefined();
  });

  it("takes an upgrade, and the saved one stays what it was, for others to begin with", () => {
    const before = JSON.stringify(saved);
    for (const seed of [3, 4]) {
      const cluster = management(seed, saved);
      ask(cluster, "v1.34.0");
      pass(cluster, 1800);
      expect(versions(cluster)).toEqual(Array.from({ length: 5 }, () => "v1.34.0 Running"));
      expect(kubelets(cluster)).toEqual(Array.from({ length: 5 }, () => "v1.34.0"));
    }
    expect(JSON.stringify(saved)).toBe(before);
  });

  it("serves what was defined in it, and knows no history from before", () => {
    const first = management(5);
    const names = { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" };
    const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } };
    applyTo(
      first.handler,
      {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "widgets.example.com" },
        spec: { group: "example.com", names, scope: "Namespaced", versions: [version] },
      },
      "test",
    );
    pass(first, 1);
    const again = management(6, saveCluster(first));
    applyTo(again.handler, { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w", namespace: "default" } }, "test");
    expect(again.objects.store.get("Widget.example.com", "default", "w")).toBeDefined();
    expect(again.objects.store.since("Widget.example.com", 1)).toBe("compacted");
    expect(again.objects.store.since("Widget.example.com", first.objects.store.revision())).toHaveLength(1);
  });
});
