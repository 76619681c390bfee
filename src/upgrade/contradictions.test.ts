import { describe, expect, it } from "vitest";
import type { ClusterSnapshot, FieldOwner } from "./cluster-snapshot.ts";
import { contradictionsOf, type ContradictionInput } from "./contradictions.ts";
import { objectKey } from "./cluster-words.ts";
import { condition, fieldOwner, machine, OBSERVED_AT, plainCluster, reachable, reference, topologyCluster } from "./testing/snapshots.ts";
import type { Declaration } from "./upgrade-types.ts";

const CLUSTER = reference("Cluster", "c1");
const CP = reference("KubeadmControlPlane", "c1-cp");
const MD = reference("MachineDeployment", "md-0");

function find(snapshot: ClusterSnapshot, input: Partial<ContradictionInput> = {}) {
  return contradictionsOf({ snapshot, version: "v1.35.2", through: [], declarations: [], seen: {}, declared: {}, ...input });
}

function declaration(version: string, more: Partial<Declaration> = {}): Declaration {
  return { object: CP, version, place: "clusters/c1.yaml:14", revision: "0123456789abcdef", at: OBSERVED_AT, ...more };
}

describe("contradictions", () => {
  it("finds none in a healthy cluster", () => {
    expect(
      find(plainCluster(), {
        declarations: [declaration("v1.34.0")],
        seen: { [objectKey(CP)]: "v1.34.0" },
        declared: { [objectKey(CP)]: "v1.34.0" },
      }),
    ).toEqual([]);
    expect(find(topologyCluster())).toEqual([]);
  });
});

describe("what is no version", () => {
  it.each([
    ["latest", "v1.34.0"],
    ["v1.34.0", "latest"],
  ])("%s after %s is no way back", (now, before) => {
    expect(find(plainCluster(), { declarations: [declaration(now, { place: "x" })], declared: { [objectKey(CP)]: before } })).toEqual([]);
  });
});

describe("Wedged", () => {
  const failed = condition("TopologyReconciled", "False", "ReconcileFailed", "invalid ControlPlane upgrade plan");
  const wedged = (owners: readonly FieldOwner[]): ClusterSnapshot =>
    topologyCluster({ controlPlane: { version: "v1.34.2", versionOwners: owners }, overrides: { conditions: [failed] } });

  it("names who set the version by hand", () => {
    const culprit = fieldOwner("kubectl-edit");
    expect(find(wedged([fieldOwner("capi-topology", "Apply"), culprit]))).toEqual([
      {
        reason: "Wedged",
        message:
          "Field manager kubectl-edit set KubeadmControlPlane demo/c1-cp to v1.34.2, while its topology declares v1.34.0. Cluster API cannot compute a plan from that: it rolls nothing and refuses every new version.",
        remedy: "Run `capi-gitops repair c1 -n demo`; then upgrade through the topology.",
        culprit,
        object: CP,
        evidence: [
          "KubeadmControlPlane demo/c1-cp version is v1.34.2, written by kubectl-edit (Update, 2026-01-02T03:04:05.000Z)",
          "Cluster demo/c1 spec.topology.version is v1.34.0",
          "Cluster demo/c1 TopologyReconciled=False ReconcileFailed: invalid ControlPlane upgrade plan",
        ],
      },
    ]);
  });
  it("does without a name", () => {
    const [found] = find(wedged([]));
    expect(found).toMatchObject({ culprit: undefined, message: expect.stringMatching(/^Somebody set /) as string });
    expect(found?.evidence[0]).toBe("KubeadmControlPlane demo/c1-cp version is v1.34.2, written by nobody that field managers name");
  });
});

