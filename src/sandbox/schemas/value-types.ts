import type { StatusCause } from "../api/api-status-error.ts";
import type { CompiledSchema } from "./compiled-schema.ts";
import { invalidType, noField } from "./field-causes.ts";

/** Is the value of the type that its schema says? Most are: this is asked first, and costs little. */
export function hasType({ type, intOrString, nullable }: CompiledSchema, value: unknown): boolean {
  if (value === null) return nullable || (type === undefined && !intOrString);
  if (intOrString) return typeof value === "string" || Number.isInteger(value);
  switch (type) {
    case undefined:
      return true;
    case "object":
      return typeof value === "object" && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** What is said of a value without its type (kube-openapi's type validator, which tells formats of numbers where it should tell types). */
export function typeError({ type, intOrString, format }: CompiledSchema, value: unknown, path: string): StatusCause | undefined {
  const types = intOrString ? ["integer", "string"] : [type ?? ""];
  const error = (wanted: string, seen: string): StatusCause =>
    invalidType(path === "" ? noField : path, seen, `${path} in body must be of type ${wanted}: ${JSON.stringify(seen)}`);
  const seen = typeName(value);
  const isText = seen === "string" || seen === "array";
  if (value !== null && format !== undefined && isChecked(types, format)) {
    if (!isText) return error(format, goFormat(seen));
    // A list where a text of a known format should be gets past it.
    if (types[0] === "string") return undefined;
  }
  return error(types.join(","), seen);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function goFormat(seen: string): string {
  return { integer: "int64", number: "float64" }[seen] ?? "";
}

/** Formats that a CRD may have and that are known; others are as good as none. */
function isChecked(types: readonly string[], format: string): boolean {
  const known = { integer: ["int32", "int64"], number: ["float", "double"], string: ["byte", "date-time"] }[types[0] ?? ""];
  return types.length === 1 && known?.includes(format) === true;
}

const dateTime = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])t([01]\d|2[0-3]):[0-5]\d:[0-5]\d(.\d+)?(z|[+-]\d\d:\d\d)$/i;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Formats of texts that Cluster API's schemas use (kube-openapi strfmt). */
export function hasFormat(format: string | undefined, value: string): boolean {
  switch (format) {
    case "date-time":
      return dateTime.test(value);
    case "byte":
      return base64.test(value);
    default:
      return true;
  }
}
