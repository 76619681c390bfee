/** How the change is written: `spec.git` with every default filled in. Secrets are named, never read here. */
export interface GitSettings {
  readonly mode: "push" | "pull-request" | "direct";
  /** Name of the Secret in the operator's namespace. */
  readonly credentialsSecret: string | undefined;
  readonly useEngineCredentials: boolean;
  /** What overrides that which is found from the engine. */
  readonly repository: { readonly url: string | undefined; readonly branch: string | undefined; readonly path: string | undefined };
  readonly author: { readonly name: string; readonly email: string } | undefined;
  readonly signOff: boolean;
  readonly signingSecret: string | undefined;
  readonly forge: { readonly kind: ForgeKind | undefined; readonly apiUrl: string | undefined };
  readonly pullRequestPer: "cluster" | "policy";
  readonly autoMerge: boolean;
}

export type ForgeKind = "github" | "gitlab" | "gitea" | "forgejo";

export const notificationEvents = {
  Available: "available",
  WaitingForApproval: "waiting-for-approval",
  WaitingForReview: "waiting-for-review",
  Started: "started",
  Stuck: "stuck",
  Done: "done",
  Reverted: "reverted",
  Cancelled: "cancelled",
} as const;

export type NotificationEvent = (typeof notificationEvents)[keyof typeof notificationEvents];

/** Whom to tell. */
export interface NotificationTarget {
  readonly name: string;
  readonly format: "slack" | "json" | "cloud-events";
  /** Name of the Secret in the operator's namespace. */
  readonly secret: string;
  readonly on: readonly NotificationEvent[];
}
