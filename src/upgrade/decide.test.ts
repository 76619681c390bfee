import { describe, expect, it } from "vitest";
import type { ClusterSnapshot, MachineSnapshot, WorkloadHealth } from "./cluster-snapshot.ts";
import { objectKey } from "./cluster-words.ts";
import { decide, type DecideInput, type Decision } from "./decide.ts";
import {
  condition,
  fieldOwner,
  imageCatalog,
  machine,
  machineTemplate,
  OBSERVED_AT,
  plainCluster,
  reachable,
  reference,
  topologyCluster,
  variableTexts,
} from "./testing/snapshots.ts";
import type { Declaration, UpgradeRequest } from "./upgrade-types.ts";
import { versionOwner } from "./version-owner.ts";

const NOW = OBSERVED_AT + 1_000_000;
const CLUSTER = reference("Cluster", "c1");
const CP = reference("KubeadmControlPlane", "c1-cp");
const MD = reference("MachineDeployment", "md-0");
const REQUEST: UpgradeRequest = { upgradeId: "u1", target: "v1.35.2", via: [], holdSeconds: 60, stallSeconds: 900 };

function look(snapshot: ClusterSnapshot, more: Partial<DecideInput> = {}): Decision {
  return decide({ snapshot, request: REQUEST, now: NOW, ...more });
}

function declared(object: Declaration["object"], version: string, more: Partial<Declaration> = {}): Declaration {
  return { object, version, place: "clusters/c1.yaml:14", revision: "abc", at: NOW, ...more };
}

/** The control plane is written and rolls: one machine done, one starting, two old. */
function rolling(): ClusterSnapshot {
  const old = plainCluster().machines;
  const fresh = (name: string, change: Partial<MachineSnapshot>): MachineSnapshot =>
    machine(name, "v1.35.2", { role: "control-plane", ...change });
  const machines = [
    ...old.slice(1),
    fresh("new-0", {}),
    fresh("new-1", { ready: false, nodeName: undefined, kubeletVersion: undefined, phase: "Provisioning" }),
  ];
  return plainCluster({
    controlPlane: {
      version: "v1.35.2",
      generation: 2,
      observedGeneration: 2,
      replicas: { desired: 3, current: 4, ready: 3, available: 3, upToDate: 2 },
    },
    overrides: { machines, workload: reachable(machines) },
  });
}

/** The control plane is through, the pool is not written. */
const halfway = (): ClusterSnapshot => plainCluster({ version: "v1.35.2", pools: [{ version: "v1.34.0" }] });

describe("writing", () => {
  it("begins with the first step of the plan", () => {
    const { status, actions, lookAgainAt } = look(plainCluster());
    const step = { kind: "control-plane", object: CP, from: "v1.34.0", to: "v1.35.2", rotation: undefined };
    expect(actions).toEqual([{ kind: "write", step }]);
    expect(status).toMatchObject({
      phase: "writing",
      message: "KubeadmControlPlane demo/c1-cp is to go from v1.34.0 to v1.35.2.",
      currentStep: step,
      stepsDone: 0,
      stepsTotal: 2,
      refusals: [],
      contradictions: [],
      estimateSeconds: undefined,
    });
    expect(status.plan?.steps.map(({ object }) => object.name)).toEqual(["c1-cp", "md-0"]);
    expect(lookAgainAt).toBe(NOW + 5_000);
  });

  it("goes on with the next step once the one before has settled, also after a crash", () => {
    const { status, actions } = look(halfway());
    expect(actions).toMatchObject([{ kind: "write", step: { kind: "pool", object: MD, from: "v1.34.0", to: "v1.35.2" } }]);
    expect(status).toMatchObject({ phase: "writing", stepsDone: 0, stepsTotal: 1 });
    const previous = look(plainCluster()).memory;
    expect(look(halfway(), { previous }).status).toMatchObject({ stepsDone: 1, stepsTotal: 2 });
  });

  it("writes again where the declaration is not there yet", () => {
    const declarations = [declared(CP, "v1.34.0"), declared(MD, "v1.34.0")];
    expect(look(plainCluster(), { declarations }).actions).toHaveLength(1);
    expect(look(plainCluster(), { declarations: [declared(CP, "v1.35.2", { place: undefined })] }).actions).toHaveLength(1);
    expect(look(plainCluster(), { declarations: [declared(MD, "v1.35.2")] }).actions).toHaveLength(1);
  });

  it("waits for a pool that is through but for its availability", () => {
    const replicas = { desired: 2, current: 2, ready: 1, available: 1, upToDate: 2 };
    const snapshot = plainCluster({
      version: "v1.35.2",
      pools: [{ overrides: { replicas } }, { name: "b", version: "v1.34.0" }],
    });
    const message = "Waiting before the next step: MachineDeployment demo/md-0: 1 of 2 are available.";
    expect(look(snapshot)).toMatchObject({ actions: [], status: { phase: "planning", message } });
    const previous = look(plainCluster()).memory;
    expect(look(snapshot, { previous })).toMatchObject({ actions: [], status: { phase: "rolling", message } });
    // Pools that this upgrade has not touched may be as they are.
    const untouched = plainCluster({ version: "v1.35.2", pools: [{ version: "v1.34.0", overrides: { replicas } }] });
    expect(look(untouched).status.phase).toBe("writing");
  });

  it("waits for a pool that hopped on the way", () => {
    const replicas = { desired: 2, current: 2, ready: 1, available: 1, upToDate: 2 };
    const snapshot = plainCluster({ version: "v1.33.3", pools: [{ overrides: { replicas } }] });
    const request = { ...REQUEST, target: "v1.34.0", via: ["v1.33.3"] };
    expect(look(snapshot, { request }).status.phase).toBe("planning");
    expect(look(snapshot, { request: { ...request, via: [] } }).status.phase).toBe("writing");
  });
});

