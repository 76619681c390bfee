import type { KubernetesClient } from "./client.ts";
import { ApiError, ConnectionError } from "./errors.ts";
import { resourcePath, type ApiResource, type KubernetesObject } from "./resource.ts";

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: KubernetesObject;
}

export interface WatchRequest {
  readonly resource: ApiResource;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion: string;
  /** The server ends the stream after this long. */
  readonly timeoutSeconds: number;
  /** A stream without a byte for this long is dead: the API server sends a bookmark about every minute. */
  readonly idleMilliseconds: number;
  readonly signal: AbortSignal;
  /** Called when the server has accepted the watch. */
  readonly onOpen?: () => void;
}

/**
 * One watch, until the server ends it. Rejects with ApiError (410 in either form: as a status, or as an ERROR event) or ConnectionError; half an
 * event at the end is dropped, it comes again on the next watch.
 */
export async function* watchStream(client: KubernetesClient, request: WatchRequest): AsyncGenerator<WatchEvent> {
  const query = new URLSearchParams({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: request.resourceVersion,
    timeoutSeconds: String(request.timeoutSeconds),
    ...(request.labelSelector === undefined ? {} : { labelSelector: request.labelSelector }),
    ...(request.fieldSelector === undefined ? {} : { fieldSelector: request.fieldSelector }),
  });
  const path = resourcePath(request.resource, request.namespace);
  const label = `WATCH ${path}`;
  const response = await client.stream(`${path}?${query.toString()}`, request.idleMilliseconds, request.signal);
  try {
    if (response.status >= 300) throw new ApiError(label, response.status, await response.text());
    request.onOpen?.();
    for await (const event of response.objects()) yield eventOf(event, label);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ConnectionError("reset", `${label}: ${error.message}`);
    throw error;
  }
}

function eventOf(event: unknown, label: string): WatchEvent {
  // What the API of Kubernetes sends on a watch.
  const { type, object } = event as { readonly type: string; readonly object: KubernetesObject };
  if (type !== "ERROR") return { type: type as WatchEvent["type"], object };
  const status = object as unknown as { readonly code?: number };
  throw new ApiError(label, status.code ?? 500, JSON.stringify(object));
}
