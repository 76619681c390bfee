import { getCondition } from "../../conditions/condition.ts";
import { compareTexts, type DeletionOrder, type Machine } from "./machine-objects.ts";

const tenDaysInSeconds = 864_000;
const betterDelete = 50;

/** The machines that go first when a MachineSet shrinks: those that are going already, those marked with cluster.x-k8s.io/delete-machine, unhealthy ones, then by the order that is asked for. */
export function machinesToDelete(
  machines: readonly Machine[],
  count: number,
  order: DeletionOrder | undefined,
  now: number,
): readonly Machine[] {
  if (count <= 0) return [];
  const priorities = new Map(machines.map((machine) => [machine, priorityOf(machine, order ?? "Random", now)]));
  return [...machines]
    .sort((one, other) => priorities.get(other)! - priorities.get(one)! || compareTexts(one.metadata.name, other.metadata.name))
    .slice(0, count);
}

function priorityOf(machine: Machine, order: DeletionOrder, now: number): number {
  const { deletionTimestamp, annotations, creationTimestamp } = machine.metadata;
  if (deletionTimestamp !== undefined) return 100;
  if (annotations?.["cluster.x-k8s.io/delete-machine"] !== undefined) return 80;
  if (!isHealthy(machine)) return betterDelete;
  const ageSeconds = (now - Date.parse(creationTimestamp ?? "")) / 1000;
  const byOldest = ageSeconds >= 0 ? betterDelete * (1 - Math.exp(-ageSeconds / tenDaysInSeconds)) : 0;
  switch (order) {
    case "Random":
      return 20;
    case "Oldest":
      return byOldest;
    case "Newest":
      return betterDelete - byOldest;
  }
}

function isHealthy(machine: Machine): boolean {
  return (
    machine.status?.nodeRef !== undefined &&
    getCondition(machine, "NodeHealthy")?.status !== "False" &&
    getCondition(machine, "HealthCheckSucceeded")?.status !== "False"
  );
}
