import { indented } from "./condition-message.ts";
import type { MergePriority, SourceCondition } from "./source-condition.ts";

interface MessageGroup {
  readonly message: string;
  readonly names: string[];
  readonly controlPlane: Set<string>;
}

const weights = { issue: 0, unknown: 1, info: 2 } as const;
const shownMessages = 3;
const shownNames = 3;

/** The message of an aggregate: messages of control plane machines first, then issues before unknowns, then those that most objects have. */
export function aggregateMessage(
  conditions: readonly SourceCondition[],
  priorityOf: (condition: SourceCondition) => MergePriority,
  isInfo: boolean,
): string {
  const kinds = new Map<string, Map<string, MessageGroup>>();
  // As in CAPI these two are kept for a message whatever the kind of the objects that have it.
  const priorities = new Map<string, MergePriority>();
  const firsts = new Set<string>();
  for (const condition of conditions) {
    const { kind, name, message, isControlPlaneMachine } = condition;
    if (isInfo && message === "") continue;
    let groups = kinds.get(kind);
    if (groups === undefined) kinds.set(kind, (groups = new Map()));
    let group = groups.get(message);
    if (group === undefined) groups.set(message, (group = { message, names: [], controlPlane: new Set() }));
    group.names.push(name);
    const priority = priorityOf(condition);
    const known = priorities.get(message);
    if (known === undefined || weights[priority] < weights[known]) priorities.set(message, priority);
    if (isControlPlaneMachine) {
      group.controlPlane.add(name);
      firsts.add(message);
    }
  }
  const rank = (message: string): number => weights[priorities.get(message)!];

  const lines: string[] = [];
  let left = shownMessages;
  for (const kind of [...kinds.keys()].sort()) {
    const groups = [...kinds.get(kind)!.values()];
    for (const { names, controlPlane } of groups) {
      names.sort((one, other) => Number(controlPlane.has(other)) - Number(controlPlane.has(one)) || compare(one, other));
    }
    groups.sort(
      (one, other) =>
        Number(firsts.has(other.message)) - Number(firsts.has(one.message)) ||
        rank(one.message) - rank(other.message) ||
        other.names.length - one.names.length ||
        compare(one.names.join(","), other.names.join(",")),
    );
    const others = { issue: 0, unknown: 0, info: 0 };
    for (const { message, names } of groups) {
      if (left === 0) others[priorities.get(message)!] += names.length;
      else {
        lines.push(`* ${who(kind, names)}:${indented(message)}`);
        left -= 1;
      }
    }
    const texts = isInfo
      ? ([["info", "with additional info"]] as const)
      : ([
          ["issue", "with other issues"],
          ["unknown", "with status unknown"],
        ] as const);
    for (const [priority, text] of texts) {
      const count = others[priority];
      if (count > 0) lines.push(`And ${count} ${count === 1 ? kind : plural(kind)} ${text}`);
    }
  }
  return lines.join("\n");
}

function who(kind: string, names: readonly string[]): string {
  if (names.length === 1) return `${kind} ${names[0]!}`;
  if (names.length <= shownNames) return `${plural(kind)} ${names.join(", ")}`;
  return `${plural(kind)} ${names.slice(0, shownNames).join(", ")}, ... (${names.length - shownNames} more)`;
}

function plural(kind: string): string {
  return `${kind}s`;
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
