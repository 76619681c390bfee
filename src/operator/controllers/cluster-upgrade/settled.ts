import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { isEnd } from "../../../upgrade/attempt/attempt-phases.ts";
import type { ClusterUpgrade } from "../../api/generated/cluster-upgrade.gen.ts";
import { knownAttempt } from "./attempt-cache.ts";

/** An end stays one until somebody says otherwise in the spec: nothing that goes wrong afterwards is put over it. */
export function isSettled(attempt: KubernetesObject): boolean {
  // The API server holds it to its schema.
  const { status } = attempt as unknown as ClusterUpgrade;
  return isEnd(knownAttempt(attempt).phase) && status?.observedGeneration === attempt.metadata.generation;
}

/** What a failed pass may be told on: it may have begun just before the end was seen. */
export function unlessSettled(attempt: KubernetesObject | undefined): KubernetesObject | undefined {
  return attempt !== undefined && isSettled(attempt) ? undefined : attempt;
}
