import { ReconcileError } from "../../controller-runtime.ts";

export type Expression =
  | { readonly kind: "literal"; readonly value: unknown }
  /** `.a.b`; `$` at the beginning: from the root. */
  | { readonly kind: "field"; readonly fromRoot: boolean; readonly path: readonly string[] }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: "pipeline"; readonly steps: readonly Expression[] };

export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly pipeline: Expression }
  | {
      readonly kind: "if" | "with" | "range";
      readonly pipeline: Expression;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

type Part = { readonly text: string } | { readonly action: string };

const tokenPattern = /\s*("(?:[^"\\]|\\.)*"|`[^`]*`|\$?(?:\.[A-Za-z_]\w*)+|\$|\.|-?\d+(?:\.\d+)?|[A-Za-z_]\w*|\||\(|\))/y;

/** Text and actions of a Go template. Throws ReconcileError for what is beyond the part of the language that is known here. */
export function parseTemplate(template: string): readonly TemplateNode[] {
  const parts = split(template);
  let place = 0;

  function block(): { readonly nodes: readonly TemplateNode[]; readonly end: string | undefined } {
    const nodes: TemplateNode[] = [];
    while (place < parts.length) {
      const part = parts[place++]!;
      if ("text" in part) {
        nodes.push({ kind: "text", text: part.text });
        continue;
      }
      const [, keyword, rest] = /^(if|with|range|else|end)\b\s*([^]*)$/.exec(part.action) ?? [];
      if (keyword === "end" || keyword === "else") return { nodes, end: part.action };
      if (keyword === undefined) nodes.push({ kind: "action", pipeline: expression(part.action, template) });
      else nodes.push(branch(keyword as "if", rest ?? ""));
    }
    return { nodes, end: undefined };
  }

  function branch(kind: "if" | "with" | "range", condition: string): TemplateNode {
    const body = block();
    const pipeline = expression(condition, template);
    if (body.end === undefined) throw failed(template, "unexpected EOF");
    if (body.end === "end") return { kind, pipeline, body: body.nodes, otherwise: [] };
    const [, elseIf] = /^else\s+if\b\s*([^]*)$/.exec(body.end) ?? [];
    if (elseIf !== undefined) return { kind, pipeline, body: body.nodes, otherwise: [branch("if", elseIf)] };
    const otherwise = block();
    if (otherwise.end !== "end") throw failed(template, "unexpected EOF");
    return { kind, pipeline, body: body.nodes, otherwise: otherwise.nodes };
  }

  const { nodes, end } = block();
  if (end !== undefined) throw failed(template, `unexpected {{${end}}}`);
  return nodes;
}

function split(template: string): readonly Part[] {
  const parts: Part[] = [];
  const pattern = /\{\{(-\s)?\s*([^]*?)\s*(\s-)?\}\}/g;
  let place = 0;
  let trims = false;
  const push = (text: string): void => {
    const kept = trims ? text.trimStart() : text;
    if (kept !== "") parts.push({ text: kept });
  };
  for (const match of template.matchAll(pattern)) {
    const before = template.slice(place, match.index);
    push(match[1] === undefined ? before : before.trimEnd());
    trims = match[3] !== undefined;
    place = match.index + match[0].length;
    if (!match[2]!.startsWith("/*")) parts.push({ action: match[2]! });
  }
  push(template.slice(place));
  return parts;
}

function expression(source: string, template: string): Expression {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (source.slice(tokenPattern.lastIndex).trim() !== "") {
    const match = tokenPattern.exec(source);
    if (match === null) throw failed(template, `unexpected ${source}`);
    tokens.push(match[1]!);
  }
  let place = 0;

  function pipeline(): Expression {
    const steps = [command()];
    while (tokens[place] === "|") {
      place += 1;
      steps.push(command());
    }
    return steps.length === 1 ? steps[0]! : { kind: "pipeline", steps };
  }

  function command(): Expression {
    const first = tokens[place];
    if (first === undefined) throw failed(template, "missing value for command");
    if (!/^[A-Za-z_]/.test(first) || ["true", "false", "nil"].includes(first)) return operand();
    place += 1;
    const given: Expression[] = [];
    while (tokens[place] !== undefined && tokens[place] !== "|" && tokens[place] !== ")") given.push(operand());
    return { kind: "call", name: first, arguments: given };
  }

  function operand(): Expression {
    const token = tokens[place++]!;
    if (token === "(") {
      const inner = pipeline();
      if (tokens[place++] !== ")") throw failed(template, "unclosed left paren");
      return inner;
    }
    if (token === "true" || token === "false") return { kind: "literal", value: token === "true" };
    if (token === "nil") return { kind: "literal", value: null };
    if (token.startsWith('"')) return { kind: "literal", value: JSON.parse(token) };
    if (token.startsWith("`")) return { kind: "literal", value: token.slice(1, -1) };
    if (/^-?\d/.test(token)) return { kind: "literal", value: Number(token) };
    if (token.startsWith(".") || token.startsWith("$")) {
      return { kind: "field", fromRoot: token.startsWith("$"), path: token.split(".").slice(1).filter(Boolean) };
    }
    if (/^[A-Za-z_]/.test(token)) return { kind: "call", name: token, arguments: [] };
    throw failed(template, `unexpected ${token}`);
  }

  const parsed = pipeline();
  if (place < tokens.length) throw failed(template, `unexpected ${tokens[place]!}`);
  return parsed;
}

function failed(template: string, why: string): ReconcileError {
  return new ReconcileError(`failed to parse template: ${JSON.stringify(template)}: ${why}`);
}
