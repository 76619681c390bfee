import type { Refusal } from "../refusal.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import type { Declaration, UpgradeStep } from "../upgrade/upgrade-types.ts";

/** One changed place of a manifest or an object, for people. */
export interface ChangedPlace {
  /** `clusters/demo.yaml:14`, or `Cluster/demo spec.topology.version` without Git. */
  readonly place: string;
  readonly before: string;
  readonly after: string;
}

/** A pull request that somebody has to merge before the change is in effect. */
export interface PullRequestReference {
  readonly number: number;
  readonly url: string;
}

export type WriteOutcome =
  | {
      readonly kind: "written";
      /** Commit, or undefined without Git. */
      readonly revision: string | undefined;
      readonly branch: string | undefined;
      readonly changes: readonly ChangedPlace[];
      /** Where the branch is one for review. */
      readonly pullRequest?: PullRequestReference;
    }
  /** The source already says so; nothing was written. */
  | {
      readonly kind: "already";
      readonly revision: string | undefined;
      readonly branch: string | undefined;
      readonly pullRequest?: PullRequestReference;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export type WritePreview =
  | {
      readonly kind: "preview";
      readonly changes: readonly ChangedPlace[];
      /** Unified diff; empty when nothing changes. */ readonly diff: string;
    }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Where a step is written: a Git repository, or the object itself. The only place through which an upgrade changes anything. */
export interface ChangeWriter {
  /** For people: `branch main of https://…`, or `the management cluster, as field manager capi-gitops`. */
  readonly target: string;
  /** What the source declares for the object's version: now, or a few seconds ago, but not before `notBefore` (epoch milliseconds). */
  declaration(
    object: ObjectReference,
    options?: { readonly notBefore?: number },
  ): Promise<{ readonly kind: "declared"; readonly declaration: Declaration } | { readonly kind: "refused"; readonly refusal: Refusal }>;
  preview(step: UpgradeStep): Promise<WritePreview>;
  /** Idempotent: the same step for the same upgrade writes once. */
  write(step: UpgradeStep): Promise<WriteOutcome>;
  /** Takes out a machine template that nothing refers to any more. */
  retire(template: ObjectReference): Promise<WriteOutcome>;
  dispose(): Promise<void>;
}
