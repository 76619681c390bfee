import { textAt, type Around, type Tracked, type TrackedMap, type TrackedScalar } from "../kustomize/tracked-value.ts";

/** What is known of a variable: its definition, that nothing defines it, or that something out of sight may define it. */
export type Definition =
  | { readonly kind: "defined"; readonly scalar: TrackedScalar }
  | { readonly kind: "undefined" }
  | { readonly kind: "unclear"; readonly why: string };

export type Variables = (name: string) => Definition;

/** Objects that opt out: label or annotation `kustomize.toolkit.fluxcd.io/substitute: disabled`. */
export function substitutionDisabled(object: TrackedMap): boolean {
  return ["labels", "annotations"].some(
    (field) => textAt(object, ["metadata", field, "kustomize.toolkit.fluxcd.io/substitute"]) === "disabled",
  );
}

/** The value with `${VARIABLES}` replaced in every scalar (fluxcd/pkg envsubst: unset ones are empty). */
export function substitute<T extends Tracked>(value: T, variables: Variables): T;
export function substitute(value: Tracked, variables: Variables): Tracked {
  if (value.kind === "scalar") return value.text.includes("$") ? substituteScalar(value, variables) : value;
  // What holds no variable stays the same value.
  if (value.kind === "list") {
    const items = value.items.map((item) => substitute(item, variables));
    return items.every((item, index) => item === value.items[index]) ? value : { kind: "list", items };
  }
  const entries = new Map<string, Tracked>();
  let isSame = true;
  for (const [key, entry] of value.entries) {
    const replaced = substitute(entry, variables);
    isSame &&= replaced === entry;
    entries.set(key, replaced);
  }
  return isSame ? value : { kind: "map", entries };
}

interface Piece extends Around {
  readonly name: string;
  /** The text between operator and brace of `${NAME:=default}`; undefined for `${NAME}`. */
  readonly fallback?: string;
  readonly operator: string;
}

function substituteScalar(scalar: TrackedScalar, variables: Variables): TrackedScalar {
  const { text } = scalar;
  if (!text.includes("${")) return scalar;
  const [first, ...others] = [...text.matchAll(/\$\{([^{}]*)\}/g)];
  const opened = text.match(/\$\{/g)!.length;
  if (first === undefined || opened !== others.length + 1 || text.includes("$${")) return unclear(scalar, `the expression ${text}`);
  if (others.length > 0) return composed(scalar, variables);
  const piece = readPiece(text, first[0], first[1]!, first.index);
  if (piece === undefined) return unclear(scalar, `the expression ${first[0]}`);
  const definition = variables(piece.name);
  if (definition.kind === "unclear") return unclear(scalar, definition.why);
  if (definition.kind === "defined" && definition.scalar.text.includes("\n"))
    return unclear(scalar, `the variable ${piece.name}, whose value has several lines`);
  if (definition.kind === "defined" && definition.scalar.text !== "") {
    return {
      ...definition.scalar,
      frame: { before: piece.before, after: piece.after },
      text: piece.before + definition.scalar.text + piece.after,
    };
  }
  if (piece.fallback === undefined) return unclear(scalar, `the variable ${piece.name}, which nothing defines`, piece.before + piece.after);
  const around = { before: `${piece.before}\${${piece.name}${piece.operator}`, after: `}${piece.after}` };
  const whole = piece.before + piece.fallback + piece.after;
  if (scalar.place === undefined || scalar.frame !== undefined || scalar.place.around !== undefined)
    return unclear(scalar, `the default of ${piece.name}`, whole);
  return { ...scalar, text: whole, place: { ...scalar.place, around }, frame: { before: piece.before, after: piece.after } };
}

/** `${NAME}`, `${NAME:=x}`, `${NAME:-x}`, `${NAME=x}`; other operators compute. */
function readPiece(text: string, expression: string, inside: string, at: number): Piece | undefined {
  const [, name, operator, fallback] = /^([A-Za-z_]\w*)(?:(:=|:-|=)(.*))?$/s.exec(inside) ?? [];
  if (name === undefined) return undefined;
  const around = { before: text.slice(0, at), after: text.slice(at + expression.length) };
  return operator === undefined ? { name, operator: "", ...around } : { name, operator, fallback: fallback!, ...around };
}

/** Several variables in one value: its text is known if all are, but no single place decides it. */
function composed(scalar: TrackedScalar, variables: Variables): TrackedScalar {
  let why: string | undefined;
  const text = scalar.text.replace(/\$\{([^{}]*)\}/g, (expression, inside: string) => {
    const piece = readPiece(expression, expression, inside, 0);
    const definition: Definition = piece === undefined ? { kind: "unclear", why: `the expression ${expression}` } : variables(piece.name);
    if (definition.kind === "unclear") why ??= definition.why;
    return definition.kind === "defined" && definition.scalar.text !== "" ? definition.scalar.text : (piece?.fallback ?? "");
  });
  return unclear(scalar, why ?? `several variables in ${scalar.text}`, text);
}

function unclear(scalar: TrackedScalar, why: string, text = scalar.text): TrackedScalar {
  return { kind: "scalar", text, isNull: false, computedBy: why };
}
