import type { StatusCause } from "../api/api-status-error.ts";
import { fieldSchema, isFields, type CompiledSchema, type ValidationRule } from "./compiled-schema.ts";
import { invalidPart, invalidValue, noField } from "./field-causes.ts";
import { CelError, compileCel } from "./cel.ts";
import { areDifferent } from "./unique-items.ts";

/** Values that break an `x-kubernetes-validations` rule. The few forms that Cluster API's schemas use are recognised by their text, which is quicker; others are evaluated. */
export function brokenRules(schema: CompiledSchema, value: unknown, previous: unknown, path: string, found: StatusCause[]): void {
  if (value === previous || !schema.hasRules || value === undefined || value === null) return;
  for (const rule of schema.rules) {
    const failure = failureOf(rule, value, previous);
    if (failure === undefined) continue;
    const message = failure === "" ? (rule.message ?? `failed rule: ${rule.rule}`) : failure;
    found.push(typeof value === "object" ? invalidPart(path, message) : invalidValue(path, value, message));
  }
  const { items } = schema;
  if (Array.isArray(value)) {
    const before: readonly unknown[] = Array.isArray(previous) ? previous : [];
    if (items?.hasRules === true) value.forEach((item, index) => brokenRules(items, item, before[index], `${path}[${index}]`, found));
  } else if (isFields(value)) {
    const before = isFields(previous) ? previous : undefined;
    for (const name in value) {
      if (value[name] === before?.[name]) continue;
      const below = fieldSchema(schema, name);
      if (below?.hasRules === true) brokenRules(below, value[name], before?.[name], path === "" ? name : `${path}.${name}`, found);
    }
  }
}

/** Told instead of the rules when the object has mistakes of a kind that could mislead them. */
export const rulesNotChecked: StatusCause = invalidValue(
  noField,
  null,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
);

const blocking = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

export function blocksRules({ reason }: StatusCause): boolean {
  return reason !== undefined && blocking.has(reason);
}

type Predicate = (value: unknown, previous: unknown) => boolean;

/** Undefined: it holds. Empty: it does not. Else why it could not be evaluated, in an API server's words. */
function failureOf(rule: ValidationRule, value: unknown, previous: unknown): string | undefined {
  try {
    return predicateOf(rule)(value, previous) ? undefined : "";
  } catch (error) {
    if (error instanceof CelError) return `${error.message} evaluating rule: ${rule.message ?? rule.rule}`;
    throw error;
  }
}

const predicates = new Map<string, Predicate>();

function predicateOf({ rule }: ValidationRule): Predicate {
  let known = predicates.get(rule);
  if (known === undefined) {
    known = recognised(rule);
    predicates.set(rule, known);
  }
  return known;
}

const forms: readonly { readonly form: RegExp; readonly predicate: (match: readonly string[]) => Predicate }[] = [
  {
    form: /^self\.all\(x, self\.exists_one\(y, x == y\)\)$/,
    predicate: () => (value) => !Array.isArray(value) || areDifferent(value),
  },
  {
    form: /^self\.all\(x, self\.exists_one\(y, x\.(\w+) == y\.\1\)\)$/,
    predicate:
      ([, field = ""]) =>
      (value) =>
        !Array.isArray(value) || areDifferent(value.map((item: unknown) => (isFields(item) ? item[field] : undefined))),
  },
  {
    form: /^!\(self in \[((?:'[^']*',?)*)\]\)$/,
    predicate: ([, list = ""]) => {
      const refused = new Set([...list.matchAll(/'([^']*)'/g)].map(([, each]) => each));
      return (value) => !refused.has(String(value));
    },
  },
  {
    form: /^self\.matches\('([^']*)'\)$/,
    predicate: ([, pattern = ""]) => {
      const expression = new RegExp(pattern, "u");
      return (value) => expression.test(String(value));
    },
  },
  {
    form: /^\[((?:has\(self\.\w+\),?)*)\]\.filter\(x,x==true\)\.size\(\) == 1$/,
    predicate: ([, list = ""]) => {
      const fields = [...list.matchAll(/self\.(\w+)/g)].map(([, field]) => field ?? "");
      return (value) => !isFields(value) || fields.filter((field) => value[field] !== undefined).length === 1;
    },
  },
];

/** Rules of other forms are a mistake in what is bundled, and passed over in kinds that somebody defines. */
export function isUnderstood(rule: string): boolean {
  return forms.some(({ form }) => form.test(rule));
}

function recognised(rule: string): Predicate {
  for (const { form, predicate } of forms) {
    const match = form.exec(rule);
    if (match !== null) return predicate(match);
  }
  const holds = compileCel(rule);
  // A rule of transitions says nothing of what is new.
  const ofTransition = /\boldSelf\b/.test(rule);
  return (value, previous) => (ofTransition && previous === undefined) || holds({ self: value, oldSelf: previous }) === true;
}