describe("RevertedInGit", () => {
  const declared = { [objectKey(CP)]: "v1.35.2" };
  it("names the place and the commit", () => {
    expect(find(plainCluster(), { declarations: [declaration("v1.34.0")], declared })).toEqual([
      {
        reason: "RevertedInGit",
        message: "clusters/c1.yaml:14 declared v1.35.2 and now declares v1.34.0 again: somebody took the change back in Git.",
        remedy:
          "Look at the history of clusters/c1.yaml:14 and settle it with whoever took it back. A control plane cannot go back to v1.34.0 once it has begun: declare v1.35.2 there again (take the revert back), then run the upgrade again.",
        culprit: undefined,
        object: CP,
        evidence: ["clusters/c1.yaml:14 at 0123456789abcdef declares v1.34.0", "it was seen to declare v1.35.2 before"],
      },
    ]);
    const [found] = find(plainCluster(), { declarations: [declaration("v1.34.0", { revision: undefined })], declared });
    expect(found?.evidence[0]).toBe("clusters/c1.yaml:14 declares v1.34.0");
  });
  it.each([
    ["the same version", declaration("v1.35.2"), declared],
    ["a newer one", declaration("v1.36.0"), declared],
    ["one that was not seen before", declaration("v1.34.0"), {}],
    ["another object", declaration("v1.34.0", { object: MD }), declared],
    ["no Git", declaration("v1.34.0", { place: undefined }), declared],
    ["another build", declaration("v1.35.2+a"), { [objectKey(CP)]: "v1.35.2+b" }],
  ])("is not %s", (_, found, before) => {
    expect(find(plainCluster(), { declarations: [found], declared: before })).toEqual([]);
  });
});

describe("Reverted", () => {
  const culprit = fieldOwner("kubectl-patch", "Update");
  const back = plainCluster({ controlPlane: { versionOwners: [culprit, fieldOwner("applier", "Apply", 1)] } });
  const seen = { [objectKey(CP)]: "v1.35.2" };

  it("names who put it back", () => {
    expect(find(back, { seen })).toEqual([
      {
        reason: "Reverted",
        message: "KubeadmControlPlane demo/c1-cp had version v1.35.2 and has v1.34.0 now; field manager kubectl-patch changed it.",
        remedy: "Stop kubectl-patch from writing the version. Then run the upgrade again.",
        culprit,
        object: CP,
        evidence: [
          "KubeadmControlPlane demo/c1-cp version is v1.34.0, written by kubectl-patch (Update, 2026-01-02T03:04:05.000Z)",
          "it was v1.35.2 before",
        ],
      },
    ]);
  });
  it("knows who applies the object", () => {
    const of = (delivery: ClusterSnapshot["delivery"], owners: readonly FieldOwner[] = [{ ...culprit, at: undefined }]) =>
      find({ ...back, delivery, controlPlane: { ...back.controlPlane!, versionOwners: owners } }, { seen })[0];
    expect(of({ engine: "argo-cd", application: "fleet" })?.remedy).toBe(
      "Stop kubectl-patch from writing the version; Argo CD application fleet applies this object, so its version must be changed in Git. Then run the upgrade again.",
    );
    expect(of({ engine: "flux", kind: "Kustomization", namespace: "flux-system", name: "fleet" })?.remedy).toBe(
      "Stop kubectl-patch from writing the version; Flux Kustomization flux-system/fleet applies this object, so its version must be changed in Git. Then run the upgrade again.",
    );
    expect(of({ engine: "none" })?.evidence[0]).toBe(
      "KubeadmControlPlane demo/c1-cp version is v1.34.0, written by kubectl-patch (Update)",
    );
    expect(of({ engine: "none" }, [])).toMatchObject({
      message: "KubeadmControlPlane demo/c1-cp had version v1.35.2 and has v1.34.0 now; somebody changed it.",
      remedy: "Find out who wrote it. Then run the upgrade again.",
    });
  });
  it.each([
    ["an older version on the way", back, { [objectKey(CP)]: "v1.34.1" }, "v1.35.2", ["Reverted"]],
    ["a newer version on the way", back, { [objectKey(CP)]: "v1.33.0" }, "v1.35.2", []],
    ["a newer version once at the target", back, { [objectKey(CP)]: "v1.33.0" }, "v1.33.0", ["Reverted"]],
    ["the same version", back, { [objectKey(CP)]: "v1.34.0" }, "v1.34.0", []],
    ["never seen", back, {}, "v1.35.2", []],
    ["the topology", topologyCluster(), { [objectKey(CLUSTER)]: "v1.35.2" }, "v1.35.2", ["Reverted"]],
    ["a topology's control plane, which its controller mends", topologyCluster(), { [objectKey(CP)]: "v1.35.2" }, "v1.35.2", []],
    ["a pool", back, { [objectKey(MD)]: "v1.35.2" }, "v1.35.2", ["Reverted"]],
    [
      "a pool that lost its version",
      plainCluster({ pools: [{ overrides: { version: undefined } }] }),
      { [objectKey(MD)]: "v1.35.2" },
      "v1.35.2",
      [],
    ],
    ["no control plane", plainCluster({ overrides: { controlPlane: undefined } }), { [objectKey(CP)]: "v1.35.2" }, "v1.35.2", []],
  ])("%s", (_, snapshot, before, version, reasons) => {
    expect(find(snapshot, { seen: before, version }).map(({ reason }) => reason)).toEqual(reasons);
  });
});

