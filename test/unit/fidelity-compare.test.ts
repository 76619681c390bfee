import { describe, expect, it } from "vitest";
import { judge, type AllowedDifference } from "../fidelity/allowed-differences.ts";
import { compare, type Difference } from "../fidelity/compare.ts";
import { historyOf, type Entry, type History } from "../fidelity/history.ts";
import { messageLines, normaliser, refusalText } from "../fidelity/normalised-text.ts";
import { addRun, type Recording } from "../fidelity/recording.ts";

const real: Recording = {
  scenario: "one",
  runs: 2,
  facts: { machines: ["+a -b"], "fewest Ready": ["1", "2"], "md-1: machines": ["", "+a"] },
  sets: { conditions: { always: ["Available=True"], sometimes: ["Available=False"] } },
};

const same: History = {
  scenario: "one",
  facts: { machines: "+a -b", "fewest Ready": "2" },
  sets: { conditions: ["Available=True"] },
};

describe("compare", () => {
  it.each<{ readonly name: string; readonly simulated: History; readonly differences: readonly Omit<Difference, "scenario">[] }>([
    { name: "the same", simulated: same, differences: [] },
    {
      name: "what only some runs held",
      simulated: { ...same, sets: { conditions: ["Available=False", "Available=True"] } },
      differences: [],
    },
    { name: "a fact that only some runs had", simulated: { ...same, facts: { ...same.facts, "md-1: machines": "+a" } }, differences: [] },
    {
      name: "another order",
      simulated: { ...same, facts: { ...same.facts, machines: "-b +a" } },
      differences: [{ what: "machines", kind: "other value", real: ["+a -b"], simulated: ["-b +a"] }],
    },
    {
      name: "another extreme",
      simulated: { ...same, facts: { ...same.facts, "fewest Ready": "0" } },
      differences: [{ what: "fewest Ready", kind: "other value", real: ["1", "2"], simulated: ["0"] }],
    },
    {
      name: "a fact that is not there",
      simulated: { ...same, facts: { "fewest Ready": "1" } },
      differences: [{ what: "machines", kind: "other value", real: ["+a -b"], simulated: [""] }],
    },
    {
      name: "a fact too many",
      simulated: { ...same, facts: { ...same.facts, "refusal 1": "no" } },
      differences: [{ what: "refusal 1", kind: "other value", real: [""], simulated: ["no"] }],
    },
    {
      name: "a set without one and with another",
      simulated: { ...same, sets: { conditions: ["Available=Unknown"] } },
      differences: [
        { what: "conditions", kind: "missing", real: ["Available=True"], simulated: [] },
        { what: "conditions", kind: "unexpected", real: [], simulated: ["Available=Unknown"] },
      ],
    },
    {
      name: "a set that is not there",
      simulated: { ...same, sets: {} },
      differences: [{ what: "conditions", kind: "missing", real: ["Available=True"], simulated: [] }],
    },
  ])("$name", ({ simulated, differences }) => {
    expect(compare(real, simulated)).toEqual(differences.map((one) => ({ scenario: "one", ...one })));
  });
});

describe("addRun", () => {
  it("tells what every run had from what only some had", () => {
    const runs: readonly History[] = [
      { scenario: "one", facts: { order: "a b", count: "1" }, sets: { seen: ["x", "y"] } },
      { scenario: "one", facts: { order: "a b", count: "2", late: "z" }, sets: { seen: ["x", "z"], other: ["o"] } },
      { scenario: "one", facts: { order: "a b", count: "1" }, sets: { seen: ["x", "y"] } },
    ];
    expect(runs.reduce<Recording | undefined>(addRun, undefined)).toEqual({
      scenario: "one",
      runs: 3,
      facts: { order: ["a b"], count: ["1", "2"], late: ["", "z"] },
      sets: { seen: { always: ["x"], sometimes: ["y", "z"] }, other: { always: [], sometimes: ["o"] } },
    });
  });
});

describe("judge", () => {
  const difference: Difference = {
    scenario: "pool-scale",
    what: "Machine messages",
    kind: "missing",
    real: ["Deleting=True: x"],
    simulated: [],
  };
  it.each<{ readonly name: string; readonly rule: Omit<AllowedDifference, "reason">; readonly allowed: boolean }>([
    { name: "by what", rule: { what: /^Machine messages$/ }, allowed: true },
    { name: "by all", rule: { scenario: /^pool-/, what: /messages/, kind: "missing", value: /^Deleting=/ }, allowed: true },
    { name: "another scenario", rule: { scenario: /^topology-/, what: /messages/ }, allowed: false },
    { name: "another set", rule: { what: /conditions/ }, allowed: false },
    { name: "another kind", rule: { what: /messages/, kind: "unexpected" }, allowed: false },
    { name: "another value", rule: { what: /messages/, value: /^UpToDate=/ }, allowed: false },
  ])("$name", ({ rule, allowed }) => {
    const list = [{ ...rule, reason: "because" }];
    expect(judge([difference], list)).toEqual(
      allowed ? { open: [], allowed: [{ difference, reason: "because" }], unused: [] } : { open: [difference], allowed: [], unused: list },
    );
  });
});

