import { describe, expect, it } from "vitest";
import { createRandom } from "../engine/random.ts";
import { createFieldManagement } from "../field-management/field-management.ts";
import { recorded, recordedType, stepTime, type RecordedStep } from "../field-management/testing/recorded.ts";
import { jsonPatch } from "../patches/json-patch.ts";
import { mergePatch } from "../patches/merge-patch.ts";
import { createObjectStore } from "../store/object-store.ts";
import type { GivenObject, StoredObject } from "../store/stored-object.ts";
import { ApiStatusError } from "./api-status-error.ts";
import { createObjects, type Objects, type ObjectRules } from "./objects.ts";

const configMap = recordedType("ConfigMap");
const cluster = recordedType("Cluster");

function objectsAt(now: () => number, rules: ObjectRules = {}): Objects {
  const store = createObjectStore({ indexedLabel: "cluster" });
  return createObjects({ store, now, random: createRandom(1), rules: { fields: createFieldManagement(), ...rules } });
}

/** Kinds whose defaults and schemas play no part, from an empty store: every answer is what the real server answered. */
const played = recorded.filter(({ kind, name }) => kind !== "Deployment" && name !== "JSON patch");

describe.each(played)("$kind: $name", ({ kind, steps }) => {
  const type = recordedType(kind);

  it("is as recorded, step by step", () => {
    let now = 0;
    const objects = objectsAt(() => now);
    for (const [index, step] of steps.entries()) {
      // Refused by the schema of the CRD.
      if (step.refusal?.code === 422) continue;
      now = Date.parse(stepTime(index));
      const answer = outcome(() => perform(objects, step));
      if (step.refusal !== undefined)
        expect(answer, `step ${index}`).toMatchObject({ code: step.refusal.code, message: step.refusal.message });
      else expect(withoutIdentity(answer as StoredObject), `step ${index}`).toEqual(withoutIdentity(step.object!));
    }
  });

  function perform(objects: Objects, { verb, manager, subresource, sent, force }: RecordedStep): StoredObject {
    const who = { manager, ...(subresource === undefined ? {} : { subresource }) };
    const { name, namespace } = steps[0]!.object!.metadata;
    const patched = (patch: (live: StoredObject) => StoredObject): StoredObject => objects.modify(type, namespace, name, patch, who);
    switch (verb) {
      case "create":
        return objects.create(type, sent, who);
      case "apply":
        return objects.apply(type, sent, { ...who, force: force === true });
      case "merge":
        return patched((live) => mergePatch(live, sent));
      case "json":
        return patched((live) => jsonPatch(live, sent));
      case "strategic":
        throw new Error("not of these kinds");
    }
  }
});

function withoutIdentity(object: StoredObject): unknown {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = object.metadata;
  // The server leaves an empty map of a ConfigMap out, and one that lost its last key.
  return JSON.parse(
    JSON.stringify({ ...object, metadata }, (key, value: unknown) =>
      key === "data" && typeof value === "object" && value !== null && Object.keys(value).length === 0 ? undefined : value,
    ),
  );
}