describe("OverriddenVersion", () => {
  const by = (manager: string, at: number | undefined = OBSERVED_AT + 1): ClusterSnapshot =>
    plainCluster({ controlPlane: { versionOwners: [{ manager, operation: "Update", at }] } });

  it("names who wrote another version after the commit", () => {
    expect(find(by("kubectl-edit"), { declarations: [declaration("v1.35.2")] })).toEqual([
      {
        reason: "OverriddenVersion",
        message: "clusters/c1.yaml:14 declares v1.35.2, and kubectl-edit set KubeadmControlPlane demo/c1-cp to v1.34.0 after that.",
        remedy: "Stop kubectl-edit from writing the version. Or declare v1.34.0 in Git, if that is what is wanted.",
        culprit: fieldOwner("kubectl-edit", "Update", OBSERVED_AT + 1),
        object: CP,
        evidence: [
          "KubeadmControlPlane demo/c1-cp version is v1.34.0, written by kubectl-edit (Update, 2026-01-02T03:04:05.001Z)",
          "clusters/c1.yaml:14 declares v1.35.2",
        ],
      },
    ]);
  });
  const rows: readonly (readonly [name: string, snapshot: ClusterSnapshot, found: Declaration])[] = [
    ["the same version", by("kubectl-edit"), declaration("v1.34.0")],
    ["a write before the commit", by("kubectl-edit", OBSERVED_AT), declaration("v1.35.2")],
    [
      "a write at no known time",
      plainCluster({ controlPlane: { versionOwners: [{ manager: "kubectl-edit", operation: "Update", at: undefined }] } }),
      declaration("v1.35.2"),
    ],
    ["a write by nobody", plainCluster({ controlPlane: { versionOwners: [] } }), declaration("v1.35.2")],
    ["no Git", by("kubectl-edit"), declaration("v1.35.2", { place: undefined })],
    ["another object", by("kubectl-edit"), declaration("v1.35.2", { object: reference("MachineDeployment", "none") })],
    [
      "an object that has no version",
      plainCluster({ controlPlane: { version: undefined, versionOwners: [fieldOwner("x", "Update", OBSERVED_AT + 1)] } }),
      declaration("v1.35.2"),
    ],
    ...["argocd-controller", "argocd-application-controller", "kustomize-controller", "helm-controller", "flux"].map(
      (manager) => [`the engine ${manager}, which may be late`, by(manager), declaration("v1.35.2")] as const,
    ),
  ];
  it.each(rows)("is not %s", (_, snapshot, found) => {
    expect(find(snapshot, { declarations: [found] })).toEqual([]);
  });
  it.each(["kubectl-edit", "kubectl-patch", "kubectl-set", "kubectl-replace", "k9s", "Lens", "headlamp", "rancher", "Mozilla"])(
    "is an older version set with %s",
    (manager) => {
      expect(find(by(manager), { declarations: [declaration("v1.35.2")] })).toMatchObject([{ reason: "OverriddenVersion" }]);
    },
  );
  it("is not an older version of an applier, which may be late; a newer one is no lateness", () => {
    expect(find(by("my-applier"), { declarations: [declaration("v1.35.2")] })).toEqual([]);
    expect(find(by("kubectl"), { declarations: [declaration("v1.35.2")] })).toEqual([]);
    expect(find(by("my-applier"), { declarations: [declaration("v1.33.0")] })).toMatchObject([{ reason: "OverriddenVersion" }]);
  });
});

