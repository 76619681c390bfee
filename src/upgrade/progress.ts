import type { ClusterSnapshot, MachineSnapshot } from "./cluster-snapshot.ts";
import { isDeferred, poolMachines } from "./cluster-words.ts";
import type { MachineLine, MachineProgress, Pace } from "./decision.ts";
import { flightsOf } from "./flight.ts";
import { kubeletOf, promisedMachines } from "./kubelets.ts";
import { runsVersion, sameVersion } from "./kubernetes-version.ts";
import { isDone, machineBlocker } from "./rollout.ts";
import type { Declaration, UpgradePlan } from "./upgrade-types.ts";

/** How far the machines are on the way to the target, one line each, in the snapshot's order. */
export function machineProgress(snapshot: ClusterSnapshot, target: string): MachineProgress {
  const { controlPlane, pools } = snapshot;
  const machines = promisedMachines(snapshot).map((machine) => lineOf(snapshot, machine, target));
  const versioned = pools.filter(({ version }) => version !== undefined);
  const total =
    (controlPlane?.version === undefined ? 0 : controlPlane.replicas.desired) +
    versioned.reduce(
      (sum, pool) => sum + (poolMachines(snapshot, pool).length === 0 && pool.kind === "MachinePool" ? 0 : pool.replicas.desired),
      0,
    );
  return { done: Math.min(total, machines.filter(({ state }) => state === "done").length), total, machines };
}

function lineOf(snapshot: ClusterSnapshot, machine: MachineSnapshot, target: string): MachineLine {
  const kubeletVersion = kubeletOf(snapshot, machine);
  return {
    name: machine.ref.name,
    role: machine.role,
    pool: machine.pool,
    version: machine.version,
    kubeletVersion,
    state: stateOf(machine, kubeletVersion, target),
    detail: machineBlocker(machine),
  };
}

function stateOf(machine: MachineSnapshot, kubelet: string | undefined, target: string): MachineLine["state"] {
  if (machine.deletingSince !== undefined) return "leaving";
  if (isDone(machine, target) && kubelet !== undefined && runsVersion(kubelet, target) && machine.ready !== false) return "done";
  if (machine.nodeName === undefined || machine.ready === false || sameVersion(machine.version, target)) return "starting";
  return "waiting";
}

/**
 * What changes when the rollout gets on: declarations, machines, their phases, nodes and kubelets, why they are held up, the controllers' counters. Not the text of
 * conditions, which may change without end while nothing happens.
 */
export function signatureOf(snapshot: ClusterSnapshot, declarations: readonly Declaration[] = []): string {
  const { topology, controlPlane, pools } = snapshot;
  const owners = [...(controlPlane === undefined ? [] : [controlPlane]), ...pools];
  const seen = JSON.stringify([
    declarations.map(({ object, version }) => [object.name, version]),
    topology?.version,
    topology?.controlPlaneUpgradePlan,
    owners.map((owner) => [owner.ref.name, owner.version, owner.observedGeneration, owner.replicas, owner.versions]),
    snapshot.machines.map((machine) => [
      machine.uid,
      machine.version,
      machine.phase,
      machine.ready,
      machine.deletingSince,
      machine.nodeName,
      kubeletOf(snapshot, machine),
      machine.conditions.find(({ type }) => type === "Deleting")?.reason,
    ]),
    snapshot.conditions.find(({ type }) => type === "TopologyReconciled")?.reason,
  ]);
  return digest(seen);
}

/** Sixteen hexadecimal digits, so that what is remembered of a thousand machines stays small. FNV-1a from two starting points: nobody has an interest in two texts with the same digest. */
function digest(text: string): string {
  let [one, other] = [0x81_1c_9d_c5, 0x05_0c_5d_1f];
  for (let at = 0; at < text.length; at++) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01_00_01_93);
    other = Math.imul(other ^ text.charCodeAt(at), 0x01_00_01_93) ^ (one >>> 7);
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

/** The pace after this look. */
export function paceAfter(previous: Pace | undefined, snapshot: ClusterSnapshot, rolling: boolean, now: number): Pace {
  const before = previous ?? firstPace(snapshot);
  const known = new Set([...before.initial, ...before.finished]);
  const fresh = snapshot.machines.filter((machine) => !known.has(machine.uid) && hasFinished(snapshot, machine)).map(({ uid }) => uid);
  return {
    initial: before.initial,
    finished: [...before.finished, ...fresh],
    rollingSince: before.rollingSince ?? (rolling ? now : undefined),
    lastFinishedAt: fresh.length > 0 ? now : before.lastFinishedAt,
  };
}

function firstPace({ machines }: ClusterSnapshot): Pace {
  return { initial: machines.map(({ uid }) => uid), finished: [], rollingSince: undefined, lastFinishedAt: undefined };
}

function hasFinished(snapshot: ClusterSnapshot, machine: MachineSnapshot): boolean {
  const kubelet = kubeletOf(snapshot, machine);
  return (
    machine.deletingSince === undefined &&
    machine.ready !== false &&
    machine.version !== undefined &&
    kubelet !== undefined &&
    runsVersion(kubelet, machine.version)
  );
}

/** Milliseconds from the first rollout to the last machine that was finished, per machine, whatever the parallelism was. Undefined until one machine has been finished. */
export function millisecondsEach({ rollingSince, lastFinishedAt, finished }: Pace): number | undefined {
  if (rollingSince === undefined || lastFinishedAt === undefined || finished.length === 0) return undefined;
  return (lastFinishedAt - rollingSince) / finished.length;
}

/** Seconds that the remaining replacements take at the pace of this run. Undefined until one machine has been finished. */
export function estimateSeconds(pace: Pace, remaining: number, now: number): number | undefined {
  if (remaining === 0) return 0;
  const each = millisecondsEach(pace);
  if (each === undefined || pace.lastFinishedAt === undefined) return undefined;
  return Math.max(0, Math.round((each * remaining - (now - pace.lastFinishedAt)) / 1000));
}

/** Replacements that are left: those of rollouts under way, those that a topology still has before it, those of steps that are not written yet. */
export function replacementsLeft(snapshot: ClusterSnapshot, plan: UpgradePlan | undefined): number {
  const { topology, controlPlane } = snapshot;
  const promised = new Set(promisedMachines(snapshot));
  const staying = [...promised].filter(({ deletingSince }) => deletingSince === undefined);
  const planned = plan?.machinesToReplace ?? 0;
  if (flightsOf(snapshot).length === 0) return planned;
  if (topology === undefined) {
    const versions = new Map(
      [...snapshot.pools, ...(controlPlane === undefined ? [] : [controlPlane])].map((owner) => [owner.ref.name, owner.version]),
    );
    const ownerOf = (machine: MachineSnapshot): string | undefined =>
      machine.role === "control-plane" ? controlPlane?.ref.name : machine.pool;
    return planned + staying.filter((machine) => machine.version !== versions.get(ownerOf(machine) ?? "")).length;
  }
  const controlPlanes = staying.filter((machine) => machine.role === "control-plane" && machine.version !== controlPlane?.version).length;
  const chain = topology.controlPlaneUpgradePlan.length * (controlPlane?.replicas.desired ?? 0);
  const deferred = new Set(snapshot.pools.filter((pool) => isDeferred(snapshot, pool)).map(({ ref }) => ref.name));
  const workers = staying.filter(
    (machine) => machine.role === "worker" && machine.version !== topology.version && !deferred.has(machine.pool ?? ""),
  ).length;
  return planned + controlPlanes + chain + workers * Math.max(1, topology.workersUpgradePlan.length);
}
