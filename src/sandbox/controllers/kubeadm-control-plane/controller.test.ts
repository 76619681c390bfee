import { describe, expect, it } from "vitest";
import { annotationKeys, labelKeys, typeKeys, type KubeadmControlPlane, type Machine } from "./cluster-objects.ts";
import { resourceType } from "./testing/resource-types.ts";
import { scene, type Scene, type SceneOptions } from "./testing/scene.ts";

const infrastructure = "infrastructure.cluster.x-k8s.io";

function settled(replicas: number, options: SceneOptions = {}): Scene {
  const settling = scene({ ...options, spec: { replicas, ...options.spec } });
  settling.run(120 * replicas);
  expect(settling.kcp().status).toMatchObject({ replicas, readyReplicas: replicas, upToDateReplicas: replicas });
  settling.history.length = 0;
  settling.events.length = 0;
  return settling;
}

function toVersion(version: string): (spec: KubeadmControlPlane["spec"]) => KubeadmControlPlane["spec"] {
  return (spec) => ({ ...spec, version });
}

/** The sizes that the control plane has on the way, and of which direction each step is. */
function sizes(from: number, history: readonly string[]): readonly number[] {
  let size = from;
  return history.map((step) => (size += step.startsWith("+") ? 1 : -1));
}

describe("a new control plane", () => {
  it("waits for the infrastructure, and says so", () => {
    const waiting = scene({ provisioned: false });
    waiting.run(60);
    expect(waiting.machines()).toEqual([]);
    expect(waiting.condition("EtcdClusterHealthy")).toEqual([
      "Unknown",
      "InspectionFailed",
      "Waiting for Cluster status.infrastructureReady to be true",
    ]);
    expect(waiting.condition("Available")).toEqual(["False", "NotAvailable", "Control plane not yet initialized"]);
    waiting.changeCluster((live) => ({ ...live, status: { initialization: { infrastructureProvisioned: true } } }), "status");
    waiting.run(60);
    expect(waiting.machines()).toHaveLength(1);
  });

  it("waits for the endpoint", () => {
    const waiting = scene({ cluster: { controlPlaneEndpoint: {} } });
    waiting.run(60);
    expect(waiting.machines()).toEqual([]);
    expect(waiting.condition("ControlPlaneComponentsHealthy")?.[2]).toBe("Waiting for Cluster spec.controlPlaneEndpoint to be set");
  });

  it("says which template is missing, and goes on once it is there", () => {
    const missing = scene({
      spec: { machineTemplate: { spec: { infrastructureRef: { apiGroup: infrastructure, kind: "DevMachineTemplate", name: "later" } } } },
    });
    missing.run(10);
    expect(missing.errors[0]).toBe('devmachinetemplates.infrastructure.cluster.x-k8s.io "later" not found');
    expect(missing.condition("ScalingUp")).toEqual([
      "True",
      "ScalingUp",
      "Scaling up from 0 to 1 replicas is blocked because:\n* DevMachineTemplate does not exist",
    ]);
    expect(missing.kcp().status).not.toHaveProperty("observedGeneration");
    missing.environment.objects.create(
      resourceType(`DevMachineTemplate.${infrastructure}`),
      { metadata: { name: "later", namespace: "ns" }, spec: { template: { spec: {} } } },
      { manager: "test" },
    );
    missing.run(60);
    expect(missing.machines()).toHaveLength(1);
  });

  it("makes machines one after another, the first with kubeadm init", () => {
    const growing = scene({ spec: { replicas: 3 } });
    const seen: number[] = [];
    for (let second = 0; second < 120; second += 1) {
      growing.run(1);
      const withoutNode = growing.machines().filter(({ status }) => status?.nodeRef === undefined).length;
      seen.push(withoutNode);
    }
    expect(Math.max(...seen)).toBe(1);
    expect(growing.kcp().status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      upToDateReplicas: 3,
      versions: [{ replicas: 3, version: "v1.34.0" }],
    });
    expect([...growing.workload().etcdMembers]).toEqual(growing.history.map((step) => step.slice(1)));
    const specs = growing.history.map(
      (step) => growing.environment.objects.need(resourceType(typeKeys.kubeadmConfig), "ns", step.slice(1))["spec"],
    );
    const clusterConfiguration = { dns: {}, featureGates: { ControlPlaneKubeletLocalMode: true } };
    expect(specs).toEqual([
      { clusterConfiguration },
      { clusterConfiguration, joinConfiguration: { controlPlane: {} } },
      { clusterConfiguration, joinConfiguration: { controlPlane: {} } },
    ]);
    expect(growing.events[0]).toMatch(
      /^Warning KubeadmControlPlane ControlPlaneUnhealthy: Waiting for control plane to pass preflight checks to continue reconciliation: Machine cp-\w{5} does not have a corresponding Node yet \(Machine\.status\.nodeRef not set\)$/,
    );
  });

  it("gives its objects the names, labels, annotations and owners that real ones have", () => {
    const labelled = { labels: { team: "a" }, annotations: { note: "b" } };
    const made = settled(1, {
      spec: {
        machineTemplate: {
          metadata: labelled,
          spec: { infrastructureRef: { apiGroup: infrastructure, kind: "DevMachineTemplate", name: "one" } },
        },
      },
    });
    const [machine] = made.machines();
    const { name } = machine!.metadata;
    expect(name).toMatch(/^cp-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    const labels = { team: "a", [labelKeys.cluster]: "c", [labelKeys.controlPlane]: "", [labelKeys.controlPlaneName]: "cp" };
    const { uid } = made.kcp().metadata;
    const owner = { apiVersion: "controlplane.cluster.x-k8s.io/v1beta2", kind: "KubeadmControlPlane", name: "cp", uid };
    expect(machine!.metadata).toMatchObject({
      labels,
      annotations: { note: "b", [annotationKeys.cleanupHook]: "" },
      ownerReferences: [{ ...owner, controller: true, blockOwnerDeletion: true }],
    });
    const need = (type: string): unknown => made.environment.objects.need(resourceType(type), "ns", name).metadata;
    expect(need(typeKeys.kubeadmConfig)).toMatchObject({ labels, annotations: { note: "b" }, ownerReferences: [owner] });
    expect(need(`DevMachine.${infrastructure}`)).toMatchObject({
      labels,
      annotations: {
        note: "b",
        "cluster.x-k8s.io/cloned-from-name": "one",
        "cluster.x-k8s.io/cloned-from-groupkind": `DevMachineTemplate.${infrastructure}`,
      },
      ownerReferences: [owner],
    });
    const secrets = made.environment.objects.store.list(typeKeys.secret);
    expect(secrets.map(({ metadata }) => metadata.name)).toEqual(["c-ca", "c-etcd", "c-kubeconfig", "c-proxy", "c-sa"]);
    expect(secrets[2]).toMatchObject({
      type: "cluster.x-k8s.io/secret",
      data: { value: Buffer.from("kubeconfig of c").toString("base64") },
    });
  });

  it("asks for nothing more once it is settled", () => {
    const quiet = settled(3);
    const [passes, revision] = [quiet.passes(), quiet.environment.objects.store.revision()];
    quiet.run(3600);
    expect([quiet.passes(), quiet.environment.objects.store.revision()]).toEqual([passes, revision]);
  });

  it("has the same history from the same seed", () => {
    const history = (seed: number): readonly string[] => {
      const each = scene({ seed, spec: { replicas: 3 } });
      each.run(200);
      each.change(toVersion("v1.35.2"));
      each.run(300);
      return each.history;
    };
    expect(history(5)).toEqual(history(5));
    expect(history(5)).not.toEqual(history(6));
  });
});