describe("a newer version that somebody set", () => {
  it.each<readonly [what: string, target: string, declares: string, manager: string, reasons: readonly string[]]>([
    ["and that Git does not know", "v1.34.2", "v1.34.2", "kubectl-edit", ["OverriddenVersion"]],
    ["which an engine applied", "v1.34.2", "v1.34.2", "argocd-controller", []],
    ["which is the target, of which Git is to be told", "v1.35.2", "v1.34.2", "kubectl-edit", []],
    ["where Git has another version still", "v1.34.2", "v1.34.0", "kubectl-edit", []],
    ["and that Git declares", "v1.34.2", "v1.35.2", "kubectl-edit", []],
  ])("needs no clock: %s", (_, version, declares, manager, reasons) => {
    const snapshot = topologyCluster({ topology: { version: "v1.35.2", versionOwners: [fieldOwner(manager)] } });
    const found = find(snapshot, { version, declarations: [declaration(declares, { object: CLUSTER, at: OBSERVED_AT + 1_000 })] });
    expect(found.map(({ reason }) => reason)).toEqual(reasons);
  });

  it.each([
    [
      "a control plane, which cannot go back",
      plainCluster({ version: "v1.35.2", controlPlane: { versionOwners: [fieldOwner("kubectl-edit", "Update", OBSERVED_AT + 1)] } }),
      CP,
      "Declare v1.35.2 in clusters/c1.yaml:14: a control plane cannot go back. Stop kubectl-edit from writing the version.",
    ],
    [
      "a topology, which cannot either",
      topologyCluster({ topology: { version: "v1.35.2", versionOwners: [fieldOwner("kubectl-edit", "Update", OBSERVED_AT + 1)] } }),
      CLUSTER,
      "Declare v1.35.2 in clusters/c1.yaml:14: a control plane cannot go back. Stop kubectl-edit from writing the version.",
    ],
    [
      "a pool, which can",
      plainCluster({
        pools: [{ overrides: { version: "v1.35.2", versionOwners: [fieldOwner("kubectl-edit", "Update", OBSERVED_AT + 1)] } }],
      }),
      MD,
      "Stop kubectl-edit from writing the version. Or declare v1.35.2 in Git, if that is what is wanted.",
    ],
  ])("%s", (_, snapshot, object, remedy) => {
    const found = find(snapshot, { version: "v1.34.2", declarations: [declaration("v1.34.2", { object })] });
    expect(found).toMatchObject([{ reason: "OverriddenVersion", remedy }]);
  });
});