describe("delivering", () => {
  it("waits for what is declared to be applied", () => {
    const { status, actions, lookAgainAt } = look(plainCluster(), { declarations: [declared(MD, "v1.34.0"), declared(CP, "v1.35.2")] });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({
      phase: "delivering",
      message: "clusters/c1.yaml:14 declares v1.35.2; KubeadmControlPlane demo/c1-cp does not carry it yet (v1.34.0).",
      currentStep: { object: CP, to: "v1.35.2" },
      stepsDone: 0,
      stepsTotal: 2,
    });
    expect(lookAgainAt).toBe(NOW + 5_000);
  });

  it("does not write below what the source declares", () => {
    const { status, actions } = look(plainCluster(), { declarations: [declared(CP, "v1.36.1")] });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({
      phase: "refused",
      refusals: [
        {
          reason: "DeclaredAhead",
          message:
            "clusters/c1.yaml:14 declares v1.36.1 already, while KubeadmControlPlane demo/c1-cp is at v1.34.0 and must go to v1.35.2 first.",
          remedy: "Find out why v1.36.1 is not applied, or set the source back to v1.34.0, then ask again.",
          evidence: ["clusters/c1.yaml:14 declares v1.36.1", "KubeadmControlPlane demo/c1-cp is at v1.34.0", "the next step is to v1.35.2"],
        },
      ],
    });
    const older = look(plainCluster(), { declarations: [declared(CP, "v1.34.1")] });
    expect(older.status.phase).toBe("writing");
  });

  it("brings a source up that is behind its cluster, where that is one scalar", () => {
    const snapshot = topologyCluster({ version: "v1.35.2" });
    const { status, actions } = look(snapshot, { declarations: [declared(snapshot.ref, "v1.34.0")] });
    const step = { kind: "topology", object: snapshot.ref, from: "v1.34.0", to: "v1.35.2", controlPlaneThrough: [], workersThrough: [] };
    expect(actions).toEqual([{ kind: "write", step }]);
    const message = "Cluster demo/c1 is at v1.35.2; clusters/c1.yaml:14 still declares v1.34.0.";
    expect(status).toMatchObject({ phase: "writing", message, stepsDone: 0, stepsTotal: 1 });
  });

  it("brings up the images in variables of its class with it", () => {
    const variables = variableTexts({ osImage: "ami-2", instanceType: "m5" });
    const snapshot = topologyCluster({ version: "v1.35.2", topology: { variables } });
    const request = { ...REQUEST, images: imageCatalog({ "v1.34.0": ["ami-1"], "v1.35.2": ["ami-2"] }) };
    const { actions } = look(snapshot, { request, declarations: [declared(snapshot.ref, "v1.34.0")] });
    expect(actions).toMatchObject([
      { step: { to: "v1.35.2", variables: [{ variable: "osImage", of: { kind: "cluster" }, path: [], value: undefined, to: "ami-2" }] } },
    ]);
  });

  it.each([
    ["newer, of a topology", topologyCluster({ version: "v1.35.2" }), "v1.36.1"],
    ["no version", topologyCluster({ version: "v1.35.2" }), "latest"],
    ["older, with templates that belong to it", plainCluster({ version: "v1.35.2" }), "v1.34.0"],
  ])("leaves a source to people that declares otherwise than its cluster is: %s", (_, snapshot, version) => {
    const object = snapshot.topology === undefined ? CP : snapshot.ref;
    const { status, actions } = look(snapshot, { declarations: [declared(object, version)] });
    expect(actions).toEqual([]);
    expect(status).toMatchObject({
      phase: "refused",
      refusals: [
        {
          reason: "DeclaredOtherwise",
          message: expect.stringContaining(`is at v1.35.2, and clusters/c1.yaml:14 declares ${version}: whoever`) as string,
          remedy: `Bring clusters/c1.yaml:14 in line with the cluster (version, and the machine template that goes with it), or ask for ${version}.`,
          evidence: [`clusters/c1.yaml:14 declares ${version}`, expect.stringContaining("is at v1.35.2") as string],
        },
      ],
    });
  });

  it("bears a declaration that is no version", () => {
    expect(look(plainCluster(), { declarations: [declared(CP, "latest")] }).status.phase).toBe("writing");
  });

  it("says what to do when nobody applies it", () => {
    const declarations = [declared(CP, "v1.35.2")];
    const first = look(plainCluster(), { declarations });
    const late = look(plainCluster(), { declarations, previous: first.memory, now: NOW + 900_000 });
    expect(late.lookAgainAt).toBeUndefined();
    expect(late.status).toMatchObject({
      phase: "timed-out",
      message:
        "Nothing has moved for 900 s. clusters/c1.yaml:14 declares v1.35.2; KubeadmControlPlane demo/c1-cp does not carry it yet (v1.34.0). See whether whoever applies the source is working, or is waiting for an approval.",
    });
  });
});

