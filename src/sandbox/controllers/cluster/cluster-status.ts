import { timestamp } from "../../api/objects.ts";
import type { Condition } from "../../conditions/condition.ts";
import type { JsonMap } from "../../store/stored-object.ts";
import { clusterConditions } from "./cluster-conditions.ts";
import { controlPlaneStatus, workersStatus } from "./cluster-counters.ts";
import type { ClusterPass } from "./cluster-pass.ts";
import { hasEndpoint, isInitialized, isProvisioned } from "./cluster-references.ts";
import { isDeleting, type Cluster } from "./cluster-scope.ts";
import { legacyClusterConditions } from "./legacy-cluster-conditions.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

/** The Cluster with the status that this pass has found; `isComplete` false: the pass failed, and has not seen this generation. */
export function withStatus(pass: ClusterPass, conditions: readonly Condition[], isComplete: boolean): Cluster {
  const { cluster, references, descendants, environment } = pass;
  const initialization = initializationOf(pass);
  const { deprecated, ...previous } = cluster.status ?? {};
  const draft: Cluster = { ...cluster, status: { ...previous, initialization, ...(deprecated === undefined ? {} : { deprecated }) } };
  const known: ClusterPass = { ...pass, cluster: draft };
  const failureDomains = (references.infrastructure?.status?.["failureDomains"] ?? previous["failureDomains"]) as JsonMap[] | undefined;
  const { generation } = cluster.metadata;
  const status = withoutUndefined<JsonMap>({
    ...previous,
    conditions: clusterConditions(known, conditions),
    initialization: Object.keys(initialization).length === 0 ? undefined : initialization,
    failureDomains,
    phase: phaseOf(draft),
    controlPlane: controlPlaneStatus(draft, references.controlPlane, descendants),
    workers: workersStatus(draft, descendants),
    deprecated: {
      ...deprecated,
      v1beta1: { ...deprecated?.v1beta1, conditions: legacyClusterConditions(known, timestamp(environment.timeline.now())) },
    },
    observedGeneration: isComplete ? generation : previous["observedGeneration"],
  });
  return { ...cluster, status };
}

interface Initialization {
  readonly controlPlaneInitialized?: boolean;
  readonly infrastructureProvisioned?: boolean;
}

/** Both stay as they are once they are true. */
function initializationOf({ cluster, references, descendants }: ClusterPass): Initialization {
  const { infrastructure, controlPlane } = references;
  const known = cluster.status?.initialization;
  // Without a reference there is nothing to wait for, unless the topology has yet to make one.
  const isWithout = cluster.spec.infrastructureRef === undefined && descendants !== undefined && !isDeleting(cluster);
  const isUp = infrastructure !== undefined && isProvisioned(references) && !isDeleting(infrastructure);
  const isOn = controlPlane !== undefined && isInitialized(references) && !isDeleting(controlPlane);
  return {
    ...(isOn || known?.controlPlaneInitialized === true ? { controlPlaneInitialized: true } : {}),
    ...(isUp || isWithout || known?.infrastructureProvisioned === true ? { infrastructureProvisioned: true } : {}),
  };
}

function phaseOf(cluster: Cluster): string {
  const { infrastructureRef, controlPlaneRef } = cluster.spec;
  if (isDeleting(cluster)) return "Deleting";
  if (cluster.status?.initialization?.infrastructureProvisioned === true && hasEndpoint(cluster)) return "Provisioned";
  return infrastructureRef === undefined && controlPlaneRef === undefined ? "Pending" : "Provisioning";
}
