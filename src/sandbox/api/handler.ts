import type { Objects, WriteOptions } from "./objects.ts";
import type { GivenObject, StoredObject } from "../store/stored-object.ts";
import type { ApiRequest, ApiResponse, Convert } from "./api-request.ts";
import { ApiStatusError, badRequest, notFound } from "./api-status-error.ts";
import { aggregatedDocument, groupListDocument, oneGroupDocument, resourceListDocument } from "./discovery-documents.ts";
import { openApiV2, openApiV3Group, openApiV3Index } from "./openapi.ts";
import { patched } from "./patch-request.ts";
import { listPage } from "./list-page.ts";
import { parseRequestPath, type RequestPath } from "./request-path.ts";
import { apiVersion, type ResourceType } from "./resource-type.ts";
import { readScale, writeScale } from "./scale.ts";
import { fieldSelector, labelSelector, type Matches } from "./selectors.ts";
import { partial, tableOf } from "./table.ts";
import { watchStore } from "./watch.ts";

export interface ApiHandlerOptions {
  readonly objects: Objects;
  /** May grow while the server runs. */
  readonly types: () => readonly ResourceType[];
  /** From the storage version to another that is served, and back. */
  readonly convert?: Convert;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly after: (milliseconds: number, task: () => void) => () => void;
  /** `v1.36.3`; undefined: `/version` is not found, as nobody has said yet. */
  readonly gitVersion: () => string | undefined;
  /** `POST …/pods/x/eviction`: throws the refusal. */
  readonly evict?: (pod: StoredObject, dryRun: boolean) => void;
}

export interface ApiHandler {
  /** Answers at once; never throws. */
  handle(request: ApiRequest): ApiResponse;
}

type ObjectsPath = Extract<RequestPath, { kind: "objects" }>;

/** A kind in the version that was asked for. */
interface Target {
  readonly type: ResourceType;
  readonly version: string;
  readonly path: ObjectsPath;
}

