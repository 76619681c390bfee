import type { Notification } from "./notification.ts";

/** One HTTP POST. */
export interface WebhookPost {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a receiver wants to be told. One file a form. */
export type NotificationForm = (notification: Notification, context: PostContext) => WebhookPost;

export interface PostContext {
  /** Epoch milliseconds of this try. */
  readonly now: number;
  /** Name of the management cluster, for receivers that hear of several. */
  readonly source: string;
  /** For forms that sign. */
  readonly signingKey: string | undefined;
}

/** Plain data of a notification, as JSON receivers get it. Times are RFC 3339. */
export function notificationData(notification: Notification, source: string): Readonly<Record<string, unknown>> {
  const { kind, cluster, policy, upgrade, from, to, message, remedy, links, at, dedupeKey } = notification;
  return { kind, source, cluster, policy, upgrade, from, to, message, remedy, links, at: new Date(at).toISOString(), dedupeKey };
}