describe("objects on their way out (seen on kube-apiserver 1.36)", () => {
  const where = [configMap, "ns", "d"] as const;
  const who = { manager: "m" };
  const held = (objects: Objects): StoredObject =>
    objects.create(configMap, { metadata: { name: "d", namespace: "ns", finalizers: ["a.b/c"] } }, who);

  it("take the last wish for their dependents", () => {
    const objects = objectsAt(() => 0);
    held(objects);
    const finalizers = (propagation?: "Foreground" | "Background" | "Orphan"): unknown =>
      objects.delete(...where, propagation === undefined ? {} : { propagation }).metadata.finalizers;
    expect(finalizers("Foreground")).toEqual(["a.b/c", "foregroundDeletion"]);
    expect(finalizers("Background")).toEqual(["a.b/c"]);
    expect(finalizers("Orphan")).toEqual(["a.b/c", "orphan"]);
    expect(finalizers()).toEqual(["a.b/c", "orphan"]);
  });

  it("are held by nobody else, and go with the last finalizer", () => {
    const objects = objectsAt(() => 0);
    held(objects);
    expect(objects.delete(...where, {}).metadata).toMatchObject({
      deletionGracePeriodSeconds: 0,
      deletionTimestamp: "1970-01-01T00:00:00Z",
    });
    const change = (metadata: object, more: object = {}): unknown =>
      outcome(() => objects.modify(...where, (live) => mergePatch(live, { ...more, metadata }), who));
    expect(change({ finalizers: ["a.b/c", "x.y/z", "b.b/b"] })).toMatchObject({
      code: 422,
      message:
        'ConfigMap "d" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"b.b/b", "x.y/z"}',
    });
    expect(change({ finalizers: null, resourceVersion: "0" })).toMatchObject({
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "d": the object has been modified; please apply your changes to the latest version and try again',
    });
    expect(change({ finalizers: [] }, { data: { q: "w" } })).toMatchObject({ data: { q: "w" } });
    expect(outcome(() => objects.need(...where))).toMatchObject({ code: 404, message: 'configmaps "d" not found' });
  });

  it("count generations: at deletion, and with each change of the spec", () => {
    const objects = objectsAt(() => 0);
    const made = objects.create(
      cluster,
      {
        metadata: { generateName: "g-", namespace: "ns", finalizers: ["a.b/c"], labels: {} },
        spec: { paused: false },
        status: { phase: "x" },
      },
      who,
    );
    expect(made).not.toHaveProperty("status");
    expect(made.metadata).toMatchObject({ generation: 1, generateName: "g-" });
    expect(made.metadata).not.toHaveProperty("labels");
    expect(made.metadata.managedFields?.[0]?.fieldsV1).toEqual({
      "f:metadata": { "f:finalizers": { ".": {}, 'v:"a.b/c"': {} }, "f:generateName": {} },
      "f:spec": { ".": {}, "f:paused": {} },
    });
    const change = (patch: object): StoredObject =>
      objects.modify(cluster, "ns", made.metadata.name, (live) => mergePatch(live, patch), who);
    expect(change({ metadata: { labels: { a: "b" } } }).metadata.generation).toBe(1);
    expect(objects.delete(cluster, "ns", made.metadata.name, {}).metadata.generation).toBe(2);
    expect(change({ spec: { paused: true } }).metadata.generation).toBe(3);
    expect(change({ metadata: { finalizers: [] }, spec: { paused: false } }).metadata.generation).toBe(4);
  });
});

describe("what cannot be written (seen on kube-apiserver 1.36)", () => {
  const who = { manager: "m", force: false };
  const metadata = { name: "d", namespace: "ns" };
  const refused: readonly (readonly [string, (objects: Objects) => unknown, number, string])[] = [
    [
      "no name",
      (objects) => objects.create(configMap, { metadata: { namespace: "ns" } }, who),
      422,
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    ],
    [
      "a version at birth",
      (objects) => objects.create(configMap, { metadata: { ...metadata, resourceVersion: "5" } }, who),
      500,
      "resourceVersion should not be set on objects to be created",
    ],
    [
      "an apply to another object",
      (objects) => objects.apply(configMap, { metadata: { ...metadata, uid: "7" } }, who),
      409,
      'Operation cannot be fulfilled on configmaps "d": uid mismatch: the provided object specified uid 7, and no existing object was found',
    ],
    [
      "status of nothing",
      (objects) => objects.apply(cluster, { metadata, status: { phase: "x" } }, { ...who, subresource: "status" }),
      404,
      'clusters.cluster.x-k8s.io "d" not found',
    ],
  ];
  it.each(refused)("%s", (_name, attempt, code, message) => {
    expect(outcome(() => attempt(objectsAt(() => 0)))).toMatchObject({ code, message });
  });
});

describe("writes that write nothing", () => {
  it("give the live object and tell nobody", () => {
    const objects = objectsAt(() => 0);
    const given = { metadata: { name: "c", namespace: "ns" }, spec: { paused: true } } satisfies GivenObject;
    const live = objects.apply(cluster, given, { manager: "m", force: false });
    const revision = objects.store.revision();
    expect(objects.apply(cluster, given, { manager: "m", force: false })).toBe(live);
    expect(objects.modify(cluster, "ns", "c", (each) => ({ ...each }), { manager: "n" })).toBe(live);
    expect(objects.updateStatus(cluster, live, { manager: "n" })).toBe(live);
    expect(
      objects.create(cluster, { ...given, metadata: { ...given.metadata, name: "dry" } }, { manager: "m", dryRun: true }),
    ).toMatchObject({ spec: given.spec });
    expect(objects.store.revision()).toBe(revision);
  });

  it("what webhooks add belongs to nobody", () => {
    const objects = objectsAt(() => 0, {
      mutate: ({ object }) => ({ ...object!, spec: { paused: true, ...(object!["spec"] as object) } }),
    });
    const live = objects.create(cluster, { metadata: { name: "c", namespace: "ns" }, spec: {} }, { manager: "m" });
    expect(live["spec"]).toEqual({ paused: true });
    expect(live.metadata.managedFields?.[0]?.fieldsV1).toEqual({ "f:spec": {} });
  });
});

function outcome(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof ApiStatusError) return { code: error.code, message: error.message };
    throw error;
  }
}
