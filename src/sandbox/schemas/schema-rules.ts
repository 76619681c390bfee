import { invalid, type StatusCause } from "../api/api-status-error.ts";
import type { ObjectRules } from "../api/objects.ts";
import { storageSchema, type ResourceType, type Schema } from "../api/resource-type.ts";
import { valuesAt } from "../api/table.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { rootSchema } from "./compiled-schema.ts";
import { invalidValue } from "./field-causes.ts";
import { pruneUnknown } from "./prune-unknown.ts";
import { duplicateItems } from "./unique-items.ts";
import { validateSchema } from "./validate-schema.ts";
import { blocksRules, brokenRules, rulesNotChecked } from "./validation-rules.ts";

type SchemaRules = NonNullable<ObjectRules["schema"]>;

/**
 * What an API server does with an object by its schema, in storage versions: unknown fields go, defaults come, and what breaks the schema is refused (422). What a write leaves as it was costs
 * little: parts that are the very values of the object before are passed over.
 */
export const schemaRules: SchemaRules = (type, given, previous) => {
  const object = schemaFields(type, given, previous);
  refuseBrokenSchema(type, object, previous);
  return object;
};

/** The first half, as a server does it when it reads what was sent: pruning and defaults. Kinds that are built in have no defaults here: theirs are code. */
export const schemaFields: SchemaRules = (type, given, previous) => {
  const schema = storageSchema(type);
  if (schema === undefined) return given;
  const { object } = pruneUnknown(schema, given, previous);
  return isBuiltIn(type) ? object : applyDefaults(schema, object, previous);
};

/** The second half, which comes after the mutating webhooks, and before the validating ones. Throws a 422. Kinds that are built in are not checked: their rules are code. */
export function refuseBrokenSchema(type: ResourceType, object: StoredObject, previous: StoredObject | undefined): void {
  const schema = storageSchema(type);
  if (schema === undefined || isBuiltIn(type)) return;
  const causes = errorsOf(type, schema, object, previous);
  if (causes.length > 0) throw invalid(type, object.metadata.name, causes);
}

function errorsOf(type: ResourceType, schema: Schema, object: StoredObject, previous: StoredObject | undefined): readonly StatusCause[] {
  const status = object["status"];
  const found: StatusCause[] = [];
  if (type.hasStatus && previous !== undefined && status !== previous["status"]) {
    if (status !== undefined) found.push(...statusErrors(schema, status, previous["status"]));
  } else {
    found.push(...validateSchema(schema, object, previous));
    found.push(...replicaErrors(type.scale?.specReplicasPath, object));
  }
  found.push(...replicaErrors(type.scale?.statusReplicasPath, object));
  const root = rootSchema(schema);
  duplicateItems(root, object, previous, "", found);
  if (!root.hasRules) return found;
  if (found.some(blocksRules)) return [...found, rulesNotChecked];
  brokenRules(root, object, previous, "", found);
  return found;
}

/** A status is checked by its own schema: messages do not tell that it is the status, causes do. */
function statusErrors(schema: Schema, status: unknown, previous: unknown): readonly StatusCause[] {
  const properties = schema["properties"] as Readonly<Record<string, Schema>> | undefined;
  const below = properties?.["status"];
  return below === undefined ? [] : validateSchema(below, status, previous, "status");
}

function replicaErrors(path: string | undefined, object: unknown): readonly StatusCause[] {
  const replicas = path === undefined ? undefined : valuesAt(object, path)[0];
  return path !== undefined && typeof replicas === "number" && replicas < 0
    ? [invalidValue(path, replicas, "should be a non-negative integer")]
    : [];
}

function isBuiltIn({ group }: ResourceType): boolean {
  return !group.includes(".") || group.endsWith(".k8s.io");
}
