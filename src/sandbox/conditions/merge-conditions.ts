import type { StoredObject } from "../store/stored-object.ts";
import { aggregateMessage } from "./aggregate-message.ts";
import { conditionsOf, findCondition, getCondition, type Condition, type ConditionState } from "./condition.ts";
import { indented } from "./condition-message.ts";
import type { MergePriority, SourceCondition } from "./source-condition.ts";

export interface MergeOptions {
  /** Type of the condition that comes out. */
  readonly target: string;
  /** Types of which True is bad (Deleting, ScalingUp, …). */
  readonly negativePolarity?: readonly string[];
  /** Instead of the rule for True, False and Unknown. */
  readonly priority?: (condition: SourceCondition) => MergePriority;
  /** Reason when there are issues, else unknowns, else neither. Default: IssuesReported, UnknownReported, InfoReported. */
  readonly reasons?: Readonly<Record<MergePriority, string>>;
}

export interface SummaryOptions extends MergeOptions {
  /** Types in the order of their weight. */
  readonly types: readonly string[];
  /** Types that may be missing; others that are missing count as unknown. */
  readonly ignoreIfMissing?: readonly string[];
  /** Default: those that the object has. */
  readonly conditions?: readonly Condition[];
  /** Stand in for the object's own condition of that type. */
  readonly overrides?: readonly ConditionState[];
  readonly transformMessages?: (messages: readonly string[]) => readonly string[];
}

export interface AggregateOptions extends MergeOptions {
  /** The condition that is asked of each object. */
  readonly source: string;
  /** True of what comes out is bad. Default: when `source` is of negative polarity. */
  readonly targetIsNegative?: boolean;
}

const defaultReasons = { issue: "IssuesReported", unknown: "UnknownReported", info: "InfoReported" } as const;

/** One condition for several of one object (CAPI's summary): its message has a line for each that is not well. */
export function summarizeConditions(object: StoredObject, options: SummaryOptions): ConditionState {
  const { types, ignoreIfMissing = [], overrides = [], target } = options;
  const existing = options.conditions ?? conditionsOf(object);
  const conditions: SourceCondition[] = [];
  for (const type of types) {
    const condition = findCondition<ConditionState>(overrides, type) ?? findCondition(existing, type);
    if (condition !== undefined || !ignoreIfMissing.includes(type)) {
      conditions.push(sourceCondition(object, type, condition ?? notReported("Condition not yet reported")));
    }
  }
  const { status, reason, priorityOf } = judge(conditions, options, false);
  const lines: string[] = [];
  for (const condition of conditions) {
    const { type, message, reason: because } = condition;
    const isTold = (status === "True" && message !== "") || priorityOf(condition) !== "info";
    if (isTold) lines.push(`* ${type}:${message === "" ? ` ${because}` : indented(message)}`);
  }
  return { type: target, status, reason, message: (options.transformMessages?.(lines) ?? lines).join("\n") };
}

/** One condition for the same condition of several objects (CAPI's aggregate); there must be at least one object. Its message names at most three messages, with three objects each. */
export function aggregateConditions(objects: readonly StoredObject[], options: AggregateOptions): ConditionState {
  const { source, target, targetIsNegative = options.negativePolarity?.includes(source) === true } = options;
  const conditions = objects.map((object) =>
    sourceCondition(object, source, getCondition(object, source) ?? notReported(`Condition ${source} not yet reported`)),
  );
  // Oldest first, those without a time before all: the order in which names of one message are met does not matter, they are sorted.
  const { status, reason, priorityOf, worst } = judge(conditions, options, targetIsNegative);
  const shown = worst === "info" ? conditions : conditions.filter((condition) => priorityOf(condition) !== "info");
  return { type: target, status, reason, message: aggregateMessage(shown, priorityOf, worst === "info") };
}

function judge(
  conditions: readonly SourceCondition[],
  options: MergeOptions,
  targetIsNegative: boolean,
): Pick<Condition, "status" | "reason"> & {
  readonly worst: MergePriority;
  readonly priorityOf: (condition: SourceCondition) => MergePriority;
} {
  const negative = options.negativePolarity ?? [];
  const priorityOf =
    options.priority ??
    (({ type, status }: SourceCondition): MergePriority => {
      if (status === "Unknown") return "unknown";
      return (status === "True") === negative.includes(type) ? "issue" : "info";
    });
  let worst: MergePriority = "info";
  for (const condition of conditions) {
    const priority = priorityOf(condition);
    if (priority === "issue" || worst === "info") worst = priority;
  }
  const statuses = { issue: targetIsNegative ? "True" : "False", unknown: "Unknown", info: targetIsNegative ? "False" : "True" } as const;
  return { status: statuses[worst], reason: (options.reasons ?? defaultReasons)[worst], worst, priorityOf };
}

function notReported(message: string): Pick<SourceCondition, "status" | "reason" | "message"> {
  return { status: "Unknown", reason: "NotYetReported", message };
}

/** All of them have the same fields in the same order. */
function sourceCondition(
  { kind, metadata }: StoredObject,
  type: string,
  { status, reason, message = "" }: Pick<ConditionState, "status" | "reason" | "message">,
): SourceCondition {
  const isControlPlaneMachine = kind === "Machine" && metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined;
  return { type, status, reason, message, kind, name: metadata.name, isControlPlaneMachine };
}
