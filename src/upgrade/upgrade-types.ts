import type { Refusal } from "../refusal.ts";
import type { FieldOwner, ObjectReference } from "./cluster-snapshot.ts";
import type { VariableChange } from "./class-variables.ts";
import type { ImageCatalog, TextChange } from "./machine-images.ts";

/** What a person or a policy asked for. */
export interface UpgradeRequest {
  /** Identifies this attempt; the same id is never committed twice. Derived from cluster, target and path, so that a re-run finds itself. */
  readonly upgradeId: string;
  /** `v1.35.2`. */
  readonly target: string;
  /** Versions to step through where nothing else names them, ascending: one per skipped minor. */
  readonly via: readonly string[];
  /** How long the proof must hold before it counts, in seconds. */
  readonly holdSeconds: number;
  /** A step that makes no progress for this long is timed out, in seconds. */
  readonly stallSeconds: number;
  /** Delete machine templates that this upgrade replaced, once nothing refers to them. Not done unless asked for. */
  readonly retireOldTemplates?: boolean;
  /** Machine images of versions; absent: an image moves only where the template's own value names the version. */
  readonly images?: ImageCatalog | undefined;
}

/** A new machine template that replaces one whose image is of the old version. The new name is a hash of its content, so it is known only once it is written. */
export interface TemplateRotation {
  readonly template: ObjectReference;
  readonly set: readonly TextChange[];
}

/** One write, and everything that Cluster API then does because of it. Steps are done strictly one after the other. */
export type UpgradeStep =
  | {
      readonly kind: "topology";
      readonly object: ObjectReference;
      readonly from: string;
      readonly to: string;
      /** Versions that Cluster API itself takes the control plane through, `to` included. */
      readonly controlPlaneThrough: readonly string[];
      /** Versions that Cluster API itself takes the workers through, `to` included. */
      readonly workersThrough: readonly string[];
      /** Variables of its ClusterClass that get the machine image of `to`. Absent: none. */
      readonly variables?: readonly VariableChange[];
    }
  | {
      readonly kind: "control-plane";
      readonly object: ObjectReference;
      readonly from: string;
      readonly to: string;
      readonly rotation: TemplateRotation | undefined;
    }
  | {
      readonly kind: "pool";
      readonly object: ObjectReference;
      readonly from: string;
      readonly to: string;
      readonly rotation: TemplateRotation | undefined;
    };

export interface UpgradePlan {
  readonly cluster: ObjectReference;
  readonly from: string;
  readonly to: string;
  readonly steps: readonly UpgradeStep[];
  /** What a careful person would want to know before: single control plane, unreachable workload cluster, deferred pools… */
  readonly warnings: readonly string[];
  /** Machines that will be replaced, over all steps. */
  readonly machinesToReplace: number;
}

export type PlanResult =
  | { readonly kind: "plan"; readonly plan: UpgradePlan }
  | { readonly kind: "nothing-to-do"; readonly message: string }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] };

/** What the source of truth (a Git branch, or the object itself with `--no-git`) declares for the object of the current step. */
export interface Declaration {
  readonly object: ObjectReference;
  readonly version: string;
  /** `clusters/demo.yaml:14`, or undefined without Git. */
  readonly place: string | undefined;
  /** Commit that carries it; undefined without Git. */
  readonly revision: string | undefined;
  /** When the commit was seen on the branch. */
  readonly at: number;
}

export type Link =
  "committed" | "applied" | "carried" | "observed" | "control-plane" | "workers" | "kubelets" | "api-server" | "workloads" | "held";

export interface ProofLink {
  readonly link: Link;
  /**
   * `proven`: seen to be so. `pending`: on its way. `broken`: contradicted by what was seen. `unknown`: cannot be seen (unreachable, forbidden).
   * `not-applicable`: this cluster has no such thing (no Git, no machines, no `/version`); does not count against the proof.
   */
  readonly state: "proven" | "pending" | "broken" | "unknown" | "not-applicable";
  /** What was seen, in words: `3 of 5 machines run v1.35.2`. */
  readonly evidence: string;
  /** When the link was first seen in this state during this run. */
  readonly since: number;
}

/** Who undid or blocked the upgrade, how, and what to do about it. */
export interface Contradiction {
  readonly reason: "Wedged" | "Reverted" | "RevertedInGit" | "ChangedInGit" | "OverriddenVersion" | "ApplyRejected" | "MixedVersions";
  readonly message: string;
  readonly remedy: string;
  readonly culprit: FieldOwner | undefined;
  readonly object: ObjectReference;
  readonly evidence: readonly string[];
}

export interface Proof {
  readonly version: string;
  /** In chain order; a link can only be proven when those before it are (or do not apply). */
  readonly links: readonly ProofLink[];
  readonly verdict: "proven" | "pending" | "broken" | "unknown";
  /** Since when all links before `held` have been proven without a break; undefined while they are not. */
  readonly heldSince: number | undefined;
  readonly contradictions: readonly Contradiction[];
}

/** A change of the cluster that mends a contradiction or a stuck rollout; shown before it is done. */
export interface Repair {
  readonly kind: "set-version";
  readonly object: ObjectReference;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}
