import { describe, expect, it } from "vitest";
import { conflict } from "../../api/api-status-error.ts";
import { createRandom } from "../../engine/random.ts";
import { aggregateHealth } from "./aggregate-health.ts";
import { reportAvailable } from "./available-condition.ts";
import { annotationKeys, healthConditions, labelKeys, type Machine } from "./cluster-objects.ts";
import { inspectComponents } from "./component-health.ts";
import { createMachine } from "./create-machine.ts";
import { etcdLeader, etcdToleratesChange, forwardEtcdLeadership, reconcileEtcdMembers } from "./etcd.ts";
import { createMachineReports } from "./machine-reports.ts";
import { reconcilePreTerminateHook } from "./pre-terminate-hook.ts";
import { preflightChecks } from "./preflight.ts";
import { reportRollingOut } from "./progress-conditions.ts";
import { remediateUnhealthyMachines } from "./remediation.ts";
import { reportedCondition, type Scope } from "./scope.ts";
import { selectMachineToRemove } from "./scale.ts";
import { handMadeScope, type HandMadeMachine } from "./testing/hand-made-scope.ts";
import { resourceType } from "./testing/resource-types.ts";

const { etcdMember, apiServer } = healthConditions;

function machines(count: number, sick = 0): readonly HandMadeMachine[] {
  return Array.from({ length: count }, (_each, index) => ({
    name: `m${index}`,
    ...(index > 0 && index <= sick ? { conditions: { [etcdMember]: "False" as const } } : {}),
  }));
}

function said(scope: Scope, type: string): readonly string[] {
  const condition = reportedCondition(scope, type);
  return condition === undefined ? [] : [condition.status, condition.reason, condition.message];
}

function live(scope: Scope, name: string): Machine {
  return scope.machines.find(({ metadata }) => metadata.name === name)!;
}

describe("etcd's quorum", () => {
  // Members, of which so many others are sick; https://etcd.io/docs/v3.3/faq/#what-is-failure-tolerance for what is left.
  it.each([
    { size: 2, sick: 0, removes: true },
    { size: 3, sick: 0, removes: true },
    { size: 3, sick: 1, removes: false },
    { size: 5, sick: 1, removes: true },
    { size: 5, sick: 2, removes: false },
    { size: 7, sick: 2, removes: true },
    { size: 7, sick: 3, removes: false },
  ])("$size members, $sick others sick: one may go: $removes", ({ size, sick, removes }) => {
    expect(etcdToleratesChange(handMadeScope({ machines: machines(size, sick) }), { removes: "m0" })).toBe(removes);
  });

  it.each([
    { size: 1, sick: 0, adds: true },
    { size: 2, sick: 0, adds: true },
    { size: 2, sick: 1, adds: false },
    { size: 4, sick: 1, adds: true },
    { size: 4, sick: 2, adds: false },
  ])("$size members, $sick sick: one may come: $adds", ({ size, sick, adds }) => {
    expect(etcdToleratesChange(handMadeScope({ machines: machines(size, sick) }), { adds: true })).toBe(adds);
  });

  it("a member that nobody claims may be that of a machine that is coming", () => {
    const scope = handMadeScope({ machines: [{ name: "a" }, { name: "b", node: null }], members: ["a", "b"] });
    expect(reconcileEtcdMembers(scope)).toBeUndefined();
    expect([...scope.environment.workloads.get(scope.clusterKey)!.etcdMembers]).toEqual(["a", "b"]);
  });
});

describe("etcd's leadership", () => {
  it.each<readonly [what: string, candidates: readonly HandMadeMachine[], expected: string]>([
    [
      "the newest",
      [
        { name: "a", age: 10 },
        { name: "b", age: 5 },
      ],
      "b",
    ],
    [
      "a healthy member",
      [
        { name: "a", age: 10 },
        { name: "b", age: 5, conditions: { [etcdMember]: "False", HealthCheckSucceeded: "True" } },
      ],
      "a",
    ],
    [
      "a healthy machine",
      [
        { name: "a", age: 10, conditions: { HealthCheckSucceeded: "True" } },
        { name: "b", age: 5 },
      ],
      "a",
    ],
    [
      "one that stays",
      [
        { name: "a", age: 10 },
        { name: "b", age: 5, outdated: ["old"] },
      ],
      "a",
    ],
    [
      "none that leaves",
      [
        { name: "a", age: 10 },
        { name: "b", age: 5, deleting: true },
      ],
      "a",
    ],
  ])("goes to %s", (_what, candidates, expected) => {
    const scope = handMadeScope({ machines: [{ name: "leader" }, ...candidates] });
    const workload = scope.environment.workloads.get(scope.clusterKey)!;
    expect(etcdLeader(workload)).toBe("leader");
    forwardEtcdLeadership(scope, live(scope, "leader"));
    expect(etcdLeader(workload)).toBe(expected);
  });

  it("stays when another machine goes, and cannot go nowhere", () => {
    const scope = handMadeScope({ machines: [{ name: "leader" }, { name: "a" }] });
    forwardEtcdLeadership(scope, live(scope, "a"));
    expect(etcdLeader(scope.environment.workloads.get(scope.clusterKey)!)).toBe("leader");
    const alone = handMadeScope({ machines: [{ name: "leader" }] });
    expect(() => forwardEtcdLeadership(alone, live(alone, "leader"))).toThrow("no candidate machines for etcd leadership found");
  });
});

