import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Controller } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { MachineDeployment } from "../machine-set/machine-objects.ts";
import { createMachineSetController } from "../machine-set/machine-set-controller.ts";
import type { ManagementCluster } from "../machine-set/testing/management-cluster.ts";
import { createPool, plainCluster, poolSpec } from "../machine-set/testing/plain-cluster.ts";
import { createMachineDeploymentController } from "./machine-deployment-controller.ts";

const controllers = [createMachineSetController, createMachineDeploymentController];

/** The recordings were made without ReconcilerRateLimiting. */
const hurried = controllers.map((create) => (environment: Environment): Controller => ({
  ...create(environment),
  intervalMilliseconds: 0,
}));

function settled(spec?: object, times: Parameters<typeof plainCluster>[1] = {}, used = controllers): ManagementCluster {
  const cluster = plainCluster(used, times);
  createPool(cluster, spec);
  cluster.run(60_000);
  expect(cluster.errors).toEqual([]);
  return cluster;
}

function pool(cluster: ManagementCluster): MachineDeployment {
  return cluster.get("MachineDeployment", "plain-pool-a");
}

function changePool(cluster: ManagementCluster, change: (spec: MachineDeployment["spec"]) => object): void {
  cluster.change("MachineDeployment", "plain-pool-a", (live) => ({ ...live, spec: change((live as MachineDeployment).spec) }));
}

function changeTemplate(cluster: ManagementCluster, change: object): void {
  changePool(cluster, (spec) => ({ ...spec, template: { ...spec.template, spec: { ...spec.template.spec, ...change } } }));
}

function recorded(scene: string, kind: string): StoredObject {
  const url = new URL(`../../../../test/fixtures/cluster-api/v1.14/${scene}.v1beta2.json`, import.meta.url);
  // A recording of the real component.
  const { items } = JSON.parse(readFileSync(url, "utf8")) as { readonly items: readonly StoredObject[] };
  return items.find((item) => item.kind === kind)!;
}

/** Without what differs from run to run. */
function comparable(value: unknown, names: readonly (readonly [RegExp, string])[] = []): unknown {
  let text = JSON.stringify(value, (key, part: unknown) => (key === "lastTransitionTime" ? "sometime" : part));
  for (const [pattern, name] of names) text = text.replaceAll(pattern, name);
  return JSON.parse(text);
}

