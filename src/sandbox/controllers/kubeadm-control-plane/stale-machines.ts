import { getCondition } from "../../conditions/condition.ts";
import { compareText, shortList, type Machine } from "./cluster-objects.ts";

const staleMilliseconds = 15 * 60_000;
const longDrainMilliseconds = 5 * 60_000;

const causes = [
  ["cannot evict pod as it would violate the pod's disruption budget.", "PodDisruptionBudgets"],
  ["deletionTimestamp set, but still not removed from the Node", "Pods not terminating"],
  ["failed to evict Pod", "Pod eviction errors"],
  ["waiting for completion", "Pods not completed yet"],
] as const;

/** `Machine a is in deletion since more than 15m, delay likely due to PodDisruptionBudgets`; "" when none is. */
export function staleMachinesMessage(machines: readonly Machine[], now: number): string {
  const stale = machines.filter(({ metadata }) => isOlder(metadata.deletionTimestamp, staleMilliseconds, now));
  if (stale.length === 0) return "";
  const drains = stale.flatMap((machine) => {
    const deleting = getCondition(machine, "Deleting");
    const isDraining = deleting?.status === "True" && deleting.reason === "DrainingNode";
    return isDraining && isOlder(machine.status?.deletion?.nodeDrainStartTime, longDrainMilliseconds, now) ? [deleting.message] : [];
  });
  const reasons = causes.filter(([text]) => drains.some((message) => message.includes(text))).map(([, reason]) => reason);
  const why = reasons.length === 0 ? "" : `, delay likely due to ${reasons.join(", ")}`;
  return `${machinesText(stale)} in deletion since more than 15m${why}`;
}

/** `Machines a, b are` */
export function machinesText(machines: readonly Machine[]): string {
  const names = machines.map(({ metadata }) => metadata.name).sort(compareText);
  return `Machine${names.length > 1 ? "s" : ""} ${shortList(names, 3)} ${names.length > 1 ? "are" : "is"}`;
}

function isOlder(time: string | undefined, milliseconds: number, now: number): boolean {
  return time !== undefined && now - Date.parse(time) > milliseconds;
}
