import type { ObjectStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { ApiStatusError, badRequest } from "./api-status-error.ts";
import type { ListOptions } from "./request-options.ts";

export interface Selection {
  readonly matches: (object: StoredObject) => boolean;
  /** The value that this label must have, if the selectors say one. */
  readonly labelled: (key: string) => string | undefined;
  /** False: everything is selected. */
  readonly selective: boolean;
}

interface ListPage {
  readonly items: readonly StoredObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
}

/** What a continue token says: all pages of a list show the same moment. */
interface Continuation {
  readonly revision: number;
  /** The last object of the page before. */
  readonly after: string;
}

/** One page of a list (`limit`, `continue`). Throws 410 `Expired` when the moment that is asked for has been forgotten. */
export function listPage(
  store: ObjectStore,
  type: string,
  namespace: string | undefined,
  asked: Pick<ListOptions, "limit" | "continue" | "resourceVersion" | "exact">,
  selection: Selection,
): ListPage {
  const { limit } = asked;
  const from = asked.continue === undefined ? undefined : parseToken(asked.continue);
  // Without `exact` a given revision is a lower bound, which the newest state keeps.
  const past = from?.revision ?? (asked.exact ? asked.resourceVersion : undefined);
  const revision = past ?? store.revision();
  const all = past === undefined ? present(store, type, namespace, selection) : store.listAt(type, namespace, past);
  if (all === "compacted") throw from === undefined ? tooOld(store, revision) : tokenExpired();
  const rest = from === undefined ? all : all.filter((object) => keyOf(object) > from.after);
  const items = selection.selective ? rest.filter(selection.matches) : rest;
  const resourceVersion = String(revision);
  if (limit <= 0 || items.length <= limit) return { items, metadata: { resourceVersion } };
  const page = items.slice(0, limit);
  return {
    items: page,
    metadata: {
      resourceVersion,
      continue: Buffer.from(JSON.stringify({ v: 1, revision, after: keyOf(page.at(-1)!) })).toString("base64url"),
      // As in Kubernetes, nobody counts what a selector leaves.
      ...(selection.selective ? {} : { remainingItemCount: items.length - limit }),
    },
  };
}

function present(store: ObjectStore, type: string, namespace: string | undefined, { labelled }: Selection): readonly StoredObject[] {
  const value = namespace === undefined ? undefined : labelled(store.indexedLabel);
  return value === undefined ? store.list(type, namespace) : store.labelled(type, namespace!, value);
}

function tooOld(store: ObjectStore, revision: number): ApiStatusError {
  return new ApiStatusError(410, "Expired", `too old resource version: ${revision} (${store.revision()})`);
}

function tokenExpired(): ApiStatusError {
  return new ApiStatusError(
    410,
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
}

function keyOf({ metadata }: StoredObject): string {
  // "\0" sorts before everything that is allowed in a name, as the order of the list needs it.
  return `${metadata.namespace ?? ""}\0${metadata.name}`;
}

function parseToken(token: string): Continuation {
  try {
    const { revision, after } = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as Continuation;
    if (Number.isInteger(revision) && typeof after === "string") return { revision, after };
  } catch {
    // Told below.
  }
  throw badRequest("invalid continue token: continue key is not valid");
}
