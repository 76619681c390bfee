import { ApiStatusError, type StatusCause } from "./api-status-error.ts";

/** Kinds that come from CustomResourceDefinitions are treated unlike Kubernetes' own in some answers. */
export function isCustomResource({ group }: { readonly group: string }): boolean {
  return group.includes(".") && !group.endsWith(".k8s.io");
}

/** 404 for a resource or subresource that a group does not have. */
export function resourceNotServed(): ApiStatusError {
  return new ApiStatusError(404, "NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): ApiStatusError {
  return new ApiStatusError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

/** 422 for the options of a request, e.g. `CreateOptions`. */
export function invalidOptions(kind: string, causes: readonly StatusCause[]): ApiStatusError {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const what = texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
  return new ApiStatusError(422, "Invalid", `${kind}.meta.k8s.io "" is invalid: ${what}`, { group: "meta.k8s.io", kind, causes });
}

export const forbidden = (message: string, field: string): StatusCause => ({
  reason: "FieldValueForbidden",
  message: `Forbidden: ${message}`,
  field,
});

export const unsupported = (value: string, supported: readonly string[], field: string): StatusCause => ({
  reason: "FieldValueNotSupported",
  message: `Unsupported value: ${value}: supported values: ${supported.map((each) => JSON.stringify(each)).join(", ")}`,
  field,
});

export const invalidValue = (value: unknown, why: string, field: string): StatusCause => ({
  reason: "FieldValueInvalid",
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});
