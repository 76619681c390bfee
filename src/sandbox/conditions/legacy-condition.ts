import type { StoredObject } from "../store/stored-object.ts";
import { findCondition } from "./condition.ts";

export type LegacySeverity = "Error" | "Warning" | "Info";

/** A condition of v1beta1, kept under `status.deprecated.v1beta1.conditions` of v1beta2: no observedGeneration, but a severity when it is not True. */
export interface LegacyCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly severity?: LegacySeverity;
  readonly reason?: string;
  readonly message?: string;
  /** RFC 3339, seconds. */
  readonly lastTransitionTime: string;
}

export type LegacyConditionState = Omit<LegacyCondition, "lastTransitionTime">;

/** The conditions with this one in its place: Ready first, then by type; the same array when nothing changes. */
export function setLegacyCondition(
  conditions: readonly LegacyCondition[] | undefined,
  state: LegacyConditionState,
  time: string,
): readonly LegacyCondition[] {
  const existing = conditions ?? [];
  const previous = findCondition(existing, state.type);
  if (previous !== undefined && isSameState(previous, state)) return existing;
  const { type, status, severity, reason, message } = state;
  const condition: LegacyCondition = {
    type,
    status,
    ...(severity === undefined ? {} : { severity }),
    ...(reason === undefined || reason === "" ? {} : { reason }),
    ...(message === undefined || message === "" ? {} : { message }),
    lastTransitionTime: previous?.status === status ? previous.lastTransitionTime : time,
  };
  if (previous !== undefined) return existing.with(existing.indexOf(previous), condition);
  return [...existing, condition].sort(readyFirst);
}

/** The conditions without the one of that type; the same array when there is none. */
export function removeLegacyCondition(conditions: readonly LegacyCondition[] | undefined, type: string): readonly LegacyCondition[] {
  const existing = conditions ?? [];
  return existing.some((condition) => condition.type === type) ? existing.filter((condition) => condition.type !== type) : existing;
}

export function legacyConditionsOf(object: StoredObject): readonly LegacyCondition[] {
  // Status has no type of its own; controllers write no other conditions than these.
  const status = object["status"] as
    { readonly deprecated?: { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } } } | undefined;
  return status?.deprecated?.v1beta1?.conditions ?? [];
}

/**
 * One condition that stands for several (CAPI's v1beta1 `SetSummary` and `SetAggregate`): the worst one's reason and message, without a list. `priority`: types in the order in which they are
 * asked for reason and message. `source`: which object a condition comes from, put behind its reason. Undefined when there are no conditions.
 */
export function mergeLegacyConditions(
  type: string,
  conditions: readonly (LegacyConditionState & { readonly source?: { readonly kind: string; readonly name: string } })[],
  options: { readonly priority?: readonly string[]; readonly stepCounterOf?: number } = {},
): LegacyConditionState | undefined {
  let worst = Number.POSITIVE_INFINITY;
  for (const condition of conditions) worst = Math.min(worst, legacyRank(condition));
  const group = conditions
    .filter((condition) => legacyRank(condition) === worst)
    .sort((one, other) => readyFirst(one, other) || compare(one.source?.name ?? "", other.source?.name ?? ""));
  const first = firstOf(options.priority ?? [], group) ?? group[0];
  if (first === undefined) return undefined;
  if (first.status === "True") return { type, status: "True" };
  const { reason = "", source } = first;
  const completed = conditions.filter(({ status }) => status === "True").length;
  return {
    type,
    status: first.status,
    ...(first.status === "False" && first.severity !== undefined ? { severity: first.severity } : {}),
    reason: source === undefined || reason.includes("@") ? reason : `${reason} @ ${source.kind}/${source.name}`,
    message: options.stepCounterOf === undefined ? (first.message ?? "") : `${completed} of ${options.stepCounterOf} completed`,
  };
}

function firstOf<T extends { readonly type: string }>(types: readonly string[], conditions: readonly T[]): T | undefined {
  for (const type of types) {
    const found = findCondition(conditions, type);
    if (found !== undefined) return found;
  }
  return undefined;
}

function legacyRank({ status, severity }: LegacyConditionState): number {
  if (status === "True") return 3;
  if (status === "Unknown") return 4;
  // Mirrored from a condition of v1beta2, which has no severity: counts for nothing as long as there is any other.
  return severity === undefined ? 99 : severityRanks[severity];
}

const severityRanks = { Error: 0, Warning: 1, Info: 2 } as const;

function isSameState(one: LegacyCondition, other: LegacyConditionState): boolean {
  return (
    one.status === other.status &&
    one.severity === other.severity &&
    (one.reason ?? "") === (other.reason ?? "") &&
    (one.message ?? "") === (other.message ?? "")
  );
}

function readyFirst(one: { readonly type: string }, other: { readonly type: string }): number {
  if (one.type === other.type) return 0;
  if (one.type === "Ready") return -1;
  return other.type === "Ready" ? 1 : compare(one.type, other.type);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