describe("rolling", () => {
  it("tells how far each machine is", () => {
    const { status, actions, lookAgainAt } = look(rolling());
    expect(actions).toEqual([]);
    expect(lookAgainAt).toBe(NOW + 5_000);
    expect(status).toMatchObject({
      phase: "rolling",
      message: "KubeadmControlPlane demo/c1-cp is on its way to v1.35.2: c1-cp-1 is still v1.34.0.",
      currentStep: { kind: "control-plane", object: CP, from: "v1.34.0", to: "v1.35.2" },
      stepsDone: 0,
      stepsTotal: 2,
    });
    expect(status.progress).toMatchObject({ done: 1, total: 5 });
    expect(status.progress.machines.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "c1-cp-1 waiting",
      "c1-cp-2 waiting",
      "md-0-0 waiting",
      "md-0-1 waiting",
      "new-0 done",
      "new-1 starting",
    ]);
    expect(status.plan?.steps.map(({ object }) => object.name)).toEqual(["md-0"]);
  });

  it("keeps the step as it was written", () => {
    const templated = plainCluster({ images: ["kindest/node:v1.34.0"] });
    const { memory, status } = look(templated);
    expect(status.currentStep).toMatchObject({ rotation: { set: [{ to: "kindest/node:v1.35.2" }] } });
    expect(look(rolling(), { previous: memory }).status.currentStep).toEqual(status.currentStep);
    expect(look(rolling(), { previous: look(halfway()).memory }).status.currentStep).toMatchObject({ object: CP, rotation: undefined });
    const other = { ...memory, currentStep: { ...status.currentStep!, to: "v1.35.1" } };
    expect(look(rolling(), { previous: other }).status.currentStep).toMatchObject({ to: "v1.35.2" });
  });

  it("waits for what passes by itself, once begun", () => {
    const unhealthy = plainCluster({
      version: "v1.35.2",
      controlPlane: { conditions: [condition("Available", "False", "NotAvailable", "etcd")] },
      pools: [{ version: "v1.34.0" }],
    });
    const begun = look(unhealthy);
    expect(begun.status).toMatchObject({
      phase: "rolling",
      message:
        "Waiting before the next step: KubeadmControlPlane demo/c1-cp is not healthy, and an upgrade takes a healthy member out of it: KubeadmControlPlane demo/c1-cp Available=False NotAvailable: etcd.",
      refusals: [{ reason: "ControlPlaneUnhealthy" }],
      stepsDone: 0,
      stepsTotal: 1,
    });
    const late = look(unhealthy, { previous: begun.memory, now: NOW + 900_000 });
    expect(late.status.phase).toBe("timed-out");
    expect(late.status.message).toContain("Waiting before the next step: KubeadmControlPlane demo/c1-cp is not healthy");
    expect(late.status.message).not.toContain("control-plane:");
  });

  it.each([
    ["nothing written yet", plainCluster({ controlPlane: { generation: 2 } }), [], "refused"],
    ["a version on the way", plainCluster({ controlPlane: { generation: 2 } }), ["v1.34.0"], "rolling"],
    ["a part at the target", { ...halfway(), controlPlane: { ...halfway().controlPlane!, generation: 2 } }, [], "rolling"],
    [
      "something that does not pass as well",
      { ...halfway(), paused: true, controlPlane: { ...halfway().controlPlane!, generation: 2 } },
      [],
      "refused",
    ],
    ["a topology that was begun", topologyCluster({ version: "v1.34.9", overrides: { generation: 2 } }), ["v1.34.9"], "rolling"],
  ])("waits or refuses with %s", (_, snapshot, via, phase) => {
    expect(look(snapshot, { request: { ...REQUEST, via } }).status.phase).toBe(phase);
  });

  it("waits for the last links", () => {
    const done = plainCluster({ version: "v1.35.2", overrides: { workload: { state: "unreachable", message: "refused" } } });
    expect(look(done).status).toMatchObject({
      phase: "rolling",
      message: "Waiting for api-server: The API server could not be asked: refused.",
      stepsDone: 0,
      stepsTotal: 0,
      estimateSeconds: 0,
    });
  });
});

