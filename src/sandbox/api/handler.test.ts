import { beforeEach, describe, expect, it } from "vitest";
import { createRandom } from "../engine/random.ts";
import { createTimeline, type Timeline } from "../engine/timeline.ts";
import { createFieldManagement } from "../field-management/field-management.ts";
import { createObjectStore } from "../store/object-store.ts";
import type { WatchEvent } from "./api-request.ts";
import { createApiHandler, type ApiHandler } from "./handler.ts";
import { createObjects, type Objects } from "./objects.ts";
import type { ResourceType } from "./resource-type.ts";

function builtIn(kind: string, more: Partial<ResourceType> = {}): ResourceType {
  const plural = `${kind.toLowerCase()}s`;
  return {
    key: kind,
    group: "",
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    versions: [{ name: "v1", served: true }],
    storageVersion: "v1",
    hasStatus: false,
    ...more,
  };
}

const widgets: ResourceType = builtIn("Widget", {
  key: "Widget.example.io",
  group: "example.io",
  shortNames: ["wd"],
  categories: ["all"],
  hasStatus: true,
  versions: [
    {
      name: "v1",
      served: true,
      printerColumns: [
        { name: "Size", type: "integer", jsonPath: ".spec.size" },
        { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
        { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
      ],
    },
    { name: "v1beta1", served: true },
    { name: "v1alpha1", served: false },
  ],
  scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
});
const types = [
  builtIn("Namespace", { namespaced: false, hasStatus: true }),
  builtIn("ConfigMap", { withoutGeneration: true }),
  builtIn("Pod", { hasStatus: true }),
  widgets,
];

let timeline: Timeline;
let objects: Objects;
let handler: ApiHandler;

beforeEach(() => {
  timeline = createTimeline(Date.parse("2026-01-01T00:00:00Z"));
  objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster" }),
    now: () => timeline.now(),
    random: createRandom(1),
    rules: { fields: createFieldManagement() },
  });
  handler = createApiHandler({
    objects,
    types: () => types,
    convert: (object, apiVersion) => ({ ...object, apiVersion, converted: true }),
    now: () => timeline.now(),
    after: (milliseconds, task) => timeline.after(milliseconds, task),
    gitVersion: () => "v1.36.3",
    evict: (pod, dryRun) => {
      if (!dryRun) objects.delete(types[2]!, pod.metadata.namespace, pod.metadata.name, {});
    },
  });
  expect(send("POST", "/api/v1/namespaces", { metadata: { name: "ns" } }).status).toBe(201);
});

// oxlint-disable-next-line typescript/no-explicit-any -- answers are JSON of any shape
type Answer = { readonly status: number; readonly body: any };

function send(method: string, url: string, body?: unknown, more: { readonly contentType?: string; readonly accept?: string } = {}): Answer {
  const { pathname, searchParams } = new URL(url, "https://sandbox");
  return handler.handle({ method, path: pathname, query: searchParams, body, userAgent: "tester/1.0 (linux)", ...more }) as Answer;
}

const merge = { contentType: "application/merge-patch+json" };
const apply = { contentType: "application/apply-patch+yaml" };
const maps = "/api/v1/namespaces/ns/configmaps";
const all = "/apis/example.io/v1/namespaces/ns/widgets";

