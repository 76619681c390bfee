import { describe, expect, it } from "vitest";
import type { StoredObject } from "../store/stored-object.ts";
import type { ConditionStatus } from "./condition.ts";
import { indented } from "./condition-message.ts";
import { aggregateConditions, summarizeConditions } from "./merge-conditions.ts";

function object(
  name: string,
  conditions: readonly (readonly [type: string, status: ConditionStatus, message?: string])[],
  { kind = "Machine", labels = {} }: { readonly kind?: string; readonly labels?: Readonly<Record<string, string>> } = {},
): StoredObject {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind,
    metadata: { name, uid: name, labels },
    status: { conditions: conditions.map(([type, status, message = ""]) => ({ type, status, reason: `Because${type}`, message })) },
  };
}

// Expected messages: by hand, after the comments and tests of util/conditions/merge_strategies at v1.14.
describe("aggregate", () => {
  const aggregate = (...objects: readonly StoredObject[]): unknown => {
    const { status, reason, message } = aggregateConditions(objects, { source: "Ready", target: "MachinesReady" });
    return [status, reason, message];
  };
  it.each([
    ["all well, nothing to say", [object("a", [["Ready", "True"]])], ["True", "InfoReported", ""]],
    [
      "one that says nothing yet",
      [object("a", [["Ready", "True"]]), object("b", [])],
      ["Unknown", "UnknownReported", "* Machine b: Condition Ready not yet reported"],
    ],
    [
      "issues go first, unknowns follow, what is well is left out",
      [
        object("a", [["Ready", "Unknown", "who knows"]]),
        object("b", [["Ready", "False", "broken"]]),
        object("c", [["Ready", "True", "fine"]]),
      ],
      ["False", "IssuesReported", "* Machine b: broken\n* Machine a: who knows"],
    ],
    [
      "the same message once, three names",
      ["a", "b", "c"].map((name) => object(name, [["Ready", "False", "broken"]])),
      ["False", "IssuesReported", "* Machines a, b, c: broken"],
    ],
    [
      "… and the number of the others",
      ["e", "b", "d", "a", "c"].map((name) => object(name, [["Ready", "False", "broken"]])),
      ["False", "IssuesReported", "* Machines a, b, c, ... (2 more): broken"],
    ],
    [
      "three messages, the most common first, the others counted",
      [
        ...["a", "b"].map((name) => object(name, [["Ready", "False", "two"]])),
        object("c", [["Ready", "False", "one"]]),
        object("d", [["Ready", "False", "other"]]),
        object("e", [["Ready", "False", "yet another"]]),
        object("f", [["Ready", "Unknown", "dark"]]),
        object("g", [["Ready", "Unknown", "dark"]]),
      ],
      [
        "False",
        "IssuesReported",
        "* Machines a, b: two\n* Machine c: one\n* Machine d: other\nAnd 1 Machine with other issues\nAnd 2 Machines with status unknown",
      ],
    ],
    [
      "control plane machines before all",
      [
        object("a", [["Ready", "False", "two"]]),
        object("b", [["Ready", "False", "two"]]),
        object("z", [["Ready", "Unknown", "dark"]], { labels: { "cluster.x-k8s.io/control-plane": "" } }),
      ],
      ["False", "IssuesReported", "* Machine z: dark\n* Machines a, b: two"],
    ],
    [
      "what is well speaks when nothing is wrong",
      [object("a", [["Ready", "True", "fine"]]), object("b", [["Ready", "True"]])],
      ["True", "InfoReported", "* Machine a: fine"],
    ],
    [
      "lists are indented (recorded, topology-rolling)",
      [object("capi-quickstart-md-0-bpjvn-z9rsp-rfl8d", [["Ready", "False", "* Version v1.34.0, v1.35.2 required"]])],
      ["False", "IssuesReported", "* Machine capi-quickstart-md-0-bpjvn-z9rsp-rfl8d:\n  * Version v1.34.0, v1.35.2 required"],
    ],
  ])("%s", (_name, objects, expected) => {
    expect(aggregate(...objects)).toEqual(expected);
  });

  it("turns round for conditions of which True is bad", () => {
    const sets = [
      object("a", [["ScalingUp", "True", "Scaling up"]], { kind: "MachineSet" }),
      object("b", [["ScalingUp", "False"]], { kind: "MachineSet" }),
    ];
    const merged = aggregateConditions(sets, { source: "ScalingUp", target: "ScalingUp", negativePolarity: ["ScalingUp"] });
    expect(merged).toEqual({ type: "ScalingUp", status: "True", reason: "IssuesReported", message: "* MachineSet a: Scaling up" });
  });
});

describe("summary", () => {
  it.each([
    [
      "all well",
      [
        ["A", "True"],
        ["B", "False"],
      ],
      "True",
      "InfoReported",
      "",
    ],
    [
      "with something to say",
      [
        ["A", "True", "by the way"],
        ["B", "False"],
      ],
      "True",
      "InfoReported",
      "* A: by the way",
    ],
    ["one missing", [["B", "False"]], "Unknown", "UnknownReported", "* A: Condition not yet reported"],
    [
      "an issue silences what is well",
      [
        ["A", "True", "by the way"],
        ["B", "True", "x\ny"],
      ],
      "False",
      "IssuesReported",
      "* B:\n  * x\n  * y",
    ],
    [
      "without a message the reason speaks",
      [
        ["A", "False"],
        ["B", "False"],
      ],
      "False",
      "IssuesReported",
      "* A: BecauseA",
    ],
  ] as const)("%s", (_name, conditions, status, reason, message) => {
    const merged = summarizeConditions(object("m", conditions), {
      target: "Ready",
      types: ["A", "B", "C"],
      negativePolarity: ["B"],
      ignoreIfMissing: ["C"],
    });
    expect(merged).toEqual({ type: "Ready", status, reason, message });
  });
});

describe("indented", () => {
  it.each([
    ["one line", " one line"],
    ["* a\n* b", "\n  * a\n  * b"],
    ["a\n* b", "\n  * a\n    * b"],
  ])("%j", (message, expected) => {
    expect(indented(message)).toBe(expected);
  });
});
