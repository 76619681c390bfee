import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot } from "../cluster-snapshot.ts";
import { clusterVersion } from "../cluster-versions.ts";
import { conditionOf, conditionWords, listed, objectName } from "../cluster-words.ts";
import { type PlanRequest } from "../flight.ts";
import { orderOf, parseVersion, versionOf } from "../kubernetes-version.ts";
import { controlPlaneRollout } from "../rollout.ts";

/** Whether the cluster and its objects can be changed at all. */

export function clusterDeleting({ ref, deleting, controlPlane }: ClusterSnapshot): Refusal | undefined {
  const leaving = [...(deleting ? [ref] : []), ...(controlPlane?.deleting === true ? [controlPlane.ref] : [])];
  if (leaving.length === 0) return undefined;
  return {
    reason: "ClusterDeleting",
    message: `${listed(leaving.map(objectName))} is being deleted, so there is nothing to upgrade.`,
    remedy: "None is needed. If the deletion was a mistake, create the cluster anew at the version you want.",
    evidence: leaving.map((object) => `${objectName(object)} has a metadata.deletionTimestamp`),
  };
}

export function unsupportedControlPlane(snapshot: ClusterSnapshot, { target }: PlanRequest): Refusal | undefined {
  const { topology, controlPlane } = snapshot;
  if (topology !== undefined || controlPlane === undefined || controlPlane.version !== undefined) return undefined;
  const reported = parseVersion(controlPlane.reportedVersion ?? "");
  if (reported !== undefined && orderOf(reported, versionOf(target)) !== -1) return undefined;
  const at = controlPlane.reportedVersion === undefined ? "reports no version" : `reports ${controlPlane.reportedVersion}`;
  return {
    reason: "UnsupportedControlPlane",
    message: `${objectName(controlPlane.ref)} has no spec.version, so its version is not set through Cluster API; it ${at}, and workers may not be newer than it.`,
    remedy: `Bring the control plane to ${target} by its provider's own means, then ask again: the pools will follow.`,
    evidence: [`${objectName(controlPlane.ref)} spec.version is not set`, `${objectName(controlPlane.ref)} ${at}`],
  };
}

export function controlPlaneNotInitialized(snapshot: ClusterSnapshot): Refusal | undefined {
  const { topology, controlPlane, ref } = snapshot;
  if (controlPlane?.initialized === true) return undefined;
  if (controlPlane === undefined && topology === undefined) {
    return clusterVersion(snapshot) === undefined
      ? {
          reason: "ControlPlaneNotInitialized",
          message: `${objectName(ref)} has neither a control plane nor a pool with a version, so there is nothing to upgrade.`,
          remedy: "Wait until the cluster's objects exist, or look at why they do not: `capi-gitops describe`.",
          evidence: [`${objectName(ref)} has no control plane object`, "no pool has a version"],
        }
      : undefined;
  }
  const object = controlPlane === undefined ? `the control plane of ${objectName(ref)}` : objectName(controlPlane.ref);
  const condition = conditionOf(controlPlane?.conditions ?? [], "Initialized");
  return {
    reason: "ControlPlaneNotInitialized",
    message: `${object} has not been created completely yet; an upgrade before its first machine works would leave two half-made versions.`,
    remedy: "Wait until the control plane is initialized; `capi-gitops describe` tells what it waits for.",
    evidence: [condition === undefined ? `${object} is not initialized` : conditionWords(object, condition)],
  };
}

const UNPAUSE = "Remove `spec.paused` and the annotation `cluster.x-k8s.io/paused` where you set them (in Git, if it comes from there)";

export function clusterPaused({ ref, paused }: ClusterSnapshot): Refusal | undefined {
  if (!paused) return undefined;
  return {
    reason: "ClusterPaused",
    message: `${objectName(ref)} is paused: Cluster API does nothing to it, so a new version would never arrive.`,
    remedy: `${UNPAUSE}, then ask again.`,
    evidence: [`${objectName(ref)} is paused`],
  };
}

export function controlPlanePaused({ controlPlane }: ClusterSnapshot): Refusal | undefined {
  if (controlPlane === undefined || !controlPlane.paused) return undefined;
  return {
    reason: "ControlPlanePaused",
    message: `${objectName(controlPlane.ref)} is paused, so its machines would never be replaced.`,
    remedy: `${UNPAUSE}, then ask again.`,
    evidence: [`${objectName(controlPlane.ref)} is paused`],
  };
}

/** Pools that are there already, or have no version, may stay paused. */
export function poolPaused({ pools }: ClusterSnapshot, { target }: PlanRequest): Refusal | undefined {
  const paused = pools.filter((pool) => pool.paused && pool.version !== undefined && pool.version !== target);
  if (paused.length === 0) return undefined;
  const names = paused.map(({ ref }) => objectName(ref));
  return {
    reason: "PoolPaused",
    message: `${listed(names)} ${paused.length === 1 ? "is" : "are"} paused, so the machines of ${paused.length === 1 ? "it" : "them"} would stay behind.`,
    remedy: `${UNPAUSE}, then ask again.`,
    evidence: names.map((name) => `${name} is paused`),
  };
}

/** `Available`, etcd and static pods as the control plane's conditions tell (KubeadmControlPlane; others have `Available` by contract). */
const HEALTH = ["Available", "EtcdClusterHealthy", "ControlPlaneComponentsHealthy"];

export function controlPlaneUnhealthy(snapshot: ClusterSnapshot): Refusal | undefined {
  const { controlPlane } = snapshot;
  if (controlPlane === undefined || !controlPlane.initialized) return undefined;
  const name = objectName(controlPlane.ref);
  const { unavailable, desired } = controlPlaneRollout(snapshot, controlPlane, controlPlane.version ?? "");
  const bad = HEALTH.flatMap((type) => conditionOf(controlPlane.conditions, type) ?? []).filter(({ status }) => status !== "True");
  const remediating = conditionOf(controlPlane.conditions, "Remediating");
  const evidence = [
    ...(unavailable > 0 ? [`${name}: ${desired - unavailable} of ${desired} replicas are available`] : []),
    ...[...bad, ...(remediating?.status === "True" ? [remediating] : [])].map((condition) => conditionWords(name, condition)),
  ];
  if (evidence.length === 0) return undefined;
  return {
    reason: "ControlPlaneUnhealthy",
    message: `${name} is not healthy, and an upgrade takes a healthy member out of it: ${evidence[0] ?? ""}.`,
    remedy:
      "Mend the control plane first; `capi-gitops describe` shows each machine and condition. Cluster API itself would wait at its preflight checks.",
    evidence,
  };
}
