import { forHowLong, oneLine, pointsOf, type WordRule } from "./word-rule.ts";

/** The clause of a message that tells what a scale operation waits for. */
const BLOCKED = /is blocked because:?\s+(?<why>[\s\S]+)$/;

/**
 * Control planes, MachineDeployments and MachineSets: Cluster API `controlplane/kubeadm/…/status.go` and `preflight.go`,
 * `core/reconcilers/machinedeployment/machinedeployment_status.go`, `core/reconcilers/machineset/machineset_preflight.go`.
 */
export const OWNER_WORDS: readonly WordRule[] = [
  {
    types: ["ScalingUp"],
    status: ["True"],
    message: /version \((?<own>\S+)\) and ControlPlane version \((?<plane>\S+)\)[\s\S]*"KubeadmVersionSkew" preflight check failed/,
    standing: "blocked",
    say: (_, { own, plane }) =>
      `no machine of version ${own} can be created any more: kubeadm joins only the minor version of the control plane, which is at ${plane}`,
    remedy:
      "Let the pool go on to the version of the control plane. Only a pool that must grow at its old version needs the annotation machineset.cluster.x-k8s.io/skip-preflight-checks.",
  },
  {
    types: ["ScalingUp"],
    status: ["True"],
    message: /version \((?<own>\S+)\) and ControlPlane version \((?<plane>\S+)\)[\s\S]*"KubernetesVersionSkew" preflight check failed/,
    standing: "blocked",
    say: (_, { own, plane }) =>
      `no machine of version ${own} may join a control plane at ${plane}: that breaks the Kubernetes version skew policy`,
    remedy: "Upgrade the pool to a version that the skew policy allows.",
  },
  {
    types: ["ScalingUp"],
    status: ["True"],
    message: /"(?:ControlPlaneIsStable|ControlPlaneVersionSkew)" preflight check failed/,
    standing: "waiting",
    say: ({ condition }) => `no machine is created until the control plane is done: ${whyBlocked(condition.message)}`,
  },
  {
    types: ["ScalingUp", "ScalingDown", "RollingOut"],
    status: ["True"],
    message: /waiting for a control plane Machine to complete deletion/,
    standing: "waiting",
    say: ({ condition }) => `the next machine waits until the one that is being deleted is gone: ${whyBlocked(condition.message)}`,
    remedy: "Look at the Deleting condition of that Machine: usually a PodDisruptionBudget holds its drain.",
  },
  {
    types: ["ScalingUp", "ScalingDown"],
    status: ["True"],
    message: BLOCKED,
    standing: "waiting",
    say: ({ condition }) => `its preflight checks hold it: ${whyBlocked(condition.message)}`,
  },
  {
    types: ["ScalingUp", "ScalingDown"],
    status: ["True"],
    message: /in deletion since more than/,
    standing: "blocked",
    say: ({ condition }) => pointsOf(condition.message).join("; "),
    remedy: "Look at the Deleting condition of that Machine.",
  },
  {
    types: ["ScalingUp", "ScalingDown"],
    status: ["False"],
    message: /would be blocked because (?<why>.+)/,
    standing: "failed",
    say: (_, { why }) => `it can create no further machine: ${why}`,
    remedy: "Create the object that it refers to, or correct the reference.",
  },
  {
    types: ["ScalingUp", "ScalingDown"],
    status: ["True"],
    standing: "moving",
    say: ({ condition }) => pointsOf(condition.message).join("; "),
  },
  {
    types: ["RollingOut"],
    status: ["True"],
    standing: "moving",
    say: ({ condition }) => `it is being rolled out: ${oneLine(condition.message)}`,
  },
  {
    types: ["EtcdClusterHealthy", "ControlPlaneComponentsHealthy"],
    status: ["False", "Unknown"],
    standing: "waiting",
    say: (context) =>
      `${context.condition.type === "EtcdClusterHealthy" ? "etcd has" : "its components have"} not been healthy${forHowLong(context)}: ${pointsOf(context.condition.message).join("; ")}`,
    remedy: "No machine of the control plane is replaced until they are.",
  },
  {
    types: ["CertificatesAvailable"],
    status: ["False", "Unknown"],
    standing: "failed",
    say: ({ condition }) => `the certificates of the cluster are missing or cannot be read: ${oneLine(condition.message)}`,
  },
  {
    types: ["Initialized"],
    status: ["False"],
    standing: "waiting",
    say: (context) => `it has not come up${forHowLong(context)}`,
  },
  {
    types: ["Remediating"],
    status: ["True"],
    standing: "moving",
    say: ({ condition }) => `unhealthy machines are being replaced: ${pointsOf(condition.message).join("; ")}`,
  },
  {
    types: ["Available"],
    status: ["False"],
    standing: "waiting",
    say: (context) => `it has not been available${forHowLong(context)}: ${pointsOf(context.condition.message).join("; ")}`,
  },
  {
    types: ["Paused"],
    status: ["True"],
    standing: "blocked",
    say: () => "Cluster API does nothing to it while it is paused",
    remedy: "Remove the annotation cluster.x-k8s.io/paused from it, and spec.paused from the Cluster.",
  },
  {
    types: ["Deleting"],
    status: ["True"],
    standing: "moving",
    say: (context) => `it is being deleted${forHowLong(context)}: ${pointsOf(context.condition.message).join("; ")}`,
  },
];

function whyBlocked(message: string): string {
  return pointsOf(BLOCKED.exec(message)?.groups?.["why"] ?? message).join("; ");
}
