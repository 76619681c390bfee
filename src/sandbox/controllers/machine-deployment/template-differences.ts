import { sameJson } from "../../store/same-json.ts";
import type { MachineDeployment, MachineSet, MachineTemplate } from "../machine-set/machine-objects.ts";
import { compareTexts } from "../machine-set/machine-objects.ts";

/** Why machines of one template are not those of another, in the words of the Machine's UpToDate condition; empty when nothing needs new machines. Labels, timeouts, gates, taints never do. */
export function templateDifferences(current: MachineTemplate, desired: MachineTemplate): readonly string[] {
  const [one, other] = [current.spec, desired.spec];
  const differences: string[] = [];
  if ((one.version ?? "") !== (other.version ?? "")) differences.push(`Version ${one.version ?? ""}, ${other.version ?? ""} required`);
  if (!sameJson(one.bootstrap ?? {}, other.bootstrap ?? {})) {
    const kind = one.bootstrap?.configRef?.kind;
    const names = [one, other].map(({ bootstrap }) => bootstrap?.dataSecretName ?? "nil");
    differences.push(
      kind === undefined
        ? `spec.bootstrap.dataSecretName ${names[0]!}, ${names[1]!} required`
        : `${kind.replace(/Template$/, "")} is not up-to-date`,
    );
  }
  if (!sameJson(one.infrastructureRef, other.infrastructureRef)) {
    differences.push(`${(one.infrastructureRef?.kind ?? "").replace(/Template$/, "")} is not up-to-date`);
  }
  if ((one.failureDomain ?? "") !== (other.failureDomain ?? "")) {
    differences.push(`Failure domain ${one.failureDomain ?? ""}, ${other.failureDomain ?? ""} required`);
  }
  return differences;
}

export interface MachineSetsByTemplate {
  /** The one that has the template of the MachineDeployment; undefined: it is to be made. */
  readonly current: MachineSet | undefined;
  readonly old: readonly MachineSet[];
}

/** Of several with the right template the largest counts; after `rollout.after` only one that was made since. */
export function splitByTemplate({ spec }: MachineDeployment, machineSets: readonly MachineSet[], now: number): MachineSetsByTemplate {
  const ordered = [...machineSets].sort(largestFirst);
  const candidates = ordered.filter((machineSet) => templateDifferences(machineSet.spec.template, spec.template).length === 0);
  const after = spec.rollout?.after === undefined ? undefined : Date.parse(spec.rollout.after);
  const isDue = after !== undefined && now >= after;
  const current = isDue ? candidates.find(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") >= after) : candidates[0];
  return { current, old: ordered.filter((machineSet) => machineSet !== current) };
}

function largestFirst(one: MachineSet, other: MachineSet): number {
  return (
    (other.spec.replicas ?? 0) - (one.spec.replicas ?? 0) ||
    compareTexts(one.metadata.creationTimestamp ?? "", other.metadata.creationTimestamp ?? "") ||
    compareTexts(one.metadata.name, other.metadata.name)
  );
}
