/** What people are told of. */
export type NotificationKind =
  | "available"
  | "waiting-for-approval"
  | "waiting-for-review"
  | "started"
  | "stuck"
  | "proven"
  | "reverted"
  | "refused"
  | "timed-out"
  | "cancelled";

export interface Notification {
  readonly kind: NotificationKind;
  readonly cluster: { readonly namespace: string; readonly name: string };
  readonly policy: string | undefined;
  /** Name of the ClusterUpgrade; undefined before there is one. */
  readonly upgrade: string | undefined;
  /** `v1.34.3`; undefined where it is not known. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** What was seen and what it means. */
  readonly message: string;
  readonly remedy: string | undefined;
  readonly links: readonly { readonly title: string; readonly url: string }[];
  /** Epoch milliseconds. */
  readonly at: number;
  /** The same event always has the same: receivers can drop what they had, and the sender what it sent. */
  readonly dedupeKey: string;
}

/**
 * `about` tells events of one kind in one upgrade apart: the step that is done, the reason that it is stuck for. Two events that differ in nothing else are one, and
 * told once.
 */
export function dedupeKeyOf(event: Pick<Notification, "kind" | "cluster" | "upgrade" | "to">, about = ""): string {
  const { kind, cluster, upgrade, to } = event;
  return [cluster.namespace, cluster.name, upgrade ?? `to-${to ?? "unknown"}`, kind, ...(about === "" ? [] : [about])]
    .map(encodeURIComponent)
    .join("/");
}

/** One line: `capi/prod-1: upgrade v1.34.3 → v1.35.2 is stuck`. */
export function headline({ kind, cluster, from, to }: Notification): string {
  const versions = from === undefined ? (to ?? "") : `${from} → ${to ?? "?"}`;
  return `${cluster.namespace}/${cluster.name}: ${headlines[kind].replace("VERSIONS", versions).replace(/\s+/g, " ").trim()}`;
}

const headlines = {
  available: "VERSIONS is available",
  "waiting-for-approval": "upgrade VERSIONS waits for approval",
  "waiting-for-review": "upgrade VERSIONS waits for a review",
  started: "upgrade VERSIONS has begun",
  stuck: "upgrade VERSIONS is stuck",
  proven: "upgrade VERSIONS is proven on every machine",
  reverted: "upgrade VERSIONS was reverted",
  refused: "upgrade VERSIONS was refused",
  "timed-out": "upgrade VERSIONS took too long",
  cancelled: "upgrade VERSIONS was cancelled",
} as const satisfies Readonly<Record<NotificationKind, string>>;

/** Whether somebody has to do something. */
export function needsPeople(kind: NotificationKind): boolean {
  switch (kind) {
    case "waiting-for-approval":
    case "waiting-for-review":
    case "stuck":
    case "reverted":
    case "refused":
    case "timed-out":
      return true;
    case "available":
    case "started":
    case "proven":
    case "cancelled":
      return false;
    default:
      return kind satisfies never;
  }
}
