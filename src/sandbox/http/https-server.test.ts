import { request as httpsRequest } from "node:https";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../clock.ts";
import { createClient, type KubernetesClient } from "../../kubernetes/client.ts";
import { loadEndpoint } from "../../kubernetes/credentials.ts";
import { describeKubernetesConformance } from "../../kubernetes/testing/conformance.ts";
import type { ApiRequest, ApiResponse } from "../api/api-request.ts";
import { createApiHandler } from "../api/handler.ts";
import { createObjects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import { createRandom } from "../engine/random.ts";
import { createFieldManagement } from "../field-management/field-management.ts";
import { createObjectStore } from "../store/object-store.ts";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { startHttpsServer, type HttpsServer } from "./https-server.ts";
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

async function start(intercept?: (request: ApiRequest) => ApiResponse | "drop" | undefined): Promise<Running> {
  const objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster" }),
    now: systemClock.now,
    random: createRandom(1),
    rules: { fields: createFieldManagement() },
  });
  objects.create(types[0]!, { metadata: { name: "default" } }, { manager: "test" });
  const handler = createApiHandler({
    objects,
    types: () => types,
    now: systemClock.now,
    after: () => () => undefined,
    gitVersion: () => "v1.36.3",
  });
  const certificates = await makeCertificates(systemClock.now());
  const prefix = "/clusters/ns/demo";
  const server = await startHttpsServer({
    certificates,
    route: (path) => (path.startsWith(prefix) ? { path: path.slice(prefix.length) || "/", handle: handler.handle } : undefined),
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
    const { client, end } = await start();
    return { client, namespace: "default", end };
  },
  { full: true },
);

describe("HTTPS server of the sandbox", () => {
  let running: Running;
  let next: ApiResponse | "drop" | undefined;
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

  it("knows nobody without a certificate", async () => {
    const { status, text } = await raw("/clusters/ns/demo/api", { anonymous: true });
    expect(status).toBe(401);
    expect(JSON.parse(text)).toMatchObject({ kind: "Status", reason: "Unauthorized", code: 401 });
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
    expect((await raw(maps, { headers: { "content-type": "application/vnd.kubernetes.protobuf" }, body: "x" })).status).toBe(415);
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
    next = "drop";
    await expect(raw("/clusters/ns/demo/api")).rejects.toThrow(/hang up|ECONNRESET/);
    expect((await raw("/clusters/ns/demo/api")).status).toBe(200);
  });
});
