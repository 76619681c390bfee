/** Why a forge could not do what was asked: the kinds of GitError, and those that only an API has. */
export type ForgeErrorKind =
  | "authentication"
  | "authorization"
  | "not-found"
  | "rate-limited"
  /** It is not as we thought any more: another head commit, a pull request that exists, a merge that is not possible now. */
  | "conflict"
  /** The forge does not take the values that were sent. */
  | "rejected"
  | "moved"
  | "unknown-host"
  | "unreachable"
  | "timeout"
  | "tls"
  | "configuration"
  | "unknown";

const transientKinds: ReadonlySet<ForgeErrorKind> = new Set(["rate-limited", "unknown-host", "unreachable", "timeout"]);

export interface ForgeErrorFacts {
  /** What was seen. Must already be free of secrets. */
  readonly seen: string;
  readonly meaning: string;
  readonly remedy: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** What the forge said, redacted, one line. */
  readonly said?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/** A failure of a forge's API. The message says what was seen, what it means and what to do; it never holds a secret. */
export class ForgeError extends Error {
  override readonly name = "ForgeError";
  readonly kind: ForgeErrorKind;
  readonly remedy: string;
  readonly status: number | undefined;
  readonly said: string;
  /** How long the forge wants to be left alone; undefined when it did not say. */
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ForgeErrorKind, { seen, meaning, remedy, status, said = "", retryAfterSeconds, cause }: ForgeErrorFacts) {
    super(`${sentence(seen)} ${sentence(meaning)} ${sentence(remedy)}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.remedy = remedy;
    this.status = status;
    this.said = said;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** True when the same request may succeed later without anybody doing anything. */
  get transient(): boolean {
    return transientKinds.has(this.kind);
  }
}

/** The ForgeError that a library wrapped, or the error itself. */
export function unwrapped(error: unknown): unknown {
  for (let here: unknown = error, depth = 0; here instanceof Error && depth < 5; here = here.cause, depth += 1) {
    if (here instanceof ForgeError) return here;
  }
  return error;
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
