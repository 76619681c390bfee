import { describe, expect, it } from "vitest";
import type { ClusterSnapshot, MachineSnapshot, WorkloadHealth } from "../cluster-snapshot.ts";
import { objectKey } from "../cluster-words.ts";
import { contradictionsOf } from "../contradictions.ts";
import { condition, fieldOwner, machine, OBSERVED_AT, plainCluster, reachable, reference, topologyCluster } from "../testing/snapshots.ts";
import type { Declaration, Link, Proof } from "../upgrade-types.ts";
import { kubelets } from "./machine-links.ts";
import { proveUpgrade, type ProofInput } from "./prove-upgrade.ts";

const NOW = OBSERVED_AT + 1_000_000;
const CP = reference("KubeadmControlPlane", "c1-cp");

function prove(snapshot: ClusterSnapshot, input: Partial<ProofInput> = {}): Proof {
  return proveUpgrade({ snapshot, version: "v1.34.0", holdSeconds: 0, now: NOW, ...input });
}

function link(proof: Proof, name: Link): string {
  const found = proof.links.find((each) => each.link === name);
  return `${found?.state ?? ""}: ${found?.evidence ?? ""}`;
}

const declared = (object: Declaration["object"], version: string, more: Partial<Declaration> = {}): Declaration => {
  return { object, version, place: `clusters/${object.name}.yaml:14`, revision: "0123456789abcdef0123", at: OBSERVED_AT, ...more };
};

describe("a whole proof", () => {
  it("of a cluster without a topology", () => {
    const machines = plainCluster().machines;
    const workloads: readonly WorkloadHealth[] = [
      { kind: "Deployment", namespace: "default", name: "web", desired: 2, available: 2, observed: true },
    ];
    const workload = { ...reachable(machines, "v1.34.0"), workloads } as const;
    const proof = prove(plainCluster({ overrides: { workload } }), { declarations: [declared(CP, "v1.34.0")], baseline: workloads });
    expect(proof).toEqual({
      version: "v1.34.0",
      verdict: "proven",
      contradictions: [],
      heldSince: NOW,
      links: [
        { link: "committed", state: "proven", since: NOW, evidence: "clusters/c1-cp.yaml:14 declares v1.34.0 in commit 0123456789ab." },
        {
          link: "applied",
          state: "proven",
          since: NOW,
          evidence: "KubeadmControlPlane demo/c1-cp, set by applier and MachineDeployment demo/md-0, set by applier: v1.34.0.",
        },
        {
          link: "carried",
          state: "not-applicable",
          since: NOW,
          evidence: "The control plane and the pools declare the version themselves.",
        },
        { link: "observed", state: "proven", since: NOW, evidence: "All controllers have seen the newest generation of their 3 objects." },
        { link: "control-plane", state: "proven", since: NOW, evidence: "3 of 3 control plane machines are at v1.34.0." },
        { link: "workers", state: "proven", since: NOW, evidence: "2 of 2 worker machines are at v1.34.0." },
        { link: "kubelets", state: "proven", since: NOW, evidence: "5 of 5 kubelets run v1.34.0." },
        { link: "api-server", state: "proven", since: NOW, evidence: "The API server reports v1.34.0." },
        { link: "workloads", state: "proven", since: NOW, evidence: "1 of 1 workloads are available." },
        { link: "held", state: "proven", since: NOW, evidence: "All of it has held for 0 s." },
      ],
    });
  });

  it("of a cluster with a topology", () => {
    const proof = prove(topologyCluster());
    expect(proof.verdict).toBe("proven");
    expect(proof.links.map((each) => `${each.link} ${each.state}`)).toEqual([
      "committed not-applicable",
      "applied proven",
      "carried proven",
      "observed proven",
      "control-plane proven",
      "workers proven",
      "kubelets proven",
      "api-server not-applicable",
      "workloads not-applicable",
      "held proven",
    ]);
  });
});

