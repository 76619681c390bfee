import { beforeEach, describe, expect, it } from "vitest";
import { createObjects, type Objects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import { createRandom } from "../engine/random.ts";
import { createTimeline, type Timeline } from "../engine/timeline.ts";
import { createObjectStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { startGarbageCollector } from "./garbage-collector.ts";
import { startNamespaceLifecycle } from "./namespace-lifecycle.ts";

const maps: ResourceType = {
  key: "ConfigMap",
  group: "",
  kind: "ConfigMap",
  plural: "configmaps",
  singular: "configmap",
  shortNames: [],
  categories: [],
  namespaced: true,
  versions: [{ name: "v1", served: true }],
  storageVersion: "v1",
  hasStatus: false,
};
const namespaces: ResourceType = { ...maps, key: "Namespace", kind: "Namespace", plural: "namespaces", namespaced: false, hasStatus: true };

let timeline: Timeline;
let objects: Objects;

beforeEach(() => {
  timeline = createTimeline(0);
  objects = createObjects({ store: createObjectStore({ indexedLabel: "x" }), now: () => timeline.now(), random: createRandom(1) });
  startGarbageCollector({ objects, type: (key) => (key === "ConfigMap" ? maps : undefined), timeline });
  startNamespaceLifecycle({ objects, types: () => [namespaces, maps], timeline });
});

function make(name: string, owners: readonly StoredObject[] = [], more: object = {}): StoredObject {
  const ownerReferences = owners.map(({ metadata }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    name: metadata.name,
    uid: metadata.uid,
    blockOwnerDeletion: true,
  }));
  return objects.create(maps, { metadata: { name, namespace: "ns", ownerReferences, ...more } }, { manager: "test" });
}

const left = (): readonly string[] => objects.store.list("ConfigMap").map(({ metadata }) => metadata.name);
const pass = (): void => timeline.runUntil(timeline.now() + 10_000);

describe("garbage collector", () => {
  it("takes what lost its last owner, and what that owned", () => {
    const [a, b] = [make("a"), make("b")];
    const child = make("child", [a]);
    make("shared", [a, b]);
    make("grandchild", [child]);
    make("stranger");
    objects.delete(maps, "ns", "a", {});
    expect(left()).toContain("child");
    pass();
    expect(left()).toEqual(["b", "shared", "stranger"]);
    expect(objects.get(maps, "ns", "shared")!.metadata.ownerReferences).toHaveLength(1);
  });

  it("lets the owner wait for what it owns, in the foreground", () => {
    const a = make("a");
    make("child", [a], { finalizers: ["test/hold"] });
    objects.delete(maps, "ns", "a", { propagation: "Foreground" });
    pass();
    expect(left()).toEqual(["a", "child"]);
    expect(objects.get(maps, "ns", "child")!.metadata.deletionTimestamp).toBeDefined();
    objects.modify(maps, "ns", "child", (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }), { manager: "test" });
    pass();
    expect(left()).toEqual(["a"].slice(1));
  });

  it("takes what came after its owner had gone", () => {
    const [a, b] = [make("a"), make("b")];
    objects.delete(maps, "ns", "a", {});
    make("late", [a]);
    make("shared", [a, b]);
    pass();
    expect(left()).toEqual(["b", "shared"]);
    objects.modify(
      maps,
      "ns",
      "shared",
      (live) => ({
        ...live,
        metadata: { ...live.metadata, ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "a", uid: a.metadata.uid }] },
      }),
      { manager: "test" },
    );
    pass();
    expect(left()).toEqual(["b"]);
  });

  it("leaves orphans alone", () => {
    const a = make("a");
    make("child", [a]);
    objects.delete(maps, "ns", "a", { propagation: "Orphan" });
    pass();
    expect(left()).toEqual(["child"]);
    expect(objects.get(maps, "ns", "child")!.metadata.ownerReferences ?? []).toEqual([]);
  });
});

describe("namespaces", () => {
  it("become active, and take what is in them along when they go", () => {
    objects.create(namespaces, { metadata: { name: "ns" } }, { manager: "test" });
    pass();
    expect(objects.get(namespaces, undefined, "ns")).toMatchObject({
      status: { phase: "Active" },
      metadata: { labels: { "kubernetes.io/metadata.name": "ns" } },
    });
    make("a", [], { finalizers: ["test/hold"] });
    make("b");
    objects.delete(namespaces, undefined, "ns", {});
    pass();
    expect(left()).toEqual(["a"]);
    expect(objects.get(namespaces, undefined, "ns")).toMatchObject({ status: { phase: "Terminating" } });
    objects.modify(maps, "ns", "a", (live) => ({ ...live, metadata: { ...live.metadata, finalizers: [] } }), { manager: "test" });
    pass();
    expect(objects.get(namespaces, undefined, "ns")).toBeUndefined();
  });
});
