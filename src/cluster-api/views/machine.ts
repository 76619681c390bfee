import type { ConditionSnapshot, ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { conditionAsFlag, readConditions } from "./conditions.ts";
import { asRecord, fieldReader, same, valueAt, type GapReport, type RawObject } from "./fields.ts";
import { nameOf, ownerOfKind, readMeta } from "./object-meta.ts";
import { DEPLOYMENT_NAME_LABEL } from "./machine-set.ts";
import { readReference } from "./reference.ts";
import { remembered } from "./remembered.ts";

export const MACHINE_FIELDS = {
  version: same("string", "spec.version"),
  infrastructureRef: same("object", "spec.infrastructureRef"),
  phase: same("string", "status.phase"),
  nodeName: same("string", "status.nodeRef.name"),
  kubeletVersion: same("string", "status.nodeInfo.kubeletVersion"),
} as const;

export const CONTROL_PLANE_LABEL = "cluster.x-k8s.io/control-plane";
const SET_NAME_LABEL = "cluster.x-k8s.io/set-name";
const POOL_NAME_LABEL = "cluster.x-k8s.io/pool-name";

export interface MachineView {
  readonly ref: ObjectReference;
  readonly uid: string;
  readonly role: "control-plane" | "worker";
  readonly machineSet: string | undefined;
  /** By the machine's own labels and owners; the owner of its MachineSet says it more surely. */
  readonly machineDeployment: string | undefined;
  readonly machinePool: string | undefined;
  readonly createdAt: number;
  readonly deletingSince: number | undefined;
  readonly version: string | undefined;
  readonly phase: string | undefined;
  readonly ready: boolean | undefined;
  readonly upToDate: boolean | undefined;
  readonly nodeName: string | undefined;
  readonly kubeletVersion: string | undefined;
  readonly infrastructureRef: ObjectReference | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

/** By its label alone: one of thousands need not be read for it. */
export function isControlPlaneMachine(object: RawObject): boolean {
  return Object.hasOwn(asRecord(valueAt(object, "metadata.labels")) ?? {}, CONTROL_PLANE_LABEL);
}

export const readMachine = remembered(machineView);

function machineView(object: RawObject, report: GapReport): MachineView {
  const meta = readMeta(object, "Machine", report);
  const what = nameOf(meta.ref);
  const fields = fieldReader(object, MACHINE_FIELDS, what, report);
  const conditions = readConditions(object, what, report);
  return {
    ref: meta.ref,
    uid: meta.uid,
    role: Object.hasOwn(meta.labels, CONTROL_PLANE_LABEL) ? "control-plane" : "worker",
    machineSet: ownerOfKind(meta, "MachineSet") ?? meta.labels[SET_NAME_LABEL],
    machineDeployment: meta.labels[DEPLOYMENT_NAME_LABEL],
    machinePool: ownerOfKind(meta, "MachinePool") ?? meta.labels[POOL_NAME_LABEL],
    createdAt: meta.createdAt,
    deletingSince: meta.deletingSince,
    version: fields.text("version"),
    phase: fields.text("phase"),
    ready: conditionAsFlag(conditions, "Ready"),
    upToDate: conditionAsFlag(conditions, "UpToDate"),
    nodeName: fields.text("nodeName"),
    kubeletVersion: fields.text("kubeletVersion"),
    infrastructureRef: readReference(fields.record("infrastructureRef"), meta.ref.namespace),
    conditions,
  };
}
