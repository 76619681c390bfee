import type { ObjectStore, StoreEvent } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import type { WatchEvent, WatchSubscription } from "./api-request.ts";

export interface WatchRequest {
  readonly store: ObjectStore;
  readonly type: string;
  readonly namespace: string | undefined;
  readonly matches: (object: StoredObject) => boolean;
  /** Undefined or 0: begin with what there is. */
  readonly from: number | undefined;
  readonly sendInitialEvents: boolean;
  readonly bookmarks: boolean;
  /** The object as it is sent. */
  readonly show: (object: StoredObject) => unknown;
  /** An object of the kind with nothing but this resourceVersion. */
  readonly bookmark: (revision: number, annotations?: Readonly<Record<string, string>>) => unknown;
  readonly timeoutMilliseconds: number;
  readonly after: (milliseconds: number, task: () => void) => () => void;
  /** The Status of `too old resource version`. */
  readonly expired: (from: number) => unknown;
}

const bookmarkMilliseconds = 60_000;

/**
 * Watching as kube-apiserver does it (k8s.io/apiserver storage/cacher): what is missed since `from` first, then as it happens. An object that begins or ceases to match the selectors comes as
 * ADDED or DELETED.
 */
export function watchStore(request: WatchRequest): WatchSubscription {
  const { store, type, namespace, from } = request;
  return {
    open(listener, end) {
      const send = (event: StoreEvent): void => {
        if (event.type !== type || (namespace !== undefined && event.object.metadata.namespace !== namespace)) return;
        const told = eventFor(event, request.matches);
        if (told !== undefined) listener({ type: told.type, object: request.show(told.object) });
      };
      let ended = false;
      const closers: (() => void)[] = [];
      const close = (): void => {
        ended = true;
        for (const closer of closers) closer();
      };
      if (from === undefined || from === 0 || request.sendInitialEvents) {
        for (const object of store.list(type, namespace)) {
          if (request.matches(object)) listener({ type: "ADDED", object: request.show(object) });
        }
        if (request.sendInitialEvents) {
          listener({ type: "BOOKMARK", object: request.bookmark(store.revision(), { "k8s.io/initial-events-end": "true" }) });
        }
      } else {
        const missed = store.since(type, from);
        if (missed === "compacted") {
          listener({ type: "ERROR", object: request.expired(from) });
          end();
          return close;
        }
        for (const event of missed) send(event);
      }
      closers.push(store.subscribe(send));
      closers.push(
        request.after(request.timeoutMilliseconds, () => {
          close();
          end();
        }),
      );
      const beat = (): void => {
        if (ended) return;
        listener({ type: "BOOKMARK", object: request.bookmark(store.revision()) });
        closers.push(request.after(bookmarkMilliseconds, beat));
      };
      if (request.bookmarks) closers.push(request.after(bookmarkMilliseconds, beat));
      return close;
    },
  };
}

function eventFor(
  event: StoreEvent,
  matches: WatchRequest["matches"],
): { readonly type: WatchEvent["type"]; readonly object: StoredObject } | undefined {
  const { object } = event;
  switch (event.kind) {
    case "added":
      return matches(object) ? { type: "ADDED", object } : undefined;
    case "deleted":
      return matches(object) ? { type: "DELETED", object } : undefined;
    case "modified": {
      const [before, now] = [matches(event.previous), matches(object)];
      if (now) return { type: before ? "MODIFIED" : "ADDED", object };
      if (!before) return undefined;
      // What is told is the last state that was selected, at the revision at which it ceased to be.
      const { resourceVersion } = object.metadata;
      const metadata = { ...event.previous.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
      return { type: "DELETED", object: { ...event.previous, metadata } };
    }
  }
}
