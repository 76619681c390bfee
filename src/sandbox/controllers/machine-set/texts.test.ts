import { describe, expect, it } from "vitest";
import type { LabelSelector } from "../../../label-selector.ts";
import { matchesSelector, selectorText } from "./label-selector.ts";
import { machineName } from "./desired-machine.ts";
import { machinesUpToDate } from "./machine-set-conditions.ts";
import { staleMachinesText, unhealthyMachinesText } from "./machine-messages.ts";
import type { Machine, MachineSet } from "./machine-objects.ts";
import { sumVersions, versionsOfMachines } from "./version-counts.ts";

const now = Date.parse("2026-11-23T22:00:00Z");
const condition = { reason: "", message: "", lastTransitionTime: "" };

function machine(name: string, metadata: object = {}, status: object = {}, version = "v1.34.0"): Machine {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name, uid: name, creationTimestamp: "2026-11-23T20:00:00Z", ...metadata },
    spec: { clusterName: "plain", version },
    status,
  };
}

describe("label selectors", () => {
  it.each<readonly [LabelSelector, Readonly<Record<string, string>>, boolean, string]>([
    [{ matchLabels: { b: "2", a: "1" } }, { a: "1", b: "2", c: "3" }, true, "a=1,b=2"],
    [{ matchLabels: { a: "1" } }, { a: "2" }, false, "a=1"],
    [{}, { a: "1" }, false, ""],
    [{ matchExpressions: [{ key: "a", operator: "In", values: ["2", "1"] }] }, { a: "1" }, true, "a in (1,2)"],
    [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, {}, true, "a notin (1)"],
    [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, { a: "1" }, false, "a notin (1)"],
    [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, { b: "1" }, false, "a"],
    [{ matchExpressions: [{ key: "a", operator: "DoesNotExist" }], matchLabels: { z: "" } }, { z: "" }, true, "!a,z="],
  ])("%j", (selector, labels, matches, text) => {
    expect([matchesSelector(selector, labels), selectorText(selector)]).toEqual([matches, text]);
  });
});

describe("versions", () => {
  it("are the kubelets', or those asked for, counted, oldest first", () => {
    const machines = [
      machine("a", {}, { nodeInfo: { kubeletVersion: "v1.35.2" } }),
      machine("b"),
      machine("c", {}, { nodeInfo: { kubeletVersion: "v1.34.10" } }),
      machine("d", {}, { nodeInfo: { kubeletVersion: "v1.34.9" } }),
      machine("e"),
    ];
    expect(versionsOfMachines(machines)).toEqual([
      { version: "v1.34.0", replicas: 2 },
      { version: "v1.34.9", replicas: 1 },
      { version: "v1.34.10", replicas: 1 },
      { version: "v1.35.2", replicas: 1 },
    ]);
    expect(versionsOfMachines([])).toBeUndefined();
  });

  it.each([
    [
      ["v1.35.0", "v1.35.0-rc.1", "v1.35.0-rc.0", "v1.35.0-alpha"],
      ["v1.35.0-alpha", "v1.35.0-rc.0", "v1.35.0-rc.1", "v1.35.0"],
    ],
    [
      ["v1.35.0+b.10", "v1.35.0+b.9", "v1.35.0"],
      ["v1.35.0", "v1.35.0+b.9", "v1.35.0+b.10"],
    ],
    [
      ["v1.35.0+10", "v1.35.0+9"],
      ["v1.35.0+9", "v1.35.0+10"],
    ],
    [
      ["other", "v1.1.0+def", "v1.1.0+abc"],
      ["v1.1.0+def", "v1.1.0+abc", "other"],
    ],
  ])("%j in order", (versions, expected) => {
    const counts = versions.map((version) => ({ version, replicas: 1 }));
    expect(sumVersions(counts)!.map(({ version }) => version)).toEqual(expected);
  });
});

describe("machine names", () => {
  const set = (name: string, template?: string): MachineSet => ({
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "MachineSet",
    metadata: { name, uid: name },
    spec: {
      clusterName: "plain",
      selector: {},
      template: { spec: { clusterName: "plain" } },
      ...(template === undefined ? {} : { machineNaming: { template } }),
    },
  });
  it.each([
    [set("pool"), "pool-abcde"],
    [set("pool", "{{ .cluster.name }}-{{ .machineSet.name }}-x{{ .random }}"), "plain-pool-xabcde"],
    [set("p".repeat(60)), `${"p".repeat(58)}abcde`],
  ])("%#", (machineSet, name) => {
    expect(machineName(machineSet, () => "abcde")).toBe(name);
  });
});

describe("machines that do not say yet whether they are up to date", () => {
  it.each([
    ["2026-11-23T21:59:50Z", { status: "True", reason: "NoReplicas" }],
    ["2026-11-23T21:59:49Z", { status: "Unknown", reason: "UpToDateUnknown", message: "* Machine a: Condition UpToDate not yet reported" }],
  ])("made at %s", (creationTimestamp, expected) => {
    expect(machinesUpToDate([machine("a", { creationTimestamp })], now)).toEqual({ type: "MachinesUpToDate", ...expected });
  });
});

describe("messages about machines", () => {
  const pdb = "* Pod default/a: cannot evict pod as it would violate the pod's disruption budget. …";
  const draining = (message: string, since: string): object => ({
    conditions: [{ ...condition, type: "Deleting", status: "True", reason: "DrainingNode", message }],
    deletion: { nodeDrainStartTime: since },
  });
  const long = { deletionTimestamp: "2026-11-23T21:30:00Z" };
  it.each([
    ["none", [machine("a")], undefined],
    ["not for long", [machine("a", { deletionTimestamp: "2026-11-23T21:50:00Z" })], undefined],
    ["one", [machine("a", long)], "Machine a is in deletion since more than 15m"],
    [
      "why",
      [machine("b", long), machine("a", long, draining(pdb, "2026-11-23T21:31:00Z"))],
      "Machines a, b are in deletion since more than 15m, delay likely due to PodDisruptionBudgets",
    ],
    [
      "a drain that has just begun tells nothing",
      [machine("a", long, draining(pdb, "2026-11-23T21:59:00Z"))],
      "Machine a is in deletion since more than 15m",
    ],
    [
      "many",
      ["e", "d", "c", "b", "a"].map((name) => machine(name, long)),
      "Machines a, b, c, ... (2 more) are in deletion since more than 15m",
    ],
  ] as const)("stale: %s", (_name, machines, text) => {
    expect(staleMachinesText(machines, now)).toBe(text);
  });

  it("unhealthy", () => {
    const sick = { conditions: [{ ...condition, type: "HealthCheckSucceeded", status: "False" }] };
    expect(unhealthyMachinesText([machine("a"), machine("b", {}, sick)], "MachineSet")).toBe(
      "Machine b is not healthy (not to be remediated by MachineSet)",
    );
    expect(unhealthyMachinesText([machine("a")], "MachineSet")).toBe("");
  });
});
