import type { AllowedDifference } from "./allowed-differences.ts";

/**
 * Differences that nobody meant: where the sandbox falls short of Cluster API v1.14, or where the recordings are too few to tell. Each is work; whoever mends
 * one takes its entry away (the test fails on entries that no longer occur). What is meant to be stands in allowed-differences.ts instead.
 */
export const openDifferences: readonly AllowedDifference[] = [
  {
    what: /^Machine conditions$/,
    kind: "missing",
    value:
      /^(BootstrapConfigReady|InfrastructureReady)=False\/(ObjectDeleted|ObjectDoesNotExist)$|^Node(Ready|Healthy)=False\/NodeDeleted$|=False\/Deleting$|^EtcdMemberHealthy=False\/NotHealthy$|^Ready=Unknown\/ReadyUnknown$/,
    reason: "a machine whose parts are gone already: the real one is written between their deletions, the sandbox's one after all of them",
  },
  {
    what: /^(Cluster|KubeadmControlPlane|MachineDeployment|MachineSet) conditions$/,
    kind: "missing",
    value:
      /(MachinesReady|Available|Healthy)=(Unknown|False)\/(ReadyUnknown|NotReady|HealthUnknown|NotHealthy|NotAvailable|AvailableUnknown)$/,
    reason:
      "what owners sum up of machines that come or leave: seen by real owners between two writes of a machine that the sandbox makes in one",
  },
  {
    what: /^(Cluster|KubeadmControlPlane|MachineDeployment) (conditions|messages)$/,
    kind: "missing",
    value:
      /Deletion in progress|Deleting N MachineSet|BeforeClusterDelete|WaitingForBeforeDeleteHook|WaitingForWorkersDeletion|deletion blocked/,
    reason: "stages of an owner's deletion that the sandbox passes in one go",
  },
  {
    scenario: /^(topology|control-plane|refused-topology)-/,
    what: /^control plane: fewest Ready$/,
    kind: "other value",
    reason:
      "the new machine gets Ready and the old one loses it in the same second: the real old one's metadata is written twice before its status, so that the new one is first; the sandbox's old one is first",
  },
  {
    what: /^Machine (conditions|messages)$/,
    kind: "unexpected",
    value: /^Deleting=True(\/DrainingNode|: Drain not completed yet|: Pods? kube-system\/coredns-)/,
    reason: "not judged: the sandbox's nodes run coredns, whose pods a drain waits for; those of the in-memory provider run nothing",
  },
  {
    scenario: /^(topology-pool-edit-put-back|pool-rolled-back-midway)$/,
    what: /^Machine conditions$/,
    reason:
      "a machine that is deleted before its Node is there: the real one is seen waiting for its connection to the workload cluster, the sandbox's one without its parts; which comes first depends on how fast the provider is",
    value: /InspectionFailed$|ObjectDoesNotExist$/,
  },
  {
    scenario: /^topology-scale$/,
    what: /^Cluster (conditions|messages)$/,
    value: /ScalingUpUnknown$|Condition Available not yet reported$/,
    reason:
      "a pool without conditions yet, seen by the Cluster's controller: in reality in some runs only, in the sandbox never in this scenario",
  },
  {
    scenario: /^pool-/,
    what: /^(Cluster|MachineDeployment|MachineSet) conditions$/,
    kind: "unexpected",
    value: /^(WorkerMachinesReady|MachinesReady)=Unknown\/ReadyUnknown$/,
    reason:
      "a machine that has no Ready condition yet, seen by its owners: the sandbox's owners look within the same moment, the real ones in some runs only",
  },
  {
    scenario: /^pool-machine-health-check$/,
    what: /^MachineDeployment messages$/,
    kind: "missing",
    value: /not to be remediated by MachineDeployment/,
    reason: "cause not looked into: the moment between a machine being found unhealthy and being chosen for remediation",
  },
];
