import type { StatusCause } from "../api/api-status-error.ts";

/** Faults of fields in the words of apimachinery (pkg/util/validation/field), for rules that are not of a schema. */
export function invalidField(field: string, value: unknown, detail: string): StatusCause {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${JSON.stringify(value)}: ${detail}`, field };
}

export function forbiddenField(field: string, detail: string): StatusCause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${detail}`, field };
}

export function requiredField(field: string, detail: string): StatusCause {
  return { reason: "FieldValueRequired", message: `Required value: ${detail}`, field };
}

export function internalFault(field: string, detail: string): StatusCause {
  return { reason: "InternalError", message: `Internal error: ${detail}`, field };
}
