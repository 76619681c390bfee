import { describe, expect, it } from "vitest";
import { annotationKeys, compareText, labelKeys, typeKeys, type Machine } from "./cluster-objects.ts";
import { resourceType } from "./testing/resource-types.ts";
import { scene, type Scene, type SceneOptions } from "./testing/scene.ts";

function settled(replicas: number, options: SceneOptions = {}): Scene {
  const settling = scene({ ...options, spec: { replicas, ...options.spec } });
  settling.run(120 * replicas);
  settling.history.length = 0;
  settling.events.length = 0;
  return settling;
}

/** Machine names in the order in which they joined etcd. */
function members(of: Scene): readonly string[] {
  return [...of.workload().etcdMembers];
}

function conditionOf(of: Scene, name: string, type: string): readonly unknown[] | undefined {
  const machine = of.machines().find(({ metadata }) => metadata.name === name);
  const condition = machine?.status?.conditions?.find((each) => each.type === type);
  return condition === undefined ? undefined : [condition.status, condition.reason, condition.message];
}

function markUnhealthy(of: Scene, name: string): void {
  of.setMachineCondition(name, "HealthCheckSucceeded", "False", "UnhealthyNode");
  of.setMachineCondition(name, "OwnerRemediated", "False", "WaitingForRemediation");
}

describe("scaling", () => {
  it("goes down one machine at a time, the oldest first", () => {
    const shrinking = settled(5);
    const [first, second] = members(shrinking);
    shrinking.change((spec) => ({ ...spec, replicas: 3 }));
    shrinking.run(1.5);
    expect(shrinking.condition("ScalingDown")).toEqual(["True", "ScalingDown", "Scaling down from 5 to 3 replicas"]);
    shrinking.run(3);
    expect(shrinking.condition("ScalingDown")?.[2]).toBe("Scaling down from 5 to 3 replicas");
    shrinking.run(120);
    expect(shrinking.history).toEqual([`-${first!}`, `-${second!}`]);
    expect(members(shrinking)).toHaveLength(3);
  });

  it("takes the machine that somebody marked", () => {
    const shrinking = settled(3);
    const marked = members(shrinking)[1]!;
    shrinking.annotate(typeKeys.machine, marked, { [annotationKeys.deleteMachine]: "" });
    shrinking.change((spec) => ({ ...spec, replicas: 1 }));
    shrinking.run(30);
    expect(shrinking.history[0]).toBe(`-${marked}`);
  });

  it("spreads over failure domains, and keeps them balanced while it rolls", () => {
    const spread = settled(3, { failureDomains: ["a", "b", "c"] });
    const domains = (): readonly string[] =>
      spread
        .machines()
        .map(({ spec }) => spec.failureDomain ?? "")
        .sort(compareText);
    expect(domains()).toEqual(["a", "b", "c"]);
    spread.change((spec) => ({ ...spec, version: "v1.35.2" }));
    spread.run(300);
    expect(domains()).toEqual(["a", "b", "c"]);
    spread.change((spec) => ({ ...spec, replicas: 5 }));
    spread.run(200);
    const counts = ["a", "b", "c"].map((domain) => domains().filter((each) => each === domain).length);
    expect(counts.sort((one, other) => one - other)).toEqual([1, 2, 2]);
    spread.change((spec) => ({ ...spec, replicas: 3 }));
    spread.run(200);
    expect(domains()).toEqual(["a", "b", "c"]);
  });

  it("takes machines of a failure domain that is none any more first", () => {
    const spread = settled(3, { failureDomains: ["a", "b", "c"] });
    const outside = spread.machines().find(({ spec }) => spec.failureDomain === "c")!.metadata.name;
    spread.changeCluster(
      (live) => ({
        ...live,
        status: {
          ...live.status,
          failureDomains: [
            { name: "a", controlPlane: true },
            { name: "b", controlPlane: true },
            { name: "c", controlPlane: false },
          ],
        },
      }),
      "status",
    );
    spread.change((spec) => ({ ...spec, replicas: 1 }));
    spread.run(30);
    expect(spread.history[0]).toBe(`-${outside}`);
  });

  it("stops at a machine that does not come up", () => {
    const stuck = settled(1, { isStuck: (_machine, index) => index === 1 });
    stuck.change((spec) => ({ ...spec, replicas: 3 }));
    stuck.run(1800);
    expect(stuck.machines()).toHaveLength(2);
    expect(stuck.condition("ScalingUp")?.[2]).toBe(
      "Scaling up from 2 to 3 replicas is blocked because:\n* waiting for control plane components to become healthy\n* waiting for etcd cluster to become healthy",
    );
    expect(conditionOf(stuck, stuck.history[0]!.slice(1), "EtcdMemberHealthy")).toEqual([
      "Unknown",
      "InspectionFailed",
      "Waiting for DevMachine to report spec.providerID",
    ]);
    expect(stuck.condition("EtcdClusterHealthy")?.[0]).toBe("True");
  });
});

