import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import type { PlanRequest } from "../flight.ts";
import { planUpgrade } from "../plan.ts";
import {
  condition,
  fieldOwner,
  imageCatalog,
  machine,
  machineTemplate,
  plainCluster,
  reachable,
  reference,
  topologyCluster,
  variableTexts,
} from "../testing/snapshots.ts";
import { isTransient, refusalReasons, refusalsOf } from "./refusal-table.ts";

const TO_35: PlanRequest = { target: "v1.35.2", via: [] };

function reasons(snapshot: ClusterSnapshot, request: PlanRequest = TO_35): readonly string[] {
  return refusalsOf(snapshot, request).map(({ reason }) => reason);
}

function withPool(overrides: object, options: object = {}): ClusterSnapshot {
  return plainCluster({ ...options, pools: [{ overrides }] });
}

const LISTED = ["v1.34.0", "v1.35.0", "v1.35.2", "v1.36.1"];
const wedge = topologyCluster({
  controlPlane: { version: "v1.34.2", versionOwners: [fieldOwner("kubectl-edit"), fieldOwner("capi-topology", "Apply", 1)] },
  overrides: {
    conditions: [
      condition(
        "TopologyReconciled",
        "False",
        "ReconcileFailed",
        "invalid ControlPlane upgrade plan: item 0; version v1.34.0 must be greater than v1.34.2",
      ),
    ],
  },
});

/** Of a pool whose machines are made of another kind. */
const gpuTemplate = { machineTemplate: { ...machineTemplate("gpu"), ref: reference("GpuMachineTemplate", "gpu") } };

interface Row {
  readonly name: string;
  readonly snapshot: ClusterSnapshot;
  readonly request?: PlanRequest;
  readonly reasons: readonly string[];
  /** Of the first refusal. */
  readonly message?: string;
  readonly remedy?: string;
  readonly evidence?: readonly string[];
}

