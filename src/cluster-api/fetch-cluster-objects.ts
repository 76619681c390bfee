import type { ObjectReference, SnapshotGap, WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import { referenceKey, type ClusterObjects, type TemplateReading } from "./cluster-objects.ts";
import type { Reading, Reads } from "./reads.ts";
import { readCluster } from "./views/cluster.ts";
import { readControlPlane } from "./views/control-plane.ts";
import type { RawObject } from "./views/fields.ts";
import { CONTROL_PLANE_LABEL, readMachine } from "./views/machine.ts";
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
 * Fetches everything that a snapshot is made of, in three rounds of parallel requests: lists by label and the Cluster itself; what these refer to; the
 * template that the control plane refers to. The number of requests does not grow with the number of machines.
 */
export async function fetchClusterObjects(
  reads: Reads,
  address: ClusterAddress,
  readWorkload: () => Promise<WorkloadSnapshot>,
): Promise<Reading<ClusterObjects>> {
  const gaps: SnapshotGap[] = [];
  const listOwned = (kind: string) =>
    reads.list({ group: CLUSTER_GROUP, kind, namespace: address.namespace, labelSelector: `${CLUSTER_NAME_LABEL}=${address.name}` });
  const [clusterReading, workload, ...lists] = await Promise.all([
    reads.get({ group: CLUSTER_GROUP, kind: "Cluster", ...address }),
    readWorkload(),
    ...OWNED_KINDS.map(listOwned),
  ]);
  const { value: cluster } = clusterReading;
  if (cluster === undefined) return { gap: clusterReading.gap };
  const [machineDeployments, machineSets, machines, machinePools] = lists.map((list) => taken(list, gaps) ?? []);
  const owned = {
    machineDeployments: machineDeployments ?? [],
    machineSets: machineSets ?? [],
    machines: machines ?? [],
    machinePools: machinePools ?? [],
  };
  const referred = await fetchReferred(reads, address, cluster, owned, gaps);
  return { value: { cluster, ...owned, ...referred, workload, gaps } };
}

type Owned = Pick<ClusterObjects, "machineDeployments" | "machineSets" | "machines" | "machinePools">;
type Referred = Pick<ClusterObjects, "controlPlane" | "clusterClass" | "templates" | "controlPlaneInfrastructure">;

async function fetchReferred(
  reads: Reads,
  address: ClusterAddress,
  cluster: RawObject,
  owned: Owned,
  gaps: SnapshotGap[],
): Promise<Referred> {
  const { controlPlaneRef, topology } = readCluster(cluster, ignore);
  const getOptional = async (ref: ObjectReference | undefined): Promise<RawObject | undefined> =>
    ref === undefined ? undefined : taken(await reads.get(ref), gaps);
  const [planeAndTemplate, clusterClass, poolTemplates, controlPlaneInfrastructure] = await Promise.all([
    getOptional(controlPlaneRef).then(async (controlPlane) => ({
      controlPlane,
      templates: await fetchTemplates(reads, controlPlane === undefined ? [] : [templateOf(controlPlane)], gaps),
    })),
    getOptional(topology?.classRef),
    fetchTemplates(reads, poolReferences(owned), gaps),
    fetchInfrastructure(reads, address, owned.machines, gaps),
  ]);
  return {
    controlPlane: planeAndTemplate.controlPlane,
    clusterClass,
    templates: [...planeAndTemplate.templates, ...poolTemplates],
    controlPlaneInfrastructure,
  };
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

/** One list for each kind of infrastructure machine of the control plane: usually one, two while a cluster moves to another provider's machines. */
async function fetchInfrastructure(
  reads: Reads,
  { namespace, name }: ClusterAddress,
  machines: readonly RawObject[],
  gaps: SnapshotGap[],
): Promise<readonly RawObject[]> {
  const kinds = new Map<string, { group: string; kind: string }>();
  for (const machine of machines) {
    const { role, infrastructureRef } = readMachine(machine, ignore);
    if (role === "control-plane" && infrastructureRef !== undefined) {
      const { group, kind } = infrastructureRef;
      kinds.set(`${group}/${kind}`, { group, kind });
    }
  }
  const labelSelector = `${CLUSTER_NAME_LABEL}=${name},${CONTROL_PLANE_LABEL}`;
  const lists = await Promise.all([...kinds.values()].map((kind) => reads.list({ ...kind, namespace, labelSelector })));
  return lists.flatMap((list) => taken(list, gaps) ?? []);
}

function taken<T>(reading: Reading<T>, gaps: SnapshotGap[]): T | undefined {
  if (reading.gap !== undefined) gaps.push(reading.gap);
  return reading.value;
}

/** Fields are read a second time when the snapshot is assembled; what is odd about them is reported then. */
function ignore(): void {}