describe("holding and proven", () => {
  const done = plainCluster({ version: "v1.35.2" });
  it("holds, then is proven", () => {
    const first = look(done);
    expect(first).toMatchObject({
      actions: [],
      lookAgainAt: NOW + 5_000,
      status: { phase: "holding", message: "All of it has held for 0 of 60 s." },
    });
    const second = look(done, { previous: first.memory, now: NOW + 58_000 });
    expect(second).toMatchObject({ lookAgainAt: NOW + 60_000, status: { phase: "holding" } });
    const third = look(done, { previous: second.memory, now: NOW + 60_000 });
    expect(third).toMatchObject({
      actions: [],
      lookAgainAt: undefined,
      status: {
        phase: "proven",
        message: "Cluster demo/c1 is at v1.35.2, proven and held for 60 s.",
        proof: { verdict: "proven" },
        plan: undefined,
      },
    });
  });
  it("loses only the hold with its memory", () => {
    const first = look(done);
    expect(look(done, { previous: first.memory, now: NOW + 60_000 }).status.phase).toBe("proven");
    expect(look(done, { now: NOW + 60_000 }).status.phase).toBe("holding");
  });
  it("counts the hold as no standstill", () => {
    const request = { ...REQUEST, holdSeconds: 5_000, stallSeconds: 100 };
    const first = look(done, { request });
    const second = look(done, { request, previous: first.memory, now: NOW + 4_000_000 });
    expect(second.status.phase).toBe("holding");
    const workload = { state: "unreachable", message: "refused" } as const;
    const third = look({ ...done, workload }, { request, previous: second.memory, now: NOW + 4_050_000 });
    expect(third.status.phase).toBe("rolling");
    const fourth = look({ ...done, workload }, { request, previous: third.memory, now: NOW + 4_100_000 });
    expect(fourth.status).toMatchObject({
      phase: "timed-out",
      message:
        "Nothing has moved for 100 s. Waiting for api-server: The API server could not be asked: refused. See what it waits for: `capi-gitops describe c1 -n demo`. Once that is out of the way, run the same command again; it goes on from here.",
    });
  });
  it("compares workloads with those of the first look, or with those that it is given", () => {
    const health = (available: number): WorkloadHealth => ({
      kind: "Deployment",
      namespace: "default",
      name: "web",
      desired: 2,
      available,
      observed: true,
    });
    const at = (available: number): ClusterSnapshot => ({
      ...done,
      workload: { ...reachable(done.machines), workloads: [health(available)] },
    });
    const first = look(at(2));
    expect(first.memory.baseline).toEqual([health(2)]);
    const worse = look(at(1), { previous: first.memory });
    expect(worse.status.message).toBe(
      "Waiting for workloads: 0 of 1 workloads are available; unavailable since the upgrade: Deployment default/web (1 of 2).",
    );
    expect(look(at(1)).status.phase).toBe("holding");
    expect(look(at(1), { baseline: [health(2)] }).status.phase).toBe("rolling");
    expect(look(at(1), { baseline: [health(1)], previous: first.memory }).status.phase).toBe("holding");
    expect(look({ ...done, workload: { state: "unreachable", message: "x" } }).memory.baseline).toBeUndefined();
  });
});

