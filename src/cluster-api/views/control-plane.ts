import type { ConditionSnapshot, FieldOwner, ObjectReference, ReplicaCounts, VersionCount } from "../../upgrade/cluster-snapshot.ts";
import { conditionAsFlag, readConditions } from "./conditions.ts";
import { COUNT_FIELDS, OLD_COUNT_FIELDS, readCounts, readVersionCounts } from "./counts.ts";
import { fieldReader, moved, same, valueAt, type GapReport, type RawObject } from "./fields.ts";
import { isPaused, nameOf, readMeta, TOPOLOGY_OWNED_LABEL } from "./object-meta.ts";
import { readReference } from "./reference.ts";
import { fieldOwners } from "./version-owners.ts";
import { remembered } from "./remembered.ts";

/** Any control plane by contract (docs/book/src/developer/providers/contracts/control-plane.md); KubeadmControlPlane has all of it. */
export const CONTROL_PLANE_FIELDS = {
  ...COUNT_FIELDS,
  version: same("string", "spec.version"),
  reportedVersion: same("string", "status.version"),
  infrastructureRef: moved("object", "spec.machineTemplate.infrastructureRef", "spec.machineTemplate.spec.infrastructureRef"),
  maxSurge: moved("int-or-string", "spec.rolloutStrategy.rollingUpdate.maxSurge", "spec.rollout.strategy.rollingUpdate.maxSurge"),
  initialized: moved("boolean", "status.initialized", "status.initialization.controlPlaneInitialized"),
  observedGeneration: same("integer", "status.observedGeneration"),
} as const;

export interface ControlPlaneView {
  readonly ref: ObjectReference;
  readonly generation: number;
  readonly observedGeneration: number | undefined;
  readonly deleting: boolean;
  readonly paused: boolean;
  readonly topologyOwned: boolean;
  readonly version: string | undefined;
  readonly reportedVersion: string | undefined;
  readonly versions: readonly VersionCount[];
  readonly versionOwners: readonly FieldOwner[];
  readonly initialized: boolean;
  readonly replicas: ReplicaCounts;
  readonly infrastructureRef: ObjectReference | undefined;
  readonly maxSurge: number | undefined;
  readonly conditions: readonly ConditionSnapshot[];
}

/**
 * A control plane without `spec.replicas` has no machines (a managed control plane): all its counts are 0. KubeadmControlPlane always has the
 * field, its webhook sets it.
 */
export const readControlPlane = remembered(controlPlaneView);

function controlPlaneView(object: RawObject, report: GapReport): ControlPlaneView {
  const meta = readMeta(object, "control plane", report);
  const what = nameOf(meta.ref);
  const fields = fieldReader(object, { ...CONTROL_PLANE_FIELDS, ...OLD_COUNT_FIELDS }, what, report);
  const conditions = readConditions(object, what, report);
  return {
    ref: meta.ref,
    generation: meta.generation,
    observedGeneration: fields.integer("observedGeneration"),
    deleting: meta.deletingSince !== undefined,
    paused: isPaused(object, meta),
    topologyOwned: Object.hasOwn(meta.labels, TOPOLOGY_OWNED_LABEL),
    version: fields.text("version"),
    reportedVersion: fields.text("reportedVersion"),
    versions: readVersionCounts(fields.list("versions")),
    versionOwners: fieldOwners(object, "spec.version"),
    initialized: fields.flag("initialized") ?? conditionAsFlag(conditions, "Initialized") ?? valueAt(object, "status.ready") === true,
    replicas: readCounts(fields, 0),
    infrastructureRef: readReference(fields.record("infrastructureRef"), meta.ref.namespace),
    maxSurge: wholeNumber(fields.amount("maxSurge")),
    conditions,
  };
}

/** The control plane's surge is 0 or 1; a percentage is not allowed there. */
function wholeNumber(amount: string | undefined): number | undefined {
  return amount !== undefined && /^\d+$/.test(amount) ? Number(amount) : undefined;
}
