import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { ownFlight, type PlanRequest } from "../flight.ts";
import { workerHops } from "../steps.ts";
import {
  clusterDeleting,
  clusterPaused,
  controlPlaneNotInitialized,
  controlPlanePaused,
  controlPlaneUnhealthy,
  poolPaused,
  unsupportedControlPlane,
} from "./cluster-state.ts";
import { machineImageMissing, machineImageUnplaced } from "./machine-images.ts";
import { pinnedImageMismatch, templateMissing } from "./machine-templates.ts";
import {
  intermediateVersionUnknown,
  invalidVersion,
  minorSkipped,
  versionDowngrade,
  versionNotInClusterClass,
} from "./requested-version.ts";
import { anotherChangePending, topologyNotReconciled, topologyWedged, upgradeAlreadyRunning, upgradeDeferred } from "./under-way.ts";
import { mixedControlPlaneVersions, nodeNewerThanControlPlane, poolOutsideSkew } from "./version-skew.ts";

/** Why an upgrade is not begun. Each is pure: what was seen, or undefined when there is nothing to object to. */
type Policy = (snapshot: ClusterSnapshot, request: PlanRequest) => Refusal | undefined;

interface PolicyRow {
  readonly policy: Policy;
  /** Passes by itself, also in the middle of an upgrade: then it is waited for. */
  readonly transient: boolean;
}

/** In the order of importance; all that apply are told. */
const POLICIES: readonly PolicyRow[] = [
  { policy: clusterDeleting, transient: false },
  { policy: topologyWedged, transient: false },
  { policy: unsupportedControlPlane, transient: false },
  { policy: versionDowngrade, transient: false },
  { policy: versionNotInClusterClass, transient: false },
  { policy: minorSkipped, transient: false },
  { policy: intermediateVersionUnknown, transient: false },
  { policy: clusterPaused, transient: false },
  { policy: controlPlanePaused, transient: false },
  { policy: poolPaused, transient: false },
  { policy: upgradeAlreadyRunning, transient: false },
  { policy: controlPlaneNotInitialized, transient: true },
  { policy: topologyNotReconciled, transient: true },
  { policy: anotherChangePending, transient: true },
  { policy: mixedControlPlaneVersions, transient: false },
  { policy: nodeNewerThanControlPlane, transient: false },
  { policy: poolOutsideSkew, transient: false },
  { policy: controlPlaneUnhealthy, transient: true },
  { policy: (snapshot, request) => upgradeDeferred(snapshot, request, () => workerHops(snapshot, request)), transient: false },
  { policy: templateMissing, transient: false },
  { policy: machineImageMissing, transient: false },
  { policy: machineImageUnplaced, transient: false },
  { policy: pinnedImageMismatch, transient: false },
];

/**
 * Everything that stands against the upgrade, the most important first; empty when it may go on.
 *
 * While a step of this same upgrade is being carried out, what passes by itself (`isTransient`) is not held against it: a control plane whose machine is being
 * replaced is not wholly available.
 */
export function refusalsOf(snapshot: ClusterSnapshot, request: PlanRequest): readonly Refusal[] {
  const invalid = invalidVersion(snapshot, request);
  // All other policies compare versions.
  if (invalid !== undefined) return [invalid];
  const underWay = ownFlight(snapshot, request) !== undefined;
  return POLICIES.flatMap(({ policy, transient }) => (transient && underWay ? [] : (policy(snapshot, request) ?? [])));
}

/** Whether it passes by itself, so that an upgrade in its middle waits rather than stops. */
export function isTransient({ reason }: Refusal): boolean {
  return TRANSIENT.has(reason);
}

const TRANSIENT: ReadonlySet<string> = new Set([
  "ControlPlaneNotInitialized",
  "TopologyNotReconciled",
  "AnotherChangePending",
  "ControlPlaneUnhealthy",
]);

/** Every reason of this room, one line each; docs/refusals.md tells more and is checked against it. */
export const refusalReasons = {
  InvalidVersion: "A version that was asked for, or one of the cluster's own, is not a full Kubernetes version.",
  ClusterDeleting: "The cluster or its control plane is being deleted.",
  TopologyWedged: "The version of a topology's control plane or pool was raised by hand; Cluster API is stuck until it is put back.",
  UnsupportedControlPlane: "The control plane's version is not set through Cluster API, and it is older than the version asked for.",
  VersionDowngrade: "The version asked for is older than the cluster.",
  VersionNotInClusterClass: "The ClusterClass lists the versions that its clusters may have, and this is none of them.",
  MinorSkipped: "The ClusterClass lists no version of a minor on the way, or there is no way at all.",
  IntermediateVersionUnknown: "Several minors lie between, and nothing names the versions to go through.",
  ClusterPaused: "The cluster is paused.",
  ControlPlanePaused: "The control plane is paused.",
  PoolPaused: "A pool that would have to move is paused.",
  UpgradeAlreadyRunning: "The cluster is on its way to a version that is not on the way of this upgrade.",
  ControlPlaneNotInitialized: "The cluster is still being created.",
  TopologyNotReconciled: "The topology controller fails for a reason of its own.",
  AnotherChangePending: "The cluster is being changed for another reason than its version.",
  MixedControlPlaneVersions: "The control plane's machines are more than one minor apart.",
  NodeNewerThanControlPlane: "A pool is newer than the control plane, or would become so.",
  PoolOutsideSkew: "A pool is older than the control plane allows.",
  ControlPlaneUnhealthy: "The control plane is not healthy.",
  UpgradeDeferred: "A pool is held back by annotation, and the upgrade could not get past it.",
  TemplateMissing: "A machine template that is referred to does not exist.",
  PinnedImageMismatch: "A machine template names a version that is neither the old nor the new one.",
  MachineImageMissing: "The catalog has no machine image of a version for a kind of template that the cluster uses.",
  MachineImageUnplaced: "The catalog names a machine image, and it cannot be told where it goes.",
  DeclaredAhead: "The source declares a newer version than the next step would write.",
  NothingToRepair: "Nothing is wedged.",
  RepairWouldDowngrade: "Machines already run the version that was set by hand; taking it back would take them back.",
} as const satisfies Record<string, string>;
