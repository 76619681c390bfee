import { clusterClass, topologyCluster, type TopologyPool } from "../manifests.ts";
import { machines, says, settledAt } from "../predicates.ts";
import type { Manifest, Scenario, Step } from "../scenario.ts";
import type { State } from "../state.ts";

const from = "v1.34.0";
const to = "v1.35.2";

function setup(controlPlanes: number, pools: readonly TopologyPool[], annotations?: Readonly<Record<string, string>>): readonly Manifest[] {
  return [...clusterClass(), topologyCluster(from, controlPlanes, pools, annotations)];
}

function version(value: string): Step {
  return { do: "patch", kind: "Cluster", name: "demo", body: { spec: { topology: { version: value } } } };
}

/** The object of a kind that belongs to the topology: its name is made up. */
function only(kind: "KubeadmControlPlane" | "MachineDeployment"): (state: State) => string {
  return (state) => state.all(kind)[0]?.metadata.name ?? "";
}

function pools(
  ...of: readonly [name: string, replicas: number, annotations?: Readonly<Record<string, string>>][]
): readonly TopologyPool[] {
  return of.map(([name, replicas, annotations]) => ({ name, replicas, ...(annotations === undefined ? {} : { annotations }) }));
}

const defer = { "topology.cluster.x-k8s.io/defer-upgrade": "" };
const hold = { "topology.cluster.x-k8s.io/hold-upgrade-sequence": "" };

export const topologyScenarios: readonly Scenario[] = [
  {
    name: "topology-one-control-plane",
    about: "A minor, one control plane and one worker.",
    setup: setup(1, pools(["md-0", 1])),
    steps: [version(to), { do: "until", predicate: settledAt(to) }],
  },
  {
    name: "topology-three-control-planes",
    about: "A minor, three control planes and two pools.",
    setup: setup(3, pools(["md-0", 2], ["md-1", 1])),
    steps: [version(to), { do: "until", predicate: settledAt(to) }],
  },
  {
    name: "topology-patch-version",
    about: "A patch release.",
    setup: setup(1, pools(["md-0", 2])),
    steps: [version("v1.34.2"), { do: "until", predicate: settledAt("v1.34.2") }],
  },
  {
    name: "topology-patch-version-three-control-planes",
    about: "A patch release, three control planes.",
    setup: setup(3, pools(["md-0", 1])),
    steps: [version("v1.34.2"), { do: "until", predicate: settledAt("v1.34.2") }],
  },
  {
    name: "topology-chained-minors",
    about: "Three minors in one write, by the versions of the ClusterClass.",
    setup: [...clusterClass([from, to, "v1.36.1", "v1.37.0"]), topologyCluster(from, 1, pools(["md-0", 1]))],
    steps: [version("v1.37.0"), { do: "until", predicate: settledAt("v1.37.0") }],
  },
  {
    name: "topology-defer-upgrade",
    about: "A pool is deferred, and let go later.",
    setup: setup(1, pools(["md-0", 1, defer], ["md-1", 1])),
    steps: [
      version(to),
      { do: "until", predicate: says("Cluster", "TopologyReconciled", "False", "MachineDeploymentsUpgradeDeferred") },
      { do: "wait", seconds: 5 },
      { do: "apply", objects: [topologyCluster(to, 1, pools(["md-0", 1], ["md-1", 1]))] },
      { do: "until", predicate: settledAt(to) },
    ],
  },
  {
    name: "topology-hold-upgrade-sequence",
    about: "The second of three pools holds itself and the third.",
    setup: setup(1, pools(["md-0", 1], ["md-1", 1, hold], ["md-2", 1])),
    steps: [
      version(to),
      { do: "until", predicate: machines("md-0", to) },
      { do: "until", predicate: says("Cluster", "TopologyReconciled", "False", "MachineDeploymentsUpgradeDeferred") },
      { do: "wait", seconds: 5 },
      { do: "apply", objects: [topologyCluster(to, 1, pools(["md-0", 1], ["md-1", 1], ["md-2", 1]))] },
      { do: "until", predicate: settledAt(to) },
    ],
  },
  {
    name: "topology-upgrade-concurrency",
    about: "Two of three pools at a time.",
    setup: setup(1, pools(["md-0", 1], ["md-1", 1], ["md-2", 1]), { "topology.cluster.x-k8s.io/upgrade-concurrency": "2" }),
    steps: [version(to), { do: "until", predicate: settledAt(to) }],
  },
  {
    name: "topology-wedge",
    about: "Somebody edits the control plane's version: nothing rolls, nothing can be changed, until it is put back.",
    setup: setup(1, pools(["md-0", 1])),
    steps: [
      { do: "patch", kind: "KubeadmControlPlane", name: only("KubeadmControlPlane"), body: { spec: { version: "v1.34.2" } } },
      { do: "until", predicate: says("Cluster", "TopologyReconciled", "False", "ReconcileFailed") },
      { do: "wait", seconds: 5 },
      { do: "refused", write: { do: "patch", kind: "Cluster", name: "demo", body: { spec: { topology: { version: to } } } } },
      { do: "patch", kind: "KubeadmControlPlane", name: only("KubeadmControlPlane"), body: { spec: { version: from } } },
      { do: "until", predicate: says("Cluster", "TopologyReconciled", "True", "ReconcileSucceeded") },
    ],
  },
  {
    name: "topology-pool-wedge",
    about: "Somebody edits a pool's version: it is not put back either; nothing rolls, nothing can be changed, until it is.",
    setup: setup(1, pools(["md-0", 1])),
    steps: [
      {
        do: "patch",
        kind: "MachineDeployment",
        name: only("MachineDeployment"),
        body: { spec: { template: { spec: { version: "v1.34.2" } } } },
      },
      { do: "until", predicate: says("Cluster", "TopologyReconciled", "False", "ReconcileFailed") },
      { do: "wait", seconds: 8 },
      { do: "refused", write: { do: "patch", kind: "Cluster", name: "demo", body: { spec: { topology: { version: to } } } } },
      {
        do: "patch",
        kind: "MachineDeployment",
        name: only("MachineDeployment"),
        body: { spec: { template: { spec: { version: from } } } },
      },
      { do: "until", predicate: settledAt(from) },
    ],
  },
  {
    name: "topology-pool-edit-put-back",
    about: "Somebody scales a pool by hand: the topology's number comes back.",
    setup: setup(1, pools(["md-0", 2])),
    steps: [
      { do: "patch", kind: "MachineDeployment", name: only("MachineDeployment"), body: { spec: { replicas: 3 } } },
      { do: "wait", seconds: 10 },
      { do: "until", predicate: settledAt(from) },
    ],
  },
  {
    name: "topology-scale",
    about: "A pool is scaled up and down, another is added and removed.",
    setup: setup(1, pools(["md-0", 1])),
    steps: [
      { do: "apply", objects: [topologyCluster(from, 1, pools(["md-0", 3], ["md-1", 1]))] },
      { do: "until", predicate: machines("md-1", from) },
      { do: "until", predicate: settledAt(from) },
      { do: "apply", objects: [topologyCluster(from, 1, pools(["md-0", 1]))] },
      { do: "wait", seconds: 5 },
      { do: "until", predicate: settledAt(from) },
    ],
  },
  {
    name: "topology-deletion",
    about: "A cluster is deleted.",
    setup: setup(3, pools(["md-0", 2])),
    steps: [
      { do: "delete", kind: "Cluster", name: "demo" },
      { do: "until", predicate: { name: "nothing left", holds: (state) => state.all("Cluster").length === 0 } },
    ],
  },
];