const rows: readonly Row[] = [
  { name: "a healthy cluster", snapshot: plainCluster(), reasons: [] },
  { name: "a healthy topology", snapshot: topologyCluster(), reasons: [] },

  // InvalidVersion
  {
    name: "a target without v",
    snapshot: plainCluster(),
    request: { target: "1.35.2", via: [] },
    reasons: ["InvalidVersion"],
    message: 'the requested version is "1.35.2", which is not a Kubernetes version that Cluster API accepts.',
    remedy: "Use a full version with a leading v, such as v1.35.2 or v1.35.2+rke2r1.",
    evidence: ['the requested version is "1.35.2"'],
  },
  {
    name: "a via that is none",
    snapshot: plainCluster(),
    request: { target: "v1.36.0", via: ["v1.35"] },
    reasons: ["InvalidVersion"],
    evidence: ['--via is "v1.35"'],
  },
  {
    name: "a via beyond the target",
    snapshot: plainCluster(),
    request: { target: "v1.35.2", via: ["v1.35.2", "v1.36.0"] },
    reasons: ["InvalidVersion"],
    message: "--via names v1.36.0, which is newer than the requested v1.35.2.",
    remedy: "Name only versions on the way to the requested one.",
    evidence: ["requested: v1.35.2", "via: v1.35.2, v1.36.0"],
  },
  {
    name: "versions of the cluster that are none",
    snapshot: topologyCluster({
      controlPlane: { version: "v1.34" },
      pools: [{ version: "1.34.0" }],
      topology: { version: "latest", classVersions: ["v1.34.0", "x"] },
    }),
    reasons: ["InvalidVersion"],
    evidence: [
      'Cluster demo/c1 spec.topology.version is "latest"',
      'ClusterClass quick-start spec.kubernetesVersions is "x"',
      'KubeadmControlPlane demo/c1-cp spec.version is "v1.34"',
      'MachineDeployment demo/c1-md-0 spec.template.spec.version is "1.34.0"',
    ],
  },

  // ClusterDeleting
  {
    name: "a cluster that is being deleted",
    snapshot: plainCluster({ overrides: { deleting: true } }),
    reasons: ["ClusterDeleting"],
    message: "Cluster demo/c1 is being deleted, so there is nothing to upgrade.",
    evidence: ["Cluster demo/c1 has a metadata.deletionTimestamp"],
  },
  {
    name: "a control plane that is being deleted",
    snapshot: plainCluster({ controlPlane: { deleting: true } }),
    reasons: ["ClusterDeleting"],
    evidence: ["KubeadmControlPlane demo/c1-cp has a metadata.deletionTimestamp"],
  },

  // TopologyWedged: cluster-api.md, "Seen running".
  {
    name: "the seed's edit by hand",
    snapshot: wedge,
    reasons: ["TopologyWedged", "UpgradeAlreadyRunning"],
    message:
      "Field manager kubectl-edit set KubeadmControlPlane demo/c1-cp to v1.34.2 by hand, while its topology declares v1.34.0. Cluster API can now compute no plan: it changes nothing and refuses every new version.",
    remedy: "Run `capi-gitops repair c1 -n demo`: it sets the version back. Then upgrade through the topology.",
    evidence: [
      "KubeadmControlPlane demo/c1-cp version is v1.34.2, written by kubectl-edit (Update)",
      "Cluster demo/c1 spec.topology.version is v1.34.0",
      "Cluster demo/c1 TopologyReconciled=False ReconcileFailed: invalid ControlPlane upgrade plan: item 0; version v1.34.0 must be greater than v1.34.2",
    ],
  },
  {
    name: "the same by nobody that is known",
    snapshot: { ...wedge, controlPlane: { ...wedge.controlPlane!, versionOwners: [fieldOwner("capi-topology", "Apply")] } },
    reasons: ["TopologyWedged", "UpgradeAlreadyRunning"],
    message:
      "Somebody set KubeadmControlPlane demo/c1-cp to v1.34.2 by hand, while its topology declares v1.34.0. Cluster API can now compute no plan: it changes nothing and refuses every new version.",
  },

  // UnsupportedControlPlane
  {
    name: "a managed control plane that is older than the target",
    snapshot: plainCluster({ controlPlane: { version: undefined, reportedVersion: "v1.34.0" } }),
    reasons: ["UnsupportedControlPlane"],
    message:
      "KubeadmControlPlane demo/c1-cp has no spec.version, so its version is not set through Cluster API; it reports v1.34.0, and workers may not be newer than it.",
    remedy: "Bring the control plane to v1.35.2 by its provider's own means, then ask again: the pools will follow.",
    evidence: ["KubeadmControlPlane demo/c1-cp spec.version is not set", "KubeadmControlPlane demo/c1-cp reports v1.34.0"],
  },
  {
    name: "a managed control plane that tells nothing",
    snapshot: plainCluster({ controlPlane: { version: undefined, reportedVersion: undefined } }),
    reasons: ["UnsupportedControlPlane"],
    evidence: ["KubeadmControlPlane demo/c1-cp spec.version is not set", "KubeadmControlPlane demo/c1-cp reports no version"],
  },
  {
    name: "a managed control plane that is there",
    snapshot: plainCluster({ controlPlane: { version: undefined, reportedVersion: "v1.35.2" } }),
    reasons: [],
  },
  {
    name: "a managed control plane that is ahead",
    snapshot: plainCluster({ controlPlane: { version: undefined, reportedVersion: "v1.35.2" } }),
    request: { target: "v1.35.0", via: [] },
    reasons: [],
  },
  {
    name: "a topology whose control plane has no version",
    snapshot: topologyCluster({ controlPlane: { version: undefined, reportedVersion: undefined } }),
    reasons: [],
  },

  // VersionDowngrade
  {
    name: "an older patch",
    snapshot: plainCluster({ version: "v1.35.3" }),
    reasons: ["VersionDowngrade"],
    message:
      "The cluster is at v1.35.3; v1.35.2 is older. Kubernetes control planes cannot go back: etcd data and API objects may already be of the newer version.",
    remedy: "Ask for v1.35.3 or newer. To undo an upgrade, restore the cluster from a backup that was made before it.",
    evidence: ["the cluster's version is v1.35.3"],
  },
  {
    name: "an older minor of a topology",
    snapshot: topologyCluster({ version: "v1.36.1" }),
    reasons: ["VersionDowngrade"],
    evidence: ["Cluster demo/c1 spec.topology.version is v1.36.1"],
  },
  {
    name: "an older minor of a topology with a list",
    snapshot: topologyCluster({ version: "v1.36.1", topology: { classVersions: LISTED } }),
    reasons: ["VersionDowngrade"],
  },
  {
    name: "another build has no order",
    snapshot: plainCluster({ version: "v1.35.2+k3s2" }),
    request: { target: "v1.35.2+k3s1", via: [] },
    reasons: [],
  },
  {
    name: "pools alone, one of them newer",
    snapshot: plainCluster({ pools: [{ version: "v1.34.0" }, { name: "b", version: "v1.36.0" }], overrides: { controlPlane: undefined } }),
    reasons: ["VersionDowngrade"],
  },

  // VersionNotInClusterClass
  {
    name: "a version that the class does not list",
    snapshot: topologyCluster({ topology: { classVersions: LISTED } }),
    request: { target: "v1.35.1", via: [] },
    reasons: ["VersionNotInClusterClass"],
    message:
      "ClusterClass quick-start lists the versions that its clusters may have, and v1.35.1 is not among them; Cluster API would refuse the change.",
    remedy:
      "Ask for one of v1.34.0, v1.35.0, v1.35.2 and v1.36.1, or add v1.35.1 to spec.kubernetesVersions of the ClusterClass (with a version for each minor before it).",
    evidence: ["ClusterClass quick-start spec.kubernetesVersions is v1.34.0, v1.35.0, v1.35.2, v1.36.1"],
  },
  { name: "a version that the class lists", snapshot: topologyCluster({ topology: { classVersions: LISTED } }), reasons: [] },

  // MinorSkipped
  {
    name: "a list with a gap",
    snapshot: topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.37.0"] } }),
    request: { target: "v1.37.0", via: [] },
    reasons: ["MinorSkipped"],
    message:
      "From v1.34.0 to v1.37.0 a control plane must go through v1.35 and v1.36, and ClusterClass quick-start lists no version of them.",
    remedy: "Add a version of v1.35 and v1.36 to spec.kubernetesVersions of ClusterClass quick-start.",
    evidence: ["control plane at v1.34.0", "ClusterClass quick-start spec.kubernetesVersions is v1.34.0, v1.37.0"],
  },
  {
    name: "a list with a gap of one",
    snapshot: topologyCluster({ topology: { classVersions: ["v1.34.0", "v1.36.0"] } }),
    request: { target: "v1.36.0", via: [] },
    reasons: ["MinorSkipped"],
    message: "From v1.34.0 to v1.36.0 a control plane must go through v1.35, and ClusterClass quick-start lists no version of it.",
  },
  {
    name: "a change of build alone, from a list",
    snapshot: topologyCluster({ version: "v1.34.0+a", topology: { classVersions: ["v1.34.0+a", "v1.34.0+b"] } }),
    request: { target: "v1.34.0+b", via: [] },
    reasons: ["MinorSkipped"],
    message:
      "v1.34.0+a and v1.34.0+b differ only in build metadata, and Cluster API computes no upgrade between such versions from the list of a ClusterClass.",
    remedy: "Ask for a version with another patch or minor.",
  },
  {
    name: "another major",
    snapshot: plainCluster(),
    request: { target: "v2.0.0", via: [] },
    reasons: ["MinorSkipped"],
    message: "v1.34.0 and v2.0.0 are of different major versions, and no way from one to the other is known.",
    evidence: ["control plane at v1.34.0", "requested: v2.0.0"],
  },

  // IntermediateVersionUnknown
  {
    name: "minors that nothing names",
    snapshot: plainCluster(),
    request: { target: "v1.38.0", via: ["v1.36.1"] },
    reasons: ["IntermediateVersionUnknown"],
    message: "From v1.34.0 to v1.38.0 a control plane must go through every minor, and no version is known for v1.35 and v1.37.",
    remedy: "Name a version for each missing minor: --via v1.35.X --via v1.37.X (choose the patch).",
    evidence: ["control plane at v1.34.0", "requested: v1.38.0", "via: v1.36.1"],
  },
  {
    name: "minors that nothing names, in a topology",
    snapshot: topologyCluster(),
    request: { target: "v1.36.0", via: [] },
    reasons: ["IntermediateVersionUnknown"],
    remedy:
      "Name a version for each missing minor: --via v1.35.X (choose the patch). Or list versions in spec.kubernetesVersions of ClusterClass quick-start; Cluster API then walks them by itself.",
    evidence: ["control plane at v1.34.0", "requested: v1.36.0", "via: none"],
  },

  // Paused
  {
    name: "a paused cluster",
    snapshot: plainCluster({ overrides: { paused: true } }),
    reasons: ["ClusterPaused"],
    message: "Cluster demo/c1 is paused: Cluster API does nothing to it, so a new version would never arrive.",
    remedy:
      "Remove `spec.paused` and the annotation `cluster.x-k8s.io/paused` where you set them (in Git, if it comes from there), then ask again.",
    evidence: ["Cluster demo/c1 is paused"],
  },
  {
    name: "a paused control plane",
    snapshot: plainCluster({ controlPlane: { paused: true } }),
    reasons: ["ControlPlanePaused"],
    message: "KubeadmControlPlane demo/c1-cp is paused, so its machines would never be replaced.",
    evidence: ["KubeadmControlPlane demo/c1-cp is paused"],
  },
  {
    name: "a paused pool",
    snapshot: withPool({ paused: true }),
    reasons: ["PoolPaused"],
    message: "MachineDeployment demo/md-0 is paused, so the machines of it would stay behind.",
    evidence: ["MachineDeployment demo/md-0 is paused"],
  },
  {
    name: "two paused pools",
    snapshot: plainCluster({ pools: [{ overrides: { paused: true } }, { name: "b", overrides: { paused: true } }] }),
    reasons: ["PoolPaused"],
    message: "MachineDeployment demo/md-0 and MachineDeployment demo/b are paused, so the machines of them would stay behind.",
    evidence: ["MachineDeployment demo/md-0 is paused", "MachineDeployment demo/b is paused"],
  },
  {
    name: "a paused pool that is there",
    snapshot: plainCluster({ version: "v1.35.0", pools: [{ version: "v1.35.2", overrides: { paused: true } }] }),
    reasons: [],
  },
  { name: "a paused pool without a version", snapshot: withPool({ paused: true, version: undefined }), reasons: [] },

  // UpgradeAlreadyRunning
  {
    name: "a control plane on its way to a version that is not ours",
    snapshot: plainCluster({ controlPlane: { version: "v1.34.5" } }),
    reasons: ["UpgradeAlreadyRunning"],
    message: "KubeadmControlPlane demo/c1-cp is on its way to v1.34.5, which is not on the way of this upgrade to v1.35.2.",
    remedy:
      "Wait until it is done (`capi-gitops verify c1 -n demo --version v1.34.5`), or ask for v1.34.5, or pass --via v1.34.5 to go on from there.",
    evidence: [
      "KubeadmControlPlane demo/c1-cp: c1-cp-0 is still v1.34.0",
      "KubeadmControlPlane demo/c1-cp: c1-cp-1 is still v1.34.0",
      "KubeadmControlPlane demo/c1-cp: c1-cp-2 is still v1.34.0",
      "KubeadmControlPlane demo/c1-cp: its controller counts 3 at v1.34.0",
      "KubeadmControlPlane demo/c1-cp: its status.version is still v1.34.0",
    ],
  },
  {
    name: "the same, on our way",
    snapshot: plainCluster({ controlPlane: { version: "v1.34.5" } }),
    request: { target: "v1.35.2", via: ["v1.34.5"] },
    reasons: [],
  },
  { name: "the same, our target", snapshot: plainCluster({ controlPlane: { version: "v1.35.2" } }), reasons: [] },
  {
    name: "a pool on its way to the control plane's version",
    snapshot: withPool(
      { version: "v1.34.5" },
      { version: "v1.34.5", overrides: { machines: [machine("old", "v1.34.0", { pool: "md-0" })] } },
    ),
    reasons: [],
  },
  {
    name: "a topology on its way to a version that is not ours",
    snapshot: topologyCluster({ topology: { version: "v1.34.5" } }),
    reasons: ["UpgradeAlreadyRunning"],
    message: "Cluster demo/c1 is on its way to v1.34.5, which is not on the way of this upgrade to v1.35.2.",
    evidence: [
      "Cluster demo/c1: KubeadmControlPlane c1-cp is still to get v1.34.5 (it has v1.34.0)",
      "Cluster demo/c1: MachineDeployment c1-md-0 is still to get v1.34.5 (it has v1.34.0)",
    ],
  },
  { name: "a topology on its way to ours", snapshot: topologyCluster({ topology: { version: "v1.35.2" } }), reasons: [] },

  // ControlPlaneNotInitialized
  {
    name: "a control plane that is being created",
    snapshot: plainCluster({ controlPlane: { initialized: false } }),
    reasons: ["ControlPlaneNotInitialized"],
    message:
      "KubeadmControlPlane demo/c1-cp has not been created completely yet; an upgrade before its first machine works would leave two half-made versions.",
    evidence: ["KubeadmControlPlane demo/c1-cp is not initialized"],
  },
  {
    name: "a control plane that says why it is not there",
    snapshot: plainCluster({
      controlPlane: { initialized: false, conditions: [condition("Initialized", "False", "NotInitialized", "waits")] },
    }),
    reasons: ["ControlPlaneNotInitialized"],
    evidence: ["KubeadmControlPlane demo/c1-cp Initialized=False NotInitialized: waits"],
  },
  {
    name: "a topology that has not made its control plane",
    snapshot: topologyCluster({ overrides: { controlPlane: undefined } }),
    reasons: ["ControlPlaneNotInitialized"],
    evidence: ["the control plane of Cluster demo/c1 is not initialized"],
  },
  {
    name: "a cluster with nothing",
    snapshot: plainCluster({ pools: [], overrides: { controlPlane: undefined } }),
    reasons: ["ControlPlaneNotInitialized"],
    message: "Cluster demo/c1 has neither a control plane nor a pool with a version, so there is nothing to upgrade.",
    evidence: ["Cluster demo/c1 has no control plane object", "no pool has a version"],
  },
  { name: "pools alone", snapshot: plainCluster({ overrides: { controlPlane: undefined } }), reasons: [] },

  // TopologyNotReconciled
  ...["ReconcileFailed", "TopologyReconcileFailed", "ClusterClassNotReconciled"].map((reason) => ({
    name: `a topology that fails: ${reason}`,
    snapshot: topologyCluster({ overrides: { conditions: [condition("TopologyReconciled", "False", reason, "patch 3 failed")] } }),
    reasons: ["TopologyNotReconciled"],
    message:
      "The topology controller cannot bring Cluster demo/c1 to what it declares, so a new version would not be carried out either: patch 3 failed.",
    remedy: "Mend what the condition names (the ClusterClass, its templates or variables), then ask again.",
    evidence: [`Cluster demo/c1 TopologyReconciled=False ${reason}: patch 3 failed`],
  })),
  {
    name: "a topology that fails without a word",
    snapshot: topologyCluster({ overrides: { conditions: [condition("TopologyReconciled", "False", "ReconcileFailed")] } }),
    reasons: ["TopologyNotReconciled"],
    message:
      "The topology controller cannot bring Cluster demo/c1 to what it declares, so a new version would not be carried out either: ReconcileFailed.",
    evidence: ["Cluster demo/c1 TopologyReconciled=False ReconcileFailed"],
  },
  {
    name: "a deferral is no failure",
    snapshot: topologyCluster({
      overrides: { conditions: [condition("TopologyReconciled", "False", "MachineDeploymentsUpgradeDeferred")] },
    }),
    reasons: [],
  },
  {
    name: "a cluster without a topology has no such condition",
    snapshot: plainCluster({ overrides: { conditions: [condition("TopologyReconciled", "False", "ReconcileFailed")] } }),
    reasons: [],
  },

  // AnotherChangePending
  {
    name: "a control plane whose controller is behind",
    snapshot: plainCluster({ controlPlane: { generation: 3, observedGeneration: 2 } }),
    reasons: ["AnotherChangePending"],
    message:
      "KubeadmControlPlane demo/c1-cp is still being changed for another reason than the version (its controller has seen generation 2 of 3); two changes at once could not be told apart.",
    remedy: "Wait until the change is through, then ask again; `capi-gitops describe` shows what it waits for.",
    evidence: ["KubeadmControlPlane demo/c1-cp: its controller has seen generation 2 of 3"],
  },
  {
    name: "versions of which no replica is left",
    snapshot: plainCluster({
      controlPlane: {
        generation: 2,
        versions: [
          { version: "v1.34.0", replicas: 3 },
          { version: "v1.33.0", replicas: 0 },
        ],
      },
      pools: [
        {
          overrides: {
            generation: 2,
            versions: [
              { version: "v1.34.0", replicas: 2 },
              { version: "v1.33.0", replicas: 0 },
            ],
          },
        },
      ],
    }),
    reasons: ["AnotherChangePending"],
    evidence: [
      "KubeadmControlPlane demo/c1-cp: its controller has seen generation 1 of 2",
      "MachineDeployment demo/md-0: its controller has seen generation 1 of 2",
    ],
  },
  {
    name: "versions that only the controller still counts",
    snapshot: plainCluster({ pools: [{ overrides: { versions: [{ version: "v1.33.0", replicas: 1 }] } }] }),
    request: { target: "v1.34.5", via: [] },
    reasons: [],
  },
  {
    name: "pools that scale",
    snapshot: plainCluster({
      pools: [
        { overrides: { replicas: { desired: 3, current: 2, ready: 2, available: 2, upToDate: 2 } } },
        { name: "b", overrides: { replicas: { desired: 1, current: 2, ready: 2, available: 2, upToDate: 2 } } },
      ],
    }),
    reasons: ["AnotherChangePending"],
    message:
      "MachineDeployment demo/md-0 and MachineDeployment demo/b are still being changed for another reason than the version (2 of 3 machines exist); two changes at once could not be told apart.",
  },
  {
    name: "a cluster whose controllers are behind",
    snapshot: topologyCluster({ overrides: { generation: 4, observedGeneration: 3 } }),
    reasons: ["AnotherChangePending"],
    evidence: ["Cluster demo/c1: its controllers have seen generation 3 of 4"],
  },
  {
    name: "nothing of it while our own step rolls",
    snapshot: plainCluster({
      controlPlane: { version: "v1.35.2", conditions: [condition("Available", "False", "NotAvailable")] },
      pools: [{ overrides: { generation: 2, observedGeneration: 1 } }],
    }),
    reasons: [],
  },
  {
    name: "machines of an old shape that wait for somebody to delete them",
    snapshot: withPool({ strategy: "OnDelete", replicas: { desired: 2, current: 2, ready: 2, available: 2, upToDate: 0 } }),
    reasons: [],
  },
  {
    name: "machines of an old shape of a pool that rolls",
    snapshot: withPool({ replicas: { desired: 2, current: 2, ready: 2, available: 2, upToDate: 0 } }),
    reasons: ["AnotherChangePending"],
  },
  {
    name: "machines of an old version that wait for somebody to delete them",
    snapshot: withPool({ strategy: "OnDelete", version: "v1.34.5" }),
    reasons: ["UpgradeAlreadyRunning"],
  },
  {
    name: "machines of an old shape that wait in a topology",
    snapshot: topologyCluster({
      pools: [{ overrides: { strategy: "OnDelete", replicas: { desired: 2, current: 2, ready: 2, available: 2, upToDate: 0 } } }],
    }),
    reasons: [],
  },
  {
    name: "an OnDelete pool that a topology has not handed its version to",
    snapshot: topologyCluster({ pools: [{ version: "v1.33.0", overrides: { strategy: "OnDelete" } }] }),
    reasons: ["UpgradeAlreadyRunning"],
  },
  {
    name: "a pool of a topology without a version",
    snapshot: topologyCluster({ pools: [{ overrides: { version: undefined } }] }),
    reasons: [],
  },
  { name: "observed generations that nobody reports", snapshot: withPool({ generation: 4, observedGeneration: undefined }), reasons: [] },

  // Skew
  {
    name: "API servers two minors apart",
    snapshot: plainCluster({
      controlPlane: { reportedVersion: undefined },
      overrides: {
        machines: [
          machine("a", "v1.34.0", { role: "control-plane", kubeletVersion: "v1.32.0" }),
          machine("b", "v1.34.0", { role: "control-plane", kubeletVersion: undefined }),
        ],
        workload: { state: "unreachable", message: "no" },
      },
    }),
    reasons: ["AnotherChangePending", "MixedControlPlaneVersions"],
  },
  { name: "a pool of a newer patch", snapshot: plainCluster({ pools: [{ version: "v1.34.9" }] }), reasons: [] },
  {
    name: "pools beyond an API server that Cluster API does not manage",
    snapshot: plainCluster({ overrides: { controlPlane: undefined, workload: reachable([], "v1.34.5") } }),
    reasons: ["NodeNewerThanControlPlane"],
    message: "The API server is v1.34.5 and not managed by Cluster API; pools at v1.35.2 would be newer than it.",
    remedy: "Bring the control plane to v1.35.2 by its own means first, then ask again.",
    evidence: ["the API server reports v1.34.5", "requested: v1.35.2"],
  },
  {
    name: "pools up to an API server that Cluster API does not manage",
    snapshot: plainCluster({ overrides: { controlPlane: undefined, workload: reachable([], "v1.35.0") } }),
    reasons: [],
  },
  {
    name: "a pool that is too old",
    snapshot: plainCluster({ pools: [{ version: "v1.30.0" }, { name: "b", version: "v1.31.0" }] }),
    reasons: ["PoolOutsideSkew"],
    message: "MachineDeployment demo/md-0 is more than 3 minors behind the control plane at v1.34.0, which Kubernetes does not support.",
    remedy:
      "Bring the pools to the control plane's version first: `capi-gitops upgrade c1 -n demo --to v1.34.0` (https://kubernetes.io/releases/version-skew-policy).",
    evidence: ["MachineDeployment demo/md-0 version is v1.30.0; the control plane's is v1.34.0"],
  },
  {
    name: "the cure of it",
    snapshot: plainCluster({ pools: [{ version: "v1.30.0" }] }),
    request: { target: "v1.34.0", via: [] },
    reasons: [],
  },

  // ControlPlaneUnhealthy
  ...["Available", "EtcdClusterHealthy", "ControlPlaneComponentsHealthy"].flatMap((type) =>
    (["False", "Unknown"] as const).map((status) => ({
      name: `${type} is ${status}`,
      snapshot: plainCluster({ controlPlane: { conditions: [condition(type, status, "Why", "because")] } }),
      reasons: ["ControlPlaneUnhealthy"],
      message: `KubeadmControlPlane demo/c1-cp is not healthy, and an upgrade takes a healthy member out of it: KubeadmControlPlane demo/c1-cp ${type}=${status} Why: because.`,
      evidence: [`KubeadmControlPlane demo/c1-cp ${type}=${status} Why: because`],
    })),
  ),
  {
    name: "a remediation under way",
    snapshot: plainCluster({ controlPlane: { conditions: [condition("Remediating", "True", "Remediating", "c1-cp-0")] } }),
    reasons: ["ControlPlaneUnhealthy"],
    evidence: ["KubeadmControlPlane demo/c1-cp Remediating=True Remediating: c1-cp-0"],
  },
  {
    name: "no remediation",
    snapshot: plainCluster({ controlPlane: { conditions: [condition("Remediating", "False", "NotRemediating")] } }),
    reasons: [],
  },
  {
    name: "a replica that is not available",
    snapshot: plainCluster({ controlPlane: { replicas: { desired: 3, current: 3, ready: 2, available: 2, upToDate: 3 } } }),
    reasons: ["ControlPlaneUnhealthy"],
    evidence: ["KubeadmControlPlane demo/c1-cp: 2 of 3 replicas are available"],
  },
  {
    name: "a worker that is not available is a warning, not a refusal",
    snapshot: withPool({ replicas: { desired: 2, current: 2, ready: 1, available: 1, upToDate: 2 } }),
    reasons: [],
  },

  // UpgradeDeferred
  {
    name: "a deferred pool that is still behind the last upgrade",
    snapshot: topologyCluster({
      pools: [{ version: "v1.33.0" }],
      topology: { pools: [{ name: "md-0", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false }] },
    }),
    reasons: ["UpgradeDeferred"],
    message:
      "The upgrade of MachineDeployment demo/c1-md-0 is deferred by annotation: MachineDeployment demo/c1-md-0 still has the version before v1.34.0, and Cluster API refuses a new version until it has followed.",
    remedy:
      "Remove the annotation `topology.cluster.x-k8s.io/defer-upgrade` or `topology.cluster.x-k8s.io/hold-upgrade-sequence` from the pool in `spec.topology.workers`, let it follow, then ask again.",
    evidence: ["MachineDeployment demo/c1-md-0 (topology.workers md-0) is deferred at v1.33.0"],
  },
  {
    name: "a deferred pool that would have to hop on the way",
    snapshot: topologyCluster({
      topology: { pools: [{ name: "md-0", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false }] },
    }),
    request: { target: "v1.36.0", via: ["v1.35.2"] },
    reasons: ["UpgradeDeferred"],
    message:
      "The upgrade of MachineDeployment demo/c1-md-0 is deferred by annotation: MachineDeployment demo/c1-md-0 would have to follow in 2 steps on the way to v1.36.0.",
  },
  {
    name: "a deferred pool at the end of one step",
    snapshot: topologyCluster({
      topology: { pools: [{ name: "md-0", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false }] },
    }),
    reasons: [],
  },
  {
    name: "a deferred pool, while its own upgrade is what is asked for",
    snapshot: topologyCluster({
      pools: [{ version: "v1.34.0" }],
      version: "v1.35.2",
      topology: { pools: [{ name: "md-0", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false }] },
    }),
    reasons: [],
  },

  // Templates
  {
    name: "templates that are missing",
    snapshot: plainCluster({ controlPlane: { machineTemplate: { ...machineTemplate("gone"), found: false } } }),
    reasons: ["TemplateMissing"],
    message: "DockerMachineTemplate demo/gone does not exist, so no machine could be made from it.",
    evidence: ["KubeadmControlPlane demo/c1-cp refers to DockerMachineTemplate demo/gone, which was not found"],
  },
  {
    name: "a missing template of an object that is there",
    snapshot: plainCluster({ controlPlane: { version: "v1.35.2", machineTemplate: { ...machineTemplate("gone"), found: false } } }),
    reasons: [],
  },
  {
    name: "no template at all",
    snapshot: plainCluster({ controlPlane: { machineTemplate: undefined } }),
    reasons: [],
  },
  {
    name: "a missing template of a topology",
    snapshot: topologyCluster({ controlPlane: { machineTemplate: { ...machineTemplate("gone"), found: false } } }),
    reasons: [],
  },
  {
    name: "an image of neither version",
    snapshot: plainCluster({ pools: [{ images: ["kindest/node:v1.33.1"] }] }),
    reasons: ["PinnedImageMismatch"],
    message:
      "DockerMachineTemplate demo/md-0 names v1.33.1 in spec.template.spec.customImage, which is neither the version of MachineDeployment demo/md-0 (v1.34.0) nor v1.35.2; it cannot be told what to put there.",
    remedy: "Make a template whose image is of v1.34.0 or v1.35.2, refer to it, then ask again.",
    evidence: [
      "DockerMachineTemplate demo/md-0 spec.template.spec.customImage is kindest/node:v1.33.1; MachineDeployment demo/md-0 is at v1.34.0",
    ],
  },
  {
    name: "an image of neither version, and a catalog with none for the new one",
    snapshot: plainCluster({ pools: [{ images: ["kindest/node:v1.33.1"] }] }),
    request: { ...TO_35, images: imageCatalog({}) },
    reasons: ["PinnedImageMismatch"],
    remedy:
      "Add the image of v1.35.2 for DockerMachineTemplate to releases[].images of ReleaseCatalog default, or make a template whose image is of v1.34.0 or v1.35.2, refer to it, then ask again.",
  },
  {
    name: "an image of neither version, and a catalog with another for the new one",
    snapshot: plainCluster({ pools: [{ images: ["kindest/node:v1.33.1"] }] }),
    request: { ...TO_35, images: imageCatalog({ "v1.35.2": ["mine/node:v1.35.2"] }) },
    reasons: [],
  },
  {
    name: "an image of neither version beside that which the catalog has another for",
    snapshot: plainCluster({ pools: [{ images: ["node-a", "kindest/node:v1.33.1"] }] }),
    request: { ...TO_35, images: imageCatalog({ "v1.34.0": ["node-a"], "v1.35.2": ["node-b"] }) },
    reasons: ["PinnedImageMismatch"],
  },
  {
    name: "an image that the catalog has of the old version, and none of the new one",
    snapshot: plainCluster({ pools: [{ images: ["node-a"] }] }),
    request: { ...TO_35, images: imageCatalog({ "v1.33.9": ["node-a"], "v1.34.0": ["node-a"] }) },
    reasons: ["MachineImageMissing"],
    message: "ReleaseCatalog default has no machine image of v1.35.2 for DockerMachineTemplate: new machines could not run it.",
    remedy:
      "Add the image of v1.35.2 for DockerMachineTemplate to releases[].images of ReleaseCatalog default, or to the source that tells it of images, then ask again.",
    evidence: ["DockerMachineTemplate demo/md-0 /spec/template/spec/customImage is node-a, which it has of v1.33.9 and v1.34.0"],
  },
  {
    name: "an image of a version between that the catalog has none of",
    snapshot: plainCluster({ images: ["node-a"], pools: [] }),
    request: { target: "v1.36.0", via: ["v1.35.2"], images: imageCatalog({ "v1.34.0": ["node-a"], "v1.36.0": ["node-c"] }) },
    reasons: ["MachineImageMissing"],
    evidence: ["DockerMachineTemplate demo/c1-cp /spec/template/spec/customImage is node-a, which it has of v1.34.0"],
  },
  ...[plainCluster(), topologyCluster()].map((snapshot): Row => ({
    name: `an image that must exist and does not, ${snapshot.topology === undefined ? "without" : "with"} a topology`,
    snapshot,
    request: { ...TO_35, images: imageCatalog({ "v1.35.2": [] }, { mustExist: ["DockerMachineTemplate"] }) },
    reasons: ["MachineImageMissing"],
    evidence: ["v1.35.2 for DockerMachineTemplate: no source tells of one"],
  })),
  {
    name: "an image that must exist, of a version that the catalog does not list",
    snapshot: topologyCluster({ pools: [] }),
    request: { ...TO_35, images: imageCatalog({}, { mustExist: ["DockerMachineTemplate"] }) },
    reasons: ["MachineImageMissing"],
    evidence: ["v1.35.2 for DockerMachineTemplate: it does not list that version"],
  },
  {
    name: "an image that must exist for the workers of a topology, told once for two pools",
    snapshot: topologyCluster({ pools: ["md-0", "md-1"].map((name) => ({ name, overrides: gpuTemplate })) }),
    request: { ...TO_35, images: imageCatalog({}, { mustExist: ["GpuMachineTemplate"] }) },
    reasons: ["MachineImageMissing"],
    message: "ReleaseCatalog default has no machine image of v1.35.2 for GpuMachineTemplate: new machines could not run it.",
    evidence: ["v1.35.2 for GpuMachineTemplate: it does not list that version"],
  },
  {
    name: "an image that must exist for a pool that is none of the topology's, which stays where it is",
    snapshot: topologyCluster({ pools: [{}, { name: "own", overrides: { ...gpuTemplate, topologyName: undefined } }] }),
    request: { ...TO_35, images: imageCatalog({}, { mustExist: ["GpuMachineTemplate"] }) },
    reasons: [],
  },
  {
    name: "an image that must exist, where neither the control plane nor the workers have a template",
    snapshot: topologyCluster({ controlPlane: { machineTemplate: undefined }, pools: [{ overrides: { machineTemplate: undefined } }] }),
    request: { ...TO_35, images: imageCatalog({}, { mustExist: ["DockerMachineTemplate"] }) },
    reasons: [],
  },
  {
    name: "an image that must exist for other clusters",
    snapshot: plainCluster(),
    request: { ...TO_35, images: imageCatalog({}, { mustExist: ["AWSMachineTemplate"] }) },
    reasons: [],
  },
  {
    name: "an image with a path that the template does not have",
    snapshot: plainCluster({ pools: [] }),
    request: { ...TO_35, images: imageCatalog({ "v1.35.2": [{ image: "ami-2", path: "/spec/template/spec/ami/id" }] }) },
    reasons: ["MachineImageUnplaced"],
    message:
      "ReleaseCatalog default has ami-2 as the image of v1.35.2 for DockerMachineTemplate, and it cannot be told where in DockerMachineTemplate demo/c1-cp it goes: it has no text at /spec/template/spec/ami/id.",
    remedy:
      "Set path of that image in releases[].images of ReleaseCatalog default to the field that holds it (as /spec/template/spec/image), and see that the template has that field, then ask again.",
    evidence: ["DockerMachineTemplate demo/c1-cp to v1.35.2: it has no text at /spec/template/spec/ami/id"],
  },
  {
    name: "an image with such a path, in a topology",
    snapshot: topologyCluster(),
    request: { ...TO_35, images: imageCatalog({ "v1.35.2": [{ image: "ami-2", path: "/spec/template/spec/ami/id" }] }) },
    reasons: [],
  },
  {
    name: "an image that a variable of the class holds, and none of the new version",
    snapshot: topologyCluster({ topology: { variables: variableTexts({ osImage: "ami-1", "md-0/osImage": "ami-0" }) } }),
    request: { ...TO_35, images: imageCatalog({ "v1.33.9": ["ami-1"], "v1.34.0": ["ami-1"] }) },
    reasons: ["MachineImageMissing"],
    message: "ReleaseCatalog default has no machine image of v1.35.2 for DockerMachineTemplate: new machines could not run it.",
    evidence: ["variable osImage is ami-1, which it has of v1.33.9 and v1.34.0"],
  },
  {
    name: "a variable that is named for images, and none of the new version",
    snapshot: topologyCluster({ topology: { variables: variableTexts({ osImage: "mine" }) } }),
    request: { ...TO_35, images: imageCatalog({ "v1.34.0": [{ image: "ami-1", variable: { name: "osImage" } }] }) },
    reasons: ["MachineImageMissing"],
    evidence: ["variable osImage is mine, and is where its images go"],
  },
  {
    name: "an image of a version between that the catalog has none of, in a topology",
    snapshot: topologyCluster({
      topology: { classVersions: ["v1.34.0", "v1.35.2", "v1.36.0"], variables: variableTexts({ osImage: "ami-1" }) },
    }),
    request: { target: "v1.36.0", via: [], images: imageCatalog({ "v1.34.0": ["ami-1"], "v1.36.0": ["ami-3"] }) },
    reasons: ["MachineImageMissing"],
    evidence: ["variable osImage is ami-1, which it has of v1.34.0"],
  },
  {
    name: "an image over one of another make, in a topology",
    snapshot: topologyCluster({ topology: { variables: variableTexts({ osImage: "ami-1", "md-0/osImage": "gpu-1" }) } }),
    request: { ...TO_35, images: imageCatalog({ "v1.35.2": [{ image: "ami-2", variable: { name: "osImage" } }] }) },
    reasons: ["MachineImageUnplaced"],
    message:
      "ReleaseCatalog default has the image of v1.35.2 for DockerMachineTemplate, and it cannot be told where in the variables of the ClusterClass it goes: variable osImage of pool md-0 is gpu-1, which is not among its images, in place of the cluster's own.",
    remedy:
      "Set variable of each image in releases[].images of ReleaseCatalog default to the variable that holds it, with the part of the cluster that it is for if it is not for all of it, and list the image that stands there now; then ask again.",
    evidence: [
      "variable osImage of pool md-0 to v1.35.2: variable osImage of pool md-0 is gpu-1, which is not among its images, in place of the cluster's own",
    ],
  },
  {
    name: "an image for a variable that the cluster does not set",
    snapshot: topologyCluster(),
    request: { ...TO_35, images: imageCatalog({ "v1.35.2": [{ image: "ami-2", variable: { name: "osImage" } }] }) },
    reasons: [],
  },
  { name: "an image of the old version", snapshot: plainCluster({ images: ["kindest/node:v1.34.0"] }), reasons: [] },
  { name: "an image of the new version", snapshot: plainCluster({ images: ["kindest/node:v1.35.2"] }), reasons: [] },
  { name: "an image in a topology", snapshot: topologyCluster({ images: ["kindest/node:v1.30.0"] }), reasons: [] },
  {
    name: "an image of a MachinePool",
    snapshot: plainCluster({ pools: [{ kind: "MachinePool", images: ["kindest/node:v1.33.1"] }] }),
    reasons: [],
  },
];

