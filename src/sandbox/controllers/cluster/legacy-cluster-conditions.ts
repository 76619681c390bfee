import { getCondition } from "../../conditions/condition.ts";
import {
  mergeLegacyConditions,
  setLegacyCondition,
  type LegacyCondition,
  type LegacyConditionState,
} from "../../conditions/legacy-condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { ClusterPass } from "./cluster-pass.ts";
import { isInitialized, isProvisioned } from "./cluster-references.ts";
import { isDeleting } from "./cluster-scope.ts";

/** Conditions of v1beta1, which v1beta2 keeps as deprecated ones. */
export function legacyClusterConditions(pass: ClusterPass, time: string): readonly LegacyCondition[] {
  const { cluster, references } = pass;
  const { infrastructureRef, controlPlaneRef, topology } = cluster.spec;
  let all = cluster.status?.deprecated?.v1beta1?.conditions ?? [];
  const set = (state: LegacyConditionState | undefined): void => {
    if (state !== undefined) all = setLegacyCondition(all, state, time);
  };
  const isWaiting = topology !== undefined && (infrastructureRef === undefined || controlPlaneRef === undefined) && !isDeleting(cluster);
  if (!isWaiting) {
    if (infrastructureRef === undefined) {
      if (!isDeleting(cluster)) set({ type: "InfrastructureReady", status: "True" });
    } else set(mirrored(pass, "InfrastructureReady", references.infrastructure, isProvisioned(references), "WaitingForInfrastructure"));
    if (controlPlaneRef !== undefined) {
      set(mirrored(pass, "ControlPlaneReady", references.controlPlane, isInitialized(references), "WaitingForControlPlane"));
    }
    if (all.find(({ type }) => type === "ControlPlaneInitialized")?.status !== "True") set(initialized(pass));
  }
  const summed = all.filter(({ type }) => type === "ControlPlaneReady" || type === "InfrastructureReady");
  set(mergeLegacyConditions("Ready", summed));
  return all;
}

/** The object's own Ready condition; where it has none, what the contract says of it. */
function mirrored(
  { cluster, deletion }: ClusterPass,
  type: string,
  object: StoredObject | undefined,
  isUp: boolean,
  waiting: string,
): LegacyConditionState | undefined {
  if (object === undefined) {
    // Only once the deletion has come so far does anybody say so.
    const isReached = deletion !== undefined && (type === "ControlPlaneReady" ? afterWorkers : afterControlPlane).has(deletion.reason);
    return isReached ? { type, status: "False", severity: "Info", reason: "Deleted" } : undefined;
  }
  const own = getCondition(object, "Ready");
  if (own !== undefined) return { type, status: own.status, reason: own.reason, message: own.message };
  if (isDeleting(cluster)) return { type, status: "False", severity: "Info", reason: "Deleting" };
  return isUp ? { type, status: "True" } : { type, status: "False", severity: "Info", reason: waiting };
}

const afterControlPlane: ReadonlySet<string> = new Set(["DeletionCompleted"]);
const afterWorkers: ReadonlySet<string> = new Set(["WaitingForInfrastructureDeletion", ...afterControlPlane]);

function initialized({ cluster, references, descendants }: ClusterPass): LegacyConditionState | undefined {
  const type = "ControlPlaneInitialized";
  if (cluster.spec.controlPlaneRef === undefined) {
    if (isDeleting(cluster)) return undefined;
    const machines = descendants?.controlPlaneMachines ?? [];
    if (machines.some((machine) => !isDeleting(machine) && machine.status?.nodeRef !== undefined)) return { type, status: "True" };
    const message = "Waiting for the first control plane machine to have its status.nodeRef set";
    return { type, status: "False", severity: "Info", reason: "MissingNodeRef", message };
  }
  const { controlPlane } = references;
  if (controlPlane === undefined || isDeleting(controlPlane)) return undefined;
  if (isInitialized(references)) return { type, status: "True" };
  const message = "Waiting for control plane provider to indicate the control plane has been initialized";
  return { type, status: "False", severity: "Info", reason: "WaitingForControlPlaneProviderInitialized", message };
}
