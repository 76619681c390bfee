import { sameJson } from "../../../store/same-json.ts";
import { ReconcileError } from "../../controller-runtime.ts";
import { compareReleases, parseVersion } from "../semantic-version.ts";
import type { Expression } from "./template-parser.ts";

export type Scope = Readonly<Record<string, unknown>>;

/** The value of an expression. Fields that are not there are nothing, as in maps of a Go template. */
export function evaluate(expression: Expression, dot: unknown, root: Scope): unknown {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "field":
      return field(expression.fromRoot ? root : dot, expression.path);
    case "pipeline": {
      const [first, ...rest] = expression.steps;
      return rest.reduce<unknown>((value, step) => pipe(step, value, dot, root), evaluate(first!, dot, root));
    }
    case "call":
      return call(expression.name, expression.arguments, undefined, dot, root);
  }
}

/** As `print` writes it. */
export function printed(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  if (Array.isArray(value)) return `[${value.map(printed).join(" ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `map[${entries.map(([name, each]) => `${name}:${printed(each)}`).join(" ")}]`;
  }
  // What is left is text, a number or a boolean.
  return `${value as string | number | boolean}`;
}

function field(from: unknown, path: readonly string[]): unknown {
  let value = from;
  for (const name of path) {
    if (value === undefined || value === null) {
      throw new ReconcileError(`failed to render template: nil pointer evaluating interface {}.${name}`);
    }
    value = (value as Scope)[name];
  }
  return value;
}

/** What comes through the pipe is the last argument. */
function pipe(step: Expression, value: unknown, dot: unknown, root: Scope): unknown {
  if (step.kind !== "call") throw new ReconcileError("failed to parse template: non executable command in pipeline");
  return call(step.name, step.arguments, { value }, dot, root);
}

function call(
  name: string,
  given: readonly Expression[],
  piped: { readonly value: unknown } | undefined,
  dot: unknown,
  root: Scope,
): unknown {
  // These look at the next argument only when they must.
  if (name === "and" || name === "or") {
    let last: unknown;
    for (const argument of given) {
      last = evaluate(argument, dot, root);
      if (isTrue(last) === (name === "or")) return last;
    }
    return piped === undefined ? last : piped.value;
  }
  const known = functions[name];
  if (known === undefined) throw new ReconcileError(`failed to parse template: function ${JSON.stringify(name)} not defined`);
  return known(...given.map((argument) => evaluate(argument, dot, root)), ...(piped === undefined ? [] : [piped.value]));
}

/** As Go templates see it: empty is false. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

type Call = (...values: readonly unknown[]) => unknown;

const text =
  (change: (value: string) => unknown): Call =>
  (value) =>
    change(printed(value));
const compared =
  (test: (difference: number) => boolean): Call =>
  (one, other) =>
    test(Number(one) - Number(other));

const functions: Readonly<Record<string, Call>> = {
  eq: (one, ...others) => others.some((other) => sameJson(one, other)),
  ne: (one, other) => !sameJson(one, other),
  not: (value) => !isTrue(value),
  lt: compared((difference) => difference < 0),
  le: compared((difference) => difference <= 0),
  gt: compared((difference) => difference > 0),
  ge: compared((difference) => difference >= 0),
  len: (value) => (typeof value === "string" ? value.length : Object.keys((value as object | undefined) ?? {}).length),
  index: (value, ...keys) =>
    keys.reduce<unknown>((from, key) => (from as Readonly<Record<string | number, unknown>> | undefined)?.[key as string], value),
  empty: (value) => !isTrue(value),
  default: (other, value) => (isTrue(value) ? value : other),
  ternary: (yes, no, test) => (test === true ? yes : no),
  replace: (from, to, value) => printed(value).replaceAll(printed(from), printed(to)),
  contains: (part, value) => printed(value).includes(printed(part)),
  hasPrefix: (part, value) => printed(value).startsWith(printed(part)),
  hasSuffix: (part, value) => printed(value).endsWith(printed(part)),
  trimPrefix: (part, value) => withoutPrefix(printed(value), printed(part)),
  trimSuffix: (part, value) => (printed(value).endsWith(printed(part)) ? printed(value).slice(0, -printed(part).length) : value),
  trim: text((value) => value.trim()),
  upper: text((value) => value.toUpperCase()),
  lower: text((value) => value.toLowerCase()),
  quote: text((value) => JSON.stringify(value)),
  squote: text((value) => `'${value}'`),
  int: (value) => Math.trunc(Number(value)),
  toString: text((value) => value),
  toJson: (value) => JSON.stringify(value),
  join: (separator, values) => (values as readonly unknown[]).map(printed).join(printed(separator)),
  indent: (count, value) => printed(value).replace(/^/gm, " ".repeat(Number(count))),
  nindent: (count, value) => `\n${printed(value).replace(/^/gm, " ".repeat(Number(count)))}`,
  printf: (format, ...values) => formatted(printed(format), values),
  add: (...values) => values.reduce<number>((sum, value) => sum + Number(value), 0),
  sub: (one, other) => Number(one) - Number(other),
  list: (...values) => values,
  has: (item, values) => (values as readonly unknown[]).some((value) => sameJson(value, item)),
  semverCompare: (constraint, version) => satisfies(printed(constraint), printed(version)),
};

function withoutPrefix(value: string, part: string): string {
  return value.startsWith(part) ? value.slice(part.length) : value;
}

function formatted(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%[sdvq%]/g, (verb) => {
    if (verb === "%%") return "%";
    const value = printed(values[next++]);
    return verb === "%q" ? JSON.stringify(value) : value;
  });
}

/** Comparisons of Masterminds/semver, joined by commas or blanks: `>= 1.31.0-0, < 1.34.0`. */
function satisfies(constraint: string, version: string): boolean {
  const found = parseVersion(version);
  if (found === undefined) throw new ReconcileError(`failed to render template: Invalid Semantic Version`);
  return [...constraint.matchAll(/(>=|<=|!=|=|>|<|\^|~)?\s*(v?\d[0-9A-Za-z.+-]*)/g)].every(([, operator = "=", text_]) => {
    const limit = parseVersion(text_!);
    if (limit === undefined) throw new ReconcileError(`failed to render template: improper constraint: ${constraint}`);
    // Without a pre-release in the constraint, pre-releases never satisfy it.
    if (found.preRelease.length > 0 && limit.preRelease.length === 0) return false;
    const difference = compareReleases(found, limit);
    switch (operator) {
      case ">=":
        return difference >= 0;
      case "<=":
        return difference <= 0;
      case ">":
        return difference > 0;
      case "<":
        return difference < 0;
      case "!=":
        return difference !== 0;
      case "^":
        return difference >= 0 && found.major === limit.major;
      case "~":
        return difference >= 0 && found.major === limit.major && found.minor === limit.minor;
      default:
        return difference === 0;
    }
  });
}