describe("paused", () => {
  it.each([
    {
      by: "annotation",
      pause: (of: Scene) => of.annotate(typeKeys.controlPlane, "cp", { [annotationKeys.paused]: "true" }),
      message: "KubeadmControlPlane has the cluster.x-k8s.io/paused annotation",
    },
    {
      by: "Cluster",
      pause: (of: Scene) => of.changeCluster((live) => ({ ...live, spec: { ...live.spec, paused: true } })),
      message: "Cluster spec.paused is set to true",
    },
  ])("by $by: nothing is done but the condition", ({ pause, message }) => {
    const still = settled(1);
    pause(still);
    still.change((spec) => ({ ...spec, version: "v1.35.2" }));
    still.run(300);
    expect(still.history).toEqual([]);
    expect(still.condition("Paused")).toEqual(["True", "Paused", message]);
    expect(still.condition("RollingOut")?.[0]).toBe("False");
  });

  it("goes on where it stood", () => {
    const still = settled(3);
    still.change((spec) => ({ ...spec, version: "v1.35.2" }));
    still.run(30);
    still.changeCluster((live) => ({ ...live, spec: { ...live.spec, paused: true } }));
    still.run(60);
    const { length } = still.history;
    still.run(300);
    expect(still.history).toHaveLength(length);
    still.changeCluster((live) => ({ ...live, spec: { ...live.spec, paused: false } }));
    still.run(300);
    expect(still.history).toHaveLength(6);
    expect(still.condition("Paused")).toEqual(["False", "NotPaused", ""]);
  });
});

describe("deletion", () => {
  it("waits for workers and pools, then takes all machines at once, and goes last", () => {
    const ending = settled(3);
    const labels = { [labelKeys.cluster]: "c" };
    const { objects } = ending.environment;
    for (const name of ["w1", "w2"])
      objects.create(
        resourceType(typeKeys.machine),
        { metadata: { name, namespace: "ns", labels }, spec: { clusterName: "c" } },
        { manager: "test" },
      );
    objects.create(resourceType(typeKeys.machinePool), { metadata: { name: "p", namespace: "ns", labels } }, { manager: "test" });
    ending.run(1);
    objects.delete(resourceType(typeKeys.controlPlane), "ns", "cp", {});
    ending.run(60);
    expect(ending.history).toEqual([]);
    expect(ending.condition("Deleting")).toEqual([
      "True",
      "WaitingForWorkersDeletion",
      "KubeadmControlPlane deletion blocked because following objects still exist:\n* MachinePools: p\n* Machines: w1, w2",
    ]);
    expect(ending.condition("Available")?.[2]).toContain("* Control plane metadata.deletionTimestamp is set");
    for (const name of ["w1", "w2"]) objects.delete(resourceType(typeKeys.machine), "ns", name, {});
    objects.delete(resourceType(typeKeys.machinePool), "ns", "p", {});
    ending.run(40);
    expect(ending.history).toHaveLength(3);
    ending.run(60);
    expect(ending.hasKcp()).toBe(false);
    expect(ending.machines()).toEqual([]);
  });

  it("tells how many it deletes", () => {
    const ending = settled(3);
    ending.environment.objects.delete(resourceType(typeKeys.controlPlane), "ns", "cp", {});
    ending.run(1.5);
    expect(ending.condition("Deleting")).toEqual(["True", "WaitingForMachineDeletion", "Deleting 3 Machines"]);
    expect(ending.machines().every(({ metadata }) => metadata.annotations?.[annotationKeys.cleanupHook] === undefined)).toBe(true);
  });
});

