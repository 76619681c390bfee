import { request as plainRequest, type Agent, type IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";
import type { Clock } from "../../clock.ts";
import { redactorFor } from "../redact.ts";
import { classifyAnswer, forgeError } from "./classify-answer.ts";
import type { ForgeErrorKind } from "./forge-error.ts";

export interface ForgeHttpOptions {
  readonly clock: Clock;
  /** Root of the API: `https://api.github.com`. The token goes below it and nowhere else. */
  readonly apiUrl: string;
  readonly token: string | undefined;
  /** `Bearer`, or `token` as Gitea has always understood it. */
  readonly scheme: "Bearer" | "token";
  readonly userAgent: string;
  /** Of a whole exchange. */
  readonly timeoutMilliseconds: number;
  /** PEM, instead of the authorities that Node.js knows. */
  readonly certificateAuthority?: string | undefined;
  /** For proxies. */
  readonly agent?: Agent | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the libraries take for `fetch`. */
export type ForgeFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

const largestAnswerBytes = 16 * 1024 * 1024;

/**
 * A fetch for one forge: gives successes, rejects with a ForgeError for all else, follows no redirect, repeats nothing. The token is put in
 * here, so that no library holds it and no library's error can show it. Node's own fetch knows neither proxies nor authorities of a caller.
 */
export function forgeFetch(options: ForgeHttpOptions): ForgeFetch {
  const api = new URL(options.apiUrl);
  const redact = redactorFor([options.token ?? ""]);
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== api.origin)
      throw forgeError("configuration", `A request to ${url.origin} was asked for, of a forge at ${api.origin}`);
    const method = init.method ?? "GET";
    const request = `${method} ${url.origin}${url.pathname}`;
    const { status, headers, body } = await exchange(url, method, init, options).catch((cause: unknown) => {
      throw transportError(redact(request), cause);
    });
    const told = Object.fromEntries(headers);
    if (status >= 300) throw classifyAnswer({ request, status, headers: told, body: body.toString("utf8") }, redact, options.clock.now());
    if (body.length > 0 && !/\bjson\b/.test(told["content-type"] ?? ""))
      throw forgeError("unknown", redact(`${request} was answered with ${told["content-type"] ?? "something"} where JSON was expected`), {
        status,
      });
    const empty = status === 204 || status === 205;
    return new Response(empty ? null : new Uint8Array(body), { status, headers });
  };
}

interface Exchange {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

async function exchange(url: URL, method: string, init: RequestInit, options: ForgeHttpOptions): Promise<Exchange> {
  const headers = new Headers(init.headers);
  headers.set("user-agent", options.userAgent);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  headers.delete("authorization");
  if (options.token !== undefined) headers.set("authorization", `${options.scheme} ${options.token}`);
  const content = typeof init.body === "string" ? Buffer.from(init.body) : undefined;
  if (content !== undefined) headers.set("content-length", String(content.length));
  const timeout = AbortSignal.timeout(options.timeoutMilliseconds);
  const signals = [timeout, options.signal, init.signal ?? undefined].filter((signal) => signal !== undefined);
  const send = url.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      url,
      {
        method,
        headers: Object.fromEntries(headers),
        signal: AbortSignal.any(signals),
        ...(options.agent === undefined ? {} : { agent: options.agent }),
        ...(options.certificateAuthority === undefined ? {} : { ca: options.certificateAuthority }),
      },
      (incoming) => {
        const answer = readAll(incoming).then((body) => ({ status: incoming.statusCode ?? 0, headers: headersOf(incoming), body }));
        answer.then(resolve, reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(content);
  });
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // A stream of Node's without an encoding gives buffers.
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestAnswerBytes) throw new Error(`the answer is longer than ${largestAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  return headers;
}

const codes: Readonly<Record<string, ForgeErrorKind>> = {
  ENOTFOUND: "unknown-host",
  EAI_AGAIN: "unknown-host",
  EPROTO: "tls",
  ETIMEDOUT: "timeout",
};

function transportError(request: string, cause: unknown): Error {
  if (!(cause instanceof Error)) return forgeError("unreachable", `${request} failed: ${String(cause)}`);
  const { name, message, cause: inner } = cause;
  const code = "code" in cause ? String(cause.code) : "";
  const timedOut = [name, inner instanceof Error ? inner.name : ""].includes("TimeoutError");
  if ((name === "AbortError" || name === "TimeoutError") && !timedOut) return cause;
  const certificate = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code);
  const kind = timedOut ? "timeout" : certificate ? "tls" : (codes[code] ?? "unreachable");
  return forgeError(kind, `${request} failed: ${code === "" ? message : code}`, { cause });
}
