import { randomInt } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { ApiEndpoint, PreparedRequest } from "./credentials.ts";
import { ApiError } from "./errors.ts";
import { jsonObjects } from "./json-stream.ts";
import type { Headers } from "./impersonation.ts";
import { parseList } from "./list-stream.ts";
import { mayRepeat } from "./may-repeat.ts";
import { resourcePath, type ApiResource, type KubernetesObject } from "./resource.ts";
import { send, textOf, type HttpRequest, type HttpResponse } from "./send.ts";

export const fieldManager = "capi-gitops";

export interface ClientOptions {
  readonly clock: Clock;
  readonly userAgent?: string;
  /** Default 30 000. */
  readonly timeoutMilliseconds?: number;
  /** Tries in all, of requests that may be repeated. Default 5. */
  readonly tries?: number;
  /** 0 ≤ x < 1, for jitter. */
  readonly random?: () => number;
  /** Told each exchange over the network, repeated ones too, for whoever counts them. */
  readonly onExchange?: (exchange: Exchange) => void;
}

export interface Exchange {
  /** Of HTTP; `WATCH` for a stream. */
  readonly verb: string;
  /** Undefined: no answer, or none that its caller would wait for. */
  readonly status: number | undefined;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Default 500. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
  /** Applied to each object as it comes: of a long list never more than one object is there whole. */
  readonly transform?: (object: KubernetesObject) => KubernetesObject;
}

export interface ObjectList {
  readonly items: readonly KubernetesObject[];
  readonly resourceVersion: string;
}

export interface PatchOptions {
  readonly namespace?: string;
  readonly dryRun?: boolean;
  /** Default `capi-gitops`. An apply takes back what the same manager applied before and does not name again: what is applied apart needs a name of its own. */
  readonly fieldManager?: string;
  readonly subresource?: "status";
  readonly signal?: AbortSignal;
}

/** An answer that is read as it comes: as text, or as objects. Both reject with ConnectionError when the connection is lost, or with the signal's reason. */
export interface ObjectStream {
  readonly status: number;
  /** The whole of it. */
  text(): Promise<string>;
  /** JSON objects, one after another; half an object at the end is dropped. Rejects with SyntaxError at anything else. */
  objects(): AsyncIterable<unknown>;
  /** Drops the connection. */
  destroy(): void;
}

type Query = Readonly<Record<string, string | undefined>>;

export interface RequestSettings {
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
  /** Of a list: what is to stand in the answer in place of each item. */
  readonly keep?: ((item: KubernetesObject) => KubernetesObject) | undefined;
}

/** An API server. All methods reject with ApiError, ConnectionError or CredentialsError; reads and patches are tried again where that is safe. */
export interface KubernetesClient {
  readonly endpoint: ApiEndpoint;
  readonly clock: Clock;
  /** 0 ≤ x < 1: for the jitter of whoever waits for this server. */
  readonly random: () => number;
  /** JSON of any path. */
  getPath(path: string, signal?: AbortSignal): Promise<unknown>;
  get(resource: ApiResource, name: string, namespace?: string, signal?: AbortSignal): Promise<KubernetesObject>;
  /** All pages. */
  list(resource: ApiResource, options?: ListOptions): Promise<ObjectList>;
  create(resource: ApiResource, object: KubernetesObject, options?: PatchOptions): Promise<KubernetesObject>;
  /** Put `metadata.resourceVersion` in the patch to make it fail with 409 when the object has changed since. */
  mergePatch(resource: ApiResource, name: string, patch: unknown, options?: PatchOptions): Promise<KubernetesObject>;
  /** Server-side apply as `capi-gitops`. Without `force`, 409 names the managers that own a field. */
  apply(resource: ApiResource, object: KubernetesObject, options?: PatchOptions & { readonly force?: boolean }): Promise<KubernetesObject>;
  delete(resource: ApiResource, name: string, options?: PatchOptions): Promise<void>;
  /** `GET /version` `gitVersion`; undefined where the server has no such endpoint. */
  version(signal?: AbortSignal): Promise<string | undefined>;
  /** One exchange, never repeated: for watches. A response with an error status is given, not thrown. */
  stream(path: string, idleMilliseconds: number, signal?: AbortSignal): Promise<ObjectStream>;
  close(): void;
}

