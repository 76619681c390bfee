import type { Predicate } from "./scenario.ts";
import { condition, ownerOf, type Json, type State } from "./state.ts";

/** Every machine there should be is up, of one of these versions and of the newest template, and nothing is going on. */
export function settledAt(...versions: readonly string[]): Predicate {
  return {
    name: `settled at ${versions.length === 0 ? "any version" : versions.join(", ")}`,
    holds(state) {
      const machines = state.all("Machine");
      const owners = [...state.all("KubeadmControlPlane"), ...state.all("MachineDeployment")];
      return (
        owners.length > 0 &&
        owners.every(isComplete) &&
        state.all("Cluster").every(isQuiet) &&
        machines.length === total(owners.map(({ spec }) => spec.replicas ?? 1)) &&
        machines.every((machine) => (versions.length === 0 || versions.includes(machine.spec.version)) && isUp(machine)) &&
        versions.every((version) => machines.some((machine) => machine.spec.version === version))
      );
    },
  };
}

function isQuiet(cluster: Json): boolean {
  const { topology } = cluster.spec;
  if (topology !== undefined && condition(cluster, "TopologyReconciled")?.status !== "True") return false;
  return condition(cluster, "Available")?.status === "True" && condition(cluster, "RollingOut")?.status === "False";
}

function isComplete({ kind, metadata, spec, status }: Json): boolean {
  const wanted = spec.replicas ?? 1;
  const counters = [status?.replicas, status?.readyReplicas, status?.availableReplicas, status?.upToDateReplicas];
  const seen = status?.observedGeneration === metadata.generation;
  return (seen || kind !== "MachineDeployment") && counters.every((count) => (count ?? 0) === wanted);
}

function isUp({ metadata, spec, status }: Json): boolean {
  return metadata.deletionTimestamp === undefined && status?.nodeInfo?.kubeletVersion === spec.version;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}

/** So many machines of an owner are of the version, whatever state they are in. */
export function machines(owner: string, version: string, atLeast = 1): Predicate {
  return {
    name: `${atLeast} of ${owner} at ${version}`,
    holds: (state) => of(state, owner).filter(({ spec }) => spec.version === version).length >= atLeast,
  };
}

/** All machines of an owner, this many, are up at the version and no other is left. */
export function ownerAt(owner: string, version: string, count: number): Predicate {
  return {
    name: `${owner} has ${count} at ${version}`,
    holds(state) {
      const found = of(state, owner);
      return found.length === count && found.every((machine) => machine.spec.version === version && isUp(machine));
    },
  };
}

/** One of the kind's objects says this; the message is not looked at unless given. */
export function says(
  kind: "Cluster" | "KubeadmControlPlane" | "MachineDeployment" | "MachineSet" | "Machine",
  type: string,
  status: string,
  reason?: string,
): Predicate {
  return {
    name: `${kind} ${type}=${status}${reason === undefined ? "" : `/${reason}`}`,
    holds: (state) =>
      state.all(kind).some((object) => {
        const found = condition(object, type);
        return found?.status === status && (reason === undefined || found.reason === reason);
      }),
  };
}

/** Names of the owner's machines that are not leaving, the oldest first. */
export function machineNames(state: State, owner: string, version?: string): readonly string[] {
  return of(state, owner)
    .filter(({ metadata, spec }) => metadata.deletionTimestamp === undefined && (version === undefined || spec.version === version))
    .toSorted((a, b) =>
      `${a.metadata.creationTimestamp} ${a.metadata.name}`.localeCompare(`${b.metadata.creationTimestamp} ${b.metadata.name}`),
    )
    .map(({ metadata }) => metadata.name);
}

function of(state: State, owner: string): readonly Json[] {
  return state.all("Machine").filter((machine) => ownerOf(machine) === owner);
}
