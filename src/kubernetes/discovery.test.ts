import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient, type KubernetesClient } from "./client.ts";
import { endpointFromKubeconfig } from "./credentials.ts";
import { createDiscovery, type Discovery } from "./discovery.ts";
import { scriptedServer, sendJson, statusObject, type ScriptedServer } from "./testing/scripted-server.ts";
import { testClock, type TestClock } from "./testing/test-clock.ts";

const capi = "cluster.x-k8s.io";
const group = (name: string, ...versions: readonly string[]): object => ({ name, versions: versions.map((version) => ({ version })) });
const resources = (...kinds: readonly string[]): object => ({
  resources: kinds.flatMap((kind) => [
    { name: `${kind.toLowerCase()}s/status`, kind, namespaced: true },
    { name: `${kind.toLowerCase()}s`, kind, namespaced: kind !== "Node" },
  ]),
});

let server: ScriptedServer;
let client: KubernetesClient;
let discovery: Discovery;
let clock: TestClock;
let pages: Record<string, object>;

beforeEach(async () => {
  pages = {
    "/api/v1": resources("Node", "Secret"),
    [`/apis/${capi}`]: group(capi, "v1beta1", "v1beta2"),
    [`/apis/${capi}/v1beta1`]: resources("Cluster", "OldThing"),
    [`/apis/${capi}/v1beta2`]: resources("Cluster", "Machine"),
    "/apis/apps": group("apps", "v1", "v1beta2"),
    "/apis/apps/v1": resources("Deployment"),
  };
  clock = testClock();
  server = await scriptedServer((request, response) => {
    const page = pages[request.url ?? ""];
    if (page === undefined) response.writeHead(404).end("404: Page Not Found");
    else if ("code" in page) sendJson(response, page, Number(page.code));
    else sendJson(response, page);
  });
  client = createClient(await endpointFromKubeconfig(server.kubeconfig(), clock), { clock, random: () => 0 });
  discovery = createDiscovery(client);
});

afterEach(async () => {
  client.close();
  await server.close();
});

describe("createDiscovery", () => {
  it.each([
    ["Cluster API's groups: v1beta2 first, whatever the server's order", capi, ["v1beta2", "v1beta1"]],
    ["other groups: the server's order", "apps", ["v1", "v1beta2"]],
    ["the core group", "", ["v1"]],
    ["a group that is not served", "nope.io", []],
  ])("versions of %s", async (_, name, versions) => {
    expect(await discovery.versions(name)).toEqual(versions);
  });

  it.each([
    [capi, "Cluster", undefined, "v1beta2", "clusters"],
    [capi, "Cluster", "v1beta1", "v1beta1", "clusters"],
    [capi, "OldThing", undefined, "v1beta1", "oldthings"],
    ["apps", "Deployment", undefined, "v1", "deployments"],
    ["", "Secret", undefined, "v1", "secrets"],
  ])("%s %s (asked for in %s) is served in %s as %s", async (name, kind, asked, version, plural) => {
    expect(await discovery.resource(name, kind, asked)).toEqual({ group: name, version, plural, kind, namespaced: true });
  });

  it.each([
    [capi, "Nope", undefined],
    [capi, "Cluster", "v1alpha4"],
    ["nope.io", "Cluster", undefined],
  ])("%s %s (asked for in %s) is not served", async (name, kind, version) => {
    expect(await discovery.resource(name, kind, version)).toBeUndefined();
  });

  it("kinds without namespaces are told", async () => {
    expect(await discovery.resource("", "Node")).toMatchObject({ namespaced: false });
  });

  it("asks once, also for those who ask together", async () => {
    await Promise.all([discovery.resource(capi, "Cluster"), discovery.resource(capi, "Machine"), discovery.versions(capi)]);
    clock.advance(3_600_000);
    await discovery.resource(capi, "Machine");
    expect(server.requests.toSorted()).toEqual([`GET /apis/${capi}`, `GET /apis/${capi}/v1beta2`]);
  });

  it("what was not served is asked for again after a minute", async () => {
    expect(await discovery.resource(capi, "MachinePool")).toBeUndefined();
    expect(await discovery.versions("new.io")).toEqual([]);
    pages[`/apis/${capi}/v1beta2`] = resources("Cluster", "MachinePool");
    pages["/apis/new.io"] = group("new.io", "v1");
    clock.advance(59_999);
    expect(await discovery.resource(capi, "MachinePool")).toBeUndefined();
    expect(await discovery.versions("new.io")).toEqual([]);
    clock.advance(1);
    expect(await discovery.resource(capi, "MachinePool")).toBeDefined();
    expect(await discovery.versions("new.io")).toEqual(["v1"]);
  });

  it("failures are told, and not kept", async () => {
    const pageOfGroup = pages[`/apis/${capi}`] ?? {};
    pages[`/apis/${capi}`] = statusObject(403, "Forbidden");
    await expect(discovery.resource(capi, "Cluster")).rejects.toMatchObject({ status: 403 });
    pages[`/apis/${capi}`] = pageOfGroup;
    const pageOfVersion = pages[`/apis/${capi}/v1beta2`] ?? {};
    pages[`/apis/${capi}/v1beta2`] = statusObject(403, "Forbidden");
    await expect(discovery.resource(capi, "Cluster")).rejects.toMatchObject({ status: 403 });
    pages[`/apis/${capi}/v1beta2`] = pageOfVersion;
    expect(await discovery.resource(capi, "Cluster")).toBeDefined();
  });

  it("the in-memory provider's API server: no page per group, 500 for what is not defined", async () => {
    delete pages["/apis/apps"];
    pages["/apis"] = { groups: [group("other"), group("apps", "v1")] };
    pages["/apis/apps/v2"] = statusObject(500, "", "discovery info not defined for apps/v2");
    expect(await discovery.resource("apps", "Deployment")).toMatchObject({ version: "v1" });
    expect(await discovery.resource("apps", "Deployment", "v2")).toBeUndefined();
    pages["/apis/apps/v3"] = statusObject(500, "InternalError", "kaputt");
    await expect(discovery.resource("apps", "Deployment", "v3")).rejects.toMatchObject({ status: 500 });
  });
});