const firstPauseMilliseconds = 200;
const longestPauseMilliseconds = 10_000;
/** A server that asks for more patience (Retry-After) is asked again nevertheless. */
const longestAskedPauseMilliseconds = 60_000;

/** How requests reach an API server, once each. Connections are one way; tests and simulations have others. */
export interface Transport {
  readonly endpoint: ApiEndpoint;
  /** The parsed answer. Rejects with ApiError, ConnectionError or CredentialsError. */
  exchange(method: string, path: string, settings: RequestSettings): Promise<unknown>;
  /** One exchange whose answer is read as it comes. */
  stream(path: string, idleMilliseconds: number, signal?: AbortSignal): Promise<ObjectStream>;
}

export function createClient(endpoint: ApiEndpoint, options: ClientOptions): KubernetesClient {
  return clientOver(httpsTransport(endpoint, options), options);
}

function httpsTransport(endpoint: ApiEndpoint, options: ClientOptions): Transport {
  const userAgent = options.userAgent ?? "capi-gitops";
  const timeoutMilliseconds = options.timeoutMilliseconds ?? 30_000;

  async function sendOnce(credentials: PreparedRequest, request: Omit<HttpRequest, "userAgent">): Promise<HttpResponse> {
    const verb = request.stream === true ? "WATCH" : request.method;
    try {
      const response = await send(endpoint.server, credentials, { ...request, userAgent });
      options.onExchange?.({ verb, status: response.status });
      return response;
    } catch (error) {
      options.onExchange?.({ verb, status: undefined });
      throw error;
    }
  }

  /** Sends once, or twice where the server did not accept the credentials: then with others. */
  async function exchange(request: Omit<HttpRequest, "userAgent">): Promise<HttpResponse> {
    const credentials = await endpoint.prepare();
    const response = await sendOnce(credentials, request);
    if (response.status !== 401) return response;
    endpoint.refresh(credentials);
    const others = await endpoint.prepare();
    if (sameHeaders(credentials.headers, others.headers) && credentials.agent === others.agent) return response;
    response.destroy();
    return sendOnce(others, request);
  }

  return {
    endpoint,
    async exchange(method, path, { query, body, contentType, signal, keep }) {
      const label = `${method} ${path}`;
      const response = await exchange({
        method,
        path: path + queryText(query ?? {}),
        timeoutMilliseconds,
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(contentType === undefined ? {} : { contentType }),
      });
      if (response.status >= 300)
        throw new ApiError(label, response.status, await textOf(response), secondsOf(response.headers["retry-after"]));
      // Whatever is in a list of an API server is an object.
      if (keep !== undefined) return parseListAnswer(label, response, (item) => keep(item as KubernetesObject));
      return parseAnswer(label, response.status, await textOf(response));
    },
    async stream(path, idleMilliseconds, signal) {
      const response = await exchange({ method: "GET", path, timeoutMilliseconds: idleMilliseconds, stream: true, signal });
      return {
        status: response.status,
        text: () => textOf(response),
        objects: () => jsonObjects(response.body),
        destroy: () => response.destroy(),
      };
    },
  };
}

