import type { ApiRequest, ApiResponse } from "./api-request.ts";
import { ApiStatusError } from "./api-status-error.ts";
import { selectionOf } from "./read-requests.ts";
import { isCustomResource, methodNotAllowed } from "./refusals.ts";
import { deleteOptions } from "./request-options.ts";
import { answerWith, shownIn, targetVersion, type ApiHandlerOptions, type Target } from "./target.ts";

/** Namespaces that Kubernetes cannot be without (plugin NamespaceLifecycle). */
const immortal = new Set(["default", "kube-system", "kube-public"]);

export function answerDelete(options: ApiHandlerOptions, request: ApiRequest, target: Target): ApiResponse {
  const { name, subresource } = target.path;
  if (name === undefined) return deleteCollection(options, request, target);
  if (subresource !== undefined) throw isCustomResource(target.type) ? notDeletable(target) : methodNotAllowed();
  return deleteOne(options, request, target, name);
}

function deleteOne(options: ApiHandlerOptions, request: ApiRequest, target: Target, name: string): ApiResponse {
  const { objects } = options;
  const { type, path } = target;
  const settings = deleteOptions(request);
  if (type.key === "Namespace" && immortal.has(name)) {
    const message = `namespaces "${name}" is forbidden: this namespace may not be deleted`;
    throw new ApiStatusError(403, "Forbidden", message, { name, kind: "namespaces" });
  }
  const deleted = objects.delete(type, path.namespace, name, settings);
  const { uid } = deleted.metadata;
  if (!settings.dryRun && objects.get(type, path.namespace, name)?.metadata.uid === uid) {
    return answerWith(options, request, target, deleted, 200);
  }
  const details = { name, ...(type.group === "" ? {} : { group: type.group }), kind: type.plural, uid };
  return { status: 200, body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details } };
}

function deleteCollection(options: ApiHandlerOptions, request: ApiRequest, target: Target): ApiResponse {
  const { objects } = options;
  const { type, path } = target;
  if (type.key === "Namespace") throw methodNotAllowed();
  const settings = deleteOptions(request);
  const items = objects.store.list(type.key, path.namespace).filter(selectionOf(request, target).matches);
  for (const { metadata } of items) objects.delete(type, metadata.namespace, metadata.name, settings);
  return {
    status: 200,
    body: {
      kind: `${type.kind}List`,
      apiVersion: targetVersion(target),
      metadata: { resourceVersion: String(objects.store.revision()) },
      items: items.map((item) => shownIn(options, target, item)),
    },
  };
}

function notDeletable({ type: { group, plural } }: Target): ApiStatusError {
  const message = `delete is not supported on resources of kind ${JSON.stringify(`${plural}.${group}`)}`;
  return new ApiStatusError(405, "MethodNotAllowed", message, { group, kind: plural });
}
