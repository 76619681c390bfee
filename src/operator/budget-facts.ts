import type { WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";

/** Disruption budgets that could hold up a drain, for people. */
export type BudgetFacts =
  | {
      readonly kind: "asked";
      /** A line each: `shop/web allows no disruption (it needs 3 healthy pods and has 3)`. */
      readonly holding: readonly string[];
    }
  /** Nobody could ask, and why. */
  | { readonly kind: "not-asked"; readonly why: string };

/** Those that allow no disruption at this moment, of the pods that there are. */
export function budgetFacts(workload: WorkloadSnapshot): BudgetFacts {
  if (workload.state !== "reachable") return { kind: "not-asked", why: workload.message };
  const { budgets } = workload;
  if (budgets === undefined) return { kind: "not-asked", why: "the workload cluster does not show its PodDisruptionBudgets" };
  const holding = budgets
    .filter(({ allowed, pods }) => allowed === 0 && pods > 0)
    .map(
      ({ namespace, name, healthy, neededHealthy }) =>
        `${namespace}/${name} allows no disruption (it needs ${neededHealthy} healthy ${neededHealthy === 1 ? "pod" : "pods"} and has ${healthy})`,
    );
  return { kind: "asked", holding: holding.sort() };
}
