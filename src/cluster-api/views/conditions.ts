import type { ConditionSnapshot } from "../../upgrade/cluster-snapshot.ts";
import { normaliseReason, translateOldCondition } from "./conditions-v1beta1.ts";
import { asRecord, asText, asTime, valueAt, type GapReport, type RawObject } from "./fields.ts";

/** Where conditions stand; looked up in the CRD schemas by the contract test. */
export const CONDITION_PATHS = { nested: "status.v1beta2.conditions", direct: "status.conditions" } as const;

/**
 * The conditions of any Cluster API object, under their v1beta2 names.
 *
 * Objects served as v1beta1 by Cluster API ≥ 1.9 carry the new conditions in `status.v1beta2.conditions`; older ones only have the old conditions,
 * which are translated (`conditions-v1beta1.ts`). Sorted by type, so that two readings of one state are equal.
 */
export function readConditions(object: RawObject, what: string, report: GapReport): readonly ConditionSnapshot[] {
  const nested = valueAt(object, CONDITION_PATHS.nested);
  const direct = valueAt(object, CONDITION_PATHS.direct);
  const source = Array.isArray(nested) && nested.length > 0 ? nested : direct;
  if (source === undefined || source === null) return [];
  if (!Array.isArray(source)) {
    report({ kind: "unreadable", what, message: `status.conditions of ${what} is not a list` });
    return [];
  }
  const old = source === direct && source.some(isOldCondition);
  const conditions = source.flatMap((entry: unknown) => {
    const condition = readCondition(entry);
    if (condition === undefined) {
      report({ kind: "unreadable", what, message: `a condition of ${what} has no type or no status and was left out` });
      return [];
    }
    return old ? translateOldCondition(condition) : [condition];
  });
  const byType = new Map<string, ConditionSnapshot>();
  for (const condition of conditions) {
    if (!byType.has(condition.type)) byType.set(condition.type, { ...condition, reason: normaliseReason(condition) });
  }
  return [...byType.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

/** `undefined` both for a condition that is absent and for one that is neither True nor False. */
export function conditionAsFlag(conditions: readonly ConditionSnapshot[], type: string): boolean | undefined {
  const status = conditions.find((condition) => condition.type === type)?.status;
  return status === "True" ? true : status === "False" ? false : undefined;
}

/** A v1beta2 condition always has a reason and never a severity; an old one that is True has no reason, one that is False has a severity. */
function isOldCondition(entry: unknown): boolean {
  const condition = asRecord(entry);
  return condition !== undefined && (asText(condition["severity"]) !== undefined || !asText(condition["reason"]));
}

function readCondition(entry: unknown): ConditionSnapshot | undefined {
  const condition = asRecord(entry);
  const type = asText(condition?.["type"]);
  const status = asText(condition?.["status"]);
  if (condition === undefined || !type || (status !== "True" && status !== "False" && status !== "Unknown")) return undefined;
  return {
    type,
    status,
    reason: asText(condition["reason"]) ?? "",
    message: asText(condition["message"]) ?? "",
    since: asTime(condition["lastTransitionTime"]),
  };
}
