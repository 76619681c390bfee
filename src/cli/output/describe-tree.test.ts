import { describe, expect, it } from "vitest";
import { assembleSnapshot } from "../../cluster-api/assemble-snapshot.ts";
import { fixtureObjects, type Scene } from "../../cluster-api/testing/fixtures.ts";
import type { ClusterSnapshot } from "../../upgrade/cluster-snapshot.ts";
import { condition, machine, OBSERVED_AT, plainCluster, reachable, topologyCluster } from "../../upgrade/testing/snapshots.ts";
import { fakeTerminal } from "../testing/fake-terminal.ts";
import { describeTree, runningOf } from "./describe-tree.ts";

const recordedAt = Date.parse("2026-11-24T00:00:00Z");
const scene = (name: Scene): ClusterSnapshot => assembleSnapshot(fixtureObjects(name, "v1beta2"), recordedAt);
const shown = (snapshot: ClusterSnapshot, wide = false): string => describeTree(fakeTerminal(), snapshot, wide);
const lineOf = (snapshot: ClusterSnapshot, name: string): string =>
  shown(snapshot)
    .split("\n")
    .find((line) => line.includes(name)) ?? "";

describe("recorded clusters of Cluster API v1.14", () => {
  it("a settled topology", () => {
    expect(shown(scene("topology-settled"))).toBe(`\
NAME                                                         DECLARED   RUNNING   READY   AGE    MESSAGE
Cluster/capi-quickstart                                      v1.34.0    v1.34.0
├─ControlPlane - KubeadmControlPlane/capi-quickstart-f7mzt   v1.34.0    v1.34.0   1/1
│ └─Machine/capi-quickstart-f7mzt-v6mjn                      v1.34.0    v1.34.0   True    1h8m
└─Workers
  └─MachineDeployment/capi-quickstart-md-0-bpjvn             v1.34.0    v1.34.0   1/1
    └─Machine/capi-quickstart-md-0-bpjvn-z9rsp-rfl8d         v1.34.0    v1.34.0   True    1h8m

the topology owns the version: spec.topology.version of Cluster capi-quickstart/capi-quickstart is v1.34.0
last written by kubectl at 2026-11-23T22:51:15Z
Workload cluster: not-read, not asked for`);
  });

  it("a roll, with what each machine runs by now", () => {
    expect(shown(scene("topology-rolling"))).toBe(`\
NAME                                                         DECLARED   RUNNING                                  READY   AGE    MESSAGE
Cluster/capi-quickstart                                      v1.35.2    none yet (1), v1.34.0 (1), v1.35.2 (1)                  it is being upgraded: MachineDeployment capi-quickstart-md-0-bpjvn upgrading to version v1.35.2
├─ControlPlane - KubeadmControlPlane/capi-quickstart-f7mzt   v1.35.2    v1.35.2                                  1/1
│ └─Machine/capi-quickstart-f7mzt-4cfg2                      v1.35.2    v1.35.2                                  True    1h6m
└─Workers
  └─MachineDeployment/capi-quickstart-md-0-bpjvn             v1.35.2    none yet (1), v1.34.0 (1)                1/1            it is being rolled out: Rolling out 1 not up-to-date replicas * Version v1.34.0, v1.35.2 required
    ├─Machine/capi-quickstart-md-0-bpjvn-z9rsp-rfl8d         v1.34.0    v1.34.0                                  True    1h8m   it will be replaced: Version v1.34.0, v1.35.2 required
    └─Machine/capi-quickstart-md-0-bpjvn-zb666-95b45         v1.35.2    not yet                                          1h5m

the topology owns the version: spec.topology.version of Cluster capi-quickstart/capi-quickstart is v1.35.2
last written by kubectl-patch at 2026-11-23T22:53:58Z
Workload cluster: not-read, not asked for

What is going on:
- Machine capi-quickstart/capi-quickstart-md-0-bpjvn-z9rsp-rfl8d: it will be replaced: Version v1.34.0, v1.35.2 required
- Cluster capi-quickstart/capi-quickstart: it is being upgraded: MachineDeployment capi-quickstart-md-0-bpjvn upgrading to version v1.35.2
- MachineDeployment capi-quickstart/capi-quickstart-md-0-bpjvn: it is being rolled out: Rolling out 1 not up-to-date replicas * Version v1.34.0, v1.35.2 required`);
  });

  it("a wedge names the hand that did it, and the way out", () => {
    const text = shown(scene("topology-wedged"));
    expect(text).toContain("but kubectl-edit at 2026-11-23T22:53:57Z wrote v1.34.2 to KubeadmControlPlane wedge/wedged-rsrq5");
    expect(text).toContain(
      "→ Put spec.version of the control plane object back to the version of the topology; `capi-gitops repair` does it.",
    );
  });
});

