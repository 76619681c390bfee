import { describe, expect, it } from "vitest";
import { cluster, condition, controlPlane, core, infra, label, ownedByCluster, refs, time, topology } from "./testing/objects.ts";
import { scene, type Given, type Scene } from "./testing/scene.ts";

// What is expected here stands in core/reconcilers/cluster of Cluster API v1.14.0: reasons, texts, and when they are said.

function load(objects: readonly Given[], isReachable = true): Scene {
  const loaded = scene({ at: time, isReachable });
  for (const object of objects) loaded.put(object);
  loaded.start();
  loaded.run(3);
  return loaded;
}

const unknown = ["Unknown", "InternalError", "Please check controller logs for errors"] as const;
const waits = "Waiting for cluster topology to be reconciled";
const up = { initialization: { infrastructureProvisioned: true, controlPlaneInitialized: true } };

describe("first passes", () => {
  it("takes the finalizer, says that it is not paused, and waits for the topology", () => {
    const loaded = load([{ ...cluster({ topology }), metadata: { name: "c" }, status: {} }, core("ClusterClass", "class", { spec: {} })]);
    expect(loaded.cluster()!.metadata.finalizers).toEqual(["cluster.cluster.x-k8s.io"]);
    expect(loaded.status()["initialization"]).toBeUndefined();
    expect(loaded.status()).toMatchObject({ phase: "Pending", observedGeneration: 1, controlPlane: {}, workers: {} });
    expect(
      Object.fromEntries(loaded.status().conditions.map(({ type, status, reason, message }) => [type, [status, reason, message]])),
    ).toEqual({
      Available: [
        "False",
        "NotAvailable",
        [
          `* InfrastructureReady: ${waits}`,
          `* ControlPlaneAvailable: ${waits}`,
          "* WorkersAvailable: Please check controller logs for errors",
          "* TopologyReconciled: Condition not yet reported",
        ].join("\n"),
      ],
      RemoteConnectionProbe: ["True", "ProbeSucceeded", ""],
      InfrastructureReady: ["False", "ObjectDoesNotExist", waits],
      ControlPlaneInitialized: ["Unknown", "ObjectDoesNotExist", waits],
      ControlPlaneAvailable: ["False", "ObjectDoesNotExist", waits],
      WorkersAvailable: unknown,
      RollingOut: unknown,
      Remediating: unknown,
      ScalingDown: unknown,
      ScalingUp: unknown,
      ControlPlaneMachinesReady: unknown,
      WorkerMachinesReady: unknown,
      ControlPlaneMachinesUpToDate: unknown,
      WorkerMachinesUpToDate: unknown,
      Paused: ["False", "NotPaused", ""],
      Deleting: ["False", "NotDeleting", ""],
    });
    expect(loaded.events).toEqual(["Normal Pending Cluster c is Pending"]);
  });

  it("fails where the class is missing, and says nothing", () => {
    const loaded = load([cluster({ topology })]);
    expect(loaded.errors[0]).toBe('failed to get ClusterClass ns/class: ClusterClass.cluster.x-k8s.io "class" not found');
    expect(loaded.condition("Available")).toBeUndefined();
  });

  it("does nothing while it is paused", () => {
    const loaded = load([cluster({ ...refs, paused: true }), infra()]);
    expect(loaded.condition("Paused")).toEqual(["True", "Paused", "Cluster spec.paused is set to true"]);
    expect(loaded.condition("Available")).toBeUndefined();
    expect(loaded.object("DevCluster", "infra")!.metadata.ownerReferences).toBeUndefined();
  });
});

