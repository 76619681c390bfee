import { isDeepStrictEqual } from "node:util";

/** What a rule may look at. `oldSelf` is undefined where there is nothing from before. */
export interface CelScope {
  readonly self: unknown;
  readonly oldSelf: unknown;
}

export type CelRule = (scope: CelScope) => unknown;

/** A part of the language that is not here, or a text that is no rule. */
export class CelError extends Error {}

/**
 * The part of the Common Expression Language that validation rules of CRDs mostly use: fields, `has()`, `size()`, `matches()`, `contains()`, `in`, comparisons, logic, `?:`, lists. Types are not
 * checked before; a field that is not there ends the evaluation as it does with an API server (`no such key: …`). Grammar: cel-spec doc/langdef.md.
 */
export function compileCel(text: string): CelRule {
  const tokens = tokensOf(text);
  let at = 0;
  const next = (): string | undefined => tokens[at];
  const take = (wanted?: string): string => {
    const token = tokens[at];
    if (token === undefined || (wanted !== undefined && token !== wanted)) throw new CelError(`${wanted ?? "more"} expected in ${text}`);
    at += 1;
    return token;
  };
  const accept = (wanted: string): boolean => {
    if (next() !== wanted) return false;
    at += 1;
    return true;
  };

  function conditional(): CelRule {
    const test = either();
    if (!accept("?")) return test;
    const yes = conditional();
    take(":");
    const no = conditional();
    return (scope) => (test(scope) === true ? yes(scope) : no(scope));
  }
  function either(): CelRule {
    let left = both();
    while (accept("||")) {
      const [one, other] = [left, both()];
      left = (scope) => one(scope) === true || other(scope) === true;
    }
    return left;
  }
  function both(): CelRule {
    let left = relation();
    while (accept("&&")) {
      const [one, other] = [left, relation()];
      left = (scope) => one(scope) === true && other(scope) === true;
    }
    return left;
  }
  function relation(): CelRule {
    let left = unary();
    for (let compare = comparisons[next() ?? ""]; compare !== undefined; compare = comparisons[next() ?? ""]) {
      take();
      const [one, other, holds] = [left, unary(), compare];
      left = (scope) => holds(one(scope), other(scope));
    }
    return left;
  }
  function unary(): CelRule {
    if (!accept("!")) return member();
    const inner = unary();
    return (scope) => inner(scope) !== true;
  }
  function member(): CelRule {
    let value = primary();
    while (accept(".")) {
      const [of, name] = [value, take()];
      if (!accept("(")) {
        value = (scope) => fieldOf(of(scope), name);
        continue;
      }
      const argument = next() === ")" ? undefined : conditional();
      take(")");
      value = (scope) => method(name, of(scope), argument?.(scope));
    }
    return value;
  }
  function primary(): CelRule {
    const token = take();
    if (token === "(") {
      const inner = conditional();
      take(")");
      return inner;
    }
    if (token === "[") return list();
    if (token === "has") {
      take("(");
      const path = [take()];
      while (accept(".")) path.push(take());
      take(")");
      const [root = "", ...fields] = path;
      const field = fields.pop() ?? "";
      return (scope) => Object.hasOwn(asFields(fields.reduce(fieldOf, named(scope, root))), field);
    }
    if (token === "size") {
      take("(");
      const of = conditional();
      take(")");
      return (scope) => method("size", of(scope), undefined);
    }
    if (token.startsWith("'") || token.startsWith('"')) return () => token.slice(1, -1);
    if (/^-?\d+$/.test(token)) return () => Number(token);
    if (token === "true" || token === "false") return () => token === "true";
    if (token === "self" || token === "oldSelf") return (scope) => named(scope, token);
    throw new CelError(`${token} is not understood in ${text}`);
  }
  function list(): CelRule {
    const items: CelRule[] = [];
    while (!accept("]")) {
      items.push(conditional());
      if (next() !== "]") take(",");
    }
    return (scope) => items.map((item) => item(scope));
  }

  const rule = conditional();
  if (next() !== undefined) throw new CelError(`${next()} is not understood in ${text}`);
  return rule;
}

/** Texts without escapes: none of the rules has any. */
const token = /\s*('[^'\\]*'|"[^"\\]*"|[A-Za-z_]\w*|-?\d+|\|\||&&|[=!<>]=|[!<>?:.,()[\]])/y;

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const { lastIndex } = token;
    const match = token.exec(text);
    if (match === null) throw new CelError(`${text.slice(lastIndex)} is not understood`);
    tokens.push(match[1] ?? "");
  }
  return tokens;
}

const comparisons: Readonly<Record<string, (one: unknown, other: unknown) => boolean>> = {
  "==": isDeepStrictEqual,
  "!=": (one, other) => !isDeepStrictEqual(one, other),
  "<": (one, other) => order(one, other) < 0,
  "<=": (one, other) => order(one, other) <= 0,
  ">": (one, other) => order(one, other) > 0,
  ">=": (one, other) => order(one, other) >= 0,
  in: (one, other) =>
    Array.isArray(other) ? other.some((each) => isDeepStrictEqual(one, each)) : Object.hasOwn(asFields(other), String(one)),
};

/** Texts that are both times are compared as such: fields with format date-time are timestamps in CEL. */
function order(one: unknown, other: unknown): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  const [first, second] = [String(one), String(other)];
  const [time, otherTime] = [first, second].map((text) => (/^\d{4}-\d\d-\d\dT/i.test(text) ? Date.parse(text) : Number.NaN));
  if (time !== undefined && otherTime !== undefined && !Number.isNaN(time) && !Number.isNaN(otherTime)) return time - otherTime;
  return first < second ? -1 : first > second ? 1 : 0;
}

function method(name: string, value: unknown, argument: unknown): unknown {
  switch (name) {
    case "matches":
      return new RegExp(String(argument), "u").test(String(value));
    case "contains":
      return String(value).includes(String(argument));
    case "startsWith":
      return String(value).startsWith(String(argument));
    case "size":
      return typeof value === "string" || Array.isArray(value) ? value.length : Object.keys(asFields(value)).length;
    default:
      throw new CelError(`${name}() is not understood`);
  }
}

function named({ self, oldSelf }: CelScope, name: string): unknown {
  return name === "self" ? self : oldSelf;
}

function fieldOf(value: unknown, name: string): unknown {
  const fields = asFields(value);
  if (!Object.hasOwn(fields, name)) throw new CelError(`no such key: ${name}`);
  return fields[name];
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  // Of anything else than an object no field is asked for.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
