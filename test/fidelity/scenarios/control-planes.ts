import { machineTemplate, plainCluster, plainPool } from "../manifests.ts";
import { machineNames, machines, ownerAt, settledAt } from "../predicates.ts";
import type { Scenario, Step } from "../scenario.ts";

const from = "v1.34.0";
const to = "v1.35.2";

/** Version and machine template in one patch, as Cluster API's book has it. */
function upgrade(version: string, startupDuration = "1s"): readonly Step[] {
  return [
    { do: "apply", objects: [machineTemplate(`demo-cp-${version.replaceAll(".", "-")}`, startupDuration)] },
    {
      do: "patch",
      kind: "KubeadmControlPlane",
      name: "demo-cp",
      body: { spec: { version, machineTemplate: { spec: { infrastructureRef: { name: `demo-cp-${version.replaceAll(".", "-")}` } } } } },
    },
    { do: "wait", seconds: 2 },
  ];
}

function rolling(maxSurge: number): Readonly<Record<string, unknown>> {
  return { rollout: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge } } } };
}

export const controlPlaneScenarios: readonly Scenario[] = [
  ...[1, 3, 5].map((replicas): Scenario => ({
    name: `control-plane-of-${replicas}`,
    about: `A minor with another machine template, ${replicas} control planes.`,
    setup: plainCluster(from, replicas),
    steps: [...upgrade(to), { do: "until", predicate: settledAt(to) }],
  })),
  {
    name: "control-plane-scale-in",
    about: "maxSurge 0: one machine less while it rolls.",
    setup: plainCluster(from, 3, rolling(0)),
    steps: [...upgrade(to), { do: "until", predicate: settledAt(to) }],
  },
  {
    name: "control-plane-scale",
    about: "From one to three and back.",
    setup: plainCluster(from, 1),
    steps: [
      { do: "patch", kind: "KubeadmControlPlane", name: "demo-cp", body: { spec: { replicas: 3 } } },
      { do: "until", predicate: ownerAt("control plane", from, 3) },
      { do: "until", predicate: settledAt(from) },
      { do: "patch", kind: "KubeadmControlPlane", name: "demo-cp", body: { spec: { replicas: 1 } } },
      { do: "until", predicate: ownerAt("control plane", from, 1) },
      { do: "until", predicate: settledAt(from) },
    ],
  },
  {
    name: "control-plane-paused-midway",
    about: "The annotation that pauses is set when the first new machine is there, and taken away later.",
    setup: plainCluster(from, 3),
    steps: [
      // The pause comes before the new machine is up, also on a busy machine.
      ...upgrade(to, "6s"),
      { do: "until", predicate: machines("control plane", to) },
      {
        do: "patch",
        kind: "KubeadmControlPlane",
        name: "demo-cp",
        body: { metadata: { annotations: { "cluster.x-k8s.io/paused": "" } } },
      },
      { do: "wait", seconds: 10 },
      {
        do: "patch",
        kind: "KubeadmControlPlane",
        name: "demo-cp",
        body: { metadata: { annotations: { "cluster.x-k8s.io/paused": null } } },
      },
      { do: "until", predicate: settledAt(to) },
    ],
  },
  {
    name: "control-plane-machine-deleted",
    about: "Somebody deletes a control plane machine: another takes its place.",
    setup: plainCluster(from, 3),
    steps: [
      { do: "delete", kind: "Machine", name: (state) => machineNames(state, "control plane")[0] ?? "" },
      { do: "wait", seconds: 3 },
      { do: "until", predicate: settledAt(from) },
    ],
  },
  {
    name: "plain-deletion",
    about: "A cluster without a topology is deleted.",
    setup: [...plainCluster(from, 3), ...plainPool({ name: "a", version: from, replicas: 2 })],
    steps: [
      { do: "delete", kind: "Cluster", name: "demo" },
      { do: "until", predicate: { name: "nothing left", holds: (state) => state.all("Cluster").length === 0 } },
    ],
  },
];
