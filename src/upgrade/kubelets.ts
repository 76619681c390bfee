import type { ClusterSnapshot, MachineSnapshot, NodeSnapshot, PoolSnapshot } from "./cluster-snapshot.ts";
import { conditionOf, poolMachines } from "./cluster-words.ts";
import { runsVersion } from "./kubernetes-version.ts";

/** What the kubelet of a machine reports: the node itself first, what the Machine tells of it where the node cannot be asked. */
export function kubeletOf({ workload }: ClusterSnapshot, machine: MachineSnapshot): string | undefined {
  const node = workload.state === "reachable" ? namedNodes(workload.nodes).get(machine.nodeName ?? "") : undefined;
  return node?.kubeletVersion ?? machine.kubeletVersion;
}

/** The names of one look's nodes, found once: its machines are asked one by one, and there may be thousands of each. */
const namesOfNodes = new WeakMap<readonly NodeSnapshot[], ReadonlyMap<string, NodeSnapshot>>();

function namedNodes(nodes: readonly NodeSnapshot[]): ReadonlyMap<string, NodeSnapshot> {
  const known = namesOfNodes.get(nodes) ?? new Map(nodes.map((node) => [node.name, node]));
  namesOfNodes.set(nodes, known);
  return known;
}

/** Machines whose owner has a version: of the control plane and of the pools that declare one. Stand-alone machines and pools without a version are nobody's promise. */
export function promisedMachines(snapshot: ClusterSnapshot): readonly MachineSnapshot[] {
  const { controlPlane, pools, machines } = snapshot;
  const ofPools = new Set(pools.filter(({ version }) => version !== undefined).flatMap((pool) => poolMachines(snapshot, pool)));
  return machines.filter((machine) => (machine.role === "control-plane" ? controlPlane?.version !== undefined : ofPools.has(machine)));
}

/** Nodes of the workload cluster that no Machine stands for. */
export function strayNodes({ workload, machines }: ClusterSnapshot): readonly NodeSnapshot[] {
  const known = new Set(machines.map(({ nodeName }) => nodeName));
  return workload.state === "reachable" ? workload.nodes.filter(({ name }) => !known.has(name)) : [];
}

/** MachinePools whose provider makes no Machine objects: only their nodes tell what they run. */
export function poolsWithoutMachines(snapshot: ClusterSnapshot): readonly PoolSnapshot[] {
  return snapshot.pools.filter((pool) => {
    return (
      pool.kind === "MachinePool" && pool.version !== undefined && pool.replicas.desired > 0 && poolMachines(snapshot, pool).length === 0
    );
  });
}

export interface MisbuiltMachine {
  readonly machine: MachineSnapshot;
  readonly kubelet: string;
}

/**
 * Machines that were made for exactly one of these versions, are ready, and whose kubelet reports another one. A machine that is being updated in place (condition `Updating`,
 * gate `InPlaceUpdates`) is not done yet and is none of them.
 */
export function misbuiltMachines(snapshot: ClusterSnapshot, versions: readonly string[]): readonly MisbuiltMachine[] {
  return promisedMachines(snapshot).flatMap((machine) => {
    const kubelet = kubeletOf(snapshot, machine);
    if (kubelet === undefined || machine.version === undefined) return [];
    if (!versions.includes(machine.version) || runsVersion(kubelet, machine.version)) return [];
    if (machine.deletingSince !== undefined || machine.ready !== true || conditionOf(machine.conditions, "Updating")?.status === "True")
      return [];
    return [{ machine, kubelet }];
  });
}
