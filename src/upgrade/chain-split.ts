import { imageVariables } from "./class-variables.ts";
import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { parseVersion, versionRange } from "./kubernetes-version.ts";
import { topologyPath } from "./topology-path.ts";
import type { UpgradeRequest } from "./upgrade-types.ts";

/**
 * With a list of versions in the ClusterClass Cluster API takes a cluster through several minors after one write. A variable that holds the machine image has one value all that time: that of the
 * last version, which machines of those in between would boot. Such a cluster goes by one write for each minor.
 */
export function isChainSplit({ topology, ...snapshot }: ClusterSnapshot, { images }: Pick<UpgradeRequest, "images">): boolean {
  return topology?.classVersions !== undefined && imageVariables({ ...snapshot, topology }, images).length > 0;
}

/** The versions that Cluster API would go through by itself, the target included. */
export function classChain(from: string, target: string, classVersions: readonly string[]): readonly string[] {
  return topologyPath({ controlPlane: from, lowestWorker: undefined, target, classVersions }).controlPlane;
}

/** Versions that the writes of a request stop at before the target, as far as its machines are not past them. */
export function versionsBetween(
  snapshot: ClusterSnapshot,
  { target, via, images }: Pick<UpgradeRequest, "target" | "via" | "images">,
): readonly string[] {
  const classVersions = snapshot.topology?.classVersions;
  if (classVersions === undefined || !isChainSplit(snapshot, { images })) return via;
  const machines = snapshot.machines.map(({ version }) => (version !== undefined && parseVersion(version) ? version : undefined));
  const from = versionRange(machines)?.lowest ?? snapshot.controlPlane?.version;
  if (from === undefined || [from, target, ...classVersions].some((version) => parseVersion(version) === undefined)) return via;
  return [...via, ...classChain(from, target, classVersions).filter((version) => version !== target)];
}
