import { getCondition, setCondition, type ConditionState } from "../../conditions/condition.ts";
import type { Environment } from "../environment.ts";
import { annotationKeys, managers, typeKeys, type Cluster, type KubeadmControlPlane } from "./cluster-objects.ts";

/** Keeps the Paused condition. True: this pass ends here, because the object is paused or because its condition has just been written (CAPI EnsurePausedCondition). */
export function ensurePaused(environment: Environment, cluster: Cluster, kcp: KubeadmControlPlane, time: string): boolean {
  const messages = [
    ...(cluster.spec.paused === true ? ["Cluster spec.paused is set to true"] : []),
    ...(kcp.metadata.annotations?.[annotationKeys.paused] === undefined
      ? []
      : ["KubeadmControlPlane has the cluster.x-k8s.io/paused annotation"]),
  ];
  const isPaused = messages.length > 0;
  const observedGeneration = kcp.metadata.generation ?? 1;
  const state: ConditionState = isPaused
    ? { type: "Paused", status: "True", reason: "Paused", message: messages.join(", "), observedGeneration }
    : { type: "Paused", status: "False", reason: "NotPaused", observedGeneration };
  const previous = getCondition(kcp, "Paused");
  const isSame = previous !== undefined && previous.status === state.status && previous.message === (state.message ?? "");
  // Only the generation is new: that is written with the rest of the status.
  if (isSame && (!isPaused || previous.observedGeneration === observedGeneration)) return isPaused;
  const conditions = setCondition(kcp.status?.conditions, state, time);
  environment.objects.modify(
    environment.type(typeKeys.controlPlane),
    kcp.metadata.namespace,
    kcp.metadata.name,
    (live) => ({ ...live, status: { ...kcp.status, conditions } }),
    { manager: managers.others, subresource: "status" },
  );
  return true;
}
