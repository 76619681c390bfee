import type { WorkloadHealth } from "../../upgrade/cluster-snapshot.ts";
import { fieldReader, same, type FieldTable, type GapReport, type RawObject } from "./fields.ts";
import { nameOf, readMeta } from "./object-meta.ts";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet";

/** Where each kind of the group `apps` counts its pods. A replica count that is left out means 1. */
const FIELDS = {
  Deployment: counted("spec.replicas", "status.availableReplicas"),
  StatefulSet: counted("spec.replicas", "status.availableReplicas"),
  DaemonSet: counted("status.desiredNumberScheduled", "status.numberAvailable"),
} as const satisfies Record<WorkloadKind, FieldTable>;

/** `observed` is false where no controller has ever written a status: then `available` says nothing. */
export function readWorkloadHealth(object: RawObject, kind: WorkloadKind, report: GapReport): WorkloadHealth {
  const meta = readMeta(object, kind, report);
  const fields = fieldReader(object, FIELDS[kind], nameOf(meta.ref), report);
  return {
    kind,
    namespace: meta.ref.namespace,
    name: meta.ref.name,
    desired: fields.integer("desired") ?? (kind === "DaemonSet" ? 0 : 1),
    available: fields.integer("available") ?? 0,
    observed: fields.integer("observedGeneration") !== undefined,
  };
}

function counted(desired: string, available: string) {
  return {
    desired: same("integer", desired),
    available: same("integer", available),
    observedGeneration: same("integer", "status.observedGeneration"),
  };
}
