import type { Condition } from "./condition.ts";

/** What a condition counts for when several are merged. */
export type MergePriority = "issue" | "unknown" | "info";

export interface SourceCondition extends Pick<Condition, "type" | "status" | "reason" | "message"> {
  readonly kind: string;
  readonly name: string;
  readonly isControlPlaneMachine: boolean;
}
