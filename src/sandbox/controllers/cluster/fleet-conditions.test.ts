import { describe, expect, it } from "vitest";
import { cluster, condition, controlPlane, core, infra, label, ownedByCluster, refs, time } from "./testing/objects.ts";
import { scene, type Given, type Scene } from "./testing/scene.ts";

const up = { initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true } };

function load(objects: readonly Given[], of: readonly Given[] = [infra(), controlPlane()]): Scene {
  const loaded = scene({ at: time });
  for (const object of [cluster(refs, up), ...of, ...objects]) loaded.put(object);
  loaded.start();
  loaded.run(3);
  return loaded;
}

function machine(name: string, conditions: readonly object[], metadata: object = {}): Given {
  return core("Machine", name, {
    metadata: { name, labels: label, ...metadata },
    spec: { clusterName: "c", version: "v1.34.0" },
    status: { conditions },
  });
}

const deployment = (name: string, conditions: readonly object[]): Given =>
  core("MachineDeployment", name, { spec: { replicas: 1 }, status: { conditions } });

describe("what machines and their owners tell together", () => {
  it("nothing there", () => {
    const loaded = load([]);
    const told = [
      "WorkersAvailable",
      "WorkerMachinesReady",
      "WorkerMachinesUpToDate",
      "RollingOut",
      "ScalingUp",
      "ScalingDown",
      "Remediating",
    ].map((type) => [type, ...loaded.condition(type)!.slice(0, 2)]);
    expect(told).toEqual([
      ["WorkersAvailable", "True", "NoWorkers"],
      ["WorkerMachinesReady", "True", "NoReplicas"],
      ["WorkerMachinesUpToDate", "True", "NoReplicas"],
      ["RollingOut", "False", "NotRollingOut"],
      ["ScalingUp", "False", "NotScalingUp"],
      ["ScalingDown", "False", "NotScalingDown"],
      ["Remediating", "False", "NotRemediating"],
    ]);
  });

  it("those of the owners", () => {
    const moving = ["RollingOut", "ScalingUp", "ScalingDown"].map((type) => condition(type, "True", type, `${type} now`));
    const still = ["RollingOut", "ScalingUp", "ScalingDown"].map((type) => condition(type, "False", `Not${type}`));
    const loaded = load(
      [
        deployment("a", [condition("Available", "False", "NotAvailable", "too few"), ...still]),
        deployment("b", [condition("Available", "True", "Available"), ...still]),
      ],
      [infra(), controlPlane({ ...up, conditions: moving })],
    );
    expect(loaded.condition("WorkersAvailable")).toEqual(["False", "NotAvailable", "* MachineDeployment a: too few"]);
    for (const type of ["RollingOut", "ScalingUp", "ScalingDown"])
      expect(loaded.condition(type)).toEqual(["True", type, `* KubeadmControlPlane cp: ${type} now`]);
  });

  it("stand-alone MachineSets only scale; MachinePools are not asked", () => {
    const scaling = { status: { conditions: [condition("ScalingUp", "True", "ScalingUp", "more")] } };
    const loaded = load([
      core("MachineSet", "alone", { metadata: { name: "alone", ...ownedByCluster }, ...scaling }),
      core("MachineSet", "owned", { ...scaling }),
      core("MachinePool", "pool", { spec: { replicas: 1 } }),
    ]);
    expect(loaded.condition("ScalingUp")).toEqual(["True", "ScalingUp", "* MachineSet alone: more"]);
    expect(loaded.condition("RollingOut")).toEqual(["False", "NotRollingOut", ""]);
    expect(loaded.condition("WorkersAvailable")?.[1]).toBe("NoWorkers");
  });

  it("a machine without UpToDate counts from its tenth second", () => {
    const ready = condition("Ready", "True", "Ready");
    const young = load([machine("m", [ready])]);
    expect(young.condition("WorkerMachinesUpToDate")).toEqual(["True", "NoReplicas", ""]);
    const old = load([machine("m", [ready], { creationTimestamp: "2026-11-23T23:59:00Z" })]);
    expect(old.condition("WorkerMachinesUpToDate")).toEqual([
      "Unknown",
      "UpToDateUnknown",
      "* Machine m: Condition UpToDate not yet reported",
    ]);
  });

  it("machines of a MachinePool are passed over", () => {
    const loaded = load([
      machine("m", [condition("Ready", "False", "NotReady", "no")], { labels: { ...label, "cluster.x-k8s.io/pool-name": "p" } }),
    ]);
    expect(loaded.condition("WorkerMachinesReady")).toEqual(["True", "NoReplicas", ""]);
  });

  const ill = condition("HealthCheckSucceeded", "False", "UnhealthyNode");
  it.each<[string, readonly Given[], readonly string[]]>([
    ["one that nobody remediates", [machine("a", [ill])], ["False", "NotRemediating", "Machine a is not healthy (not to be remediated)"]],
    [
      "more than are named",
      ["d", "c", "b", "a"].map((name) => machine(name, [ill])),
      ["False", "NotRemediating", "Machines a, b, c, ... (1 more) are not healthy (not to be remediated)"],
    ],
    [
      "one that its owner remediates",
      [machine("a", [ill, condition("OwnerRemediated", "False", "WaitingForRemediation", "waiting")]), machine("b", [ill])],
      ["True", "Remediating", "* Machine a: waiting"],
    ],
    [
      "one that is well again",
      [machine("a", [condition("OwnerRemediated", "False", "WaitingForRemediation", "waiting")])],
      ["False", "NotRemediating", ""],
    ],
  ])("remediation: %s", (_name, machines, expected) => {
    expect(load(machines).condition("Remediating")).toEqual(expected);
  });
});