describe("remediation", () => {
  it("replaces a machine that its health check gave up, and keeps a record", () => {
    const healing = settled(3);
    const sick = members(healing)[1]!;
    markUnhealthy(healing, sick);
    healing.run(2);
    expect(conditionOf(healing, sick, "OwnerRemediated")).toEqual(["False", "MachineDeleting", "Machine is deleting"]);
    expect(healing.condition("Remediating")).toEqual(["True", "Remediating", `* Machine ${sick}: Machine is deleting`]);
    expect(healing.kcp().metadata.annotations?.[annotationKeys.remediationInProgress]).toMatch(
      new RegExp(`^{"machine":"${sick}","timestamp":"2026-11-24T00:06:0\\dZ","retryCount":0}$`),
    );
    healing.run(120);
    expect(healing.history[0]).toBe(`-${sick}`);
    expect(healing.history).toHaveLength(2);
    expect(healing.kcp().metadata.annotations?.[annotationKeys.remediationInProgress]).toBeUndefined();
    const replacement = healing.machines().find(({ metadata }) => metadata.name === healing.history[1]!.slice(1));
    expect(replacement?.metadata.annotations?.[annotationKeys.remediationFor]).toContain(sick);
    expect(healing.kcp().status).toMatchObject({ replicas: 3, readyReplicas: 3, lastRemediation: { machine: sick, retryCount: 0 } });
  });

  it.each([
    {
      replicas: 1,
      broken: 1,
      reason: "CannotBeRemediated",
      message: "KubeadmControlPlane can't remediate if current replicas are less or equal to 1",
    },
    {
      replicas: 3,
      broken: 3,
      reason: "CannotBeRemediated",
      message:
        "KubeadmControlPlane can't remediate this Machine because this could result in loosing Kubernetes control plane components or in etcd quorum loss",
    },
  ])("$broken of $replicas broken: left alone, with the reason", ({ replicas, broken, reason, message }) => {
    const sick = settled(replicas);
    const names = members(sick).slice(0, broken);
    // etcd itself answers; what is lost is every set of components.
    for (const name of names) {
      for (const component of ["kube-apiserver", "kube-scheduler"])
        sick.workload().objects.delete(resourceType("Pod"), "kube-system", `${component}-${name}`, {});
      markUnhealthy(sick, name);
    }
    sick.run(60);
    expect(sick.history).toEqual([]);
    expect(names.map((name) => conditionOf(sick, name, "OwnerRemediated"))).toContainEqual(["False", reason, message]);
  });

  it("keeps the quorum: two of three members down", () => {
    const sick = settled(3);
    for (const name of members(sick).slice(0, 2)) {
      sick.machinesStandIn.breakPods(name);
      markUnhealthy(sick, name);
    }
    sick.run(600);
    expect(sick.history).toEqual([]);
    expect(sick.machines().map(({ metadata }) => conditionOf(sick, metadata.name, "OwnerRemediated")?.[2])).toContain(
      "Failed to check etcd cluster health before remediation",
    );
    expect(sick.condition("Available")).toEqual(["Unknown", "InspectionFailed", "Failed to get etcd members"]);
  });

  it("takes the worst first: asked for by hand, before the oldest", () => {
    const sick = settled(5);
    const [first, , third] = members(sick);
    sick.annotate(typeKeys.machine, third!, { [annotationKeys.remediateMachine]: "" });
    markUnhealthy(sick, first!);
    markUnhealthy(sick, third!);
    sick.run(120);
    expect(sick.history[0]).toBe(`-${third!}`);
    expect(sick.history[2]).toBe(`-${first!}`);
  });

  it("is called off when the machine is well again", () => {
    const sick = settled(1);
    const [name] = members(sick);
    markUnhealthy(sick, name!);
    sick.run(10);
    sick.setMachineCondition(name!, "HealthCheckSucceeded", "True", "HealthCheckSucceeded");
    sick.run(10);
    expect(conditionOf(sick, name!, "OwnerRemediated")).toBeUndefined();
  });

  it("counts retries, and stops at maxRetry", () => {
    const sick = settled(3, { spec: { remediation: { maxRetry: 1 } } });
    let name = members(sick)[0]!;
    const remediateNext = (): string => {
      markUnhealthy(sick, name);
      sick.run(120);
      return sick.history.at(-1)!.slice(1);
    };
    name = remediateNext();
    name = remediateNext();
    expect(sick.kcp().status).toMatchObject({ lastRemediation: { retryCount: 1 } });
    const { length } = sick.history;
    markUnhealthy(sick, name);
    sick.run(120);
    expect(sick.history).toHaveLength(length);
    expect(conditionOf(sick, name, "OwnerRemediated")).toEqual([
      "False",
      "CannotBeRemediated",
      "KubeadmControlPlane can't remediate this machine because the operation already failed 1 times (MaxRetry)",
    ]);
  });

  it("waits for the retry period", () => {
    const sick = settled(3, { spec: { remediation: { retryPeriodSeconds: 3600 } } });
    markUnhealthy(sick, members(sick)[0]!);
    sick.run(120);
    const replacement = sick.history.at(-1)!.slice(1);
    markUnhealthy(sick, replacement);
    sick.run(60);
    expect(conditionOf(sick, replacement, "OwnerRemediated")).toEqual([
      "False",
      "RemediationDeferred",
      "KubeadmControlPlane can't remediate this machine because the operation already failed in the latest 1h0m0s (RetryPeriodSeconds)",
    ]);
  });

  it("of the only machine of a control plane that never came up: made again", () => {
    const sick = scene({ isStuck: (_machine, index) => index === 0 });
    sick.run(60);
    const [machine] = sick.machines() as readonly [Machine];
    markUnhealthy(sick, machine.metadata.name);
    sick.run(120);
    expect(sick.history[1]).toBe(`-${machine.metadata.name}`);
    expect(sick.kcp().status).toMatchObject({ replicas: 1, readyReplicas: 1 });
  });
});

