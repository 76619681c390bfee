import type { Schema } from "../api/resource-type.ts";
import { oncePerObject } from "../store/once-per-object.ts";

/** A schema in the form in which objects are held against it many times. Schemas that are one value are compiled once. */
export interface CompiledSchema {
  readonly type: string | undefined;
  readonly intOrString: boolean;
  readonly nullable: boolean;
  readonly format: string | undefined;
  readonly properties: ReadonlyMap<string, CompiledSchema>;
  readonly required: readonly string[];
  /** Of fields without a name of their own. */
  readonly additional: CompiledSchema | undefined;
  readonly items: CompiledSchema | undefined;
  readonly anyOf: readonly CompiledSchema[];
  /** Fields that nobody declared stay. */
  readonly preserves: boolean;
  /** apiVersion, kind and metadata stay. */
  readonly embedded: boolean;
  readonly default: unknown;
  /** Fields that have one. */
  readonly defaultFields: readonly { readonly name: string; readonly value: unknown }[];
  /** Here or below. */
  readonly hasDefaults: boolean;
  readonly hasRules: boolean;
  readonly hasUniqueItems: boolean;
  readonly enum: readonly unknown[] | undefined;
  readonly pattern: { readonly text: string; readonly expression: RegExp } | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  readonly minProperties: number | undefined;
  readonly maxProperties: number | undefined;
  readonly listType: "set" | "map" | undefined;
  readonly listMapKeys: readonly string[];
  readonly rules: readonly ValidationRule[];
}

/** An entry of `x-kubernetes-validations`. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
}

export type Fields = Readonly<Record<string, unknown>>;

export const compiledSchema = oncePerObject(compile);

/** Of a whole object. */
export const rootSchema = oncePerObject((schema: Schema): CompiledSchema => ({ ...compiledSchema(schema), embedded: true }));

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of a field; undefined when the schema does not know it. */
export function fieldSchema(schema: CompiledSchema, name: string): CompiledSchema | undefined {
  return schema.properties.get(name) ?? schema.additional;
}

function compile(schema: Schema): CompiledSchema {
  const properties = new Map(Object.entries(fieldsOf(schema["properties"])).map(([name, each]) => [name, compiledSchema(fieldsOf(each))]));
  const additional = schema["additionalProperties"];
  const below = [
    ...properties.values(),
    ...(isFields(additional) ? [compiledSchema(additional)] : []),
    ...(isFields(schema["items"]) ? [compiledSchema(schema["items"])] : []),
  ];
  const rules = listOf(schema["x-kubernetes-validations"]) as readonly ValidationRule[];
  const listType = schema["x-kubernetes-list-type"];
  const isUnique = listType === "set" || listType === "map";
  const pattern = textOf(schema["pattern"]);
  return {
    type: textOf(schema["type"]),
    intOrString: schema["x-kubernetes-int-or-string"] === true,
    nullable: schema["nullable"] === true,
    format: textOf(schema["format"]),
    properties,
    required: listOf(schema["required"]).map(String),
    additional: isFields(additional) ? compiledSchema(additional) : additional === true ? anything : undefined,
    items: isFields(schema["items"]) ? compiledSchema(schema["items"]) : undefined,
    anyOf: listOf(schema["anyOf"]).map((each) => compiledSchema(fieldsOf(each))),
    preserves: schema["x-kubernetes-preserve-unknown-fields"] === true,
    embedded: schema["x-kubernetes-embedded-resource"] === true,
    default: schema["default"],
    defaultFields: [...properties].flatMap(([name, each]) => (each.default === undefined ? [] : [{ name, value: each.default }])),
    hasDefaults: schema["default"] !== undefined || below.some(({ hasDefaults }) => hasDefaults),
    hasRules: rules.length > 0 || below.some(({ hasRules }) => hasRules),
    hasUniqueItems: isUnique || below.some(({ hasUniqueItems }) => hasUniqueItems),
    enum: Array.isArray(schema["enum"]) ? schema["enum"] : undefined,
    // Go's expressions (RE2) are JavaScript's, as far as Cluster API's schemas go.
    pattern: pattern === undefined ? undefined : { text: pattern, expression: new RegExp(pattern, "u") },
    minLength: numberOf(schema["minLength"]),
    maxLength: numberOf(schema["maxLength"]),
    minimum: numberOf(schema["minimum"]),
    maximum: numberOf(schema["maximum"]),
    minItems: numberOf(schema["minItems"]),
    maxItems: numberOf(schema["maxItems"]),
    minProperties: numberOf(schema["minProperties"]),
    maxProperties: numberOf(schema["maxProperties"]),
    listType: isUnique ? listType : undefined,
    listMapKeys: listOf(schema["x-kubernetes-list-map-keys"]).map(String),
    rules,
  };
}

const anything = compile({ "x-kubernetes-preserve-unknown-fields": true });

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
