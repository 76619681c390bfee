import { rememberedText } from "../store/remembered-texts.ts";
import type { Shape } from "./shape.ts";

/** Objects of JSON: the only kinds of value that stored objects hold beside lists and scalars. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** How FieldsV1 names an item of a list with keys (`k:{"name":"a"}`) or of a set (`v:"a"`); undefined when it has no key at all. */
export function itemElement(list: Shape, item: unknown): string | undefined {
  if (list.list === "set") return `v:${json(item)}`;
  if (!isMap(item)) return undefined;
  let text = "";
  for (const { name, default: otherwise } of list.keys) {
    const value = item[name] ?? otherwise;
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${json(name)}:${json(value)}`;
  }
  return text === "" ? undefined : `k:{${text}}`;
}

/** Have both items the same key? Cheaper than their names. */
export function sameKey(list: Shape, one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (list.list === "set" || !isMap(one) || !isMap(other)) return false;
  for (const { name, default: otherwise } of list.keys) if ((one[name] ?? otherwise) !== (other[name] ?? otherwise)) return false;
  return true;
}

/** `.spec.containers[name="a"].ports[containerPort=80,protocol="TCP"]`, `.metadata.finalizers[="x"]`. */
export function pathText(elements: readonly string[]): string {
  return elements.map(elementText).join("");
}

export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith("k:")) {
    const fields = Object.entries(JSON.parse(rest) as Readonly<Record<string, unknown>>);
    return `[${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
  }
  return element.startsWith("v:") ? `[=${JSON.stringify(JSON.parse(rest))}]` : `.${rest}`;
}

/** How FieldsV1 names a field of a map: `f:spec`. */
export const fieldElement = rememberedText((field) => `f:${field}`);

const textElement = rememberedText(jsonText);

/** As Go writes JSON: `<`, `>` and `&` escaped. */
function json(value: unknown): string {
  return typeof value === "string" ? textElement(value) : jsonText(value);
}

function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[<>&]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
}