describe("what is served", () => {
  it("tells versions, groups and resources", () => {
    expect(send("GET", "/version").body).toMatchObject({ major: "1", minor: "36", gitVersion: "v1.36.3" });
    expect(send("GET", "/readyz")).toMatchObject({ status: 200, body: "ok" });
    expect(send("GET", "/api").body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    expect(send("GET", "/apis").body.groups).toEqual([
      {
        name: "example.io",
        versions: [
          { groupVersion: "example.io/v1", version: "v1" },
          { groupVersion: "example.io/v1beta1", version: "v1beta1" },
        ],
        preferredVersion: { groupVersion: "example.io/v1", version: "v1" },
      },
    ]);
    expect(send("GET", "/apis/example.io").body).toMatchObject({ kind: "APIGroup", name: "example.io" });
    expect(send("GET", "/apis/example.io/v1").body.resources.map(({ name }: { name: string }) => name)).toEqual([
      "widgets",
      "widgets/status",
      "widgets/scale",
    ]);
    expect(send("GET", "/api/v1").body.resources.map(({ name }: { name: string }) => name)).toContain("pods/eviction");
    const aggregated = send("GET", "/apis", undefined, { accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" });
    expect(aggregated.body).toMatchObject({ kind: "APIGroupDiscoveryList", items: [{ metadata: { name: "example.io" } }] });
    expect(Object.keys(send("GET", "/openapi/v3").body.paths)).toEqual(["api/v1", "apis/example.io/v1", "apis/example.io/v1beta1"]);
    expect(send("GET", "/openapi/v3/apis/example.io/v1").body.components.schemas).toHaveProperty(["io.sandbox.v1.Widget"]);
  });

  it("refuses methods that a path does not have", () => {
    expect(send("PUT", maps, {})).toMatchObject({ status: 405, body: { reason: "MethodNotAllowed" } });
    expect(send("OPTIONS", maps)).toMatchObject({ status: 405 });
  });
});

describe("objects", () => {
  const map = (name: string, data: object = {}): object => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

  it("come, are read, change and go", () => {
    const created = send("POST", maps, map("a", { key: "1" }));
    expect(created).toMatchObject({
      status: 201,
      body: { metadata: { name: "a", namespace: "ns", uid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string } },
    });
    expect(created.body.metadata.managedFields).toMatchObject([{ manager: "tester", operation: "Update" }]);
    expect(send("POST", maps, map("a"))).toMatchObject({
      status: 409,
      body: { reason: "AlreadyExists", message: 'configmaps "a" already exists' },
    });
    expect(send("GET", `${maps}/a`).body).toEqual(created.body);
    const { resourceVersion } = created.body.metadata as { resourceVersion: string };
    expect(send("PUT", `${maps}/a`, { ...created.body, data: { key: "2" } })).toMatchObject({ status: 200, body: { data: { key: "2" } } });
    expect(send("PUT", `${maps}/a`, { ...created.body, metadata: { name: "a", resourceVersion } })).toMatchObject({
      status: 409,
      body: {
        message:
          'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
      },
    });
    expect(send("PATCH", `${maps}/a`, { data: { other: "3", key: null } }, merge).body.data).toEqual({ other: "3" });
    expect(
      send("PATCH", `${maps}/a`, [{ op: "add", path: "/data/x", value: "4" }], { contentType: "application/json-patch+json" }).body.data,
    ).toEqual({ other: "3", x: "4" });
    expect(send("DELETE", `${maps}/a`)).toMatchObject({
      status: 200,
      body: { kind: "Status", status: "Success", details: { name: "a", kind: "configmaps" } },
    });
    expect(send("GET", `${maps}/a`)).toMatchObject({
      status: 404,
      body: { message: 'configmaps "a" not found', details: { name: "a", kind: "configmaps" } },
    });
  });

  it("are not written in a dry run", () => {
    expect(send("POST", `${maps}?dryRun=All`, map("a"))).toMatchObject({ status: 201 });
    expect(send("GET", `${maps}/a`).status).toBe(404);
  });

  it("need a namespace that is there, and that they agree with", () => {
    expect(send("POST", "/api/v1/namespaces/none/configmaps", map("a"))).toMatchObject({
      status: 404,
      body: { message: 'namespaces "none" not found' },
    });
    expect(send("POST", maps, { metadata: { name: "a", namespace: "other" } })).toMatchObject({
      status: 400,
      body: { message: "the namespace of the provided object does not match the namespace sent on the request" },
    });
    expect(send("PATCH", `${maps}/a?fieldManager=x`, map("b"), apply)).toMatchObject({ status: 400 });
    expect(send("POST", maps, { ...map("a"), kind: "Secret" })).toMatchObject({ status: 400 });
  });

  it("keep status and the rest apart, and count generations", () => {
    const widget = send("POST", all, {
      apiVersion: "example.io/v1",
      kind: "Widget",
      metadata: { generateName: "w-" },
      spec: { size: 1 },
      status: { ready: true },
    });
    const { name } = widget.body.metadata as { name: string };
    expect(name).toMatch(/^w-[a-z0-9]{5}$/);
    expect(widget.body.metadata.generation).toBe(1);
    expect(widget.body.status).toBeUndefined();
    const status = send("PATCH", `${all}/${name}/status`, { spec: { size: 9 }, status: { ready: true } }, merge).body;
    expect(status).toMatchObject({ spec: { size: 1 }, status: { ready: true }, metadata: { generation: 1 } });
    const spec = send("PATCH", `${all}/${name}`, { spec: { size: 2 }, status: { ready: false } }, merge).body;
    expect(spec).toMatchObject({ spec: { size: 2 }, status: { ready: true }, metadata: { generation: 2 } });
    expect(send("PUT", `${all}/${name}`, { apiVersion: "example.io/v1", kind: "Widget", metadata: { name } }).body.message).toBe(
      `widgets.example.io "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
    );
    expect(send("PATCH", `${all}/${name}`, {}, { contentType: "application/strategic-merge-patch+json" })).toMatchObject({ status: 415 });
  });

  it("are applied, and tell who stands in the way", () => {
    expect(send("PATCH", `${maps}/a?fieldManager=one`, map("a", { key: "1" }), apply)).toMatchObject({ status: 201 });
    expect(send("PATCH", `${maps}/a?fieldManager=two`, map("a", { key: "2" }), apply)).toMatchObject({
      status: 409,
      body: {
        reason: "Conflict",
        message: 'Apply failed with 1 conflict: conflict with "one": .data.key',
        details: { causes: [{ field: ".data.key" }] },
      },
    });
    expect(send("PATCH", `${maps}/a?fieldManager=two&force=true`, map("a", { key: "2" }), apply)).toMatchObject({
      status: 200,
      body: { data: { key: "2" } },
    });
    expect(send("PATCH", `${maps}/a`, map("a"), apply)).toMatchObject({ status: 422 });
  });

  it("are shown in other versions, and taken in them", () => {
    send("POST", all, { apiVersion: "example.io/v1", kind: "Widget", metadata: { name: "w" }, spec: {} });
    const old = all.replace("/v1/", "/v1beta1/");
    expect(send("GET", `${old}/w`).body).toMatchObject({ apiVersion: "example.io/v1beta1", converted: true });
    expect(send("POST", old, { apiVersion: "example.io/v1beta1", kind: "Widget", metadata: { name: "x" } })).toMatchObject({ status: 201 });
    expect(send("GET", `${all}/x`).body).toMatchObject({ apiVersion: "example.io/v1", converted: true });
  });

  it("scale", () => {
    send("POST", all, { apiVersion: "example.io/v1", kind: "Widget", metadata: { name: "w" }, spec: { replicas: 2, size: 1 } });
    expect(send("GET", `${all}/w/scale`).body).toMatchObject({ kind: "Scale", spec: { replicas: 2 }, status: { replicas: 0 } });
    expect(send("PATCH", `${all}/w/scale`, { spec: { replicas: 5 } }, merge).body).toMatchObject({ kind: "Scale", spec: { replicas: 5 } });
    expect(send("GET", `${all}/w`).body.spec).toEqual({ replicas: 5, size: 1 });
  });

  it("wait for their finalizers", () => {
    send("POST", maps, { metadata: { name: "a", finalizers: ["example.io/hold"] } });
    expect(send("DELETE", `${maps}/a`).body).toMatchObject({ kind: "ConfigMap", metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
    expect(send("GET", `${maps}/a`).status).toBe(200);
    send("PATCH", `${maps}/a`, { metadata: { finalizers: null } }, merge);
    expect(send("GET", `${maps}/a`).status).toBe(404);
  });

  it("are evicted", () => {
    send("POST", "/api/v1/namespaces/ns/pods", { metadata: { name: "p" } });
    expect(send("POST", "/api/v1/namespaces/ns/pods/p/eviction?dryRun=All", {})).toMatchObject({
      status: 201,
      body: { status: "Success" },
    });
    expect(send("POST", "/api/v1/namespaces/ns/pods/p/eviction", {})).toMatchObject({ status: 201 });
    expect(send("POST", "/api/v1/namespaces/ns/pods/p/eviction", {})).toMatchObject({ status: 404 });
  });
});

describe("lists", () => {
  const names = ({ body }: Answer): readonly string[] =>
    body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name) as string[];

  beforeEach(() => {
    for (const [index, name] of ["a", "b", "c", "d", "e"].entries())
      send("POST", maps, { metadata: { name, labels: { odd: String(index % 2 === 1), [name]: "here" } } });
  });

  it.each([
    ["odd=true", ["b", "d"]],
    ["odd!=true", ["a", "c", "e"]],
    ["odd in (true,maybe)", ["b", "d"]],
    ["odd notin (true)", ["a", "c", "e"]],
    ["c", ["c"]],
    ["!c,odd=false", ["a", "e"]],
    ["", ["a", "b", "c", "d", "e"]],
  ])("select by labels: %s", (selector, expected) => {
    expect(names(send("GET", `${maps}?labelSelector=${encodeURIComponent(selector)}`))).toEqual(expected);
  });

  it("select by fields", () => {
    expect(names(send("GET", `${maps}?fieldSelector=metadata.name%3Db`))).toEqual(["b"]);
    expect(names(send("GET", `/api/v1/configmaps?fieldSelector=metadata.namespace!%3Dns`))).toEqual([]);
    expect(send("GET", `${maps}?labelSelector=${encodeURIComponent("a in b")}`).status).toBe(400);
  });

  it("come in pages of one moment", () => {
    const first = send("GET", `${maps}?limit=2`);
    expect(names(first)).toEqual(["a", "b"]);
    expect(first.body.metadata.remainingItemCount).toBe(3);
    send("DELETE", `${maps}/c`);
    send("POST", maps, { metadata: { name: "bb" } });
    const next = (answer: Answer): Answer => send("GET", `${maps}?limit=2&continue=${answer.body.metadata.continue as string}`);
    const second = next(first);
    expect(names(second)).toEqual(["c", "d"]);
    expect(names(next(second))).toEqual(["e"]);
    expect(next(second).body.metadata.continue).toBeUndefined();
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    objects.store.compact(objects.store.revision());
    expect(next(first)).toMatchObject({ status: 410, body: { reason: "Expired" } });
  });

  it("find the objects of one cluster without looking at the others", () => {
    send("POST", maps, { metadata: { name: "of-x", labels: { cluster: "x" } } });
    const list = objects.store.list.bind(objects.store);
    let listed = 0;
    Object.assign(objects.store, { list: (...args: Parameters<typeof list>) => ((listed += 1), list(...args)) });
    expect(names(send("GET", `${maps}?labelSelector=cluster%3Dx`))).toEqual(["of-x"]);
    expect(names(send("GET", `${maps}?labelSelector=cluster%20in%20(x),odd`))).toEqual([]);
    expect(listed).toBe(0);
    expect(names(send("GET", "/api/v1/configmaps?labelSelector=cluster%3Dx"))).toEqual(["of-x"]);
  });

  it("are the stored objects themselves", () => {
    expect(send("GET", `${maps}/a`).body).toBe(objects.store.get("ConfigMap", "ns", "a"));
    expect(send("GET", maps).body.items).toBe(objects.store.list("ConfigMap", "ns"));
  });

  it("are deleted as a whole", () => {
    expect(names(send("DELETE", `${maps}?labelSelector=odd%3Dtrue`))).toEqual(["b", "d"]);
    expect(names(send("GET", maps))).toEqual(["a", "c", "e"]);
  });

  it("are printed as tables", () => {
    send("POST", all, { apiVersion: "example.io/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 3 } });
    send("PATCH", `${all}/w/status`, { status: { conditions: [{ type: "Ready", status: "True" }] } }, merge);
    timeline.runUntil(timeline.now() + 200_000);
    const { body } = send("GET", all, undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" });
    expect(body.columnDefinitions.map(({ name, priority }: { name: string; priority: number }) => `${name} ${priority}`)).toEqual([
      "Name 0",
      "Size 0",
      "Ready 1",
      "Age 0",
    ]);
    expect(body.rows).toMatchObject([
      { cells: ["w", 3, "True", "3m20s"], object: { kind: "PartialObjectMetadata", metadata: { name: "w" } } },
    ]);
    expect(send("GET", `${maps}/a`, undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }).body.rows[0].cells).toEqual([
      "a",
      "3m20s",
    ]);
    expect(
      send("GET", `${all}?includeObject=Object`, undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }).body.rows[0].object
        .spec,
    ).toEqual({ size: 3 });
  });
});

describe("watches", () => {
  function watch(url: string): { readonly seen: string[]; readonly ended: () => boolean; readonly close: () => void } {
    const { pathname, searchParams } = new URL(url, "https://sandbox");
    const answer = handler.handle({ method: "GET", path: pathname, query: searchParams });
    const seen: string[] = [];
    let ended = false;
    const close = answer.watch!.open(
      ({ type, object }: WatchEvent) => {
        const { metadata, code } = object as { metadata?: { name?: string; annotations?: object }; code?: number };
        seen.push(
          [type, metadata?.name ?? code, metadata?.annotations === undefined ? undefined : "with annotations"].filter(Boolean).join(" "),
        );
      },
      () => (ended = true),
    );
    return { seen, ended: () => ended, close };
  }

  it("tell what is there, and what happens; each selector sees its own", () => {
    send("POST", maps, { metadata: { name: "a" } });
    const everything = watch(`${maps}?watch=true`);
    const labelled = watch(`${maps}?watch=true&labelSelector=x`);
    send("PATCH", `${maps}/a`, { metadata: { labels: { x: "1" } } }, merge);
    send("PATCH", `${maps}/a`, { metadata: { labels: { x: null } } }, merge);
    send("POST", maps, { metadata: { name: "b", labels: { x: "1" } } });
    send("DELETE", `${maps}/b`);
    everything.close();
    send("DELETE", `${maps}/a`);
    expect(everything.seen).toEqual(["ADDED a", "MODIFIED a", "MODIFIED a", "ADDED b", "DELETED b"]);
    expect(labelled.seen).toEqual(["ADDED a", "DELETED a", "ADDED b", "DELETED b"]);
  });

  it("go on from a resourceVersion, until that is forgotten", () => {
    const { resourceVersion } = send("POST", maps, { metadata: { name: "a" } }).body.metadata as { resourceVersion: string };
    send("POST", maps, { metadata: { name: "b" } });
    expect(watch(`${maps}?watch=true&resourceVersion=${resourceVersion}`).seen).toEqual(["ADDED b"]);
    objects.store.compact(objects.store.revision());
    const late = watch(`${maps}?watch=true&resourceVersion=${resourceVersion}`);
    expect(late.seen).toEqual(["ERROR 410"]);
    expect(late.ended()).toBe(true);
  });

  it("bring bookmarks, and end in their time", () => {
    send("POST", maps, { metadata: { name: "a" } });
    const streaming = watch(
      `${maps}?watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=90`,
    );
    expect(streaming.seen).toEqual(["ADDED a", "BOOKMARK with annotations"]);
    timeline.runUntil(timeline.now() + 61_000);
    expect(streaming.seen[2]).toBe("BOOKMARK");
    timeline.runUntil(timeline.now() + 30_000);
    expect(streaming.ended()).toBe(true);
    send("DELETE", `${maps}/a`);
    expect(streaming.seen).toHaveLength(3);
  });
});
