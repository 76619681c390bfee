import type { KubernetesClient } from "./client.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import type { ApiResource, KubernetesObject } from "./resource.ts";
import { objectStore, type ObjectStoreOptions } from "./object-store.ts";
import { watchStream, type WatchEvent } from "./watch-stream.ts";

export type { CacheChange } from "./object-store.ts";

export interface WatchCacheOptions extends ObjectStoreOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Default 150 000: more than two of the API server's bookmark intervals. */
  readonly idleMilliseconds?: number;
  /** Called when what is held is up to date again (`isCurrent`), and at the first list. */
  readonly onCurrent?: () => void;
  /** Told each time that the watch is begun again, and why: `Ended` (by the server, as servers do), `Silent`, `Expired` (all is listed anew), else what failed. */
  readonly onRestart?: (reason: string) => void;
  /** Default: that of the client. */
  readonly random?: () => number;
}

/** All objects of a kind, kept up to date for as long as it is not stopped, whatever the network does. */
export interface WatchCache {
  /** Resolves once the first list is in; rejects only when stopped before, or when the list is refused (401, 403, 404, 405). */
  readonly synced: Promise<void>;
  /** In no particular order. */
  objects(): readonly KubernetesObject[];
  get(name: string, namespace?: string): KubernetesObject | undefined;
  /** False from the first sign that something is wrong until a watch is open again: then what is held may be out of date. */
  isCurrent(): boolean;
  stats(): WatchCacheStats;
  stop(): void;
}

export interface WatchCacheStats {
  readonly lists: number;
  readonly watches: number;
  readonly failures: number;
  /** When the server last accepted a list or watch, or sent an event: epoch milliseconds; undefined before. */
  readonly lastHeardAt: number | undefined;
}

const firstPauseMilliseconds = 800;
const longestPauseMilliseconds = 30_000;
/** A server that ends streams faster than this, without an event, is not asked again at once. */
const shortestStreamMilliseconds = 1_000;
/** A stream that lived this long was a healthy one, whatever ended it. */
const healthyMilliseconds = 30_000;
/** The list is not going to succeed by asking again soon. */
const refusals: readonly number[] = [401, 403, 404, 405];

/**
 * LIST (in pages), then WATCH from there. A stream that ends, breaks, or falls silent is followed by another from the last resource version seen (in an
 * event, a bookmark or the list); only where the server has lost that version there is a new LIST, whose differences are reported as changes.
 */
export function startWatchCache(client: KubernetesClient, resource: ApiResource, options: WatchCacheOptions = {}): WatchCache {
  const { clock } = client;
  const random = options.random ?? client.random;
  const { namespace, labelSelector, fieldSelector, idleMilliseconds = 150_000 } = options;
  const where = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
  const stopping = new AbortController();
  const { signal } = stopping;
  const store = objectStore(options, signal);
  const stats = { lists: 0, watches: 0, failures: 0, lastHeardAt: undefined as number | undefined };
  const synced = deferred();
  let resourceVersion: string | undefined;
  /** The server cannot tell what happened between two watches. */
  let forgetful = false;
  let current = false;
  let pauses = 0;
  let openedAt: number | undefined;
  /** Why the watch before is no more; undefined before there was one. */
  let lostBy: string | undefined;

  const heard = (): void => {
    stats.lastHeardAt = clock.now();
  };
  const isUpToDate = (): void => {
    if (current) return;
    current = true;
    options.onCurrent?.();
  };

  async function list(): Promise<void> {
    stats.lists += 1;
    const { items, resourceVersion: listed } = await client.list(resource, { ...where, signal, transform: store.reduced });
    heard();
    store.replace(items);
    resourceVersion = listed;
    isUpToDate();
    synced.resolve();
  }

  async function watch(from: string): Promise<void> {
    stats.watches += 1;
    if (stats.watches > 1) options.onRestart?.(lostBy ?? "Ended");
    lostBy = undefined;
    const started = clock.now();
    let quiet = true;
    openedAt = undefined;
    const onOpen = (): void => {
      heard();
      openedAt = started;
      isUpToDate();
    };
    const timeoutSeconds = 300 + Math.floor(random() * 300);
    for await (const event of watchStream(client, {
      resource,
      ...where,
      resourceVersion: from,
      timeoutSeconds,
      idleMilliseconds,
      signal,
      onOpen,
    })) {
      heard();
      receive(event);
      quiet = false;
      pauses = 0;
    }
    if (forgetful) resourceVersion = undefined;
    if (quiet && clock.now() - started < shortestStreamMilliseconds)
      throw new ConnectionError("reset", `the watch of ${resource.plural} ended at once`);
    pauses = 0;
  }

  function receive({ type, object }: WatchEvent): void {
    if (type === "DELETED") store.remove(object);
    else if (type === "BOOKMARK") forgetful ||= object.metadata.annotations?.[initialEventsEnd] === "true";
    else store.put(object);
    resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
  }

  /** Returns how long to wait before the next attempt, in milliseconds. */
  function failed(error: unknown): number {
    stats.failures += 1;
    current = false;
    lostBy ??= lossOf(error);
    if (forgetful || versionIsLost(error)) resourceVersion = undefined;
    if (error instanceof ApiError && refusals.includes(error.status)) synced.reject(error);
    store.report(error);
    const healthy = openedAt !== undefined && clock.now() - openedAt >= healthyMilliseconds;
    pauses = healthy ? 1 : pauses + 1;
    return Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** (pauses - 1)) * random();
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (resourceVersion === undefined) await list();
        else await watch(resourceVersion);
      } catch (error) {
        if (signal.aborted) break;
        await clock.sleep(failed(error), signal).catch(() => undefined);
      }
    }
    synced.reject(new Error(`the watch of ${resource.plural} was stopped before its first list`));
  }

  synced.promise.catch(() => undefined);
  void run();
  return {
    synced: synced.promise,
    objects: store.objects,
    get: store.get,
    isCurrent: () => current && !signal.aborted,
    stats: () => ({ ...stats }),
    stop: () => stopping.abort(),
  };
}

/**
 * Sent by servers that begin every watch with the objects as they are (the in-memory provider's workload API does, unasked). Such a server does not replay
 * deletions, so each new watch of it begins with a list.
 */
const initialEventsEnd = "k8s.io/initial-events-end";

/** Gone (410); or of another history (400, too large), as after a restore of etcd; or the kind itself went away (404). */
function versionIsLost(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return [400, 404, 410].includes(error.status) || error.causes.some(({ reason }) => reason === "ResourceVersionTooLarge");
}

const connectionLosses: Readonly<Record<ConnectionError["kind"], string>> = {
  refused: "Refused",
  timeout: "Silent",
  tls: "TLS",
  dns: "DNS",
  reset: "Reset",
};

function lossOf(error: unknown): string {
  if (error instanceof ConnectionError) return connectionLosses[error.kind];
  if (!(error instanceof ApiError)) return "Unexpected";
  return versionIsLost(error) ? "Expired" : error.reason || `HTTP${error.status}`;
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
