import { isSettings } from "./kubeconfig-files.ts";

export interface Impersonation {
  readonly user: string;
  readonly groups: readonly string[];
}

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** What `as`, `as-uid`, `as-groups` and `as-user-extra` of a kubeconfig's user ask for; `--as` and `--as-group` come before them. */
export function impersonationHeaders(user: Readonly<Record<string, unknown>>, chosen: Impersonation | undefined): Headers {
  const headers: Record<string, string | readonly string[]> = {};
  const name = chosen?.user ?? user["as"];
  if (typeof name !== "string" || name === "") return headers;
  headers["Impersonate-User"] = name;
  if (chosen === undefined && typeof user["as-uid"] === "string") headers["Impersonate-Uid"] = user["as-uid"];
  const groups = chosen?.groups ?? list(user["as-groups"]);
  if (groups.length > 0) headers["Impersonate-Group"] = groups;
  const extra = chosen === undefined && isSettings(user["as-user-extra"]) ? user["as-user-extra"] : {};
  for (const [key, values] of Object.entries(extra)) headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = list(values);
  return headers;
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
