import type { Clock } from "../../clock.ts";
import { HttpError, type HttpAnswer, type SendHttp } from "../../http/send-http.ts";
import { redactorFor } from "../redact.ts";
import { classifyAnswer, forgeError } from "./classify-answer.ts";
import type { ForgeErrorKind } from "./forge-error.ts";

export interface ForgeHttpOptions {
  readonly clock: Clock;
  readonly send: SendHttp;
  /** Root of the API: `https://api.github.com`. The token goes to its origin and nowhere else. */
  readonly apiUrl: string;
  readonly token: string | undefined;
  /** `Bearer`, or `token` as Gitea has always understood it. */
  readonly scheme: "Bearer" | "token";
  readonly timeoutMilliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** What the libraries take for `fetch`. */
export type ForgeFetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

const largestAnswerBytes = 16 * 1024 * 1024;

/**
 * A fetch for one forge: gives successes, rejects with a ForgeError for all else, follows no redirect, repeats nothing. The token is put in
 * here, so that no library holds it and no library's error can show it.
 */
export function forgeFetch(options: ForgeHttpOptions): ForgeFetch {
  const { apiUrl, token, scheme, clock, signal, timeoutMilliseconds } = options;
  const { origin } = new URL(apiUrl);
  const redact = redactorFor([token ?? ""]);
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin) throw forgeError("configuration", `A request to ${url.origin} was asked for, of a forge at ${origin}`);
    const method = methodOf(init.method);
    const request = redact(`${method} ${url.origin}${url.pathname}`);
    const headers = new Headers(init.headers);
    headers.delete("authorization");
    headers.delete("user-agent");
    if (!headers.has("accept")) headers.set("accept", "application/json");
    if (token !== undefined) headers.set("authorization", `${scheme} ${token}`);
    const answer = await options
      .send({
        method,
        url: url.href,
        headers: Object.fromEntries(headers),
        ...(typeof init.body === "string" ? { body: init.body } : {}),
        timeoutMilliseconds,
        maximumBytes: largestAnswerBytes,
        redirects: 0,
        signal,
      })
      .catch((error: unknown) => {
        throw transportError(request, error);
      });
    const { status, body } = answer;
    if (status >= 300) throw classifyAnswer({ request, ...answer }, redact, clock.now());
    const type = answer.headers["content-type"] ?? "something";
    if (body !== "" && !/\bjson\b/.test(type))
      throw forgeError("unknown", `${request} was answered with ${redact(type)} where JSON was expected`, { status });
    return new Response(status === 204 || status === 205 ? null : body, { status, headers: plainHeaders(answer) });
  };
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
const methods: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

function methodOf(name = "GET"): Method {
  const method = methods.find((one) => one === name.toUpperCase());
  if (method === undefined) throw forgeError("configuration", `No forge is sent ${name}`);
  return method;
}

/** The body is text by now: what was said of its encoding and length is not true of it any more. */
function plainHeaders({ headers }: HttpAnswer): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !["content-encoding", "content-length", "transfer-encoding"].includes(name)),
  );
}

const codes: Readonly<Record<string, ForgeErrorKind>> = {
  ENOTFOUND: "unknown-host",
  EAI_AGAIN: "unknown-host",
  EPROTO: "tls",
  ETIMEDOUT: "timeout",
};
const kinds: Readonly<Record<HttpError["kind"], ForgeErrorKind>> = {
  unreachable: "unreachable",
  timeout: "timeout",
  "too-large": "unknown",
  redirect: "moved",
  url: "configuration",
};

/** What is no HttpError is the reason of the caller's signal. */
function transportError(request: string, error: unknown): unknown {
  if (!(error instanceof HttpError)) return error;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const certificate = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code);
  const kind = certificate ? "tls" : (codes[code] ?? kinds[error.kind]);
  return forgeError(kind, `${request} failed: ${code === "" ? error.message : code}`, { cause: error });
}