describe("references", () => {
  const owner = { apiVersion: "cluster.x-k8s.io/v1beta2", kind: "Cluster", name: "c", uid: "c" };

  it.each([
    ["without a topology: not as a controller", {}, owner],
    ["with one: as the controller", { topology }, { ...owner, controller: true, blockOwnerDeletion: true }],
  ])("are owned, %s", (_name, spec, expected) => {
    const loaded = load([cluster({ ...refs, ...spec }), infra(), controlPlane(), core("ClusterClass", "class", { spec: {} })]);
    for (const [kind, name] of [
      ["DevCluster", "infra"],
      ["KubeadmControlPlane", "cp"],
    ] as const) {
      expect(loaded.object(kind, name)!.metadata).toMatchObject({ ownerReferences: [expected], labels: label });
    }
  });

  it("are taken over from another controller's reference in place", () => {
    const other = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x", controller: true };
    const owned = { ...infra(), metadata: { name: "infra", labels: label, ownerReferences: [other, { ...owner, controller: true }] } };
    const loaded = load([cluster(refs), owned]);
    expect(loaded.object("DevCluster", "infra")!.metadata.ownerReferences).toEqual([other, owner]);
  });

  it("that come later are found at once", () => {
    const loaded = load([cluster(refs)]);
    expect(loaded.condition("InfrastructureReady")).toEqual(["False", "ObjectDoesNotExist", "DevCluster does not exist"]);
    expect(loaded.status().phase).toBe("Provisioning");
    loaded.put(infra({ initialization: { provisioned: true } }, { controlPlaneEndpoint: { host: "h", port: 6443 } }));
    loaded.put(controlPlane({ initialization: { controlPlaneInitialized: true } }));
    loaded.run(3);
    expect(loaded.status()).toMatchObject({ phase: "Provisioned", ...up });
    expect(loaded.cluster()!["spec"]).toMatchObject({ controlPlaneEndpoint: { host: "h", port: 6443 } });
    expect(loaded.events).toEqual([
      "Normal Provisioning Cluster c is Provisioning",
      "Normal InfrastructureReady Cluster c InfrastructureProvisioned is now True",
      "Normal ControlPlaneInitialized Cluster c ControlPlaneInitialized is now True",
      "Normal Provisioned Cluster c is Provisioned",
    ]);
  });

  it("give the endpoint of the control plane where the infrastructure has none, and failure domains", () => {
    const domains = [{ name: "a", controlPlane: true }];
    const endpoint = { host: "cp", port: 443 };
    const loaded = load([
      cluster(refs),
      infra({ initialization: { provisioned: true }, failureDomains: domains }),
      controlPlane({ initialization: { controlPlaneInitialized: true } }, { controlPlaneEndpoint: endpoint }),
    ]);
    expect(loaded.cluster()!["spec"]).toMatchObject({ controlPlaneEndpoint: endpoint });
    expect(loaded.status()["failureDomains"]).toEqual(domains);
  });

  it.each<[string, readonly Given[], object, Readonly<Record<string, readonly string[]>>]>([
    [
      "not ready",
      [infra({}), controlPlane({})],
      {},
      {
        InfrastructureReady: ["False", "NotReady", "DevCluster status.initialization.provisioned is false"],
        ControlPlaneAvailable: ["False", "NotAvailable", "KubeadmControlPlane status.initialization.controlPlaneInitialized is false"],
        ControlPlaneInitialized: ["False", "NotInitialized", "Control plane not yet initialized"],
      },
    ],
    [
      "with conditions of their own",
      [
        infra({ conditions: [condition("Ready", "False", "Boom", "no")] }),
        controlPlane({ conditions: [condition("Available", "Unknown", "Hm", "hm")] }),
      ],
      up,
      { InfrastructureReady: ["False", "Boom", "no"], ControlPlaneAvailable: ["Unknown", "Hm", "hm"] },
    ],
    [
      "not there yet",
      [],
      {},
      {
        InfrastructureReady: ["False", "ObjectDoesNotExist", "DevCluster does not exist"],
        ControlPlaneAvailable: ["False", "ObjectDoesNotExist", "KubeadmControlPlane does not exist"],
        ControlPlaneInitialized: ["Unknown", "ObjectDoesNotExist", "KubeadmControlPlane does not exist"],
      },
    ],
    [
      "lost",
      [],
      up,
      {
        InfrastructureReady: ["False", "ObjectDeleted", "DevCluster has been deleted while the cluster still exists"],
        ControlPlaneAvailable: ["False", "ObjectDeleted", "KubeadmControlPlane has been deleted while the cluster still exists"],
      },
    ],
  ])("%s", (_name, objects, status, expected) => {
    const loaded = load([cluster(refs, { ...status }), ...objects]);
    for (const [type, told] of Object.entries(expected)) expect([type, loaded.condition(type)]).toEqual([type, told]);
  });

  it("show when their own condition changed", () => {
    const changed = { ...condition("Ready", "True", "Ready"), lastTransitionTime: "2026-11-23T00:00:00Z" };
    const loaded = load([cluster(refs), infra({ conditions: [changed] })]);
    expect(loaded.status().conditions.find(({ type }) => type === "InfrastructureReady")).toMatchObject({
      lastTransitionTime: "2026-11-23T00:00:00Z",
    });
    expect(loaded.status().conditions.find(({ type }) => type === "WorkersAvailable")).not.toMatchObject({
      lastTransitionTime: "2026-11-23T00:00:00Z",
    });
  });

  it("that are lost fail the pass, which has then not seen the generation", () => {
    const loaded = load([cluster(refs, up)]);
    expect(loaded.errors[0]).toBe(
      "[DevCluster has been deleted after being provisioned, KubeadmControlPlane has been deleted after being initialized]",
    );
    expect(loaded.status()["observedGeneration"]).toBeUndefined();
  });
});

