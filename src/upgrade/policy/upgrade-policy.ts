import type { LabelRequirement } from "../../label-selector.ts";
import type { Schedule } from "./schedule.ts";

/**
 * What a policy asks of the clusters that it selects: the object UpgradePolicy with every default filled in (`operator/api/`). Pure data; nothing further in knows
 * the CRD's shape. All durations are in seconds, all times epoch milliseconds, UTC.
 */
export interface UpgradePolicy {
  readonly name: string;
  readonly createdAt: number;
  /** Of several policies that select a cluster the one with the highest number applies; among equals the oldest, then the first by name. */
  readonly priority: number;
  readonly clusters: ClusterSelector;
  readonly target: TargetRule;
  readonly settings: AttemptSettings;
  /** From the end of one upgrade of a cluster to the start of the next. */
  readonly minimumIntervalSeconds: number;
  /** How many clusters of this policy may be under way at once; undefined: any number. */
  readonly maxConcurrent: number | undefined;
  /** Nothing new is begun; what is under way goes on. */
  readonly suspended: boolean;
}

/** Both must hold. Kubernetes label selectors; an empty one selects everything. */
export interface ClusterSelector {
  /** Undefined: every namespace. */
  readonly namespaces: readonly string[] | undefined;
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelRequirement[];
}

/**
 * `patch`: the newest patch of the minor that the cluster has. `stable`: the newest patch of the minor before the newest one (AKS's `stable` channel, N-1). `rapid`: the newest patch of
 * the newest minor. `pinned`: that version.
 */
export interface TargetRule {
  readonly channel: { readonly kind: "patch" | "stable" | "rapid" } | { readonly kind: "pinned"; readonly version: string };
  /** A release younger than this is not gone to (nor counted for the newest minor). */
  readonly minimumAgeSeconds: number;
  /** Versions that are never gone to: `v1.35.1`, or whole minors `v1.34`. */
  readonly avoid: readonly string[];
}

/** Settings of one attempt, resolved from its policy when it is made. */
export interface AttemptSettings {
  readonly schedule: Schedule;
  /** What happens to a rollout that is under way when its window ends. */
  readonly atWindowEnd: WindowEnd;
  readonly approval: ApprovalRule;
  /** How long the proof must hold, in seconds. */
  readonly holdSeconds: number;
  /** A step that makes no progress for this long is stuck, in seconds. Time outside windows, and time that waits for people, does not count. */
  readonly stallSeconds: number;
  /** Take out machine templates that the upgrade replaced, once nothing refers to them. */
  readonly retireOldTemplates: boolean;
}

/**
 * `hard-stop`: pools are stopped between machines. `finish-pool`: the pools that have begun are finished, no other begins. `finish`: all that was written is carried out. A control
 * plane that has begun is always finished: half-way it is at its most fragile, and nothing stops it that would not also stop its remediation.
 */
export type WindowEnd = "hard-stop" | "finish-pool" | "finish";

export type ApprovalPoint = "control-plane" | "workers";

/** Before which of them a person must say yes. */
export type ApprovalRule = readonly ApprovalPoint[];
