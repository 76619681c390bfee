import type { UpgradePlan, UpgradeStep } from "../../upgrade/upgrade-types.ts";
import { variableName } from "../../upgrade/class-variables.ts";
import { objectName } from "../../upgrade/cluster-words.ts";
import type { Terminal } from "../terminal.ts";

export function planText(terminal: Terminal, plan: UpgradePlan): string {
  const { from, to, steps, warnings, machinesToReplace } = plan;
  const lines = [
    `${objectName(plan.cluster)}: ${from} → ${to}, ${count(steps.length, "step")}, ${count(machinesToReplace, "machine")} to replace`,
  ];
  for (const [index, step] of steps.entries()) lines.push(`  ${index + 1}. ${stepText(step)}`);
  for (const warning of warnings) lines.push(`${terminal.paint("warn", "!")} ${warning}`);
  return lines.join("\n");
}

export function stepText(step: UpgradeStep): string {
  const change = `${objectName(step.object)}: ${step.from} → ${step.to}`;
  if (step.kind === "topology") {
    const { controlPlaneThrough, workersThrough, variables = [] } = step;
    const images = variables.map((variable) => `, with ${variableName(variable)} ${variable.to}`).join("");
    const chained = controlPlaneThrough.length > 1 || workersThrough.length > 1;
    return chained
      ? `${change}${images} (Cluster API takes the control plane through ${controlPlaneThrough.join(", ")}, the workers through ${workersThrough.join(", ")})`
      : `${change}${images}`;
  }
  if (step.rotation === undefined) return change;
  return `${change}, with a copy of ${step.rotation.template.kind} ${step.rotation.template.name} that names ${step.rotation.set.map(({ to }) => to).join(", ")}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
