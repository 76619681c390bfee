import type { Agent } from "node:https";
import type { Clock } from "../../clock.ts";
import { clientOver, type KubernetesClient, type ObjectStream, type Transport } from "../../kubernetes/client.ts";
import { ApiError } from "../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../kubernetes/resource.ts";
import type { WatchSubscription } from "../api/api-request.ts";
import { streamOf, type StreamFaults } from "./watch-stream.ts";

/** What this needs of an API handler: answers at once, without HTTP. */
export interface AnswersRequests {
  handle(request: {
    readonly method: string;
    readonly path: string;
    readonly query: URLSearchParams;
    readonly contentType?: string;
    readonly body?: unknown;
    readonly userAgent?: string;
  }): {
    readonly status: number;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly watch?: WatchSubscription;
  };
}

export interface InProcessOptions {
  readonly clock: Clock;
  /** For the pauses between tries. */
  readonly random: () => number;
  /** Called before each exchange: may wait, throw what a broken connection throws, or answer in the server's place. */
  readonly intercept?: (request: {
    readonly method: string;
    readonly path: string;
    readonly watch?: true;
  }) => Promise<InterceptedAnswer | undefined>;
  /** Told of each exchange that was answered, before the caller is: a process that is killed here has had its effect. */
  readonly onAnswered?: (request: { readonly method: string; readonly path: string }) => Promise<void>;
  /** Asked at the start of each watch. */
  readonly streamFaults?: (path: string) => StreamFaults;
  readonly name?: string;
}

export interface InterceptedAnswer {
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** A KubernetesClient that calls the handler: same requests, same retries, no bytes. What it gives, by watches as well, are the stored objects themselves, frozen. */
export function inProcessClient(server: AnswersRequests, options: InProcessOptions): KubernetesClient {
  const { clock } = options;
  const name = options.name ?? "in-process";
  const transport: Transport = {
    endpoint: {
      server: `https://${name}`,
      namespace: "default",
      contextName: name,
      // Nobody sends anything over it.
      prepare: () => Promise.resolve({ agent: {} as Agent, headers: {} }),
      refresh: () => undefined,
      close: () => undefined,
    },
    async exchange(method, path, { query = {}, body, contentType, signal, keep }) {
      signal?.throwIfAborted();
      const instead = await options.intercept?.({ method, path });
      if (instead !== undefined) throw new ApiError(`${method} ${path}`, instead.status, instead.message, instead.retryAfterSeconds);
      const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
      const answer = server.handle({
        method,
        path,
        query: new URLSearchParams(given),
        userAgent: "capi-gitops",
        ...(body === undefined ? {} : { body, contentType: contentType ?? "application/json" }),
      });
      await options.onAnswered?.({ method, path });
      if (answer.status >= 300) {
        const retryAfter = answer.headers?.["retry-after"];
        throw new ApiError(
          `${method} ${path}`,
          answer.status,
          JSON.stringify(answer.body),
          retryAfter === undefined ? undefined : Number(retryAfter),
        );
      }
      if (keep === undefined) return answer.body;
      const { items, ...list } = answer.body as { readonly items: readonly KubernetesObject[] };
      return { ...list, items: items.map(keep) };
    },
    async stream(address, idleMilliseconds, signal) {
      signal?.throwIfAborted();
      const { pathname: path, searchParams: query } = new URL(address, transport.endpoint.server);
      const label = `WATCH ${path}`;
      const instead = await options.intercept?.({ method: "GET", path, watch: true });
      if (instead !== undefined) return refusal(instead.status, { kind: "Status", message: instead.message, code: instead.status });
      const { status, body, watch } = server.handle({ method: "GET", path, query, userAgent: "capi-gitops" });
      if (watch === undefined) return refusal(status, body);
      return streamOf(watch, { ...options.streamFaults?.(path), label, clock, idleMilliseconds, signal });
    },
  };
  return clientOver(transport, { clock, random: options.random });
}

function refusal(status: number, body: unknown): ObjectStream {
  async function* whole(): AsyncGenerator {
    yield await Promise.resolve(body);
  }
  return { status, text: () => Promise.resolve(JSON.stringify(body)), objects: whole, destroy: () => undefined };
}
