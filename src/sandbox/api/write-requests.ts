import type { StoredObject } from "../store/stored-object.ts";
import type { ApiRequest, ApiResponse } from "./api-request.ts";
import { ApiStatusError, badRequest, conflict, invalid, notFound } from "./api-status-error.ts";
import { refuseUnknownFields, strictDecodingError, unknownFields, unknownFieldWarnings } from "./field-validation.ts";
import { checkMetadata } from "./metadata-rules.ts";
import { patched } from "./patch-request.ts";
import { invalidValue, isCustomResource, methodNotAllowed, resourceNotServed } from "./refusals.ts";
import { requestOptions, type RequestOptions } from "./request-options.ts";
import { readScale, writeScale } from "./scale.ts";
import type { ResourceType } from "./resource-type.ts";
import { answerWith, shownIn, storedFrom, subresourceOf, whyOtherKind, type ApiHandlerOptions, type Target } from "./target.ts";

type Warnings = Readonly<Record<string, string>> | undefined;

/** POST: a new object, or the eviction of a Pod. */
export function answerPost(options: ApiHandlerOptions, request: ApiRequest, target: Target): ApiResponse {
  const { type, path } = target;
  if (path.name !== undefined) return evict(options, request, target, path.name);
  const settings = requestOptions(request, "CreateOptions", target.version);
  const given = storedFrom(options, target, request.body, request.contentType);
  const warnings = checkFields(target, settings, request.body);
  if (type.namespaced) needNamespace(options, target, given.metadata?.name);
  checkMetadata(type, given);
  return answerWith(options, request, target, options.objects.create(type, given, settings), 201, warnings);
}

/** PUT. Leases are created where they are not, other kinds are not found. */
export function answerPut(options: ApiHandlerOptions, request: ApiRequest, target: Target, name: string): ApiResponse {
  const { objects } = options;
  const { type, path } = target;
  const settings = requestOptions(request, "UpdateOptions", target.version);
  if (path.subresource === "scale" && type.scale !== undefined) {
    return { status: 200, body: writeScale(objects, type, path.namespace, name, request.body, settings) };
  }
  if (path.subresource === "finalize" && type.key === "Namespace") return finalize(options, request, target, name, settings);
  const subresource = subresourceOf(target);
  const given = storedFrom(options, target, request.body, request.contentType);
  const warnings = checkFields(target, settings, request.body);
  const live = objects.get(type, path.namespace, name);
  const unconditional = !isCustomResource(type) && type.key !== "Lease.coordination.k8s.io";
  if (live === undefined) {
    if (type.key !== "Lease.coordination.k8s.io") throw notFound(type, name);
    needNamespace(options, target, name);
    checkMetadata(type, given);
    return answerWith(options, request, target, objects.create(type, given, settings), 201, warnings);
  }
  if (!unconditional && (given.metadata?.resourceVersion ?? "") === "") throw mustSayVersion(type, name);
  refuseOtherIncarnation(type, live, given.metadata?.uid);
  checkMetadata(type, given, live);
  const written = subresource === "status" ? objects.updateStatus(type, given, settings) : objects.update(type, given, settings);
  return answerWith(options, request, target, written, 200, warnings);
}

export function answerPatch(options: ApiHandlerOptions, request: ApiRequest, target: Target, name: string): ApiResponse {
  const { objects } = options;
  const { type, path } = target;
  const contentType = (request.contentType ?? "").split(";")[0]!.trim();
  const applies = contentType === "application/apply-patch+yaml" || contentType === "application/apply-patch+cbor";
  const settings = requestOptions(request, "PatchOptions", target.version, applies);
  if (path.subresource === "scale" && type.scale !== undefined) {
    const body = patched(contentType, type, readScale(type, objects.need(type, path.namespace, name)), request.body);
    return { status: 200, body: writeScale(objects, type, path.namespace, name, body, settings) };
  }
  const subresource = subresourceOf(target);
  if (applies) return apply(options, request, target, name, settings);
  let warnings: Warnings;
  const written = objects.modify(
    type,
    path.namespace,
    name,
    (live) => {
      const before = shownIn(options, target, live);
      const after = patched(contentType, type, before, request.body);
      refuseOtherKind(options, target, after);
      refuseOtherUid(type, live, after);
      warnings = checkFields(target, settings, after, true);
      const given = storedFrom(options, target, after);
      checkMetadata(type, given, live);
      return given;
    },
    { ...settings, ...(subresource === undefined ? {} : { subresource }) },
  );
  return answerWith(options, request, target, written, 200, warnings);
}

function refuseOtherUid(type: ResourceType, { metadata }: StoredObject, after: object): void {
  const uid = (after as StoredObject).metadata?.uid;
  if (uid !== undefined && uid !== metadata.uid) {
    throw invalid(type, metadata.name, [invalidValue(uid, "field is immutable", "metadata.uid")]);
  }
}

/** A PUT of another incarnation fails in the storage, whose key is told. */
function refuseOtherIncarnation(type: ResourceType, { metadata }: StoredObject, sent: string | undefined): void {
  if (sent === undefined || sent === "" || sent === metadata.uid) return;
  const place = isCustomResource(type) ? `${type.group}/${type.plural}` : type.plural;
  const key = ["/registry", place, ...(metadata.namespace === undefined ? [] : [metadata.namespace]), metadata.name].join("/");
  const why = `Precondition failed: UID in precondition: ${sent}, UID in object meta: ${metadata.uid}`;
  throw conflict(type, metadata.name, `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`);
}

