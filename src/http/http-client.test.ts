import { readFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { httpClient } from "./http-client.ts";
import type { HttpCall } from "./send-http.ts";
import { answeringServer, type AnsweringServer, type Reply, type SeenRequest } from "./testing/answering-server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(answer: (request: SeenRequest, url: string) => Reply): Promise<AnsweringServer> {
  const server = await answeringServer(answer);
  closing.push(() => server.close());
  return server;
}

const send = httpClient({ environment: {}, userAgent: "test" });
function get(url: string, more: Partial<HttpCall> = {}): HttpCall {
  return { method: "GET", url, timeoutMilliseconds: 20_000, maximumBytes: 100, redirects: 3, ...more };
}

describe("an exchange", () => {
  it("gives status, headers and body, whatever the status", async () => {
    const server = await serve(() => ({ status: 404, headers: { ETag: '"a"', "X-Two": "b" }, body: "no" }));
    const answer = await send(get(`${server.url}/x?y=1`, { headers: { Accept: "text/plain" } }));
    expect(answer).toMatchObject({ status: 404, headers: { etag: '"a"', "x-two": "b" }, body: "no", url: `${server.url}/x?y=1` });
    expect(server.seen[0]).toMatchObject({ method: "GET", path: "/x?y=1", headers: { accept: "text/plain", "user-agent": "test" } });
  });

  it("posts a body", async () => {
    const server = await serve(() => ({ status: 204 }));
    await send(get(server.url, { method: "POST", body: "größer" }));
    expect(server.seen[0]).toMatchObject({ method: "POST", body: "größer", headers: { "content-length": "8" } });
  });

  it("takes a HEAD's answer as it is, though it names an encoding", async () => {
    const server = await serve(() => ({ headers: { "Content-Encoding": "gzip", "Docker-Content-Digest": "sha256:1" } }));
    expect(await send(get(server.url, { method: "HEAD" }))).toMatchObject({
      status: 200,
      body: "",
      headers: { "docker-content-digest": "sha256:1" },
    });
  });

  it.each([
    ["plain", { body: "x".repeat(101) }],
    ["compressed", { body: gzipSync("x".repeat(101)), headers: { "Content-Encoding": "gzip" } }],
    ["without an end", (response: ServerResponse) => void response.write("x".repeat(101))],
  ] satisfies [string, Reply][])("does not read more than it was told to: %s", async (_, reply) => {
    const server = await serve(() => reply);
    await expect(send(get(server.url))).rejects.toMatchObject({ name: "HttpError", kind: "too-large" });
  });

  it("reads just as much as it was told to, decompressed", async () => {
    const server = await serve(() => ({ body: gzipSync("x".repeat(100)), headers: { "Content-Encoding": "gzip" } }));
    expect((await send(get(server.url))).body).toBe("x".repeat(100));
  });

  it.each([
    ["the head", () => undefined],
    ["the body", (response: ServerResponse) => void response.writeHead(200).write("x")],
  ])("ends when %s does not come in time", async (_, reply) => {
    const server = await serve(() => reply);
    await expect(send(get(server.url, { timeoutMilliseconds: 150 }))).rejects.toMatchObject({ kind: "timeout" });
  });

  it("rejects with the signal's reason", async () => {
    const stop = new AbortController();
    const server = await serve(() => () => stop.abort(new Error("enough")));
    await expect(send(get(server.url, { signal: stop.signal }))).rejects.toThrow("enough");
  });

  it.each([["not a url"], ["ftp://a.test/x"], ["file:///etc/passwd"]])("refuses the address %s", async (url) => {
    await expect(send(get(url))).rejects.toMatchObject({ kind: "url" });
  });

  it("says nothing of the path or of a password, which may be secret", async () => {
    const server = await serve((_, url) => ({ status: 302, headers: { Location: `${url}/again` } }));
    const closed = await answeringServer(() => ({}));
    await closed.close();
    for (const url of [
      `${server.url}/services/SECRET`,
      `${closed.url}/services/SECRET`,
      "http://user:SECRET@127.0.0.1:1/",
      "ftp://SECRET@a",
    ]) {
      const error: unknown = await send(get(url)).catch((error: unknown) => error);
      expect(error).toMatchObject({ name: "HttpError" });
      expect(String(error)).not.toContain("SECRET");
    }
  });
});