describe("contradicted", () => {
  it("stops when somebody puts the version back", () => {
    const { memory } = look(rolling());
    expect(memory.seen).toEqual({ [objectKey(CP)]: "v1.35.2", [objectKey(MD)]: "v1.34.0" });
    const back = plainCluster({ controlPlane: { versionOwners: [fieldOwner("kubectl-patch")] } });
    const { status, actions, lookAgainAt } = look(back, { previous: memory });
    expect({ actions, lookAgainAt }).toEqual({ actions: [], lookAgainAt: undefined });
    expect(status).toMatchObject({
      phase: "contradicted",
      message:
        "KubeadmControlPlane demo/c1-cp had version v1.35.2 and has v1.34.0 now; field manager kubectl-patch changed it. Stop kubectl-patch from writing the version. Then run the upgrade again.",
      contradictions: [{ reason: "Reverted", culprit: { manager: "kubectl-patch" } }],
    });
  });
  it("stops when Git goes back", () => {
    const { memory } = look(plainCluster(), { declarations: [declared(CP, "v1.35.2")] });
    expect(memory.declared).toEqual({ [objectKey(CP)]: "v1.35.2" });
    const { status } = look(plainCluster(), { declarations: [declared(CP, "v1.34.0")], previous: memory });
    expect(status).toMatchObject({ phase: "contradicted", contradictions: [{ reason: "RevertedInGit" }] });
  });
  it("remembers nothing of declarations without Git", () => {
    expect(look(plainCluster(), { declarations: [declared(CP, "v1.35.2", { place: undefined })] }).memory.declared).toEqual({});
  });
  it("stops at a wedge, also at the first look", () => {
    const snapshot = topologyCluster({
      controlPlane: { version: "v1.34.2" },
      overrides: { conditions: [condition("TopologyReconciled", "False", "ReconcileFailed", "invalid ControlPlane upgrade plan")] },
    });
    expect(look(snapshot).status).toMatchObject({ phase: "contradicted", contradictions: [{ reason: "Wedged" }], refusals: [] });
  });
  it("stops at an image of another version on the way", () => {
    const machines = [...plainCluster().machines, machine("wrong", "v1.35.2", { role: "control-plane", kubeletVersion: "v1.33.0" })];
    const snapshot = plainCluster({ controlPlane: { version: "v1.35.2" }, overrides: { machines, workload: reachable(machines) } });
    const request = { ...REQUEST, target: "v1.36.0", via: ["v1.35.2"] };
    expect(look(snapshot, { request }).status).toMatchObject({ phase: "contradicted", contradictions: [{ reason: "MixedVersions" }] });
    const chained = topologyCluster({
      controlPlane: { version: "v1.35.2" },
      topology: { version: "v1.36.0", classVersions: ["v1.34.0", "v1.35.2", "v1.36.0"] },
      overrides: { machines, workload: reachable(machines) },
    });
    expect(look(chained, { request: { ...request, via: [] } }).status).toMatchObject({ contradictions: [{ reason: "MixedVersions" }] });
    // What the oldest machines have was there before.
    const old = plainCluster().machines.map((each) => ({ ...each, kubeletVersion: "v1.33.9" }));
    expect(
      look(plainCluster({ overrides: { machines: old, workload: reachable(old) } }), {
        request: { ...request, via: ["v1.34.0", "v1.35.2"] },
      }).status.contradictions,
    ).toEqual([]);
  });
});

describe("refused", () => {
  it("tells all refusals and does nothing", () => {
    const { status, actions, lookAgainAt } = look(plainCluster({ overrides: { paused: true }, controlPlane: { paused: true } }));
    expect({ actions, lookAgainAt }).toEqual({ actions: [], lookAgainAt: undefined });
    expect(status).toMatchObject({
      phase: "refused",
      message: "Cluster demo/c1 is paused: Cluster API does nothing to it, so a new version would never arrive.",
      refusals: [{ reason: "ClusterPaused" }, { reason: "ControlPlanePaused" }],
      plan: undefined,
    });
  });
});

