import type { StoredObject } from "../store/stored-object.ts";
import type { WebhookRequest } from "./webhook.ts";
export function withVariables(_request: WebhookRequest, cluster: StoredObject, _clusterClass: StoredObject): StoredObject {
  return cluster;
}
