import type { StoredObject } from "../store/stored-object.ts";

export interface ApiRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** Parsed JSON or YAML. */
  readonly body?: unknown;
  readonly user?: string | undefined;
  readonly userAgent?: string | undefined;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

/** A watch that has been asked for: events are handed over as they happen. */
export interface WatchSubscription {
  /** Starts; gives a way to end it. `end` is called when the server ends it (time-out). */
  open(listener: (event: WatchEvent) => void, end: () => void): () => void;
}

export interface ApiResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly watch?: WatchSubscription;
}

export type Convert = (object: StoredObject, toApiVersion: string) => StoredObject;
