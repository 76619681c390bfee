import { parse } from "yaml";
import { ReconcileError } from "../../controller-runtime.ts";
import { evaluate, isTrue, printed, type Scope } from "./template-expression.ts";
import { parseTemplate, type TemplateNode } from "./template-parser.ts";

const parsedTemplates = new Map<string, readonly TemplateNode[]>();

/** A Go template as classes use it: fields, pipes, if/else, with, range, and the functions of sprig that occur in them. */
export function renderTemplate(template: string, data: Scope): string {
  let nodes = parsedTemplates.get(template);
  if (nodes === undefined) parsedTemplates.set(template, (nodes = parseTemplate(template)));
  return render(nodes, data, data);
}

/** What a template gives, read as YAML. */
export function renderValue(template: string, data: Scope): unknown {
  const text = renderTemplate(template, data);
  try {
    return parse(text, { version: "1.1" });
  } catch {
    throw new ReconcileError(`failed to unmarshal rendered template: ${JSON.stringify(text)}`);
  }
}

/** The value at a path as `valueFrom.variable` has it: `builtin.cluster.name`, `list[0].field`. */
export function valueAt(variables: Scope, path: string): unknown {
  let value: unknown = variables;
  for (const part of path.split(".")) {
    const [, name, index] = /^([^[]*)(?:\[(\d+)\])?$/.exec(part) ?? [];
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name ?? part];
    if (index !== undefined) value = (value as readonly unknown[] | undefined)?.[Number(index)];
    if (value === undefined) throw new ReconcileError(`failed to calculate value: variable "${path}" does not exist`);
  }
  return value;
}

function render(nodes: readonly TemplateNode[], dot: unknown, root: Scope): string {
  let text = "";
  for (const node of nodes) {
    switch (node.kind) {
      case "text":
        text += node.text;
        break;
      case "action":
        text += printed(evaluate(node.pipeline, dot, root));
        break;
      case "if":
        text += render(isTrue(evaluate(node.pipeline, dot, root)) ? node.body : node.otherwise, dot, root);
        break;
      case "with": {
        const value = evaluate(node.pipeline, dot, root);
        text += isTrue(value) ? render(node.body, value, root) : render(node.otherwise, dot, root);
        break;
      }
      case "range": {
        const value = evaluate(node.pipeline, dot, root);
        const items = Array.isArray(value) ? value : Object.values((value as object | undefined) ?? {});
        text += items.length === 0 ? render(node.otherwise, dot, root) : items.map((item) => render(node.body, item, root)).join("");
        break;
      }
    }
  }
  return text;
}
