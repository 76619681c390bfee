import type { RolloutLimits } from "./fenceposts.ts";
import { sum, type MachineSetCounts, type ScalePlan } from "./rollout-plan.ts";

export interface ScalableMachineSet extends MachineSetCounts {
  readonly createdAt: string;
  /** The annotation desired-replicas. */
  readonly annotatedReplicas: number | undefined;
  /** The annotation max-replicas: replicas and surge when the set was last looked at. */
  readonly annotatedMaximum: number | undefined;
}

export interface ScaleSituation {
  readonly limits: RolloutLimits;
  /** spec.strategy.type is RollingUpdate. */
  readonly isRolling: boolean;
  /** status.replicas of the MachineDeployment. */
  readonly actual: number;
  /** None while the new template has none yet: it is not made while the MachineDeployment is paused. */
  readonly current: ScalableMachineSet | undefined;
  readonly old: readonly ScalableMachineSet[];
}

/**
 * What a MachineDeployment with `spec.paused` does (machinedeployment_sync.go at v1.14): it keeps replicas + maxSurge machines, spread over all MachineSets that have machines. In the middle
 * of a rollout that makes new machines of the old version.
 */
export function planScale(situation: ScaleSituation): ScalePlan {
  const { limits, isRolling, current, old } = situation;
  const all = [...[...old].sort(newestFirst), ...(current === undefined ? [] : [current])];
  const active = all.filter(({ replicas }) => replicas > 0);
  if (active.length <= 1) {
    const only = active[0] ?? current ?? all[0];
    return new Map(only === undefined || only.replicas === limits.replicas ? [] : [[only.name, limits.replicas]]);
  }
  if (current !== undefined && isSaturated(current, limits.replicas)) {
    return new Map(active.filter((set) => set !== current).map(({ name }) => [name, 0]));
  }
  return isRolling ? spread(active, situation) : new Map();
}

function spread(active: readonly ScalableMachineSet[], { limits, actual }: ScaleSituation): ScalePlan {
  const allowed = limits.replicas > 0 ? limits.replicas + limits.maxSurge : 0;
  const toAdd = allowed - sum(active, ({ replicas }) => replicas);
  if (toAdd === 0) return new Map();
  const byAge = toAdd > 0 ? newestFirst : oldestFirst;
  const ordered = [...active].sort((one, other) => other.replicas - one.replicas || byAge(one, other));
  const sizes = new Map<string, number>();
  let added = 0;
  for (const set of ordered) {
    const left = toAdd - added;
    const share = left === 0 ? 0 : limit(shareOf(set, limits, actual), left);
    sizes.set(set.name, set.replicas + share);
    added += share;
  }
  const largest = ordered[0]!;
  sizes.set(largest.name, Math.max(sizes.get(largest.name)! + toAdd - added, 0));
  return new Map([...sizes].filter(([name, size]) => active.some((set) => set.name === name && set.replicas !== size)));
}

/** What a set would gain (or lose) if it kept its share of the whole. */
function shareOf({ replicas, annotatedMaximum }: ScalableMachineSet, limits: RolloutLimits, actual: number): number {
  if (limits.replicas === 0) return -replicas;
  return Math.round((replicas * (limits.replicas + limits.maxSurge)) / (annotatedMaximum ?? actual)) - replicas;
}

function limit(share: number, left: number): number {
  return left > 0 ? Math.min(share, left) : Math.max(share, left);
}

/** It believes itself to be the whole, and is. */
function isSaturated({ replicas, available, annotatedReplicas }: ScalableMachineSet, wanted: number): boolean {
  return replicas === wanted && annotatedReplicas === wanted && available === wanted;
}

function newestFirst(one: ScalableMachineSet, other: ScalableMachineSet): number {
  return oldestFirst(other, one);
}

function oldestFirst(one: ScalableMachineSet, other: ScalableMachineSet): number {
  if (one.createdAt === other.createdAt) return 0;
  return one.createdAt < other.createdAt ? -1 : 1;
}