describe("preflight checks", () => {
  const broken = { name: "a", conditions: { [apiServer]: "False" } } as const;
  it.each<
    readonly [what: string, given: Parameters<typeof handMadeScope>[0], scaleUp: boolean, excluded: string | undefined, expected: string]
  >([
    ["all well", { machines: [{ name: "a" }, { name: "b" }] }, true, undefined, ""],
    ["no machines", { machines: [] }, true, undefined, ""],
    ["one is deleting", { machines: [{ name: "a" }, { name: "b", deleting: true }] }, true, undefined, "hasDeletingMachine"],
    ["one is broken", { machines: [broken, { name: "b" }] }, true, undefined, "componentsNotHealthy"],
    ["the broken one goes", { machines: [broken, { name: "b" }] }, false, "a", ""],
    ["etcd is broken", { machines: machines(3, 1) }, true, undefined, "etcdNotHealthy"],
    ["a replacement, one of the others broken", { machines: [broken, { name: "b" }], remediation: "{}" }, true, undefined, ""],
    ["a replacement, no others well", { machines: [broken], remediation: "{}" }, true, undefined, "componentsNotHealthy"],
    ["a replacement that may cost the quorum", { machines: machines(2, 1), remediation: "{}" }, true, undefined, "etcdNotHealthy"],
  ])("%s", (_what, given, scaleUp, excluded, expected) => {
    const scope = handMadeScope(given);
    const wait = preflightChecks(scope, scaleUp, excluded === undefined ? undefined : live(scope, excluded));
    expect(
      Object.entries(scope.preflight)
        .flatMap(([name, is]) => (is === true ? [name] : []))
        .join(" "),
    ).toBe(expected);
    expect(wait === undefined).toBe(expected === "");
  });
});

describe("pre-terminate hook", () => {
  const hook = { [annotationKeys.cleanupHook]: "" };
  const waiting = { name: "a", deleting: true, annotations: hook } as const;
  it.each<readonly [what: string, others: readonly HandMadeMachine[], goes: boolean]>([
    ["all well", [{ name: "b" }, { name: "c" }], true],
    ["one of two others without etcd", [{ name: "b" }, { name: "c", conditions: { [etcdMember]: "False" } }], false],
    ["no other with all components", [{ name: "b", conditions: { [apiServer]: "False" } }], false],
    ["another is on its way out already", [{ name: "b" }, { name: "c" }, { name: "d", deleting: true }], false],
  ])("%s", (_what, others, goes) => {
    const scope = handMadeScope({ machines: [waiting, ...others] });
    const machine = scope.machines[0]!;
    const condition = {
      type: "Deleting",
      status: "True",
      reason: "WaitingForPreTerminateHook",
      message: "",
      lastTransitionTime: scope.time,
    } as const;
    scope.environment.objects.store.put("Machine.cluster.x-k8s.io", {
      ...machine,
      status: { ...machine.status, conditions: [...machine.status!.conditions!, condition] },
    });
    scope.machines = [
      scope.environment.objects.need(resourceType("Machine.cluster.x-k8s.io"), "ns", "a") as Machine,
      ...scope.machines.slice(1),
    ];
    expect(reconcilePreTerminateHook(scope)).toBeDefined();
    expect(live(scope, "a").metadata.annotations ?? {}).toEqual(goes ? {} : hook);
    expect(scope.environment.workloads.get(scope.clusterKey)!.etcdMembers.has("a")).toBe(!goes);
  });
});

