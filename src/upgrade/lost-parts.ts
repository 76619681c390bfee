import type { ClusterSnapshot, MachineSnapshot } from "./cluster-snapshot.ts";
import { conditionOf, objectName } from "./cluster-words.ts";

/**
 * A machine whose bootstrap config and infrastructure are both not there, though nobody deletes it: it never comes up. Cluster API 1.14 brings that about by itself, where a MachineSet's pass with an
 * old cache takes the parts of the machine that it has just made for orphans (`core/reconcilers/machineset/machineset_controller.go`). For a moment it is so with every new machine.
 */
export function machineWithoutParts({ machines }: ClusterSnapshot): MachineSnapshot | undefined {
  return machines.find(
    ({ conditions, deletingSince }) =>
      deletingSince === undefined &&
      ["BootstrapConfigReady", "InfrastructureReady"].every((part) => conditionOf(conditions, part)?.reason === "ObjectDoesNotExist"),
  );
}

/** What a person can do about it. */
export function cureForLostParts({ ref }: MachineSnapshot): string {
  return `${objectName(ref)} has neither its bootstrap config nor its infrastructure, and never comes up: delete it (\`kubectl delete machine ${ref.name} -n ${ref.namespace}\`), and its owner makes another.`;
}