describe("machines", () => {
  it("more than eight of one owner are grouped by what they run; one that leaves stands alone", () => {
    const cluster = plainCluster({ controlPlanes: 1, pools: [{ replicas: 12 }] });
    const machines = cluster.machines.map((one, index) => {
      if (one.role === "control-plane") return one;
      if (index >= 10) return { ...one, version: "v1.35.2", kubeletVersion: "v1.35.2" };
      return index === 5 ? { ...one, deletingSince: OBSERVED_AT - 90_000 } : one;
    });
    const tree = shown({ ...cluster, machines, workload: reachable(machines) })
      .split("\n")
      .slice(4, 9);
    expect(tree).toEqual([
      "└─Workers",
      "  └─MachineDeployment/md-0                   v1.34.0    v1.34.0 (9), v1.35.2 (3)    12/12",
      "    ├─8 Machines...                          v1.34.0    v1.34.0                     True    24h0m   see md-0-0, md-0-1, md-0-2, ...",
      "    ├─Machine/md-0-4                         v1.34.0    v1.34.0                     True    24h0m   leaving for 1m30s",
      "    └─3 Machines...                          v1.35.2    v1.35.2                     True    24h0m   see md-0-9, md-0-10, md-0-11",
    ]);
  });

  it("eight are not grouped, and more are not with -o wide", () => {
    expect(shown(plainCluster({ pools: [{ replicas: 8 }] }))).not.toContain("Machines...");
    expect(shown(plainCluster({ pools: [{ replicas: 9 }] }))).toContain("└─9 Machines...");
    expect(shown(plainCluster({ pools: [{ replicas: 9 }] }), true)).not.toContain("Machines...");
  });

  it("a kubelet that runs something else than was asked for is marked", () => {
    const cluster = plainCluster({ controlPlanes: 1 });
    const machines = cluster.machines.map((one) => ({
      ...one,
      kubeletVersion: one.ref.name === "md-0-1" ? "v1.33.5" : one.kubeletVersion,
    }));
    const snapshot = { ...cluster, machines, workload: reachable(machines) };
    expect(lineOf(snapshot, "Machine/md-0-1")).toMatch(/v1\.34\.0 +v1\.33\.5 ≠ +True/);
    expect(lineOf(snapshot, "Machine/md-0-0")).not.toContain("≠");
    expect(describeTree(fakeTerminal({ styled: true }), snapshot, false)).toContain("<warn>v1.33.5 ≠</warn>");
  });

  it("one without a node runs nothing yet, and one whose readiness is unknown does not say it", () => {
    const cluster = plainCluster({ pools: [] });
    const young = machine("c1-cp-new", "v1.34.0", {
      role: "control-plane",
      nodeName: undefined,
      kubeletVersion: undefined,
      ready: undefined,
    });
    const ill = machine("c1-cp-ill", "v1.34.0", { role: "control-plane", ready: false });
    const snapshot = { ...cluster, machines: [young, ill], workload: reachable([ill]) };
    expect(lineOf(snapshot, "c1-cp-new")).toMatch(/v1\.34\.0 +not yet +24h0m$/);
    expect(lineOf(snapshot, "c1-cp-ill")).toMatch(/v1\.34\.0 +v1\.34\.0 +False +24h0m$/);
  });

  it("workers that belong to no pool are shown below the pools", () => {
    const cluster = plainCluster({ controlPlanes: 1 });
    const machines = [...cluster.machines, machine("by-hand", "v1.34.0")];
    expect(
      shown({ ...cluster, machines })
        .split("\n")
        .slice(4, 9)
        .map((line) => line.trimEnd().split(/\s{3,}/)[0]),
    ).toEqual(["└─Workers", "  ├─MachineDeployment/md-0", "  │ ├─Machine/md-0-0", "  │ └─Machine/md-0-1", "  └─Machine/by-hand"]);
  });

  it("a control plane without machines shows what it reports", () => {
    const cluster = plainCluster({ pools: [] });
    expect(lineOf({ ...cluster, machines: [] }, "ControlPlane -")).toMatch(
      /^└─ControlPlane - KubeadmControlPlane\/c1-cp +v1\.34\.0 +v1\.34\.0$/,
    );
  });
});