/** Everything that a client does beyond single exchanges: tries again, pages, verbs. */
export function clientOver(transport: Transport, options: ClientOptions): KubernetesClient {
  const { endpoint } = transport;
  const { clock } = options;
  const tries = options.tries ?? 5;
  const random = options.random ?? (() => randomInt(2 ** 32) / 2 ** 32);

  /** Repeats what may be repeated. */
  async function request(method: string, path: string, settings: RequestSettings = {}): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await transport.exchange(method, path, settings);
      } catch (error) {
        if (attempt >= tries || !mayRepeat(method, error)) throw error;
        const jittered = Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** attempt) * random();
        const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
        await clock.sleep(Math.max(jittered, Math.min(asked, longestAskedPauseMilliseconds)), settings.signal);
      }
    }
  }

  const object = async (method: string, path: string, settings: RequestSettings): Promise<KubernetesObject> =>
    (await request(method, path, settings)) as KubernetesObject;

  return {
    endpoint,
    clock,
    random,
    getPath: (path, signal) => request("GET", path, { signal }),
    get: (resource, name, namespace, signal) => object("GET", resourcePath(resource, namespace, name), { signal }),

    async list(resource, listOptions = {}) {
      const path = resourcePath(resource, listOptions.namespace);
      try {
        return await listPages(path, listOptions);
      } catch (error) {
        // The continue token outlived the server's history: what was read is of no use any more.
        if (error instanceof ApiError && error.status === 410) return listPages(path, listOptions);
        throw error;
      }
    },

    create: (resource, body, { namespace = body.metadata.namespace, fieldManager: manager = fieldManager, dryRun, signal } = {}) =>
      object("POST", resourcePath(resource, namespace), { query: { fieldManager: manager, ...dryRunQuery(dryRun) }, body, signal }),

    mergePatch: (resource, name, body, { namespace, fieldManager: manager = fieldManager, subresource, dryRun, signal } = {}) =>
      object("PATCH", resourcePath(resource, namespace, name, subresource), {
        query: { fieldManager: manager, ...dryRunQuery(dryRun) },
        body,
        contentType: "application/merge-patch+json",
        signal,
      }),

    apply: (
      resource,
      body,
      { namespace = body.metadata.namespace, fieldManager: manager = fieldManager, subresource, force, dryRun, signal } = {},
    ) =>
      object("PATCH", resourcePath(resource, namespace, body.metadata.name, subresource), {
        query: { fieldManager: manager, force: force === true ? "true" : undefined, ...dryRunQuery(dryRun) },
        body,
        contentType: "application/apply-patch+yaml",
        signal,
      }),

    async delete(resource, name, { namespace, dryRun, signal } = {}) {
      await request("DELETE", resourcePath(resource, namespace, name), { query: dryRunQuery(dryRun), signal });
    },

    async version(signal) {
      try {
        const answer = (await request("GET", "/version", { signal })) as { gitVersion?: unknown } | undefined;
        return typeof answer?.gitVersion === "string" ? answer.gitVersion : undefined;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
    },

    stream: (path, idleMilliseconds, signal) => transport.stream(path, idleMilliseconds, signal),

    close: () => endpoint.close(),
  };

  async function listPages(
    path: string,
    { labelSelector, fieldSelector, pageSize = 500, signal, transform }: ListOptions,
  ): Promise<ObjectList> {
    const items: KubernetesObject[] = [];
    let next: string | undefined;
    for (;;) {
      const query = { labelSelector, fieldSelector, limit: String(pageSize), continue: next };
      const page = (await request("GET", path, { query, signal, keep: transform })) as {
        items?: readonly KubernetesObject[] | null;
        metadata?: { resourceVersion?: string; continue?: string };
      };
      for (const item of page.items ?? []) items.push(item);
      next = page.metadata?.continue;
      if (next === undefined || next === "") return { items, resourceVersion: page.metadata?.resourceVersion ?? "" };
    }
  }
}

function queryText(query: Query): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

function dryRunQuery(dryRun: boolean | undefined): Query {
  return dryRun === true ? { dryRun: "All" } : {};
}

function sameHeaders(one: Headers, other: Headers): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function parseAnswer(request: string, status: number, text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a Secret's.
    throw notJson(request, status);
  }
}

async function parseListAnswer(request: string, { status, body }: HttpResponse, keep: (item: unknown) => unknown): Promise<unknown> {
  try {
    return await parseList(body, keep);
  } catch (error) {
    throw error instanceof SyntaxError ? notJson(request, status) : error;
  }
}

function notJson(request: string, status: number): ApiError {
  return new ApiError(request, status, "the answer is not JSON: is this the address of a Kubernetes API server?");
}

function secondsOf(header: string | undefined): number | undefined {
  const seconds = Number(header);
  return header === undefined || !Number.isFinite(seconds) ? undefined : seconds;
}