describe("status.controlPlane and status.workers", () => {
  const counts = (one: number): object => ({ replicas: one, readyReplicas: one, availableReplicas: one, upToDateReplicas: one });

  it("sum what the owners tell, and what stands alone", () => {
    const versions = (version: string, replicas: number): object => ({ versions: [{ version, replicas }] });
    const loaded = load([
      core("MachineDeployment", "md", { spec: { replicas: 3 }, status: { ...counts(2), ...versions("v1.35.2", 2) } }),
      core("MachinePool", "mp", { spec: { replicas: 5 }, status: { replicas: 4, ...versions("v1.34.0", 4) } }),
      core("MachineSet", "alone", {
        metadata: { name: "alone", ...ownedByCluster },
        spec: { replicas: 1 },
        status: { ...counts(1), ...versions("v1.35.2", 1) },
      }),
      core("MachineSet", "md-1", { spec: { replicas: 3 }, status: { ...counts(3) } }),
      machine("w", [condition("Ready", "True", "Ready"), condition("Available", "True", "Available")], ownedByCluster),
      machine("md-1-x", [condition("Ready", "True", "Ready")]),
    ]);
    expect(loaded.status().workers).toEqual({
      desiredReplicas: 10,
      replicas: 8,
      readyReplicas: 4,
      availableReplicas: 4,
      upToDateReplicas: 3,
      versions: [
        { version: "v1.34.0", replicas: 5 },
        { version: "v1.35.2", replicas: 3 },
      ],
    });
  });

  it("follow the control plane; a count that it tells no more stays, versions do not", () => {
    const loaded = load(
      [],
      [infra(), controlPlane({ ...up, ...counts(3), versions: [{ version: "v1.34.0", replicas: 3 }] }, { replicas: 3 })],
    );
    expect(loaded.status()["controlPlane"]).toEqual({ desiredReplicas: 3, ...counts(3), versions: [{ version: "v1.34.0", replicas: 3 }] });
    loaded.change("KubeadmControlPlane", "cp", (live) => ({ ...live, status: { ...up, replicas: 2 } }), "status");
    loaded.run(3);
    expect(loaded.status()["controlPlane"]).toEqual({ desiredReplicas: 3, ...counts(3), replicas: 2 });
  });

  it("keep the upgrade plans, which are the topology controller's", () => {
    const plan = { upgradePlan: [{ version: "v1.35.2" }] };
    const loaded = load([], [cluster(refs, { ...up, controlPlane: plan, workers: plan }), infra(), controlPlane({ replicas: 1 })]);
    expect(loaded.status()["controlPlane"]).toEqual({ replicas: 1, ...plan });
    expect(loaded.status().workers).toEqual(plan);
  });
});
