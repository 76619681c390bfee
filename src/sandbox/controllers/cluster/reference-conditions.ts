import { getCondition, type ConditionState } from "../../conditions/condition.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { ClusterPass } from "./cluster-pass.ts";
import { isInitialized } from "./cluster-references.ts";
import { isDeleting, type Cluster } from "./cluster-scope.ts";

/** A state that may have come with a time of its own: that of the condition it shows. */
export type TimedState = ConditionState & { readonly since?: string };

export const internalError = { status: "Unknown", reason: "InternalError", message: "Please check controller logs for errors" } as const;

/** What InfrastructureReady and ControlPlaneAvailable have in common. */
interface Mirrored {
  readonly type: string;
  /** Condition of the object that is shown. */
  readonly source: string;
  readonly ref: { readonly kind: string } | undefined;
  readonly object: StoredObject | undefined;
  /** It was there and working once. */
  readonly wasUp: boolean;
  /** Where the object does not tell the condition. */
  readonly fallback: { readonly ready: string; readonly notReady: string; readonly field: string };
}

export function infrastructureReady({ cluster, references }: ClusterPass): TimedState {
  return mirrored(cluster, {
    type: "InfrastructureReady",
    source: "Ready",
    ref: cluster.spec.infrastructureRef,
    object: references.infrastructure,
    wasUp: cluster.status?.initialization?.infrastructureProvisioned === true,
    fallback: { ready: "Ready", notReady: "NotReady", field: "provisioned" },
  });
}

export function controlPlaneAvailable({ cluster, references }: ClusterPass): TimedState {
  return mirrored(cluster, {
    type: "ControlPlaneAvailable",
    source: "Available",
    ref: cluster.spec.controlPlaneRef,
    object: references.controlPlane,
    wasUp: cluster.status?.initialization?.controlPlaneInitialized === true,
    fallback: { ready: "Available", notReady: "NotAvailable", field: "controlPlaneInitialized" },
  });
}

function mirrored(cluster: Cluster, { type, source, ref, object, wasUp, fallback }: Mirrored): TimedState {
  if (ref === undefined) return cluster.spec.topology === undefined ? { type, ...internalError } : waitsForTopology(cluster, type, "False");
  const { kind } = ref;
  if (object === undefined) {
    if (!wasUp) return { type, status: "False", reason: "ObjectDoesNotExist", message: `${kind} does not exist` };
    const message = isDeleting(cluster) ? `${kind} has been deleted` : `${kind} has been deleted while the cluster still exists`;
    return { type, status: "False", reason: "ObjectDeleted", message };
  }
  const told = getCondition(object, source);
  if (told !== undefined) return { type, status: told.status, reason: told.reason, message: told.message, since: told.lastTransitionTime };
  if (wasUp) return { type, status: "True", reason: fallback.ready };
  return { type, status: "False", reason: fallback.notReady, message: `${kind} status.initialization.${fallback.field} is false` };
}

/** Undefined: it stays true for ever. */
export function controlPlaneInitialized({ cluster, references, descendants }: ClusterPass): TimedState | undefined {
  const type = "ControlPlaneInitialized";
  if (getCondition(cluster, type)?.status === "True") return undefined;
  const initialized: TimedState = { type, status: "True", reason: "Initialized" };
  const { controlPlaneRef, topology } = cluster.spec;
  if (controlPlaneRef === undefined) {
    if (topology !== undefined) return waitsForTopology(cluster, type, "Unknown");
    if (descendants === undefined) return { type, ...internalError };
    if (descendants.controlPlaneMachines.some(({ status }) => status?.nodeRef !== undefined)) return initialized;
    const message = "Waiting for the first control plane machine to have status.nodeRef set";
    return { type, status: "False", reason: "NotInitialized", message };
  }
  if (references.controlPlane === undefined) {
    return { type, status: "Unknown", reason: "ObjectDoesNotExist", message: `${controlPlaneRef.kind} does not exist` };
  }
  if (isInitialized(references)) return initialized;
  return { type, status: "False", reason: "NotInitialized", message: "Control plane not yet initialized" };
}

function waitsForTopology(cluster: Cluster, type: string, status: "False" | "Unknown"): TimedState {
  const message = isDeleting(cluster) ? "" : "Waiting for cluster topology to be reconciled";
  return { type, status, reason: "ObjectDoesNotExist", message };
}
