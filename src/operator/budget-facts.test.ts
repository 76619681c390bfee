import { expect, it } from "vitest";
import type { DisruptionBudget, WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import { budgetFacts } from "./budget-facts.ts";

const budget = (name: string, more: Partial<DisruptionBudget> = {}): DisruptionBudget => ({
  namespace: "shop",
  name,
  allowed: 0,
  pods: 3,
  healthy: 3,
  neededHealthy: 3,
  ...more,
});
const reachable = (budgets: readonly DisruptionBudget[] | undefined): WorkloadSnapshot => ({
  state: "reachable",
  apiServerVersion: "v1.34.0",
  nodes: [],
  workloads: [],
  budgets,
});

it.each<[string, WorkloadSnapshot, ReturnType<typeof budgetFacts>]>([
  [
    "those that allow nothing, by name",
    reachable([
      budget("web"),
      budget("api", { healthy: 1, neededHealthy: 1, pods: 1 }),
      budget("db", { allowed: 1 }),
      budget("none", { pods: 0 }),
    ]),
    {
      kind: "asked",
      holding: [
        "shop/api allows no disruption (it needs 1 healthy pod and has 1)",
        "shop/web allows no disruption (it needs 3 healthy pods and has 3)",
      ],
    },
  ],
  ["none", reachable([]), { kind: "asked", holding: [] }],
  [
    "a server that shows none",
    reachable(undefined),
    { kind: "not-asked", why: "the workload cluster does not show its PodDisruptionBudgets" },
  ],
  [
    "a cluster that does not answer",
    { state: "unreachable", message: "no answer within 8 s" },
    { kind: "not-asked", why: "no answer within 8 s" },
  ],
])("budgets that can hold up a drain: %s", (_, workload, facts) => expect(budgetFacts(workload)).toEqual(facts));
