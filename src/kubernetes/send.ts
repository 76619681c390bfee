import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { constants, createGunzip } from "node:zlib";
import type { Readable } from "node:stream";
import type { ApiEndpoint } from "./credentials.ts";
import { connectionError, ConnectionError } from "./errors.ts";

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** To the first byte of the answer, and between any two bytes of it. */
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal;
  readonly userAgent: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** Decompressed. Errors with ConnectionError when the connection is lost half way. */
  readonly body: Readable;
  /** Drops the connection. */
  destroy(): void;
}

/** One exchange over a kept-alive connection, without retries. Rejects with ConnectionError, CredentialsError, or the signal's reason. */
export async function send(endpoint: ApiEndpoint, request: HttpRequest): Promise<HttpResponse> {
  const { agent, headers } = await endpoint.prepare();
  const { method, body, signal } = request;
  const url = new URL(endpoint.server + request.path);
  const label = `${method} ${url.pathname}`;
  const allHeaders: Record<string, string | readonly string[]> = {
    ...headers,
    Accept: "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": request.userAgent,
    ...(body === undefined ? {} : { "Content-Type": request.contentType ?? "application/json", "Content-Length": String(Buffer.byteLength(body)) }),
  };
  return new Promise((resolve, reject) => {
    const start = url.protocol === "http:" ? httpRequest : httpsRequest;
    const options = { method, agent, headers: allHeaders as Record<string, string | string[]>, ...(signal === undefined ? {} : { signal }) };
    const outgoing = start(url, options, (response) => {
      const decoded = response.headers["content-encoding"] === "gzip" ? response.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH })) : response;
      response.on("error", (error: NodeJS.ErrnoException) => decoded.destroy(asConnectionError(label, endpoint.server, error, signal)));
      response.on("aborted", () => decoded.destroy(new ConnectionError("reset", `${label}: the connection to ${endpoint.server} was lost half way.`)));
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: decoded, destroy: () => response.destroy() });
    });
    outgoing.setTimeout(request.timeoutMilliseconds, () => {
      outgoing.destroy(Object.assign(new Error(`nothing was heard for ${request.timeoutMilliseconds} ms`), { code: "TIMEOUT" }));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => reject(asConnectionError(label, endpoint.server, error, signal)));
    outgoing.end(body);
  });
}

function asConnectionError(label: string, server: string, error: NodeJS.ErrnoException, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) return signal.reason instanceof Error ? signal.reason : error;
  return error instanceof ConnectionError ? error : connectionError(label, server, error);
}

/** The whole body as text. */
export async function textOf(response: HttpResponse): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
