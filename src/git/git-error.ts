/** Why git could not do what was asked. Each kind is one thing that a caller may treat differently. */
export type GitErrorKind =
  /** The remote does not accept who we say we are. */
  | "authentication"
  /** The remote knows who we are and does not allow it. */
  | "authorization"
  | "not-found"
  | "empty-repository"
  | "missing-branch"
  /** The remote answers with a redirect; credentials never follow one. */
  | "moved"
  | "unknown-host"
  | "unreachable"
  | "timeout"
  | "tls"
  | "host-key"
  | "signing"
  | "disk-full"
  /** The local copy is damaged; opening the repository again makes a new one. */
  | "corrupt"
  /** What we were told to do cannot be done as told: a malformed URL, credentials of the wrong kind. */
  | "configuration"
  | "git-missing"
  | "aborted"
  | "unknown";

const transientKinds: ReadonlySet<GitErrorKind> = new Set(["unknown-host", "unreachable", "timeout", "corrupt"]);

export interface GitErrorFacts {
  /** What was seen. Must already be free of secrets. */
  readonly seen: string;
  readonly meaning: string;
  readonly remedy: string;
  /** What git and the remote said, redacted. */
  readonly output?: string;
  readonly cause?: unknown;
}

/** A failure of git or of the remote. The message says what was seen, what it means and what to do; it never holds a secret. */
export class GitError extends Error {
  override readonly name = "GitError";
  readonly kind: GitErrorKind;
  readonly remedy: string;
  /** What git and the remote said, redacted; empty when git was not run. */
  readonly output: string;

  constructor(kind: GitErrorKind, { seen, meaning, remedy, output = "", cause }: GitErrorFacts) {
    super(`${sentence(seen)} ${sentence(meaning)} ${sentence(remedy)}`, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.remedy = remedy;
    this.output = output;
  }

  /** True when the same request may succeed later without anybody doing anything. */
  get transient(): boolean {
    return transientKinds.has(this.kind);
  }
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
