import type { StoredObject } from "../store/stored-object.ts";
import { aggregateMessage } from "./aggregate-message.ts";
import { conditionsOf, type Condition, type ConditionState } from "./condition.ts";
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
  const existing = new Map(conditionsOf(object).map((condition) => [condition.type, condition]));
  const owner = ownerOf(object);
  const conditions = types.flatMap((type): SourceCondition[] => {
    const condition = overrides.find((override) => override.type === type) ?? existing.get(type);
    if (condition !== undefined) return [{ ...condition, message: condition.message ?? "", ...owner }];
    if (ignoreIfMissing.includes(type)) return [];
    return [{ type, status: "Unknown", reason: "NotYetReported", message: "Condition not yet reported", ...owner }];
  });
  const { status, reason, priorityOf } = judge(conditions, options, false);
  const lines = conditions
    .filter((condition) => priorityOf(condition) !== "info" || (status === "True" && condition.message !== ""))
    .map(({ type, message, reason: because }) => `* ${type}:${message === "" ? ` ${because}` : indented(message)}`);
  return { type: target, status, reason, message: (options.transformMessages?.(lines) ?? lines).join("\n") };
}

/** One condition for the same condition of several objects (CAPI's aggregate); there must be at least one object. Its message names at most three messages, with three objects each. */
export function aggregateConditions(objects: readonly StoredObject[], options: AggregateOptions): ConditionState {
  const { source, target, targetIsNegative = options.negativePolarity?.includes(source) === true } = options;
  const conditions = objects.map((object): SourceCondition => {
    const condition = conditionsOf(object).find(({ type }) => type === source);
    const owner = ownerOf(object);
    return condition === undefined
      ? { type: source, status: "Unknown", reason: "NotYetReported", message: `Condition ${source} not yet reported`, ...owner }
      : { ...condition, ...owner };
  });
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
  const priorities = new Set(conditions.map(priorityOf));
  const worst = (["issue", "unknown", "info"] as const).find((priority) => priorities.has(priority)) ?? "info";
  const statuses = { issue: targetIsNegative ? "True" : "False", unknown: "Unknown", info: targetIsNegative ? "False" : "True" } as const;
  return { status: statuses[worst], reason: (options.reasons ?? defaultReasons)[worst], worst, priorityOf };
}

function ownerOf({ kind, metadata }: StoredObject): Pick<SourceCondition, "kind" | "name" | "isControlPlaneMachine"> {
  return {
    kind,
    name: metadata.name,
    isControlPlaneMachine: kind === "Machine" && metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined,
  };
}