describe("MixedVersions", () => {
  const built = (version: string, kubelet: string, change = {}): ClusterSnapshot => {
    const machines = [machine("w", version, { pool: "md-0", machineSet: "s", kubeletVersion: kubelet, template: "md-0-abc", ...change })];
    return plainCluster({ overrides: { machines, workload: reachable(machines) } });
  };
  it("names the machine and its template", () => {
    expect(find(built("v1.35.2", "v1.34.0"))).toEqual([
      {
        reason: "MixedVersions",
        message: "w was made for v1.35.2 and runs v1.34.0: the machine image holds another version than the one declared.",
        remedy:
          "Point the machine template at an image of v1.35.2 (a new template, under a new name), so that the machines are made again.",
        culprit: undefined,
        object: reference("Machine", "w"),
        evidence: ["Machine demo/w spec.version is v1.35.2, its kubelet reports v1.34.0, made from md-0-abc"],
      },
    ]);
  });
  it("names all of them", () => {
    const machines = ["a", "b"].map((name) => machine(name, "v1.35.2", { pool: "md-0", machineSet: "s", kubeletVersion: "v1.34.0" }));
    const [found] = find(plainCluster({ overrides: { machines, workload: reachable(machines) } }));
    expect(found?.message).toBe(
      "a and b were made for v1.35.2 and run v1.34.0: the machine image holds another version than the one declared.",
    );
    expect(found?.evidence).toEqual([
      "Machine demo/a spec.version is v1.35.2, its kubelet reports v1.34.0",
      "Machine demo/b spec.version is v1.35.2, its kubelet reports v1.34.0",
    ]);
  });
  it.each([
    ["a vendor's build", built("v1.35.2", "v1.35.2-eks-1")],
    ["a machine of the old version", built("v1.34.0", "v1.33.0")],
    ["a machine that leaves", built("v1.35.2", "v1.34.0", { deletingSince: OBSERVED_AT })],
    ["a machine that is not ready", built("v1.35.2", "v1.34.0", { ready: false })],
    ["a machine of which nobody knows whether it is ready", built("v1.35.2", "v1.34.0", { ready: undefined })],
    ["an update in place", built("v1.35.2", "v1.34.0", { conditions: [condition("Updating", "True", "InPlaceUpdating")] })],
    ["a stand-alone machine", built("v1.35.2", "v1.34.0", { pool: undefined })],
    ["a kubelet that nobody has seen", built("v1.35.2", "v1.34.0", { kubeletVersion: undefined })],
    ["a machine without version", built("v1.35.2", "v1.34.0", { version: undefined })],
  ])("is not %s", (_, snapshot) => {
    expect(find(snapshot)).toEqual([]);
  });
  it("is a machine of a version on the way, too", () => {
    expect(find(built("v1.34.0", "v1.33.0"), { through: ["v1.34.0"] })).toMatchObject([
      { reason: "MixedVersions", message: expect.stringContaining("w was made for v1.34.0 and runs v1.33.0") as string },
    ]);
  });
  it("is a machine whose update in place is over", () => {
    const over = built("v1.35.2", "v1.34.0", { conditions: [condition("Updating", "False", "NotUpdating")] });
    expect(find(over)).toMatchObject([{ reason: "MixedVersions" }]);
  });
});

describe("ChangedInGit", () => {
  /** The control plane is declared at the target and its machines are still old. */
  const rolling = plainCluster({ controlPlane: { version: "v1.35.2", versions: [] } });
  it.each<readonly [what: string, snapshot: ClusterSnapshot, version: string, more: Partial<Declaration>, expected: readonly string[]]>([
    ["a newer one, in the middle", rolling, "v1.36.0", {}, ["ChangedInGit"]],
    ["a newer patch", rolling, "v1.35.3", {}, ["ChangedInGit"]],
    ["the target", rolling, "v1.35.2", {}, []],
    ["an older one, of a source that is late", rolling, "v1.34.0", {}, []],
    ["no version", rolling, "latest", {}, []],
    ["a newer one without Git", rolling, "v1.36.0", { place: undefined }, []],
    ["a newer one, before anything began", plainCluster(), "v1.36.0", {}, []],
    ["a newer one, when all is done", plainCluster({ version: "v1.35.2" }), "v1.36.0", {}, []],
  ])("%s", (_, snapshot, version, more, expected) => {
    expect(find(snapshot, { declarations: [declaration(version, more)] }).map(({ reason }) => reason)).toEqual(expected);
  });

  it("tells the way forward", () => {
    expect(find(rolling, { declarations: [declaration("v1.36.0")] })).toEqual([
      {
        reason: "ChangedInGit",
        message:
          "clusters/c1.yaml:14 declares v1.36.0 now, while the cluster is on its way to v1.35.2: somebody changed the version in the middle of an upgrade.",
        remedy:
          "Set clusters/c1.yaml:14 back to v1.35.2 until the cluster is through, then go on to v1.36.0. Or leave it to whoever changed it: Cluster API refuses a new version while the last one is on its way.",
        culprit: undefined,
        object: CP,
        evidence: ["clusters/c1.yaml:14 at 0123456789abcdef declares v1.36.0", "this upgrade goes to v1.35.2"],
      },
    ]);
  });
});

