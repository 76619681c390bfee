import { ApiStatusError } from "../api/api-status-error.ts";
import type { ManagedFieldsEntry } from "../store/stored-object.ts";
import { paths, type FieldSet } from "./field-set.ts";
import { identity } from "./managed-entries.ts";
import { pathText } from "./path-element.ts";

/** 409: the fields that others own, and that an apply without force would change. */
export function applyConflict(conflicts: readonly { readonly entry: ManagedFieldsEntry; readonly fields: FieldSet }[]): ApiStatusError {
  const byManager = [...conflicts]
    .sort((one, other) => (identity(one.entry) < identity(other.entry) ? -1 : 1))
    .map(({ entry, fields }) => ({ manager: managerText(entry), fields: paths(fields).map(pathText) }));
  const causes = byManager.flatMap(({ manager, fields }) =>
    fields.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${manager}`, field })),
  );
  const what =
    causes.length === 1
      ? `1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `${causes.length} conflicts: ${byManager.map(({ manager, fields }) => [`conflicts with ${manager}:`, ...fields.map((field) => `- ${field}`)].join("\n")).join("\n")}`;
  return new ApiStatusError(409, "Conflict", `Apply failed with ${what}`, { causes });
}

function managerText({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  return [
    JSON.stringify(manager),
    ...(subresource === undefined ? [] : [`with subresource ${JSON.stringify(subresource)}`]),
    ...(operation === "Update" ? [`using ${apiVersion}`] : []),
  ].join(" ");
}
