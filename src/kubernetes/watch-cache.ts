import { randomInt } from "node:crypto";
import type { KubernetesClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import type { ApiResource, KubernetesObject } from "./resource.ts";
import { watchStream, type WatchEvent } from "./watch-stream.ts";

export type CacheChange =
  | { readonly kind: "added" | "deleted"; readonly object: KubernetesObject }
  | { readonly kind: "modified"; readonly object: KubernetesObject; readonly before: KubernetesObject };

export interface WatchCacheOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Called after each change; what it throws goes to `onError` and disturbs nothing. */
  readonly onChange?: (change: CacheChange) => void;
  /** Told each fault that was survived. */
  readonly onError?: (error: unknown) => void;
  /** Drops what is not needed before it is kept. */
  readonly transform?: (object: KubernetesObject) => KubernetesObject;
  /** Default 150 000: more than two of the API server's bookmark intervals. */
  readonly idleMilliseconds?: number;
  readonly random?: () => number;
}

/** All objects of a kind, kept up to date for as long as it is not stopped, whatever the network does. */
export interface WatchCache {
  /** Resolves once the first list is in; rejects only when stopped before, or when the list is refused (401, 403, 404, 405). */
  readonly synced: Promise<void>;
  /** In no particular order. */
  objects(): readonly KubernetesObject[];
  get(name: string, namespace?: string): KubernetesObject | undefined;
  stats(): { readonly lists: number; readonly watches: number; readonly failures: number };
  stop(): void;
}

const firstPauseMilliseconds = 800;
const longestPauseMilliseconds = 30_000;
/** A server that ends streams faster than this, without an event, is not asked again at once. */
const shortestStreamMilliseconds = 1_000;
/** The list is not going to succeed by asking again soon. */
const refusals: readonly number[] = [401, 403, 404, 405];

/**
 * LIST (in pages), then WATCH from there. A stream that ends, breaks, or falls silent is followed by another from the last resource version seen (in an
 * event, a bookmark or the list); only a 410 makes a new LIST, whose differences are reported as changes.
 */
export function startWatchCache(client: KubernetesClient, resource: ApiResource, options: WatchCacheOptions = {}): WatchCache {
  const { clock } = client;
  const random = options.random ?? (() => randomInt(2 ** 32) / 2 ** 32);
  const transform = options.transform ?? ((object: KubernetesObject) => object);
  const stopped = new AbortController();
  const known = new Map<string, KubernetesObject>();
  const stats = { lists: 0, watches: 0, failures: 0 };
  let resourceVersion: string | undefined;
  let pauses = 0;
  const synced = deferred();

  const tell = (change: CacheChange): void => {
    try {
      options.onChange?.(change);
    } catch (error) {
      options.onError?.(error);
    }
  };

  function put(object: KubernetesObject): void {
    const key = keyOf(object);
    const before = known.get(key);
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) remove(before);
    const kept = transform(object);
    known.set(key, kept);
    const same = before !== undefined && before.metadata.uid === object.metadata.uid;
    if (!same) tell({ kind: "added", object: kept });
    else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) tell({ kind: "modified", object: kept, before });
  }

  function remove(object: KubernetesObject): void {
    const before = known.get(keyOf(object));
    if (before !== undefined && known.delete(keyOf(object))) tell({ kind: "deleted", object: before });
  }

  async function list(): Promise<void> {
    stats.lists += 1;
    const { items, resourceVersion: listed } = await client.list(resource, { ...options, signal: stopped.signal });
    const present = new Set(items.map(keyOf));
    for (const [key, object] of [...known]) if (!present.has(key)) remove(object);
    for (const item of items) put(item);
    resourceVersion = listed;
    synced.resolve();
  }

  async function watch(from: string): Promise<void> {
    stats.watches += 1;
    const started = clock.now();
    let events = 0;
    const timeoutSeconds = 300 + Math.floor(random() * 300);
    const { namespace, labelSelector, fieldSelector, idleMilliseconds = 150_000 } = options;
    const where = { ...(namespace === undefined ? {} : { namespace }), ...(labelSelector === undefined ? {} : { labelSelector }) };
    const request = { resource, ...where, ...(fieldSelector === undefined ? {} : { fieldSelector }), resourceVersion: from };
    for await (const event of watchStream(client, { ...request, timeoutSeconds, idleMilliseconds, signal: stopped.signal })) {
      receive(event);
      events += 1;
      pauses = 0;
    }
    if (events === 0 && clock.now() - started < shortestStreamMilliseconds)
      throw new Error(`the watch of ${resource.plural} ended at once`);
  }

  function receive({ type, object }: WatchEvent): void {
    if (type === "DELETED") remove(object);
    else if (type !== "BOOKMARK") put(object);
    resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        if (resourceVersion === undefined) await list();
        else await watch(resourceVersion);
      } catch (error) {
        if (stopped.signal.aborted) break;
        stats.failures += 1;
        options.onError?.(error);
        if (error instanceof ApiError && error.status === 410) resourceVersion = undefined;
        if (error instanceof ApiError && refusals.includes(error.status)) synced.reject(error);
        pauses += 1;
        await clock
          .sleep(Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (pauses - 1)) * random(), stopped.signal)
          .catch(() => undefined);
      }
    }
    synced.reject(new Error(`the watch of ${resource.plural} was stopped before its first list`));
  }

  synced.promise.catch(() => undefined);
  void run();
  return {
    synced: synced.promise,
    objects: () => [...known.values()],
    get: (name, namespace) => known.get(`${namespace ?? ""}/${name}`),
    stats: () => ({ ...stats }),
    stop: () => stopped.abort(),
  };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function deferred(): { readonly promise: Promise<void>; resolve(): void; reject(error: unknown): void } {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
