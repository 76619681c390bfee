import type { ObjectStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { ApiStatusError, badRequest } from "./api-status-error.ts";
import type { Matches } from "./selectors.ts";

export interface ListPage {
  readonly items: readonly StoredObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
}

/** What a continue token says: all pages of a list show the same moment. */
interface Continuation {
  readonly revision: number;
  /** The last object of the page before. */
  readonly after: string;
}

/** One page of a list (`limit`, `continue`). Throws 410 `Expired` when the moment of the first page has been forgotten. */
export function listPage(
  store: ObjectStore,
  type: string,
  namespace: string | undefined,
  query: URLSearchParams,
  matches: Matches,
): ListPage {
  const limit = Number(query.get("limit") ?? 0);
  const token = query.get("continue");
  const from = token === null || token === "" ? undefined : parseToken(token);
  const revision = from?.revision ?? store.revision();
  const all = from === undefined ? store.list(type, namespace) : store.listAt(type, namespace, revision);
  if (all === "compacted") {
    throw new ApiStatusError(
      410,
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
    );
  }
  const rest = from === undefined ? all : all.filter((object) => keyOf(object) > from.after);
  const items = rest.filter(matches);
  const resourceVersion = String(revision);
  if (limit <= 0 || items.length <= limit) return { items, metadata: { resourceVersion } };
  const page = items.slice(0, limit);
  const selective = query.get("labelSelector") !== null || query.get("fieldSelector") !== null;
  return {
    items: page,
    metadata: {
      resourceVersion,
      continue: Buffer.from(JSON.stringify({ v: 1, revision, after: keyOf(page.at(-1)!) })).toString("base64url"),
      // As in Kubernetes, nobody counts what a selector leaves.
      ...(selective ? {} : { remainingItemCount: items.length - limit }),
    },
  };
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
  throw badRequest("continue key is not valid");
}
