import { apiVersion, type ResourceType } from "./resource-type.ts";

/** Old clients ask for it before anything else; kubectl of today asks for v3. */
export function openApiV2(): object {
  return { swagger: "2.0", info: { title: "Kubernetes", version: "sandbox" }, paths: {}, definitions: {} };
}

export function openApiV3Index(types: readonly ResourceType[]): object {
  const paths: Record<string, object> = {};
  for (const { group, versions } of types) {
    for (const { name, served } of versions) {
      const path = group === "" ? `api/${name}` : `apis/${group}/${name}`;
      if (served) paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=sandbox` };
    }
  }
  return { paths };
}

/** Schemas of a group's kinds with the marks by which kubectl finds them. Undefined when the version is not served. */
export function openApiV3Group(types: readonly ResourceType[], group: string, version: string): object | undefined {
  const served = types.filter((type) => type.group === group && type.versions.some((each) => each.served && each.name === version));
  if (served.length === 0) return undefined;
  const schemas: Record<string, object> = {};
  const paths: Record<string, object> = {};
  for (const type of served) {
    const gvk = { group, version, kind: type.kind };
    const name = `io.sandbox.${version}.${type.kind}`;
    const { schema } = type.versions.find((each) => each.name === version)!;
    const properties = {
      ...(schema?.["properties"] as object | undefined),
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    };
    schemas[name] = {
      type: "object",
      ...(schema === undefined ? { "x-kubernetes-preserve-unknown-fields": true } : { ...schema, properties }),
      "x-kubernetes-group-version-kind": [gvk],
    };
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const path = `${root}${type.namespaced ? "/namespaces/{namespace}" : ""}/${type.plural}/{name}`;
    const body = { content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } } };
    const operation = { responses: { 200: { description: "OK", ...body } }, "x-kubernetes-group-version-kind": gvk };
    const parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map((parameter) => ({
      name: parameter,
      in: "query",
      schema: { type: parameter === "force" ? "boolean" : "string" },
    }));
    paths[path] = {
      get: { ...operation, "x-kubernetes-action": "get" },
      patch: { ...operation, "x-kubernetes-action": "patch", parameters },
      put: { ...operation, "x-kubernetes-action": "put", parameters },
      delete: { ...operation, "x-kubernetes-action": "delete" },
    };
  }
  return { openapi: "3.0.0", info: { title: "Kubernetes", version: apiVersion(group, version) }, paths, components: { schemas } };
}
