import { leaf, nodeOf, type FieldSet } from "./field-set.ts";
import { goSyntax, goText, goType } from "./go-text.ts";
import { elementText, fieldElement, isMap, itemElement } from "./path-element.ts";
import { fieldShape, isNamed, type Shape } from "./shape.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The fields that somebody claims who applies this: leaves, items of lists, and keys of maps; but not the named fields above them. `skip` leaves fields of the outermost map out. */
export function appliedFields(shape: Shape, map: Fields, skip?: (field: string) => boolean): FieldSet | undefined {
  const children: Record<string, FieldSet> = {};
  for (const [field, value] of Object.entries(map)) {
    if (value === undefined || skip?.(field) === true) continue;
    const below = fieldsOf(fieldShape(shape, field), value);
    const itself = value === null || (isMap(value) && Object.keys(value).length === 0) || !isNamed(shape, field);
    const node = itself ? withSelf(below) : below;
    if (node !== undefined) children[fieldElement(field)] = node;
  }
  return nodeOf(false, children);
}

function fieldsOf(shape: Shape, value: unknown): FieldSet | undefined {
  if (isMap(value)) return shape.atomicMap ? leaf : appliedFields(shape, value);
  if (!Array.isArray(value) || shape.list === "atomic") return leaf;
  const children: Record<string, FieldSet> = {};
  for (const item of value) children[itemElement(shape, item) ?? ""] = withSelf(fieldsOf(shape.item, item));
  return nodeOf(false, children);
}

function withSelf(set: FieldSet | undefined): FieldSet {
  return set === undefined || Object.keys(set).length === 0 ? leaf : { ".": leaf, ...set };
}

/** The set with the named fields above its members: `spec` and `spec.template` too, of a set that has only `spec.template.x`. */
export function withNamedFields(shape: Shape, set: FieldSet): FieldSet {
  const children: Record<string, FieldSet> = {};
  for (const [element, child] of Object.entries(set)) {
    const field = element.startsWith("f:") ? element.slice(2) : undefined;
    if (element === "." || Object.keys(child).length === 0) {
      children[element] = child;
      continue;
    }
    const below = withNamedFields(field === undefined ? shape.item : fieldShape(shape, field), child);
    children[element] = field !== undefined && isNamed(shape, field) ? withSelf(below) : below;
  }
  return children;
}

/** What is wrong with an applied object, as structured-merge-diff tells it: `.spec.variables: duplicate entries for key [name="a"]`. */
export function appliedErrors(shape: Shape, value: unknown, path = ""): readonly string[] {
  if (value === null || value === undefined) return [];
  if (isMap(value)) {
    if (shape.scalar !== undefined || shape.type === "array") return [`${path}: ${expected(shape, value)}`];
    // Nothing is looked at after a field that does not exist.
    const unknown = shape.element === undefined ? Object.keys(value).findIndex((field) => !isNamed(shape, field)) : -1;
    const entries = Object.entries(value);
    const errors = entries
      .slice(0, unknown < 0 ? entries.length : unknown)
      .flatMap(([field, each]) => appliedErrors(fieldShape(shape, field), each, `${path}.${field}`));
    return unknown < 0 ? errors : [...errors, `${path}.${entries[unknown]![0]}: field not declared in schema`];
  }
  if (Array.isArray(value)) {
    if (shape.scalar !== undefined || shape.type === "object") return [`${path}: ${expected(shape, value)}`];
    const seen = new Set<string>();
    return value.flatMap((item, index) => {
      if (shape.list === "atomic") return appliedErrors(shape.item, item, `${path}[${index}]`);
      const element = itemElement(shape, item);
      if (element === undefined) return [`${path}: element ${index}: ${withoutKey(shape, item)}`];
      const repeated = seen.has(element) ? [`${path}: duplicate entries for key ${elementText(element)}`] : [];
      seen.add(element);
      return [...repeated, ...appliedErrors(shape.item, item, `${path}${elementText(element)}`)];
    });
  }
  const matches = shape.scalar === undefined ? shape.type !== "object" && shape.type !== "array" : kindOf(value) === shape.scalar;
  return matches ? [] : [`${path}: ${expected(shape, value)}`];
}

function withoutKey({ keys }: Shape, item: unknown): string {
  if (item === null) return "associative list with keys may not have a null element";
  if (!isMap(item)) return "associative list with keys may not have non-map elements";
  const names = keys.map(({ name }) => JSON.stringify(name)).join(" ");
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`;
}

function expected(shape: Shape, value: unknown): string {
  switch (shape.scalar) {
    case "numeric":
      return `expected numeric (int or float), got ${goType(value)}`;
    case "string":
      return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case "boolean":
      return `expected boolean, got &{${goText(value)}}`;
    case undefined:
      return `expected ${shape.type === "array" ? "list" : "map"}, got &{${goText(value)}}`;
  }
}

function kindOf(value: unknown): string {
  return typeof value === "number" ? "numeric" : typeof value;
}
