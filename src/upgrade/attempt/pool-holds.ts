import type { ClusterSnapshot, ObjectReference, PoolSnapshot } from "../cluster-snapshot.ts";
import { isDeferred, poolMachines, sameObject } from "../cluster-words.ts";
import { versionRange } from "../kubernetes-version.ts";
import type { WindowEnd } from "../policy/upgrade-policy.ts";
import { controlPlaneRollout, poolRollout } from "../rollout.ts";
import type { AttemptAction } from "./attempt-types.ts";

/** Why pools are to be stopped between machines. */
export interface HoldReasons {
  /** By a person: all of them, until resumed. */
  readonly paused: boolean;
  /** Of a window that has closed; undefined while it is open. */
  readonly windowEnd: WindowEnd | undefined;
  /** A topology's pools may not begin before somebody approves. */
  readonly awaitsApproval: boolean;
  /** The pool that the source declares anew, and that nobody has applied yet. */
  readonly declared: ObjectReference | undefined;
}

/** Pools that are to be held now. Only those that would go on, or begin, by themselves: an object that nobody has written stays as it is. */
export function poolsToHold(snapshot: ClusterSnapshot, reasons: HoldReasons): readonly PoolSnapshot[] {
  const { paused, windowEnd, awaitsApproval, declared } = reasons;
  const all = paused || windowEnd === "hard-stop" || awaitsApproval;
  if (!all && windowEnd !== "finish-pool") return [];
  return snapshot.pools.filter((pool) => {
    const moves = movesByItself(snapshot, pool) || (declared !== undefined && sameObject(pool.ref, declared));
    return moves && canBeHeld(snapshot, pool) && (all || !hasBegun(snapshot, pool));
  });
}

/** How a MachinePool replaces its instances is its provider's business, and who deletes the machines of an OnDelete pool needs no stopping. */
function canBeHeld(snapshot: ClusterSnapshot, pool: PoolSnapshot): boolean {
  return (
    pool.kind === "MachineDeployment" &&
    pool.version !== undefined &&
    pool.strategy === "RollingUpdate" &&
    !pool.paused &&
    !pool.deleting &&
    !isDeferred(snapshot, pool)
  );
}

/** Its machines go to another version, or will without anybody writing it. Scaling is nobody's upgrade. */
function movesByItself(snapshot: ClusterSnapshot, pool: PoolSnapshot): boolean {
  const { topology } = snapshot;
  if (topology !== undefined && pool.topologyName !== undefined && pool.version !== topology.version) return true;
  return poolMachines(snapshot, pool).some((machine) => machine.version !== undefined && machine.version !== pool.version);
}

/** A machine of the new version is there, beside older ones. */
function hasBegun(snapshot: ClusterSnapshot, pool: PoolSnapshot): boolean {
  if (pool.topologyName === undefined) return true;
  const machines = poolMachines(snapshot, pool);
  const lowest = versionRange(machines.map(({ version }) => version))?.lowest;
  return pool.version !== lowest && machines.some(({ version }) => version === pool.version);
}

/** Pools of a topology that go to a new version as soon as it is written. Before that, `poolsToHold` knows nothing of it. */
export function poolsOfTopologyWrite(snapshot: ClusterSnapshot): readonly PoolSnapshot[] {
  return snapshot.pools.filter((pool) => pool.topologyName !== undefined && canBeHeld(snapshot, pool));
}

/** Pools of a topology that nobody can keep from beginning. */
export function poolsBeyondHold(snapshot: ClusterSnapshot, target: string): readonly PoolSnapshot[] {
  return snapshot.pools.filter(
    (pool) =>
      pool.topologyName !== undefined &&
      pool.kind === "MachinePool" &&
      pool.version !== undefined &&
      pool.version !== target &&
      !isDeferred(snapshot, pool),
  );
}

/** Puts holds where they are wanted and takes them away where they are not: those of an earlier attempt as well, which somebody may have deleted. */
export function holdActions(snapshot: ClusterSnapshot, upgradeId: string, wanted: readonly PoolSnapshot[]): readonly AttemptAction[] {
  const isWanted = (ref: ObjectReference): boolean => wanted.some((pool) => sameObject(pool.ref, ref));
  return snapshot.pools.flatMap(({ ref, heldBy }): readonly AttemptAction[] => {
    if (isWanted(ref)) return heldBy === upgradeId ? [] : [{ kind: "hold-pool", pool: ref }];
    return heldBy === undefined ? [] : [{ kind: "release-pool", pool: ref }];
  });
}

/** All that an attempt leaves behind; holds of another one are not its own to take away. */
export function releaseActions(snapshot: ClusterSnapshot, upgradeId: string): readonly AttemptAction[] {
  return heldPools(snapshot, upgradeId).map((pool) => ({ kind: "release-pool", pool }));
}

export function heldPools({ pools }: ClusterSnapshot, upgradeId: string): readonly ObjectReference[] {
  return pools.filter(({ heldBy }) => heldBy === upgradeId).map(({ ref }) => ref);
}

/**
 * Whether something gets on that no hold stops: the control plane, a pool that is not held, or a topology that has not handed its version on. A control plane that has reached the version that
 * it declares waits for its pools, held or not.
 */
export function movesFreely(snapshot: ClusterSnapshot, wanted: readonly PoolSnapshot[]): boolean {
  if (controlPlaneMoves(snapshot)) return true;
  const held = (pool: PoolSnapshot): boolean => pool.heldBy !== undefined || wanted.includes(pool);
  if (snapshot.pools.some((pool) => !held(pool) && pool.version !== undefined && !poolRollout(snapshot, pool, pool.version).settled))
    return true;
  const { topology, controlPlane, pools } = snapshot;
  return topology !== undefined && controlPlane?.version !== topology.version && !pools.some(held);
}

export function controlPlaneMoves(snapshot: ClusterSnapshot): boolean {
  const { controlPlane } = snapshot;
  return controlPlane?.version !== undefined && !controlPlaneRollout(snapshot, controlPlane, controlPlane.version).settled;
}
