import { isMap } from "./path-element.ts";

/** A value as Go prints it with `%v`: some messages of the API server have such in them. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isMap(value)) return value === null ? "<nil>" : typeof value === "string" ? value : JSON.stringify(value);
  return `map[${Object.keys(value)
    .sort()
    .map((key) => `${key}:${goText(value[key])}`)
    .join(" ")}]`;
}

/** The same with `%#v`. */
export function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (!isMap(value)) return value === null ? "interface {}(nil)" : JSON.stringify(value);
  return `map[string]interface {}{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${goSyntax(value[key])}`)
    .join(", ")}}`;
}

/** The Go type of a value of JSON. */
export function goType(value: unknown): string {
  if (isMap(value)) return "map[string]interface {}";
  if (Array.isArray(value)) return "[]interface {}";
  return typeof value === "boolean" ? "bool" : typeof value;
}
