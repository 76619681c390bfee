import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import type { PlanRequest } from "./flight.ts";
import { planUpgrade } from "./plan.ts";
import { imageCatalog, machineTemplate, plainCluster, reachable, topologyCluster, machine, variableTexts } from "./testing/snapshots.ts";

const TO_35: PlanRequest = { target: "v1.35.2", via: [] };

function warnings(snapshot: ClusterSnapshot, request: PlanRequest = TO_35): readonly string[] {
  const result = planUpgrade(snapshot, request);
  return result.kind === "plan" ? result.plan.warnings : [result.kind];
}

const deferred = [{ name: "md-0", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false }] as const;

describe("warnings", () => {
  const rows: readonly (readonly [name: string, snapshot: ClusterSnapshot, expected: readonly string[], request?: PlanRequest])[] = [
    ["none for three control planes and two workers", plainCluster(), []],
    [
      "a single control plane with surge",
      plainCluster({ controlPlanes: 1 }),
      [
        "KubeadmControlPlane demo/c1-cp has one machine. A second one joins first (maxSurge 1), then the old one leaves: the API stays up but for the moments in which etcd's leadership and the endpoint move from the old machine to the new one.",
      ],
    ],
    [
      "a single control plane without surge",
      plainCluster({ controlPlanes: 1, controlPlane: { maxSurge: 0 } }),
      [
        "KubeadmControlPlane demo/c1-cp has one machine and maxSurge 0, and KubeadmControlPlane does not scale in below three: the rollout would not begin. Set maxSurge to 1.",
      ],
    ],
    [
      "a single control plane in a topology",
      topologyCluster({ controlPlanes: 1 }),
      [
        "KubeadmControlPlane demo/c1-cp has one machine. A second one joins first (maxSurge 1), then the old one leaves: the API stays up but for the moments in which etcd's leadership and the endpoint move from the old machine to the new one.",
      ],
    ],
    ["a single control plane that stays", plainCluster({ controlPlanes: 1, version: "v1.35.2", pools: [{ version: "v1.34.0" }] }), []],
    [
      "two control planes",
      plainCluster({ controlPlanes: 2 }),
      ["KubeadmControlPlane demo/c1-cp has 2 machines, an even number: etcd's quorum bears the loss of none of them, as with 1."],
    ],
    [
      "four control planes",
      plainCluster({ controlPlanes: 4 }),
      ["KubeadmControlPlane demo/c1-cp has 4 machines, an even number: etcd's quorum bears the loss of 1 machine of them, as with 3."],
    ],
    ["no machines of its own", plainCluster({ controlPlanes: 0 }), []],
    [
      "a deferred pool",
      topologyCluster({ topology: { pools: deferred } }),
      [
        "MachineDeployment demo/c1-md-0 is deferred by annotation and stays behind until the annotation is removed; the upgrade is not proven, and Cluster API refuses the next one, before that.",
      ],
    ],
    [
      "a pool that is replaced on deletion",
      plainCluster({ pools: [{ overrides: { strategy: "OnDelete" } }] }),
      ["MachineDeployment demo/md-0 has the strategy OnDelete: its machines are replaced only when somebody deletes them."],
    ],
    ["one that is there", plainCluster({ version: "v1.35.0", pools: [{ version: "v1.35.2", overrides: { strategy: "OnDelete" } }] }), []],
    [
      "a MachinePool",
      plainCluster({ pools: [{ kind: "MachinePool", overrides: { machineTemplate: undefined, strategy: "OnDelete" } }] }),
      [
        "MachinePool demo/md-0 is a MachinePool: how its machines are replaced (drain, surge, order) is up to its infrastructure provider, not to Cluster API.",
      ],
    ],
    [
      "a MachinePool whose image names the version",
      plainCluster({ pools: [{ kind: "MachinePool", images: ["img:v1.34.0", "other:v1.33.0"] }] }),
      [
        "MachinePool demo/md-0 is a MachinePool: spec.template.spec.customImage of DockerMachineTemplate names img:v1.34.0 and must be changed with it; how its machines are replaced (drain, surge, order) is up to its infrastructure provider, not to Cluster API.",
      ],
    ],
    [
      "a MachinePool of a topology",
      topologyCluster({ pools: [{ kind: "MachinePool", images: ["img:v1.34.0"] }] }),
      [
        "MachinePool demo/c1-md-0 is a MachinePool: how its machines are replaced (drain, surge, order) is up to its infrastructure provider, not to Cluster API.",
      ],
    ],
    ["a MachinePool that is there", plainCluster({ version: "v1.35.0", pools: [{ kind: "MachinePool", version: "v1.35.2" }] }), []],
    [
      "a pool without a version",
      plainCluster({ pools: [{ overrides: { version: undefined } }] }),
      [
        "MachineDeployment demo/md-0 has no version of its own; what its machines run is decided by their image, and this upgrade leaves it alone.",
      ],
    ],
    [
      "a machine that belongs to no pool",
      plainCluster({ overrides: { machines: [...plainCluster().machines, machine("alone", "v1.34.0")] } }),
      ["Machine demo/alone belongs to no control plane or pool: this upgrade leaves it at v1.34.0."],
    ],
    [
      "a worker that is not available",
      plainCluster({ pools: [{ overrides: { replicas: { desired: 2, current: 2, ready: 1, available: 1, upToDate: 2 } } }] }),
      ["MachineDeployment demo/md-0 has 1 of 2 replicas available before the upgrade begins; it ends only when all are."],
    ],
    [
      "old kubelets that Cluster API leaves behind",
      topologyCluster({ version: "v1.24.0", topology: { classVersions: ["v1.24.0", "v1.25.0", "v1.26.0", "v1.27.0"] } }),
      [
        "Cluster API keeps the workers at v1.24.0 until the control plane is at v1.27.0, which is more than the Kubernetes skew policy allows for kubelets before v1.25. Go in smaller steps.",
      ],
      { target: "v1.27.0", via: [] },
    ],
    [
      "versions that nobody asks for",
      topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.0"] } }),
      ["--via is not used: ClusterClass quick-start lists the versions, and Cluster API chooses the last of each minor."],
      { target: "v1.36.0", via: ["v1.35.2"] },
    ],
    [
      "a variable of the class that names the version",
      topologyCluster({
        topology: { variables: variableTexts({ osImage: "ubuntu-v1.34.0", addon: "x", "md-0/vmTemplate/name": "t-v1.34.0" }) },
      }),
      [
        "variable osImage is ubuntu-v1.34.0, which names v1.34.0, and stays so: if its ClusterClass takes the machine image from it, machines of v1.35.2 would boot the old one. Let a ReleaseCatalog name that variable for its images (docs/releases.md), or change it together with the version.",
        "name of variable vmTemplate of pool md-0 is t-v1.34.0, which names v1.34.0, and stays so: if its ClusterClass takes the machine image from it, machines of v1.35.2 would boot the old one. Let a ReleaseCatalog name that variable for its images (docs/releases.md), or change it together with the version.",
      ],
    ],
    [
      "a variable that gets its image",
      topologyCluster({ topology: { variables: variableTexts({ osImage: "ubuntu-v1.34.0" }) } }),
      [],
      { target: "v1.35.2", via: [], images: imageCatalog({ "v1.34.0": ["ubuntu-v1.34.0"], "v1.35.2": ["ubuntu-b"] }) },
    ],
    [
      "an image for a variable that the cluster does not set",
      topologyCluster(),
      [
        "ReleaseCatalog default has ami-2 as the image of v1.35.2 for DockerMachineTemplate in variable osImage, which Cluster demo/c1 does not set for gpu (with a text at /id): the image is what its ClusterClass makes of the version.",
      ],
      {
        target: "v1.35.2",
        via: [],
        images: imageCatalog({ "v1.35.2": [{ image: "ami-2", variable: { name: "osImage", path: "/id", part: "gpu" } }] }),
      },
    ],
    [
      "a chain that a variable stands in the way of",
      topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.0"], variables: variableTexts({ osImage: "ami-1" }) } }),
      [
        "ClusterClass quick-start lists the versions, and Cluster API could go through them after one write; variable osImage can hold the image of only one of them, so each minor is a write of its own, and the workers roll each time.",
      ],
      { target: "v1.36.0", via: [], images: imageCatalog({ "v1.34.0": ["ami-1"], "v1.35.2": ["ami-2"], "v1.36.0": ["ami-3"] }) },
    ],
    [
      "pools alone",
      plainCluster({ overrides: { controlPlane: undefined } }),
      [
        "The cluster has no control plane object; only its pools are upgraded. What its API server runs is not known: see to it that no kubelet becomes newer.",
      ],
    ],
    [
      "a workload cluster out of reach",
      plainCluster({ overrides: { workload: { state: "unreachable", message: "connection refused" } } }),
      [
        "The workload cluster cannot be reached (connection refused); until it can, the proof stays unknown: nobody can ask its API server and nodes.",
      ],
    ],
    [
      "a workload cluster that was not read",
      plainCluster({ overrides: { workload: { state: "not-read", message: "secrets is forbidden" } } }),
      [
        "The workload cluster was not read (secrets is forbidden); until it is, the proof stays unknown: nobody has asked its API server and nodes.",
      ],
    ],
    [
      "what could not be seen",
      plainCluster({
        overrides: {
          gaps: (["forbidden", "not-found", "not-served", "unreachable", "timeout", "unreadable"] as const).map((kind) => {
            return { kind, what: kind, message: "why" };
          }),
        },
      }),
      ["Not seen: forbidden (why).", "Not seen: timeout (why).", "Not seen: unreadable (why)."],
    ],
  ];
  it.each(rows.map(([name, snapshot, expected, request]) => ({ name, snapshot, expected, request })))(
    "$name",
    ({ snapshot, expected, request }) => {
      expect(warnings(snapshot, request)).toEqual(expected);
    },
  );

  it("does not doubt an API server that tells its version", () => {
    const { machines } = plainCluster();
    const snapshot = plainCluster({ overrides: { controlPlane: undefined, workload: reachable(machines, "v1.35.2") } });
    expect(warnings(snapshot)).toEqual(["The cluster has no control plane object; only its pools are upgraded."]);
  });

  it("tells of an image of the catalog that a template has no field for", () => {
    const images = imageCatalog({ "v1.35.2": ["ami-2"] });
    expect(warnings(plainCluster({ controlPlanes: 3, pools: [] }), { ...TO_35, images })).toEqual([
      "ReleaseCatalog default has ami-2 as the image of v1.35.2 for DockerMachineTemplate, and DockerMachineTemplate demo/c1-cp has no field for it: it stays as it is. If it has one, set path of that image.",
    ]);
    expect(warnings(topologyCluster(), { ...TO_35, images })).toEqual([]);
  });

  it("bears no template at all", () => {
    expect(warnings(plainCluster({ controlPlane: { machineTemplate: machineTemplate("x") } }))).toEqual([]);
  });
});