describe("the chain", () => {
  const open = topologyCluster({ topology: { version: "v1.33.0" } });

  it("counts nothing as proven behind an open link", () => {
    const proof = prove(open);
    expect(link(proof, "applied")).toBe("pending: 0 of 1 objects carry v1.34.0; not yet Cluster demo/c1 (v1.33.0, set by applier).");
    expect(link(proof, "kubelets")).toBe("pending: 5 of 5 kubelets run v1.34.0. Counts once applied is proven.");
    expect(link(proof, "api-server")).toBe("not-applicable: The API server tells no version.");
    expect(link(proof, "held")).toBe("pending: Begins once applied is proven.");
    expect(proof).toMatchObject({ verdict: "pending", heldSince: undefined });
  });

  it("keeps since when a link has been as it is", () => {
    const first = prove(open);
    const second = prove(topologyCluster(), { previous: first, now: NOW + 5_000, holdSeconds: 60 });
    expect(second.links.map(({ link, since }) => [link, since - NOW])).toEqual([
      ["committed", 0],
      ["applied", 5_000],
      ["carried", 5_000],
      ["observed", 5_000],
      ["control-plane", 5_000],
      ["workers", 5_000],
      ["kubelets", 5_000],
      ["api-server", 0],
      ["workloads", 0],
      ["held", 0],
    ]);
    expect(second).toMatchObject({ verdict: "pending", heldSince: NOW + 5_000 });
  });

  it("holds for as long as it must", () => {
    const first = prove(topologyCluster(), { holdSeconds: 60 });
    expect(first).toMatchObject({ verdict: "pending", heldSince: NOW });
    expect(link(first, "held")).toBe("pending: All of it has held for 0 of 60 s.");
    const almost = prove(topologyCluster(), { holdSeconds: 60, previous: first, now: NOW + 59_999 });
    expect(link(almost, "held")).toBe("pending: All of it has held for 59 of 60 s.");
    expect(almost.verdict).toBe("pending");
    const held = prove(topologyCluster(), { holdSeconds: 60, previous: almost, now: NOW + 60_000 });
    expect(link(held, "held")).toBe("proven: All of it has held for 60 s.");
    expect(held.verdict).toBe("proven");
  });

  it("begins to hold anew after a break", () => {
    const first = prove(topologyCluster(), { holdSeconds: 60 });
    const broken = prove(open, { holdSeconds: 60, previous: first, now: NOW + 30_000 });
    expect(broken.heldSince).toBeUndefined();
    expect(prove(topologyCluster(), { holdSeconds: 60, previous: broken, now: NOW + 60_000 }).heldSince).toBe(NOW + 60_000);
  });

  it("learns nothing from the proof of another version", () => {
    const other = { ...prove(topologyCluster(), { holdSeconds: 60 }), version: "v1.33.0" };
    const proof = prove(topologyCluster(), { holdSeconds: 60, previous: other, now: NOW + 90_000 });
    expect(proof).toMatchObject({ verdict: "pending", heldSince: NOW + 90_000 });
    expect(proof.links.every(({ since }) => since === NOW + 90_000)).toBe(true);
  });
});

describe("verdicts", () => {
  const machines = plainCluster().machines;
  const unseen = machines.map((each) => ({ ...each, kubeletVersion: undefined }));
  it.each([
    [
      "unknown when only what cannot be seen is missing",
      plainCluster({ overrides: { workload: { state: "unreachable", message: "no" } } }),
      "unknown",
    ],
    [
      "pending when something else is on its way as well",
      plainCluster({ controlPlane: { generation: 2 }, overrides: { workload: { state: "unreachable", message: "no" } } }),
      "pending",
    ],
    ["pending when something is on its way", plainCluster({ controlPlane: { generation: 2 } }), "pending"],
    ["unknown for kubelets that nobody sees", plainCluster({ overrides: { machines: unseen, workload: reachable(unseen) } }), "unknown"],
  ] as const)("%s", (_, snapshot, verdict) => {
    expect(prove(snapshot).verdict).toBe(verdict);
  });

  it("broken when somebody put it back, even if it looks well otherwise", () => {
    const snapshot = plainCluster({ controlPlane: { versionOwners: [fieldOwner("kubectl-edit")] } });
    const proof = prove(snapshot, { version: "v1.34.0", seen: { [objectKey(CP)]: "v1.35.2" } });
    expect(proof).toMatchObject({ verdict: "broken", heldSince: undefined, contradictions: [{ reason: "Reverted" }] });
    expect(link(proof, "applied")).toMatch(/^broken: KubeadmControlPlane demo\/c1-cp had version v1.35.2 and has v1.34.0 now/);
    expect(link(proof, "held")).toBe("pending: Begins once applied is proven.");
  });
});