export function createApiHandler(options: ApiHandlerOptions): ApiHandler {
  const { objects, now } = options;

  return {
    handle(request) {
      try {
        return answer(request);
      } catch (error) {
        if (!(error instanceof ApiStatusError)) throw error;
        const { retryAfterSeconds } = error.details;
        return {
          status: error.code,
          body: error.body(),
          ...(retryAfterSeconds === undefined ? {} : { headers: { "retry-after": String(retryAfterSeconds) } }),
        };
      }
    },
  };

  function answer(request: ApiRequest): ApiResponse {
    const path = parseRequestPath(request.path);
    if (path === undefined) throw pageNotFound();
    switch (path.kind) {
      case "version": {
        const gitVersion = options.gitVersion();
        if (gitVersion === undefined) throw pageNotFound();
        const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
        return ok({
          major,
          minor,
          gitVersion,
          gitCommit: "sandbox",
          gitTreeState: "clean",
          buildDate: "1970-01-01T00:00:00Z",
          goVersion: "",
          compiler: "",
          platform: "sandbox",
        });
      }
      case "health":
        return { status: 200, body: "ok" };
      case "api-versions":
        if (wantsAggregated(request)) return aggregated(aggregatedDocument(options.types(), true));
        return ok({ kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] });
      case "api-groups":
        if (wantsAggregated(request)) return aggregated(aggregatedDocument(options.types(), false));
        return ok(groupListDocument(options.types()));
      case "group":
        return okOr(oneGroupDocument(options.types(), path.group));
      case "resources":
        return okOr(resourceListDocument(options.types(), path.group, path.version));
      case "openapi-v2":
        return ok(openApiV2());
      case "openapi-v3":
        return ok(openApiV3Index(options.types()));
      case "openapi-v3-group":
        return okOr(openApiV3Group(options.types(), path.group, path.version));
      case "objects":
        return answerObjects(request, path);
    }
  }

  function answerObjects(request: ApiRequest, path: ObjectsPath): ApiResponse {
    if (path.group === "authorization.k8s.io" || path.group === "authentication.k8s.io") return review(request, path);
    const type = options.types().find((each) => each.group === path.group && each.plural === path.plural);
    const served = type?.versions.some(({ name, served: is }) => is && name === path.version) === true;
    if (type === undefined || !served) throw pageNotFound();
    if (type.namespaced && path.namespace === undefined && (path.name !== undefined || request.method === "POST")) throw pageNotFound();
    if (!type.namespaced && path.namespace !== undefined) throw pageNotFound();
    const target = { type, version: path.version, path };
    switch (request.method) {
      case "GET":
        return path.name === undefined ? list(request, target) : get(request, target, path.name);
      case "POST":
        return post(request, target);
      case "PUT":
        return put(request, target, required(path.name));
      case "PATCH":
        return patch(request, target, required(path.name));
      case "DELETE":
        return path.name === undefined ? deleteCollection(request, target) : remove(request, target, path.name);
      default:
        throw methodNotAllowed();
    }
  }

  function show(target: Target, object: StoredObject): StoredObject {
    const wanted = apiVersion(target.type.group, target.version);
    return object.apiVersion === wanted || options.convert === undefined ? object : options.convert(object, wanted);
  }

  function stored(target: Target, body: unknown): GivenObject {
    if (typeof body !== "object" || body === null || Array.isArray(body)) throw badRequest("the object provided is unrecognized");
    const given = body as GivenObject;
    const { type } = target;
    const wanted = apiVersion(type.group, target.version);
    if ((given.kind ?? type.kind) !== type.kind || (given.apiVersion ?? wanted) !== wanted) {
      throw badRequest(
        `the API version in the data (${given.apiVersion}, Kind=${given.kind}) does not match the expected API version (${wanted}, Kind=${type.kind})`,
      );
    }
    const complete = { ...given, apiVersion: wanted, kind: type.kind, metadata: { ...given.metadata, ...placeOf(target, given) } };
    const storage = apiVersion(type.group, type.storageVersion);
    return storage === wanted || options.convert === undefined ? complete : options.convert(complete as StoredObject, storage);
  }

  function placeOf({ type, path }: Target, { metadata }: GivenObject): { readonly namespace?: string; readonly name?: string } {
    if (type.namespaced && metadata?.namespace !== undefined && metadata.namespace !== path.namespace) {
      throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
    }
    if (path.name !== undefined && metadata?.name !== undefined && metadata.name !== path.name) {
      throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${path.name})`);
    }
    return {
      ...(type.namespaced && path.namespace !== undefined ? { namespace: path.namespace } : {}),
      ...(path.name === undefined ? {} : { name: path.name }),
    };
  }

  function selectors(request: ApiRequest, { type, path }: Target): Matches {
    const byLabel = labelSelector(request.query.get("labelSelector"));
    const byField = fieldSelector(request.query.get("fieldSelector"), type.kind);
    const { name } = path;
    return (object) => (name === undefined || object.metadata.name === name) && byLabel?.(object) !== false && byField?.(object) !== false;
  }

  function list(request: ApiRequest, target: Target): ApiResponse {
    if (request.query.get("watch") === "true" || request.query.get("watch") === "1") return watch(request, target);
    const { type, version, path } = target;
    const page = listPage(objects.store, type.key, path.namespace, request.query, selectors(request, target));
    const items = page.items.map((object) => show(target, object));
    if (wantsTable(request)) {
      return ok(
        tableOf(type, version, items, {
          now: now(),
          include: request.query.get("includeObject"),
          withHeader: true,
          metadata: page.metadata,
        }),
      );
    }
    if (wantsPartial(request)) {
      return ok({ kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: page.metadata, items: items.map(partial) });
    }
    return ok({ kind: `${type.kind}List`, apiVersion: apiVersion(type.group, version), metadata: page.metadata, items });
  }

  function get(request: ApiRequest, target: Target, name: string): ApiResponse {
    const { type, path } = target;
    if (path.subresource === "scale" && type.scale !== undefined) return ok(readScale(type, objects.need(type, path.namespace, name)));
    if (path.subresource !== undefined && !(path.subresource === "status" && type.hasStatus)) throw pageNotFound();
    return shown(request, target, objects.need(type, path.namespace, name), 200);
  }

  function shown(request: ApiRequest, target: Target, object: StoredObject, status: number): ApiResponse {
    const converted = show(target, object);
    if (wantsTable(request)) {
      const { resourceVersion } = object.metadata;
      const settings = { now: now(), include: request.query.get("includeObject"), withHeader: true, metadata: { resourceVersion } };
      return { status, body: tableOf(target.type, target.version, [converted], settings) };
    }
    return { status, body: wantsPartial(request) ? partial(converted) : converted };
  }

  function watch(request: ApiRequest, target: Target): ApiResponse {
    const { query } = request;
    const { type, version, path } = target;
    const given = query.get("resourceVersion");
    const from = given === null || given === "" ? undefined : Number(given);
    if (from !== undefined && !Number.isInteger(from)) throw badRequest(`invalid resource version "${given}"`);
    const table = wantsTable(request);
    let first = true;
    const dress = (object: StoredObject): unknown => {
      const converted = show(target, object);
      if (!table) return wantsPartial(request) ? partial(converted) : converted;
      const withHeader = first;
      first = false;
      const { resourceVersion } = object.metadata;
      return tableOf(type, version, [converted], {
        now: now(),
        include: query.get("includeObject"),
        withHeader,
        metadata: { resourceVersion },
      });
    };
    const timeoutSeconds = Number(query.get("timeoutSeconds") ?? 0);
    return {
      status: 200,
      watch: watchStore({
        store: objects.store,
        type: type.key,
        namespace: path.namespace,
        matches: selectors(request, target),
        from,
        sendInitialEvents: query.get("sendInitialEvents") === "true",
        bookmarks: query.get("allowWatchBookmarks") === "true",
        show: dress,
        bookmark: (revision, annotations) => ({
          kind: type.kind,
          apiVersion: apiVersion(type.group, version),
          metadata: { resourceVersion: String(revision), creationTimestamp: null, ...(annotations === undefined ? {} : { annotations }) },
        }),
        timeoutMilliseconds: (timeoutSeconds > 0 ? timeoutSeconds : 1800) * 1000,
        after: options.after,
        expired: (revision) => expired(`too old resource version: ${revision} (${objects.store.revision()})`).body(),
      }),
    };
  }

  function post(request: ApiRequest, target: Target): ApiResponse {
    const { type, path } = target;
    if (path.name !== undefined) {
      if (type.key !== "Pod" || path.subresource !== "eviction" || options.evict === undefined) throw pageNotFound();
      const pod = objects.need(type, path.namespace, path.name);
      const body = (request.body ?? {}) as { readonly deleteOptions?: { readonly dryRun?: readonly string[] } };
      options.evict(pod, isDryRun(request) || body.deleteOptions?.dryRun?.includes("All") === true);
      return { status: 201, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } };
    }
    needNamespace(target);
    return shown(request, target, objects.create(type, stored(target, request.body), writeOptions(request, target)), 201);
  }

  /** Objects only come into namespaces that are there and stay. */
  function needNamespace({ type, path }: Target): void {
    const namespaces = options.types().find(({ key }) => key === "Namespace");
    if (!type.namespaced || namespaces === undefined || path.namespace === undefined) return;
    const namespace = objects.get(namespaces, undefined, path.namespace);
    if (namespace === undefined) throw notFound(namespaces, path.namespace);
    if (namespace.metadata.deletionTimestamp !== undefined) {
      throw new ApiStatusError(
        403,
        "Forbidden",
        `${type.plural}${type.group === "" ? "" : `.${type.group}`} is forbidden: unable to create new content in namespace ${path.namespace} because it is being terminated`,
        {
          causes: [
            { reason: "NamespaceTerminating", message: `namespace ${path.namespace} is being terminated`, field: "metadata.namespace" },
          ],
        },
      );
    }
  }

  function put(request: ApiRequest, target: Target, name: string): ApiResponse {
    const { type, path } = target;
    if (path.subresource === "scale" && type.scale !== undefined) {
      return ok(writeScale(objects, type, path.namespace, name, request.body, writeOptions(request, target)));
    }
    const given = stored(target, request.body);
    // Unlike most built-in kinds, custom resources must say which version they replace.
    if (
      type.group.includes(".") &&
      given.metadata?.resourceVersion === undefined &&
      objects.get(type, path.namespace, name) !== undefined
    ) {
      throw new ApiStatusError(
        422,
        "Invalid",
        `${type.plural}.${type.group} "${name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
      );
    }
    const written =
      subresourceOf(target) === "status"
        ? objects.updateStatus(type, given, writeOptions(request, target))
        : objects.update(type, given, writeOptions(request, target));
    return shown(request, target, written, 200);
  }

  function patch(request: ApiRequest, target: Target, name: string): ApiResponse {
    const { type, path } = target;
    const settings = writeOptions(request, target);
    const contentType = (request.contentType ?? "").split(";")[0]!.trim();
    if (path.subresource === "scale" && type.scale !== undefined) {
      const body = patched(contentType, type, readScale(type, objects.need(type, path.namespace, name)), request.body);
      return ok(writeScale(objects, type, path.namespace, name, body, settings));
    }
    const subresource = subresourceOf(target);
    if (contentType.startsWith("application/apply-patch")) {
      if (request.query.get("fieldManager") === null) {
        throw new ApiStatusError(
          422,
          "Invalid",
          `PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch`,
        );
      }
      const existed = objects.get(type, path.namespace, name) !== undefined;
      if (!existed) needNamespace(target);
      const force = request.query.get("force") === "true";
      const applied = objects.apply(type, stored(target, request.body), {
        ...settings,
        force,
        ...(subresource === undefined ? {} : { subresource }),
      });
      return shown(request, target, applied, existed ? 200 : 201);
    }
    const written = objects.modify(
      type,
      path.namespace,
      name,
      (live) => stored({ ...target, path: { ...path, name } }, patched(contentType, type, show(target, live), request.body)),
      { ...settings, ...(subresource === undefined ? {} : { subresource }) },
    );
    return shown(request, target, written, 200);
  }

  function subresourceOf({ type, path }: Target): "status" | undefined {
    if (path.subresource === undefined) return undefined;
    if (path.subresource === "status" && type.hasStatus) return "status";
    throw pageNotFound();
  }

  function remove(request: ApiRequest, target: Target, name: string): ApiResponse {
    const { type, path } = target;
    const deleted = objects.delete(type, path.namespace, name, deleteOptions(request));
    const { uid } = deleted.metadata;
    if (objects.get(type, path.namespace, name)?.metadata.uid === uid && !isDryRun(request)) return shown(request, target, deleted, 200);
    const details = { name, ...(type.group === "" ? {} : { group: type.group }), kind: type.plural, uid };
    return ok({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
  }

  function deleteCollection(request: ApiRequest, target: Target): ApiResponse {
    const { type, version, path } = target;
    const matches = selectors(request, target);
    const items = objects.store.list(type.key, path.namespace).filter(matches);
    for (const { metadata } of items) objects.delete(type, metadata.namespace, metadata.name, deleteOptions(request));
    const metadata = { resourceVersion: String(objects.store.revision()) };
    return ok({
      kind: `${type.kind}List`,
      apiVersion: apiVersion(type.group, version),
      metadata,
      items: items.map((item) => show(target, item)),
    });
  }

  function review(request: ApiRequest, path: ObjectsPath): ApiResponse {
    if (request.method !== "POST") throw methodNotAllowed();
    const body = (request.body ?? {}) as GivenObject;
    const status =
      path.group === "authorization.k8s.io"
        ? { allowed: true }
        : { userInfo: { username: request.user ?? "sandbox", groups: ["system:masters"] } };
    return { status: 201, body: { ...body, status } };
  }
}

function ok(body: unknown): ApiResponse {
  return { status: 200, body };
}

function okOr(body: object | undefined): ApiResponse {
  if (body === undefined) throw pageNotFound();
  return ok(body);
}

function aggregated(body: object): ApiResponse {
  return { status: 200, body, headers: { "content-type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" } };
}

function pageNotFound(): ApiStatusError {
  return new ApiStatusError(404, "NotFound", "the server could not find the requested resource");
}

function methodNotAllowed(): ApiStatusError {
  return new ApiStatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
}

function expired(message: string): ApiStatusError {
  return new ApiStatusError(410, "Expired", message);
}

function required(name: string | undefined): string {
  if (name === undefined) throw methodNotAllowed();
  return name;
}

function wantsTable({ accept = "" }: ApiRequest): boolean {
  return accept.includes("as=Table");
}

function wantsPartial({ accept = "" }: ApiRequest): boolean {
  return accept.includes("as=PartialObjectMetadata");
}

function wantsAggregated({ accept = "" }: ApiRequest): boolean {
  return accept.includes("as=APIGroupDiscoveryList");
}

function isDryRun({ query }: ApiRequest): boolean {
  const value = query.get("dryRun");
  if (value !== null && value !== "All")
    throw badRequest(`Invalid value: ["${value}"]: dryRun: Unsupported value: "${value}": supported values: "All"`);
  return value === "All";
}

/** Who does not name a manager is named by the user agent, as kube-apiserver does it (managedfields: defaultManager). */
function writeOptions(request: ApiRequest, { version }: Target): WriteOptions {
  const manager = request.query.get("fieldManager") ?? (request.userAgent ?? "unknown").split("/")[0]!.slice(0, 128);
  return { manager, version, dryRun: isDryRun(request), ...(request.user === undefined ? {} : { user: request.user }) };
}

function deleteOptions(request: ApiRequest): Parameters<Objects["delete"]>[3] {
  const body = (request.body ?? {}) as {
    readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
    readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
    readonly dryRun?: readonly string[];
  };
  const policy = body.propagationPolicy ?? (request.query.get("propagationPolicy") as "Foreground" | null) ?? undefined;
  return {
    ...body.preconditions,
    ...(policy === undefined ? {} : { propagation: policy }),
    dryRun: isDryRun(request) || body.dryRun?.includes("All") === true,
    ...(request.user === undefined ? {} : { user: request.user }),
  };
}