describe("the endpoint", () => {
  const endpoint = { host: "h", port: 6443 };
  const other = { host: "other", port: 1 };
  it.each<[string, object, Given, object | undefined, string]>([
    ["is taken", {}, infra({ initialization: { provisioned: true } }, { controlPlaneEndpoint: endpoint }), endpoint, "Provisioned"],
    [
      "stays",
      { controlPlaneEndpoint: other },
      infra({ initialization: { provisioned: true } }, { controlPlaneEndpoint: endpoint }),
      other,
      "Provisioned",
    ],
    ["is not taken too early", {}, infra({}, { controlPlaneEndpoint: endpoint }), undefined, "Provisioning"],
    ["may be missing", {}, infra(), undefined, "Provisioning"],
    [
      "is not taken from what goes",
      {},
      {
        ...infra({ initialization: { provisioned: true } }, { controlPlaneEndpoint: endpoint }),
        metadata: { name: "infra", finalizers: ["test/held"], deletionTimestamp: time },
      },
      undefined,
      "Provisioning",
    ],
  ])("%s", (_name, spec, object, expected, phase) => {
    const loaded = load([cluster({ ...refs, ...spec }), object]);
    expect((loaded.cluster()!["spec"] as { readonly controlPlaneEndpoint?: object }).controlPlaneEndpoint).toEqual(expected);
    expect(loaded.status().phase).toBe(phase);
  });

  it("makes no kubeconfig where a control plane object does", () => {
    const ca = { apiVersion: "v1", kind: "Secret", metadata: { name: "c-ca" } };
    const loaded = load([cluster({ ...refs, controlPlaneEndpoint: endpoint }), infra(), controlPlane(), ca]);
    expect(loaded.object("Secret", "c-kubeconfig")).toBeUndefined();
  });
});

describe("Available", () => {
  const well = [
    infra(),
    controlPlane({ initialization: { controlPlaneInitialized: true }, conditions: [condition("Available", "True", "Available")] }),
  ];
  const classOf = (spec: object): Given => core("ClusterClass", "class", { spec });

  it.each([
    ["True", "ReconcileSucceeded", "", "True"],
    ["False", "ClusterUpgrading", "Cluster is upgrading", "True"],
    ["False", "ControlPlaneUpgradePending", "x", "True"],
    ["False", "MachineDeploymentsUpgradePending", "x", "True"],
    ["False", "LifecycleHookBlocking", "x", "True"],
    ["False", "Paused", "x", "True"],
    ["False", "ReconcileFailed", "x", "False"],
    ["False", "ClusterClassNotReconciled", "x", "False"],
    ["Unknown", "ClusterUpgrading", "x", "Unknown"],
  ])("with TopologyReconciled %s %s", (status, reason, message, expected) => {
    const conditions = [condition("TopologyReconciled", status, reason, message)];
    const loaded = load([cluster({ ...refs, topology }, { ...up, conditions }), classOf({}), ...well]);
    expect(loaded.condition("Available")?.[0]).toBe(expected);
    expect(loaded.condition("Available")?.[2]).toBe(message === "" ? "" : `* TopologyReconciled: ${message}`);
  });

  it.each<[string, object, object, string]>([
    ["none", {}, {}, "True"],
    ["its own", { availabilityGates: [{ conditionType: "Good" }] }, {}, "False"],
    ["its own of negative polarity", { availabilityGates: [{ conditionType: "Good", polarity: "Negative" }] }, {}, "True"],
    ["its class's", {}, { availabilityGates: [{ conditionType: "Good" }] }, "False"],
    ["its own before its class's", { availabilityGates: [] }, { availabilityGates: [{ conditionType: "Good" }] }, "True"],
  ])("with gates: %s", (_name, spec, ofClass, expected) => {
    const conditions = [condition("TopologyReconciled", "True", "ReconcileSucceeded"), condition("Good", "False", "Bad")];
    const loaded = load([cluster({ ...refs, topology, ...spec }, { ...up, conditions }), classOf(ofClass), ...well]);
    expect(loaded.condition("Available")?.[0]).toBe(expected);
  });

  it("does not ask a Cluster without a topology for one", () => {
    expect(load([cluster(refs, up), ...well]).condition("Available")).toEqual(["True", "Available", ""]);
  });
});