describe("timed-out", () => {
  const stuck = rolling();
  it("names what blocks, after a standstill", () => {
    const first = look(stuck);
    expect(look(stuck, { previous: first.memory, now: NOW + 899_999 }).status.phase).toBe("rolling");
    const { status, actions } = look(stuck, { previous: first.memory, now: NOW + 900_000 });
    expect(actions).toEqual([]);
    expect(status.phase).toBe("timed-out");
    expect(status.message).toMatch(
      /^Nothing has moved for 900 s\. KubeadmControlPlane demo\/c1-cp is on its way to v1\.35\.2: c1-cp-1 is still v1\.34\.0\. applied: 1 of 2 objects carry v1\.35\.2; not yet MachineDeployment demo\/md-0 \(v1\.34\.0, set by applier\)\. See what it waits for: `capi-gitops describe c1 -n demo`\./,
    );
  });
  it.each<readonly [what: string, bootstrap: string, deletingSince: number | undefined, named: boolean]>([
    ["that has lost its bootstrap config and its infrastructure", "ObjectDoesNotExist", undefined, true],
    ["that has its bootstrap config", "NotReady", undefined, false],
    ["that is leaving", "ObjectDoesNotExist", NOW, false],
  ])("names a machine %s: %s, %s", (_, bootstrap, deletingSince, named) => {
    const conditions = [
      condition("BootstrapConfigReady", "False", bootstrap),
      condition("InfrastructureReady", "False", "ObjectDoesNotExist"),
    ];
    const machines = stuck.machines.map((machine, index) => (index === 0 ? { ...machine, deletingSince, conditions } : machine));
    const robbed = { ...stuck, machines };
    const first = look(robbed);
    const { message } = look(robbed, { previous: first.memory, now: NOW + 900_000 }).status;
    const cure =
      "Machine demo/c1-cp-1 has neither its bootstrap config nor its infrastructure, and never comes up: delete it (`kubectl delete machine c1-cp-1 -n demo`), and its owner makes another. Once that is out of the way";
    expect(message.includes(cure)).toBe(named);
    expect(message.includes("See what it waits for")).toBe(!named);
  });
  it("does not write after it", () => {
    const first = look(plainCluster());
    expect(look(plainCluster(), { previous: first.memory, now: NOW + 900_000 })).toMatchObject({
      actions: [],
      status: { phase: "timed-out" },
    });
  });
  it("starts counting anew with each move", () => {
    const first = look(stuck);
    const moved = {
      ...stuck,
      machines: stuck.machines.map((each) => (each.ref.name === "new-1" ? { ...each, phase: "Provisioned" } : each)),
    };
    const second = look(moved, { previous: first.memory, now: NOW + 800_000 });
    const third = look(moved, { previous: second.memory, now: NOW + 1_600_000 });
    expect(third.status.phase).toBe("rolling");
    expect(look(moved, { previous: third.memory, now: NOW + 1_700_000 }).status.phase).toBe("timed-out");
  });
  it("is not fooled by a message that changes", () => {
    const talking = (message: string): ClusterSnapshot => ({
      ...stuck,
      machines: stuck.machines.map((each) => ({ ...each, conditions: [condition("Deleting", "True", "DrainingNode", message)] })),
    });
    const first = look(talking("7 healthy pods"));
    expect(look(talking("8 healthy pods"), { previous: first.memory, now: NOW + 900_000 }).status.phase).toBe("timed-out");
  });
});

describe("the pace", () => {
  it("is told from the machines that were finished in this run", () => {
    const written = look(plainCluster());
    expect(written.memory.pace).toMatchObject({ finished: [], rollingSince: undefined });
    const begin = plainCluster({ controlPlane: { version: "v1.35.2" } });
    const started = look(begin, { previous: written.memory, now: NOW + 10_000 });
    expect(started.memory.pace).toMatchObject({ rollingSince: NOW + 10_000, finished: [] });
    expect(started.status.estimateSeconds).toBeUndefined();
    // One machine took 40 s. Two old control planes and two workers are left.
    const one = look(rolling(), { previous: started.memory, now: NOW + 50_000 });
    expect(one.memory.pace).toMatchObject({ rollingSince: NOW + 10_000, finished: ["uid-new-0"], lastFinishedAt: NOW + 50_000 });
    expect(one.status.estimateSeconds).toBe(160);
    const later = look(rolling(), { previous: one.memory, now: NOW + 60_000 });
    expect(later.status.estimateSeconds).toBe(150);
    expect(look(rolling(), { previous: later.memory, now: NOW + 800_000 }).status.estimateSeconds).toBe(0);
  });
  it("counts no machine that was there before", () => {
    expect(look(rolling()).memory.pace?.finished).toEqual([]);
  });
});