describe("MachineDeployment and MachineSet", () => {
  it("settle into the status that was recorded", () => {
    const cluster = settled();
    const [machineSet] = cluster.list("MachineSet");
    const hash = [[/\d+-[a-z0-9]{5}(?=,)/g, "hash"]] as const;
    expect(comparable(pool(cluster)["status"])).toEqual(comparable(recorded("plain-settled", "MachineDeployment")["status"]));
    expect(comparable(machineSet!.status, hash)).toEqual(comparable(recorded("plain-settled", "MachineSet")["status"], hash));
  });

  it("make objects as they were recorded", () => {
    const cluster = settled();
    const names = [
      [/plain-pool-a-[a-z0-9]{5}-[a-z0-9]{5}/g, "machine"],
      [/plain-pool-a-[a-z0-9]{5}/g, "set"],
      [/\d+-[a-z0-9]{5}(?=")/g, "hash"],
    ] as const;
    for (const kind of ["MachineDeployment", "MachineSet"] as const) {
      const [made] = cluster.list(kind);
      const real = recorded("plain-settled", kind);
      expect(comparable(made!["spec"], names)).toEqual(comparable(real["spec"], names));
      const pick = ({ metadata: { labels, annotations, finalizers, ownerReferences } }: StoredObject): unknown =>
        comparable({ labels, annotations, finalizers, owners: ownerReferences!.map(({ uid: _uid, ...owner }) => owner) }, names);
      expect(pick(made!)).toEqual(pick(real));
    }
  });

  it("pass through the state that was recorded in the middle of a rollout", () => {
    const real = recorded("topology-rolling", "MachineDeployment")["status"] as NonNullable<MachineDeployment["status"]>;
    const names = [
      [/capi-quickstart-md-0-bpjvn-[a-z0-9]{5}-[a-z0-9]{5}|plain-pool-a-[a-z0-9]{5}-[a-z0-9]{5}/g, "machine"],
      [/v1\.35\.2|v1\.34\.2/g, "new"],
    ] as const;
    // MachinesReady is left out: the stand-in for machines says Ready=False at once, where the recorded machine says nothing yet.
    const view = ({ conditions, ...status }: NonNullable<MachineDeployment["status"]>): unknown => {
      const { deprecated, selector: _selector, ...counts } = status as Readonly<Record<string, unknown>>;
      return comparable({ ...counts, deprecated, conditions: conditions!.filter(({ type }) => type !== "MachinesReady") }, names);
    };
    // The recording caught one order in which the controllers come to it: look at several.
    const seen: unknown[] = [];
    for (let seed = 0; seed < 12; seed += 1) {
      const cluster = settled(poolSpec({ replicas: 1 }), { seed }, hurried);
      changeTemplate(cluster, { version: "v1.34.2" });
      let last: StoredObject | undefined;
      for (let step = 0; step < 100; step += 1) {
        cluster.run(1);
        if (pool(cluster) !== last) seen.push(view(pool(cluster).status!));
        last = pool(cluster);
      }
    }
    expect(seen).toContainEqual(view(real));
  });

  it.each([
    ["version", { version: "v1.34.2" }, true],
    [
      "infrastructureRef",
      { infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "plain-pool-a-2" } },
      true,
    ],
    ["failureDomain", { failureDomain: "b" }, true],
    ["nodeDrainTimeoutSeconds", { deletion: { nodeDrainTimeoutSeconds: 60 } }, false],
    ["minReadySeconds", { minReadySeconds: 5 }, false],
    ["taints", { taints: [{ key: "a", effect: "NoSchedule", propagation: "Always" }] }, false],
    ["readinessGates", { readinessGates: [{ conditionType: "A" }] }, false],
  ] as const)("%s: rolls out only what needs new machines", (_name, change, rolls) => {
    const cluster = settled();
    const before = cluster.list("Machine").map(({ metadata }) => metadata.name);
    changeTemplate(cluster, change);
    cluster.run(200_000);
    const machines = cluster.list("Machine");
    const isKept = machines.some(({ metadata }) => before.includes(metadata.name));
    expect([isKept, machines.length, cluster.list("MachineSet").length]).toEqual([!rolls, 2, 1]);
    for (const machine of machines) {
      const { infrastructureRef: _reference, ...passedOn } = { infrastructureRef: undefined, ...change };
      expect(machine.spec).toMatchObject(passedOn);
      expect(machine.spec.infrastructureRef).toEqual({
        apiGroup: "infrastructure.cluster.x-k8s.io",
        kind: "DevMachine",
        name: machine.metadata.name,
      });
    }
    expect(pool(cluster).metadata.annotations).toEqual({ "machinedeployment.clusters.x-k8s.io/revision": rolls ? "2" : "1" });
  });

  it("never have fewer machines than asked for, nor more than the surge allows, while they roll", () => {
    const cluster = settled(
      poolSpec({ replicas: 4, rollout: { strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } } } }),
    );
    changeTemplate(cluster, { version: "v1.34.2" });
    for (let second = 0; second < 400; second += 1) {
      cluster.run(1000);
      const machines = cluster.list("Machine");
      expect(machines.length).toBeLessThanOrEqual(5);
      expect(
        machines.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.nodeRef).length,
      ).toBeGreaterThanOrEqual(3);
    }
    expect(cluster.list("Machine").map(({ spec }) => spec.version)).toEqual(Array.from({ length: 4 }, () => "v1.34.2"));
    expect(cluster.list("MachineSet")).toHaveLength(1);
    expect(cluster.events.filter((event) => event.includes("SuccessfulDelete: Deleted MachineSet"))).toHaveLength(1);
  });

  it("OnDelete: make a machine only when one was deleted", () => {
    const cluster = settled(poolSpec({ rollout: { strategy: { type: "OnDelete" } } }));
    changeTemplate(cluster, { version: "v1.34.2" });
    cluster.run(100_000);
    const versions = (): readonly string[] =>
      cluster
        .list("Machine")
        .map(({ spec }) => spec.version!)
        .toSorted(byText);
    expect(versions()).toEqual(["v1.34.0", "v1.34.0"]);
    cluster.delete("Machine", cluster.list("Machine")[0]!.metadata.name);
    cluster.run(3000);
    // Only when the machine is gone: there is no surge.
    expect(versions()).toEqual(["v1.34.0", "v1.34.0"]);
    cluster.run(60_000);
    expect(versions()).toEqual(["v1.34.0", "v1.34.2"]);
    const [old] = cluster
      .list("MachineSet")
      .filter(({ metadata }) => metadata.annotations!["machinedeployment.clusters.x-k8s.io/revision"] === "1");
    expect(old!.metadata.annotations!["cluster.x-k8s.io/disable-machine-create"]).toBe("true");
  });

  it("spec.paused in the middle of a rollout: the old MachineSet is scaled to replicas + maxSurge (seen on the real one)", () => {
    const cluster = settled(poolSpec({ replicas: 4 }));
    changeTemplate(cluster, { version: "v1.34.2" });
    cluster.run(33_000);
    // One new machine is up, and the first old one has just been deleted.
    const replicas = (): readonly number[] =>
      [...cluster.list("MachineSet")]
        .sort((one, other) => (one.metadata.creationTimestamp! < other.metadata.creationTimestamp! ? -1 : 1))
        .map(({ spec }) => spec.replicas!);
    expect(replicas()).toEqual([3, 1]);
    changePool(cluster, (spec) => ({ ...spec, paused: true }));
    cluster.run(120_000);
    expect(replicas()).toEqual([4, 1]);
    expect(
      cluster
        .list("Machine")
        .map(({ spec }) => spec.version)
        .toSorted(byText),
    ).toEqual([...Array.from({ length: 4 }, () => "v1.34.0"), "v1.34.2"]);
    changePool(cluster, ({ paused: _paused, ...spec }) => spec);
    cluster.run(400_000);
    expect(replicas()).toEqual([4]);
  });

  it("spec.paused before a rollout: nothing is made of the new template, replicas are still followed", () => {
    const cluster = settled();
    changePool(cluster, (spec) => ({
      ...spec,
      paused: true,
      replicas: 3,
      template: { ...spec.template, spec: { ...spec.template.spec, version: "v1.34.2" } },
    }));
    cluster.run(100_000);
    expect(cluster.list("Machine").map(({ spec }) => spec.version)).toEqual(["v1.34.0", "v1.34.0", "v1.34.0"]);
    // v1.14 blanks it as long as no MachineSet has the template.
    expect(pool(cluster).metadata.annotations).toEqual({ "machinedeployment.clusters.x-k8s.io/revision": "" });
    expect(pool(cluster).status!.deprecated!.v1beta1!.conditions!.find(({ type }) => type === "MachineSetReady")).toMatchObject({
      status: "False",
      reason: "WaitingForMachineSet",
      message: "MachineSet not found",
    });
  });

  it.each([
    [
      "by annotation",
      (cluster: ManagementCluster, on: boolean) => annotate(cluster, on),
      "MachineDeployment has the cluster.x-k8s.io/paused annotation",
    ],
    [
      "by the Cluster",
      (cluster: ManagementCluster, paused: boolean) =>
        cluster.change("Cluster", "plain", (live) => ({ ...live, spec: { ...(live["spec"] as object), paused } })),
      "Cluster spec.paused is set to true",
    ],
  ] as const)(
    "paused %s in the middle of a rollout: what is in flight finishes where it may, status freezes, all goes on afterwards",
    (_name, pause, message) => {
      const cluster = settled();
      changeTemplate(cluster, { version: "v1.34.2" });
      cluster.run(6000);
      pause(cluster, true);
      cluster.run(1000);
      const { conditions, ...frozen } = pool(cluster).status!;
      expect(conditions!.find(({ type }) => type === "Paused")).toMatchObject({ status: "True", reason: "Paused", message });
      cluster.run(300_000);
      expect(pool(cluster).status).toEqual({ conditions, ...frozen });
      expect(cluster.list("Machine")).toHaveLength(3);
      pause(cluster, false);
      cluster.run(300_000);
      expect(cluster.list("Machine").map(({ spec }) => spec.version)).toEqual(["v1.34.2", "v1.34.2"]);
    },
  );

  it("scale up and down, and say so", () => {
    const cluster = settled();
    changePool(cluster, (spec) => ({ ...spec, replicas: 4 }));
    cluster.run(2000);
    expect(cluster.list("Machine")).toHaveLength(4);
    expect(pool(cluster).status!.conditions!.find(({ type }) => type === "Available")).toMatchObject({
      status: "False",
      message: "2 available replicas, at least 4 required (spec.strategy.rollout.maxUnavailable is 0, spec.replicas is 4)",
    });
    cluster.run(60_000);
    changePool(cluster, (spec) => ({ ...spec, replicas: 1 }));
    cluster.run(2000);
    expect(pool(cluster).status!.conditions!.find(({ type }) => type === "ScalingDown")).toMatchObject({
      status: "True",
      message: "Scaling down from 4 to 1 replicas",
    });
    cluster.run(10_000);
    expect(pool(cluster).status).toMatchObject({ replicas: 1, phase: "Running" });
  });

  it("pass on labels and annotations, and take them back, down to what belongs to the machines", () => {
    const cluster = settled();
    const withTeam = (metadata: object | undefined): void =>
      changePool(cluster, (spec) => ({ ...spec, template: { ...spec.template, metadata } }));
    const { metadata } = pool(cluster).spec.template;
    withTeam({ labels: { ...metadata!.labels, team: "red" }, annotations: { note: "1" } });
    cluster.run(2000);
    const seen = (): unknown =>
      (["Machine", "DevMachine", "KubeadmConfig"] as const).map((kind) => {
        const { labels, annotations } = cluster.list(kind)[0]!.metadata;
        return [labels!["team"], annotations?.["note"]];
      });
    expect(seen()).toEqual([
      ["red", "1"],
      ["red", "1"],
      ["red", "1"],
    ]);
    withTeam(metadata);
    cluster.run(2000);
    expect(seen()).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(cluster.list("MachineSet")[0]!.metadata.labels).not.toHaveProperty("team");
  });

  it("a longer or shorter drain reaches machines that are being deleted", () => {
    const cluster = settled(poolSpec(), { removalMilliseconds: 10_000_000 });
    cluster.delete("Machine", cluster.list("Machine")[0]!.metadata.name);
    changeTemplate(cluster, { deletion: { nodeDrainTimeoutSeconds: 5 } });
    cluster.run(2000);
    expect(cluster.list("Machine").map(({ spec }) => spec.deletion)).toEqual(
      Array.from({ length: 2 }, () => ({ nodeDrainTimeoutSeconds: 5, nodeDeletionTimeoutSeconds: 10 })),
    );
  });

  it("rollout.after makes new machines of the same template, once", () => {
    const cluster = settled();
    const before = cluster.list("Machine").map(({ metadata }) => metadata.name);
    const after = new Date(cluster.timeline.now() + 500_000).toISOString();
    changePool(cluster, (spec) => ({ ...spec, rollout: { ...spec.rollout, after } }));
    cluster.run(490_000);
    expect(cluster.list("Machine").map(({ metadata }) => metadata.name)).toEqual(before);
    cluster.run(300_000);
    const later = cluster.list("Machine").map(({ metadata }) => metadata.name);
    expect(later.filter((name) => before.includes(name))).toEqual([]);
    cluster.run(2_000_000);
    expect(cluster.list("Machine").map(({ metadata }) => metadata.name)).toEqual(later);
  });

  it("go back to the first template: its MachineSet counts again, with a new revision", () => {
    const cluster = settled();
    changeTemplate(cluster, { version: "v1.34.2" });
    cluster.run(2000);
    changeTemplate(cluster, { version: "v1.34.0" });
    cluster.run(100_000);
    expect(cluster.list("MachineSet").map(({ metadata }) => metadata.annotations)).toEqual([
      expect.objectContaining({
        "machinedeployment.clusters.x-k8s.io/revision": "3",
        "machinedeployment.clusters.x-k8s.io/revision-history": "1",
      }),
    ]);
  });

  it("without templates: nothing is made, and the condition says why", () => {
    const cluster = settled();
    const missing = { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "nowhere" };
    changeTemplate(cluster, { infrastructureRef: missing });
    cluster.run(10_000);
    expect(cluster.errors).toContain("machinedeployment plain-pool-a: cannot create a MachineSet when templates do not exist");
    expect(pool(cluster).status!.conditions!.find(({ type }) => type === "ScalingUp")).toMatchObject({
      status: "False",
      message: "Scaling up would be blocked because DevMachineTemplate does not exist",
    });
    expect(pool(cluster).status!.observedGeneration).toBe(1);
  });

  it("are deleted after their machines", () => {
    const cluster = settled();
    cluster.delete("MachineDeployment", "plain-pool-a");
    cluster.run(2000);
    expect(pool(cluster).status).toMatchObject({ phase: "ScalingDown" });
    expect(pool(cluster).status!.conditions!.find(({ type }) => type === "Deleting")).toMatchObject({
      status: "True",
      message: "Deleting 2 Machines",
    });
    cluster.run(10_000);
    for (const kind of ["MachineDeployment", "MachineSet", "Machine", "KubeadmConfig", "DevMachine"] as const)
      expect(cluster.list(kind)).toEqual([]);
  });

  it("write nothing once all is settled", () => {
    const cluster = settled();
    const revision = cluster.objects.store.revision();
    cluster.environment.runtime.wake("machinedeployment", { namespace: "plain", name: "plain-pool-a" });
    cluster.run(1_000_000);
    expect(cluster.objects.store.revision()).toBe(revision);
  });
});

function byText(one = "", other = ""): number {
  return one < other ? -1 : Number(one > other);
}

function annotate(cluster: ManagementCluster, on: boolean): void {
  cluster.change("MachineDeployment", "plain-pool-a", (live) => {
    const { "cluster.x-k8s.io/paused": _paused, ...annotations } = live.metadata.annotations ?? {};
    return { ...live, metadata: { ...live.metadata, annotations: on ? { ...annotations, "cluster.x-k8s.io/paused": "" } : annotations } };
  });
}