describe("conditions of v1beta1", () => {
  it.each<[string, readonly Given[], object, readonly Readonly<Record<string, string>>[]]>([
    ["nothing there", [], refs, []],
    [
      "on their way",
      [infra({}), controlPlane({})],
      refs,
      [
        { type: "Ready", status: "False", severity: "Info", reason: "WaitingForControlPlane" },
        {
          type: "ControlPlaneInitialized",
          status: "False",
          severity: "Info",
          reason: "WaitingForControlPlaneProviderInitialized",
          message: "Waiting for control plane provider to indicate the control plane has been initialized",
        },
        { type: "ControlPlaneReady", status: "False", severity: "Info", reason: "WaitingForControlPlane" },
        { type: "InfrastructureReady", status: "False", severity: "Info", reason: "WaitingForInfrastructure" },
      ],
    ],
    [
      "without references",
      [],
      {},
      [
        { type: "Ready", status: "True" },
        {
          type: "ControlPlaneInitialized",
          status: "False",
          severity: "Info",
          reason: "MissingNodeRef",
          message: "Waiting for the first control plane machine to have its status.nodeRef set",
        },
        { type: "InfrastructureReady", status: "True" },
      ],
    ],
    [
      "with a Ready condition",
      [infra({ conditions: [condition("Ready", "True", "Ready")] }), controlPlane()],
      refs,
      [
        { type: "Ready", status: "True" },
        { type: "ControlPlaneInitialized", status: "True" },
        { type: "ControlPlaneReady", status: "True" },
        { type: "InfrastructureReady", status: "True", reason: "Ready" },
      ],
    ],
  ])("%s", (_name, objects, spec, expected) => {
    const loaded = load([cluster({ ...spec }), ...objects]);
    const told = loaded.status().deprecated.v1beta1.conditions.map(({ lastTransitionTime: _time, ...rest }) => rest);
    expect(told).toEqual(expected);
  });
});

describe("a control plane of stand-alone machines", () => {
  const machine = (name: string, status: object, isControlPlane = true): Given =>
    core("Machine", name, {
      metadata: {
        name,
        ...ownedByCluster,
        labels: { ...label, ...(isControlPlane ? { "cluster.x-k8s.io/control-plane": "" } : {}) },
      },
      spec: { clusterName: "c", version: "v1.34.0" },
      status,
    });

  it("is initialized with its first node, and counted by machine", () => {
    const loaded = load([cluster({ controlPlaneEndpoint: { host: "h", port: 1 } }), machine("a", {})]);
    const message = "Waiting for the first control plane machine to have status.nodeRef set";
    expect(loaded.condition("ControlPlaneInitialized")).toEqual(["False", "NotInitialized", message]);
    loaded.put(
      machine("a", {
        nodeRef: { name: "a" },
        conditions: [condition("Ready", "True", "Ready"), condition("UpToDate", "True", "UpToDate")],
      }),
    );
    loaded.run(3);
    expect(loaded.condition("ControlPlaneInitialized")).toEqual(["True", "Initialized", ""]);
    expect(loaded.legacy("ControlPlaneInitialized")).toMatchObject({ status: "True" });
    expect(loaded.status()["controlPlane"]).toEqual({
      desiredReplicas: 1,
      replicas: 1,
      readyReplicas: 1,
      upToDateReplicas: 1,
      versions: [{ version: "v1.34.0", replicas: 1 }],
    });
    expect(loaded.events.join()).not.toContain("InfrastructureReady");
    // Only a control plane object makes that true.
    expect(loaded.status()["initialization"]).toEqual({ infrastructureProvisioned: true });
  });

  it("is told in v1beta1 by machines that stay", () => {
    const gone = machine("a", { nodeRef: { name: "a" } });
    const loaded = load([cluster({}), { ...gone, metadata: { ...gone.metadata, finalizers: ["test/held"], deletionTimestamp: time } }]);
    expect(loaded.condition("ControlPlaneInitialized")?.[0]).toBe("True");
    expect(loaded.legacy("ControlPlaneInitialized")).toMatchObject({ status: "False", reason: "MissingNodeRef" });
  });

  it("gets its kubeconfig from the Cluster, once there is a CA", () => {
    const loaded = load([cluster({ controlPlaneEndpoint: { host: "h", port: 1 } })]);
    expect(loaded.object("Secret", "c-kubeconfig")).toBeUndefined();
    loaded.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "c-ca" } });
    loaded.run(31);
    const secret = loaded.object("Secret", "c-kubeconfig")!;
    expect(secret).toMatchObject({
      type: "cluster.x-k8s.io/secret",
      metadata: { labels: label, ownerReferences: [{ kind: "Cluster", name: "c" }] },
    });
    expect(Buffer.from((secret["data"] as { readonly value: string }).value, "base64").toString()).toBe("kubeconfig of c");
  });
});

