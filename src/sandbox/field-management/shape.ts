import type { Schema } from "../api/resource-type.ts";

/** What a schema says about merging: which lists are sets or have keys, which maps and lists are one value, which fields have names (kube-openapi schemaconv). */
export interface Shape {
  readonly atomicMap: boolean;
  readonly list: "atomic" | "set" | "map";
  /** Sorted, with the defaults that stand in for keys left out. */
  readonly keys: readonly { readonly name: string; readonly default: unknown }[];
  /** Fields with names, made when they are asked for. */
  readonly named: ReadonlyMap<string, Schema> | "all";
  readonly fields: Map<string, Shape>;
  /** What other fields of a map look like; undefined: there may be none. */
  readonly element: Shape | undefined;
  readonly item: Shape;
  /** Of a value that is no map and no list; undefined: any. */
  readonly scalar: "numeric" | "string" | "boolean" | undefined;
  /** Whether the schema says of what type it is; a value of another is refused when it is applied. */
  readonly type: string | undefined;
}

/** Anything: maps are merged, lists are one value. */
const deduced: Shape = {
  atomicMap: false,
  list: "atomic",
  keys: [],
  named: new Map(),
  fields: new Map(),
  get element(): Shape {
    return deduced;
  },
  get item(): Shape {
    return deduced;
  },
  scalar: undefined,
  type: undefined,
};

const text = { type: "string" };
const texts = { type: "object", additionalProperties: text };
const anything = { "x-kubernetes-preserve-unknown-fields": true };

/** metav1.ObjectMeta: what a CRD says about metadata is replaced by it. */
export const objectMetaSchema: Schema = {
  type: "object",
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: { type: "integer" },
    creationTimestamp: anything,
    deletionTimestamp: anything,
    deletionGracePeriodSeconds: { type: "integer" },
    labels: texts,
    annotations: texts,
    ownerReferences: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["uid"],
      items: { type: "object", "x-kubernetes-map-type": "atomic" },
    },
    finalizers: { type: "array", "x-kubernetes-list-type": "set", items: text },
    managedFields: { type: "array", "x-kubernetes-list-type": "atomic" },
  },
};

const shapes = new WeakMap<Schema, Shape>();
const roots = new WeakMap<Schema, Shape>();

const objectMetaShape = shapeOf(objectMetaSchema, false);

/** Of a whole object. Without a schema all its fields have names, and are anything. */
export function rootShape(schema: Schema | undefined): Shape {
  if (schema === undefined) return schemaless;
  let shape = roots.get(schema);
  if (shape === undefined) {
    shape = shapeOf({ ...schema, "x-kubernetes-embedded-resource": true }, false);
    roots.set(schema, shape);
  }
  return shape;
}

const schemaless: Shape = { ...deduced, named: "all", fields: new Map([["metadata", objectMetaShape]]), element: deduced, item: deduced };

export function isNamed(shape: Shape, field: string): boolean {
  return shape.named === "all" || shape.named.has(field);
}

/** Shape of a field; of one that may not be there: as if it were anything. */
export function fieldShape(shape: Shape, field: string): Shape {
  const known = shape.fields.get(field);
  if (known !== undefined) return known;
  if (shape.named === "all") return deduced;
  const schema = shape.named.get(field);
  if (schema === undefined) return shape.element ?? deduced;
  const made = shapeOf(schema, shape.element === deduced && shape.named.size > 0);
  shape.fields.set(field, made);
  return made;
}

/**
 * An empty value of a Go type, as its OpenAPI schema tells it: structs that are no pointers have `default: {}`, lists that are not left out when they are empty are required. Without a schema:
 * spec and status.
 */
export function emptyStruct(schema: Schema | undefined): Readonly<Record<string, unknown>> {
  if (schema === undefined) return schemalessStruct;
  let struct = structs.get(schema);
  if (struct === undefined) {
    struct = structOf(schema);
    structs.set(schema, struct);
  }
  return struct;
}

const structs = new WeakMap<Schema, Readonly<Record<string, unknown>>>();
const schemalessStruct = { spec: {}, status: {} };

function structOf(schema: Schema): Readonly<Record<string, unknown>> {
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields = Object.entries(schema["properties"] ?? {}).filter((entry): entry is [string, Schema] => isSchema(entry[1]));
  return Object.fromEntries(
    fields.flatMap(([field, each]): [string, unknown][] => {
      if (each["type"] === "array" && required.includes(field)) return [[field, null]];
      return each["type"] === "object" && isSchema(each["default"]) ? [[field, structOf(each)]] : [];
    }),
  );
}

function shapeOf(schema: Schema, unknownAbove: boolean): Shape {
  const known = shapes.get(schema);
  if (known !== undefined) return known;
  const items = isSchema(schema["items"]) ? schema["items"] : undefined;
  const properties = new Map(Object.entries(schema["properties"] ?? {}).filter((entry): entry is [string, Schema] => isSchema(entry[1])));
  if (schema["x-kubernetes-embedded-resource"] === true) {
    properties.set("apiVersion", text).set("kind", text).set("metadata", objectMetaSchema);
  }
  const preserved = unknownAbove || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const shape: Shape = {
    atomicMap: schema["x-kubernetes-map-type"] === "atomic",
    ...listShape(schema, items),
    named: properties,
    fields: new Map(),
    element: elementShape(schema, properties, preserved),
    item: items === undefined ? deduced : shapeOf(items, preserved),
    scalar: scalarOf(schema),
    type: typeof schema["type"] === "string" ? schema["type"] : undefined,
  };
  shapes.set(schema, shape);
  return shape;
}

function elementShape(schema: Schema, properties: ReadonlyMap<string, Schema>, preserved: boolean): Shape | undefined {
  const additional = schema["additionalProperties"];
  if (isSchema(additional)) return shapeOf(additional, preserved);
  if (additional === true) return deduced;
  if (additional === false) return undefined;
  return preserved || properties.size === 0 || schema["type"] === undefined ? deduced : undefined;
}

function listShape(schema: Schema, items: Schema | undefined): Pick<Shape, "list" | "keys"> {
  const keyed = (names: readonly string[]): Pick<Shape, "list" | "keys"> => {
    const properties = items?.["properties"];
    const fields = isSchema(properties) ? properties : {};
    const defaultOf = (name: string): unknown => (isSchema(fields[name]) ? fields[name]["default"] : undefined);
    return { list: "map", keys: [...names].sort().map((name) => ({ name, default: defaultOf(name) })) };
  };
  switch (schema["x-kubernetes-list-type"]) {
    case "map": {
      const names = schema["x-kubernetes-list-map-keys"];
      return Array.isArray(names) ? keyed(names.map(String)) : { list: "atomic", keys: [] };
    }
    case "set":
      return { list: "set", keys: [] };
    case undefined: {
      const strategy = schema["x-kubernetes-patch-strategy"];
      if (strategy !== "merge" && strategy !== "merge,retainKeys") return { list: "atomic", keys: [] };
      const key = schema["x-kubernetes-patch-merge-key"];
      return typeof key === "string" ? keyed([key]) : { list: "set", keys: [] };
    }
    default:
      return { list: "atomic", keys: [] };
  }
}

function scalarOf(schema: Schema): Shape["scalar"] {
  switch (schema["type"]) {
    case "integer":
    case "number":
      return "numeric";
    case "string":
      return schema["format"] === undefined || schema["format"] === "byte" ? "string" : undefined;
    case "boolean":
      return "boolean";
    default:
      return undefined;
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