describe("normaliser", () => {
  it.each([
    ["Cluster fidelity-x1/demo", "Cluster <namespace>/demo"],
    ["Machine demo-md-0-54j2v-m65sr-4qdqf is", "Machine <machine> is"],
    ["Machine demo-xd5zb-xmhrx: * Control", "Machine <machine>: * Control"],
    ["Machine demo-cp-7r9dv", "Machine <machine>"],
    ["Machine demo-a-m65sr-4qdqf", "Machine <machine>"],
    ["MachineSet demo-md-0-54j2v-m65sr", "MachineSet <machineset>"],
    ["MachineSet demo-a-m65sr", "MachineSet <machineset>"],
    ["MachineDeployment demo-md-0-g72qs pending", "MachineDeployment demo-md-0-<suffix> pending"],
    ["KubeadmControlPlane demo-pk86x is", "KubeadmControlPlane demo-<suffix> is"],
    ["KubeadmControlPlane demo-cp is", "KubeadmControlPlane demo-cp is"],
    ["MachineDeployment demo-a is", "MachineDeployment demo-a is"],
    ["since 2026-11-24T03:20:20Z, 1m30s ago", "since <time>, <duration> ago"],
    ["version v1.34.0, v1.35.2", "version v1.34.0, v1.35.2"],
  ])("%s", (text, normalised) => {
    expect(normaliser("fidelity-x1")(text)).toBe(normalised);
  });
});

describe("refusalText", () => {
  it.each([
    ["422 Invalid: spec.version: Forbidden: no", "422 Invalid: spec.version: Forbidden: no"],
    [
      'spec: Invalid value: {"kind":"Some","spec":{"a":{"b":"c: "}},"status":{}}: Some spec.template.spec field is immutable. Diff: v1.Spec{\n- a\n}',
      "spec: Invalid value: {…}: Some spec.template.spec field is immutable. Diff: …",
    ],
  ])("%s", (text, short) => {
    expect(refusalText(text)).toBe(short);
  });
});

describe("messageLines", () => {
  it.each<readonly [string, readonly string[]]>([
    [
      "Rolling out 2 not up-to-date replicas\n* Version v1.34.0, v1.35.2 required",
      ["Rolling out N not up-to-date replicas", "Version v1.34.0, v1.35.2 required"],
    ],
    [
      "* WorkersAvailable:\n  * MachineDeployment a: 1 available\n  * MachineDeployment b: 2 available\n* Other",
      ["WorkersAvailable: > MachineDeployment a: N available", "WorkersAvailable: > MachineDeployment b: N available", "Other"],
    ],
    ["* Machines <machine>, <machine>, <machine>, ... (2 more): late", ["Machine <machine>: late"]],
    ["", []],
  ])("%j", (text, lines) => {
    expect(messageLines(text)).toEqual(lines);
  });
});

describe("historyOf", () => {
  const machine = (name: string, version: string, ready: boolean, more: object = {}): object => ({
    kind: "Machine",
    metadata: { name, uid: name, labels: { "cluster.x-k8s.io/deployment-name": "demo-a" }, ...more },
    spec: { version },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False", reason: "Some" }] },
  });
  const change = (kind: "added" | "modified" | "deleted", object: object): Entry => ({
    what: "change",
    kind: "Machine",
    change: kind,
    object,
  });
  const leaving = { deletionTimestamp: "2026-11-24T03:20:20Z" };

  it("tells one rollout of a pool, and that a machine is gone only once", () => {
    const { facts, sets } = historyOf({ name: "one" }, "ns-1", [
      change("added", machine("demo-a-1", "v1", true)),
      change("added", machine("demo-a-2", "v1", true)),
      { what: "step" },
      change("added", machine("demo-a-3", "v2", false)),
      change("modified", machine("demo-a-3", "v2", true)),
      { what: "step" },
      change("modified", machine("demo-a-1", "v1", false, leaving)),
      change("modified", machine("demo-a-1", "v1", false, leaving)),
      change("modified", machine("demo-a-2", "v1", false, leaving)),
      change("deleted", machine("demo-a-1", "v1", false, leaving)),
      change("deleted", machine("demo-a-2", "v1", false)),
      { what: "refused", text: "no: ns-1" },
      { what: "step" },
    ]);
    expect(facts).toEqual({
      "Machine conditions at the end": "Ready=True/Some",
      "a: machines": "+v1 +v1 | +v2 | -v1 -v1",
      "a: most machines": "3",
      "a: most machines that stay": "3",
      "a: fewest Ready": "1",
      "order of owners": "a begins v2, a ends v1",
      "refusal 01": "no: <namespace>",
    });
    expect(sets).toEqual({ "Machine conditions": ["Ready=False/Some", "Ready=True/Some"] });
  });

  it("leaves out how a cluster comes up", () => {
    const { facts, sets } = historyOf({ name: "one" }, "ns-1", [
      change("added", machine("demo-a-1", "v1", false)),
      change("modified", machine("demo-a-1", "v1", true)),
      { what: "step" },
      change("modified", machine("demo-a-1", "v1", true)),
    ]);
    expect([facts["a: fewest Ready"], facts["order of owners"], sets]).toEqual([
      "1",
      undefined,
      { "Machine conditions": ["Ready=True/Some"] },
    ]);
  });
});
