import { request as httpsRequest } from "node:https";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../clock.ts";
import { createClient, type KubernetesClient } from "../../kubernetes/client.ts";
import { loadEndpoint } from "../../kubernetes/credentials.ts";
import { describeKubernetesConformance } from "../../kubernetes/testing/conformance.ts";
import type { ApiRequest } from "../api/api-request.ts";
import { createApiHandler } from "../api/handler.ts";
import { createObjects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import { createRandom } from "../engine/random.ts";
import { createFieldManagement } from "../field-management/field-management.ts";
import { createObjectStore } from "../store/object-store.ts";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { startHttpsServer, type Fault, type HttpsServer } from "./https-server.ts";
import { kubeconfigText } from "./kubeconfig.ts";

function type(group: string, kind: string, more: Partial<ResourceType> = {}): ResourceType {
  const singular = kind.toLowerCase();
  return {
    key: group === "" ? kind : `${kind}.${group}`,
    group,
    kind,
    plural: `${singular}s`,
    singular,
    shortNames: [],
    categories: [],
    namespaced: true,
    versions: [{ name: "v1", served: true }],
    storageVersion: "v1",
    hasStatus: true,
    ...more,
  };
}

const types = [
  type("", "Namespace", { namespaced: false }),
  type("", "Node", { namespaced: false }),
  type("", "ConfigMap", { withoutGeneration: true, hasStatus: false }),
  type("apps", "Deployment"),
];

interface Running {
  readonly server: HttpsServer;
  readonly client: KubernetesClient;
  readonly folder: string;
  readonly certificates: Certificates;
  end(): Promise<void>;
}

async function start(intercept?: (request: ApiRequest) => Fault | Promise<Fault>): Promise<Running> {
  const objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster" }),
    now: () => systemClock.now(),
    random: createRandom(1),
    rules: { fields: createFieldManagement() },
  });
  objects.create(types[0]!, { metadata: { name: "default" } }, { manager: "test" });
  const handler = createApiHandler({
    objects,
    types: () => types,
    now: () => systemClock.now(),
    after: () => () => undefined,
    gitVersion: () => "v1.36.3",
  });
  const certificates = await makeCertificates(systemClock.now());
  const prefix = "/clusters/ns/demo";
  const server = await startHttpsServer({
    certificates,
    route: (path) =>
      path.startsWith(prefix) ? { path: path.slice(prefix.length) || "/", handle: (request) => handler.handle(request) } : undefined,
    tokens: { "of-the-test": "tester" },
    ...(intercept === undefined ? {} : { intercept }),
  });
  const folder = mkdtempSync(join(tmpdir(), "sandbox-http-"));
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigText("demo", server.url + prefix, certificates));
  const client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
  return {
    server,
    client,
    folder,
    certificates,
    end: async () => {
      client.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

describeKubernetesConformance(
  "the sandbox's API server",
  async () => {
    const started = await start();
    return { client: started.client, namespace: "default", end: () => started.end() };
  },
  { full: true },
);

describe("HTTPS server of the sandbox", () => {
  let running: Running;
  let next: Fault | Promise<Fault>;
  beforeAll(async () => {
    running = await start(() => {
      const now = next;
      next = undefined;
      return now;
    });
  });
  afterAll(() => running.end());

  function raw(
    path: string,
    options: { readonly body?: string; readonly headers?: Record<string, string>; readonly anonymous?: boolean } = {},
  ) {
    const { certificates, server } = running;
    return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const outgoing = httpsRequest(server.url + path, {
        method: options.body === undefined ? "GET" : "POST",
        ca: certificates.authority,
        agent: false,
        headers: options.headers,
        ...(options.anonymous === true ? {} : { cert: certificates.client.certificate, key: certificates.client.key }),
      });
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      outgoing.end(options.body);
    });
  }

  // Codes and texts are those of a kube-apiserver v1.36.3.
  it.each([
    ["GET", "/readyz", undefined, 200, undefined],
    ["GET", "/version", undefined, 200, undefined],
    ["GET", "/api", undefined, 403, 'forbidden: User "system:anonymous" cannot get path "/api"'],
    [
      "GET",
      "/apis/apps/v1/deployments",
      undefined,
      403,
      'deployments.apps is forbidden: User "system:anonymous" cannot list resource "deployments" in API group "apps" at the cluster scope',
    ],
    [
      "GET",
      "/api/v1/nodes/x",
      undefined,
      403,
      'nodes "x" is forbidden: User "system:anonymous" cannot get resource "nodes" in API group "" at the cluster scope',
    ],
    [
      "GET",
      "/api/v1/pods?watch=true",
      undefined,
      403,
      'pods is forbidden: User "system:anonymous" cannot watch resource "pods" in API group "" at the cluster scope',
    ],
    [
      "POST",
      "/api/v1/namespaces/default/pods/x/eviction",
      undefined,
      403,
      'pods "x" is forbidden: User "system:anonymous" cannot create resource "pods/eviction" in API group "" in the namespace "default"',
    ],
    ["GET", "/api", "Bearer nonsense", 401, "Unauthorized"],
    ["GET", "/version", "Bearer nonsense", 401, "Unauthorized"],
    ["GET", "/api", "Bearer of-the-test", 200, undefined],
  ])("%s %s with the credentials %s: %d", async (method, path, authorization, expected, message) => {
    const { status, text } = await raw(`/clusters/ns/demo${path}`, {
      anonymous: true,
      ...(method === "POST" ? { body: "{}" } : {}),
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    });
    expect(status).toBe(expected);
    if (message !== undefined) expect(JSON.parse(text)).toMatchObject({ kind: "Status", message, code: expected });
  });

  it("lets users be others", async () => {
    const path = "/clusters/ns/demo/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const username = async (headers: Record<string, string>): Promise<unknown> =>
      (JSON.parse((await raw(path, { headers, body: "{}" })).text) as { status: { userInfo: { username: string } } }).status.userInfo
        .username;
    expect(await username({})).toBe("sandbox-admin");
    expect(await username({ "impersonate-user": "somebody" })).toBe("somebody");
    expect(await username({ authorization: "Bearer of-the-test" })).toBe("tester");
  });

  it("serves only the paths that it has servers for", async () => {
    expect((await raw("/clusters/ns/other/api")).status).toBe(404);
    expect((await raw("/clusters/ns/demo/readyz")).text).toBe("ok");
  });

  it("takes YAML, and says what it does not take", async () => {
    const maps = "/clusters/ns/demo/api/v1/namespaces/default/configmaps";
    const yaml = { "content-type": "application/yaml" };
    expect((await raw(maps, { headers: yaml, body: "metadata: { name: y }\ndata: { a: b }\n" })).status).toBe(201);
    expect(await raw(maps, { headers: yaml, body: "metadata: [" })).toMatchObject({
      status: 400,
      text: expect.stringContaining("unrecognized") as string,
    });
    const protobuf = { "content-type": "application/vnd.kubernetes.protobuf" };
    const nothing = "k8s\0\x0a\x10\x0a\x05x.y/z\x12\x07Nothing";
    expect((await raw(maps, { headers: protobuf, body: nothing })).status).toBe(415);
    expect(await raw(maps, { headers: protobuf, body: "x" })).toMatchObject({
      status: 400,
      text: expect.stringContaining("expected prefix [107 56 115 0]") as string,
    });
    const map = "k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\x0f\x0a\x03\x0a\x01p\x12\x08\x0a\x01k\x12\x03v\x26v";
    expect(await raw(maps, { headers: protobuf, body: map })).toMatchObject({
      status: 201,
      text: expect.stringContaining('"data":{"k":"v&v"}') as string,
    });
    expect((await raw(maps, { headers: yaml, body: `a: "${"x".repeat(3 * 1024 * 1024)}"` })).status).toBe(413);
  });

  it("compresses big answers for who wants that", async () => {
    const big = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "big", namespace: "default" }, data: { a: "x".repeat(300_000) } };
    await running.client.create({ group: "", version: "v1", plural: "configmaps", kind: "ConfigMap", namespaced: true }, big);
    const path = "/clusters/ns/demo/api/v1/namespaces/default/configmaps/big";
    expect((await raw(path, { headers: { "accept-encoding": "gzip" } })).headers["content-encoding"]).toBe("gzip");
    expect((await raw(path)).headers["content-encoding"]).toBeUndefined();
  });

  it("fails as it is told to", async () => {
    next = { status: 503, body: { kind: "Status", message: "maintenance" } };
    expect((await raw("/clusters/ns/demo/api")).status).toBe(503);
    next = new Promise((resolve) => setImmediate(resolve, undefined));
    expect((await raw("/clusters/ns/demo/api")).status).toBe(200);
    next = "drop";
    await expect(raw("/clusters/ns/demo/api")).rejects.toThrow(/hang up|ECONNRESET/);
    expect((await raw("/clusters/ns/demo/api")).status).toBe(200);
  });

  it("cuts its connections on demand, also those that watch", async () => {
    const { certificates, server } = running;
    const path = "/clusters/ns/demo/api/v1/configmaps?watch=true";
    const ended = new Promise((resolve) => {
      const outgoing = httpsRequest(server.url + path, {
        ca: certificates.authority,
        agent: false,
        cert: certificates.client.certificate,
        key: certificates.client.key,
      });
      outgoing.on("error", () => resolve("cut"));
      outgoing.on("response", (response) => {
        response.resume();
        response.on("error", () => resolve("cut"));
        response.on("close", () => resolve("cut"));
        server.dropConnections();
      });
      outgoing.end();
    });
    expect(await ended).toBe("cut");
    expect((await raw("/clusters/ns/demo/api")).status).toBe(200);
  });
});
