import type { ConditionSnapshot, FieldOwner, ObjectReference, TopologyPool } from "../../upgrade/cluster-snapshot.ts";
import { readConditions } from "./conditions.ts";
import { asRecord, asText, fieldReader, moved, same, valueAt, type GapReport, type RawObject } from "./fields.ts";
import { isPaused, nameOf, readMeta } from "./object-meta.ts";
import { readReference } from "./reference.ts";
import { fieldOwners } from "./version-owners.ts";

export const CLUSTER_FIELDS = {
  paused: same("boolean", "spec.paused"),
  controlPlaneRef: same("object", "spec.controlPlaneRef"),
  infrastructureRef: same("object", "spec.infrastructureRef"),
  topology: same("object", "spec.topology"),
  className: moved("string", "spec.topology.class", "spec.topology.classRef.name"),
  classNamespace: moved("string", "spec.topology.classNamespace", "spec.topology.classRef.namespace"),
  topologyVersion: same("string", "spec.topology.version"),
  machineDeployments: same("array", "spec.topology.workers.machineDeployments"),
  machinePools: same("array", "spec.topology.workers.machinePools"),
  phase: same("string", "status.phase"),
  observedGeneration: same("integer", "status.observedGeneration"),
  controlPlaneUpgradePlan: moved("array", "status.v1beta2.controlPlane.upgradePlan", "status.controlPlane.upgradePlan"),
  workersUpgradePlan: moved("array", "status.v1beta2.workers.upgradePlan", "status.workers.upgradePlan"),
} as const;

export const CLUSTER_CLASS_FIELDS = { kubernetesVersions: same("array", "spec.kubernetesVersions") } as const;

const DEFER = "topology.cluster.x-k8s.io/defer-upgrade";
const HOLD = "topology.cluster.x-k8s.io/hold-upgrade-sequence";

export interface ClusterTopologyView {
  readonly classRef: ObjectReference;
  readonly version: string;
  readonly versionOwners: readonly FieldOwner[];
  readonly controlPlaneUpgradePlan: readonly string[];
  readonly workersUpgradePlan: readonly string[];
  readonly pools: readonly TopologyPool[];
}

export interface ClusterView {
  readonly ref: ObjectReference;
  readonly uid: string;
  readonly deleting: boolean;
  readonly paused: boolean;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly phase: string | undefined;
  readonly topology: ClusterTopologyView | undefined;
  readonly controlPlaneRef: ObjectReference | undefined;
  readonly infrastructureRef: ObjectReference | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

export function readCluster(object: RawObject, report: GapReport): ClusterView {
  const meta = readMeta(object, "Cluster", report);
  const what = nameOf(meta.ref);
  const fields = fieldReader(object, CLUSTER_FIELDS, what, report);
  const namespace = meta.ref.namespace;
  const topology = (): ClusterTopologyView => ({
    classRef: {
      group: "cluster.x-k8s.io",
      kind: "ClusterClass",
      namespace: fields.text("classNamespace") || namespace,
      name: fields.text("className") ?? "",
    },
    version: fields.text("topologyVersion") ?? "",
    versionOwners: fieldOwners(object, "spec.topology.version"),
    controlPlaneUpgradePlan: planVersions(fields.list("controlPlaneUpgradePlan")),
    workersUpgradePlan: planVersions(fields.list("workersUpgradePlan")),
    pools: [
      ...fields.list("machineDeployments").flatMap((entry) => readTopologyPool(entry, "MachineDeployment")),
      ...fields.list("machinePools").flatMap((entry) => readTopologyPool(entry, "MachinePool")),
    ],
  });
  return {
    ref: meta.ref,
    uid: meta.uid,
    deleting: meta.deletingSince !== undefined,
    paused: isPaused(object, meta),
    generation: meta.generation,
    observedGeneration: fields.integer("observedGeneration"),
    phase: fields.text("phase"),
    topology: fields.record("topology") === undefined ? undefined : topology(),
    controlPlaneRef: readReference(fields.record("controlPlaneRef"), namespace),
    infrastructureRef: readReference(fields.record("infrastructureRef"), namespace),
    conditions: readConditions(object, what, report),
  };
}

/** `ClusterClass.spec.kubernetesVersions`, ascending as the webhook requires; undefined where the class lists none. */
export function readClassVersions(object: RawObject, report: GapReport): readonly string[] | undefined {
  const what = nameOf(readMeta(object, "ClusterClass", report).ref);
  const versions = fieldReader(object, CLUSTER_CLASS_FIELDS, what, report).list("kubernetesVersions");
  const texts = versions.filter((version): version is string => typeof version === "string");
  return texts.length === 0 ? undefined : texts;
}

function planVersions(entries: readonly unknown[]): readonly string[] {
  return entries.flatMap((entry) => asText(asRecord(entry)?.["version"]) ?? []);
}

/** An annotation counts whatever its value, as in Cluster API (`exp/topology/desiredstate`). */
function readTopologyPool(entry: unknown, kind: TopologyPool["kind"]): readonly TopologyPool[] {
  const name = asText(asRecord(entry)?.["name"]);
  if (name === undefined) return [];
  const annotations = asRecord(valueAt(entry, "metadata.annotations")) ?? {};
  return [{ name, kind, deferUpgrade: Object.hasOwn(annotations, DEFER), holdUpgradeSequence: Object.hasOwn(annotations, HOLD) }];
}
