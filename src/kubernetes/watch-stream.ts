import { StringDecoder } from "node:string_decoder";
import type { KubernetesClient } from "./client.ts";
import { ApiError } from "./errors.ts";
import { resourcePath, type ApiResource, type KubernetesObject } from "./resource.ts";
import { textOf } from "./send.ts";

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
}

/**
 * One watch, until the server ends it. Rejects with ApiError (410 in either form: as a status, or as an ERROR event) or ConnectionError; half a
 * line at the end is dropped, its event comes again on the next watch.
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
  const response = await client.stream(`${path}?${query.toString()}`, request.idleMilliseconds, request.signal);
  const label = `WATCH ${path}`;
  if (response.status >= 400) throw new ApiError(label, response.status, await textOf(response));
  try {
    for await (const line of lines(response.body)) {
      const event = JSON.parse(line) as { readonly type: string; readonly object: KubernetesObject };
      if (event.type === "ERROR") {
        const status = event.object as unknown as { readonly code?: number };
        throw new ApiError(label, status.code ?? 500, JSON.stringify(event.object));
      }
      yield event as WatchEvent;
    }
  } finally {
    response.destroy();
  }
}

/** Complete lines of a byte stream; characters may be split anywhere. */
export async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.write(chunk);
    let end = rest.indexOf("\n");
    let start = 0;
    for (; end !== -1; end = rest.indexOf("\n", start)) {
      if (end > start) yield rest.slice(start, end);
      start = end + 1;
    }
    rest = rest.slice(start);
  }
}
