import { signatureHeaders } from "./signature.ts";
import { notificationData, type NotificationForm } from "./webhook.ts";

/** CloudEvents 1.0, structured content mode over HTTP. `source` and `id` together are unique, so receivers can drop what they had. Signed where there is a key. */
export const cloudEventsForm: NotificationForm = (notification, context) => {
  const { source } = context;
  const { kind, cluster, at, dedupeKey } = notification;
  const event = {
    specversion: "1.0",
    id: dedupeKey,
    // A URI reference; the name may hold anything.
    source: `/clusterapi-gitops/${encodeURIComponent(source)}`,
    type: `io.clusterapi-gitops.upgrade.${kind}`,
    time: new Date(at).toISOString(),
    subject: `${cluster.namespace}/${cluster.name}`,
    datacontenttype: "application/json",
    data: notificationData(notification, source),
  };
  const body = JSON.stringify(event);
  return { headers: { "Content-Type": "application/cloudevents+json; charset=utf-8", ...signatureHeaders(body, context) }, body };
};