describe("refusals", () => {
  it.each(rows)("$name: $reasons", ({ snapshot, request = TO_35, reasons: expected, message, remedy, evidence }) => {
    const refusals = refusalsOf(snapshot, request);
    expect(refusals.map(({ reason }) => reason)).toEqual(expected);
    const [first] = refusals;
    if (message !== undefined) expect(first?.message).toBe(message);
    if (remedy !== undefined) expect(first?.remedy).toBe(remedy);
    if (evidence !== undefined) expect(first?.evidence).toEqual(evidence);
    for (const refusal of refusals) {
      expect(refusal.remedy).toMatch(/\S.*\.$/);
      expect(refusal.evidence?.length).toBeGreaterThan(0);
      expect(Object.keys(refusalReasons)).toContain(refusal.reason);
    }
  });

  it("tells all of them, the most important first", () => {
    const snapshot = plainCluster({
      images: ["kindest/node:v1.30.0"],
      controlPlane: { paused: true, conditions: [condition("Available", "False", "No")] },
      pools: [{ overrides: { paused: true } }],
      overrides: { paused: true, deleting: true },
    });
    expect(reasons(snapshot, { target: "v1.37.0", via: [] })).toEqual([
      "ClusterDeleting",
      "IntermediateVersionUnknown",
      "ClusterPaused",
      "ControlPlanePaused",
      "PoolPaused",
      "ControlPlaneUnhealthy",
      "PinnedImageMismatch",
    ]);
  });

  it("names all evidence of a control plane that is mixed", () => {
    const machines = [
      machine("a", "v1.34.0", { role: "control-plane", kubeletVersion: "v1.32.0" }),
      machine("b", "v1.34.0", { role: "control-plane", nodeName: undefined, kubeletVersion: undefined }),
      machine("c", "v1.34.0", { role: "control-plane" }),
    ];
    const snapshot = plainCluster({ overrides: { machines, workload: { state: "not-read", message: "no" } } });
    const found = refusalsOf(snapshot, TO_35).find(({ reason }) => reason === "MixedControlPlaneVersions");
    expect(found).toEqual({
      reason: "MixedControlPlaneVersions",
      message:
        "The control plane's machines run versions from v1.32.0 to v1.34.0; API servers of one cluster may be at most one minor apart.",
      remedy:
        "Bring all control plane machines to one version first (https://kubernetes.io/releases/version-skew-policy); `capi-gitops describe` shows what each of them runs.",
      evidence: [
        "Machine demo/a is v1.34.0, its kubelet v1.32.0",
        "Machine demo/b is v1.34.0, its kubelet unknown",
        "Machine demo/c is v1.34.0, its kubelet v1.34.0",
      ],
    });
  });

  it("takes the node's word before the Machine's", () => {
    const machines = plainCluster().machines;
    const nodes = machines.map(({ nodeName }) => ({ name: nodeName ?? "", ready: true, unschedulable: false, kubeletVersion: "v1.32.0" }));
    const snapshot = plainCluster({
      overrides: { workload: { state: "reachable", apiServerVersion: undefined, nodes, workloads: undefined } },
    });
    expect(reasons(snapshot)).toEqual(["MixedControlPlaneVersions"]);
  });

  it("names a pool that is newer than the control plane", () => {
    const found = refusalsOf(plainCluster({ pools: [{ version: "v1.35.0" }] }), TO_35);
    expect(found).toEqual([
      {
        reason: "NodeNewerThanControlPlane",
        message: "MachineDeployment demo/md-0 is newer than the control plane at v1.34.0. A kubelet must not be newer than the API server.",
        remedy:
          "Set the pool back to v1.34.0, or bring the control plane to v1.35.0 by hand first (https://kubernetes.io/releases/version-skew-policy).",
        evidence: ["MachineDeployment demo/md-0 version is v1.35.0; the control plane's is v1.34.0"],
      },
    ]);
  });

  it("does not take a pool of another topology pool for deferred", () => {
    const pools = [
      { name: "md-0", kind: "MachineDeployment", deferUpgrade: true, holdUpgradeSequence: false },
      { name: "md-1", kind: "MachineDeployment", deferUpgrade: false, holdUpgradeSequence: false },
    ] as const;
    const behind = (name: string): ClusterSnapshot =>
      topologyCluster({
        pools: [{ name: "md-0", version: name === "md-0" ? "v1.33.0" : "v1.34.0" }, { name: "md-1" }],
        topology: { pools },
      });
    expect(reasons(behind("md-0"))).toEqual(["UpgradeDeferred"]);
    expect(reasons(behind("none"))).toEqual([]);
    expect(reference("Cluster", "c1").group).toBe("cluster.x-k8s.io");
  });
});

describe("what passes by itself", () => {
  it("is exactly these", () => {
    const transient = Object.keys(refusalReasons).filter((reason) => isTransient({ reason, message: "", remedy: "" }));
    expect(transient).toEqual(["ControlPlaneNotInitialized", "TopologyNotReconciled", "AnotherChangePending", "ControlPlaneUnhealthy"]);
  });
});

describe("a cluster that is there", () => {
  it("is not refused, whatever its state", () => {
    const snapshot = plainCluster({ version: "v1.35.2", overrides: { paused: true } });
    expect(planUpgrade(snapshot, TO_35)).toEqual({ kind: "nothing-to-do", message: "Cluster demo/c1 is at v1.35.2 already." });
  });
});

describe("docs/refusals.md", () => {
  it("has a chapter for each reason, with its line, and for nothing else", () => {
    const text = readFileSync(new URL("../../../docs/refusals.md", import.meta.url), "utf8");
    const chapters = [...text.matchAll(/^### (\w+)\n\n(.+)\n/gm)].map(([, reason, line]) => [reason, line]);
    const upgrade = chapters.filter(([reason]) => Object.hasOwn(refusalReasons, reason ?? ""));
    expect(Object.fromEntries(upgrade)).toEqual(refusalReasons);
  });
});
