import type { Redact } from "../redact.ts";
import { ForgeError, type ForgeErrorKind } from "./forge-error.ts";

export interface Answer {
  /** `GET https://api.github.com/repos/…`, without a query. */
  readonly request: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const meanings: Readonly<Record<ForgeErrorKind, readonly [meaning: string, remedy: string]>> = {
  authentication: [
    "The forge does not accept the token (or wants one, and there is none)",
    "Renew it, and check that it is one of this forge",
  ],
  authorization: [
    "The forge knows the token, but it does not allow this",
    "Give it the right to write pull requests (GitHub: Pull requests and Contents; GitLab: scope api, role Developer; Gitea: repository and issue write)",
  ],
  "not-found": [
    "There is no such repository, branch or pull request, or the token may not see it (forges answer the same for both)",
    "Check the repository's URL, and that the token has access to it",
  ],
  "rate-limited": [
    "The forge wants to be asked less often",
    "It is asked again by itself; if it stays, use a token of its own for this tool",
  ],
  conflict: ["It is not as it was thought to be any more, so nothing was changed", "It is looked at again by itself"],
  rejected: ["The forge does not take what was sent", "Read what it says, and report it if this tool should have known"],
  moved: ["The server redirects to another address; the token is never sent along", "Put the new address into the configuration"],
  "unknown-host": ["The forge's host name has no address here", "Check the host in the URL, and DNS where this runs"],
  unreachable: [
    "The forge could not be reached, or failed",
    "It is asked again by itself; if it stays, check the way from here to the host",
  ],
  timeout: ["The forge did not answer in time", "It is asked again by itself; if it stays, check the way from here to the host"],
  tls: ["The server's certificate was not accepted, so nothing was sent", "Give the CA that signed it, or correct the host in the URL"],
  configuration: ["No request was sent", "Correct the configuration"],
  unknown: [
    "This is not an answer that this tool knows",
    "Check that the URL is that of the forge's API (it may be a proxy or a login page that answers)",
  ],
};

export function forgeError(
  kind: ForgeErrorKind,
  seen: string,
  more: { status?: number; said?: string; retryAfterSeconds?: number | undefined; cause?: unknown } = {},
): ForgeError {
  const [meaning, remedy] = meanings[kind];
  return new ForgeError(kind, { seen, meaning, remedy, ...more });
}

/** The error for an answer that is not a success. `now`: epoch milliseconds. */
export function classifyAnswer(answer: Answer, redact: Redact, now: number): ForgeError {
  const said = redact(words(answer.body));
  const kind = kindOf(answer, said);
  return forgeError(kind, redact(`${answer.request} was answered with ${answer.status}${said === "" ? "" : `: ${said}`}`), {
    status: answer.status,
    said,
    ...(kind === "rate-limited" ? { retryAfterSeconds: retryAfterSeconds(answer.headers, now) } : {}),
  });
}

function kindOf({ status, headers }: Answer, said: string): ForgeErrorKind {
  if (status >= 300 && status < 400) return "moved";
  if (status >= 500) return "unreachable";
  switch (status) {
    case 401:
      return "authentication";
    // GitHub answers 403 for both of its rate limits: docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
    case 403:
      return headers["x-ratelimit-remaining"] === "0" || headers["retry-after"] !== undefined || /rate limit/i.test(said)
        ? "rate-limited"
        : "authorization";
    case 404:
    case 410:
      return "not-found";
    case 405:
    case 409:
    case 412:
      return "conflict";
    // Gitea's answer for an archived repository.
    case 423:
      return "authorization";
    case 400:
    case 422:
      return "rejected";
    case 429:
      return "rate-limited";
    default:
      return "unknown";
  }
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), else the reset of GitHub's or GitLab's limit in epoch seconds. At most a day. */
export function retryAfterSeconds(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const after = headers["retry-after"];
  const reset = Number(headers["x-ratelimit-reset"] ?? headers["ratelimit-reset"]);
  const seconds = after === undefined ? reset - now / 1000 : /^\d+$/.test(after.trim()) ? Number(after) : (Date.parse(after) - now) / 1000;
  return Number.isFinite(seconds) ? Math.min(86_400, Math.max(1, Math.ceil(seconds))) : undefined;
}

/** What the forge says of the error: `message` of GitHub, GitLab and Gitea (a string, a list or lists by field), `error` of GitLab, `errors` of GitHub. */
export function words(body: string): string {
  let said: unknown = body;
  try {
    said = JSON.parse(body);
  } catch {
    // No JSON: a page of a proxy.
    if (/^\s*</.test(body)) said = "a page, not an answer of an API";
  }
  return flat(said)
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 300);
}

function flat(said: unknown): string {
  if (said === null || said === undefined) return "";
  if (typeof said === "string" || typeof said === "number" || typeof said === "boolean") return String(said);
  if (Array.isArray(said))
    return said
      .map(flat)
      .filter((text) => text !== "")
      .join("; ");
  const fields = said as Readonly<Record<string, unknown>>;
  const { message, error, errors } = fields;
  if (message !== undefined || error !== undefined)
    return [message ?? error, errors]
      .map(flat)
      .filter((text) => text !== "")
      .join(": ");
  return Object.entries(fields)
    .filter(([name]) => !/url/i.test(name))
    .map(([name, value]) => `${name} ${flat(value)}`)
    .join(", ");
}
