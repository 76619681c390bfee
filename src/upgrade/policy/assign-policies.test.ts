import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { upgradePolicy } from "../testing/policies.ts";
import { assignPolicies, conflictsOf, selects, type SelectableCluster } from "./assign-policies.ts";
import type { LabelRequirement } from "../../label-selector.ts";
import type { ClusterSelector } from "./upgrade-policy.ts";

function cluster(labels: Readonly<Record<string, string>> = {}, namespace = "demo", name = "c1"): SelectableCluster {
  return { namespace, name, labels };
}

function selector(more: Partial<ClusterSelector>): ClusterSelector {
  return { namespaces: undefined, matchLabels: {}, matchExpressions: [], ...more };
}

describe("a label selector", () => {
  const expression = (operator: LabelRequirement["operator"], values: readonly string[] = []): ClusterSelector =>
    selector({ matchExpressions: [{ key: "env", operator, values }] });
  // https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors: "notin … selects … also resources with no labels with the tier key".
  it.each<readonly [what: string, given: ClusterSelector, labels: Readonly<Record<string, string>>, expected: boolean]>([
    ["an empty one selects everything", selector({}), {}, true],
    ["labels must be equal", selector({ matchLabels: { env: "prod" } }), { env: "prod", tier: "a" }, true],
    ["and are not", selector({ matchLabels: { env: "prod" } }), { env: "production" }, false],
    ["and are not there", selector({ matchLabels: { env: "prod" } }), {}, false],
    ["an empty value is a value", selector({ matchLabels: { env: "" } }), { env: "" }, true],
    ["which a missing label has not", selector({ matchLabels: { env: "" } }), {}, false],
    ["all labels must be", selector({ matchLabels: { env: "prod", tier: "a" } }), { env: "prod" }, false],
    ["In", expression("In", ["prod", "test"]), { env: "test" }, true],
    ["In another", expression("In", ["prod", "test"]), { env: "dev" }, false],
    ["In, missing", expression("In", ["prod"]), {}, false],
    ["NotIn", expression("NotIn", ["prod"]), { env: "dev" }, true],
    ["NotIn, in it", expression("NotIn", ["prod"]), { env: "prod" }, false],
    ["NotIn, missing", expression("NotIn", ["prod"]), {}, true],
    ["Exists", expression("Exists"), { env: "" }, true],
    ["Exists, missing", expression("Exists"), { environment: "a" }, false],
    ["DoesNotExist", expression("DoesNotExist"), {}, true],
    ["DoesNotExist, there", expression("DoesNotExist"), { env: "" }, false],
    [
      "names that every object has are no labels",
      selector({ matchExpressions: [{ key: "toString", operator: "Exists", values: [] }] }),
      {},
      false,
    ],
    [
      "labels and expressions",
      selector({ matchLabels: { tier: "a" }, matchExpressions: [{ key: "env", operator: "Exists", values: [] }] }),
      { tier: "a" },
      false,
    ],
  ])("%s", (_, given, labels, expected) => {
    expect(selects(given, cluster(labels))).toBe(expected);
  });

  it.each([
    [undefined, true],
    [["demo", "other"], true],
    [["other"], false],
    [[], false],
  ])("in namespaces %j: %s", (namespaces, expected) => {
    expect(selects(selector({ namespaces }), cluster())).toBe(expected);
  });
});

describe("of several policies", () => {
  const [low, old, young, high] = [
    upgradePolicy("low", { priority: -1, createdAt: 1 }),
    upgradePolicy("z-old", { createdAt: 10 }),
    upgradePolicy("a-young", { createdAt: 20 }),
    upgradePolicy("high", { priority: 5, createdAt: 99 }),
  ];
  it.each([
    ["the highest priority", [low, old, young, high], "high", ["z-old", "a-young", "low"]],
    ["among equals the oldest", [young, old, low], "z-old", ["a-young", "low"]],
    ["among those the first by name", [upgradePolicy("b"), upgradePolicy("a"), upgradePolicy("B")], "B", ["a", "b"]],
    ["the only one", [young], "a-young", []],
    ["none that does not select it", [{ ...high, clusters: selector({ namespaces: ["other"] }) }, low], "low", []],
  ])("applies %s", (_, policies, winner, losers) => {
    const [assignment] = assignPolicies(policies, [cluster()]);
    expect(assignment?.policy?.name).toBe(winner);
    expect(assignment?.losers.map(({ name }) => name)).toEqual(losers);
  });

  it("applies none where none selects the cluster", () => {
    expect(assignPolicies([], [cluster()])).toEqual([{ cluster: cluster(), policy: undefined, losers: [] }]);
  });

  it("shows the conflict on all of them, and on no other", () => {
    const other = upgradePolicy("other", { clusters: selector({ namespaces: ["elsewhere"] }) });
    const clusters = [cluster(), cluster({}, "elsewhere", "c2")];
    const assignments = assignPolicies(
      [{ ...high, clusters: selector({ namespaces: ["demo"] }) }, { ...low, clusters: selector({ namespaces: ["demo"] }) }, other],
      clusters,
    );
    const conflict = { cluster: clusters[0], winner: "high", losers: ["low"] };
    expect(conflictsOf("high", assignments)).toEqual([conflict]);
    expect(conflictsOf("low", assignments)).toEqual([conflict]);
    expect(conflictsOf("other", assignments)).toEqual([]);
  });

  it("the order in which they come does not matter", () => {
    const policy = fc.record({
      name: fc.constantFrom("a", "b", "c", "d", "e"),
      priority: fc.constantFrom(0, 1),
      createdAt: fc.constantFrom(1, 2),
    });
    fc.assert(
      fc.property(fc.uniqueArray(policy, { selector: ({ name }) => name, minLength: 1 }), (given) => {
        const policies = given.map(({ name, ...more }) => upgradePolicy(name, more));
        expect(assignPolicies(policies.toReversed(), [cluster()])).toEqual(assignPolicies(policies, [cluster()]));
      }),
    );
  });
});
