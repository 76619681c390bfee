/** What a path of the API asks for. */
export type RequestPath =
  | { readonly kind: "api-versions" | "api-groups" | "version" | "health" | "openapi-v2" | "openapi-v3" }
  | { readonly kind: "group"; readonly group: string }
  | { readonly kind: "resources"; readonly group: string; readonly version: string }
  | { readonly kind: "openapi-v3-group"; readonly group: string; readonly version: string }
  | {
      readonly kind: "objects";
      readonly group: string;
      readonly version: string;
      readonly plural: string;
      readonly namespace: string | undefined;
      readonly name: string | undefined;
      readonly subresource: string | undefined;
    };

/** Undefined for a path that no API server has. */
export function parseRequestPath(path: string): RequestPath | undefined {
  const segments = path
    .split("/")
    .filter((segment) => segment !== "")
    .map(decodeURIComponent);
  const [first, second, third, ...rest] = segments;
  switch (first) {
    case "version":
      return { kind: "version" };
    case "healthz":
    case "livez":
    case "readyz":
      return { kind: "health" };
    case "openapi":
      if (second === "v2") return { kind: "openapi-v2" };
      if (second !== "v3") return undefined;
      if (third === undefined) return { kind: "openapi-v3" };
      return third === "api"
        ? { kind: "openapi-v3-group", group: "", version: rest[0] ?? "" }
        : { kind: "openapi-v3-group", group: rest[0] ?? "", version: rest[1] ?? "" };
    case "api":
      if (second === undefined) return { kind: "api-versions" };
      return objectsPath("", second, third === undefined ? [] : [third, ...rest]);
    case "apis":
      if (second === undefined) return { kind: "api-groups" };
      return third === undefined ? { kind: "group", group: second } : objectsPath(second, third, rest);
    default:
      return undefined;
  }
}

function objectsPath(group: string, version: string, segments: readonly string[]): RequestPath | undefined {
  if (segments.length === 0) return { kind: "resources", group, version };
  const [first, second, third] = segments;
  // `namespaces/x` alone is the Namespace itself, and so are its subresources.
  const within = first === "namespaces" && second !== undefined && third !== undefined && !(third === "status" || third === "finalize");
  const [plural, name, subresource, ...more] = within ? segments.slice(2) : segments;
  if (plural === undefined || more.length > 0) return undefined;
  return { kind: "objects", group, version, plural, namespace: within ? second : undefined, name, subresource };
}
