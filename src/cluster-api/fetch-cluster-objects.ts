import type { ObjectReference, SnapshotGap, WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import { referenceKey, type ClusterObjects, type TemplateReading } from "./cluster-objects.ts";
import type { Reading, Reads } from "./reads.ts";
import { readCluster } from "./views/cluster.ts";
import { readControlPlane } from "./views/control-plane.ts";
import type { RawObject } from "./views/fields.ts";
import { CONTROL_PLANE_LABEL, isControlPlaneMachine, readMachine } from "./views/machine.ts";
import { readMachineDeployment, readMachinePool } from "./views/pool.ts";

export const CLUSTER_GROUP = "cluster.x-k8s.io";
export const CLUSTER_NAME_LABEL = "cluster.x-k8s.io/cluster-name";

/** Kinds that a cluster has many of, each found by the label that names the cluster. */
export const OWNED_KINDS = ["MachineDeployment", "MachineSet", "Machine", "MachinePool"] as const;

export interface ClusterAddress {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Fetches everything that a snapshot is made of: the Cluster itself and lists by label together, and what each of these refers to as soon as it is there.
 * The number of requests does not grow with the number of machines, and their list, the longest by far, is waited for by none but the last.
 */
export async function fetchClusterObjects(
  reads: Reads,
  address: ClusterAddress,
  readWorkload: () => Promise<WorkloadSnapshot>,
): Promise<Reading<ClusterObjects>> {
  const own = (kind: string): Promise<Part<readonly RawObject[]>> =>
    reads
      .list({ group: CLUSTER_GROUP, kind, namespace: address.namespace, labelSelector: labelled(address) })
      .then((list) => part((gaps) => taken(list, gaps) ?? []));
  const optional = (ref: ObjectReference | undefined): Promise<Part<RawObject | undefined>> =>
    partOf(async (gaps) => (ref === undefined ? undefined : taken(await reads.get(ref), gaps)));
  const templates = (refs: readonly (ObjectReference | undefined)[]): Promise<Part<readonly TemplateReading[]>> =>
    partOf((gaps) => fetchTemplates(reads, refs, gaps));

  const cluster = reads.get({ group: CLUSTER_GROUP, kind: "Cluster", ...address });
  const [machineDeployments, machineSets, machines, machinePools] = [
    own("MachineDeployment"),
    own("MachineSet"),
    own("Machine"),
    own("MachinePool"),
  ];
  const view = cluster.then(({ value }) => value && readCluster(value, ignore));
  const controlPlane = view.then((known) => optional(known?.controlPlaneRef));
  const template = controlPlane.then(({ value }) => value && templateOf(value));
  const [found, workload, ...parts] = await Promise.all([
    cluster,
    readWorkload(),
    machineDeployments,
    machineSets,
    machines,
    machinePools,
    controlPlane,
    view.then((known) => optional(known?.topology?.classRef)),
    template.then((ref) => templates([ref])),
    Promise.all([machineDeployments, machinePools]).then(([deployments, pools]) =>
      templates(poolReferences({ machineDeployments: deployments.value, machinePools: pools.value })),
    ),
    fetchInfrastructure(reads, address, template, machines),
  ]);
  if (found.gap !== undefined) return { gap: found.gap };
  const [deployments, sets, machineList, pools, plane, clusterClass, planeTemplates, poolTemplates, infrastructure] = parts;
  return {
    value: {
      cluster: found.value,
      machineDeployments: deployments.value,
      machineSets: sets.value,
      machines: machineList.value,
      machinePools: pools.value,
      controlPlane: plane.value,
      clusterClass: clusterClass.value,
      templates: [...planeTemplates.value, ...poolTemplates.value],
      controlPlaneInfrastructure: infrastructure.value,
      workload,
      gaps: parts.flatMap(({ gaps }) => gaps),
    },
  };
}

/** Gaps are put together in the order of the parts, in whichever order the answers come. */
interface Part<T> {
  readonly value: T;
  readonly gaps: readonly SnapshotGap[];
}

function part<T>(read: (gaps: SnapshotGap[]) => T): Part<T> {
  const gaps: SnapshotGap[] = [];
  return { value: read(gaps), gaps };
}

async function partOf<T>(read: (gaps: SnapshotGap[]) => Promise<T>): Promise<Part<T>> {
  const gaps: SnapshotGap[] = [];
  return { value: await read(gaps), gaps };
}

/** The objects that pools take their machines from, each once. */
export function poolReferences(
  owned: Pick<ClusterObjects, "machineDeployments" | "machinePools">,
): readonly (ObjectReference | undefined)[] {
  return [
    ...owned.machineDeployments.map((object) => readMachineDeployment(object, ignore).infrastructureRef),
    ...owned.machinePools.map((object) => readMachinePool(object, ignore).infrastructureRef),
  ];
}

/** The object that a control plane takes its machines from. */
export function templateOf(controlPlane: RawObject): ObjectReference | undefined {
  return readControlPlane(controlPlane, ignore).infrastructureRef;
}

/** Reads each of the objects once. One that does not exist is no gap: the snapshot says of every template whether it was found. */
export async function fetchTemplates(
  reads: Reads,
  refs: readonly (ObjectReference | undefined)[],
  gaps: SnapshotGap[],
): Promise<readonly TemplateReading[]> {
  const distinct = new Map(refs.flatMap((ref) => (ref === undefined ? [] : [[referenceKey(ref), ref] as const])));
  return Promise.all(
    [...distinct.values()].map(async (ref) => {
      const reading = await reads.get(ref);
      const missing = reading.gap?.kind === "not-found";
      return { ref, object: missing ? undefined : taken(reading, gaps), missing };
    }),
  );
}

/**
 * One list for each kind of infrastructure machine of the control plane: usually one, two while a cluster moves to another provider's machines. The kind
 * that the template makes (by contract its own name without `Template`) is listed while the machines are still on their way.
 */
async function fetchInfrastructure(
  reads: Reads,
  address: ClusterAddress,
  template: Promise<ObjectReference | undefined>,
  machines: Promise<Part<readonly RawObject[]>>,
): Promise<Part<readonly RawObject[]>> {
  const labelSelector = `${labelled(address)},${CONTROL_PLANE_LABEL}`;
  const lists = new Map<string, Promise<Reading<readonly RawObject[]>>>();
  const listed = (group: string, kind: string): Promise<Reading<readonly RawObject[]>> => {
    const key = `${group}/${kind}`;
    const list = lists.get(key) ?? reads.list({ group, kind, namespace: address.namespace, labelSelector });
    lists.set(key, list);
    return list;
  };
  const expected = template.then((ref) =>
    ref?.kind.endsWith("Template") === true ? listed(ref.group, ref.kind.slice(0, -"Template".length)) : undefined,
  );
  const [{ value }] = await Promise.all([machines, expected]);
  const kinds = new Map<string, Promise<Reading<readonly RawObject[]>>>();
  for (const machine of value.filter(isControlPlaneMachine)) {
    const { infrastructureRef } = readMachine(machine, ignore);
    if (infrastructureRef !== undefined) {
      const { group, kind } = infrastructureRef;
      kinds.set(`${group}/${kind}`, listed(group, kind));
    }
  }
  const readings = await Promise.all(kinds.values());
  return part((gaps) => readings.flatMap((list) => taken(list, gaps) ?? []));
}

function labelled({ name }: ClusterAddress): string {
  return `${CLUSTER_NAME_LABEL}=${name}`;
}

function taken<T>(reading: Reading<T>, gaps: SnapshotGap[]): T | undefined {
  if (reading.gap !== undefined) gaps.push(reading.gap);
  return reading.value;
}

/** Fields are read a second time when the snapshot is assembled; what is odd about them is reported then. */
function ignore(): void {}
