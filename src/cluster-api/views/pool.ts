import type { ConditionSnapshot, FieldOwner, ObjectReference, ReplicaCounts, VersionCount } from "../../upgrade/cluster-snapshot.ts";
import { heldByOf } from "../../upgrade/attempt/hold-annotation.ts";
import { readConditions } from "./conditions.ts";
import { COUNT_FIELDS, OLD_COUNT_FIELDS, readCounts, readVersionCounts } from "./counts.ts";
import { fieldReader, moved, same, valueAt, type GapReport, type RawObject } from "./fields.ts";
import { isPaused, nameOf, PAUSED_ANNOTATION, readMeta, type ObjectMeta } from "./object-meta.ts";
import { readReference } from "./reference.ts";
import { fieldOwners } from "./version-owners.ts";
import { remembered } from "./remembered.ts";

/** What MachineDeployment and MachinePool have in common. */
export const POOL_FIELDS = {
  ...COUNT_FIELDS,
  version: same("string", "spec.template.spec.version"),
  infrastructureRef: same("object", "spec.template.spec.infrastructureRef"),
  observedGeneration: same("integer", "status.observedGeneration"),
} as const;

export const MACHINE_DEPLOYMENT_FIELDS = {
  ...POOL_FIELDS,
  paused: same("boolean", "spec.paused"),
  strategy: moved("string", "spec.strategy.type", "spec.rollout.strategy.type"),
  maxSurge: moved("int-or-string", "spec.strategy.rollingUpdate.maxSurge", "spec.rollout.strategy.rollingUpdate.maxSurge"),
  maxUnavailable: moved(
    "int-or-string",
    "spec.strategy.rollingUpdate.maxUnavailable",
    "spec.rollout.strategy.rollingUpdate.maxUnavailable",
  ),
} as const;

export const DEPLOYMENT_TOPOLOGY_LABEL = "topology.cluster.x-k8s.io/deployment-name";
export const POOL_TOPOLOGY_LABEL = "topology.cluster.x-k8s.io/pool-name";

export interface PoolView {
  readonly ref: ObjectReference;
  readonly kind: "MachineDeployment" | "MachinePool";
  readonly topologyName: string | undefined;
  readonly createdAt: number;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly deleting: boolean;
  /** By somebody else than us. */
  readonly paused: boolean;
  readonly heldBy: string | undefined;
  readonly version: string | undefined;
  readonly versions: readonly VersionCount[];
  readonly versionOwners: readonly FieldOwner[];
  readonly replicas: ReplicaCounts;
  /** The machine template of a MachineDeployment; the infrastructure pool of a MachinePool. */
  readonly infrastructureRef: ObjectReference | undefined;
  readonly strategy: "RollingUpdate" | "OnDelete";
  readonly maxSurge: string | undefined;
  readonly maxUnavailable: string | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

export const readMachineDeployment = remembered(machineDeploymentView);

function machineDeploymentView(object: RawObject, report: GapReport): PoolView {
  const meta = readMeta(object, "MachineDeployment", report);
  const what = nameOf(meta.ref);
  const fields = fieldReader(object, { ...MACHINE_DEPLOYMENT_FIELDS, ...OLD_COUNT_FIELDS }, what, report);
  return {
    ...common(object, meta, fields, report),
    kind: "MachineDeployment",
    topologyName: meta.labels[DEPLOYMENT_TOPOLOGY_LABEL],
    strategy: fields.text("strategy") === "OnDelete" ? "OnDelete" : "RollingUpdate",
    maxSurge: fields.amount("maxSurge"),
    maxUnavailable: fields.amount("maxUnavailable"),
  };
}

/** How a MachinePool replaces its instances is up to the provider, so it has neither strategy nor surge of its own. */
export const readMachinePool = remembered(machinePoolView);

function machinePoolView(object: RawObject, report: GapReport): PoolView {
  const meta = readMeta(object, "MachinePool", report);
  const fields = fieldReader(object, { ...POOL_FIELDS, ...OLD_COUNT_FIELDS }, nameOf(meta.ref), report);
  return {
    ...common(object, meta, fields, report),
    kind: "MachinePool",
    topologyName: meta.labels[POOL_TOPOLOGY_LABEL],
    strategy: "RollingUpdate",
    maxSurge: undefined,
    maxUnavailable: undefined,
  };
}

type CommonFields = ReturnType<typeof fieldReader<typeof POOL_FIELDS & typeof OLD_COUNT_FIELDS>>;

/** Our own hold is no pause, but it does not excuse another's. */
function isPausedByOthers(object: RawObject, meta: ObjectMeta): boolean {
  return heldByOf(meta.annotations[PAUSED_ANNOTATION]) === undefined ? isPaused(object, meta) : valueAt(object, "spec.paused") === true;
}

function common(object: RawObject, meta: ObjectMeta, fields: CommonFields, report: GapReport) {
  return {
    ref: meta.ref,
    createdAt: meta.createdAt,
    generation: meta.generation,
    observedGeneration: fields.integer("observedGeneration"),
    deleting: meta.deletingSince !== undefined,
    paused: isPausedByOthers(object, meta),
    heldBy: heldByOf(meta.annotations[PAUSED_ANNOTATION]),
    version: fields.text("version"),
    versions: readVersionCounts(fields.list("versions")),
    versionOwners: fieldOwners(object, "spec.template.spec.version"),
    replicas: readCounts(fields, 1),
    infrastructureRef: readReference(fields.record("infrastructureRef"), meta.ref.namespace),
    conditions: readConditions(object, nameOf(meta.ref), report),
  };
}
