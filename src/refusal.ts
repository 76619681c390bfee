/**
 * A refusal is a value, not an exception: what was seen, why nothing was done, and what a person can do about it.
 * Every room may return one; nothing was written when it does.
 */
export interface Refusal {
  /** Stable, machine-readable: `UpperCamelCase`, e.g. `VersionDowngrade`. Documented in docs/refusals.md. */
  readonly reason: string;
  /** What was seen and what it means, in one or two sentences. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  /** The observed facts behind it, one a line: `KubeadmControlPlane demo/cp spec.version is v1.34.2`. */
  readonly evidence?: readonly string[];
}