describe("Available", () => {
  it.each<readonly [what: string, given: Parameters<typeof handMadeScope>[0], matching: boolean, expected: readonly string[]]>([
    [
      "broken for nine seconds",
      { machines: [{ name: "a" }, { name: "b", conditions: { [apiServer]: "False" }, since: 9 }] },
      true,
      ["True", "Available", ""],
    ],
    [
      "broken for eleven seconds",
      { machines: [{ name: "a" }, { name: "b", conditions: { [apiServer]: "False" }, since: 11 }] },
      true,
      ["True", "Available", "* 1 of 2 Machines has healthy control plane components, at least 1 required"],
    ],
    [
      "one member of three sick",
      { machines: machines(3, 1) },
      true,
      [
        "True",
        "Available",
        "* 2 of 3 etcd members are healthy, at least 2 healthy member required for etcd quorum\n* 2 of 3 Machines have healthy control plane components, at least 1 required",
      ],
    ],
    [
      "two members of three sick",
      { machines: machines(3, 2) },
      true,
      ["False", "NotAvailable", "* 1 of 3 etcd members is healthy, at least 2 healthy member required for etcd quorum"],
    ],
    [
      "members that are not those of the machines",
      { machines: machines(3) },
      false,
      ["False", "NotAvailable", "The list of etcd members does not match the list of Machines and Nodes"],
    ],
    [
      "the member of a machine that is still coming",
      {
        machines: [{ name: "a" }, { name: "b", node: null, providerID: null, conditions: { [etcdMember]: "Unknown" }, since: 5 }],
        members: ["a", "b"],
      },
      true,
      ["False", "NotAvailable", "* 1 of 2 etcd members is healthy, at least 2 healthy member required for etcd quorum"],
    ],
    [
      "the member of a machine that is coming, healthy already",
      { machines: [{ name: "a" }, { name: "b", node: null }], members: ["a", "b"] },
      true,
      ["True", "Available", ""],
    ],
  ])("%s", (_what, given, matching, expected) => {
    const scope = handMadeScope(given);
    scope.membersMatchMachines = matching;
    reportAvailable(scope);
    expect(said(scope, "Available")).toEqual(expected);
  });
});

describe("remediation", () => {
  const sick = { conditions: { HealthCheckSucceeded: "False", OwnerRemediated: "False" } } as const;
  const record = (secondsAgo: number): string =>
    JSON.stringify({
      machine: "x",
      timestamp: `${new Date(Date.parse("2026-11-24T00:00:00Z") - secondsAgo * 1000).toISOString().slice(0, 19)}Z`,
      retryCount: 2,
    });
  it.each<
    readonly [
      what: string,
      machines: readonly HandMadeMachine[],
      remediation: string | undefined,
      spec: { readonly maxRetry?: number },
      expected: string,
    ]
  >([
    [
      "another is deleting",
      [{ name: "a", ...sick }, { name: "b" }, { name: "c", deleting: true }],
      undefined,
      {},
      "KubeadmControlPlane waiting for control plane Machine deletion to complete before triggering remediation",
    ],
    [
      "another is coming",
      [{ name: "a", ...sick }, { name: "b" }, { name: "c", node: null }],
      undefined,
      {},
      "KubeadmControlPlane waiting for control plane Machine provisioning to complete before triggering remediation",
    ],
    [
      "healthy for an hour since it replaced another",
      [{ name: "a", ...sick, annotations: { [annotationKeys.remediationFor]: record(3601) } }, { name: "b" }, { name: "c" }],
      undefined,
      { maxRetry: 2 },
      "",
    ],
    [
      "healthy for less than an hour",
      [{ name: "a", ...sick, annotations: { [annotationKeys.remediationFor]: record(3599) } }, { name: "b" }, { name: "c" }],
      undefined,
      { maxRetry: 2 },
      "KubeadmControlPlane can't remediate this machine because the operation already failed 2 times (MaxRetry)",
    ],
    ["another remediation waits for its machine", [{ name: "a", ...sick }, { name: "b" }, { name: "c" }], record(10), {}, "True"],
    ["the machine of another remediation came", [{ name: "a", ...sick }, { name: "b" }, { name: "c", age: 5 }], record(10), {}, ""],
  ])("%s", (_what, given, remediation, spec, expected) => {
    const scope = handMadeScope({ machines: given, spec: { remediation: spec }, ...(remediation === undefined ? {} : { remediation }) });
    remediateUnhealthyMachines(scope);
    const isGone = scope.environment.objects.get(resourceType("Machine.cluster.x-k8s.io"), "ns", "a") === undefined;
    // Without a finalizer it goes at once.
    expect(isGone).toBe(expected === "");
    if (expected !== "" && expected !== "True")
      expect(live(scope, "a").status?.conditions?.find(({ type }) => type === "OwnerRemediated")?.message).toBe(expected);
  });
});

