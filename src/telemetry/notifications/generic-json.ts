import { createHmac } from "node:crypto";
import { notificationData, type NotificationForm } from "./webhook.ts";

/**
 * JSON, signed where there is a key: `X-Capi-Gitops-Signature: sha256=<hex>` is the HMAC-SHA256 of `<X-Capi-Gitops-Timestamp>.<body>`, where the timestamp is Unix time in seconds. A
 * receiver compares in constant time, and refuses what is older than some minutes, so that nothing can be sent again by others.
 */
export const genericJsonForm: NotificationForm = (notification, { now, source, signingKey }) => {
  const body = JSON.stringify(notificationData(notification, source));
  const timestamp = String(Math.floor(now / 1000));
  return {
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      "X-Capi-Gitops-Delivery": notification.dedupeKey,
      "X-Capi-Gitops-Timestamp": timestamp,
      ...(signingKey === undefined ? {} : { "X-Capi-Gitops-Signature": `sha256=${signature(signingKey, timestamp, body)}` }),
    },
    body,
  };
};

function signature(key: string, timestamp: string, body: string): string {
  return createHmac("sha256", key).update(`${timestamp}.${body}`, "utf8").digest("hex");
}
