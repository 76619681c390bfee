import { describe, expect, it } from "vitest";
import type { ConditionSnapshot } from "../upgrade/cluster-snapshot.ts";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { conditionInWords, findingsOf } from "./conditions-in-words.ts";
import { clusterObjects, condition, machine, topologyCluster } from "./testing/objects.ts";

const SINCE = Date.parse("2026-01-02T03:00:00Z");
const NOW = SINCE + 200_000;

function told(kind: string, type: string, status: ConditionSnapshot["status"], reason: string, message: string) {
  const object = { group: "g", kind, namespace: "demo", name: "x" };
  return conditionInWords(object, { type, status, reason, message, since: SINCE }, NOW);
}

// The messages are those of Cluster API v1.14, as its sources build them or as they were seen (cluster-api.md, real-stack.md).
describe("conditionInWords", () => {
  it.each([
    [
      "a drain that a PodDisruptionBudget holds",
      ["Machine", "Deleting", "True", "DrainingNode"],
      "Drain not completed yet (started at 2026-01-02T03:02:20Z):\n* Pods default/web-1, default/web-2: cannot evict pod as it would violate the pod's disruption budget. The disruption budget web needs 8 healthy pods and has 8 currently",
      "blocked",
      "its node has been draining for 60 s: PodDisruptionBudget default/web keeps default/web-1, default/web-2 (it needs 8 healthy pods and has 8)",
    ],
    [
      "a drain that no eviction can ever finish",
      ["Machine", "Deleting", "True", "DrainingNode"],
      "Drain not completed yet (started at 2026-01-02T03:02:20Z):\n* Pod default/web-1: failed to evict Pod, This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      "blocked",
      "its node has been draining for 60 s: default/web-1 is covered by more than one PodDisruptionBudget, and such a pod cannot be evicted at all",
    ],
    [
      "a drain whose evictions are refused for another reason",
      ["Machine", "Deleting", "True", "DrainingNode"],
      "Drain not completed yet (started at 2026-01-02T03:02:20Z):\n* Pod default/web-1: failed to evict Pod, admission webhook denied",
      "blocked",
      "its node has been draining for 60 s: the API server does not evict default/web-1: failed to evict Pod, admission webhook denied",
    ],
    [
      "a drain with several hold-ups",
      ["Machine", "Deleting", "True", "DrainingNode"],
      "Drain not completed yet (started at 2026-01-02T02:00:00Z):\n* Pod a/b: deletionTimestamp set, but still not removed from the Node\n* Pods c/d, c/e, c/f, ... (2 more): waiting for completion\nAfter above Pods have been removed from the Node, the following Pods will be evicted: g/h",
      "moving",
      "its node has been draining for 63 min: a/b was told to stop and is still there; c/d, c/e, c/f, ... (2 more) is left to finish its work",
    ],
    ["a drain without details", ["Machine", "Deleting", "True", "DrainingNode"], "", "moving", "its node has been draining"],
    [
      "a hook before the drain",
      ["Machine", "Deleting", "True", "WaitingForPreDrainHook"],
      "Waiting for pre-drain hooks to succeed (hooks: x/y,z)",
      "waiting",
      "hook x/y,z has held back its drain for 3 min",
    ],
    [
      "a hook before the end",
      ["Machine", "Deleting", "True", "WaitingForPreTerminateHook"],
      "",
      "waiting",
      "a hook has held back its termination for 3 min",
    ],
    [
      "volumes",
      ["Machine", "Deleting", "True", "WaitingForVolumeDetach"],
      "Waiting for Node volumes to be detached (started at 2026-01-02T03:00:00Z)",
      "waiting",
      "volumes have been attached to its node since the drain for 3 min",
    ],
    [
      "an instance that no node came of",
      ["Machine", "NodeReady", "Unknown", "InspectionFailed"],
      "Waiting for a Node with spec.providerID in-memory://x to exist",
      "waiting",
      "its instance exists and no node has joined for 3 min",
    ],
    [
      "no instance yet",
      ["Machine", "NodeHealthy", "Unknown", "InspectionFailed"],
      "Waiting for DevMachine to report spec.providerID",
      "waiting",
      "its DevMachine has no instance yet for 3 min",
    ],
    [
      "no connection to the workload cluster",
      ["Machine", "NodeHealthy", "Unknown", "ConnectionDown"],
      "Last successful probe at 2026-01-02T03:00:00Z",
      "waiting",
      "Cluster API has not reached the workload cluster to look at its node for 3 min",
    ],
    [
      "a lost node",
      ["Machine", "NodeHealthy", "False", "NodeDeleted"],
      "Node n has been deleted while the Machine still exists",
      "failed",
      "Node n has been deleted while the Machine still exists",
    ],
    [
      "an unhealthy node",
      ["Machine", "NodeHealthy", "False", "NodeNotHealthy"],
      "* Node.DiskPressure: kubelet has disk pressure",
      "waiting",
      "its node has not been healthy for 3 min: Node.DiskPressure: kubelet has disk pressure",
    ],
    [
      "an outdated machine",
      ["Machine", "UpToDate", "False", "NotUpToDate"],
      "* Version v1.34.0, v1.35.2 required",
      "waiting",
      "it will be replaced: Version v1.34.0, v1.35.2 required",
    ],
    [
      "an etcd member",
      ["Machine", "EtcdMemberHealthy", "False", "NotHealthy"],
      "Waiting for learner etcd member to be promoted",
      "waiting",
      "its etcd member has not been healthy for 3 min: Waiting for learner etcd member to be promoted",
    ],
    [
      "the wedge",
      ["Cluster", "TopologyReconciled", "False", "ReconcileFailed"],
      "error computing the desired state of the Cluster topology: invalid ControlPlane upgrade plan: item 0; version v1.34.0 must be greater than v1.34.2",
      "blocked",
      "the topology is wedged: its version is v1.34.0, somebody set the control plane object itself to v1.34.2, and Cluster API can go neither way",
    ],
    [
      "the wedge of a class that lists its versions",
      ["Cluster", "TopologyReconciled", "False", "ReconcileFailed"],
      "error computing the desired state of the Cluster topology: invalid ControlPlane upgrade plan: control plane upgrade plan must end with version v1.34.0, ends with v1.34.2 instead",
      "blocked",
      "the topology is wedged: its version is v1.34.0, somebody set the control plane object itself to v1.34.2, and Cluster API can go neither way",
    ],
    [
      "another failure",
      ["Cluster", "TopologyReconciled", "False", "ReconcileFailed"],
      "error reading the ClusterClass:\nnot found",
      "failed",
      "the topology could not be applied: error reading the ClusterClass: not found",
    ],
    [
      "an upgrade",
      ["Cluster", "TopologyReconciled", "False", "ClusterUpgrading"],
      "Cluster is upgrading to v1.37.0\n  * KubeadmControlPlane upgrading to version v1.35.2 (v1.36.1, v1.37.0 pending)\n  * MachineDeployment md-0 pending upgrade to version v1.37.0",
      "moving",
      "it is being upgraded: KubeadmControlPlane upgrading to version v1.35.2 (v1.36.1, v1.37.0 pending); MachineDeployment md-0 pending upgrade to version v1.37.0",
    ],
    [
      "a hook",
      ["Cluster", "TopologyReconciled", "False", "ClusterUpgrading"],
      "Cluster is upgrading to v1.35.2\n  * Following hooks are blocking upgrade: BeforeClusterUpgrade: annotation before-upgrade.hook.cluster.cluster.x-k8s.io/hold is set\n  * KubeadmControlPlane pending upgrade to version v1.35.2",
      "waiting",
      "a lifecycle hook holds the upgrade: Following hooks are blocking upgrade: BeforeClusterUpgrade: annotation before-upgrade.hook.cluster.cluster.x-k8s.io/hold is set",
    ],
    [
      "a deferred pool",
      ["Cluster", "TopologyReconciled", "False", "MachineDeploymentsUpgradeDeferred"],
      "Cluster is upgrading to v1.35.2\n  * MachineDeployment md-0 upgrade to version v1.35.2 deferred using defer-upgrade or hold-upgrade-sequence annotations",
      "blocked",
      "pools are held back by annotation: MachineDeployment md-0 upgrade to version v1.35.2 deferred using defer-upgrade or hold-upgrade-sequence annotations",
    ],
    [
      "a paused cluster",
      ["Cluster", "TopologyReconciled", "False", "Paused"],
      "Cluster spec.paused is set to true",
      "blocked",
      "Cluster API does nothing to it while it is paused",
    ],
    [
      "a class with trouble",
      ["Cluster", "TopologyReconciled", "False", "ClusterClassNotReconciled"],
      "ClusterClass not reconciled. If this …",
      "waiting",
      "its ClusterClass has not been reconciled for 3 min",
    ],
    [
      "an unreachable cluster",
      ["Cluster", "RemoteConnectionProbe", "False", "ProbeFailed"],
      "Last successful probe at 2026-01-02T03:00:00Z",
      "waiting",
      "Cluster API has not reached its API server for 3 min: Last successful probe at 2026-01-02T03:00:00Z",
    ],
    [
      "kubeadm's skew",
      ["MachineDeployment", "ScalingUp", "True", "ScalingUp"],
      'Scaling up from 1 to 2 replicas is blocked because:\n* MachineSet version (1.34.0) and ControlPlane version (1.35.2) do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane ("KubeadmVersionSkew" preflight check failed)',
      "blocked",
      "no machine of version 1.34.0 can be created any more: kubeadm joins only the minor version of the control plane, which is at 1.35.2",
    ],
    [
      "Kubernetes' skew",
      ["MachineSet", "ScalingUp", "True", "ScalingUp"],
      'Scaling up from 1 to 2 replicas is blocked because:\n* MachineSet version (1.36.0) and ControlPlane version (1.35.2) do not conform to the kubernetes version skew policy as MachineSet version is higher than ControlPlane version ("KubernetesVersionSkew" preflight check failed)',
      "blocked",
      "no machine of version 1.36.0 may join a control plane at 1.35.2: that breaks the Kubernetes version skew policy",
    ],
    [
      "an unstable control plane",
      ["MachineDeployment", "ScalingUp", "True", "ScalingUp"],
      'Scaling up from 1 to 2 replicas is blocked because:\n* KubeadmControlPlane demo/x is upgrading ("ControlPlaneIsStable" preflight check failed)',
      "waiting",
      'no machine is created until the control plane is done: KubeadmControlPlane demo/x is upgrading ("ControlPlaneIsStable" preflight check failed)',
    ],
    [
      "a control plane that waits for a deletion",
      ["KubeadmControlPlane", "ScalingUp", "True", "ScalingUp"],
      "Scaling up from 3 to 4 replicas is blocked because:\n* waiting for a control plane Machine to complete deletion",
      "waiting",
      "the next machine waits until the one that is being deleted is gone: waiting for a control plane Machine to complete deletion",
    ],
    [
      "a control plane whose preflight fails",
      ["KubeadmControlPlane", "ScalingDown", "True", "ScalingDown"],
      "Scaling down from 4 to 3 replicas is blocked because:\n* waiting for control plane components to become healthy\n* waiting for etcd cluster to become healthy",
      "waiting",
      "its preflight checks hold it: waiting for control plane components to become healthy; waiting for etcd cluster to become healthy",
    ],
    [
      "a deletion that takes too long",
      ["MachineDeployment", "ScalingDown", "True", "ScalingDown"],
      "Scaling down from 4 to 3 replicas\n* Machine m is in deletion since more than 15m, delay likely due to PodDisruptionBudgets",
      "blocked",
      "Machine m is in deletion since more than 15m, delay likely due to PodDisruptionBudgets",
    ],
    [
      "a missing template",
      ["KubeadmControlPlane", "ScalingUp", "False", "NotScalingUp"],
      "Scaling up would be blocked because DevMachineTemplate does not exist",
      "failed",
      "it can create no further machine: DevMachineTemplate does not exist",
    ],
    [
      "a rollout",
      ["KubeadmControlPlane", "RollingOut", "True", "RollingOut"],
      "Rolling out 3 not up-to-date replicas\n* Version v1.34.0, v1.35.2 required",
      "moving",
      "it is being rolled out: Rolling out 3 not up-to-date replicas * Version v1.34.0, v1.35.2 required",
    ],
    [
      "etcd",
      ["KubeadmControlPlane", "EtcdClusterHealthy", "False", "NotHealthy"],
      "* Machine m:\n  * EtcdMemberHealthy: down",
      "waiting",
      "etcd has not been healthy for 3 min: Machine m:; EtcdMemberHealthy: down",
    ],
    ["an unknown condition", ["Machine", "Sparkling", "False", "Flat"], "no\nbubbles", "waiting", "Sparkling is False (Flat): no bubbles"],
    ["an unknown condition without a message", ["Cluster", "Sparkling", "Unknown", "Flat"], "", "waiting", "Sparkling is Unknown (Flat)"],
  ] as const)("%s", (_, [kind, type, status, reason], message, standing, sentence) => {
    expect(told(kind, type, status, reason, message)).toMatchObject({ standing, sentence: `${kind} demo/x: ${sentence}` });
  });

  it.each([
    ["Cluster", "TopologyReconciled", "True"],
    ["Cluster", "Paused", "False"],
    ["Machine", "Deleting", "False"],
    ["Machine", "UpToDate", "True"],
    ["KubeadmControlPlane", "ScalingUp", "False"],
    ["MachineDeployment", "RollingOut", "False"],
    ["MachineDeployment", "Sparkling", "True"],
  ] as const)("says nothing about %s %s=%s", (kind, type, status) => {
    expect(told(kind, type, status, "Reason", "")).toBeUndefined();
  });

  it("offers a remedy where a person has to do something", () => {
    expect(told("Cluster", "TopologyReconciled", "False", "MachinePoolsUpgradeDeferred", "")?.remedy).toContain("defer-upgrade");
    expect(told("Machine", "Updating", "True", "InPlaceUpdating", "")?.remedy).toBeUndefined();
  });
});

