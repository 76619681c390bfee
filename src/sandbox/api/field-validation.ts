import type { GivenObject } from "../store/stored-object.ts";
import { badRequest } from "./api-status-error.ts";
import type { FieldValidation } from "./request-options.ts";
import type { ResourceType, Schema } from "./resource-type.ts";

const metadataFields = new Set([
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
]);

/** Paths of fields that the schema does not know, as `fieldValidation` tells them; sorted. */
export function unknownFields({ versions }: ResourceType, version: string, object: GivenObject): readonly string[] {
  const schema = versions.find(({ name }) => name === version)?.schema;
  const found: string[] = [];
  for (const name of Object.keys(object.metadata ?? {})) if (!metadataFields.has(name)) found.push(`metadata.${name}`);
  if (schema !== undefined) {
    const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = object;
    collect(schema, rest, "", found);
  }
  return found.sort();
}

/** Throws a 400 when unknown fields are not wanted. */
export function refuseUnknownFields({ kind }: ResourceType, version: string, unknown: readonly string[]): void {
  if (unknown.length === 0) return;
  throw badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${strictDecodingError(unknown)}`);
}

export function strictDecodingError(unknown: readonly string[]): string {
  return `strict decoding error: ${unknown.map((path) => `unknown field ${JSON.stringify(path)}`).join(", ")}`;
}

/** The header that tells of them, or nothing. */
export function unknownFieldWarnings(
  validation: FieldValidation,
  unknown: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (validation !== "Warn" || unknown.length === 0) return undefined;
  return { warning: unknown.map((path) => `299 - "unknown field \\"${path}\\""`).join(", ") };
}

function collect(schema: Schema, value: unknown, path: string, found: string[]): void {
  if (Array.isArray(value)) {
    const items = schema["items"] as Schema | undefined;
    if (items !== undefined) value.forEach((item, index) => collect(items, item, `${path}[${index}]`, found));
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  const others = schema["additionalProperties"];
  const takesAll = schema["x-kubernetes-preserve-unknown-fields"] === true || others === true;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  for (const [name, inner] of Object.entries(value)) {
    if (embedded && (name === "apiVersion" || name === "kind" || name === "metadata")) continue;
    const place = path === "" ? name : `${path}.${name}`;
    const part = Object.hasOwn(properties, name) ? properties[name]! : typeof others === "object" ? (others as Schema) : undefined;
    if (part !== undefined) collect(part, inner, place, found);
    else if (!takesAll) found.push(place);
  }
}
