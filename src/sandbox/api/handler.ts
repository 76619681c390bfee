import type { ApiRequest, ApiResponse } from "./api-request.ts";
import { ApiStatusError } from "./api-status-error.ts";
import { answerDelete } from "./delete-requests.ts";
import { aggregatedDocument, groupListDocument, oneGroupDocument, resourceListDocument } from "./discovery-documents.ts";
import { openApiV2, openApiV3Group, openApiV3Index } from "./openapi.ts";
import { answerRead } from "./read-requests.ts";
import { isCustomResource, methodNotAllowed, resourceNotServed } from "./refusals.ts";
import { parseRequestPath } from "./request-path.ts";
import type { ResourceType } from "./resource-type.ts";
import { answerReview, isReview } from "./reviews.ts";
import type { ApiHandlerOptions, ObjectsPath, Target } from "./target.ts";
import { answerPatch, answerPost, answerPut } from "./write-requests.ts";

export interface ApiHandler {
  /** Answers at once; throws only what is a mistake of the sandbox. */
  handle(request: ApiRequest): ApiResponse;
}

/** A path that no part of the API server has: no Status, as its router answers it. */
const pageNotFound: ApiResponse = { status: 404, body: "404 page not found\n" };

/** The Kubernetes API over the rules in `objects.ts`, without HTTP: bodies are objects, answers come at once. */
export function createApiHandler(options: ApiHandlerOptions): ApiHandler {
  return {
    handle(request) {
      try {
        return answer(options, request);
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
}

function answer(options: ApiHandlerOptions, request: ApiRequest): ApiResponse {
  const { types } = options;
  const path = parseRequestPath(request.path);
  if (path === undefined) return pageNotFound;
  switch (path.kind) {
    case "version":
      return versionDocument(options.gitVersion());
    case "health":
      return ok("ok");
    case "api-versions":
      if (wantsAggregated(request)) return aggregated(aggregatedDocument(types(), true));
      return ok({ kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] });
    case "api-groups":
      if (wantsAggregated(request)) return aggregated(aggregatedDocument(types(), false));
      return ok(groupListDocument(types()));
    case "group":
      return okOr(oneGroupDocument(types(), path.group), pageNotFound);
    case "resources": {
      const document = resourceListDocument(types(), path.group, path.version);
      if (document === undefined && path.group === "") throw resourceNotServed();
      return okOr(document, pageNotFound);
    }
    case "openapi-v2":
      return ok(openApiV2());
    case "openapi-v3":
      return ok(openApiV3Index(types()));
    case "openapi-v3-group":
      return okOr(openApiV3Group(types(), path.group, path.version), { status: 404, body: "" });
    case "objects":
      return isReview(path) ? answerReview(request, path, options.now()) : answerObjects(options, request, path);
  }
}

function answerObjects(options: ApiHandlerOptions, request: ApiRequest, path: ObjectsPath): ApiResponse {
  const { method } = request;
  const types = options.types();
  const type = types.find((each) => each.group === path.group && each.plural === path.plural);
  if (type === undefined || !isServed(type, path.version)) return notServed(types, path);
  const target: Target = { type, version: path.version, path };
  const misplaced = type.namespaced
    ? path.namespace === undefined && (path.name !== undefined || (method !== "GET" && method !== "DELETE"))
    : path.namespace !== undefined;
  if (misplaced) return isCustomResource(type) ? pageNotFound : refuse(methodNotAllowed());
  if (!acceptsJson(request)) throw notAcceptable(target);
  const { name } = path;
  if (method === "GET") return answerRead(options, request, target);
  if (method === "POST") return answerPost(options, request, target);
  if (method === "DELETE") return answerDelete(options, request, target);
  if (name === undefined || (method !== "PUT" && method !== "PATCH")) throw methodNotAllowed();
  return method === "PUT" ? answerPut(options, request, target, name) : answerPatch(options, request, target, name);
}

function acceptsJson({ accept }: ApiRequest): boolean {
  return accept === undefined || accept === "" || /json|yaml|\*\/\*|application\/\*/.test(accept);
}

function notAcceptable({ type }: Target): ApiStatusError {
  const types = ["application/json", "application/yaml", ...(isCustomResource(type) ? [] : ["application/vnd.kubernetes.protobuf"])];
  return new ApiStatusError(406, "NotAcceptable", `only the following media types are accepted: ${types.join(", ")}`);
}

function isServed({ versions }: ResourceType, version: string): boolean {
  return versions.some(({ name, served }) => served && name === version);
}

/** Groups of Kubernetes know what they have; of others nobody knows anything. */
function notServed(types: readonly ResourceType[], { group, version }: ObjectsPath): ApiResponse {
  const known = types.some((type) => type.group === group && isServed(type, version) && !isCustomResource(type));
  if (known) throw resourceNotServed();
  return pageNotFound;
}

function refuse(error: ApiStatusError): never {
  throw error;
}

function versionDocument(gitVersion: string | undefined): ApiResponse {
  if (gitVersion === undefined) return pageNotFound;
  const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  const build = { gitCommit: "sandbox", gitTreeState: "clean", buildDate: "1970-01-01T00:00:00Z", goVersion: "", compiler: "" };
  return ok({ major, minor, gitVersion, ...build, platform: "sandbox" });
}

function ok(body: unknown): ApiResponse {
  return { status: 200, body };
}

function okOr(body: object | undefined, otherwise: ApiResponse): ApiResponse {
  return body === undefined ? otherwise : ok(body);
}

function aggregated(body: object): ApiResponse {
  return { status: 200, body, headers: { "content-type": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" } };
}

function wantsAggregated({ accept = "" }: ApiRequest): boolean {
  return accept.includes("as=APIGroupDiscoveryList");
}
