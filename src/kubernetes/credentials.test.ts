import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "./client.ts";
import { endpointFromKubeconfig, loadEndpoint, type ApiEndpoint, type CredentialOptions } from "./credentials.ts";
import { connectProxy, type ConnectProxy } from "./testing/connect-proxy.ts";
import {
  scriptedServer,
  sendJson,
  statusObject,
  testCa,
  testCertificate,
  testKey,
  type ScriptedServer,
} from "./testing/scripted-server.ts";
import { testClock, type TestClock } from "./testing/test-clock.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

let folder: string;
let clock: TestClock;
let server: ScriptedServer;
let received: IncomingMessage[];
/** Tokens that the server does not accept. */
let refused: Set<string>;
let cleanups: (() => unknown)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubernetes-room-"));
  clock = testClock();
  received = [];
  refused = new Set();
  server = await scriptedServer((request, response) => {
    received.push(request);
    const token = request.headers.authorization?.replace("Bearer ", "") ?? "";
    if (refused.has(token)) sendJson(response, statusObject(401, "Unauthorized"), 401);
    else sendJson(response, { gitVersion: "v1.36.2" });
  });
  cleanups = [() => rm(folder, { recursive: true, force: true }), () => server.close()];
});

afterEach(async () => {
  for (const clean of cleanups.toReversed()) await clean();
});

