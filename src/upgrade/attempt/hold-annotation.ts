/**
 * A pool is stopped between machines by the annotation `cluster.x-k8s.io/paused` on its MachineDeployment: the machine in flight is finished and none is begun. `spec.paused` would make Cluster API
 * scale the old MachineSet up again (seen on v1.14). The value tells whose hold it is; Cluster API does not look at it.
 */
export const HOLD_ANNOTATION = "cluster.x-k8s.io/paused";

const PREFIX = "capi-gitops: ";

/** The value with which an upgrade holds a pool. */
export function holdValue(upgradeId: string): string {
  return `${PREFIX}${upgradeId}`;
}

/** The upgrade that holds a pool; undefined for a pause of somebody else's. */
export function heldByOf(value: string | undefined): string | undefined {
  const id = value?.startsWith(PREFIX.trim()) === true ? value.slice(PREFIX.trim().length).trim() : "";
  return id === "" ? undefined : id;
}
