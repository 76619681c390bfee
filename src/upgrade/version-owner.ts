import type { ClusterSnapshot, FieldOwner, ObjectReference } from "./cluster-snapshot.ts";

/** The objects to which an upgrade of this cluster writes, in upgrade order: the Cluster of a topology, else the control plane and the pools that have a version. */
export function versionOwner(snapshot: ClusterSnapshot): readonly ObjectReference[] {
  return declaringObjects(snapshot).flatMap(({ object, version }) => (version === undefined ? [] : [object]));
}

/** The objects whose version somebody declares, rather than a topology: what an upgrade writes to. */
export function declaringObjects(snapshot: ClusterSnapshot): readonly {
  readonly object: ObjectReference;
  readonly version: string | undefined;
  readonly owners: readonly FieldOwner[];
}[] {
  const { topology, controlPlane, pools, ref } = snapshot;
  if (topology !== undefined) return [{ object: ref, version: topology.version, owners: topology.versionOwners }];
  return [...(controlPlane === undefined ? [] : [controlPlane]), ...pools].map((owner) => {
    return { object: owner.ref, version: owner.version, owners: owner.versionOwners };
  });
}
