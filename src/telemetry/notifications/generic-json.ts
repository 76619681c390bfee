import { signatureHeaders } from "./signature.ts";
import { notificationData, type NotificationForm } from "./webhook.ts";

/** Plain JSON, signed where there is a key. */
export const genericJsonForm: NotificationForm = (notification, context) => {
  const body = JSON.stringify(notificationData(notification, context.source));
  const headers = { "Content-Type": "application/json; charset=utf-8", "X-Capi-Gitops-Delivery": notification.dedupeKey };
  return { headers: { ...headers, ...signatureHeaders(body, context) }, body };
};
