import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { areRepaired, planRepairs } from "./repairs.ts";
import { condition, fieldOwner, machine, plainCluster, reference, topologyCluster, type TopologyOptions } from "./testing/snapshots.ts";

// cluster-api.md, "Seen running", word for word.
const MESSAGE =
  "error computing the desired state of the Cluster topology: invalid ControlPlane upgrade plan: item 0; version v1.34.0 must be greater than v1.34.2";
const failed = (reason = "ReconcileFailed", message = MESSAGE) => [condition("TopologyReconciled", "False", reason, message)];
const edited = (options: TopologyOptions = {}): ClusterSnapshot =>
  topologyCluster({
    controlPlane: {
      version: "v1.34.2",
      versionOwners: [fieldOwner("capi-topology", "Apply", 9), fieldOwner("kubectl-patch", "Update", 1)],
    },
    ...options,
    overrides: { conditions: failed(), ...options.overrides },
  });

describe("planRepairs", () => {
  it("sets the control plane back, and says why", () => {
    expect(planRepairs(edited())).toEqual([
      {
        kind: "set-version",
        object: reference("KubeadmControlPlane", "c1-cp"),
        from: "v1.34.2",
        to: "v1.34.0",
        why: `KubeadmControlPlane demo/c1-cp was set to v1.34.2 by kubectl-patch; its topology declares v1.34.0, and Cluster API says: ${MESSAGE}`,
      },
    ]);
  });

  it("names nobody where field managers do not", () => {
    const snapshot = edited({ controlPlane: { version: "v1.34.2", versionOwners: [] } });
    expect(planRepairs(snapshot)).toMatchObject([{ why: expect.stringContaining("was set to v1.34.2 by hand; its topology") as string }]);
  });

  it("knows the failure by its v1beta1 name", () => {
    expect(planRepairs(edited({ overrides: { conditions: failed("TopologyReconcileFailed") } }))).toMatchObject([{ to: "v1.34.0" }]);
  });

  it("sets pools back as well", () => {
    const snapshot = topologyCluster({
      pools: [
        { overrides: { version: "v1.35.0" } },
        { name: "md-1" },
        { name: "md-2", overrides: { topologyName: undefined, version: "v1.36.0" } },
      ],
      controlPlane: { version: "v1.34.1" },
      overrides: { conditions: failed("ReconcileFailed", "invalid workers upgrade plan") },
    });
    expect(planRepairs(snapshot)).toMatchObject([
      { object: { name: "c1-cp" }, from: "v1.34.1", to: "v1.34.0" },
      { object: { name: "c1-md-0" }, from: "v1.35.0", to: "v1.34.0" },
    ]);
  });

  it("goes back to what was handed on last, in the middle of a chain", () => {
    const snapshot = edited({
      topology: { version: "v1.37.0" },
      controlPlane: { version: "v1.38.0" },
      overrides: { machines: [machine("a", "v1.35.2", { role: "control-plane" }), machine("b", "v1.34.0", { role: "control-plane" })] },
    });
    expect(planRepairs(snapshot)).toMatchObject([{ from: "v1.38.0", to: "v1.35.2" }]);
  });

  it("goes back to the build that the machines have", () => {
    const snapshot = edited({
      version: "v1.34.0+a",
      topology: { version: "v1.34.0+b" },
      controlPlane: { version: "v1.34.2" },
    });
    expect(planRepairs(snapshot)).toMatchObject([{ from: "v1.34.2", to: "v1.34.0+a" }]);
  });

  it("does not go beyond the topology", () => {
    const snapshot = edited({ overrides: { machines: [machine("a", "v1.34.1", { role: "control-plane" })] } });
    expect(planRepairs(snapshot)).toMatchObject([{ from: "v1.34.2", to: "v1.34.0" }]);
  });

  it("goes back to the topology where there is no machine to tell", () => {
    expect(planRepairs(edited({ overrides: { machines: [] } }))).toMatchObject([{ to: "v1.34.0" }]);
  });

  it("does not take machines back", () => {
    const rolled = machine("new", "v1.34.2", { role: "control-plane" });
    const snapshot = edited({ overrides: { machines: [...edited().machines, rolled] } });
    expect(planRepairs(snapshot)).toEqual({
      reason: "RepairWouldDowngrade",
      message:
        "1 machine of KubeadmControlPlane demo/c1-cp already has v1.34.2, which was set by hand; setting it back to v1.34.0 would take them back, which Kubernetes does not support.",
      remedy:
        "Go forward instead: set spec.topology.version of Cluster demo/c1 to v1.34.2 in its source, with the annotation `unsafe.topology.cluster.x-k8s.io/disable-update-version-check` on the Cluster until it is taken.",
      evidence: ["Machine demo/new spec.version is v1.34.2"],
    });
    const two = edited({ overrides: { machines: [rolled, { ...rolled, ref: reference("Machine", "other") }] } });
    expect(planRepairs(two)).toMatchObject({ message: expect.stringMatching(/^2 machines of .* already have v1\.34\.2/) as string });
  });
});

