import { drainInWords } from "./drain-in-words.ts";
import { forHowLong, oneLine, pointsOf, type WordRule } from "./word-rule.ts";

/** Cluster API `core/reconcilers/machine/machine_controller_status.go` and `machine_controller.go`. */
export const MACHINE_WORDS: readonly WordRule[] = [
  {
    types: ["Deleting"],
    status: ["True"],
    reasons: ["DrainingNode"],
    message: /cannot evict pod|failed to evict/,
    standing: "blocked",
    say: ({ condition, now }) => drainInWords(condition.message, now),
    remedy:
      "Let the PodDisruptionBudget allow a disruption (more replicas, a lower minAvailable), or bound the wait with nodeDrainTimeoutSeconds on the owner of the machine; machines that are already draining take it up.",
  },
  {
    types: ["Deleting"],
    status: ["True"],
    reasons: ["DrainingNode"],
    standing: "moving",
    say: ({ condition, now }) => drainInWords(condition.message, now),
  },
  {
    types: ["Deleting"],
    status: ["True"],
    reasons: ["WaitingForPreDrainHook", "WaitingForPreTerminateHook"],
    standing: "waiting",
    say: (context, { hooks }) => {
      const step = context.condition.reason === "WaitingForPreDrainHook" ? "its drain" : "its termination";
      return `${hooks ? `hook ${hooks}` : "a hook"} has held back ${step}${forHowLong(context)}`;
    },
    message: /(?:hooks: (?<hooks>[^)]+)\))?$/,
    remedy: "The controller that set the hook's annotation on the Machine removes it when it is done; look at that controller.",
  },
  {
    types: ["Deleting"],
    status: ["True"],
    reasons: ["WaitingForVolumeDetach"],
    standing: "waiting",
    say: (context) => `volumes have been attached to its node since the drain${forHowLong(context)}`,
    remedy: "Look at the CSI driver of the workload cluster; nodeVolumeDetachTimeoutSeconds bounds the wait.",
  },
  {
    types: ["Deleting"],
    status: ["True"],
    reasons: ["WaitingForInfrastructureDeletion", "WaitingForBootstrapDeletion", "DeletingNode", "DeletionCompleted", "Deleting"],
    standing: "moving",
    say: (context) => `it is going away${forHowLong(context)}${context.condition.message ? `: ${oneLine(context.condition.message)}` : ""}`,
  },
  {
    types: ["NodeReady", "NodeHealthy"],
    status: ["Unknown", "False"],
    message: /Waiting for (?:a Node|a node)/,
    standing: "waiting",
    say: (context) => `its instance exists and no node has joined${forHowLong(context)}`,
    remedy:
      "No control plane gives up on this by itself: look at the instance's boot log (image, bootstrap data, reachability of the API server).",
  },
  {
    types: ["NodeReady", "NodeHealthy"],
    status: ["Unknown", "False"],
    message: /Waiting for (?<kind>\S+) to report spec\.providerID/,
    standing: "waiting",
    say: (context, { kind }) => `its ${kind ?? "infrastructure"} has no instance yet${forHowLong(context)}`,
  },
  {
    types: ["NodeReady", "NodeHealthy"],
    status: ["Unknown"],
    reasons: ["ConnectionDown"],
    standing: "waiting",
    say: (context) => `Cluster API has not reached the workload cluster to look at its node${forHowLong(context)}`,
    remedy: "Check the API server of the workload cluster and the kubeconfig Secret of the cluster.",
  },
  {
    types: ["NodeReady", "NodeHealthy"],
    status: ["False"],
    reasons: ["NodeDeleted"],
    standing: "failed",
    say: ({ condition }) => oneLine(condition.message) || "its node was deleted while the machine still exists",
    remedy: "Delete the Machine; its owner creates another one.",
  },
  {
    types: ["NodeReady", "NodeHealthy"],
    status: ["Unknown", "False"],
    standing: "waiting",
    say: (context) => `its node has not been healthy${forHowLong(context)}: ${pointsOf(context.condition.message).join("; ")}`,
  },
  {
    types: ["InfrastructureReady"],
    status: ["Unknown", "False"],
    standing: "waiting",
    say: (context) => `its infrastructure has not been ready${forHowLong(context)}: ${pointsOf(context.condition.message).join("; ")}`,
  },
  {
    types: ["BootstrapConfigReady"],
    status: ["Unknown", "False"],
    standing: "waiting",
    say: (context) => `its bootstrap data has not been ready${forHowLong(context)}: ${pointsOf(context.condition.message).join("; ")}`,
  },
  {
    types: ["UpToDate"],
    status: ["False"],
    reasons: ["NotUpToDate"],
    standing: "waiting",
    say: ({ condition }) => `it will be replaced: ${pointsOf(condition.message).join("; ")}`,
  },
  {
    types: ["Updating"],
    status: ["True"],
    reasons: ["InPlaceUpdateFailed"],
    standing: "failed",
    say: ({ condition }) => `its update in place failed: ${oneLine(condition.message)}`,
  },
  {
    types: ["Updating"],
    status: ["True"],
    standing: "moving",
    say: (context) => `it has been updated in place${forHowLong(context)}`,
  },
  {
    types: ["HealthCheckSucceeded"],
    status: ["False"],
    standing: "failed",
    say: (context) => `it has failed its MachineHealthCheck${forHowLong(context)}: ${oneLine(context.condition.message)}`,
  },
  {
    types: ["OwnerRemediated", "ExternallyRemediated"],
    status: ["False"],
    standing: "waiting",
    say: (context) => `its replacement because of bad health is pending: ${oneLine(context.condition.message)}`,
  },
  {
    types: ["EtcdMemberHealthy", "EtcdPodHealthy", "APIServerPodHealthy", "ControllerManagerPodHealthy", "SchedulerPodHealthy"],
    status: ["False"],
    standing: "waiting",
    say: (context) =>
      `its ${COMPONENTS[context.condition.type] ?? "component"} has not been healthy${forHowLong(context)}: ${oneLine(context.condition.message)}`,
    remedy: "The control plane replaces no further machine until it is; look at the static pods on that node.",
  },
];

const COMPONENTS: Readonly<Record<string, string>> = {
  EtcdMemberHealthy: "etcd member",
  EtcdPodHealthy: "etcd",
  APIServerPodHealthy: "API server",
  ControllerManagerPodHealthy: "controller manager",
  SchedulerPodHealthy: "scheduler",
};
