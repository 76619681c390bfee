import type { RolloutLimits } from "./fenceposts.ts";

/** What a plan looks at in a MachineSet. */
export interface MachineSetCounts {
  readonly name: string;
  /** spec.replicas. */
  readonly replicas: number;
  /** status.replicas: machines there are, those that are being deleted included. */
  readonly actual: number;
  readonly available: number;
}

export interface RolloutSituation {
  readonly limits: RolloutLimits;
  readonly current: MachineSetCounts;
  /** Oldest first. */
  readonly old: readonly MachineSetCounts[];
}

/** New spec.replicas by name of the MachineSet; those that are not in it stay as they are. */
export type ScalePlan = ReadonlyMap<string, number>;

/** The next step of a rolling update (machinedeployment_rollout_rollingupdate.go at v1.14, without in-place updates). */
export function planRollingUpdate(situation: RolloutSituation): ScalePlan {
  const plan = new Map<string, number>();
  const { limits, current, old } = situation;
  const grown = grownCurrent(situation, limits.replicas + limits.maxSurge);
  if (grown !== current.replicas) plan.set(current.name, grown);
  scaleDownOld(situation, plan);
  breakDeadlock(current, old, plan);
  return plan;
}

/** spec.replicas of the current MachineSet, so that no more than `most` machines exist in all. */
export function grownCurrent({ limits, current, old }: RolloutSituation, most: number): number {
  if (current.replicas >= limits.replicas) return limits.replicas;
  // Machines that are still to be made or still to go count as well.
  const existing = sum([...old, current], ({ replicas, actual }) => Math.max(replicas, actual));
  return existing >= most ? current.replicas : current.replicas + Math.min(most - existing, limits.replicas - current.replicas);
}

function scaleDownOld({ limits, current, old }: RolloutSituation, plan: Map<string, number>): void {
  if (sum(old, ({ replicas }) => replicas) === 0) return;
  const all = [...old, current];
  const minAvailable = Math.max(limits.replicas - limits.maxUnavailable, 0);
  const pending = sum(all, ({ name, replicas, actual }) => Math.max(actual - Math.min(replicas, plan.get(name) ?? replicas), 0));
  // What is not available in the current MachineSet slows the rollout down: it may be broken.
  const unavailable = Math.max(current.replicas - current.available, 0);
  const room = Math.max(sum(all, ({ replicas }) => replicas) - pending - minAvailable - unavailable, 0);
  const left = { room, available: sum(all, ({ available }) => available) };
  for (const onlyUnavailable of [true, false]) {
    for (const set of old) shrink(set, left, minAvailable, onlyUnavailable, plan);
  }
}

/** Takes machines from one old MachineSet, as far as that leaves enough available ones even if the available ones go first. */
function shrink(
  set: MachineSetCounts,
  left: { room: number; available: number },
  minAvailable: number,
  onlyUnavailable: boolean,
  plan: Map<string, number>,
): void {
  const replicas = plan.get(set.name) ?? set.replicas;
  if (left.room <= 0 || replicas <= 0) return;
  const most = onlyUnavailable ? Math.max(replicas - set.available, 0) : replicas;
  let count = Math.min(most, left.room);
  if (count === 0) return;
  if (set.available > 0) {
    let goes = Math.max(set.actual - Math.max(replicas - count, 0), 0);
    if (goes > 0) {
      const mayGo = Math.max(left.available - minAvailable, 0);
      if (left.available - minAvailable < goes) {
        const target = Math.min(set.actual - mayGo, replicas);
        count = Math.max(replicas - target, 0);
        goes = Math.max(set.actual - target, 0);
      }
      left.available -= Math.min(set.available, goes);
    }
  }
  if (count <= 0) return;
  plan.set(set.name, Math.max(replicas - count, 0));
  left.room = Math.max(left.room - count, 0);
}

/** Unavailable machines of old MachineSets can stop both growing and shrinking: then one of them goes, whatever maxUnavailable says. */
function breakDeadlock(current: MachineSetCounts, old: readonly MachineSetCounts[], plan: Map<string, number>): void {
  const actual = sum(old, (set) => set.actual);
  if (actual === 0 || actual === sum(old, ({ available }) => available)) return;
  if ([...old, current].some((set) => set.replicas !== set.actual || plan.has(set.name))) return;
  if (current.available !== current.actual) return;
  const stuck = old.find((set) => set.available !== set.actual && set.replicas > 0);
  if (stuck !== undefined) plan.set(stuck.name, Math.max(stuck.replicas - 1, 0));
}

/** The next step of OnDelete (machinedeployment_rollout_ondelete.go at v1.14): old machines go only when somebody deletes them, or when fewer are asked for. */
export function planOnDelete(situation: RolloutSituation): ScalePlan {
  const plan = new Map<string, number>();
  const { limits, current, old } = situation;
  const grown = grownCurrent(situation, limits.replicas);
  if (grown !== current.replicas) plan.set(current.name, grown);
  const oldReplicas = sum(old, ({ replicas }) => replicas);
  if (oldReplicas === 0) return plan;
  let surplus = Math.max(oldReplicas + grown - limits.replicas, 0);
  // What was deleted is not made again.
  for (const set of old) {
    const gone = set.replicas > 0 ? Math.max(set.replicas - set.actual, 0) : 0;
    if (gone === 0) continue;
    plan.set(set.name, Math.max(set.replicas - gone, 0));
    surplus -= gone;
  }
  for (const set of old) {
    const intent = plan.get(set.name) ?? set.replicas;
    if (surplus <= 0 || intent <= 0) continue;
    const count = Math.min(intent, surplus);
    // From spec.replicas, as v1.14 has it, not from what is left after the loop above.
    plan.set(set.name, Math.max(set.replicas - count, 0));
    surplus -= count;
  }
  return plan;
}

export function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
