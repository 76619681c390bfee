import { getCondition } from "../../conditions/condition.ts";
import type { Machine } from "./machine-objects.ts";

const minute = 60_000;

/** Why a drain that is told of on a Machine takes so long, by what its message holds. */
const delays = [
  ["cannot evict pod as it would violate the pod's disruption budget.", "PodDisruptionBudgets"],
  ["deletionTimestamp set, but still not removed from the Node", "Pods not terminating"],
  ["failed to evict Pod", "Pod eviction errors"],
  ["waiting for completion", "Pods not completed yet"],
] as const;

/** `Machine a is in deletion since more than 15m, delay likely due to …`; undefined when there is none. */
export function staleMachinesText(machines: readonly Machine[], now: number): string | undefined {
  const stale = machines.filter(
    ({ metadata }) => metadata.deletionTimestamp !== undefined && now - Date.parse(metadata.deletionTimestamp) > 15 * minute,
  );
  if (stale.length === 0) return undefined;
  const reasons = delays.filter(([part]) => stale.some((machine) => drainMessage(machine, now).includes(part))).map(([, reason]) => reason);
  const because = reasons.length === 0 ? "" : `, delay likely due to ${reasons.join(", ")}`;
  return `${subject(stale)} in deletion since more than 15m${because}`;
}

/** `Machines a, b are not healthy (not to be remediated by …)`; empty when there is none. */
export function unhealthyMachinesText(machines: readonly Machine[], owner: string): string {
  const unhealthy = machines.filter((machine) => getCondition(machine, "HealthCheckSucceeded")?.status === "False");
  return unhealthy.length === 0 ? "" : `${subject(unhealthy)} not healthy (not to be remediated by ${owner})`;
}

/** Machines that a health check found unhealthy, and that their owner is to remediate. */
export function machinesToBeRemediated(machines: readonly Machine[]): readonly Machine[] {
  return machines.filter(
    (machine) =>
      getCondition(machine, "HealthCheckSucceeded")?.status === "False" && getCondition(machine, "OwnerRemediated")?.status === "False",
  );
}

function drainMessage(machine: Machine, now: number): string {
  const deleting = getCondition(machine, "Deleting");
  const start = machine.status?.deletion?.nodeDrainStartTime;
  const isLong = start !== undefined && now - Date.parse(start) > 5 * minute;
  return deleting?.status === "True" && deleting.reason === "DrainingNode" && isLong ? deleting.message : "";
}

function subject(machines: readonly Machine[]): string {
  const names = machines.map(({ metadata }) => metadata.name).sort();
  const listed = names.length > 3 ? [...names.slice(0, 3), `... (${names.length - 3} more)`] : names;
  return names.length === 1 ? `Machine ${listed[0]!} is` : `Machines ${listed.join(", ")} are`;
}
