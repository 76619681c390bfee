import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { versionRange } from "./kubernetes-version.ts";

/**
 * The version that the cluster is at, from which a path begins: the topology's, else the control plane's, else what a control plane without `spec.version`
 * reports, else the lowest of the pools. Undefined when nothing tells.
 */
export function clusterVersion({ topology, controlPlane, pools }: ClusterSnapshot): string | undefined {
  return (
    topology?.version ?? controlPlane?.version ?? controlPlane?.reportedVersion ?? versionRange(pools.map(({ version }) => version))?.lowest
  );
}

/** The version of the API servers that workers must not be newer than; undefined where it cannot be told. */
export function controlPlaneVersion({ controlPlane, workload }: ClusterSnapshot): string | undefined {
  return (
    controlPlane?.version ??
    controlPlane?.reportedVersion ??
    (controlPlane === undefined && workload.state === "reachable" ? workload.apiServerVersion : undefined)
  );
}

/** Versions that the API servers run by all that is reported of them: the machines' kubelets, the control plane's status. */
export function apiServerVersions({ controlPlane, machines, workload }: ClusterSnapshot): readonly string[] {
  const nodes = new Map(workload.state === "reachable" ? workload.nodes.map((node) => [node.name, node.kubeletVersion]) : []);
  const running = machines
    .filter(({ role }) => role === "control-plane")
    .map(({ nodeName, kubeletVersion, version }) => nodes.get(nodeName ?? "") ?? kubeletVersion ?? version);
  return [...running, controlPlane?.reportedVersion].filter((version): version is string => version !== undefined);
}