describe("committed", () => {
  it.each([
    ["no Git", [declared(CP, "v1.34.0", { place: undefined })], "not-applicable: No Git repository takes part."],
    ["nothing asked", [], "not-applicable: No Git repository takes part."],
    ["no commit known", [declared(CP, "v1.34.0", { revision: undefined })], "proven: clusters/c1-cp.yaml:14 declares v1.34.0."],
    [
      "one object behind",
      [declared(CP, "v1.34.0"), declared(reference("MachineDeployment", "md-0"), "v1.33.0")],
      "pending: clusters/md-0.yaml:14 declares v1.33.0 in commit 0123456789ab.",
    ],
  ])("%s", (_, declarations, expected) => {
    expect(link(prove(plainCluster(), { declarations }), "committed")).toBe(expected);
  });
  it("is broken when Git went back", () => {
    const proof = prove(plainCluster(), { declarations: [declared(CP, "v1.34.0")], declared: { [objectKey(CP)]: "v1.35.2" } });
    expect(link(proof, "committed")).toMatch(/^broken: clusters\/c1-cp.yaml:14 declared v1.35.2 and now declares v1.34.0 again/);
  });
});

describe("applied", () => {
  const engine = {
    engine: "Flux Kustomization flux-system/clusters",
    appliedRevision: undefined,
    attemptedRevision: undefined,
    carriesCommit: false,
    remedy: undefined,
    heals: false,
    healed: undefined,
    since: undefined,
  };
  it.each([
    ["failed", "denied by a webhook", " Flux Kustomization flux-system/clusters: denied by a webhook"],
    ["suspended", "it is suspended", " Flux Kustomization flux-system/clusters: it is suspended"],
    ["synced", "all is well", ""],
  ] as const)("tells what the engine says of what is missing: %s", (state, message, expected) => {
    const open = topologyCluster({ topology: { version: "v1.33.0" } });
    const proof = prove(open, { sync: { ...engine, state, message } });
    expect(link(proof, "applied")).toBe(
      `pending: 0 of 1 objects carry v1.34.0; not yet Cluster demo/c1 (v1.33.0, set by applier).${expected}`,
    );
    // It never proves, nor breaks, what is there.
    expect(link(prove(topologyCluster(), { sync: { ...engine, state, message } }), "applied")).toMatch(/^proven: /);
  });

  it.each([
    [
      "nothing that has a version",
      plainCluster({ pools: [], controlPlane: { version: undefined } }),
      "pending: No object carries a version yet.",
    ],
    [
      "one of two",
      plainCluster({ pools: [{ version: "v1.33.0" }] }),
      "pending: 1 of 2 objects carry v1.34.0; not yet MachineDeployment demo/md-0 (v1.33.0, set by applier).",
    ],
    ["nobody known", plainCluster({ pools: [], controlPlane: { versionOwners: [] } }), "proven: KubeadmControlPlane demo/c1-cp: v1.34.0."],
  ])("%s", (_, snapshot, expected) => {
    expect(link(prove(snapshot), "applied")).toBe(expected);
  });
});

const deferred = [{ name: "md-0", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false }] as const;

