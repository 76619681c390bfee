import type { ClusterSnapshot, ConditionSnapshot, MachineSnapshot, ObjectReference, PoolSnapshot } from "./cluster-snapshot.ts";

/** How we speak of what a snapshot holds. */

/** `KubeadmControlPlane demo/cp`. */
export function objectName({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace}/${name}`;
}

export function sameObject(a: ObjectReference, b: ObjectReference): boolean {
  return a.kind === b.kind && a.group === b.group && a.namespace === b.namespace && a.name === b.name;
}

/** One text for an object, to keep things by. */
export function objectKey({ group, kind, namespace, name }: ObjectReference): string {
  return `${kind}.${group}/${namespace}/${name}`;
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

/** `1 machine`, `3 machines`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function conditionOf(conditions: readonly ConditionSnapshot[], type: string): ConditionSnapshot | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** Evidence: `KubeadmControlPlane demo/cp Available=False Reason: message`. */
export function conditionWords(object: string, { type, status, reason, message }: ConditionSnapshot): string {
  return `${object} ${type}=${status} ${reason}${message === "" ? "" : `: ${message}`}`;
}

export function controlPlaneMachines({ machines }: ClusterSnapshot): readonly MachineSnapshot[] {
  return machines.filter(({ role }) => role === "control-plane");
}

/** A MachineDeployment and a MachinePool may have one name; only machines of the former belong to a MachineSet. */
export function poolMachines({ machines }: ClusterSnapshot, pool: PoolSnapshot): readonly MachineSnapshot[] {
  return machines.filter(
    (machine) =>
      machine.role === "worker" &&
      machine.pool === pool.ref.name &&
      (pool.kind === "MachineDeployment" || machine.machineSet === undefined),
  );
}

/**
 * Pools of the topology that its owner holds back: annotation `defer-upgrade` (this one), `hold-upgrade-sequence` (this one and those after it of the same kind;
 * exp/topology/desiredstate/desired_state.go, `isMachineDeploymentDeferred`). Names of `topology.workers`.
 */
export function isDeferred({ topology }: ClusterSnapshot, pool: PoolSnapshot): boolean {
  if (topology === undefined || pool.topologyName === undefined) return false;
  const sequence = topology.pools.filter(({ kind }) => kind === pool.kind);
  const index = sequence.findIndex(({ name }) => name === pool.topologyName);
  return sequence.slice(0, index + 1).some(({ name, deferUpgrade, holdUpgradeSequence }) => {
    return holdUpgradeSequence || (deferUpgrade && name === pool.topologyName);
  });
}