describe("redirects", () => {
  it("are followed, and the answer says where it came from", async () => {
    const server = await serve(({ path }, url) =>
      path === "/end" ? { body: "v1" } : { status: 302, headers: { Location: path === "/" ? `${url}/b` : "end" } },
    );
    expect(await send(get(server.url))).toMatchObject({ status: 200, body: "v1", url: `${server.url}/end` });
  });

  it("are handed back when none is to be followed", async () => {
    const server = await serve(() => ({ status: 302, headers: { Location: "/v1.35.1" } }));
    expect(await send(get(server.url, { redirects: 0 }))).toMatchObject({ status: 302, headers: { location: "/v1.35.1" } });
  });

  it.each([
    ["to a file", "file:///etc/passwd"],
    ["to no address", "http://["],
    ["without end", "/"],
  ])("are refused: %s", async (_, location) => {
    const server = await serve(() => ({ status: 302, headers: { Location: location } }));
    await expect(send(get(server.url))).rejects.toMatchObject({ kind: "redirect" });
  });

  it("take credentials along on the same server only", async () => {
    const other = await serve(() => ({ body: "other" }));
    const server = await serve(({ path }) => ({ status: 302, headers: { Location: path === "/" ? "/here" : other.url } }));
    await send(get(server.url, { headers: { Authorization: "Bearer s", Accept: "a/b" } }));
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer s", "Bearer s"]);
    expect(other.seen[0]?.headers).toMatchObject({ accept: "a/b" });
    expect(other.seen[0]?.headers).not.toHaveProperty("authorization");
  });
});

describe("through a proxy", () => {
  it("a plain request names its whole address", async () => {
    const proxy = await serve(() => ({ body: "by proxy" }));
    const via = httpClient({ environment: { HTTP_PROXY: `http://u:p@${proxy.host}` }, userAgent: "test" });
    expect((await via(get("http://feed.test/stable.txt"))).body).toBe("by proxy");
    expect(proxy.seen[0]).toMatchObject({
      path: "http://feed.test/stable.txt",
      headers: { host: "feed.test", "proxy-authorization": `Basic ${Buffer.from("u:p").toString("base64")}` },
    });
  });

  const tls = new URL("testing/tls/", import.meta.url);
  const pem = (name: string): string => readFileSync(new URL(name, tls), "utf8");

  async function tlsBehindProxy(status: number): Promise<{ readonly proxy: string; readonly tunnels: string[] }> {
    const server = createTlsServer({ key: pem("tls.key"), cert: pem("tls.crt") }, (_, response) => response.end("secure"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const tunnels: string[] = [];
    const sockets = new Set<Socket>();
    const proxy = createServer();
    proxy.on("connect", (request, client: Socket) => {
      tunnels.push(request.url ?? "");
      client.on("error", () => undefined);
      client.write(`HTTP/1.1 ${status} Told\r\n\r\n`);
      if (status !== 200) {
        client.end();
        return;
      }
      const upstream = connect((server.address() as AddressInfo).port, "127.0.0.1", () => upstream.pipe(client).pipe(upstream));
      upstream.on("error", () => client.destroy());
      sockets.add(client).add(upstream);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return { proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, tunnels };
  }

  it("TLS goes through a tunnel, and the server's certificate is checked by its name", async () => {
    const { proxy, tunnels } = await tlsBehindProxy(200);
    const via = httpClient({ environment: { HTTPS_PROXY: proxy }, userAgent: "test", certificateAuthorities: pem("ca.crt") });
    expect((await via(get("https://api.test/x"))).body).toBe("secure");
    expect(tunnels).toEqual(["api.test:443"]);
    await expect(via(get("https://other.example:444/x"))).rejects.toMatchObject({ kind: "unreachable" });
  });

  it("a tunnel that is refused is told", async () => {
    const { proxy } = await tlsBehindProxy(403);
    const via = httpClient({ environment: { HTTPS_PROXY: proxy }, userAgent: "test" });
    await expect(via(get("https://api.test/x"))).rejects.toThrow(
      `The proxy ${proxy} answers 403 to the wish for a tunnel to api.test:443.`,
    );
  });
});