describe("the connection to the workload cluster", () => {
  it("is tried five times before it counts as failed", () => {
    const loaded = load([cluster(refs, { initialization: { infrastructureProvisioned: true } }), infra(), controlPlane({})], false);
    const notYet = ["False", "ProbeFailed", "Remote connection not established yet"];
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(notYet);
    loaded.run(115);
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(notYet);
    loaded.run(10);
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(["False", "ProbeFailed", "Remote connection probe failed"]);
  });

  it("may fail for 50 seconds before that is told", () => {
    const loaded = load([cluster(refs, up), infra(), controlPlane()]);
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(["True", "ProbeSucceeded", ""]);
    loaded.workload.reachable = false;
    loaded.environment.runtime.wake("cluster", { namespace: "ns", name: "c" });
    loaded.run(40);
    loaded.environment.runtime.wake("cluster", { namespace: "ns", name: "c" });
    loaded.run(9);
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(["True", "ProbeSucceeded", ""]);
    loaded.run(3);
    const message = "Remote connection probe failed, probe last succeeded at 2026-11-24T00:00:03Z";
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(["False", "ProbeFailed", message]);
    loaded.workload.reachable = true;
    loaded.environment.runtime.wake("cluster", { namespace: "ns", name: "c" });
    loaded.run(2);
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(["True", "ProbeSucceeded", ""]);
  });

  it("is as before for a controller that has not tried yet", () => {
    const conditions = [condition("RemoteConnectionProbe", "True", "ProbeSucceeded")];
    const loaded = load([cluster(refs, { ...up, conditions }), infra(), controlPlane()], false);
    expect(loaded.condition("RemoteConnectionProbe")).toEqual(["True", "ProbeSucceeded", ""]);
  });
});

describe("passes", () => {
  it("keep a second between them, whatever happens", () => {
    const loaded = load([cluster(refs, up), infra(), controlPlane()]);
    const before = loaded.environment.runtime.passes();
    for (let count = 0; count < 20; count += 1) {
      loaded.change("KubeadmControlPlane", "cp", (live) => ({ ...live, status: { replicas: count } }), "status");
      loaded.run(0.1);
    }
    expect(loaded.environment.runtime.passes() - before).toBeLessThanOrEqual(3);
    loaded.run(2);
    expect(loaded.status()["controlPlane"]).toMatchObject({ replicas: 19 });
  });

  it("come again after ten minutes while machines are not well", () => {
    const loaded = load([cluster(refs, up), infra(), controlPlane(), core("Machine", "m", { spec: { clusterName: "c" }, status: {} })]);
    expect(loaded.condition("WorkerMachinesUpToDate")?.[1]).toBe("NoReplicas");
    loaded.run(590);
    expect(loaded.condition("WorkerMachinesUpToDate")?.[1]).toBe("NoReplicas");
    loaded.run(20);
    expect(loaded.condition("WorkerMachinesUpToDate")?.[1]).toBe("UpToDateUnknown");
  });
});
