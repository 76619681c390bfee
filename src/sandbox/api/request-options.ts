import type { ApiRequest } from "./api-request.ts";
import { ApiStatusError, badRequest, type StatusCause } from "./api-status-error.ts";
import type { Objects, WriteOptions } from "./objects.ts";
import { forbidden, invalidOptions, invalidValue, unsupported } from "./refusals.ts";

type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions";
export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface RequestOptions extends WriteOptions {
  readonly version: string;
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
}

const longestManager = 128;

/** Options of a write in the query (apimachinery/pkg/apis/meta/v1/validation). Throws 422 with their words. */
export function requestOptions(request: ApiRequest, kind: OptionsKind, version: string, applies = false): RequestOptions {
  const { query } = request;
  const manager = query.get("fieldManager") ?? "";
  const dryRuns = query.getAll("dryRun");
  const fieldValidation = query.get("fieldValidation") ?? "";
  const causes: StatusCause[] = [];
  if (kind === "PatchOptions" && applies && manager === "") {
    causes.push({ reason: "FieldValueRequired", message: "Required value: is required for apply patch", field: "fieldManager" });
  }
  if (kind === "PatchOptions" && !applies && query.get("force") !== null) {
    causes.push(forbidden("may not be specified for non-apply patch", "force"));
  }
  if (manager.length > longestManager) {
    causes.push({ reason: "FieldValueTooLong", message: `Too long: may not be more than ${longestManager} bytes`, field: "fieldManager" });
  }
  causes.push(...dryRunCauses(dryRuns));
  if (!["", "Ignore", "Warn", "Strict"].includes(fieldValidation)) {
    causes.push(unsupported(JSON.stringify(fieldValidation), ["", "Ignore", "Strict", "Warn"], "fieldValidation"));
  }
  if (causes.length > 0) throw invalidOptions(kind, causes);
  return {
    manager: manager === "" ? managerOfUserAgent(request.userAgent) : manager,
    version,
    dryRun: dryRuns.includes("All"),
    fieldValidation: fieldValidation === "" ? "Warn" : (fieldValidation as FieldValidation),
    force: query.get("force") === "true",
    ...(request.user === undefined ? {} : { user: request.user }),
  };
}

function dryRunCauses(values: readonly string[]): readonly StatusCause[] {
  return values.some((value) => value !== "All")
    ? [unsupported(`[${values.map((value) => JSON.stringify(value)).join(",")}]`, ["All"], "dryRun")]
    : [];
}

/** Who does not name a manager is named by the user agent, as kube-apiserver does it (endpoints/handlers: prefixFromUserAgent). */
function managerOfUserAgent(userAgent = ""): string {
  return userAgent.split("/")[0]!.slice(0, longestManager);
}

type DeleteOptions = Parameters<Objects["delete"]>[3];
type Propagation = NonNullable<DeleteOptions["propagation"]>;

/** DeleteOptions in the body or, when there is none, in the query. Throws 400 or 422. */
export function deleteOptions({ body, query, user }: ApiRequest): DeleteOptions & { readonly dryRun: boolean } {
  const given = (body ?? {}) as {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly propagationPolicy?: string;
    readonly orphanDependents?: boolean;
    readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
    readonly dryRun?: readonly string[];
  };
  if (given.kind !== undefined && given.kind !== "DeleteOptions") {
    throw badRequest(
      `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(given.apiVersion ?? "")} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  const inBody = body !== undefined;
  const policy = (inBody ? given.propagationPolicy : query.get("propagationPolicy")) ?? undefined;
  const orphans = inBody ? given.orphanDependents : ({ true: true, false: false } as const)[query.get("orphanDependents") ?? ""];
  const dryRuns = inBody && given.dryRun !== undefined ? given.dryRun : query.getAll("dryRun");
  const causes: StatusCause[] = [];
  if (policy !== undefined && orphans !== undefined) {
    causes.push(invalidValue(policy, "orphanDependents and deletionPropagation cannot be both set", "propagationPolicy"));
  }
  if (policy !== undefined && !["Foreground", "Background", "Orphan"].includes(policy)) {
    causes.push(unsupported(JSON.stringify(policy), ["Foreground", "Background", "Orphan", "nil"], "propagationPolicy"));
  }
  causes.push(...dryRunCauses(dryRuns));
  if (causes.length > 0) throw invalidOptions("DeleteOptions", causes);
  const propagation = policy ?? (orphans === undefined ? undefined : orphans ? "Orphan" : "Background");
  return {
    ...given.preconditions,
    // Checked above.
    ...(propagation === undefined ? {} : { propagation: propagation as Propagation }),
    dryRun: dryRuns.includes("All"),
    ...(user === undefined ? {} : { user }),
  };
}

export interface ListOptions {
  readonly limit: number;
  readonly continue: string | undefined;
  /** Undefined: the newest state. */
  readonly resourceVersion: number | undefined;
  readonly exact: boolean;
  readonly sendInitialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number;
}

/** Options of a list or a watch (ValidateListOptions of apimachinery). Throws 400, 422, and for a watch 500 for what is no number: so does kube-apiserver. */
export function listOptions(query: URLSearchParams, watches: boolean): ListOptions {
  const limit = integer(query.get("limit"));
  const timeoutSeconds = integer(query.get("timeoutSeconds"));
  const text = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  const initial = query.get("sendInitialEvents");
  const token = query.get("continue") ?? "";
  const causes = watches ? watchCauses(match, initial) : listCauses({ text, match, initial, token });
  if (causes.length > 0) throw invalidOptions("ListOptions", causes);
  if (!watches && token !== "" && text !== "" && text !== "0")
    throw badRequest("specifying resource version is not allowed when using continue");
  return {
    limit,
    continue: token === "" ? undefined : token,
    resourceVersion: revisionOf(text, watches ? "watch" : "list"),
    exact: match === "Exact",
    sendInitialEvents: initial === "true",
    bookmarks: query.get("allowWatchBookmarks") === "true",
    timeoutSeconds,
  };
}

function watchCauses(match: string, initial: string | null): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const field = "resourceVersionMatch";
  if (initial === null && match !== "")
    causes.push(forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided", field));
  if (initial !== null && match !== "NotOlderThan") {
    causes.push(forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan", field));
    if (match !== "") causes.push(unsupported(JSON.stringify(match), ["NotOlderThan"], field));
  }
  return causes;
}

interface ListTexts {
  readonly text: string;
  readonly match: string;
  readonly initial: string | null;
  readonly token: string;
}

function listCauses({ text, match, initial, token }: ListTexts): readonly StatusCause[] {
  const field = "resourceVersionMatch";
  if (initial !== null) return [forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents")];
  if (match === "") return [];
  if (text === "") return [forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided", field)];
  if (token !== "") return [forbidden("resourceVersionMatch is forbidden when continue is provided", field)];
  if (match !== "Exact" && match !== "NotOlderThan") return [unsupported(JSON.stringify(match), ["Exact", "NotOlderThan", ""], field)];
  if (match === "Exact" && text === "0") return [forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"', field)];
  return [];
}

/** The revision in a resourceVersion; undefined for none and for 0, which both are content with what there is. */
export function revisionOf(text: string, request: "get" | "list" | "watch"): number | undefined {
  if (text === "" || text === "0") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const what = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw request === "list" ? badRequest(`invalid resource version: ${what}`) : new ApiStatusError(500, "", what);
}

function integer(text: string | null): number {
  if (text === null || text === "") return 0;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
