import { ForgeError } from "../../git/forges/forge-error.ts";
import { GitError } from "../../git/git-error.ts";
import { ApiError, ConnectionError, CredentialsError } from "../../kubernetes/errors.ts";

/**
 * What an error means for the object that was being worked on; the one place that says so. `waiting`: for something that is known, looked at again then. `transient`: passes by itself, tried
 * again with growing pauses. `stalled`: a person has to do something; looked at again seldom, and at once when the object changes. `unexpected`: a mistake of this program.
 */
export interface Failure {
  readonly kind: "waiting" | "transient" | "stalled" | "unexpected";
  /** UpperCamelCase, for conditions and events. */
  readonly reason: string;
  readonly message: string;
  /** What a person can do; undefined where nothing needs to be done. */
  readonly remedy: string | undefined;
  /** Look again after this long, in milliseconds; undefined: growing pauses. */
  readonly againAfterMilliseconds: number | undefined;
}

/** Thrown by what waits for something that is known by name. */
export class WaitingError extends Error {
  override readonly name = "WaitingError";
  readonly reason: string;
  readonly againAfterMilliseconds: number;
  constructor(reason: string, message: string, againAfterMilliseconds: number) {
    super(message);
    this.reason = reason;
    this.againAfterMilliseconds = againAfterMilliseconds;
  }
}

/** Thrown by what cannot go on before a person has done something. */
export class StalledError extends Error {
  override readonly name = "StalledError";
  readonly reason: string;
  readonly remedy: string;
  constructor(reason: string, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.remedy = remedy;
  }
}

/** How soon what is stalled is looked at again: a right that was given raises no event. */
const stalledMilliseconds = 300_000;

export function failureOf(error: unknown): Failure {
  if (error instanceof WaitingError)
    return {
      kind: "waiting",
      reason: error.reason,
      message: error.message,
      remedy: undefined,
      againAfterMilliseconds: error.againAfterMilliseconds,
    };
  if (error instanceof StalledError) return stalled(error.reason, error.message, error.remedy);
  if (error instanceof ConnectionError)
    return transient("Unreachable", error.message, "It is tried again by itself; if it stays, see whether that API server answers.");
  if (error instanceof CredentialsError) return stalled("CredentialsUnusable", error.message, "Mend the credentials that it names.");
  if (error instanceof ApiError) return ofApi(error);
  if (error instanceof GitError) return ofRemote(error, "Git");
  if (error instanceof ForgeError)
    return {
      ...ofRemote(error, "Forge"),
      ...(error.retryAfterSeconds === undefined ? {} : { againAfterMilliseconds: error.retryAfterSeconds * 1000 }),
    };
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: "unexpected",
    reason: "Unexpected",
    message: `Something went wrong that should not: ${message}`,
    remedy: "Look at the operator's log, and report it. It is tried again.",
    againAfterMilliseconds: undefined,
  };
}

/** Their messages end with the remedy, which is told on its own here. */
function ofRemote({ transient: passes, message, remedy }: GitError | ForgeError, who: "Git" | "Forge"): Failure {
  const end = message.lastIndexOf(remedy);
  const seen = end > 0 ? message.slice(0, end).trimEnd() : message;
  return passes ? transient(`${who}Unreachable`, seen, remedy) : stalled(`${who}Refused`, seen, remedy);
}

function ofApi(error: ApiError): Failure {
  const again = error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1000;
  switch (error.status) {
    case 401:
      return stalled("Unauthorized", error.message, "Give the operator credentials that the API server accepts.");
    case 403:
      return stalled("Forbidden", error.message, "Give the operator's service account that right, or find out which webhook refused.");
    case 404:
      return transient("NotFound", error.message);
    case 409:
      return transient("Conflict", error.message);
    case 400:
    case 413:
    case 422:
      return stalled("Invalid", error.message, "Mend what it names; when the operator itself wrote it, report it.");
    default:
      return { ...transient("ServerTrouble", error.message), againAfterMilliseconds: again };
  }
}

const byItself = "It is tried again by itself.";

function transient(reason: string, message: string, remedy = byItself): Failure {
  return { kind: "transient", reason, message, remedy, againAfterMilliseconds: undefined };
}

function stalled(reason: string, message: string, remedy: string): Failure {
  return { kind: "stalled", reason, message, remedy, againAfterMilliseconds: stalledMilliseconds };
}