describe("carried", () => {
  const wedged = topologyCluster({
    controlPlane: { version: "v1.34.2" },
    overrides: { conditions: [condition("TopologyReconciled", "False", "ReconcileFailed", "invalid ControlPlane upgrade plan")] },
  });
  it.each([
    ["to all", topologyCluster(), "proven: KubeadmControlPlane demo/c1-cp and MachineDeployment demo/c1-md-0: v1.34.0."],
    [
      "not to a pool",
      topologyCluster({ pools: [{ version: "v1.33.0" }] }),
      "pending: Handed on to 1 of 2 objects; not yet MachineDeployment demo/c1-md-0 (v1.33.0).",
    ],
    [
      "not to a deferred pool, which is not waited for",
      topologyCluster({ pools: [{ version: "v1.33.0" }], topology: { pools: deferred } }),
      "proven: KubeadmControlPlane demo/c1-cp: v1.34.0.",
    ],
    [
      "not to pools of others",
      topologyCluster({ pools: [{ version: "v1.33.0", overrides: { topologyName: undefined } }] }),
      "proven: KubeadmControlPlane demo/c1-cp: v1.34.0.",
    ],
    [
      "before there is a control plane",
      topologyCluster({ overrides: { controlPlane: undefined } }),
      "pending: The topology has not made its control plane yet.",
    ],
    [
      "a control plane without version",
      topologyCluster({ pools: [], controlPlane: { version: undefined } }),
      "proven: KubeadmControlPlane demo/c1-cp: v1.34.0.",
    ],
    [
      "a wedge",
      wedged,
      "broken: Somebody set KubeadmControlPlane demo/c1-cp to v1.34.2, while its topology declares v1.34.0. Cluster API cannot compute a plan from that: it rolls nothing and refuses every new version.",
    ],
  ])("%s", (_, snapshot, expected) => {
    expect(link(prove(snapshot), "carried")).toBe(expected);
  });
});

describe("observed", () => {
  it.each([
    [
      "the Cluster",
      topologyCluster({ overrides: { generation: 3, observedGeneration: 2 } }),
      "pending: Generations not yet seen by their controllers: Cluster demo/c1 (2 of 3).",
    ],
    [
      "the others",
      plainCluster({ controlPlane: { generation: 2 }, pools: [{ overrides: { generation: 5 } }] }),
      "pending: Generations not yet seen by their controllers: KubeadmControlPlane demo/c1-cp (1 of 2) and MachineDeployment demo/md-0 (1 of 5).",
    ],
    [
      "controllers that tell nothing",
      plainCluster({ controlPlane: { generation: 2, observedGeneration: undefined } }),
      "proven: All controllers have seen the newest generation of their 3 objects.",
    ],
    [
      "no control plane",
      plainCluster({ overrides: { controlPlane: undefined } }),
      "proven: All controllers have seen the newest generation of their 2 objects.",
    ],
    ["a topology", topologyCluster(), "proven: Cluster demo/c1 TopologyReconciled=True ReconcileSucceeded."],
    [
      "a topology without a word",
      topologyCluster({ overrides: { conditions: [] } }),
      "pending: Cluster demo/c1 has no condition TopologyReconciled yet.",
    ],
    [
      "a topology under way",
      topologyCluster({
        overrides: { conditions: [condition("TopologyReconciled", "False", "ClusterUpgrading", "Cluster is upgrading.")] },
      }),
      "pending: Cluster demo/c1 TopologyReconciled=False ClusterUpgrading: Cluster is upgrading.",
    ],
    [
      "a topology that says so before it is through",
      topologyCluster({ topology: { upgradeMarked: true } }),
      "pending: Cluster demo/c1 TopologyReconciled=True ReconcileSucceeded, but the topology controller has not closed the upgrade yet: a new version would be refused.",
    ],
  ])("%s", (_, snapshot, expected) => {
    expect(link(prove(snapshot), "observed")).toBe(expected);
  });
});