describe("what passes by itself, seen by a run that remembers nothing", () => {
  const unhealthy = (controlPlane: string, pool: string): ClusterSnapshot =>
    plainCluster({
      version: controlPlane,
      controlPlane: { conditions: [condition("Available", "False", "NotAvailable")] },
      pools: [{ version: pool }],
    });

  it.each([
    ["v1.34.0", "v1.34.0", [], "refused", "nothing has begun"],
    ["v1.34.0", "v1.33.0", [], "refused", "versions differ, and none of them is of this upgrade"],
    ["v1.35.2", "v1.34.0", [], "rolling", "the control plane is there"],
    ["v1.34.0", "v1.34.0", ["v1.34.0"], "rolling", "it is at a version on the way"],
  ])("control plane %s, pool %s, via %j: %s, as %s", (controlPlane, pool, via, phase) => {
    expect(look(unhealthy(controlPlane, pool), { request: { ...REQUEST, via } }).status.phase).toBe(phase);
  });
});

describe("retiring templates", () => {
  const request = { ...REQUEST, holdSeconds: 0, retireOldTemplates: true };
  const template = machineTemplate("c1-cp", []).ref;
  const written = look(plainCluster({ images: ["kindest/node:v1.34.0"] }), { request });
  const done = plainCluster({ version: "v1.35.2", controlPlane: { machineTemplate: machineTemplate("c1-cp-new") } });
  const gone = { ...done, machines: done.machines.map((each) => ({ ...each, template: "c1-cp-new" })) };

  it("remembers what was replaced", () => {
    expect(written.memory.replacedTemplates).toEqual([template]);
    const again = look(plainCluster({ images: ["kindest/node:v1.34.0"] }), { request, previous: written.memory });
    expect(again.memory.replacedTemplates).toEqual([template]);
    expect(look(plainCluster()).memory.replacedTemplates).toEqual([]);
  });
  it("is done once nothing refers to them, once", () => {
    const first = look(gone, { request, previous: written.memory });
    expect(first).toMatchObject({
      actions: [{ kind: "retire-template", template }],
      status: { phase: "writing", message: "Nothing refers to DockerMachineTemplate demo/c1-cp any more." },
      memory: { replacedTemplates: [] },
    });
    expect(look(gone, { request, previous: first.memory }).status.phase).toBe("proven");
  });
  it.each([
    ["a machine refers to it", done, request, "proven"],
    [
      "an object refers to it",
      { ...gone, controlPlane: { ...gone.controlPlane!, machineTemplate: machineTemplate("c1-cp") } },
      request,
      "proven",
    ],
    [
      "a pool refers to it",
      { ...gone, pools: gone.pools.map((pool) => ({ ...pool, machineTemplate: machineTemplate("c1-cp") })) },
      request,
      "proven",
    ],
    ["nobody asked for it", gone, { ...request, retireOldTemplates: false }, "proven"],
    ["the proof is open", { ...gone, workload: { state: "unreachable", message: "x" } } as const, request, "rolling"],
  ])("is not done while %s", (_, snapshot, asked, phase) => {
    expect(look(snapshot, { request: asked, previous: written.memory })).toMatchObject({ actions: [], status: { phase } });
  });
  it("takes out what earlier runs replaced, each once, and nothing that is in use", () => {
    const former = machineTemplate("c1-cp-0a1b2c3d").ref;
    const inUse = machineTemplate("c1-cp-new").ref;
    const formerTemplates = [template, former, inUse];
    expect(look(gone, { request, formerTemplates }).status.message).toBe(
      "Nothing refers to DockerMachineTemplate demo/c1-cp, DockerMachineTemplate demo/c1-cp-0a1b2c3d any more.",
    );
    expect(look(gone, { request, formerTemplates }).actions).toEqual([
      { kind: "retire-template", template },
      { kind: "retire-template", template: former },
    ]);
    expect(look(gone, { request, formerTemplates, previous: written.memory }).actions).toHaveLength(2);
    expect(look(gone, { request: { ...request, retireOldTemplates: false }, formerTemplates }).actions).toEqual([]);
    expect(look(gone, { request, formerTemplates: [inUse] }).status.phase).toBe("proven");
  });
  it("is done during the hold", () => {
    const first = look(gone, { request: { ...request, holdSeconds: 60 }, previous: written.memory });
    expect(first.actions).toHaveLength(1);
  });
});

