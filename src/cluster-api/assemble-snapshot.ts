import type {
  ClusterSnapshot,
  ConditionSnapshot,
  ControlPlaneSnapshot,
  MachineSnapshot,
  MachineTemplateSnapshot,
  ObjectReference,
  PoolSnapshot,
  SnapshotGap,
  TopologyPool,
  TopologySnapshot,
} from "../upgrade/cluster-snapshot.ts";
import { readDelivery } from "../gitops/delivery.ts";
import { referenceKey, type ClusterObjects } from "./cluster-objects.ts";
import { readClassVersions, readCluster, type ClusterTopologyView } from "./views/cluster.ts";
import { readControlPlane } from "./views/control-plane.ts";
import type { GapReport, RawObject } from "./views/fields.ts";
import { readMachine, type MachineView } from "./views/machine.ts";
import { readMachineSet, type MachineSetView } from "./views/machine-set.ts";
import { readTemplateTexts, readVersionPins } from "./views/machine-template.ts";
import { readMeta } from "./views/object-meta.ts";
import { readMachineDeployment, readMachinePool, type PoolView } from "./views/pool.ts";

const CLONED_FROM = "cluster.x-k8s.io/cloned-from-name";

type TemplateOf = (ref: ObjectReference | undefined) => MachineTemplateSnapshot | undefined;

/** The pure half of reading a cluster: objects as they were served, of either contract version, to one snapshot. Never throws. */
export function assembleSnapshot(objects: ClusterObjects, observedAt: number): ClusterSnapshot {
  const gaps: SnapshotGap[] = [...objects.gaps];
  const report: GapReport = (gap) => gaps.push(gap);
  const cluster = readCluster(objects.cluster, report);
  const meta = readMeta(objects.cluster, "Cluster", report);
  if (cluster.topology !== undefined && cluster.controlPlaneRef === undefined) {
    report({ kind: "not-found", what: "control plane", message: "the topology has not created a control plane for this cluster yet" });
  }
  const templateOf = templateReader(objects);
  const machineSets = objects.machineSets.map((object) => readMachineSet(object, report));
  const pools = [
    ...objects.machineDeployments.map((object) => readMachineDeployment(object, report)),
    ...objects.machinePools.map((object) => readMachinePool(object, report)),
  ];
  return {
    observedAt,
    ref: cluster.ref,
    uid: cluster.uid,
    deleting: cluster.deleting,
    paused: cluster.paused,
    generation: cluster.generation,
    observedGeneration: cluster.observedGeneration,
    topology: cluster.topology && topologySnapshot(cluster.topology, objects.clusterClass, report),
    controlPlane: objects.controlPlane && controlPlaneSnapshot(objects.controlPlane, templateOf, report),
    pools: inUpgradeOrder(pools, cluster.topology?.pools ?? []).map((pool) => poolSnapshot(pool, machineSets, templateOf)),
    machines: machineSnapshots(objects, machineSets, report),
    workload: objects.workload,
    conditions: cluster.conditions,
    delivery: readDelivery(meta.ref, meta),
    gaps,
  };
}

function topologySnapshot(view: ClusterTopologyView, clusterClass: RawObject | undefined, report: GapReport): TopologySnapshot {
  const { classRef, ...topology } = view;
  return { ...topology, className: classRef.name, classVersions: clusterClass && readClassVersions(clusterClass, report) };
}

function controlPlaneSnapshot(object: RawObject, templateOf: TemplateOf, report: GapReport): ControlPlaneSnapshot {
  const { infrastructureRef, ...view } = readControlPlane(object, report);
  return { ...view, machineTemplate: templateOf(infrastructureRef) };
}

function poolSnapshot(
  { infrastructureRef, ...view }: PoolView,
  machineSets: readonly MachineSetView[],
  templateOf: TemplateOf,
): PoolSnapshot {
  const own = machineSets.filter((set) => view.kind === "MachineDeployment" && set.machineDeployment === view.ref.name);
  return { ...view, conditions: withPreflight(view.conditions, own), machineTemplate: templateOf(infrastructureRef) };
}

/** A MachineSet that may not create a machine says why; its MachineDeployment only says that it is scaling up. The pool says why. */
function withPreflight(conditions: readonly ConditionSnapshot[], sets: readonly MachineSetView[]): readonly ConditionSnapshot[] {
  const held = sets
    .flatMap((set) => set.conditions)
    .find(({ type, status, message }) => type === "ScalingUp" && status === "True" && /blocked because|preflight/.test(message));
  return held === undefined ? conditions : [...conditions.filter(({ type }) => type !== "ScalingUp"), held].sort(byType);
}

function byType(a: ConditionSnapshot, b: ConditionSnapshot): number {
  return a.type < b.type ? -1 : 1;
}

/**
 * Cluster API upgrades the pools of a topology in the order of `topology.workers` (MachineDeployments, then MachinePools); the others have no order,
 * so they come oldest first.
 */
function inUpgradeOrder(pools: readonly PoolView[], topology: readonly TopologyPool[]): readonly PoolView[] {
  const place = (pool: PoolView): number => {
    const index = topology.findIndex((entry) => entry.kind === pool.kind && entry.name === pool.topologyName);
    return index < 0 ? topology.length : index;
  };
  return pools
    .map((pool) => ({ pool, place: place(pool) }))
    .sort((a, b) => a.place - b.place || byAge(a.pool, b.pool))
    .map(({ pool }) => pool);
}

function machineSnapshots(objects: ClusterObjects, machineSets: readonly MachineSetView[], report: GapReport): readonly MachineSnapshot[] {
  const setsByName = new Map(machineSets.map((set) => [set.ref.name, set]));
  const clonedFrom = new Map(
    objects.controlPlaneInfrastructure.map((object) => {
      const meta = readMeta(object, "infrastructure machine", report);
      return [meta.ref.name, meta.annotations[CLONED_FROM]] as const;
    }),
  );
  return objects.machines
    .map((object) => readMachine(object, report))
    .sort(byAge)
    .map((machine) => machineSnapshot(machine, setsByName.get(machine.machineSet ?? ""), clonedFrom));
}

function machineSnapshot(
  { machineDeployment, machinePool, infrastructureRef, ...machine }: MachineView,
  set: MachineSetView | undefined,
  clonedFrom: ReadonlyMap<string, string | undefined>,
): MachineSnapshot {
  return {
    ...machine,
    pool: machine.role === "control-plane" ? undefined : (set?.machineDeployment ?? machineDeployment ?? machinePool),
    template: set?.infrastructureRef?.name ?? clonedFrom.get(infrastructureRef?.name ?? ""),
  };
}

function templateReader(objects: ClusterObjects): TemplateOf {
  const readings = new Map(objects.templates.map((reading) => [referenceKey(reading.ref), reading]));
  return (ref) => {
    if (ref === undefined) return undefined;
    const reading = readings.get(referenceKey(ref));
    return {
      ref,
      found: reading?.missing !== true,
      versionPins: reading?.object === undefined ? [] : readVersionPins(reading.object),
      texts: reading?.object === undefined ? [] : readTemplateTexts(reading.object),
    };
  };
}

function byAge(a: { createdAt: number; ref: ObjectReference }, b: { createdAt: number; ref: ObjectReference }): number {
  return a.createdAt - b.createdAt || (a.ref.name < b.ref.name ? -1 : 1);
}