describe("nothing to repair", () => {
  it.each([
    [
      "a cluster without a topology",
      plainCluster({ controlPlane: { version: "v1.34.2" } }),
      "Cluster demo/c1 has no topology, so nothing can be at odds with one.",
      "None is needed. To change the version, use `capi-gitops upgrade`.",
      [],
    ],
    [
      "a healthy topology: an edit by hand on old Cluster API was put back",
      topologyCluster(),
      "No control plane or pool of Cluster demo/c1 is newer than its topology (v1.34.0). An edit by hand that the topology controller has put back by itself (field manager capi-topology) needs no repair; nor did it change anything for good.",
      "None is needed. To change the version, use `capi-gitops upgrade`.",
      ["Cluster demo/c1 TopologyReconciled=True ReconcileSucceeded"],
    ],
    [
      "a topology that fails for another reason",
      topologyCluster({ overrides: { conditions: failed("ReconcileFailed", "patch failed") } }),
      "No control plane or pool of Cluster demo/c1 is newer than its topology (v1.34.0). An edit by hand that the topology controller has put back by itself (field manager capi-topology) needs no repair; nor did it change anything for good.",
      "The topology fails for another reason: mend what the condition names.",
      ["Cluster demo/c1 TopologyReconciled=False ReconcileFailed: patch failed"],
    ],
    ["a topology that has not spoken", topologyCluster({ overrides: { conditions: [] } }), undefined, undefined, []],
    ["a control plane that is ahead while nothing fails", edited({ overrides: { conditions: [] } }), undefined, undefined, []],
    [
      "a control plane that is ahead while an upgrade runs",
      edited({ overrides: { conditions: [condition("TopologyReconciled", "False", "ClusterUpgrading")] } }),
      undefined,
      undefined,
      ["Cluster demo/c1 TopologyReconciled=False ClusterUpgrading"],
    ],
    [
      "a failure that is over",
      edited({ overrides: { conditions: [condition("TopologyReconciled", "True", "ReconcileFailed")] } }),
      undefined,
      undefined,
      ["Cluster demo/c1 TopologyReconciled=True ReconcileFailed"],
    ],
    [
      "a control plane that is behind",
      edited({ controlPlane: { version: "v1.33.9" } }),
      undefined,
      undefined,
      [`Cluster demo/c1 TopologyReconciled=False ReconcileFailed: ${MESSAGE}`],
    ],
    [
      "a control plane of another build",
      edited({ version: "v1.34.0+a", controlPlane: { version: "v1.34.0+b" } }),
      undefined,
      undefined,
      [`Cluster demo/c1 TopologyReconciled=False ReconcileFailed: ${MESSAGE}`],
    ],
    [
      "a version that is none",
      edited({ controlPlane: { version: "latest" } }),
      undefined,
      undefined,
      [`Cluster demo/c1 TopologyReconciled=False ReconcileFailed: ${MESSAGE}`],
    ],
    [
      "no version",
      edited({ controlPlane: { version: undefined } }),
      undefined,
      undefined,
      [`Cluster demo/c1 TopologyReconciled=False ReconcileFailed: ${MESSAGE}`],
    ],
    [
      "no control plane",
      edited({ overrides: { controlPlane: undefined } }),
      undefined,
      undefined,
      [`Cluster demo/c1 TopologyReconciled=False ReconcileFailed: ${MESSAGE}`],
    ],
  ])("%s", (_, snapshot, message, remedy, evidence) => {
    const found = planRepairs(snapshot);
    expect(found).toMatchObject({ reason: "NothingToRepair", evidence });
    if (message !== undefined) expect(found).toMatchObject({ message });
    if (remedy !== undefined) expect(found).toMatchObject({ remedy });
  });
});

describe("areRepaired", () => {
  const repairs = planRepairs(edited());
  const repaired = (options: TopologyOptions): boolean => {
    if ("reason" in repairs) throw new Error(repairs.message);
    return areRepaired(topologyCluster(options), repairs);
  };
  const reconciled = { conditions: [condition("TopologyReconciled", "True", "ReconcileSucceeded", "")] };

  it.each<readonly [string, TopologyOptions, boolean]>([
    ["reconciled and seen", { overrides: reconciled }, true],
    ["a v1beta1 status that tells no generation", { controlPlane: { observedGeneration: undefined }, overrides: reconciled }, true],
    [
      "upgrading for another reason",
      { overrides: { conditions: [condition("TopologyReconciled", "False", "ClusterUpgrading", "")] } },
      true,
    ],
    ["at odds still", { controlPlane: { version: "v1.34.2" }, overrides: { conditions: failed() } }, false],
    ["set back, and the topology controller has not looked again", { overrides: { conditions: failed() } }, false],
    ["the same in v1beta1", { overrides: { conditions: failed("TopologyReconcileFailed") } }, false],
    ["the topology controller says nothing", { overrides: { conditions: [] } }, false],
    ["its own controller has not seen it", { controlPlane: { generation: 3, observedGeneration: 2 }, overrides: reconciled }, false],
    [
      "another object's controller has not seen another change",
      { pools: [{ overrides: { generation: 3, observedGeneration: 2 } }], overrides: reconciled },
      true,
    ],
  ])("%s", (_, options, expected) => {
    expect(repaired(options)).toBe(expected);
  });
});
