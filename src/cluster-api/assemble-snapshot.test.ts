import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import {
  clusterObjects,
  condition,
  controlPlane,
  CREATED_AT,
  machine,
  machineDeployment,
  machineSet,
  objectOf,
  plainCluster,
  reference,
  topologyCluster,
  type Contract,
} from "./testing/objects.ts";
import type { RawObject } from "./views/fields.ts";

const CONTROL_PLANE = { "cluster.x-k8s.io/control-plane": "" };
const template = (name: string, image: string): RawObject =>
  objectOf(
    "infrastructure.cluster.x-k8s.io/v1beta2",
    "DevMachineTemplate",
    { name },
    { template: { spec: { backend: { docker: { customImage: image } } } } },
  );

function fullCluster(contract: Contract) {
  return clusterObjects(
    topologyCluster(
      contract,
      {},
      { controlPlane: { upgradePlan: [{ version: "v1.35.2" }] }, workers: { upgradePlan: [{ version: "v1.36.1" }] } },
    ),
    {
      controlPlane: controlPlane(contract),
      clusterClass: objectOf(
        `cluster.x-k8s.io/${contract}`,
        "ClusterClass",
        { name: "quick-start" },
        { kubernetesVersions: ["v1.34.0", "v1.35.2"] },
      ),
      machineDeployments: [machineDeployment(contract, "c1-md-0", { labels: { "topology.cluster.x-k8s.io/deployment-name": "md-0" } })],
      machineSets: [machineSet(contract, "c1-md-0-abc", "c1-md-0")],
      machines: [
        machine(contract, "c1-md-0-abc-1", { owner: { kind: "MachineSet", name: "c1-md-0-abc" } }),
        machine(contract, "c1-cp-1", { labels: CONTROL_PLANE, created: "2026-01-01T00:00:00Z" }),
      ],
      templates: [
        {
          ref: { group: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", namespace: "demo", name: "c1-cp" },
          object: template("c1-cp", "kindest/node:v1.34.0"),
          missing: false,
        },
        {
          ref: { group: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", namespace: "demo", name: "c1-md-0-infra" },
          object: undefined,
          missing: true,
        },
      ],
      controlPlaneInfrastructure: [
        objectOf(
          "infrastructure.cluster.x-k8s.io/v1beta2",
          "DevMachine",
          { name: "c1-cp-1", annotations: { "cluster.x-k8s.io/cloned-from-name": "c1-cp" } },
          {},
        ),
      ],
    },
  );
}

describe("assembleSnapshot", () => {
  it("gives the same snapshot for both contract versions", () => {
    expect(assembleSnapshot(fullCluster("v1beta1"), 1)).toEqual(assembleSnapshot(fullCluster("v1beta2"), 1));
  });

  it("joins the objects of a topology cluster", () => {
    const snapshot = assembleSnapshot(fullCluster("v1beta2"), 1234);
    expect(snapshot).toMatchObject({
      observedAt: 1234,
      ref: { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "demo", name: "c1" },
      uid: "uid-c1",
      paused: false,
      deleting: false,
      generation: 2,
      observedGeneration: 2,
      topology: {
        className: "quick-start",
        version: "v1.34.0",
        classVersions: ["v1.34.0", "v1.35.2"],
        controlPlaneUpgradePlan: ["v1.35.2"],
        workersUpgradePlan: ["v1.36.1"],
        pools: [{ name: "md-0", kind: "MachineDeployment", deferUpgrade: false, holdUpgradeSequence: false }],
      },
      controlPlane: {
        version: "v1.34.0",
        reportedVersion: "v1.34.0",
        versions: [{ version: "v1.34.0", replicas: 3 }],
        initialized: true,
        maxSurge: 1,
        replicas: { desired: 3, current: 3, ready: 3, available: 3, upToDate: 3 },
        machineTemplate: { found: true, versionPins: [{ value: "kindest/node:v1.34.0", version: "v1.34.0" }] },
      },
      pools: [
        {
          kind: "MachineDeployment",
          topologyName: "md-0",
          version: "v1.34.0",
          strategy: "RollingUpdate",
          maxSurge: "1",
          maxUnavailable: "25%",
          replicas: { desired: 2, current: 2, ready: 2, available: 2, upToDate: 1 },
          machineTemplate: { found: false, versionPins: [] },
        },
      ],
      delivery: { engine: "none" },
      gaps: [],
    });
    expect(snapshot.machines).toMatchObject([
      { ref: { name: "c1-cp-1" }, role: "control-plane", pool: undefined, machineSet: undefined, template: "c1-cp" },
      {
        ref: { name: "c1-md-0-abc-1" },
        role: "worker",
        pool: "c1-md-0",
        machineSet: "c1-md-0-abc",
        template: "c1-md-0-infra",
        nodeName: "node-c1-md-0-abc-1",
        kubeletVersion: "v1.34.0",
        createdAt: CREATED_AT,
        ready: true,
        upToDate: true,
      },
    ]);
  });

  it("orders pools as the topology upgrades them, then the others by age and name", () => {
    const labels = (name: string) => ({ "topology.cluster.x-k8s.io/deployment-name": name });
    const machinePool = (name: string, label: string) =>
      objectOf(
        "cluster.x-k8s.io/v1beta2",
        "MachinePool",
        { name, labels: { "topology.cluster.x-k8s.io/pool-name": label }, created: "2020-01-01T00:00:00Z" },
        {},
      );
    const workers = { machineDeployments: [{ name: "z" }, { name: "a" }], machinePools: [{ name: "z" }] };
    const snapshot = assembleSnapshot(
      clusterObjects(topologyCluster("v1beta2", { workers }), {
        machineDeployments: [
          machineDeployment("v1beta2", "young", { created: "2026-02-01T00:00:00Z" }),
          machineDeployment("v1beta2", "older-b", { created: "2026-01-01T00:00:00Z" }),
          machineDeployment("v1beta2", "older-a", { created: "2026-01-01T00:00:00Z" }),
          machineDeployment("v1beta2", "c1-a", { labels: labels("a") }),
          machineDeployment("v1beta2", "c1-z", { labels: labels("z"), created: "2026-03-01T00:00:00Z" }),
        ],
        machinePools: [machinePool("c1-pool-z", "z")],
      }),
      0,
    );
    expect(snapshot.pools.map((pool) => pool.ref.name)).toEqual(["c1-z", "c1-a", "c1-pool-z", "older-a", "older-b", "young"]);
  });

  it("reads a half-created cluster: nothing but the Cluster object", () => {
    const snapshot = assembleSnapshot(clusterObjects(objectOf("cluster.x-k8s.io/v1beta2", "Cluster", { name: "c1" }, {})), 0);
    expect(snapshot).toMatchObject({
      topology: undefined,
      controlPlane: undefined,
      pools: [],
      machines: [],
      conditions: [],
      observedGeneration: undefined,
      gaps: [],
    });
  });

  it("reads a managed control plane, which has no machines, by contract", () => {
    const managed = objectOf(
      "controlplane.cluster.x-k8s.io/v1beta2",
      "AWSManagedControlPlane",
      { name: "c1-cp" },
      { version: "v1.34" },
      { ready: true, initialized: true },
    );
    expect(assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { controlPlane: managed }), 0).controlPlane).toMatchObject({
      ref: { kind: "AWSManagedControlPlane" },
      version: "v1.34",
      reportedVersion: undefined,
      initialized: true,
      replicas: { desired: 0, current: 0, ready: 0, available: 0, upToDate: 0 },
      machineTemplate: undefined,
      maxSurge: undefined,
    });
  });

  it("reads the old counters and conditions of a release that has no others", () => {
    const old = controlPlane(
      "v1beta1",
      {},
      {
        v1beta2: undefined,
        readyReplicas: 2,
        updatedReplicas: 1,
        unavailableReplicas: 1,
        conditions: [
          {
            type: "MachinesSpecUpToDate",
            status: "False",
            severity: "Warning",
            reason: "RollingUpdateInProgress",
            message: "Rolling 2 replicas with outdated spec",
          },
          { type: "EtcdClusterHealthy", status: "True" },
        ],
      },
    );
    const snapshot = assembleSnapshot(clusterObjects(plainCluster("v1beta1"), { controlPlane: old }), 0).controlPlane;
    expect(snapshot?.replicas).toEqual({ desired: 3, current: 3, ready: 2, available: 2, upToDate: 1 });
    expect(snapshot?.conditions).toMatchObject([
      { type: "EtcdClusterHealthy", status: "True", reason: "Healthy" },
      { type: "MachinesUpToDate", status: "False", reason: "RollingUpdateInProgress" },
      { type: "RollingOut", status: "True", reason: "RollingOut" },
    ]);
  });

  it("prefers the new counters of an object that has both", () => {
    const both = controlPlane("v1beta1", {}, { readyReplicas: 1, updatedReplicas: 1, unavailableReplicas: 2 });
    expect(assembleSnapshot(clusterObjects(plainCluster("v1beta1"), { controlPlane: both }), 0).controlPlane?.replicas).toMatchObject({
      ready: 3,
      available: 3,
      upToDate: 3,
    });
  });

  it.each([
    ["the condition", { conditions: [condition("Initialized", "True", "Initialized")] }, true],
    ["the old ready flag", { ready: true }, true],
    ["nothing", {}, false],
  ])("tells by %s whether a control plane has come up", (_, status, expected) => {
    const plane = objectOf("x.example/v1", "HostedControlPlane", { name: "c1-cp" }, {}, status);
    expect(assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { controlPlane: plane }), 0).controlPlane?.initialized).toBe(expected);
  });

  it.each([
    ["spec.paused", plainCluster("v1beta2"), { spec: { paused: true } }, true],
    ["the annotation, whatever its value", plainCluster("v1beta2", { annotations: { "cluster.x-k8s.io/paused": "false" } }), {}, true],
    ["neither", plainCluster("v1beta2"), {}, false],
  ])("tells a paused cluster by %s", (_, cluster, more, expected) => {
    expect(assembleSnapshot(clusterObjects({ ...cluster, ...more }), 0).paused).toBe(expected);
  });

  const PAUSED = "cluster.x-k8s.io/paused";
  it.each<readonly [string, Readonly<Record<string, string>>, boolean, boolean, string | undefined]>([
    ["a hold of ours", { [PAUSED]: "capi-gitops: u1" }, false, false, "u1"],
    ["a hold of ours and a pause of somebody else's", { [PAUSED]: "capi-gitops: u1" }, true, true, "u1"],
    ["somebody else's annotation", { [PAUSED]: "true" }, false, true, undefined],
    ["an annotation without a value", { [PAUSED]: "" }, false, true, undefined],
    ["spec.paused", {}, true, true, undefined],
    ["neither", {}, false, false, undefined],
  ])("tells whose pause of a pool it is: %s", (_, annotations, specPaused, paused, heldBy) => {
    const deployment = machineDeployment("v1beta2", "md-0", { annotations }, { paused: specPaused });
    const { pools } = assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { machineDeployments: [deployment] }), 0);
    expect(pools).toMatchObject([{ paused, heldBy }]);
  });

  it("tells who delivers the cluster and who wrote the version last", () => {
    const managedFields = [
      {
        manager: "kubectl-edit",
        operation: "Update",
        time: "2026-01-02T00:00:00Z",
        fieldsV1: { "f:spec": { "f:topology": { "f:version": {} } } },
      },
      {
        manager: "argocd-controller",
        operation: "Apply",
        time: "2026-01-03T00:00:00Z",
        fieldsV1: { "f:spec": { "f:topology": { "f:version": {} } } },
      },
      {
        manager: "manager",
        operation: "Update",
        time: "2026-01-04T00:00:00Z",
        fieldsV1: { "f:spec": { "f:topology": { "f:class": {} } } },
      },
    ];
    const annotations = { "argocd.argoproj.io/tracking-id": "capi:cluster.x-k8s.io/Cluster:demo/c1" };
    const snapshot = assembleSnapshot(clusterObjects(topologyCluster("v1beta2", {}, {}, { managedFields, annotations })), 0);
    expect(snapshot.delivery).toEqual({ engine: "argo-cd", application: "capi" });
    expect(snapshot.topology?.versionOwners).toEqual([
      { manager: "argocd-controller", operation: "Apply", at: Date.parse("2026-01-03T00:00:00Z") },
      { manager: "kubectl-edit", operation: "Update", at: Date.parse("2026-01-02T00:00:00Z") },
    ]);
  });

  it("reads the annotations that hold a pool back", () => {
    const held = (name: string, annotation: string) => ({ name, metadata: { annotations: { [annotation]: "" } } });
    const workers = {
      machineDeployments: [
        held("a", "topology.cluster.x-k8s.io/defer-upgrade"),
        held("b", "topology.cluster.x-k8s.io/hold-upgrade-sequence"),
      ],
    };
    expect(assembleSnapshot(clusterObjects(topologyCluster("v1beta1", { workers })), 0).topology?.pools).toEqual([
      { name: "a", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false },
      { name: "b", kind: "MachineDeployment", deferUpgrade: false, holdUpgradeSequence: true },
    ]);
  });

  const HOOKS = "runtime.cluster.x-k8s.io/pending-hooks";
  const STEP = "topology.internal.cluster.x-k8s.io/upgrade-step";
  it.each<readonly [annotations: Readonly<Record<string, string>>, marked: boolean]>([
    // As real Cluster API 1.14 wrote them during an upgrade, in this order.
    [{ [HOOKS]: "AfterControlPlaneInitialized" }, false],
    [{ [HOOKS]: "AfterClusterUpgrade" }, true],
    [{ [HOOKS]: "AfterClusterUpgrade,AfterControlPlaneUpgrade,AfterWorkersUpgrade,BeforeWorkersUpgrade", [STEP]: "v1.34.2" }, true],
    [{ [STEP]: "v1.34.2" }, true],
    [{}, false],
  ])("reads from %j whether the topology controller is in an upgrade: %s", (annotations, marked) => {
    const snapshot = assembleSnapshot(clusterObjects(topologyCluster("v1beta2", {}, {}, { annotations })), 1);
    expect(snapshot.topology?.upgradeMarked).toBe(marked);
  });

  it("names a field that it does not understand, and reads the rest", () => {
    const odd = controlPlane("v1beta2", { version: 1.34, replicas: "three" }, { conditions: "none" });
    const snapshot = assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { controlPlane: odd }), 0);
    expect(snapshot.controlPlane).toMatchObject({ version: undefined, replicas: { desired: 0, current: 3 }, conditions: [] });
    expect(snapshot.gaps.map((gap) => [gap.kind, gap.message])).toEqual([
      ["unreadable", "status.conditions of KubeadmControlPlane demo/c1-cp is not a list"],
      ["unreadable", "spec.version of KubeadmControlPlane demo/c1-cp is not understood: 1.34"],
      ["unreadable", 'spec.replicas of KubeadmControlPlane demo/c1-cp is not understood: "three"'],
    ]);
  });

  it("tells a machine whose newest condition is not known yet from one that is outdated", () => {
    const machines = [
      machine("v1beta2", "a", {}, []),
      objectOf("cluster.x-k8s.io/v1beta2", "Machine", { name: "b" }, {}, { conditions: [condition("UpToDate", "False", "NotUpToDate")] }),
      objectOf(
        "cluster.x-k8s.io/v1beta2",
        "Machine",
        { name: "c" },
        {},
        { conditions: [condition("UpToDate", "Unknown", "UpToDateUnknown")] },
      ),
      objectOf("cluster.x-k8s.io/v1beta2", "Machine", { name: "d", deleted: CREATED_TEXT }, {}),
    ];
    const snapshot = assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { machines }), 0);
    expect(snapshot.machines.map((entry) => [entry.upToDate, entry.ready, entry.deletingSince])).toEqual([
      [true, true, undefined],
      [false, undefined, undefined],
      [undefined, undefined, undefined],
      [undefined, undefined, CREATED_AT],
    ]);
  });

  it("finds the pool of a machine by its MachineSet, by label, and by its MachinePool", () => {
    const machines = [
      machine("v1beta2", "a", { owner: { kind: "MachineSet", name: "s" }, labels: { "cluster.x-k8s.io/deployment-name": "stale" } }),
      machine("v1beta2", "b", { owner: { kind: "MachineSet", name: "gone" }, labels: { "cluster.x-k8s.io/deployment-name": "md" } }),
      machine("v1beta2", "c", { owner: { kind: "MachinePool", name: "mp" } }),
      machine("v1beta2", "d"),
      machine("v1beta2", "e", { labels: { ...CONTROL_PLANE, "cluster.x-k8s.io/deployment-name": "md" } }),
    ];
    const snapshot = assembleSnapshot(
      clusterObjects(plainCluster("v1beta2"), { machines, machineSets: [machineSet("v1beta2", "s", "md-of-s")] }),
      0,
    );
    expect(snapshot.machines.map((entry) => entry.pool)).toEqual(["md-of-s", "md", "mp", undefined, undefined]);
  });

  it("lets a pool say why its MachineSet may not create a machine", () => {
    const why = 'Scaling up from 1 to 2 replicas is blocked because:\n* … ("KubeadmVersionSkew" preflight check failed)';
    const held = { ...machineSet("v1beta2", "s", "md"), status: { conditions: [condition("ScalingUp", "True", "ScalingUp", why)] } };
    const old = {
      ...machineSet("v1beta1", "s", "md"),
      status: {
        conditions: [{ type: "MachinesCreated", status: "False", severity: "Error", reason: "PreflightCheckFailed", message: "preflight" }],
      },
    };
    const foreign = {
      ...machineSet("v1beta2", "other", "other-md"),
      status: { conditions: [condition("ScalingUp", "True", "ScalingUp", why)] },
    };
    const ofPool = (set: RawObject) =>
      assembleSnapshot(
        clusterObjects(plainCluster("v1beta2"), {
          machineSets: [foreign, set],
          machineDeployments: [machineDeployment("v1beta2", "md")],
        }),
        0,
      ).pools[0]?.conditions;
    expect(ofPool(held)).toMatchObject([{ type: "Available" }, { type: "ScalingUp", status: "True", message: why }]);
    expect(ofPool(old)).toMatchObject([{ type: "Available" }, { type: "ScalingUp", status: "True", reason: "PreflightCheckFailed" }]);
    expect(ofPool(machineSet("v1beta2", "s", "md"))).toMatchObject([{ type: "Available" }]);
  });

  it("never throws and loses no machine, whatever any one field holds", () => {
    const objects = fullCluster("v1beta1");
    const lists = ["machineDeployments", "machineSets", "machines", "controlPlaneInfrastructure"];
    const places = placesIn(objects).filter(
      ([first = "", ...rest]) => first !== "templates" && rest.length > (lists.includes(first) ? 1 : 0),
    );
    const odd = fc.constantFrom<unknown>(null, undefined, 7, "odd", true, [], {}, [null], [7], [{}], { name: 7 });
    fc.assert(
      fc.property(fc.constantFrom(...places), odd, (path, value) => {
        const snapshot = assembleSnapshot(withValueAt(objects, path, value) as typeof objects, 0);
        expect(snapshot.machines).toHaveLength(objects.machines.length);
      }),
      { numRuns: 1000 },
    );
  });

  it("goes by the owner that controls a machine", () => {
    const owned = machine("v1beta2", "m");
    const metadata = {
      ...(owned["metadata"] as RawObject),
      ownerReferences: [
        { kind: "MachineSet", name: "a" },
        { kind: "MachineSet", name: "b", controller: true },
      ],
    };
    const snapshot = assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { machines: [{ ...owned, metadata }] }), 0);
    expect(snapshot.machines[0]?.machineSet).toBe("b");
  });

  it("resolves v1beta1 and v1beta2 references to the same object", () => {
    const templates = [
      {
        ref: { group: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", namespace: "demo", name: "c1-cp" },
        object: template("c1-cp", "x:v1.34.0"),
        missing: false,
      },
    ];
    expect(reference("v1beta1", "A", "b")).not.toEqual(reference("v1beta2", "A", "b"));
    for (const contract of ["v1beta1", "v1beta2"] as const) {
      const snapshot = assembleSnapshot(clusterObjects(plainCluster(contract), { controlPlane: controlPlane(contract), templates }), 0);
      expect(snapshot.controlPlane?.machineTemplate?.versionPins.map((pin) => pin.version)).toEqual(["v1.34.0"]);
    }
  });
});

function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...path, key]))];
}

function withValueAt(target: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(target)) return target.map((item: unknown, index) => (String(index) === key ? withValueAt(item, rest, value) : item));
  const record = target as Record<string, unknown>;
  return { ...record, [key]: withValueAt(record[key], rest, value) };
}

const CREATED_TEXT = "2026-01-02T03:04:05Z";
