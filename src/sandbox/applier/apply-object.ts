import { parseAllDocuments } from "yaml";
import type { ApiHandler } from "../api/handler.ts";
import { groupOf } from "../api/resource-type.ts";
import type { GivenObject } from "../store/stored-object.ts";

/** Objects of YAML texts: namespaces first, lists taken apart, empty documents left out. Throws on YAML that cannot be read. */
export function manifestsIn(texts: readonly string[]): readonly GivenObject[] {
  const objects = texts.flatMap((text) =>
    parseAllDocuments(text, { version: "1.1", logLevel: "silent" }).flatMap((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return objectsOf(document.toJS());
    }),
  );
  return inOrder(objects);
}

/** Kinds that others refer to go first (as in Argo CD's and Flux' order); all else in the order of the files. */
const firstKinds = ["Namespace", "CustomResourceDefinition", "Secret", "ConfigMap"];

export function inOrder(objects: readonly GivenObject[]): readonly GivenObject[] {
  const rank = ({ kind }: GivenObject): number => {
    const index = firstKinds.indexOf(kind ?? "");
    return index === -1 ? firstKinds.length : index;
  };
  return [...objects].sort((one, other) => rank(one) - rank(other));
}

/** The objects of a document: none in an empty one, several in a List. */
export function objectsOf(document: unknown): readonly GivenObject[] {
  if (typeof document !== "object" || document === null) return [];
  // A manifest is an object of whatever kind it says.
  const object = document as GivenObject;
  const { items } = object;
  return object.kind?.endsWith("List") === true && Array.isArray(items) ? items.flatMap(objectsOf) : [object];
}

/** Server-side apply with force, straight at a handler. Throws what the API server says. */
export function applyTo(handler: ApiHandler, object: GivenObject, manager: string): void {
  const { apiVersion = "", kind = "", metadata = {} } = object;
  const group = groupOf(apiVersion);
  const root = group === "" ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
  const list = handler.handle({ method: "GET", path: root, query: new URLSearchParams() });
  const resources =
    (list.body as { readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[] })
      .resources ?? [];
  const resource = resources.find((each) => each.kind === kind && !each.name.includes("/"));
  if (resource === undefined) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
  const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
  const answer = handler.handle({
    method: "PATCH",
    path: `${root}${namespace}/${resource.name}/${metadata.name ?? ""}`,
    query: new URLSearchParams({ fieldManager: manager, force: "true" }),
    contentType: "application/apply-patch+yaml",
    body: object,
  });
  if (answer.status >= 300) throw new Error((answer.body as { readonly message: string }).message);
}