describe("trouble", () => {
  it("removes an etcd member that no machine stands for", () => {
    const strange = settled(3);
    strange.workload().etcdMembers.add("stranger");
    strange.change((spec) => ({ ...spec, version: "v1.35.2" }));
    strange.run(4);
    expect(members(strange)).not.toContain("stranger");
    strange.run(300);
    expect(strange.kcp().status).toMatchObject({ upToDateReplicas: 3 });
  });

  it("keeps what it saw last while the workload cluster does not answer, for five minutes; then does not know", () => {
    const down = settled(3);
    down.workload().reachable = false;
    down.change((spec) => ({ ...spec, version: "v1.35.2" }));
    down.run(120);
    expect(down.history).toEqual([]);
    expect(down.condition("EtcdClusterHealthy")).toEqual(["True", "Healthy", ""]);
    expect(down.condition("RollingOut")?.[0]).toBe("True");
    expect(down.kcp().status?.observedGeneration).toBe(1);
    down.run(600);
    expect(down.condition("EtcdClusterHealthy")).toEqual([
      "Unknown",
      "ConnectionDown",
      expect.stringMatching(/^Last successful probe at 2026-11-24T00:0\d:\d\dZ$/),
    ]);
    expect(down.errors).toContain("connection to the workload cluster is down");
    down.workload().reachable = true;
    down.run(1200);
    expect(down.history).toHaveLength(6);
  });

  it("misses certificates that were lost, and makes none", () => {
    const lost = settled(1);
    const { objects } = lost.environment;
    objects.delete(resourceType(typeKeys.secret), "ns", "c-sa", {});
    objects.delete(resourceType(typeKeys.secret), "ns", "c-etcd", {});
    lost.change((spec) => ({ ...spec, replicas: 3 }));
    lost.run(30);
    expect(lost.condition("CertificatesAvailable")).toEqual([
      "False",
      "NotAvailable",
      "Cluster certificates for sa, etcd are not available, please check cluster certificate secrets",
    ]);
    expect(lost.condition("ScalingUp")?.[2]).toBe(
      "Scaling up from 1 to 3 replicas is blocked because:\n* cluster certificates are missing or unknown",
    );
    expect(lost.condition("Available")?.[2]).toBe("* Control plane certificates are not available");
    expect(lost.history).toEqual([]);
  });

  it("does not touch a control plane that has machines of somebody else", () => {
    const mixed = settled(1);
    mixed.environment.objects.create(
      resourceType(typeKeys.machine),
      {
        metadata: { name: "foreign", namespace: "ns", labels: { [labelKeys.cluster]: "c", [labelKeys.controlPlane]: "" } },
        spec: { clusterName: "c" },
      },
      { manager: "test" },
    );
    mixed.change((spec) => ({ ...spec, replicas: 3 }));
    mixed.run(30);
    expect(mixed.errors[0]).toBe(
      "not all control plane machines are owned by this KubeadmControlPlane, refusing to operate in mixed management mode",
    );
  });

  it("says when a deletion takes long, and what holds it up", () => {
    const slow = settled(3);
    const first = members(slow)[0]!;
    slow.annotate(typeKeys.machine, first, { [`${annotationKeys.preTerminateHooks}/mine`]: "" });
    slow.change((spec) => ({ ...spec, replicas: 1 }));
    slow.run(20 * 60);
    expect(slow.condition("ScalingDown")?.[2]).toBe(
      `Scaling down from 3 to 1 replicas is blocked because:\n* Machine ${first} is in deletion since more than 15m`,
    );
  });

  it("counts kubelets that are not what was asked for as not up to date, without replacing them", () => {
    const odd = settled(1);
    const [machine] = odd.machines();
    const { name } = machine!.metadata;
    odd.environment.objects.modify(
      resourceType(typeKeys.machine),
      "ns",
      name,
      (live) => ({ ...live, status: { ...(live as Machine).status, nodeInfo: { kubeletVersion: "v1.33.9" } } }),
      { manager: "test", subresource: "status" },
    );
    odd.run(60);
    expect(conditionOf(odd, name, "UpToDate")).toEqual([
      "False",
      "Updating",
      "* Node.status.nodeInfo.kubeletVersion v1.33.9, v1.34.0 required",
    ]);
    expect(odd.kcp().status).toMatchObject({ upToDateReplicas: 0, version: "v1.33.9", versions: [{ version: "v1.33.9", replicas: 1 }] });
    expect(odd.history).toEqual([]);
  });
});
