import type { Refusal } from "../refusal.ts";
import type { Release } from "../upgrade/policy/release.ts";

/** Where Kubernetes versions and machine images are told of. One file an implementation; what several tell is put together by `merge-releases.ts`. */
export interface ReleaseSource {
  /** Unique in its catalog; in messages and conditions. */
  readonly name: string;
  /** Between two good looks; undefined: the catalog's. */
  readonly intervalSeconds?: number | undefined;
  /** Rejects only with the signal's reason. Everything that goes wrong outside is an answer. */
  fetch(request: SourceRequest): Promise<SourceAnswer>;
}

export interface SourceRequest {
  /** Of the last answer that is still held: a source that knows it to be current says `unchanged`. */
  readonly etag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type SourceAnswer =
  | { readonly kind: "releases"; readonly releases: readonly Release[]; readonly etag: string | undefined; readonly fetchedAt: number }
  | { readonly kind: "unchanged"; readonly fetchedAt: number }
  | {
      readonly kind: "failed";
      readonly failure: Refusal;
      /** Asked again after no more than this: it costs nobody outside anything. */
      readonly againWithinSeconds?: number;
    };

export type SourceFailure = "ReleaseSourceUnreachable" | "ReleaseSourceRejected" | "ReleaseSourceUnreadable" | "ReleaseSourceEmpty";

export function failed(reason: SourceFailure, message: string, remedy: string, evidence: readonly string[] = []): SourceAnswer {
  return { kind: "failed", failure: { reason, message, remedy, ...(evidence.length > 0 ? { evidence } : {}) } };
}

/** An answer without a single version is taken for a mistake of the source: what was known before is worth more. */
export function answered(releases: readonly Release[], etag: string | undefined, fetchedAt: number, what: string): SourceAnswer {
  if (releases.length > 0) return { kind: "releases", releases, etag, fetchedAt };
  return failed(
    "ReleaseSourceEmpty",
    `${what} names no Kubernetes version that can be read; what it said before is kept.`,
    "Check that this is the right address and format.",
  );
}
