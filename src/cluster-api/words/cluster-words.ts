import { forHowLong, oneLine, pointsOf, type WordRule } from "./word-rule.ts";

/** Cluster API `core/reconcilers/topology/cluster/status.go` and `core/reconcilers/cluster/cluster_controller_status.go`. */
export const CLUSTER_WORDS: readonly WordRule[] = [
  {
    types: ["TopologyReconciled"],
    status: ["False"],
    reasons: ["ReconcileFailed"],
    // The first form without, the second with a list of versions in the ClusterClass.
    message:
      /invalid ControlPlane upgrade plan: (?:item \d+; version (?<lower>\S+) must be greater than (?<edited>\S+)|control plane upgrade plan must end with version (?<end>\S+), ends with (?<instead>\S+) instead)/,
    standing: "blocked",
    say: (_, { lower, edited, end, instead }) =>
      `the topology is wedged: its version is ${lower ?? end ?? ""}, somebody set the control plane object itself to ${edited ?? instead ?? ""}, and Cluster API can go neither way`,
    remedy: "Put spec.version of the control plane object back to the version of the topology; `capi-gitops repair` does it.",
  },
  {
    types: ["TopologyReconciled"],
    status: ["False"],
    reasons: ["ReconcileFailed"],
    standing: "failed",
    say: ({ condition }) => `the topology could not be applied: ${oneLine(condition.message)}`,
  },
  {
    types: ["TopologyReconciled"],
    status: ["False"],
    reasons: ["ClusterUpgrading"],
    message: /(?:hooks?|annotations?) .*blocking|blocking|hook/i,
    standing: "waiting",
    say: ({ condition }) => `a lifecycle hook holds the upgrade: ${pointsOf(condition.message)[0] ?? ""}`,
    remedy: "The extension (or whoever set a before-upgrade.hook… annotation on the Cluster) has to let it go.",
  },
  {
    types: ["TopologyReconciled"],
    status: ["False"],
    reasons: ["ClusterUpgrading"],
    standing: "moving",
    say: ({ condition }) => `it is being upgraded: ${pointsOf(condition.message).join("; ")}`,
  },
  {
    types: ["TopologyReconciled"],
    status: ["False"],
    reasons: ["MachineDeploymentsUpgradeDeferred", "MachinePoolsUpgradeDeferred"],
    standing: "blocked",
    say: ({ condition }) => `pools are held back by annotation: ${pointsOf(condition.message).at(-1) ?? ""}`,
    remedy:
      "Remove topology.cluster.x-k8s.io/defer-upgrade or hold-upgrade-sequence from the pool in spec.topology.workers; until then the version cannot be changed again either.",
  },
  {
    types: ["TopologyReconciled"],
    status: ["False"],
    reasons: ["ClusterClassNotReconciled"],
    standing: "waiting",
    say: (context) => `its ClusterClass has not been reconciled${forHowLong(context)}`,
    remedy: "Look at the conditions of the ClusterClass: it is paused, or its variables or references are refused.",
  },
  {
    types: ["TopologyReconciled"],
    status: ["False"],
    reasons: ["ClusterCreating"],
    standing: "moving",
    say: ({ condition }) => `it is being created: ${oneLine(condition.message)}`,
  },
  {
    types: ["TopologyReconciled", "Paused"],
    status: ["False", "True"],
    reasons: ["Paused"],
    standing: "blocked",
    say: () => "Cluster API does nothing to it while it is paused",
    remedy: "Remove spec.paused of the Cluster, or the annotation cluster.x-k8s.io/paused, when the reason for it is gone.",
  },
  {
    types: ["RemoteConnectionProbe"],
    status: ["False"],
    standing: "waiting",
    say: (context) => `Cluster API has not reached its API server${forHowLong(context)}: ${oneLine(context.condition.message)}`,
    remedy: "Machines are still replaced as far as that needs no look at nodes; restore the API server, or the network to it, first.",
  },
  {
    types: ["Deleting"],
    status: ["True"],
    standing: "moving",
    say: (context) =>
      `it is being deleted${forHowLong(context)}${context.condition.message ? `: ${pointsOf(context.condition.message).join("; ")}` : ""}`,
  },
  {
    types: ["InfrastructureReady"],
    status: ["False", "Unknown"],
    standing: "waiting",
    say: (context) => `its infrastructure has not been ready${forHowLong(context)}: ${pointsOf(context.condition.message).join("; ")}`,
  },
  {
    types: ["ControlPlaneInitialized"],
    status: ["False", "Unknown"],
    standing: "waiting",
    say: (context) => `its control plane has not come up${forHowLong(context)}: ${oneLine(context.condition.message)}`,
  },
];