async function file(name: string, content: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

async function load(options: Partial<CredentialOptions> = {}): Promise<ApiEndpoint> {
  const endpoint = await loadEndpoint({ clock, environment: { HOME: folder, PATH: process.env["PATH"] }, ...options });
  cleanups.push(() => endpoint.close());
  return endpoint;
}

async function loadUser(
  user: Readonly<Record<string, unknown>>,
  cluster: Readonly<Record<string, unknown>> = {},
  options: Partial<CredentialOptions> = {},
): Promise<ApiEndpoint> {
  return load({ kubeconfig: await file("config", server.kubeconfig(user, cluster)), ...options });
}

const ask = (endpoint: ApiEndpoint): Promise<string | undefined> => createClient(endpoint, { clock, random: () => 0 }).version();
const authorizations = (): (string | undefined)[] => received.map(({ headers }) => headers.authorization);

describe("which kubeconfig, which context", () => {
  const named = (name: string, url: string, current = ""): string =>
    JSON.stringify({
      clusters: [{ name: "c", cluster: { server: url } }],
      users: [{ name: "u", user: { token: `token-${name}` } }],
      contexts: [{ name, context: { cluster: "c", user: "u" } }],
      "current-context": current,
    });

  it("the first file of $KUBECONFIG that names something wins; files that do not exist are passed over", async () => {
    const files = [
      await file("one", named("one", "https://one")),
      join(folder, "missing"),
      await file("two", named("two", "https://two", "two")),
    ];
    const endpoint = await load({ environment: { HOME: folder, KUBECONFIG: `${files.join(":")}:` } });
    expect(endpoint).toMatchObject({ contextName: "two", server: "https://one", namespace: "default" });
    expect((await endpoint.prepare()).headers).toMatchObject({ Authorization: "Bearer token-one" });
  });

  it("~/.kube/config is the default, and --kubeconfig comes before $KUBECONFIG", async () => {
    await file(".kube/config", named("home", "https://home/prefix/", "home"));
    const other = await file("other", named("other", "https://other", "other"));
    const explicit = await file("explicit", named("explicit", "https://explicit", "explicit"));
    expect((await load()).server).toBe("https://home/prefix");
    expect((await load({ kubeconfig: explicit, environment: { KUBECONFIG: other } })).server).toBe("https://explicit");
  });

  it.each([
    [
      "a kubeconfig that is named and missing",
      { kubeconfig: "/nowhere/config" },
      "The kubeconfig /nowhere/config does not exist. Check the path that --kubeconfig or $KUBECONFIG gives.",
    ],
    [
      "a folder",
      { kubeconfig: "/tmp" },
      "The kubeconfig /tmp cannot be read (EISDIR). Check the path that --kubeconfig or $KUBECONFIG gives.",
    ],
    [
      "nothing at all",
      { environment: { KUBECONFIG: "/nowhere/a:/nowhere/b" } },
      "There is no kubeconfig (looked for /nowhere/a, /nowhere/b), and this is not a pod with a service account. Name one with --kubeconfig or $KUBECONFIG.",
    ],
  ])("%s", async (_, options, message) => {
    await expect(load(options)).rejects.toThrow(message);
  });

  const config = (parts: Readonly<Record<string, unknown>>): string =>
    JSON.stringify({
      clusters: [
        { name: "c", cluster: { server: "https://s" } },
        { name: "bare" },
        { name: "odd", cluster: { server: "s:6443" } },
        { cluster: {} },
      ],
      users: [{ name: "u", user: null }],
      contexts: [
        { name: "b", context: { cluster: "c", user: "u" } },
        { name: "a", context: { cluster: "c", user: "nobody" } },
        { name: "no-server", context: { cluster: "bare" } },
        { name: "no-address", context: { cluster: "odd" } },
        { name: "no-cluster", context: { cluster: "x" } },
        { name: "empty" },
      ],
      ...parts,
    });

  it.each([
    [
      "no current-context",
      config({}),
      {},
      "The kubeconfig has no current-context. It has: a, b, empty, no-address, no-cluster, no-server. Choose one with --context.",
    ],
    ["an unknown context", config({}), { context: "c" }, 'The kubeconfig has no context "c". It has: a, b,'],
    ["no contexts", config({ contexts: null }), { context: "c" }, 'The kubeconfig has no context "c". It has: none.'],
    ["an unknown user", config({}), { context: "a" }, 'The context "a" names the user "nobody", which the kubeconfig does not define.'],
    [
      "a cluster without a server",
      config({}),
      { context: "no-server" },
      'The context "no-server" names the cluster "bare", which the kubeconfig does not define, or without a server.',
    ],
    ["an unknown cluster", config({}), { context: "no-cluster" }, 'names the cluster "x"'],
    ["an empty context", config({}), { context: "empty" }, 'names the cluster ""'],
    ["no address", config({}), { context: "no-address" }, 'The server of cluster "odd" in the kubeconfig is not an http(s) address.'],
    ["text", "hello", {}, "is not a mapping with clusters, users and contexts."],
    ["a list of nothing", config({ users: { u: {} } }), {}, '"users" is not a list.'],
  ])("%s", async (_, text, options, message) => {
    await expect(load({ kubeconfig: await file("config", text), ...options })).rejects.toThrow(message);
  });

  it("broken YAML is told by its line, without quoting what may be a token", async () => {
    const kubeconfig = await file("config", "users:\n- name: u\n  user:\n    token: very-secret: [\n");
    const error = await load({ kubeconfig }).catch((reason: unknown) => reason as Error);
    expect((error as Error).message).toMatch(/^The kubeconfig .* is not valid YAML: see line 4\.$/);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("very-secret");
  });

  it("what is wrong with other contexts does not matter", async () => {
    const endpoint = await load({ kubeconfig: await file("config", config({})), context: "b" });
    expect((await endpoint.prepare()).headers).toEqual({});
  });

  it("a context without a user still checks the server's certificate by its authority", async () => {
    const text = JSON.stringify({
      clusters: [{ name: "c", cluster: { server: server.url, "certificate-authority-data": base64(testCa) } }],
      contexts: [{ name: "x", context: { cluster: "c" } }],
    });
    expect(await ask(await endpointFromKubeconfig(text, clock))).toBe("v1.36.2");
    expect(authorizations()).toEqual([undefined]);
  });

  it("an empty kubeconfig in a pod means the service account; its token is read again once a minute", async () => {
    await file(".kube/config", "apiVersion: v1\nkind: Config\n");
    const token = await file("account/token", "first\n");
    await file("account/ca.crt", testCa);
    await file("account/namespace", "capi-system\n");
    const { hostname, port } = new URL(server.url);
    const environment = { HOME: folder, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    const endpoint = await load({ environment, serviceAccountFolder: join(folder, "account") });
    expect(endpoint).toMatchObject({ namespace: "capi-system", contextName: "in-cluster", server: server.url });
    await ask(endpoint);
    await writeFile(token, "second\n");
    clock.advance(59_999);
    await ask(endpoint);
    clock.advance(1);
    await ask(endpoint);
    await rm(token);
    clock.advance(60_000);
    await ask(endpoint);
    expect(authorizations()).toEqual(["Bearer first", "Bearer first", "Bearer second", "Bearer second"]);
  });

  it("an IPv6 service address is put in brackets; no service account is no pod", async () => {
    await file("account/token", "t");
    const environment = { HOME: folder, KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };
    const endpoint = await load({ environment, serviceAccountFolder: join(folder, "account") });
    expect(endpoint).toMatchObject({ server: "https://[fd00::1]:443", namespace: "default" });
    await expect(load({ environment, serviceAccountFolder: join(folder, "none") })).rejects.toThrow("not a pod with a service account");
  });
});

describe("who you are", () => {
  it.each([
    ["a token", { token: "abc" }, { Authorization: "Bearer abc" }],
    ["name and password", { username: "me", password: "pw" }, { Authorization: `Basic ${base64("me:pw")}` }],
    ["nobody", {}, {}],
    [
      "impersonation",
      { token: "abc", as: "jane", "as-uid": "7", "as-groups": ["dev", "ops"], "as-user-extra": { "acme.com/x": ["1"] } },
      {
        Authorization: "Bearer abc",
        "Impersonate-User": "jane",
        "Impersonate-Uid": "7",
        "Impersonate-Group": ["dev", "ops"],
        "Impersonate-Extra-acme.com%2Fx": ["1"],
      },
    ],
    ["groups of nobody", { "as-groups": ["dev"] }, {}],
  ])("%s", async (_, user, headers) => {
    expect((await (await loadUser(user)).prepare()).headers).toEqual(headers);
  });

  it("--as and --as-group come before the kubeconfig's", async () => {
    const endpoint = await loadUser(
      { as: "jane", "as-uid": "7", "as-groups": ["dev"] },
      {},
      { impersonate: { user: "joe", groups: ["ops", "qa"] } },
    );
    await ask(endpoint);
    expect(received[0]?.headers).toMatchObject({ "impersonate-user": "joe", "impersonate-group": "ops, qa" });
    expect(received[0]?.headers["impersonate-uid"]).toBeUndefined();
  });

  it("a token file comes before a token, relative to its kubeconfig; its newline is no part of it", async () => {
    await file("tokens/t", "from-file\n");
    await ask(await loadUser({ token: "static", tokenFile: "tokens/t" }));
    expect(authorizations()).toEqual(["Bearer from-file"]);
  });

  it("a new token in the file is used at once when the server refuses the old one", async () => {
    const path = await file("t", "old");
    const endpoint = await loadUser({ tokenFile: path });
    await ask(endpoint);
    await writeFile(path, "new");
    refused.add("old");
    await ask(endpoint);
    expect(authorizations()).toEqual(["Bearer old", "Bearer old", "Bearer new"]);
  });

  it.each([
    ["a token file that is missing", { tokenFile: "/nowhere/t" }, "The token file /nowhere/t cannot be read (ENOENT)."],
    [
      "an unreadable certificate",
      { "client-certificate": "/nowhere/c", "client-key": "/nowhere/k" },
      /The credentials of context "ctx" cannot be had: ENOENT.*\/nowhere\/c/,
    ],
  ])("%s", async (_, user, message) => {
    await expect((await loadUser(user)).prepare()).rejects.toThrow(message);
  });

  it("client certificates from files relative to the kubeconfig, to a server that insists on one", async () => {
    const strict = await scriptedServer((_, response) => sendJson(response, { gitVersion: "v1" }), { requestClientCertificate: true });
    cleanups.push(() => strict.close());
    await file("me.crt", testCertificate);
    await file("me.key", testKey);
    await file("ca.crt", testCa);
    const settings = { "certificate-authority-data": undefined, "certificate-authority": "ca.crt" };
    const with_ = await load({
      kubeconfig: await file("config", strict.kubeconfig({ "client-certificate": "me.crt", "client-key": "me.key" }, settings)),
    });
    expect(await ask(with_)).toBe("v1");
    const without = await load({ kubeconfig: await file("other", strict.kubeconfig({ token: "x" })) });
    await expect(ask(without)).rejects.toMatchObject({ name: "ConnectionError" });
  });

  it("an expired client certificate is told as such before anything is sent", async () => {
    const endpoint = await loadUser({ "client-certificate-data": base64(testCertificate), "client-key-data": base64(testKey) });
    await ask(endpoint);
    clock.advance(100 * 365.25 * 86_400_000);
    await expect(ask(endpoint)).rejects.toThrow(
      /The client certificate of context "ctx" expired on 2126-\d\d-\d\d\. Get a new kubeconfig\./,
    );
    expect(received).toHaveLength(1);
  });

  it("a renewed certificate gets a connection of its own, and does not cut those in use", async () => {
    const certificate = await file("me.crt", testCertificate);
    const key = await file("me.key", testKey);
    const endpoint = await loadUser({ "client-certificate": certificate, "client-key": key });
    const before = await endpoint.prepare();
    clock.advance(60_000);
    expect((await endpoint.prepare()).agent).toBe(before.agent);
    await ask(endpoint);
    await writeFile(certificate, `${testCertificate}\n`);
    clock.advance(60_000);
    await ask(endpoint);
    expect((await endpoint.prepare()).agent).not.toBe(before.agent);
    expect(Object.values(before.agent.freeSockets).flat()).toEqual([]);
    expect(server.connections()).toBe(2);
  });

  it("of a kubeconfig's user only what kubectl knows is used: `token-file`, which the library would read, is not", async () => {
    await file("t", "stolen");
    const endpoint = await endpointFromKubeconfig(server.kubeconfig({ "token-file": join(folder, "t") }), clock);
    expect((await endpoint.prepare()).headers).toEqual({});
  });
});

describe("the server's side", () => {
  it.each([
    [
      "its certificate is checked",
      { "certificate-authority-data": base64(testCertificate) },
      { kind: "tls", message: /certificate-authority/ },
    ],
    ["its name is checked", { "tls-server-name": "other.test" }, { kind: "tls", message: /ERR_TLS_CERT_ALTNAME_INVALID/ }],
    ["its name may be given", { "tls-server-name": "localhost" }, undefined],
    ["it may be trusted blindly", { "certificate-authority-data": undefined, "insecure-skip-tls-verify": true }, undefined],
  ])("%s", async (_, cluster, failure) => {
    const result = await ask(await loadUser({}, cluster)).catch((error: unknown) => error);
    if (failure === undefined) expect(result).toBe("v1.36.2");
    else expect(result).toMatchObject({ kind: failure.kind, message: expect.stringMatching(failure.message) as string });
  });

  it("a key that does not belong to its certificate", async () => {
    const endpoint = await loadUser({ "client-certificate-data": base64(testCa), "client-key-data": base64(testKey) });
    await expect(ask(endpoint)).rejects.toMatchObject({ kind: "tls" });
  });

  async function proxied(refusal?: number): Promise<{ proxy: ConnectProxy; named: Readonly<Record<string, string>> }> {
    const proxy = await connectProxy(Number(new URL(server.url).port), refusal);
    cleanups.push(() => proxy.close());
    return { proxy, named: { server: "https://api.test:6443", "tls-server-name": "localhost" } };
  }

  it("proxy-url: one tunnel carries many requests", async () => {
    const { proxy, named } = await proxied();
    const endpoint = await loadUser({ token: "abc" }, { ...named, "proxy-url": proxy.url.replace("//", "//me:pw@") });
    for (let count = 0; count < 3; count += 1) expect(await ask(endpoint)).toBe("v1.36.2");
    expect(proxy.tunnels).toEqual([{ target: "api.test:6443", authorization: `Basic ${base64("me:pw")}` }]);
  });

  it("$HTTPS_PROXY, unless $NO_PROXY", async () => {
    const { proxy, named } = await proxied();
    await ask(await loadUser({}, named, { environment: { HTTPS_PROXY: proxy.url } }));
    expect(proxy.tunnels.map(({ target }) => target)).toEqual(["api.test:6443"]);
    const exempt = await loadUser({}, named, { environment: { HTTPS_PROXY: proxy.url, NO_PROXY: "test" } });
    await expect(ask(exempt)).rejects.toMatchObject({ kind: "dns" });
    expect(proxy.tunnels).toHaveLength(1);
  });

  it("a proxy that refuses is told as such, without its password", async () => {
    const { proxy, named } = await proxied(407);
    const endpoint = await loadUser({}, { ...named, "proxy-url": proxy.url.replace("//", "//me:pw@") });
    await expect(ask(endpoint)).rejects.toThrow(
      "GET /version: the proxy does not connect to https://api.test:6443: it answers with status 407. Check proxy-url in the kubeconfig, or $HTTPS_PROXY.",
    );
  });

  it("a proxy that never answers is not waited for for ever", async () => {
    const { proxy, named } = await proxied(0);
    const endpoint = await loadUser({}, { ...named, "proxy-url": proxy.url });
    const client = createClient(endpoint, { clock, timeoutMilliseconds: 60, tries: 1 });
    await expect(client.version()).rejects.toMatchObject({ kind: "timeout" });
  });
});
