import type { StatusCause } from "../api/api-status-error.ts";

/** Causes in the words of apimachinery (pkg/util/validation/field). */
export function requiredValue(field: string): StatusCause {
  return { reason: "FieldValueRequired", message: "Required value", field };
}

export function invalidValue(field: string, value: unknown, detail: string): StatusCause {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${shown(value)}: ${detail}`, field };
}

/** Without the value, where it is a list or a map (field.OmitValueType). */
export function invalidPart(field: string, detail: string): StatusCause {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${detail}`, field };
}

export function invalidType(field: string, value: unknown, detail: string): StatusCause {
  return { reason: "FieldValueTypeInvalid", message: `Invalid value: ${shown(value)}: ${detail}`, field };
}

export function unsupportedValue(field: string, value: unknown, supported: readonly unknown[]): StatusCause {
  const names = supported.map((each) => JSON.stringify(typeof each === "string" ? each : JSON.stringify(each)));
  return { reason: "FieldValueNotSupported", message: `Unsupported value: ${shown(value)}: supported values: ${names.join(", ")}`, field };
}

export function tooLong(field: string, limit: number): StatusCause {
  return { reason: "FieldValueTooLong", message: `Too long: may not be more than ${limit} ${limit === 1 ? "byte" : "bytes"}`, field };
}

export function tooMany(field: string, count: number, limit: number): StatusCause {
  return {
    reason: "FieldValueTooMany",
    message: `Too many: ${count}: must have at most ${limit} ${limit === 1 ? "item" : "items"}`,
    field,
  };
}

export function duplicateValue(field: string, value: unknown): StatusCause {
  return { reason: "FieldValueDuplicate", message: `Duplicate value: ${shown(value)}`, field };
}

/** What Go prints where an error has no field. */
export const noField = "<nil>";

function shown(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}
