import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createObjectStore, type ObjectStore } from "./object-store.ts";
import type { StoredObject } from "./stored-object.ts";

function object(
  namespace: string | undefined,
  name: string,
  more: Partial<StoredObject["metadata"]> & { data?: unknown } = {},
): StoredObject {
  const { data, ...metadata } = more;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid: `uid-${namespace}-${name}`, ...metadata },
    data,
  };
}

function storeOf(historyLength?: number): ObjectStore {
  return createObjectStore({ indexedLabel: "cluster", ...(historyLength === undefined ? {} : { historyLength }) });
}

const names = (objects: readonly StoredObject[] | "compacted"): unknown =>
  objects === "compacted" ? objects : objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

describe("object store", () => {
  it("gives out what was put, deeply frozen, with the revision as resourceVersion", () => {
    const store = storeOf();
    const put = store.put("ConfigMap", object("a", "x", { data: { deep: { value: 1 } } }));
    expect(put.metadata.resourceVersion).toBe("1");
    expect(store.get("ConfigMap", "a", "x")).toBe(put);
    expect(store.get("ConfigMap", "b", "x")).toBeUndefined();
    expect(Object.isFrozen((put["data"] as { deep: object }).deep)).toBe(true);
    expect(Object.isFrozen(put.metadata)).toBe(true);
  });

  it("lists in the order of keys, by namespace, by label, and forgets what went", () => {
    const store = storeOf();
    const labels = { cluster: "c1" };
    for (const [namespace, name] of [
      ["b", "x"],
      ["a", "z"],
      ["a", "y"],
      ["a-b", "w"],
    ] as const)
      store.put("ConfigMap", object(namespace, name, { labels }));
    expect(names(store.list("ConfigMap"))).toEqual(["a/y", "a/z", "a-b/w", "b/x"]);
    expect(names(store.list("ConfigMap", "a"))).toEqual(["a/y", "a/z"]);
    store.put("ConfigMap", object("a", "y", { labels: { cluster: "c2" } }));
    expect(names(store.labelled("ConfigMap", "a", "c1"))).toEqual(["a/z"]);
    expect(names(store.labelled("ConfigMap", "a", "c2"))).toEqual(["a/y"]);
    store.remove("ConfigMap", "a", "y");
    expect(names(store.list("ConfigMap", "a"))).toEqual(["a/z"]);
    expect(names(store.labelled("ConfigMap", "a", "c2"))).toEqual([]);
    expect(store.byUid("uid-a-y")).toBeUndefined();
    expect(store.remove("ConfigMap", "a", "y")).toBeUndefined();
  });

  it("knows the dependents of an owner, also when the reference changes", () => {
    const store = storeOf();
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "owner" };
    store.put("ConfigMap", object("a", "x", { ownerReferences: [owner] }));
    expect(store.dependents("owner").map(({ object: { metadata } }) => metadata.name)).toEqual(["x"]);
    store.put("ConfigMap", object("a", "x", { ownerReferences: [{ ...owner, uid: "other" }] }));
    expect(store.dependents("owner")).toEqual([]);
    expect(store.dependents("other")).toHaveLength(1);
  });

  it("tells of every change, and tells it again from its history until that is cut", () => {
    const store = storeOf();
    const told: string[] = [];
    const stop = store.subscribe(({ kind, object: { metadata } }) => void told.push(`${kind} ${metadata.name}`));
    store.put("ConfigMap", object("a", "x"));
    store.put("ConfigMap", object("a", "x", { data: 1 }));
    store.put("Secret", object("a", "s"));
    store.remove("ConfigMap", "a", "x");
    stop();
    store.put("ConfigMap", object("a", "later"));
    expect(told).toEqual(["added x", "modified x", "added s", "deleted x"]);
    const since = store.since("ConfigMap", 1);
    expect(since === "compacted" ? since : since.map(({ kind, revision }) => `${kind} ${revision}`)).toEqual([
      "modified 2",
      "deleted 4",
      "added 5",
    ]);
    store.compact(3);
    expect(store.since("ConfigMap", 2)).toBe("compacted");
    expect(store.since("ConfigMap", 3)).toHaveLength(2);
    expect(store.listAt("ConfigMap", undefined, 2)).toBe("compacted");
  });

  it("cuts its history by itself", () => {
    const store = storeOf(100);
    for (let count = 0; count < 1000; count += 1) store.put("ConfigMap", object("a", "x", { data: count }));
    expect(store.since("ConfigMap", 1)).toBe("compacted");
    expect(store.since("ConfigMap", 900)).toHaveLength(100);
  });

  it("tells the state at any revision that it remembers", () => {
    const action = fc.record({ name: fc.constantFrom("x", "y", "z"), namespace: fc.constantFrom("a", "b"), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(action, { minLength: 1, maxLength: 30 }), (actions) => {
        const store = storeOf();
        const states = new Map<number, unknown>();
        for (const { name, namespace, remove } of actions) {
          if (remove) store.remove("ConfigMap", namespace, name);
          else store.put("ConfigMap", object(namespace, name, { data: store.revision() }));
          states.set(
            store.revision(),
            store.list("ConfigMap", "a").map((each) => each["data"]),
          );
        }
        for (const [revision, state] of states) {
          const then = store.listAt("ConfigMap", "a", revision);
          expect(then === "compacted" ? then : then.map((each) => each["data"])).toEqual(state);
        }
      }),
    );
  });
});