describe("findingsOf", () => {
  it("tells the most urgent first, each cause once, and no sums", () => {
    const joining = "Waiting for a Node with spec.providerID x to exist";
    const cluster = topologyCluster(
      "v1beta2",
      {},
      {
        conditions: [
          condition("Available", "False", "NotAvailable"),
          condition("RollingOut", "True", "RollingOut", "* KubeadmControlPlane c1-cp: Rolling out"),
          condition("TopologyReconciled", "False", "ClusterUpgrading", "Cluster is upgrading to v1.35.2"),
        ],
      },
    );
    const machines = [
      machine("v1beta2", "joining", {}, [
        condition("NodeReady", "Unknown", "InspectionFailed", joining),
        condition("NodeHealthy", "Unknown", "InspectionFailed", joining),
      ]),
      machine("v1beta2", "lost", {}, [condition("NodeHealthy", "False", "NodeDeleted", "Node n is gone")]),
      machine("v1beta2", "going", {}, [condition("Deleting", "True", "DrainingNode"), condition("NodeHealthy", "False", "NodeNotHealthy")]),
    ];
    const findings = findingsOf(assembleSnapshot(clusterObjects(cluster, { machines }), Date.parse("2026-01-02T03:05:05Z")));
    expect(findings.map(({ sentence }) => sentence)).toEqual([
      "Machine demo/lost: Node n is gone",
      "Machine demo/joining: its instance exists and no node has joined for 60 s",
      "Cluster demo/c1: it is being upgraded: Cluster is upgrading to v1.35.2",
      "Machine demo/going: its node has been draining",
    ]);
  });
});
