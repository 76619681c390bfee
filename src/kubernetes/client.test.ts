import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient, type ClientOptions, type KubernetesClient } from "./client.ts";
import { endpointFromKubeconfig } from "./credentials.ts";
import type { ApiResource, KubernetesObject } from "./resource.ts";
import { connectProxy } from "./testing/connect-proxy.ts";
import { scriptedServer, sendJson, statusObject, type ScriptedServer } from "./testing/scripted-server.ts";
import { testClock, type TestClock } from "./testing/test-clock.ts";

const clusters: ApiResource = { group: "cluster.x-k8s.io", version: "v1beta2", plural: "clusters", kind: "Cluster", namespaced: true };
const nodes: ApiResource = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false };
const object = { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", metadata: { name: "a", namespace: "team" } };
const path = "/apis/cluster.x-k8s.io/v1beta2/namespaces/team/clusters";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const ok =
  (body: unknown): Answer =>
  (response) =>
    sendJson(response, body);
const status =
  (code: number, reason = "", headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    sendJson(response, statusObject(code, reason), code, headers);
const hangUp: Answer = (response) => response.socket?.destroy();
const halfAnswer: Answer = (response) => {
  response.writeHead(200, { "content-length": "100" });
  response.write('{"kind":', () => response.socket?.destroy());
};

let server: ScriptedServer;
let client: KubernetesClient;
let clock: TestClock;
/** In order; the last one is repeated. */
let answers: Answer[];
let received: { readonly line: string; readonly type: string | undefined; readonly body: string; readonly agent: string | undefined }[];

beforeEach(async () => {
  answers = [ok({})];
  received = [];
  clock = testClock();
  server = await scriptedServer((request, response, body) => {
    received.push({
      line: `${request.method} ${request.url}`,
      type: request.headers["content-type"],
      body,
      agent: request.headers["user-agent"],
    });
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, request);
  });
  client = await connect();
});

afterEach(async () => {
  client.close();
  await server.close();
});

async function connect(options: Partial<ClientOptions> = {}, url = server.url): Promise<KubernetesClient> {
  return createClient(await endpointFromKubeconfig(server.kubeconfig({}, { server: url }), clock), {
    clock,
    random: () => 0.5,
    ...options,
  });
}

describe("each exchange is told", () => {
  it.each<[string, Answer[], (counted: KubernetesClient) => Promise<unknown>, readonly string[]]>([
    ["one that is answered", [ok({ items: [] })], (counted) => counted.list(clusters), ["GET 200"]],
    ["one that is refused", [status(404, "NotFound")], (counted) => counted.get(clusters, "a", "team"), ["GET 404"]],
    [
      "each of those that are repeated",
      [status(503), hangUp, ok({})],
      (counted) => counted.get(clusters, "a", "team"),
      ["GET 503", "GET none", "GET 200"],
    ],
    [
      "each page",
      [ok({ items: [], metadata: { continue: "x" } }), ok({ items: [] })],
      (counted) => counted.list(clusters),
      ["GET 200", "GET 200"],
    ],
    ["a write", [status(409, "Conflict")], (counted) => counted.apply(clusters, object), ["PATCH 409"]],
    ["a watch", [ok({})], async (counted) => (await counted.stream("/apis", 1000)).destroy(), ["WATCH 200"]],
  ])("%s", async (_, given, ask, told) => {
    answers = given;
    const exchanges: string[] = [];
    const counted = await connect({ onExchange: ({ verb, status: code }) => exchanges.push(`${verb} ${code ?? "none"}`) });
    await ask(counted).catch(() => undefined);
    counted.close();
    expect(exchanges).toEqual(told);
  });
});

const lines = (): string[] => received.map(({ line }) => line);

describe("what is sent", () => {
  it.each<[string, () => Promise<unknown>, string, string | undefined, unknown]>([
    ["get", () => client.get(clusters, "a", "team"), `GET ${path}/a`, undefined, undefined],
    ["get of what has no namespace", () => client.get(nodes, "n", "team"), "GET /api/v1/nodes/n", undefined, undefined],
    ["a path", () => client.getPath("/apis"), "GET /apis", undefined, undefined],
    ["create", () => client.create(clusters, object), `POST ${path}?fieldManager=capi-gitops`, "application/json", object],
    [
      "create elsewhere",
      () => client.create(clusters, object, { namespace: "x", dryRun: true }),
      `POST ${path.replace("team", "x")}?fieldManager=capi-gitops&dryRun=All`,
      "application/json",
      object,
    ],
    [
      "mergePatch",
      () => client.mergePatch(clusters, "a", { spec: {} }, { namespace: "team" }),
      `PATCH ${path}/a?fieldManager=capi-gitops`,
      "application/merge-patch+json",
      { spec: {} },
    ],
    ["apply", () => client.apply(clusters, object), `PATCH ${path}/a?fieldManager=capi-gitops`, "application/apply-patch+yaml", object],
    [
      "apply by force, for show",
      () => client.apply(clusters, object, { force: true, dryRun: true }),
      `PATCH ${path}/a?fieldManager=capi-gitops&force=true&dryRun=All`,
      "application/apply-patch+yaml",
      object,
    ],
    ["delete", () => client.delete(clusters, "a", { namespace: "team" }), `DELETE ${path}/a`, undefined, undefined],
    ["a name with odd characters", () => client.get(clusters, "a/b?c", "team"), `GET ${path}/a%2Fb%3Fc`, undefined, undefined],
  ])("%s", async (_, send, line, type, body) => {
    await send();
    expect(received).toEqual([{ line, type, body: body === undefined ? "" : JSON.stringify(body), agent: "capi-gitops" }]);
  });

  it("one connection carries requests that follow each other", async () => {
    for (let count = 0; count < 5; count += 1) await client.getPath("/x");
    expect(server.connections()).toBe(1);
  });

  it("answers may be compressed, and empty", async () => {
    answers = [
      (response) => {
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"kind":"größe"}'));
      },
      (response) => response.writeHead(200).end(),
    ];
    expect(await client.getPath("/x")).toEqual({ kind: "größe" });
    expect(await client.getPath("/x")).toBeUndefined();
  });

  it("compression is asked for on networks, and not from one's own machine", async () => {
    const asked: unknown[] = [];
    const note: (typeof answers)[number] = (response, request) => {
      asked.push(request.headers["accept-encoding"]);
      sendJson(response, {});
    };
    answers = [note, note];
    const proxy = await connectProxy(Number(new URL(server.url).port));
    try {
      const named = { server: "https://api.test:6443", "tls-server-name": "localhost", "proxy-url": proxy.url };
      const far = createClient(await endpointFromKubeconfig(server.kubeconfig({}, named), clock), { clock });
      await client.getPath("/x");
      await far.getPath("/x");
      far.close();
    } finally {
      await proxy.close();
    }
    expect(asked).toEqual(["identity", "gzip"]);
  });

  it("a server below a path (Rancher), and without TLS", async () => {
    const { createServer: createPlain } = await import("node:http");
    const seen: string[] = [];
    const plain = createPlain((request, response) => {
      seen.push(request.url ?? "");
      sendJson(response, {});
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const below = await connect({}, `http://127.0.0.1:${(plain.address() as AddressInfo).port}/k8s/clusters/c-1/`);
    await below.get(nodes, "n");
    expect(seen).toEqual(["/k8s/clusters/c-1/api/v1/nodes/n"]);
    below.close();
    plain.close();
  });
});

describe("lists", () => {
  const page = (names: readonly string[], version: string, next?: string): Answer =>
    ok({
      items: names.map((name) => ({ metadata: { name } })),
      metadata: { resourceVersion: version, ...(next === undefined ? {} : { continue: next }) },
    });

  it("are read page by page", async () => {
    answers = [page(["a", "b"], "7", "n/1"), page(["c"], "7", "n2"), page([], "7", "")];
    const { items, resourceVersion } = await client.list(clusters, {
      namespace: "team",
      labelSelector: "a=b,c",
      fieldSelector: "metadata.name=x",
      pageSize: 2,
    });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["a", "b", "c"]);
    expect(resourceVersion).toBe("7");
    const query = "labelSelector=a%3Db%2Cc&fieldSelector=metadata.name%3Dx&limit=2";
    expect(lines()).toEqual([`GET ${path}?${query}`, `GET ${path}?${query}&continue=n%2F1`, `GET ${path}?${query}&continue=n2`]);
  });

  it("of all namespaces, from servers without pages, without items", async () => {
    answers = [ok({ items: null })];
    expect(await client.list(clusters)).toEqual({ items: [], resourceVersion: "" });
    expect(lines()).toEqual(["GET /apis/cluster.x-k8s.io/v1beta2/clusters?limit=500"]);
  });

  it("begin anew, once, when their pages have expired", async () => {
    answers = [page(["a"], "7", "n"), status(410, "Expired"), page(["b"], "9")];
    expect((await client.list(clusters)).items.map(({ metadata }) => metadata.name)).toEqual(["b"]);
    answers = [page(["a"], "7", "n"), status(410, "Expired"), page(["a"], "8", "n"), status(410, "Expired")];
    await expect(client.list(clusters)).rejects.toMatchObject({ status: 410 });
  });

  it("give each object once for what is kept of it, though a page broke half way", async () => {
    const whole = JSON.stringify({ items: ["a", "b"].map(named), metadata: { resourceVersion: "7" } });
    const half: Answer = (response) => {
      response.writeHead(200, { "content-length": String(whole.length) });
      response.write(whole.slice(0, whole.indexOf('"b"')), () => response.socket?.destroy());
    };
    answers = [half, (response) => void response.writeHead(200).end(whole)];
    const seen: string[] = [];
    const transform = (item: KubernetesObject): KubernetesObject => {
      seen.push(item.metadata.name);
      return named(`kept ${item.metadata.name}`);
    };
    expect(await client.list(clusters, { transform })).toEqual({ items: [named("kept a"), named("kept b")], resourceVersion: "7" });
    expect(seen).toEqual(["a", "a", "b"]);
  });

  it("are refused where the answer is a login page", async () => {
    answers = [(response) => void response.writeHead(200).end("<html>[s3cret]</html>")];
    await expect(client.list(clusters, { transform: (item) => item })).rejects.toMatchObject({
      name: "ApiError",
      message: expect.stringMatching(/: the answer is not JSON: is this the address of a Kubernetes API server\?$/) as string,
    });
  });
});

function named(name: string): KubernetesObject {
  return { metadata: { name } };
}

describe("what is sent again", () => {
  const get = (): Promise<unknown> => client.getPath("/x");
  const patch = (): Promise<unknown> => client.mergePatch(clusters, "a", {}, { namespace: "team" });
  const apply = (): Promise<unknown> => client.apply(clusters, object);
  const remove = (): Promise<unknown> => client.delete(clusters, "a");
  const create = (): Promise<unknown> => client.create(clusters, object);

  it.each<[string, () => Promise<unknown>, Answer, boolean]>([
    ["get after 429", get, status(429, "TooManyRequests"), true],
    ["get after 503", get, status(503), true],
    ["get after 502", get, status(502), true],
    ["get after 504", get, status(504), true],
    ["get after ServerTimeout", get, status(500, "ServerTimeout"), true],
    [
      "get after a change of etcd's leader",
      get,
      (response) => sendJson(response, statusObject(500, "", "etcdserver: leader changed"), 500),
      true,
    ],
    [
      "get after 500 'not defined' of the in-memory provider",
      get,
      (response) => sendJson(response, statusObject(500, "", "replicasets is not defined"), 500),
      false,
    ],
    ["get after 404", get, status(404, "NotFound"), false],
    ["get after 409", get, status(409, "Conflict"), false],
    ["get after a lost connection", get, hangUp, true],
    ["get after half an answer", get, halfAnswer, true],
    ["patch after a lost connection", patch, hangUp, true],
    ["patch after half an answer", patch, halfAnswer, true],
    ["patch after 504", patch, status(504), true],
    ["apply after a lost connection", apply, hangUp, true],
    ["delete after a lost connection", remove, hangUp, true],
    ["create after 429", create, status(429), true],
    ["create after 503", create, status(503), true],
    ["create after a lost connection", create, hangUp, false],
    ["create after half an answer", create, halfAnswer, false],
    ["create after 504", create, status(504), false],
    ["create after ServerTimeout", create, status(500, "ServerTimeout"), false],
  ])("%s: %s", async (_, send, answer, again) => {
    answers = [answer, ok({})];
    const outcome = await send().then(
      () => true,
      () => false,
    );
    expect([outcome, received.length]).toEqual(again ? [true, 2] : [false, 1]);
  });

  it("with pauses that double, as often as it may", async () => {
    answers = [status(503)];
    await expect(get()).rejects.toMatchObject({ status: 503 });
    expect(clock.pauses).toEqual([200, 400, 800, 1600]);
    expect(received).toHaveLength(5);
  });

  it("with pauses that do not grow beyond ten seconds", async () => {
    client.close();
    client = await connect({ tries: 9 });
    answers = [hangUp];
    await expect(get()).rejects.toMatchObject({ kind: "reset" });
    expect(clock.pauses).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  it.each([
    ["7", 7_000],
    ["0", 200],
    ["3600", 60_000],
    ["Wed, 21 Oct 2026 07:28:00 GMT", 200],
  ])("Retry-After: %s is honoured by a pause of %d ms", async (after, pause) => {
    answers = [status(429, "TooManyRequests", { "retry-after": after }), ok({})];
    await get();
    expect(clock.pauses).toEqual([pause]);
  });

  it("the Status may say how long to wait, too", async () => {
    answers = [
      (response) => sendJson(response, { ...statusObject(429, "TooManyRequests"), details: { retryAfterSeconds: 3 } }, 429),
      ok({}),
    ];
    await get();
    expect(clock.pauses).toEqual([3_000]);
  });

  it("not after the caller gave up", async () => {
    const controller = new AbortController();
    answers = [
      (response) => {
        controller.abort(new Error("enough"));
        status(503)(response, response.req);
      },
    ];
    await expect(client.getPath("/x", controller.signal)).rejects.toThrow();
    expect(received).toHaveLength(1);
  });
});

describe("what goes wrong", () => {
  it("the server's own words, reason and causes", async () => {
    const causes = [{ reason: "FieldManagerConflict", field: ".spec.topology.version", message: 'conflict with "kubectl-edit"' }];
    answers = [
      (response) => sendJson(response, { ...statusObject(409, "Conflict", "Apply failed with 1 conflict"), details: { causes } }, 409),
    ];
    await expect(client.apply(clusters, object)).rejects.toMatchObject({
      name: "ApiError",
      status: 409,
      reason: "Conflict",
      causes,
      message: `PATCH ${path}/a: Apply failed with 1 conflict`,
    });
  });

  it.each([
    ["text", (response: ServerResponse) => void response.writeHead(500).end("kaputt\n"), "GET /x: kaputt"],
    ["nothing", (response: ServerResponse) => void response.writeHead(500).end(), "GET /x: HTTP status 500"],
    ["broken JSON", (response: ServerResponse) => void response.writeHead(500).end("{"), "GET /x: {"],
    [
      "a way to a login page",
      (response: ServerResponse) => void response.writeHead(302, { location: "/login" }).end(),
      "GET /x: HTTP status 302",
    ],
    [
      "a login page",
      (response: ServerResponse) => void response.writeHead(200).end("<html>s3cret</html>"),
      "GET /x: the answer is not JSON: is this the address of a Kubernetes API server?",
    ],
  ])("%s for an answer", async (_, answer, message) => {
    answers = [answer];
    const error = await client.getPath("/x").catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ name: "ApiError", message });
    expect((error as Error & { cause: unknown }).cause).toBeUndefined();
  });

  it("no Kubernetes version where there is no such page", async () => {
    answers = [(response) => void response.writeHead(404).end("404: Page Not Found")];
    expect(await client.version()).toBeUndefined();
    answers = [ok({ gitVersion: "v1.36.2" })];
    expect(await client.version()).toBe("v1.36.2");
    answers = [status(403, "Forbidden")];
    await expect(client.version()).rejects.toMatchObject({ status: 403 });
  });

  it("a server that is not there", async () => {
    const url = server.url;
    await server.close();
    await expect(client.getPath("/x")).rejects.toMatchObject({
      kind: "refused",
      message: `GET /x: ${url} refuses connections. Is the API server running, and is this the right context?`,
    });
    server = await scriptedServer(() => undefined);
  });

  it("a name that nobody knows", async () => {
    const lost = await connect({ tries: 1 }, "https://api.invalid");
    await expect(lost.getPath("/x")).rejects.toMatchObject({ kind: "dns" });
    lost.close();
  });

  it("a server that takes the request and says nothing", async () => {
    const impatient = await connect({ timeoutMilliseconds: 60, tries: 1 });
    answers = [() => undefined];
    await expect(impatient.getPath("/x")).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("was silent for 0.06 s") as string,
    });
    impatient.close();
  });

  it("a server that stops in the middle of its answer", async () => {
    const impatient = await connect({ timeoutMilliseconds: 60, tries: 1 });
    answers = [(response) => void response.writeHead(200).write('{"kind":')];
    await expect(impatient.getPath("/x")).rejects.toMatchObject({ kind: "timeout" });
    impatient.close();
  });

  describe("no TLS handshake", () => {
    let raw: Server;
    let sockets: Socket[];
    const url = (): string => `https://127.0.0.1:${(raw.address() as AddressInfo).port}`;

    async function listen(greet: (socket: Socket) => void): Promise<void> {
      sockets = [];
      raw = createServer((socket) => {
        sockets.push(socket);
        socket.on("error", () => undefined);
        greet(socket);
      });
      await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
    }

    afterEach(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => raw.close(resolve));
    });

    it("that never comes", async () => {
      await listen(() => undefined);
      const impatient = await connect({ timeoutMilliseconds: 60, tries: 1 }, url());
      await expect(impatient.getPath("/x")).rejects.toMatchObject({ kind: "timeout" });
      impatient.close();
    });

    it("because the server speaks something else", async () => {
      await listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
      const confused = await connect({ tries: 1 }, url());
      await expect(confused.getPath("/x")).rejects.toMatchObject({ kind: "tls" });
      confused.close();
    });
  });

  it("a caller that gives up, before and while it waits", async () => {
    const early = new AbortController();
    early.abort(new Error("never mind"));
    await expect(client.getPath("/x", early.signal)).rejects.toThrow("never mind");
    const late = new AbortController();
    answers = [() => late.abort(new Error("enough"))];
    await expect(client.getPath("/x", late.signal)).rejects.toThrow("enough");
  });

  it("a stream that nobody reads yet may be given up, too", async () => {
    answers = [(response) => response.writeHead(200).flushHeaders()];
    const controller = new AbortController();
    const stream = await client.stream("/w", 60_000, controller.signal);
    controller.abort(new Error("enough"));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(stream.text()).rejects.toThrow("enough");
  });

  it("many streams do not keep requests waiting", async () => {
    answers = [(response) => response.writeHead(200).flushHeaders()];
    const streams = await Promise.all(Array.from({ length: 70 }, () => client.stream("/w", 60_000)));
    answers = [ok({ fine: true })];
    expect(await client.getPath("/x")).toEqual({ fine: true });
    const { agent } = await client.endpoint.prepare();
    expect(agent.maxSockets).toBe(64 + 70);
    for (const stream of streams) stream.destroy();
    while (agent.maxSockets > 64) await new Promise((resolve) => setImmediate(resolve));
  });
});