describe("more that steps decide", () => {
  it("an outdated machine that is not healthy goes before older ones", () => {
    const given = [
      { name: "a", age: 30, outdated: ["x"] },
      { name: "b", age: 20, outdated: ["x"], conditions: { [apiServer]: "False" } },
      { name: "c", age: 10 },
    ] as const;
    const scope = handMadeScope({ machines: given });
    expect(selectMachineToRemove(scope, scope.machines.slice(0, 2), createRandom(1))?.metadata.name).toBe("b");
  });

  it("reasons to roll out: the version first", () => {
    const scope = handMadeScope({ machines: [{ name: "a", conditions: { UpToDate: "False" } }] });
    const [machine] = scope.machines as readonly [Machine];
    const message = "* DevMachine is not up-to-date\n* Version v1.34.0, v1.35.2 required";
    scope.machines = [
      {
        ...machine,
        status: { conditions: machine.status!.conditions!.map((each) => (each.type === "UpToDate" ? { ...each, message } : each)) },
      },
    ];
    reportRollingOut(scope);
    expect(said(scope, "RollingOut")[2]).toBe(
      "Rolling out 1 not up-to-date replicas\n* Version v1.34.0, v1.35.2 required\n* DevMachine is not up-to-date",
    );
  });

  it.each([
    { providerID: null, expected: ["True", "Healthy", ""] },
    { providerID: undefined, expected: ["Unknown", "HealthUnknown", "* Machine b:\n  * EtcdMemberHealthy: condition is Unknown"] },
  ] as const)("unknown of a machine with provider ID $providerID", ({ providerID, expected }) => {
    const coming = {
      name: "b",
      node: null,
      conditions: { [etcdMember]: "Unknown" },
      ...(providerID === null ? { providerID } : {}),
    } as const;
    const scope = handMadeScope({ machines: [{ name: "a" }, coming] });
    aggregateHealth(scope, { types: [etcdMember], errors: [], target: "EtcdClusterHealthy", note: "etcd member" });
    expect(said(scope, "EtcdClusterHealthy")).toEqual(expected);
  });

  it("nodes: unreachable, without label and taint, without a machine", () => {
    const scope = handMadeScope({ machines: [{ name: "a" }, { name: "b" }, { name: "gone" }] });
    const workload = scope.environment.workloads.get(scope.clusterKey)!;
    const node = (name: string, labels: Readonly<Record<string, string>>, taints: readonly unknown[]): unknown =>
      workload.objects.create(resourceType("Node"), { metadata: { name, labels }, spec: { taints } }, { manager: "test" });
    node("a", {}, [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }]);
    node("b", {}, []);
    node("stranger", { [labelKeys.controlPlaneNode]: "" }, []);
    Object.assign(scope, { kubeadmConfigs: new Map([["b", { spec: {} }]]) });
    const reports = createMachineReports(scope);
    expect(inspectComponents(scope, workload, reports)).toEqual(["Control plane Node stranger does not have a corresponding Machine"]);
    reports.write();
    const messages = (type: string): readonly unknown[] =>
      scope.machines.map(({ status }) => status?.conditions?.find((each) => each.type === type)?.message);
    const key = labelKeys.controlPlaneNode;
    expect(messages(healthConditions.node)).toEqual([
      "Node a is unreachable",
      `Node b does not have the ${key} label and the ${key}:NoSchedule taint`,
      "Node gone does not exist",
    ]);
    expect(messages(apiServer)).toEqual(["Node a is unreachable", "Pod does not exist", "Node gone does not exist"]);
  });

  it("takes back what was made when the Machine cannot be made", () => {
    const scope = handMadeScope({ machines: [] });
    const { environment } = scope;
    const { objects } = environment;
    const refusing: Scope = {
      ...scope,
      environment: {
        ...environment,
        objects: {
          ...objects,
          create(type, object, options) {
            if (type.kind === "Machine") throw conflict(type, "m", "no");
            return objects.create(type, object, options);
          },
        },
      },
    };
    expect(() => createMachine(refusing, createRandom(1), { joins: false, failureDomain: undefined })).toThrow("no");
    expect([
      ...objects.store.list("KubeadmConfig.bootstrap.cluster.x-k8s.io"),
      ...objects.store.list("DevMachine.infrastructure.cluster.x-k8s.io"),
    ]).toEqual([]);
    expect(refusing.legacyConditions).toContainEqual(
      expect.objectContaining({ type: "MachinesCreated", status: "False", reason: "MachineGenerationFailed", severity: "Error" }),
    );
  });
});