describe("control-plane", () => {
  it.each([
    ["none", plainCluster({ overrides: { controlPlane: undefined } }), "not-applicable: The cluster has no control plane object."],
    ["not made yet", topologyCluster({ overrides: { controlPlane: undefined } }), "pending: The control plane does not exist yet."],
    [
      "no version",
      plainCluster({ controlPlane: { version: undefined } }),
      "not-applicable: KubeadmControlPlane demo/c1-cp has no spec.version; its version is its provider's business.",
    ],
    [
      "one leaves",
      plainCluster({
        overrides: {
          machines: [
            ...plainCluster().machines,
            machine("old", "v1.33.0", {
              role: "control-plane",
              deletingSince: OBSERVED_AT,
              conditions: [condition("Deleting", "True", "DrainingNode", "pod web-1")],
            }),
          ],
        },
      }),
      "pending: 3 of 3 control plane machines are at v1.34.0: old is leaving (v1.33.0), DrainingNode: pod web-1.",
    ],
    [
      "one is not available",
      plainCluster({ controlPlane: { replicas: { desired: 3, current: 3, ready: 3, available: 2, upToDate: 3 } } }),
      "pending: 3 of 3 control plane machines are at v1.34.0: 2 of 3 are available.",
    ],
  ])("%s", (_, snapshot, expected) => {
    expect(link(prove(snapshot), "control-plane")).toBe(expected);
  });
});

describe("workers", () => {
  it.each([
    ["none", plainCluster({ pools: [] }), "not-applicable: The cluster has no pool with a version."],
    [
      "none with a version",
      plainCluster({ pools: [{ overrides: { version: undefined } }] }),
      "not-applicable: The cluster has no pool with a version.",
    ],
    [
      "two pools",
      plainCluster({ pools: [{ version: "v1.33.0" }, { name: "b", replicas: 3 }] }),
      "pending: 3 of 5 worker machines are at v1.34.0. MachineDeployment demo/md-0: its version is v1.33.0; md-0-0 is still v1.33.0; md-0-1 is still v1.33.0; its controller counts 2 at v1.33.0.",
    ],
    [
      "a deferred pool",
      topologyCluster({ pools: [{ version: "v1.33.0" }], topology: { pools: deferred } }),
      "pending: 0 of 2 worker machines are at v1.34.0. MachineDeployment demo/c1-md-0: deferred by annotation at v1.33.0.",
    ],
  ])("%s", (_, snapshot, expected) => {
    expect(link(prove(snapshot), "workers")).toBe(expected);
  });
});

