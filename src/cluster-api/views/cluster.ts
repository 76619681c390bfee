import type {
  ConditionSnapshot,
  FieldOwner,
  ObjectReference,
  ReplicaCounts,
  TopologyPool,
  VariableText,
  VersionCount,
} from "../../upgrade/cluster-snapshot.ts";
import { readVariableTexts } from "./class-variables.ts";
import { readConditions } from "./conditions.ts";
import { readVersionCounts } from "./counts.ts";
import { asRecord, asText, fieldReader, moved, same, valueAt, type Field, type GapReport, type RawObject } from "./fields.ts";
import { isPaused, nameOf, readMeta } from "./object-meta.ts";
import { readReference } from "./reference.ts";
import { fieldOwners } from "./version-owners.ts";
import { remembered } from "./remembered.ts";

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
  controlPlaneVersions: moved("array", "status.v1beta2.controlPlane.versions", "status.controlPlane.versions"),
  workersVersions: moved("array", "status.v1beta2.workers.versions", "status.workers.versions"),
  ...machineCounts("controlPlane"),
  ...machineCounts("workers"),
} as const;

/** The sums over all machines of a side that the Cluster keeps in its status. */
function machineCounts<Side extends "controlPlane" | "workers">(side: Side) {
  const count = (name: string) => moved("integer", `status.v1beta2.${side}.${name}`, `status.${side}.${name}`);
  // Computed keys are typed as plain strings; the cast puts back what they are.
  return {
    [`${side}Desired`]: count("desiredReplicas"),
    [`${side}Current`]: count("replicas"),
    [`${side}Ready`]: count("readyReplicas"),
    [`${side}Available`]: count("availableReplicas"),
    [`${side}UpToDate`]: count("upToDateReplicas"),
  } as { readonly [Name in `${Side}${"Desired" | "Current" | "Ready" | "Available" | "UpToDate"}`]: Field };
}

export const CLUSTER_CLASS_FIELDS = { kubernetesVersions: same("array", "spec.kubernetesVersions") } as const;

const DEFER = "topology.cluster.x-k8s.io/defer-upgrade";
const UPGRADE_STEP = "topology.internal.cluster.x-k8s.io/upgrade-step";
/** Hooks that are still to be called, separated by commas (`internal/hooks/tracking.go`). */
const PENDING_HOOKS = "runtime.cluster.x-k8s.io/pending-hooks";
const HOLD = "topology.cluster.x-k8s.io/hold-upgrade-sequence";

export interface ClusterTopologyView {
  readonly classRef: ObjectReference;
  readonly version: string;
  readonly versionOwners: readonly FieldOwner[];
  readonly controlPlaneUpgradePlan: readonly string[];
  readonly workersUpgradePlan: readonly string[];
  readonly upgradeMarked: boolean;
  readonly pools: readonly TopologyPool[];
  readonly variables: readonly VariableText[];
}

/** The machines of one side of the cluster, as the Cluster itself sums them up. */
export interface SideView {
  readonly replicas: ReplicaCounts;
  readonly versions: readonly VersionCount[];
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
  readonly controlPlane: SideView;
  readonly workers: SideView;
}

export const readCluster = remembered(clusterView);

function clusterView(object: RawObject, report: GapReport): ClusterView {
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
    upgradeMarked:
      (meta.annotations[PENDING_HOOKS] ?? "").split(",").includes("AfterClusterUpgrade") || Object.hasOwn(meta.annotations, UPGRADE_STEP),
    pools: [
      ...fields.list("machineDeployments").flatMap((entry) => readTopologyPool(entry, "MachineDeployment")),
      ...fields.list("machinePools").flatMap((entry) => readTopologyPool(entry, "MachinePool")),
    ],
    variables: readVariableTexts(fields.record("topology") ?? {}),
  });
  const side = (name: "controlPlane" | "workers"): SideView => ({
    replicas: {
      desired: fields.integer(`${name}Desired`) ?? 0,
      current: fields.integer(`${name}Current`) ?? 0,
      ready: fields.integer(`${name}Ready`) ?? 0,
      available: fields.integer(`${name}Available`) ?? 0,
      upToDate: fields.integer(`${name}UpToDate`) ?? 0,
    },
    versions: readVersionCounts(fields.list(`${name}Versions`)),
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
    controlPlane: side("controlPlane"),
    workers: side("workers"),
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