describe("rolling update", () => {
  it.each([
    { replicas: 1, maxSurge: 1, expected: [2, 1] },
    { replicas: 3, maxSurge: 1, expected: [4, 3, 4, 3, 4, 3] },
    { replicas: 3, maxSurge: 0, expected: [2, 3, 2, 3, 2, 3] },
    { replicas: 5, maxSurge: 1, expected: [6, 5, 6, 5, 6, 5, 6, 5, 6, 5] },
  ])("$replicas machines, maxSurge $maxSurge: $expected, oldest first", ({ replicas, maxSurge, expected }) => {
    const rolling = settled(replicas, { spec: { rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge } } } } });
    const oldest = [...rolling.workload().etcdMembers];
    rolling.change(toVersion("v1.35.2"));
    rolling.run(100 * replicas);
    expect(sizes(replicas, rolling.history)).toEqual(expected);
    expect(rolling.history.filter((step) => step.startsWith("-"))).toEqual(oldest.map((name) => `-${name}`));
    expect(rolling.kcp().status).toMatchObject({
      replicas,
      upToDateReplicas: replicas,
      version: "v1.35.2",
      versions: [{ replicas, version: "v1.35.2" }],
    });
    expect([...rolling.workload().etcdMembers].sort()).toEqual(rolling.machines().map(({ metadata }) => metadata.name));
    expect(rolling.condition("RollingOut")).toEqual(["False", "NotRollingOut", ""]);
    expect(rolling.errors).toEqual([]);
  });

  it("tells what it does meanwhile, as the real one", () => {
    const rolling = settled(3);
    rolling.change(toVersion("v1.35.2"));
    rolling.run(3);
    expect(rolling.condition("RollingOut")).toEqual([
      "True",
      "RollingOut",
      "Rolling out 3 not up-to-date replicas\n* Version v1.34.0, v1.35.2 required",
    ]);
    expect(rolling.condition("MachinesUpToDate")).toEqual([
      "False",
      "NotUpToDate",
      expect.stringMatching(/^\* Machines cp-\w{5}, cp-\w{5}, cp-\w{5}:\n {2}\* Version v1\.34\.0, v1\.35\.2 required$/),
    ]);
    expect(rolling.condition("ScalingDown")?.[2]).toBe(
      "Scaling down from 4 to 3 replicas is blocked because:\n* waiting for control plane components to become healthy\n* waiting for etcd cluster to become healthy",
    );
    expect(rolling.kcp().status).toMatchObject({ replicas: 4, upToDateReplicas: 1 });
    expect(rolling.kcp().status?.deprecated?.v1beta1?.conditions?.find(({ type }) => type === "MachinesSpecUpToDate")).toMatchObject({
      status: "False",
      severity: "Warning",
      reason: "RollingUpdateInProgress",
      message: "Rolling 3 replicas with outdated spec (1 replicas up to date)",
    });
  });

  it("updates kubeadm-config first and kube-proxy last", () => {
    const rolling = settled(3);
    const text = (type: string, name: string): string =>
      JSON.stringify(rolling.workload().objects.need(resourceType(type), "kube-system", name));
    rolling.change(toVersion("v1.35.2"));
    rolling.run(40);
    expect(text("ConfigMap", "kubeadm-config")).toContain("kubernetesVersion: v1.35.2");
    expect(text("DaemonSet.apps", "kube-proxy")).toContain("registry.k8s.io/kube-proxy:v1.34.0");
    rolling.run(200);
    expect(text("DaemonSet.apps", "kube-proxy")).toContain("registry.k8s.io/kube-proxy:v1.35.2");
  });

  it("lets a deleting machine go only when its member has left etcd", () => {
    const rolling = settled(3);
    rolling.change(toVersion("v1.35.2"));
    const first = [...rolling.workload().etcdMembers][0]!;
    let removedWhile: Machine | undefined;
    for (let tick = 0; tick < 400 && removedWhile === undefined; tick += 1) {
      rolling.run(0.1);
      const machine = rolling.machines().find(({ metadata }) => metadata.name === first);
      if (!rolling.workload().etcdMembers.has(first)) removedWhile = machine;
      else expect(machine?.metadata.annotations).toHaveProperty([annotationKeys.cleanupHook]);
    }
    expect(removedWhile?.metadata.deletionTimestamp).toBeDefined();
    expect(removedWhile?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: "Deleting", reason: "WaitingForPreTerminateHook" }),
    );
  });

  it("leaves the hook to others first", () => {
    const rolling = settled(3);
    const first = [...rolling.workload().etcdMembers][0]!;
    const other = `${annotationKeys.preTerminateHooks}/mine`;
    rolling.annotate(typeKeys.machine, first, { [other]: "" });
    rolling.change(toVersion("v1.35.2"));
    rolling.run(300);
    expect(rolling.workload().etcdMembers.has(first)).toBe(true);
    expect(rolling.condition("ScalingDown")?.[2]).toBe("Scaling down from 4 to 3 replicas");
  });

  it.each([
    { what: "version", change: toVersion("v1.34.1"), message: "* Version v1.34.0, v1.34.1 required" },
    {
      what: "infrastructure template",
      change: (spec: KubeadmControlPlane["spec"]) => ({
        ...spec,
        machineTemplate: { spec: { infrastructureRef: { apiGroup: infrastructure, kind: "DevMachineTemplate", name: "two" } } },
      }),
      message: "* DevMachine is not up-to-date",
    },
    {
      what: "kubeadm configuration",
      change: (spec: KubeadmControlPlane["spec"]) => ({
        ...spec,
        kubeadmConfigSpec: { clusterConfiguration: { featureGates: { A: true } } },
      }),
      message: "* KubeadmConfig is not up-to-date",
    },
    {
      what: "a feature gate that v1.36 has no more",
      change: toVersion("v1.36.0"),
      message: "* Version v1.34.0, v1.36.0 required\n* KubeadmConfig is not up-to-date",
    },
    {
      what: "rollout.after that has come",
      change: (spec: KubeadmControlPlane["spec"]) => ({ ...spec, rollout: { ...spec.rollout, after: "2026-11-24T00:01:30Z" } }),
      message: "* KubeadmControlPlane spec.rolloutAfter expired",
    },
    { what: "nothing (replicas)", change: (spec: KubeadmControlPlane["spec"]) => ({ ...spec, replicas: 3 }), message: undefined },
    {
      what: "nothing (rollout.after to come)",
      change: (spec: KubeadmControlPlane["spec"]) => ({ ...spec, rollout: { ...spec.rollout, after: "2027-01-01T00:00:00Z" } }),
      message: undefined,
    },
    {
      what: "nothing (DNS image)",
      change: (spec: KubeadmControlPlane["spec"]) => ({
        ...spec,
        kubeadmConfigSpec: { clusterConfiguration: { dns: { imageTag: "v1.13.0" } } },
      }),
      message: undefined,
    },
    {
      what: "nothing (labels and drain timeout, in place)",
      change: (spec: KubeadmControlPlane["spec"]) => ({
        ...spec,
        machineTemplate: {
          metadata: { labels: { a: "b" } },
          spec: { ...spec.machineTemplate.spec, deletion: { nodeDrainTimeoutSeconds: 7 } },
        },
      }),
      message: undefined,
    },
  ])("replaces machines for: $what", ({ change, message }) => {
    const rolling = settled(1);
    const [before] = rolling.machines();
    rolling.change(change);
    rolling.run(2);
    const condition = rolling
      .machines()
      .find(({ metadata }) => metadata.name === before!.metadata.name)
      ?.status?.conditions?.find(({ type }) => type === "UpToDate");
    expect(condition?.status === "False" ? condition.message : undefined).toBe(message);
    rolling.run(200);
    expect(rolling.machines().some(({ metadata }) => metadata.name === before!.metadata.name)).toBe(message === undefined);
  });

  it("changes in place what needs no other machine", () => {
    const changing = settled(1);
    changing.change((spec) => ({
      ...spec,
      kubeadmConfigSpec: { clusterConfiguration: { dns: { imageTag: "v1.13.0" } } },
      machineTemplate: {
        metadata: { labels: { a: "b" } },
        spec: { ...spec.machineTemplate.spec, deletion: { nodeDrainTimeoutSeconds: 7 } },
      },
    }));
    changing.run(60);
    const [machine] = changing.machines();
    expect(machine).toMatchObject({
      metadata: { labels: { a: "b" } },
      spec: { deletion: { nodeDrainTimeoutSeconds: 7, nodeDeletionTimeoutSeconds: 10 } },
    });
    expect(
      changing.environment.objects.need(resourceType(typeKeys.kubeadmConfig), "ns", machine!.metadata.name).metadata.labels,
    ).toMatchObject({ a: "b" });
    expect(JSON.stringify(changing.workload().objects.need(resourceType("Deployment.apps"), "kube-system", "coredns"))).toContain(
      "coredns:v1.13.0",
    );
  });

  it("does not go on while a machine's components are not healthy", () => {
    const broken = settled(3);
    const [, second] = [...broken.workload().etcdMembers];
    broken.machinesStandIn.breakPods(second!);
    broken.change(toVersion("v1.35.2"));
    broken.run(300);
    expect(broken.history).toEqual([]);
    expect(broken.events.at(-1)).toBe(
      `Warning KubeadmControlPlane ControlPlaneUnhealthy: Waiting for control plane to pass preflight checks to continue reconciliation: [${[
        "APIServerPodHealthy",
        "ControllerManagerPodHealthy",
        "SchedulerPodHealthy",
        "EtcdPodHealthy",
      ]
        .map((type) => `Machine ${second!} reports ${type} condition is false (Waiting for startup or readiness probes)`)
        .join(", ")}]`,
    );
    expect(broken.condition("ControlPlaneComponentsHealthy")).toEqual([
      "False",
      "NotHealthy",
      `* Machine ${second!}:\n  * Control plane components: Waiting for startup or readiness probes`,
    ]);
    expect(broken.condition("Available")).toEqual([
      "True",
      "Available",
      "* 2 of 3 Machines have healthy control plane components, at least 1 required",
    ]);
  });

  it("waits for the version of the topology, except in a step of a chained upgrade", () => {
    const held = settled(1, { cluster: { topology: { version: "v1.34.0" } } });
    held.change(toVersion("v1.34.2"));
    held.run(600);
    expect(held.history).toEqual([]);
    expect(held.condition("RollingOut")).toEqual([
      "True",
      "RollingOut",
      "Rolling out 1 not up-to-date replicas\n* Version v1.34.0, v1.34.2 required",
    ]);
    held.annotate(typeKeys.cluster, "c", { [annotationKeys.upgradeStep]: "v1.34.2" });
    held.run(120);
    expect(sizes(1, held.history)).toEqual([2, 1]);
  });

  it("looks at most every five seconds while it waits, whoever wakes it", () => {
    const woken = settled(3);
    woken.machinesStandIn.breakPods([...woken.workload().etcdMembers][1]!);
    woken.change(toVersion("v1.35.2"));
    for (let tick = 0; tick < 200; tick += 1) {
      woken.annotate(typeKeys.controlPlane, "cp", { tick: String(tick) });
      woken.run(0.1);
    }
    expect(woken.events).toHaveLength(4);
  });

  it("is woken by the Cluster only for what matters to it", () => {
    const quiet = settled(1);
    const passes = quiet.passes();
    quiet.annotate(typeKeys.cluster, "c", { note: "a" });
    quiet.run(60);
    expect(quiet.passes()).toBe(passes);
  });

  it("replaces machines before their certificates expire", () => {
    const aging = settled(1, { spec: { rollout: { before: { certificatesExpiryDays: 7 } } } });
    const [machine] = aging.machines();
    const { name } = machine!.metadata;
    const config = aging.environment.objects.need(resourceType(typeKeys.kubeadmConfig), "ns", name);
    expect(config.metadata.annotations).toEqual({ [annotationKeys.certificatesExpiry]: expect.stringMatching(/^2027-11-24T00:00:0\dZ$/) });
    const change = (live: Machine): Machine => ({ ...live, status: { ...live.status, certificatesExpiryDate: "2026-11-30T00:00:00Z" } });
    aging.environment.objects.modify(resourceType(typeKeys.machine), "ns", name, (live) => change(live as Machine), {
      manager: "test",
      subresource: "status",
    });
    aging.run(3);
    expect(aging.condition("RollingOut")?.[2]).toBe("Rolling out 1 not up-to-date replicas\n* Certificates will expire soon");
    aging.run(100);
    expect(aging.machines().map(({ metadata }) => metadata.name)).not.toContain(name);
  });

  it("takes kube-proxy's image from the repository that the spec names, or leaves it alone", () => {
    const image = (of: Scene): string =>
      JSON.stringify(of.workload().objects.need(resourceType("DaemonSet.apps"), "kube-system", "kube-proxy"));
    const rolling = settled(1);
    rolling.annotate(typeKeys.controlPlane, "cp", { [annotationKeys.skipKubeProxy]: "" });
    rolling.change((spec) => ({
      ...spec,
      version: "v1.35.2",
      kubeadmConfigSpec: { clusterConfiguration: { imageRepository: "registry.example/k8s" } },
    }));
    rolling.run(200);
    expect(image(rolling)).toContain("registry.k8s.io/kube-proxy:v1.34.0");
    rolling.environment.objects.modify(
      resourceType(typeKeys.controlPlane),
      "ns",
      "cp",
      (live) => ({ ...live, metadata: { ...live.metadata, annotations: {} } }),
      { manager: "test" },
    );
    rolling.run(60);
    expect(image(rolling)).toContain('"registry.example/k8s/kube-proxy:v1.35.2"');
  });
});
