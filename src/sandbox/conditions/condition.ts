import type { StoredObject } from "../store/stored-object.ts";
import { conditionRank } from "./condition-order.ts";

export type ConditionStatus = "True" | "False" | "Unknown";

/** metav1.Condition, as in `status.conditions` of v1beta2. */
export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, seconds. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** A condition before it is set on an object. */
export interface ConditionState {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  /** Default "". */
  readonly message?: string;
  /** Generation of the object that carries the condition. */
  readonly observedGeneration?: number;
}

/**
 * The conditions with this one in its place, in Cluster API's order; the same array when nothing changes. `time` counts only when the status does. `generation`: of the object that carries it, where
 * the state does not say which one was observed.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  state: ConditionState,
  time: string,
  generation?: number,
): readonly Condition[] {
  const existing = conditions ?? [];
  const { type, status, reason, message = "", observedGeneration = generation } = state;
  const index = indexOf(existing, type);
  const previous = existing[index];
  if (
    previous !== undefined &&
    previous.status === status &&
    previous.reason === reason &&
    previous.message === message &&
    previous.observedGeneration === observedGeneration
  ) {
    return existing;
  }
  const condition: Condition = {
    type,
    status,
    reason,
    message,
    lastTransitionTime: previous?.status === status ? previous.lastTransitionTime : time,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  if (previous !== undefined) return existing.with(index, condition);
  return [...existing, condition].sort(byRank);
}

/** `setCondition` for each of them. */
export function setConditions(
  conditions: readonly Condition[] | undefined,
  states: readonly ConditionState[],
  time: string,
  generation?: number,
): readonly Condition[] {
  let all = conditions ?? [];
  for (const state of states) all = setCondition(all, state, time, generation);
  return all;
}

/** `status.conditions`; none when there are none yet. */
export function conditionsOf(object: StoredObject): readonly Condition[] {
  // Status has no type of its own; controllers write no other conditions than these.
  const status = object["status"] as { readonly conditions?: readonly Condition[] } | undefined;
  return status?.conditions ?? [];
}

export function getCondition(object: StoredObject, type: string): Condition | undefined {
  return findCondition(conditionsOf(object), type);
}

export function findCondition<T extends { readonly type: string }>(conditions: readonly T[], type: string): T | undefined {
  return conditions[indexOf(conditions, type)];
}

/** -1: there is none. By far the most asked question of a simulation: nothing is called for each of the conditions. */
function indexOf(conditions: readonly { readonly type: string }[], type: string): number {
  for (let index = 0; index < conditions.length; index += 1) if (conditions[index]!.type === type) return index;
  return -1;
}

export function isConditionTrue(object: StoredObject, type: string): boolean {
  return getCondition(object, type)?.status === "True";
}

/** As this controller shows another object's condition (CAPI's NewMirrorCondition): unknown as long as it is not there. */
export function mirrorCondition(source: StoredObject | undefined, sourceType: string, targetType = sourceType): ConditionState {
  const condition = source === undefined ? undefined : getCondition(source, sourceType);
  return condition === undefined
    ? { type: targetType, status: "Unknown", reason: "NotYetReported", message: `Condition ${sourceType} not yet reported` }
    : { type: targetType, status: condition.status, reason: condition.reason, message: condition.message };
}

function byRank(one: Condition, other: Condition): number {
  const difference = conditionRank(one.type) - conditionRank(other.type);
  if (difference !== 0 || one.type === other.type) return difference;
  return one.type < other.type ? -1 : 1;
}
