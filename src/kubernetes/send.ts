import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { pipeline, type Readable } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import { addStream } from "./agents.ts";
import type { PreparedRequest } from "./credentials.ts";
import { connectionError, ConnectionError } from "./errors.ts";

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** To the head of the answer, connecting included; and then between any two bytes of it. */
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
  readonly userAgent: string;
  /** The answer is a stream that may never end: its connection does not count among those that are limited. */
  readonly stream?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Decompressed. Rejects with ConnectionError when the connection is lost half way, or with the signal's reason. */
  readonly body: AsyncIterable<Buffer>;
  /** Drops the connection. */
  destroy(): void;
}

/** One exchange over a kept-alive connection, without retries. Rejects with ConnectionError, or the signal's reason. */
export function send(server: string, { agent, headers }: PreparedRequest, request: HttpRequest): Promise<HttpResponse> {
  const { method, body, signal, timeoutMilliseconds } = request;
  const url = new URL(server + request.path);
  const label = `${method} ${url.pathname}`;
  const options = {
    method,
    agent,
    headers: {
      ...headers,
      Accept: "application/json",
      // On one machine compressing costs both sides more than it saves (docs/performance.md).
      "Accept-Encoding": isLoopback(url.hostname) ? "identity" : "gzip",
      "User-Agent": request.userAgent,
      ...(body === undefined
        ? {}
        : { "Content-Type": request.contentType ?? "application/json", "Content-Length": String(Buffer.byteLength(body)) }),
    } as Record<string, string | string[]>,
  };
  /** Why the exchange was ended on this side. */
  let ended: Error | undefined;
  const explain = (error: unknown): Error => ended ?? connectionError(label, server, error as NodeJS.ErrnoException);

  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) throw reasonOf(signal);
    let outgoing: ClientRequest;
    let incoming: IncomingMessage | undefined;
    const timeUp = (): void =>
      end(
        new ConnectionError(
          "timeout",
          `${label}: ${server} was silent for ${timeoutMilliseconds / 1000} s. Check the network and the server.`,
        ),
      );
    const onAbort = (): void => end(reasonOf(signal));
    const release = request.stream === true ? addStream(agent) : undefined;
    // Not the socket's own timer: that one does not run while a connection, or one through a proxy, is being made.
    const timer = setTimeout(timeUp, timeoutMilliseconds);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      release?.();
    };
    const end = (why: Error): void => {
      ended ??= why;
      (incoming ?? outgoing).destroy(why);
      // A request that has no connection yet says nothing when it is destroyed.
      settle();
      reject(ended);
    };
    try {
      outgoing = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, options);
    } catch (error) {
      // Keys and certificates are looked at here.
      settle();
      throw explain(error);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    outgoing.on("response", (response) => {
      incoming = response;
      clearTimeout(timer);
      outgoing.setTimeout(timeoutMilliseconds, timeUp);
      const decoded = decode(response);
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: explained(decoded, explain),
        destroy: () => response.destroy(),
      });
    });
    outgoing.on("error", (error) => reject(explain(error)));
    outgoing.on("close", settle);
    outgoing.end(body);
  });
}

/** The whole body as text. */
export async function textOf(response: HttpResponse): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function decode(response: IncomingMessage): Readable {
  if (response.headers["content-encoding"] !== "gzip") return response;
  const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
  return pipeline(response, createGunzip(flush), () => undefined);
}

async function* explained(body: Readable, explain: (error: unknown) => Error): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (error) {
    throw explain(error);
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("aborted");
}
