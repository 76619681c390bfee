import { variableName } from "../upgrade/class-variables.ts";
import type { ObjectReference } from "../upgrade/cluster-snapshot.ts";
import type { UpgradeStep } from "../upgrade/upgrade-types.ts";

/** One commit's identity within an upgrade: the same step of the same upgrade has the same id, whoever runs it and however often. */
export function stepId(upgradeId: string, step: UpgradeStep): string {
  return `${upgradeId}/${step.object.kind.toLowerCase()}/${step.object.name}/${step.to}`;
}

export function retireId(upgradeId: string, template: ObjectReference): string {
  return `${upgradeId}/retire/${template.kind.toLowerCase()}/${template.name}`;
}

export function retireTitle({ kind, namespace, name }: ObjectReference): string {
  return `Remove ${kind} ${namespace}/${name}`;
}

/** Title (imperative, under 72 characters where names allow) and body of the commit that makes a step. Trailers are the Git room's business. */
export function commitMessage(step: UpgradeStep): { readonly title: string; readonly body: string } {
  const { object, from, to } = step;
  const title = `Upgrade ${object.kind} ${object.namespace}/${object.name} to Kubernetes ${to}`;
  const lines = [`From ${from} to ${to}.`];
  if (step.kind === "topology" && step.controlPlaneThrough.length > 1) {
    lines.push(
      `Cluster API takes the control plane through ${step.controlPlaneThrough.join(", ")}, the workers through ${step.workersThrough.join(", ")}.`,
    );
  }
  if (step.kind === "topology" && step.variables !== undefined) {
    const changes = step.variables.map(
      (change) => `${variableName(change)}: ${change.value === undefined ? "" : `${change.value} → `}${change.to}`,
    );
    lines.push(`The machine image of ${to} comes with it (${changes.join(", ")}).`);
  }
  if (step.kind !== "topology" && step.rotation !== undefined) {
    const { template, set } = step.rotation;
    lines.push(
      `${template.kind} ${template.name} is for ${from}; machine templates are immutable, so a copy for ${to} is added and referred to ` +
        `(${set.map(({ value, to: after }) => `${value} → ${after}`).join(", ")}). The old one stays until no machine refers to it.`,
    );
  }
  return { title, body: lines.join("\n") };
}
