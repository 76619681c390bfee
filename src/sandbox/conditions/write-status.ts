import { timestamp, type Objects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import { sharingParts } from "../store/same-json.ts";
import type { JsonMap, StoredObject } from "../store/stored-object.ts";
import { conditionsOf, getCondition, setCondition, type Condition, type ConditionState } from "./condition.ts";

/** The manager as which Cluster API's controllers write status: that of their binary. */
const statusManager = "manager";

/** Writes status when it changed; gives the object as it is then. */
export function writeStatus(objects: Objects, type: ResourceType, object: StoredObject, found: JsonMap): StoredObject {
  const status = sharingParts(object["status"], found);
  if (status === object["status"]) return object;
  const { namespace, name } = object.metadata;
  return objects.modify(type, namespace, name, (live) => ({ ...live, status }), { manager: statusManager, subresource: "status" });
}

/** The Paused condition that the annotation cluster.x-k8s.io/paused and Cluster.spec.paused ask for. */
export function pausedState(cluster: StoredObject | undefined, object: StoredObject): ConditionState {
  // Cluster has a type of its own only where its topology is worked on.
  const spec = cluster?.["spec"] as { readonly paused?: boolean } | undefined;
  const messages: string[] = [];
  if (spec?.paused === true) messages.push("Cluster spec.paused is set to true");
  if (object.metadata.annotations?.["cluster.x-k8s.io/paused"] !== undefined)
    messages.push(`${object.kind} has the cluster.x-k8s.io/paused annotation`);
  const { generation } = object.metadata;
  const state: ConditionState =
    messages.length > 0
      ? { type: "Paused", status: "True", reason: "Paused", message: messages.join(", ") }
      : { type: "Paused", status: "False", reason: "NotPaused", message: "" };
  return generation === undefined ? state : { ...state, observedGeneration: generation };
}

/**
 * What controllers do about pausing before anything else: `stop` when the object is paused, or when the condition was just written (the write wakes the controller again); else the conditions to
 * go on with. Where only the generation differs on an object that is not paused, the condition is not written by itself.
 */
export function ensurePaused(
  objects: Objects,
  type: ResourceType,
  cluster: StoredObject | undefined,
  object: StoredObject,
  now: number,
): "stop" | readonly Condition[] {
  const state = pausedState(cluster, object);
  const previous = getCondition(object, "Paused");
  const conditions = setCondition(conditionsOf(object), state, timestamp(now));
  const isPaused = state.status === "True";
  const onlyGeneration =
    previous !== undefined &&
    previous.status === state.status &&
    previous.reason === state.reason &&
    previous.message === (state.message ?? "");
  if (onlyGeneration && !isPaused) return conditions;
  // Status is JSON; what else it holds stays.
  writeStatus(objects, type, object, { ...(object["status"] as JsonMap | undefined), conditions });
  return "stop";
}
