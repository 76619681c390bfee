import { groupOf } from "../api/resource-type.ts";
import type { GivenObject } from "../store/stored-object.ts";
import { movesByKind } from "./cluster-api-moves.ts";
import { carry, isDraft, type Draft } from "./moves.ts";

/**
 * The object in another served version of its group. Between v1beta1 and v1beta2 of Cluster API's kinds fields change places; all other kinds have one version here. The object that is
 * given stays as it is.
 */
export function convertVersion<T extends GivenObject>(object: T, toApiVersion: string): T {
  const { apiVersion, kind } = object;
  if (apiVersion === toApiVersion || apiVersion === undefined) return object;
  const draft = structuredClone(object) as Draft;
  draft["apiVersion"] = toApiVersion;
  const places = groupOf(toApiVersion).endsWith("cluster.x-k8s.io") ? (movesByKind[kind ?? ""] ?? []) : [];
  const direction = toApiVersion.endsWith("/v1beta1") ? "to-old" : "to-new";
  if (direction === "to-new") leaveOut(draft);
  carry(draft, places, direction, { namespace: object.metadata?.namespace });
  if (direction === "to-old") fillIn(draft);
  // The shape is the other version's now; callers treat it as an object of unknown fields.
  return draft as T;
}

/** Kinds whose v1beta1 has no status at all. */
const withoutStatus = new Set(["DevMachineTemplate", "DockerMachineTemplate"]);

/** Fields that v1beta1 computes from others, or does not have. */
function fillIn(draft: Draft): void {
  const { status } = draft;
  if (withoutStatus.has(String(draft["kind"]))) delete draft["status"];
  if (draft["kind"] === "KubeadmControlPlane" && isDraft(status) && status["readyReplicas"] !== undefined) {
    status["ready"] = Number(status["readyReplicas"]) > 0;
  }
}

function leaveOut({ kind, status }: Draft): void {
  if (kind === "KubeadmControlPlane" && isDraft(status)) delete status["ready"];
}