/** A patch may not make another kind of the object. */
function refuseOtherKind({ types }: ApiHandlerOptions, target: Target, after: object): void {
  const why = whyOtherKind(types(), target, after as StoredObject);
  if (why !== undefined) throw invalidPatch(after, why);
}

function apply(options: ApiHandlerOptions, request: ApiRequest, target: Target, name: string, settings: RequestOptions): ApiResponse {
  const { objects } = options;
  const { type, path } = target;
  const { apiVersion, kind } = (request.body ?? {}) as { readonly apiVersion?: string; readonly kind?: string };
  const group = type.group === "" ? "" : `${type.group}/`;
  if (kind !== type.kind || apiVersion !== `${group}${target.version}`) {
    throw badRequest(`invalid object type: ${apiVersion ?? "/"}, Kind=${kind ?? ""}`);
  }
  const live = objects.get(type, path.namespace, name);
  const subresource = subresourceOf(target);
  if (live === undefined) {
    if (subresource !== undefined) throw notFound(type, name);
    if (type.namespaced) needNamespace(options, target, name);
  }
  const given = storedFrom(options, target, request.body);
  const unknown = unknownFields(type, target.version, request.body as StoredObject);
  if (unknown.length > 0) {
    // The namespace that stands in the path is not told.
    const sent = (request.body as StoredObject).metadata?.namespace ?? "";
    const what = `(${sent}/${name}; ${apiVersion}, Kind=${kind})`;
    throw new ApiStatusError(500, "", `failed to create typed patch object ${what}: .${unknown[0]}: field not declared in schema`);
  }
  checkMetadata(type, given, live);
  const applied = objects.apply(type, given, { ...settings, ...(subresource === undefined ? {} : { subresource }) });
  return answerWith(options, request, target, applied, live === undefined ? 201 : 200);
}

/** Refuses or tells of fields that the schema does not know, as the request wants it. */
function checkFields({ type, version }: Target, { fieldValidation }: RequestOptions, body: unknown, ofPatch = false): Warnings {
  if (fieldValidation === "Ignore" || typeof body !== "object" || body === null) return undefined;
  const unknown = unknownFields(type, version, body as StoredObject);
  if (fieldValidation === "Strict") {
    if (ofPatch && unknown.length > 0) throw invalidPatch(body, strictDecodingError(unknown));
    refuseUnknownFields(type, version, unknown);
  }
  return unknownFieldWarnings(fieldValidation, unknown);
}

/** What comes out of a patch cannot be taken: its text shows the whole of it. */
function invalidPatch(after: object, why: string): ApiStatusError {
  const cause = invalidValue(JSON.stringify(after), why, "patch");
  return new ApiStatusError(422, "Invalid", ` "" is invalid: patch: ${cause.message}`, { causes: [cause] });
}

function mustSayVersion({ group, plural }: Target["type"], name: string): ApiStatusError {
  const cause = invalidValue(0, "must be specified for an update", "metadata.resourceVersion");
  return new ApiStatusError(422, "Invalid", `${plural}.${group} "${name}" is invalid: ${cause.field}: ${cause.message}`, {
    name,
    group,
    kind: plural,
    causes: [cause],
  });
}

/** Objects only come into namespaces that are there and stay. */
function needNamespace({ types, objects }: ApiHandlerOptions, { type, path }: Target, name = ""): void {
  const namespaces = types().find(({ key }) => key === "Namespace");
  if (namespaces === undefined || path.namespace === undefined) return;
  const namespace = objects.get(namespaces, undefined, path.namespace);
  if (namespace === undefined) throw notFound(namespaces, path.namespace);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const qualified = type.group === "" ? type.plural : `${type.plural}.${type.group}`;
  throw new ApiStatusError(
    403,
    "Forbidden",
    `${qualified} "${name}" is forbidden: unable to create new content in namespace ${path.namespace} because it is being terminated`,
    {
      name,
      group: type.group,
      kind: type.plural,
      causes: [{ reason: "NamespaceTerminating", message: `namespace ${path.namespace} is being terminated`, field: "metadata.namespace" }],
    },
  );
}

function evict(options: ApiHandlerOptions, request: ApiRequest, { type, path }: Target, name: string): ApiResponse {
  if (path.subresource === undefined) throw methodNotAllowed();
  if (type.key !== "Pod" || path.subresource !== "eviction" || options.evict === undefined) throw resourceNotServed();
  const body = (request.body ?? {}) as {
    readonly metadata?: { readonly name?: string };
    readonly deleteOptions?: { readonly dryRun?: readonly string[] };
  };
  const { dryRun } = requestOptions(request, "CreateOptions", "v1");
  if (name !== (body.metadata?.name ?? name)) throw badRequest("name in URL does not match name in Eviction object");
  options.evict(options.objects.need(type, path.namespace, name), dryRun || body.deleteOptions?.dryRun?.includes("All") === true);
  return { status: 201, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } };
}

/** `PUT /api/v1/namespaces/x/finalize`: the only way to `spec.finalizers`. */
function finalize(options: ApiHandlerOptions, request: ApiRequest, target: Target, name: string, settings: RequestOptions): ApiResponse {
  const { spec } = storedFrom(options, target, request.body, request.contentType) as {
    readonly spec?: { readonly finalizers?: readonly string[] };
  };
  const { finalizers = [] } = spec ?? {};
  const change = (live: StoredObject): StoredObject => ({ ...live, spec: finalizers.length === 0 ? {} : { finalizers } });
  return answerWith(
    options,
    request,
    target,
    options.objects.modify(target.type, undefined, name, change, { ...settings, finalizes: true }),
    200,
  );
}
