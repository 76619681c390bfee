import type { DisruptionBudget } from "../../upgrade/cluster-snapshot.ts";
import { fieldReader, same, type GapReport, type RawObject } from "./fields.ts";
import { nameOf, readMeta } from "./object-meta.ts";

const FIELDS = {
  allowed: same("integer", "status.disruptionsAllowed"),
  pods: same("integer", "status.expectedPods"),
  healthy: same("integer", "status.currentHealthy"),
  neededHealthy: same("integer", "status.desiredHealthy"),
} as const;

/** Undefined while its controller has not counted. */
export function readDisruptionBudget(object: RawObject, report: GapReport): DisruptionBudget | undefined {
  const { ref } = readMeta(object, "PodDisruptionBudget", report);
  const fields = fieldReader(object, FIELDS, nameOf(ref), report);
  const [allowed, pods] = [fields.integer("allowed"), fields.integer("pods")];
  if (allowed === undefined || pods === undefined) return undefined;
  return {
    namespace: ref.namespace,
    name: ref.name,
    allowed,
    pods,
    healthy: fields.integer("healthy") ?? 0,
    neededHealthy: fields.integer("neededHealthy") ?? 0,
  };
}
