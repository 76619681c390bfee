import type { ClusterSnapshot } from "./cluster-snapshot.ts";
import { sameVersion } from "./kubernetes-version.ts";
import { controlPlaneRollout, poolRollout } from "./rollout.ts";

/** Whether everything declares the version and every machine has it: nothing to write, nothing to wait for. Not yet a proof. */
export function isAtVersion(snapshot: ClusterSnapshot, version: string): boolean {
  const { topology, controlPlane, pools } = snapshot;
  if (topology === undefined && controlPlane === undefined && pools.length === 0) return false;
  if (topology !== undefined && !sameVersion(topology.version, version)) return false;
  if (controlPlane?.version !== undefined && !controlPlaneRollout(snapshot, controlPlane, version).settled) return false;
  const versioned = pools.filter((pool) => pool.version !== undefined);
  if (topology === undefined && controlPlane?.version === undefined && versioned.length === 0) return false;
  return versioned.every((pool) => poolRollout(snapshot, pool, version).settled);
}