describe("ApplyRejected", () => {
  const engine = {
    engine: "Argo CD application argocd/capi",
    appliedRevision: undefined,
    attemptedRevision: undefined,
    carriesCommit: false,
    remedy: undefined,
    heals: false,
    healed: undefined,
    since: undefined,
  };
  const decreased = 'admission webhook denied the request: Invalid value: "v1.34.0": version cannot be decreased from "1.35.2" to "1.34.0"';
  const done = plainCluster({ version: "v1.35.2" });
  it.each<
    readonly [
      what: string,
      state: "failed" | "syncing" | "synced",
      message: string,
      version: string,
      place: string | undefined,
      expected: readonly string[],
    ]
  >([
    ["a revert", "failed", decreased, "v1.34.0", "clusters/c1.yaml:14", ["ApplyRejected"]],
    [
      "a field that cannot change",
      "failed",
      "spec.machineTemplate: field is immutable",
      "v1.36.0",
      "clusters/c1.yaml:14",
      ["ApplyRejected"],
    ],
    ["what may pass", "failed", "connection refused", "v1.34.0", "clusters/c1.yaml:14", []],
    ["something else of the same application", "failed", "Deployment web: field is immutable", "v1.35.2", "clusters/c1.yaml:14", []],
    ["words that are left over", "synced", decreased, "v1.34.0", "clusters/c1.yaml:14", []],
    ["while it tries", "syncing", decreased, "v1.34.0", "clusters/c1.yaml:14", []],
    ["no Git", "failed", decreased, "v1.34.0", undefined, []],
  ])("%s", (_, state, message, version, place, expected) => {
    const found = find(done, { declarations: [declaration(version, { place })], sync: { ...engine, state, message } });
    expect(found.map(({ reason }) => reason)).toEqual(expected);
  });

  it("tells the way forward, in the API server's words", () => {
    const [found] = find(done, { declarations: [declaration("v1.34.0")], sync: { ...engine, state: "failed", message: decreased } });
    expect(found?.message).toBe(
      `Argo CD application argocd/capi cannot apply v1.34.0 of clusters/c1.yaml:14 to KubeadmControlPlane demo/c1-cp, which is at v1.35.2: ${decreased}`,
    );
    expect(found?.remedy).toBe("Declare v1.35.2 in clusters/c1.yaml:14 (a control plane cannot go back). Then run the upgrade again.");
    const byHand = plainCluster({ version: "v1.35.2", controlPlane: { versionOwners: [fieldOwner("kubectl-patch")] } });
    const [set] = find(byHand, { declarations: [declaration("v1.34.0")], sync: { ...engine, state: "failed", message: decreased } });
    expect(set?.message).toContain("which is at v1.35.2 (set by kubectl-patch): admission webhook denied");
    const [beyond] = find(byHand, {
      version: "v1.34.2",
      declarations: [declaration("v1.34.2")],
      sync: { ...engine, state: "failed", message: decreased },
    });
    expect(beyond?.remedy).toBe("Declare v1.35.2 in clusters/c1.yaml:14 (a control plane cannot go back).");
    const [newer] = find(done, { declarations: [declaration("v1.36.0")], sync: { ...engine, state: "failed", message: "is immutable" } });
    expect(newer?.remedy).toBe("Mend what the message names in clusters/c1.yaml:14. Then run the upgrade again.");
  });
});
