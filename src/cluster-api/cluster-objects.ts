import type { ObjectReference, SnapshotGap, WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import type { RawObject } from "./views/fields.ts";

/** Everything that was fetched of one cluster, unread: what `assembleSnapshot` makes a snapshot of. Fixtures have this shape too. */
export interface ClusterObjects {
  readonly cluster: RawObject;
  /** Undefined when there is none (yet), or when it could not be read; `gaps` says which. */
  readonly controlPlane: RawObject | undefined;
  readonly clusterClass: RawObject | undefined;
  readonly machineDeployments: readonly RawObject[];
  readonly machinePools: readonly RawObject[];
  readonly machineSets: readonly RawObject[];
  readonly machines: readonly RawObject[];
  /** The infrastructure objects that the control plane and the pools refer to. */
  readonly templates: readonly TemplateReading[];
  /** Infrastructure machines of the control plane: their annotation names the template that they were cloned from. */
  readonly controlPlaneInfrastructure: readonly RawObject[];
  readonly workload: WorkloadSnapshot;
  readonly gaps: readonly SnapshotGap[];
}

export interface TemplateReading {
  readonly ref: ObjectReference;
  /** Undefined with `missing: false`: it exists or not, we may not look. */
  readonly object: RawObject | undefined;
  /** The server said that it does not exist. */
  readonly missing: boolean;
}

/** One string for one object, whatever the API version it was referred to by. */
export function referenceKey(ref: ObjectReference): string {
  return `${ref.group}/${ref.kind}/${ref.namespace}/${ref.name}`;
}
