/** The order in which Cluster API keeps `status.conditions` (util/conditions/sort.go at v1.14); types it does not know stand before Paused, by name. */
const order = [
  "Available",
  "Ready",
  "UpToDate",
  "RemoteConnectionProbe",
  "BootstrapConfigReady",
  "InfrastructureReady",
  "ControlPlaneInitialized",
  "ControlPlaneAvailable",
  "WorkersAvailable",
  "CertificatesAvailable",
  "Initialized",
  "EtcdClusterHealthy",
  "ControlPlaneComponentsHealthy",
  "NodeHealthy",
  "NodeReady",
  "NodeKubeadmLabelsAndTaintsSet",
  "EtcdPodHealthy",
  "EtcdMemberHealthy",
  "APIServerPodHealthy",
  "ControllerManagerPodHealthy",
  "SchedulerPodHealthy",
  "HealthCheckSucceeded",
  "OwnerRemediated",
  "TopologyReconciled",
  "Updating",
  "RollingOut",
  "Remediating",
  "ScalingDown",
  "ScalingUp",
  "MachinesReady",
  "ControlPlaneMachinesReady",
  "WorkerMachinesReady",
  "MachinesUpToDate",
  "ControlPlaneMachinesUpToDate",
  "WorkerMachinesUpToDate",
] as const;
const last = ["Paused", "Deleting"] as const;

const ranks: ReadonlyMap<string, number> = new Map([
  ...order.map((type, rank) => [type, rank] as const),
  ...last.map((type, rank) => [type, order.length + 1 + rank] as const),
]);

export function conditionRank(type: string): number {
  return ranks.get(type) ?? order.length;
}
