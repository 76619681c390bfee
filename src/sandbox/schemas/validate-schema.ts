import type { StatusCause } from "../api/api-status-error.ts";
import type { Schema } from "../api/resource-type.ts";
import { fieldSchema, isFields, rootSchema, type CompiledSchema, type Fields } from "./compiled-schema.ts";
import { invalidType, invalidValue, noField, requiredValue, tooLong, tooMany, unsupportedValue } from "./field-causes.ts";
import { hasFormat, hasType, typeError } from "./value-types.ts";
import { oncePerObject } from "../store/once-per-object.ts";

/**
 * What is wrong with the object by its schema, with the texts of kube-apiserver (kube-openapi pkg/validation; apiextensions-apiserver kubeOpenAPIResultToFieldErrors). Parts of `previous` that are
 * still in place are not looked at again. `below`: the field that the value is, when it is not the whole object; messages do not name it, causes do, as with the real one.
 */
export function validateSchema(schema: Schema, object: unknown, previous?: unknown, below?: string): readonly StatusCause[] {
  const found: StatusCause[] = [];
  visit(below === undefined ? withoutMetadata(schema) : rootSchema(schema), object, previous, "", found);
  return below === undefined ? found : found.map((cause) => underField(below, cause));
}

/** The root's metadata has rules of its own. */
const withoutMetadata = oncePerObject((schema: Schema): CompiledSchema => {
  const root = rootSchema(schema);
  return { ...root, properties: new Map([...root.properties].filter(([name]) => name !== "metadata")) };
});

function underField(below: string, cause: StatusCause): StatusCause {
  if (cause.field === noField) return { ...cause, field: below };
  return { ...cause, field: cause.field === "" ? below : `${below}.${cause.field ?? ""}` };
}

/** In the order of kube-openapi's validators; each of them has its say, whatever the others found. */
function visit(schema: CompiledSchema, value: unknown, previous: unknown, path: string, found: StatusCause[]): void {
  if (value === previous && value !== undefined) return;
  if (!hasType(schema, value)) {
    const error = typeError(schema, value, path);
    if (error !== undefined) found.push(error);
  }
  if (value !== null && schema.anyOf.length > 0) checkAlternatives(schema, value, path, found);
  if (typeof value === "string") checkText(schema, value, path, found);
  else if (typeof value === "number") checkNumber(schema, value, path, found);
  else if (Array.isArray(value)) checkList(schema, value, Array.isArray(previous) ? previous : [], path, found);
  if (schema.enum !== undefined && !schema.enum.includes(value)) found.push(unsupportedValue(fieldOf(path), value, schema.enum));
  if (typeof value === "object" && isFields(value)) checkFields(schema, value, isFields(previous) ? previous : undefined, path, found);
}

/** `x-kubernetes-int-or-string` goes together with an anyOf of the two. */
function checkAlternatives({ anyOf }: CompiledSchema, value: unknown, path: string, found: StatusCause[]): void {
  let first: readonly StatusCause[] | undefined;
  for (const each of anyOf) {
    const failures: StatusCause[] = [];
    visit(each, value, undefined, path, failures);
    if (failures.length === 0) return;
    first ??= failures;
  }
  if (first !== undefined)
    found.push(invalidValue(noField, "", `${JSON.stringify(path)} must validate at least one schema (anyOf)`), ...first);
}

/** The first that is broken counts. */
function checkText(schema: CompiledSchema, value: string, path: string, found: StatusCause[]): void {
  const { minLength, maxLength, pattern } = schema;
  const field = fieldOf(path);
  if (maxLength !== undefined && value.length > maxLength && characters(value) > maxLength) found.push(tooLong(field, maxLength));
  else if (minLength !== undefined && value.length < 2 * minLength && characters(value) < minLength) {
    found.push(invalidValue(field, value, `${path} in body should be at least ${minLength} chars long`));
  } else if (pattern !== undefined && !pattern.expression.test(value)) {
    found.push(invalidValue(field, value, `${path} in body should match '${pattern.text}'`));
  }
  if (!hasFormat(schema.format, value)) {
    found.push(invalidType(field, value, `${path} in body must be of type ${schema.format ?? ""}: ${JSON.stringify(value)}`));
  }
}

function characters(text: string): number {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
}

const int32 = 2 ** 31;

function checkNumber(schema: CompiledSchema, value: number, path: string, found: StatusCause[]): void {
  const { minimum, maximum, format, type } = schema;
  if (type === "integer" && (!Number.isInteger(value) || (format === "int32" && (value >= int32 || value < -int32)))) {
    const wanted = format === undefined ? "(default format)" : `with format ${format}`;
    found.push(invalidValue(noField, "", `Checked value must be of type integer ${wanted} in ${path}`));
  }
  if (minimum !== undefined && value < minimum) {
    found.push(invalidValue(fieldOf(path), value, `${path} in body should be greater than or equal to ${minimum}`));
  }
  if (maximum !== undefined && value > maximum) {
    found.push(invalidValue(fieldOf(path), value, `${path} in body should be less than or equal to ${maximum}`));
  }
}

function checkList(
  schema: CompiledSchema,
  list: readonly unknown[],
  previous: readonly unknown[],
  path: string,
  found: StatusCause[],
): void {
  const { items, minItems, maxItems } = schema;
  if (items !== undefined) {
    for (const [index, item] of list.entries())
      if (item !== previous[index]) visit(items, item, previous[index], `${path}[${index}]`, found);
  }
  if (minItems !== undefined && list.length < minItems) {
    found.push(invalidValue(fieldOf(path), list.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && list.length > maxItems) found.push(tooMany(fieldOf(path), list.length, maxItems));
}

function checkFields(schema: CompiledSchema, fields: Fields, previous: Fields | undefined, path: string, found: StatusCause[]): void {
  const { minProperties, maxProperties, required } = schema;
  const names = Object.keys(fields);
  if (minProperties !== undefined && names.length < minProperties) {
    found.push(invalidValue(fieldOf(path), names.length, `${path} in body should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && names.length > maxProperties) found.push(tooMany(fieldOf(path), names.length, maxProperties));
  for (const name of names) {
    const [value, before] = [fields[name], previous?.[name]];
    if (value === before && value !== undefined) continue;
    const below = fieldSchema(schema, name);
    if (below !== undefined) visit(below, value, before, path === "" ? name : `${path}.${name}`, found);
  }
  for (const name of required) {
    if (fields[name] === undefined) found.push(requiredValue(path === "" ? name : `${path}.${name}`));
  }
}

/** The root has no name. */
function fieldOf(path: string): string {
  return path === "" ? noField : path;
}