describe("the rest of it", () => {
  it("what could not be seen, and why", () => {
    const gaps = [{ kind: "forbidden", what: "machinepools in namespace demo", message: "you may not read this" }] as const;
    expect(shown(topologyCluster({ overrides: { gaps } }))).toMatch(
      /\n\nWhat could not be seen:\n- machinepools in namespace demo: you may not read this$/,
    );
  });

  it.each([
    [{ state: "unreachable", message: "no answer" } as const, "Workload cluster: unreachable, no answer"],
    [reachable([], "v1.34.0"), "Workload cluster: API server v1.34.0, 0 nodes, 0 ready"],
    [reachable([]), "Workload cluster: its API server does not tell its version, 0 nodes, 0 ready"],
  ])("the workload cluster: %j", (workload, words) => {
    expect(shown(plainCluster({ overrides: { workload } }))).toContain(`\n${words}`);
  });

  it("nodes that belong to no machine", () => {
    const cluster = plainCluster();
    const workload = reachable([...cluster.machines, machine("stray", "v1.33.0")]);
    expect(shown({ ...cluster, workload })).toContain("Nodes that belong to no machine: node-stray (v1.33.0)");
  });

  it("a cluster that is paused or goes away says so in its first line", () => {
    expect(lineOf(plainCluster({ overrides: { paused: true, deleting: true } }), "Cluster/c1")).toMatch(/ being deleted, paused$/);
    expect(lineOf(plainCluster({ controlPlane: { paused: true } }), "ControlPlane -")).toMatch(/ paused$/);
  });

  it("ten findings, and how many more there are; all with -o wide; a long one is shortened in the tree only", () => {
    const long = `no capacity in ${"zone ".repeat(40)}`.trim();
    const cluster = plainCluster({ pools: [{ replicas: 11 }] });
    const machines = cluster.machines.map((one) =>
      one.role === "worker" ? { ...one, conditions: [condition("InfrastructureReady", "False", "NoCapacity", long)] } : one,
    );
    const snapshot = { ...cluster, machines };
    expect(shown(snapshot)).toMatch(/\n- and 1 more \(-o wide\)$/);
    const wide = shown(snapshot, true);
    expect(wide).not.toContain("more (-o wide)");
    const row = wide.split("\n").find((line) => line.includes("Machine/md-0-0")) ?? "";
    expect(row).toMatch(/\.\.\.$/);
    expect(wide.split("\n").filter((line) => line.endsWith(long)).length).toBe(11);
  });
});

describe("runningOf", () => {
  it.each([
    [[], ""],
    [["v1.34.0", "v1.34.0"], "v1.34.0"],
    [["v1.35.2", "v1.34.0", undefined, "v1.34.0"], "none yet (1), v1.34.0 (2), v1.35.2 (1)"],
  ])("%j is %s", (kubelets, text) => {
    const machines = kubelets.map((kubeletVersion, index) =>
      machine(`m${index}`, "v1.34.0", kubeletVersion === undefined ? { kubeletVersion, nodeName: undefined } : { kubeletVersion }),
    );
    expect(runningOf(plainCluster({ overrides: { machines, workload: reachable(machines) } }), machines)).toBe(text);
  });
});
