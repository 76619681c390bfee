import type { AdmissionRequest, Objects } from "../api/objects.ts";
import type { StatusCause } from "../api/api-status-error.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { TypeKey } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";

/** What webhooks look up besides the object they are asked about. */
export interface Surroundings {
  /** The management cluster; asked for when it is needed, because its rules are these webhooks. */
  readonly objects: () => Objects;
  /** Throws for a type that is not served. */
  readonly type: (key: TypeKey) => ResourceType;
}

/** A create or an update, as webhooks see it. */
export interface WebhookRequest extends AdmissionRequest {
  readonly operation: "create" | "update";
  readonly object: StoredObject;
}

/** The admission webhooks of one kind. */
export interface Webhook {
  /** Names as in the manifests: they stand in each refusal. */
  readonly name: string;
  /** What refusals call the kind's group, where they are wrong about it. */
  readonly group?: string;
  /** The same object when nothing is to be filled in. Throws an ApiStatusError without a webhook's name. */
  readonly fill?: (request: WebhookRequest, surroundings: Surroundings) => StoredObject;
  readonly faults?: (request: WebhookRequest, surroundings: Surroundings) => readonly StatusCause[];
  /** Throws an ApiStatusError without a webhook's name. */
  readonly refuseDeletion?: (live: StoredObject, surroundings: Surroundings) => void;
}

/** In a dry run of the topology controller templates may differ: it asks what a change would lead to. */
export function isTopologyDryRun({ dryRun, object }: WebhookRequest): boolean {
  return dryRun && object.metadata.annotations?.["topology.cluster.x-k8s.io/dry-run"] !== undefined;
}
