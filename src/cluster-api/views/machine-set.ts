import type { ConditionSnapshot, ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { readConditions } from "./conditions.ts";
import { fieldReader, same, type GapReport, type RawObject } from "./fields.ts";
import { nameOf, ownerOfKind, readMeta } from "./object-meta.ts";
import { readReference } from "./reference.ts";
import { remembered } from "./remembered.ts";

export const MACHINE_SET_FIELDS = {
  version: same("string", "spec.template.spec.version"),
  replicas: same("integer", "spec.replicas"),
  infrastructureRef: same("object", "spec.template.spec.infrastructureRef"),
} as const;

export const DEPLOYMENT_NAME_LABEL = "cluster.x-k8s.io/deployment-name";

export interface MachineSetView {
  readonly ref: ObjectReference;
  readonly machineDeployment: string | undefined;
  readonly version: string | undefined;
  readonly replicas: number;
  readonly infrastructureRef: ObjectReference | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

export const readMachineSet = remembered(machineSetView);

function machineSetView(object: RawObject, report: GapReport): MachineSetView {
  const meta = readMeta(object, "MachineSet", report);
  const what = nameOf(meta.ref);
  const fields = fieldReader(object, MACHINE_SET_FIELDS, what, report);
  return {
    ref: meta.ref,
    machineDeployment: ownerOfKind(meta, "MachineDeployment") ?? meta.labels[DEPLOYMENT_NAME_LABEL],
    version: fields.text("version"),
    replicas: fields.integer("replicas") ?? 0,
    infrastructureRef: readReference(fields.record("infrastructureRef"), meta.ref.namespace),
    conditions: readConditions(object, what, report),
  };
}