describe("kubelets", () => {
  // The link alone: the links before it are open in most of these.
  const found = (snapshot: ClusterSnapshot): string => {
    const input = { snapshot, version: "v1.34.0", through: [], declarations: [], seen: {}, declared: {} };
    const { state, evidence } = kubelets({ ...input, baseline: undefined, contradictions: contradictionsOf(input) });
    return `${state}: ${evidence}`;
  };
  const cluster = (machines: readonly MachineSnapshot[], overrides: Partial<ClusterSnapshot> = {}): ClusterSnapshot => {
    return plainCluster({ controlPlanes: 0, overrides: { machines, workload: reachable(machines), ...overrides } });
  };
  const worker = (name: string, change: Partial<MachineSnapshot> = {}): MachineSnapshot =>
    machine(name, "v1.34.0", { pool: "md-0", machineSet: "s", ...change });
  const node = (name: string, kubeletVersion: string) => ({ name, ready: true, unschedulable: false, kubeletVersion });
  const withNodes = (machines: readonly MachineSnapshot[], ...nodes: readonly ReturnType<typeof node>[]): ClusterSnapshot =>
    cluster(machines, { workload: { state: "reachable", apiServerVersion: undefined, nodes, workloads: undefined } });
  const away = { workload: { state: "unreachable", message: "connection refused" } } as const;
  const pool = plainCluster({ controlPlanes: 0, pools: [{ kind: "MachinePool" }] });

  it.each([
    ["all", cluster([worker("a"), worker("b")]), "proven: 2 of 2 kubelets run v1.34.0."],
    ["one", cluster([worker("a")]), "proven: 1 of 1 kubelets run v1.34.0."],
    ["no machine at all", cluster([]), "not-applicable: The cluster has no machine with a version."],
    [
      "the node's word counts more",
      withNodes([worker("a", { ready: false })], node("node-a", "v1.33.0")),
      "pending: 0 of 1 kubelets run v1.34.0; others: a (v1.33.0).",
    ],
    [
      "a machine without a node",
      cluster([worker("a"), worker("b", { nodeName: undefined, kubeletVersion: undefined })]),
      "pending: 1 of 2 kubelets run v1.34.0; no node yet: b.",
    ],
    [
      "a machine that leaves does not count",
      cluster([worker("a"), worker("b", { deletingSince: 1, kubeletVersion: "v1.33.0" })]),
      "proven: 1 of 1 kubelets run v1.34.0.",
    ],
    [
      "what the Machines tell, where the nodes cannot be asked",
      cluster([worker("a")], away),
      "proven: 1 of 1 kubelets run v1.34.0, as the Machines tell.",
    ],
    [
      "what nobody tells",
      cluster([worker("a", { kubeletVersion: undefined })], away),
      "unknown: 0 of 1 kubelets run v1.34.0, as the Machines tell; not seen: a.",
    ],
    [
      "nodes without a Machine are named",
      withNodes([worker("a")], node("node-a", "v1.34.0"), node("ghost", "v1.30.0"), node("spirit", "v1.31.0")),
      "proven: 1 of 1 kubelets run v1.34.0; nodes without a Machine: ghost (v1.30.0) and spirit (v1.31.0).",
    ],
    ["stand-alone machines do not count", cluster([worker("a"), machine("alone", "v1.30.0")]), "proven: 1 of 1 kubelets run v1.34.0."],
    [
      "a machine whose image holds another version",
      cluster([worker("a", { kubeletVersion: "v1.33.0" })]),
      "broken: a was made for v1.34.0 and runs v1.33.0: the machine image holds another version than the one declared.",
    ],
  ])("%s", (_, snapshot, expected) => {
    expect(found(snapshot)).toBe(expected);
  });

  it.each([
    ["are asked", [node("x", "v1.34.0"), node("y", "v1.34.0")], "proven: 2 of 2 kubelets run v1.34.0."],
    ["are old", [node("x", "v1.34.0"), node("y", "v1.33.0")], "pending: 1 of 2 kubelets run v1.34.0; others: y (v1.33.0)."],
    ["are missing", [node("x", "v1.34.0")], "pending: 1 of 1 kubelets run v1.34.0; 1 of 2 nodes of pools without Machines are there."],
  ])("nodes of a pool without Machines %s", (_, nodes, expected) => {
    const snapshot = {
      ...pool,
      machines: [],
      workload: { state: "reachable", apiServerVersion: undefined, nodes, workloads: undefined },
    } as const;
    expect(found(snapshot)).toBe(expected);
  });
  it("cannot tell of a pool without Machines whose nodes cannot be asked", () => {
    expect(found({ ...pool, machines: [], ...away })).toBe(
      "unknown: 0 of 0 kubelets run v1.34.0, as the Machines tell; MachinePool demo/md-0 has no Machines, and its nodes cannot be asked: connection refused.",
    );
  });
  it("asks nobody of an empty pool without Machines", () => {
    const empty = plainCluster({ controlPlanes: 0, pools: [{ kind: "MachinePool", replicas: 0 }] });
    expect(found({ ...empty, ...away })).toBe("not-applicable: The cluster has no machine with a version.");
  });
});

