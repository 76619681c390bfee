import type { StoredObject } from "../store/stored-object.ts";
import type { ApiRequest, ApiResponse } from "./api-request.ts";
import { ApiStatusError } from "./api-status-error.ts";
import { fieldSelector } from "./field-selector.ts";
import { labelSelector } from "./label-selector.ts";
import { listPage, type Selection } from "./list-page.ts";
import { listOptions, revisionOf } from "./request-options.ts";
import { readScale } from "./scale.ts";
import { partial, tableOf } from "./table.ts";
import {
  answerWith,
  shownIn,
  subresourceOf,
  tableSettings,
  targetVersion,
  wantsPartial,
  wantsTable,
  type ApiHandlerOptions,
  type Target,
} from "./target.ts";
import { watchStore } from "./watch.ts";

const defaultWatchSeconds = 1800;

/** GET of one object, of a list, or a watch. */
export function answerRead(options: ApiHandlerOptions, request: ApiRequest, target: Target): ApiResponse {
  const watches = ["true", "1"].includes(request.query.get("watch") ?? "");
  const { name } = target.path;
  if (name === undefined) return watches ? watch(options, request, target) : list(options, request, target);
  return get(options, request, target, name);
}

function get(options: ApiHandlerOptions, request: ApiRequest, target: Target, name: string): ApiResponse {
  const { type, path } = target;
  const object = (): StoredObject => options.objects.need(type, path.namespace, name);
  if (path.subresource === "scale" && type.scale !== undefined) return { status: 200, body: readScale(type, object()) };
  subresourceOf(target);
  const wanted = revisionOf(request.query.get("resourceVersion") ?? "", "get");
  if (wanted !== undefined) refuseFuture(options, wanted);
  return answerWith(options, request, target, object(), 200);
}

/** What the selectors of a request leave. */
export function selectionOf({ query }: ApiRequest, { type, path }: Target): Selection {
  const [labelText, fieldText] = [query.get("labelSelector") ?? "", query.get("fieldSelector") ?? ""];
  const labels = labelText.trim() === "" ? undefined : labelSelector(labelText);
  const fields = fieldText.trim() === "" ? undefined : fieldSelector(fieldText, type);
  const { name } = path;
  return {
    selective: labels !== undefined || fields !== undefined,
    labelled: (key) => labels?.valueOf(key),
    matches: (object) =>
      (name === undefined || object.metadata.name === name) &&
      (labels === undefined || labels.matches(object.metadata.labels ?? {})) &&
      (fields === undefined || fields(object)),
  };
}

function list(options: ApiHandlerOptions, request: ApiRequest, target: Target): ApiResponse {
  const { type, version, path } = target;
  const asked = listOptions(request.query, false);
  if (asked.resourceVersion !== undefined) refuseFuture(options, asked.resourceVersion);
  const selection = selectionOf(request, target);
  const { items: found, metadata } = listPage(options.objects.store, type.key, path.namespace, asked, selection);
  const wanted = targetVersion(target);
  const items = found.every((object) => object.apiVersion === wanted) ? found : found.map((object) => shownIn(options, target, object));
  if (wantsTable(request)) {
    return { status: 200, body: tableOf(type, version, items, { ...tableSettings(options, request), withHeader: true, metadata }) };
  }
  if (wantsPartial(request)) {
    return { status: 200, body: { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items: items.map(partial) } };
  }
  return { status: 200, body: { kind: `${type.kind}List`, apiVersion: wanted, metadata, items } };
}

function watch(options: ApiHandlerOptions, request: ApiRequest, target: Target): ApiResponse {
  const { type, version, path } = target;
  const { store } = options.objects;
  const asked = listOptions(request.query, true);
  const selection = selectionOf(request, target);
  const settings = tableSettings(options, request);
  const [asTable, asPartial] = [wantsTable(request), wantsPartial(request)];
  let headed = false;
  const dress = (object: StoredObject): unknown => {
    const shown = shownIn(options, target, object);
    if (asPartial) return partial(shown);
    if (!asTable) return shown;
    const { resourceVersion } = object.metadata;
    const table = tableOf(type, version, [shown], { ...settings, now: options.now(), withHeader: !headed, metadata: { resourceVersion } });
    headed = true;
    return table;
  };
  const bookmark = (revision: number, annotations?: Readonly<Record<string, string>>): unknown => {
    const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
    // Of a table, too, only the metadata counts.
    const object = { kind: type.kind, apiVersion: targetVersion(target), metadata } as unknown as StoredObject;
    return asTable
      ? tableOf(type, version, [object], { ...settings, withHeader: !headed, metadata })
      : asPartial
        ? partial(object)
        : object;
  };
  return {
    status: 200,
    watch: watchStore({
      store,
      type: type.key,
      namespace: path.namespace,
      matches: selection.matches,
      from: asked.resourceVersion,
      sendInitialEvents: asked.sendInitialEvents,
      bookmarks: asked.bookmarks,
      show: dress,
      bookmark,
      timeoutMilliseconds: (asked.timeoutSeconds > 0 ? asked.timeoutSeconds : defaultWatchSeconds) * 1000,
      after: options.after,
      expired: (revision) => new ApiStatusError(410, "Expired", `too old resource version: ${revision} (${store.revision()})`).body(),
    }),
  };
}

/** A client that has seen another server's revisions waits for one that will not come: 504. */
function refuseFuture({ objects }: ApiHandlerOptions, wanted: number): void {
  const current = objects.store.revision();
  if (wanted <= current) return;
  throw new ApiStatusError(504, "Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
