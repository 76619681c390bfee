import type { GivenObject, StoredObject } from "../store/stored-object.ts";
import type { ApiRequest, ApiResponse, Convert } from "./api-request.ts";
import { ApiStatusError, badRequest, invalid, notFound } from "./api-status-error.ts";
import type { Objects } from "./objects.ts";
import { invalidValue, isCustomResource, resourceNotServed } from "./refusals.ts";
import type { RequestPath } from "./request-path.ts";
import { apiVersion, groupOf, type ResourceType } from "./resource-type.ts";
import { partial, tableOf, type TableSettings } from "./table.ts";

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

export type ObjectsPath = Extract<RequestPath, { kind: "objects" }>;

/** A kind in the version that was asked for, and where. */
export interface Target {
  readonly type: ResourceType;
  readonly version: string;
  readonly path: ObjectsPath;
}

export function targetVersion({ type, version }: Target): string {
  return apiVersion(type.group, version);
}

/** Throws 404 when the kind has no such subresource. */
export function subresourceOf({ type, path }: Target): "status" | undefined {
  if (path.subresource === undefined) return undefined;
  if (path.subresource === "status" && type.hasStatus) return "status";
  // Of custom resources the object is looked for first.
  throw isCustomResource(type) && path.name !== undefined ? notFound(type, path.name) : resourceNotServed();
}

/** The object in the version that was asked for: the stored one itself when that is the one. */
export function shownIn({ convert }: ApiHandlerOptions, target: Target, object: StoredObject): StoredObject {
  const wanted = targetVersion(target);
  return object.apiVersion === wanted || convert === undefined ? object : convert(object, wanted);
}

/** What a client sent, in the storage version, with name and namespace of the path. Throws 400 when they do not agree. */
export function storedFrom({ convert, types }: ApiHandlerOptions, target: Target, body: unknown, contentType?: string): GivenObject {
  const { type } = target;
  checkContentType(type, contentType);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw badRequest(`the object provided is unrecognized (must be of type ${type.kind}): couldn't get version/kind; json parse error`);
  }
  const given = body as GivenObject;
  checkKind(types(), target, given);
  const wanted = targetVersion(target);
  const complete = { ...given, apiVersion: wanted, kind: type.kind, metadata: { ...given.metadata, ...placeOf(target, given) } };
  const storage = apiVersion(type.group, type.storageVersion);
  return storage === wanted || convert === undefined ? complete : convert(complete as StoredObject, storage);
}

/** Undefined: nothing is said about it. */
function checkContentType(type: ResourceType, contentType: string | undefined): void {
  const accepted = ["application/json", "application/yaml", ...(isCustomResource(type) ? [] : ["application/vnd.kubernetes.protobuf"])];
  if (contentType === undefined || accepted.includes(contentType.split(";")[0]!.trim())) return;
  throw new ApiStatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );
}

/** Kubernetes' own kinds are decoded into Go types, custom resources are taken as they come; the texts tell which. */
function checkKind(types: readonly ResourceType[], target: Target, given: GivenObject): void {
  const { type } = target;
  const wanted = targetVersion(target);
  if (isCustomResource(type)) {
    if (given.kind === undefined) {
      const text = JSON.stringify(given);
      const shown = text.length > 30 ? `${text.slice(0, 30)} ...` : text;
      throw badRequest(
        `the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing in '${text}' (${shown})`,
      );
    }
    if ((given.apiVersion ?? wanted) !== wanted) {
      throw badRequest(`the API version in the data (${given.apiVersion}) does not match the expected API version (${wanted})`);
    }
    if (given.kind !== type.kind) {
      const cause = invalidValue(given.kind, `must be ${type.kind}`, "kind");
      throw invalid({ ...type, kind: given.kind }, given.metadata?.name ?? "", [cause]);
    }
    return;
  }
  const why = whyOtherKind(types, target, given);
  if (why === undefined) return;
  const { apiVersion: version = wanted, kind = type.kind } = given;
  throw badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: ${why}`);
}

/** Why this is no object of the target's kind and version; undefined when it is one, or does not say. */
export function whyOtherKind(types: readonly ResourceType[], target: Target, given: GivenObject): string | undefined {
  const { type } = target;
  const wanted = targetVersion(target);
  const { apiVersion: version = wanted, kind = type.kind } = given;
  if (version === wanted && kind === type.kind) return undefined;
  if (isCustomResource(type)) return `the API version in the data (${version}) does not match the expected API version (${wanted})`;
  const known = types.some((each) => each.kind === kind && each.versions.some(({ name }) => apiVersion(each.group, name) === version));
  return known
    ? `converting (${version.replace(/^.*\//, "")}.${kind}) to (${groupOf(wanted).split(".")[0] || "core"}.${type.kind}): unknown conversion`
    : `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`;
}

function placeOf({ type, path }: Target, { metadata }: GivenObject): { readonly namespace?: string; readonly name?: string } {
  if (type.namespaced && metadata?.namespace !== undefined && metadata.namespace !== "" && metadata.namespace !== path.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (path.name !== undefined) {
    if (metadata?.name === undefined || metadata.name === "") {
      throw badRequest(`the name of the object (${path.name} based on URL) was undeterminable: name must be provided`);
    }
    if (metadata.name !== path.name) {
      throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${path.name})`);
    }
  }
  return {
    ...(type.namespaced && path.namespace !== undefined ? { namespace: path.namespace } : {}),
    ...(path.name === undefined ? {} : { name: path.name }),
  };
}

/** The answer with one object, in the shape that the client accepts. */
export function answerWith(
  options: ApiHandlerOptions,
  request: ApiRequest,
  target: Target,
  object: StoredObject,
  status: number,
  headers?: Readonly<Record<string, string>>,
): ApiResponse {
  const shown = shownIn(options, target, object);
  const { resourceVersion } = object.metadata;
  const body = wantsTable(request)
    ? tableOf(target.type, target.version, [shown], { ...tableSettings(options, request), withHeader: true, metadata: { resourceVersion } })
    : wantsPartial(request)
      ? partial(shown)
      : shown;
  return { status, body, ...(headers === undefined ? {} : { headers }) };
}

/** Throws a 400 for an `includeObject` that there is not. */
export function tableSettings({ now }: ApiHandlerOptions, { query }: ApiRequest): Pick<TableSettings, "now" | "include"> {
  const include = query.get("includeObject") ?? "";
  if (include !== "" && include !== "Metadata" && include !== "Object" && include !== "None") {
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
    );
  }
  return { now: now(), include };
}

export function wantsTable({ accept = "" }: ApiRequest): boolean {
  return accept.includes("as=Table");
}

export function wantsPartial({ accept = "" }: ApiRequest): boolean {
  return accept.includes("as=PartialObjectMetadata");
}