describe("api-server", () => {
  const at = (apiServerVersion: string | undefined, controlPlane = {}): ClusterSnapshot => {
    return plainCluster({ controlPlane, overrides: { workload: reachable(plainCluster().machines, apiServerVersion) } });
  };
  it.each([
    ["the version", at("v1.34.0"), "proven: The API server reports v1.34.0."],
    ["a vendor's build", at("v1.34.0-eks-1"), "proven: The API server reports v1.34.0-eks-1."],
    ["an older one", at("v1.33.0"), "pending: The API server still reports v1.33.0."],
    ["a newer one", at("v1.35.0"), "pending: The API server still reports v1.35.0."],
    [
      "a newer one that is not ours",
      at("v1.35.0", { version: undefined }),
      "not-applicable: The API server reports v1.35.0; its version is not set through Cluster API.",
    ],
    ["an older one that is not ours", at("v1.33.0", { version: undefined }), "pending: The API server still reports v1.33.0."],
    ["garbage", at("garbage", { version: undefined }), "pending: The API server still reports garbage."],
    ["nothing", at(undefined), "not-applicable: The API server tells no version."],
    [
      "no answer",
      plainCluster({ overrides: { workload: { state: "unreachable", message: "refused" } } }),
      "unknown: The API server could not be asked: refused.",
    ],
    [
      "not asked",
      plainCluster({ overrides: { workload: { state: "not-read", message: "forbidden" } } }),
      "unknown: The API server could not be asked: forbidden.",
    ],
  ])("%s", (_, snapshot, expected) => {
    expect(link(prove(snapshot), "api-server").replace(/ Counts once .*/, "")).toBe(expected);
  });
});

describe("workloads", () => {
  const health = (name: string, available: number, desired = 3, observed = true): WorkloadHealth => {
    return { kind: "Deployment", namespace: "default", name, desired, available, observed };
  };
  const now = (...workloads: readonly WorkloadHealth[]): ClusterSnapshot =>
    plainCluster({ overrides: { workload: { ...reachable(plainCluster().machines), workloads } } });
  it.each([
    ["as before", now(health("web", 3)), [health("web", 3)], "proven: 1 of 1 workloads are available."],
    [
      "unavailable since",
      now(health("web", 2), health("db", 3)),
      [health("web", 3), health("db", 3)],
      "pending: 1 of 2 workloads are available; unavailable since the upgrade: Deployment default/web (2 of 3).",
    ],
    [
      "worse than before",
      now(health("web", 1)),
      [health("web", 2)],
      "pending: 0 of 1 workloads are available; unavailable since the upgrade: Deployment default/web (1 of 3).",
    ],
    [
      "as bad as before",
      now(health("web", 2)),
      [health("web", 2)],
      "proven: 0 of 1 workloads are available; as before the upgrade, not: Deployment default/web (2 of 3).",
    ],
    ["scaled down", now(health("web", 1, 1)), [health("web", 3)], "proven: 1 of 1 workloads are available."],
    [
      "new",
      now(health("web", 0)),
      [],
      "proven: 0 of 1 workloads are available; as before the upgrade, not: Deployment default/web (0 of 3).",
    ],
    ["not observed now", now(health("web", 0, 3, false)), [health("web", 3)], "proven: 0 of 0 workloads are available."],
    [
      "not observed before",
      now(health("web", 0)),
      [health("web", 3, 3, false)],
      "proven: 0 of 1 workloads are available; as before the upgrade, not: Deployment default/web (0 of 3).",
    ],
    [
      "of another kind",
      now({ ...health("web", 0), kind: "StatefulSet" }),
      [health("web", 3)],
      "proven: 0 of 1 workloads are available; as before the upgrade, not: StatefulSet default/web (0 of 3).",
    ],
    [
      "nothing to compare with",
      now(health("web", 0), health("db", 3)),
      undefined,
      "proven: 1 of 2 workloads are available; there is nothing from before to compare with; unavailable: Deployment default/web (0 of 3).",
    ],
    [
      "nothing to compare with, all well",
      now(health("db", 3)),
      undefined,
      "proven: 1 of 1 workloads are available; there is nothing from before to compare with.",
    ],
    ["not looked at", plainCluster(), undefined, "not-applicable: Workloads were not looked at."],
    [
      "out of sight",
      plainCluster({ overrides: { workload: { state: "unreachable", message: "refused" } } }),
      undefined,
      "unknown: The workloads could not be seen: refused.",
    ],
  ])("%s", (_, snapshot, baseline, expected) => {
    expect(link(prove(snapshot, { baseline }), "workloads")).toBe(expected);
  });
});
