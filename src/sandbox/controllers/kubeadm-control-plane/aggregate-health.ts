import { getCondition } from "../../conditions/condition.ts";
import { legacyConditionsOf, type LegacyCondition } from "../../conditions/legacy-condition.ts";
import { compareText, shortList, type Machine } from "./cluster-objects.ts";
import { report, reportLegacy, type Scope } from "./scope.ts";

export interface HealthAggregate {
  /** Conditions of the machines. */
  readonly types: readonly string[];
  /** What speaks against the control plane as a whole. */
  readonly errors: readonly string[];
  readonly target: string;
  /** What it is about, in messages. */
  readonly note: string;
}

/** One condition of the control plane for those of its machines: only issues and unknowns are told (CAPI aggregateConditionsFromMachinesToKCP). */
export function aggregateHealth(scope: Scope, { types, errors, target, note }: HealthAggregate): void {
  let isFalse = errors.length > 0;
  let isUnknown = false;
  let isTrue = false;
  const names = new Map<string, string[]>();
  for (const machine of scope.machines) {
    const conditions = types.flatMap((type) => getCondition(machine, type) ?? []);
    const lines: string[] = [];
    for (const { type, status, message } of conditions) {
      // Before it has a provider ID, a machine that comes up is no news.
      if (status === "True" || (status === "Unknown" && !hasProvider(machine))) isTrue = true;
      else {
        if (status === "False") isFalse = true;
        else isUnknown = true;
        lines.push(`  * ${type}: ${message === "" ? `condition is ${status}` : message}`);
      }
    }
    if (lines.length === 0) continue;
    const isOne = conditions.length > 1 && new Set(conditions.map(({ message }) => message)).size === 1;
    const text = isOne ? `  * Control plane components: ${conditions[0]!.message}` : lines.join("\n");
    names.set(text, [...(names.get(text) ?? []), machine.metadata.name]);
  }
  const groups = [...names].sort(([, one], [, other]) => other.length - one.length || compareText(one.join(","), other.join(",")));
  const message = [
    ...groups.map(([text, group]) => `* Machine${group.length > 1 ? "s" : ""} ${shortList(group, 3)}:\n${text}`),
    ...errors.map((error) => `* ${error}`),
  ].join("\n");
  if (isFalse) report(scope, { type: target, status: "False", reason: "NotHealthy", message });
  else if (isUnknown) report(scope, { type: target, status: "Unknown", reason: "HealthUnknown", message });
  else if (isTrue) report(scope, { type: target, status: "True", reason: "Healthy" });
  else report(scope, { type: target, status: "Unknown", reason: "HealthUnknown", message: `No Machines reporting ${note} status` });
}

/** The older condition: errors before warnings, infos, true and unknown; none while no machine has any. */
export function aggregateLegacyHealth(
  scope: Scope,
  {
    types,
    errors,
    target,
    note,
    unhealthyReason,
    unknownReason,
  }: HealthAggregate & { readonly unhealthyReason: string; readonly unknownReason: string },
): void {
  const having = (matches: (condition: LegacyCondition) => boolean): readonly string[] =>
    scope.machines
      .filter((machine) => legacyConditionsOf(machine).some((condition) => types.includes(condition.type) && matches(condition)))
      .map(({ metadata }) => metadata.name);
  const falseWith = (severity: string): readonly string[] =>
    having((condition) => condition.status === "False" && condition.severity === severity);
  const failing = falseWith("Error");
  const all = [...errors, ...(failing.length === 0 ? [] : [`Following Machines are reporting ${note} errors: ${failing.join(", ")}`])];
  if (all.length > 0) {
    reportLegacy(scope, { type: target, status: "False", severity: "Error", reason: unhealthyReason, message: all.join("; ") });
    return;
  }
  for (const [severity, text] of [
    ["Warning", "warnings"],
    ["Info", "info"],
  ] as const) {
    const names = falseWith(severity);
    if (names.length === 0) continue;
    const message = `Following Machines are reporting ${note} ${text}: ${names.join(", ")}`;
    reportLegacy(scope, { type: target, status: "False", severity, reason: unhealthyReason, message });
    return;
  }
  if (having(({ status }) => status === "True").length > 0) {
    reportLegacy(scope, { type: target, status: "True" });
    return;
  }
  const unknown = having(({ status }) => status === "Unknown");
  if (unknown.length === 0) return;
  const message = `Following Machines are reporting unknown ${note} status: ${unknown.join(", ")}`;
  reportLegacy(scope, { type: target, status: "Unknown", reason: unknownReason, message });
}

function hasProvider({ spec }: Machine): boolean {
  return spec.providerID !== undefined && spec.providerID !== "";
}
