import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { proxyFromEnvironment } from "./proxy-environment.ts";
import { HttpError, type HttpAnswer, type HttpCall, type SendHttp } from "./send-http.ts";
import { proxyAuthorization, tunnel } from "./tunnel.ts";

export interface HttpClientOptions {
  /** For `$HTTPS_PROXY`, `$HTTP_PROXY`, `$NO_PROXY`. */
  readonly environment: NodeJS.ProcessEnv;
  readonly userAgent: string;
  /** In PEM form, instead of the system's; `$NODE_EXTRA_CA_CERTS` adds to those. */
  readonly certificateAuthorities?: string;
}

/** What goes to one server must not be handed to another by a redirect. */
const ownHeaders: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * HTTP over one connection a call, which is what a look every quarter of an hour needs. Redirects stay on their scheme (http may rise to https), and
 * drop credentials when they leave the server.
 */
export function httpClient(options: HttpClientOptions): SendHttp {
  return async (call) => {
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), call.timeoutMilliseconds);
    const signal = call.signal === undefined ? timer.signal : AbortSignal.any([timer.signal, call.signal]);
    try {
      return await follow(options, call, signal);
    } catch (error) {
      if (call.signal?.aborted === true) throw reasonOf(call.signal);
      if (timer.signal.aborted)
        throw new HttpError(
          "timeout",
          `${originOf(call.url)} did not answer within ${call.timeoutMilliseconds / 1000} s. Check the network, a proxy and the server.`,
        );
      throw error;
    } finally {
      clearTimeout(timeout);
    }
  };
}

async function follow(options: HttpClientOptions, call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
  let url = parseUrl(call.url);
  let headers = call.headers ?? {};
  for (let left = call.redirects; ; left -= 1) {
    const answer = await exchange(options, { ...call, headers }, url, signal);
    const location = answer.headers["location"];
    if (call.redirects === 0 || ![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    if (left === 0)
      throw new HttpError("redirect", `${url.origin} redirects more than ${call.redirects} times. Ask for the final address.`);
    const next = redirected(url, location);
    if (next.origin !== url.origin)
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name.toLowerCase())));
    url = next;
  }
}

function redirected(from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const rises = from.protocol === "http:" && next?.protocol === "https:";
  if (next !== undefined && (next.protocol === from.protocol || rises)) return next;
  throw new HttpError(
    "redirect",
    `${from.origin} redirects to ${next === undefined ? "what is no address" : `another scheme, ${next.protocol}//${next.host}`}; it is not followed. Ask for the final address.`,
  );
}

async function exchange(options: HttpClientOptions, call: HttpCall, url: URL, signal: AbortSignal): Promise<HttpAnswer> {
  const response = await headOf(options, call, url, signal);
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
  try {
    const body = await textWithin(call.method === "HEAD" ? response : decoded(response), call.maximumBytes, url.origin);
    return { status: response.statusCode ?? 0, headers, body, url: url.href };
  } catch (error) {
    throw explained(error, url);
  } finally {
    response.destroy();
  }
}

async function headOf(options: HttpClientOptions, call: HttpCall, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const route = await routeTo(options, url, signal);
  const { target = url, headers, ...connection } = route;
  const send = target.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(target, {
      ...connection,
      method: call.method,
      signal,
      headers: {
        "User-Agent": options.userAgent,
        "Accept-Encoding": "gzip",
        ...call.headers,
        ...headers,
        ...(call.body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(call.body)) }),
      },
    });
    request.on("response", resolve);
    request.on("error", (error) => reject(explained(error, url)));
    request.end(call.body);
  });
}

interface Route extends RequestOptions {
  readonly target?: URL;
  readonly headers?: Record<string, string>;
}

/** Straight to the server, or through an HTTP proxy: plain requests go to the proxy itself, others into a tunnel that it opens. */
async function routeTo(options: HttpClientOptions, url: URL, signal: AbortSignal): Promise<Route> {
  const ca = options.certificateAuthorities === undefined ? {} : { ca: options.certificateAuthorities };
  const proxy = proxyFromEnvironment(url.href, options.environment);
  if (proxy === undefined) return { agent: false, ...ca };
  const via = parseUrl(proxy);
  if (url.protocol === "http:")
    return { agent: false, target: via, path: url.href, headers: { Host: url.host, ...proxyAuthorization(via) } };
  const socket = await tunnel(via, url, ca, signal).catch((error: unknown) => {
    throw explained(error, via, "the proxy ");
  });
  return { createConnection: () => socket };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw new HttpError(
    "url",
    `${url === undefined ? "The address cannot be read" : `The scheme ${url.protocol} is not known`}. Give an http or https URL.`,
  );
}

/** Scheme, host and port: what of a URL is never secret. */
export function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "an address that cannot be read";
}

async function textWithin(body: Readable, maximumBytes: number, origin: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumBytes)
      throw new HttpError(
        "too-large",
        `${origin} answers with more than ${maximumBytes} bytes; the rest was not read. Is this the right address?`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function decoded(response: IncomingMessage): Readable {
  if (response.headers["content-encoding"] !== "gzip") return response;
  const gunzip = createGunzip();
  response.on("error", (error) => gunzip.destroy(error));
  return response.pipe(gunzip);
}

/** Of what a socket reports only the code is kept: its text may hold an address. */
function explained(error: unknown, url: URL, whose = ""): Error {
  if (error instanceof HttpError) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no code";
  return new HttpError(
    "unreachable",
    `${whose}${url.origin} cannot be reached or broke off (${code}). Check the network, a proxy and the server.`,
    error,
  );
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error("aborted");
}