describe("a topology", () => {
  it("is one write, and the chain is Cluster API's", () => {
    const topology = { classVersions: ["v1.34.0", "v1.35.2", "v1.36.1", "v1.37.0"] };
    const request = { ...REQUEST, target: "v1.37.0" };
    const first = look(topologyCluster({ topology }), { request });
    expect(first.status.currentStep).toMatchObject({ kind: "topology", controlPlaneThrough: ["v1.35.2", "v1.36.1", "v1.37.0"] });
    // cluster-api.md, "Seen running": the plans as they count down.
    const running = topologyCluster({
      controlPlane: { version: "v1.35.2" },
      topology: { ...topology, version: "v1.37.0", controlPlaneUpgradePlan: ["v1.36.1", "v1.37.0"], workersUpgradePlan: ["v1.37.0"] },
      overrides: { conditions: [condition("TopologyReconciled", "False", "ClusterUpgrading", "Cluster is upgrading to v1.37.0")] },
    });
    const second = look(running, { request, previous: first.memory });
    expect(second.status).toMatchObject({ phase: "rolling", currentStep: first.status.currentStep, stepsDone: 0, stepsTotal: 1 });
    const crashed = look(running, { request });
    expect(crashed.status.currentStep).toEqual({
      kind: "topology",
      object: CLUSTER,
      from: "v1.34.0",
      to: "v1.37.0",
      controlPlaneThrough: ["v1.36.1", "v1.37.0"],
      workersThrough: ["v1.37.0"],
    });
  });

  it("whose variable holds the image is a write for each minor, though the class lists them", () => {
    const images = imageCatalog({ "v1.34.0": ["ami-a"], "v1.35.2": ["ami-b"], "v1.36.1": ["ami-c"] });
    const request = { ...REQUEST, target: "v1.36.1", images };
    const at = (version: string, image: string) => ({
      version,
      classVersions: ["v1.34.0", "v1.35.2", "v1.36.1"],
      variables: variableTexts({ osImage: image }),
    });
    const writes = ({ actions }: ReturnType<typeof look>): unknown =>
      actions.map((action) =>
        action.kind === "write" && action.step.kind === "topology" ? [action.step.to, action.step.variables?.[0]?.to] : [],
      );
    const first = look(topologyCluster({ topology: at("v1.34.0", "ami-a") }), { request });
    expect(writes(first)).toEqual([["v1.35.2", "ami-b"]]);
    expect(first.status.stepsTotal).toBe(2);
    // Its own, whoever looks: nobody remembers having written it.
    const rolling = look(topologyCluster({ topology: at("v1.35.2", "ami-b") }), { request });
    expect(rolling.status).toMatchObject({ phase: "rolling", refusals: [], currentStep: { to: "v1.35.2" } });
    const between = look(topologyCluster({ version: "v1.35.2", topology: at("v1.35.2", "ami-b") }), { request, previous: first.memory });
    expect(writes(between)).toEqual([["v1.36.1", "ami-c"]]);
    expect(between.status).toMatchObject({ stepsDone: 1, stepsTotal: 2 });
  });

  it("waits between two writes until the topology controller is through", () => {
    const request = { ...REQUEST, target: "v1.36.0", via: ["v1.35.2"] };
    const between = (reason: string): ClusterSnapshot =>
      topologyCluster({ version: "v1.35.2", overrides: { conditions: [condition("TopologyReconciled", "False", reason, "hook")] } });
    for (const reason of [
      "ClusterUpgrading",
      "LifecycleHookBlocking",
      "ControlPlaneUpgradePending",
      "MachineDeploymentsUpgradePending",
      "MachinePoolsUpgradePending",
      "MachineDeploymentsCreatePending",
      "MachinePoolsCreatePending",
    ]) {
      expect(look(between(reason), { request })).toMatchObject({
        actions: [],
        status: { phase: "rolling", message: `Cluster demo/c1 is on its way to v1.35.2: TopologyReconciled is ${reason}: hook.` },
      });
    }
    expect(look(between("SomethingElse"), { request }).status.phase).toBe("writing");
    // Real Cluster API 1.14 says that it is through, and puts the hook back for a moment: a version that comes then is refused.
    expect(look(topologyCluster({ version: "v1.35.2", topology: { upgradeMarked: true } }), { request })).toMatchObject({
      actions: [],
      status: {
        phase: "rolling",
        message: "Cluster demo/c1 is on its way to v1.35.2: the topology controller has not closed the upgrade yet.",
      },
    });
    expect(look(topologyCluster({ version: "v1.35.2" }), { request }).actions).toHaveLength(1);
  });
});

describe("versionOwner", () => {
  it("names what an upgrade writes to", () => {
    expect(versionOwner(topologyCluster())).toEqual([CLUSTER]);
    expect(versionOwner(plainCluster())).toEqual([CP, MD]);
    expect(versionOwner(plainCluster({ pools: [{}, { name: "b", overrides: { version: undefined } }] }))).toEqual([CP, MD]);
    expect(versionOwner(plainCluster({ overrides: { controlPlane: undefined } }))).toEqual([MD]);
  });
});
