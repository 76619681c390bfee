import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createGzip, gzipSync } from "node:zlib";
import { parse } from "yaml";
import type { ApiRequest, ApiResponse, WatchSubscription } from "../api/api-request.ts";
import { ApiStatusError, badRequest } from "../api/api-status-error.ts";
import { decodeObject } from "../protobuf/decode-object.ts";
import { refuseAnonymous, userOf } from "./access.ts";
import type { Certificates } from "./certificates.ts";

export interface HttpsServerOptions {
  readonly certificates: Certificates;
  /** 0 or absent: any free one. Always on 127.0.0.1. */
  readonly port?: number;
  /** The API server for a path, and the path as that server knows it; undefined: there is none. `down`: there is one, and it answers nobody. */
  readonly route: (path: string) => { readonly path: string; readonly handle: (request: ApiRequest) => ApiResponse } | "down" | undefined;
  /** Before each answer. */
  readonly onRequest?: () => void;
  /** What happens instead of an answer: a fault. `drop` closes the connection; a promise lets the client wait. */
  readonly intercept?: (request: ApiRequest) => Fault | Promise<Fault>;
  /** Users by their bearer token, besides those with a certificate of this run. */
  readonly tokens?: Readonly<Record<string, string>>;
}

/** Undefined: none. */
export type Fault = ApiResponse | "drop" | undefined;

export interface HttpsServer {
  /** `https://127.0.0.1:40123`. */
  readonly url: string;
  /** Cuts all connections, watches too; clients may come again. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** Largest body that a request may have, as kube-apiserver's limit. */
const maximumBodyBytes = 3 * 1024 * 1024;
/** Smaller answers are not worth compressing (kube-apiserver: 128 KiB). */
const compressFromBytes = 128 * 1024;

/** Serves API handlers over HTTPS to whoever has the client certificate. Rejects when the port is taken. */
export async function startHttpsServer(options: HttpsServerOptions): Promise<HttpsServer> {
  const { certificates } = options;
  const tokens = new Map(Object.entries(options.tokens ?? {}));
  const server = createServer(
    {
      cert: certificates.server.certificate,
      key: certificates.server.key,
      ca: certificates.authority,
      requestCert: true,
      // Who has no certificate is told so in the API's own words.
      rejectUnauthorized: false,
    },
    (request, response) => void answer(request, response),
  );
  server.keepAliveTimeout = 60_000;

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    // A client may go at any time; who has gone is told nothing.
    outgoing.on("error", () => undefined);
    try {
      const request = await readRequest(incoming, tokens);
      const fault = await options.intercept?.(request);
      // Directly before the answer: who had to wait sees the present, too.
      options.onRequest?.();
      const response = fault ?? routedAnswer(request);
      if (response === "drop") {
        incoming.socket.destroy();
        return;
      }
      if (response.watch === undefined) send(incoming, outgoing, response);
      else stream(incoming, outgoing, response.watch);
    } catch (error) {
      if (!(error instanceof ApiStatusError)) {
        if (incoming.destroyed) return;
        throw error;
      }
      send(incoming, outgoing, refusal(error));
    }
  }

  function routedAnswer(request: ApiRequest): ApiResponse | "drop" {
    const routed = options.route(request.path);
    if (routed === "down") return "drop";
    if (routed === undefined) return refusal(notServed(request.path));
    const inside = { ...request, path: routed.path };
    refuseAnonymous(inside);
    return routed.handle(inside);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    dropConnections: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readRequest(incoming: IncomingMessage, tokens: ReadonlyMap<string, string>): Promise<ApiRequest> {
  const url = new URL(incoming.url ?? "/", "https://sandbox");
  const { headers } = incoming;
  const user = userOf(incoming, tokens);
  const bytes = await bodyOf(incoming);
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    contentType: headers["content-type"],
    accept: headers.accept,
    user,
    userAgent: headers["user-agent"],
    ...(bytes.length === 0 ? {} : { body: parseBody(bytes, headers["content-type"] ?? "") }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maximumBodyBytes) {
      throw new ApiStatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${maximumBodyBytes}`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseBody(bytes: Buffer, contentType: string): unknown {
  try {
    if (contentType.includes("protobuf")) {
      const object = decodeObject(bytes);
      if (object === undefined) throw protobufNotTaken();
      return object;
    }
    const text = bytes.toString("utf8");
    // Server-side apply is sent as YAML, and JSON is YAML too.
    return contentType.includes("yaml") && !text.trimStart().startsWith("{") ? parse(text, { version: "1.1" }) : JSON.parse(text);
  } catch (error) {
    if (error instanceof ApiStatusError) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type JSON or YAML): ${(error as Error).message}`);
  }
}

function protobufNotTaken(): ApiStatusError {
  return new ApiStatusError(
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml",
  );
}

function send(incoming: IncomingMessage, outgoing: ServerResponse, { status, body, headers = {} }: ApiResponse): void {
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  const isText = typeof body === "string";
  const plain = Buffer.from(text);
  const compress = plain.length >= compressFromBytes && acceptsGzip(incoming);
  const sent = compress ? gzipSync(plain, { level: 1 }) : plain;
  outgoing.writeHead(status, {
    "content-type": isText ? "text/plain; charset=utf-8" : "application/json",
    "content-length": sent.length,
    ...(compress ? { "content-encoding": "gzip" } : {}),
    ...headers,
  });
  outgoing.end(sent);
}

/** One JSON object a line, as they come. A client that does not read is let go once this much waits for it. */
const mostWaitingBytes = 16 * 1024 * 1024;

function stream(incoming: IncomingMessage, outgoing: ServerResponse, watch: WatchSubscription): void {
  const gzip = acceptsGzip(incoming) ? createGzip({ level: 1 }) : undefined;
  outgoing.writeHead(200, { "content-type": "application/json", ...(gzip === undefined ? {} : { "content-encoding": "gzip" }) });
  outgoing.flushHeaders();
  gzip?.pipe(outgoing);
  const target = gzip ?? outgoing;
  const close = watch.open(
    (event) => {
      target.write(`${JSON.stringify(event)}\n`);
      gzip?.flush();
      if (target.writableLength > mostWaitingBytes) outgoing.destroy();
    },
    () => target.end(),
  );
  outgoing.on("close", close);
}

function acceptsGzip({ headers }: IncomingMessage): boolean {
  return headers["accept-encoding"]?.includes("gzip") === true;
}

function refusal(error: ApiStatusError): ApiResponse {
  return { status: error.code, body: error.body() };
}

function notServed(path: string): ApiStatusError {
  return new ApiStatusError(404, "NotFound", `there is no API server below ${path}`);
}
