import { sameJson } from "../../store/same-json.ts";
import type { GivenObject } from "../../store/stored-object.ts";
import {
  clusterNameLabel,
  machineDeploymentNameLabel,
  machineSetNameLabel,
  type Machine,
  type MachineSet,
  type MachineSpec,
} from "./machine-objects.ts";
import { machineSetManager } from "./machine-set-scope.ts";
import { withOwnedKeys } from "./owned-keys.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

/** Of the Machine webhook: 10 s, where nothing is said. */
const defaultNodeDeletionTimeoutSeconds = 10;

/** Labels of the machines of a MachineSet, and of what belongs to them. */
export function machineLabels({ metadata, spec }: MachineSet): Readonly<Record<string, string>> {
  const deployment = metadata.labels?.[machineDeploymentNameLabel];
  return {
    ...spec.template.metadata?.labels,
    [clusterNameLabel]: spec.clusterName,
    [machineSetNameLabel]: metadata.name,
    ...(deployment === undefined ? {} : { [machineDeploymentNameLabel]: deployment }),
  };
}

/** `<machine set>-<five letters>`, or by `spec.machineNaming.template`; at most 63 characters. */
export function machineName({ metadata, spec }: MachineSet, suffix: () => string): string {
  const template = spec.machineNaming?.template || "{{ .machineSet.name }}-{{ .random }}";
  const values: Readonly<Record<string, string>> = { "cluster.name": spec.clusterName, "machineSet.name": metadata.name, random: suffix() };
  const name = template.replaceAll(/\{\{\s*\.([A-Za-z.]+)\s*\}\}/g, (text, key: string) => values[key] ?? text);
  return name.length > 63 ? `${name.slice(0, 58)}${suffix()}` : name;
}

/** The spec of a machine that is made now, without its references. */
export function newMachineSpec({ spec }: MachineSet): MachineSpec {
  const { bootstrap, infrastructureRef: _template, ...rest } = spec.template.spec;
  const { configRef: _configTemplate, ...bootstrapRest } = bootstrap ?? {};
  return { ...rest, bootstrap: bootstrapRest, clusterName: spec.clusterName, deletion: deletionOf(rest) };
}

/**
 * The machine with what a MachineSet passes on in place (labels, annotations, gates, timeouts, taints); the same object when nothing changes. A machine that is being deleted gets only what
 * bears upon its deletion.
 */
export function withPropagatedFields(machine: Machine, machineSet: MachineSet): GivenObject {
  const spec = propagatedSpec(machine.spec, machineSet.spec.template.spec);
  if (machine.metadata.deletionTimestamp !== undefined) return spec === machine.spec ? machine : { ...machine, spec };
  const labels = withOwnedKeys(machine, "labels", machineLabels(machineSet), machineSetManager);
  const annotations = withOwnedKeys(machine, "annotations", machineSet.spec.template.metadata?.annotations ?? {}, machineSetManager);
  const { metadata } = machine;
  if (spec === machine.spec && labels === metadata.labels && annotations === metadata.annotations) return machine;
  return { ...machine, spec, metadata: withoutUndefined<Machine["metadata"]>({ ...metadata, labels, annotations }) };
}

function propagatedSpec(spec: MachineSpec, template: MachineSpec): MachineSpec {
  const { minReadySeconds, readinessGates, taints } = template;
  const deletion = deletionOf(template);
  if (
    spec.minReadySeconds === minReadySeconds &&
    isSame(spec.readinessGates, readinessGates) &&
    isSame(spec.taints, taints) &&
    isSame(spec.deletion, deletion)
  ) {
    return spec;
  }
  return withoutUndefined<MachineSpec>({ ...spec, minReadySeconds, readinessGates, taints, deletion });
}

function deletionOf({ deletion }: Pick<MachineSpec, "deletion">): NonNullable<MachineSpec["deletion"]> {
  return { ...deletion, nodeDeletionTimeoutSeconds: deletion?.nodeDeletionTimeoutSeconds ?? defaultNodeDeletionTimeoutSeconds };
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || sameJson(one, other);
}
