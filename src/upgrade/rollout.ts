import type {
  ClusterSnapshot,
  ControlPlaneSnapshot,
  MachineSnapshot,
  ObjectReference,
  PoolSnapshot,
  ReplicaCounts,
  VersionCount,
} from "./cluster-snapshot.ts";
import { conditionOf, controlPlaneMachines, poolMachines } from "./cluster-words.ts";
import { runsVersion, sameVersion } from "./kubernetes-version.ts";

/** How far the machines of one owner (a control plane or a pool) are on the way to a version. */
export interface Rollout {
  readonly owner: ObjectReference;
  readonly version: string;
  readonly desired: number;
  /** Machines that are there, stay, and were asked for exactly this version. */
  readonly done: number;
  /** One sentence part for each thing that is still to change, the most telling first. */
  readonly open: readonly string[];
  /** Nothing is left to change; its machines may still be unavailable. */
  readonly rolled: boolean;
  /** Replicas that are not available, as the controller counts them. */
  readonly unavailable: number;
  /** Rolled and all available. */
  readonly settled: boolean;
}

interface MachineOwner {
  readonly ref: ObjectReference;
  readonly version: string | undefined;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly replicas: ReplicaCounts;
  readonly versions: readonly VersionCount[];
}

/**
 * Settled: the controller has seen the object, its counters say so, its version counts say so, **and** the machines themselves are exactly the desired number, all
 * of the version, none leaving, all available. Conditions and counters may lag behind the machines (Cluster API #11292), so each alone is not enough.
 */
export function controlPlaneRollout(snapshot: ClusterSnapshot, controlPlane: ControlPlaneSnapshot, version: string): Rollout {
  const machines = controlPlaneMachines(snapshot);
  const { reportedVersion } = controlPlane;
  const reported =
    reportedVersion === undefined || runsVersion(reportedVersion, version) ? [] : [`its status.version is still ${reportedVersion}`];
  return rolloutOf(controlPlane, machines, version, machines.length > 0 || controlPlane.machineTemplate !== undefined, reported);
}

/** As `controlPlaneRollout`. MachinePools of providers without Machine objects are judged by their counters alone. */
export function poolRollout(snapshot: ClusterSnapshot, pool: PoolSnapshot, version: string): Rollout {
  const machines = poolMachines(snapshot, pool);
  return rolloutOf(pool, machines, version, pool.kind === "MachineDeployment" || machines.length > 0, []);
}

function rolloutOf(
  owner: MachineOwner,
  machines: readonly MachineSnapshot[],
  version: string,
  hasMachines: boolean,
  more: readonly string[],
): Rollout {
  const { desired } = owner.replicas;
  const done = hasMachines
    ? machines.filter((machine) => isDone(machine, version)).length
    : countedAt(owner.versions, version, owner.replicas);
  const open = [
    ...specOpen(owner, version),
    ...(hasMachines ? machinesOpen(machines, desired, version) : []),
    ...countersOpen(owner, version, hasMachines),
    ...more,
  ];
  const rolled = open.length === 0;
  const unavailable = Math.max(0, desired - owner.replicas.available);
  return { owner: owner.ref, version, desired, done, open, rolled, unavailable, settled: rolled && unavailable === 0 };
}

/** There, staying, asked for exactly this version and not known to be of an older shape. */
export function isDone(machine: MachineSnapshot, version: string): boolean {
  return machine.deletingSince === undefined && sameVersion(machine.version, version) && machine.upToDate !== false;
}

/** Why a machine is not done yet, in its own conditions' words; `undefined` when nothing tells. */
export function machineBlocker(machine: MachineSnapshot): string | undefined {
  const of =
    machine.deletingSince === undefined
      ? ["BootstrapConfigReady", "InfrastructureReady", "NodeHealthy", "NodeReady", "Ready"]
      : ["Deleting"];
  for (const type of of) {
    const condition = conditionOf(machine.conditions, type);
    if (condition === undefined || condition.message === "") continue;
    if (type === "Deleting" || condition.status !== "True") return `${condition.reason}: ${condition.message}`;
  }
  return machine.deletingSince === undefined ? undefined : conditionOf(machine.conditions, "Deleting")?.reason;
}

function specOpen(owner: MachineOwner, version: string): readonly string[] {
  const open: string[] = [];
  if (!sameVersion(owner.version, version)) open.push(`its version is ${owner.version ?? "not set"}`);
  if (owner.observedGeneration !== undefined && owner.observedGeneration < owner.generation) {
    open.push(`its controller has seen generation ${owner.observedGeneration} of ${owner.generation}`);
  }
  return open;
}

function machinesOpen(machines: readonly MachineSnapshot[], desired: number, version: string): readonly string[] {
  const open = machines.filter((machine) => !isDone(machine, version)).map((machine) => machineWords(machine, version));
  const staying = machines.filter(({ deletingSince }) => deletingSince === undefined).length;
  if (staying !== desired) open.push(`${staying} of ${desired} machines exist`);
  return open;
}

function machineWords(machine: MachineSnapshot, version: string): string {
  const state =
    machine.deletingSince !== undefined
      ? `leaving (${machine.version ?? "no version"})`
      : sameVersion(machine.version, version)
        ? "not up to date"
        : `still ${machine.version ?? "without version"}`;
  const blocker = machineBlocker(machine);
  return `${machine.ref.name} is ${state}${blocker === undefined ? "" : `, ${blocker}`}`;
}

function countersOpen({ replicas, versions }: MachineOwner, version: string, hasMachines: boolean): readonly string[] {
  const { desired, current, upToDate } = replicas;
  const open: string[] = [];
  if (current !== desired) open.push(`${current} of ${desired} replicas are counted`);
  // MachinePools without Machine objects have no up-to-date count.
  if (hasMachines && upToDate !== desired) open.push(`${upToDate} of ${desired} are counted up to date`);
  const other = versions.filter((count) => count.replicas > 0 && !runsVersion(count.version, version));
  if (other.length > 0) open.push(`its controller counts ${other.map((count) => `${count.replicas} at ${count.version}`).join(", ")}`);
  return open;
}

function countedAt(versions: readonly VersionCount[], version: string, { current }: ReplicaCounts): number {
  if (versions.length === 0) return current;
  return versions.filter((count) => runsVersion(count.version, version)).reduce((sum, { replicas }) => sum + replicas, 0);
}

/** What keeps it from being settled, as one text; empty when settled. */
export function openWords({ open, unavailable, desired }: Rollout): string {
  return [...open, ...(unavailable > 0 ? [`${desired - unavailable} of ${desired} are available`] : [])].join("; ");
}
