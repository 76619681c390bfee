import type { Refusal } from "../../refusal.ts";
import type { ClusterSnapshot, PoolSnapshot } from "../cluster-snapshot.ts";
import { apiServerVersions, controlPlaneVersion } from "../cluster-versions.ts";
import { listed, objectName } from "../cluster-words.ts";
import type { PlanRequest } from "../flight.ts";
import { compareVersions, parseVersion, sameMinor, versionOf, versionRange, type KubernetesVersion } from "../kubernetes-version.ts";
import { apiServersAllowed, kubeletAllowed, kubeletMinorsBehind } from "../skew.ts";

/** Whether the cluster is within the Kubernetes version skew policy before the upgrade begins. */

const POLICY = "https://kubernetes.io/releases/version-skew-policy";

export function mixedControlPlaneVersions(snapshot: ClusterSnapshot): Refusal | undefined {
  const range = versionRange(apiServerVersions(snapshot));
  if (range === undefined || apiServersAllowed(versionOf(range.lowest), versionOf(range.highest))) return undefined;
  return {
    reason: "MixedControlPlaneVersions",
    message: `The control plane's machines run versions from ${range.lowest} to ${range.highest}; API servers of one cluster may be at most one minor apart.`,
    remedy: `Bring all control plane machines to one version first (${POLICY}); \`capi-gitops describe\` shows what each of them runs.`,
    evidence: snapshot.machines
      .filter(({ role }) => role === "control-plane")
      .map(
        ({ ref, version, kubeletVersion }) =>
          `${objectName(ref)} is ${version ?? "of no version"}, its kubelet ${kubeletVersion ?? "unknown"}`,
      ),
  };
}

/** A pool that is newer than the control plane, or would be made so. */
export function nodeNewerThanControlPlane(snapshot: ClusterSnapshot, { target }: PlanRequest): Refusal | undefined {
  const apiServer = parseVersion(controlPlaneVersion(snapshot) ?? "");
  if (apiServer === undefined) return undefined;
  const newer = poolVersions(snapshot).filter(({ version }) => isNewerKubelet(version, apiServer));
  if (newer.length > 0) {
    return {
      reason: "NodeNewerThanControlPlane",
      message: `${listed(newer.map(({ pool }) => objectName(pool.ref)))} is newer than the control plane at ${apiServer.text}. A kubelet must not be newer than the API server.`,
      remedy: `Set the pool back to ${apiServer.text}, or bring the control plane to ${newer[0]?.version.text ?? ""} by hand first (${POLICY}).`,
      evidence: newer.map(
        ({ pool, version }) => `${objectName(pool.ref)} version is ${version.text}; the control plane's is ${apiServer.text}`,
      ),
    };
  }
  if (snapshot.controlPlane !== undefined || !isNewerKubelet(versionOf(target), apiServer)) return undefined;
  return {
    reason: "NodeNewerThanControlPlane",
    message: `The API server is ${apiServer.text} and not managed by Cluster API; pools at ${target} would be newer than it.`,
    remedy: `Bring the control plane to ${target} by its own means first, then ask again.`,
    evidence: [`the API server reports ${apiServer.text}`, `requested: ${target}`],
  };
}

/** Older than the policy allows. Bringing the pools to the control plane's own version is the cure, so that is not refused. */
export function poolOutsideSkew(snapshot: ClusterSnapshot, { target }: PlanRequest): Refusal | undefined {
  const apiServer = parseVersion(controlPlaneVersion(snapshot) ?? "");
  if (apiServer === undefined || target === apiServer.text) return undefined;
  const old = poolVersions(snapshot).filter(({ version }) => !isNewerKubelet(version, apiServer) && !kubeletAllowed(version, apiServer));
  if (old.length === 0) return undefined;
  return {
    reason: "PoolOutsideSkew",
    message: `${listed(old.map(({ pool }) => objectName(pool.ref)))} is more than ${kubeletMinorsBehind(apiServer)} minors behind the control plane at ${apiServer.text}, which Kubernetes does not support.`,
    remedy: `Bring the pools to the control plane's version first: \`capi-gitops upgrade ${snapshot.ref.name} -n ${snapshot.ref.namespace} --to ${apiServer.text}\` (${POLICY}).`,
    evidence: old.map(
      ({ pool, version }) => `${objectName(pool.ref)} version is ${version.text}; the control plane's is ${apiServer.text}`,
    ),
  };
}

function poolVersions({ pools }: ClusterSnapshot): readonly { readonly pool: PoolSnapshot; readonly version: KubernetesVersion }[] {
  return pools.flatMap((pool) => {
    const version = parseVersion(pool.version ?? "");
    return version === undefined ? [] : [{ pool, version }];
  });
}

/** By minor: a newer patch of the same minor is allowed. */
function isNewerKubelet(kubelet: KubernetesVersion, apiServer: KubernetesVersion): boolean {
  return !sameMinor(kubelet, apiServer) && compareVersions(kubelet, apiServer) > 0;
}
