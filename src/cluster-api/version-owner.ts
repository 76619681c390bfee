import type { ClusterSnapshot, FieldOwner, ObjectReference } from "../upgrade/cluster-snapshot.ts";
import { deliveryInWords } from "../gitops/delivery.ts";
import { nameOf } from "./views/object-meta.ts";

/** The topology controller of Cluster API, as field manager of everything that it applies. */
export const TOPOLOGY_MANAGER = "capi-topology";

/** Who owns the version of a cluster: the object and field to write, and the ones that will put any other write back (or wedge on it). */
export interface VersionOwner {
  readonly kind: "topology" | "control-plane" | "unknown";
  readonly object: ObjectReference;
  /** `spec.topology.version` or `spec.version`; undefined when nothing in the cluster carries a version. */
  readonly field: string | undefined;
  readonly version: string | undefined;
  readonly lastWriter: FieldOwner | undefined;
  /** Somebody other than the topology controller who wrote the version of an object that belongs to the topology. */
  readonly intruders: readonly Intruder[];
  /** One line a fact, for people. */
  readonly words: readonly string[];
}

export interface Intruder {
  readonly object: ObjectReference;
  readonly version: string | undefined;
  readonly owner: FieldOwner;
}

export function versionOwnerOf(snapshot: ClusterSnapshot): VersionOwner {
  const owner = ownerOf(snapshot);
  const intruders = intrudersOf(snapshot);
  return { ...owner, intruders, words: wordsFor(owner, intruders, snapshot) };
}

type Owner = Omit<VersionOwner, "intruders" | "words">;

function ownerOf({ ref, topology, controlPlane }: ClusterSnapshot): Owner {
  if (topology !== undefined) {
    const [lastWriter] = topology.versionOwners;
    return { kind: "topology", object: ref, field: "spec.topology.version", version: topology.version, lastWriter };
  }
  if (controlPlane?.version === undefined) {
    return { kind: "unknown", object: controlPlane?.ref ?? ref, field: undefined, version: undefined, lastWriter: undefined };
  }
  const [lastWriter] = controlPlane.versionOwners;
  return { kind: "control-plane", object: controlPlane.ref, field: "spec.version", version: controlPlane.version, lastWriter };
}

/** Only a writer after (or instead of) the topology controller counts: it leaves older co-owners of the field in `managedFields`. */
function intrudersOf({ topology, controlPlane, pools }: ClusterSnapshot): readonly Intruder[] {
  if (topology === undefined) return [];
  const children = [
    ...(controlPlane?.topologyOwned === true ? [controlPlane] : []),
    ...pools.filter((pool) => pool.topologyName !== undefined),
  ];
  return children.flatMap(({ ref, version, versionOwners }) => {
    const [owner] = versionOwners;
    return owner === undefined || owner.manager === TOPOLOGY_MANAGER ? [] : [{ object: ref, version, owner }];
  });
}

function wordsFor(owner: Owner, intruders: readonly Intruder[], snapshot: ClusterSnapshot): readonly string[] {
  const { delivery, controlPlane } = snapshot;
  const objects = [
    owner.kind === "unknown"
      ? `nothing in the cluster names a Kubernetes version: ${controlPlane === undefined ? "it has no control plane (yet)" : `${nameOf(owner.object)} has no spec.version`}`
      : `${owner.kind === "topology" ? "the topology" : "the control plane"} owns the version: ${owner.field ?? ""} of ${nameOf(owner.object)} is ${owner.version ?? ""}`,
    ...(owner.kind === "control-plane" ? ["each pool has a version of its own, which follows after the control plane"] : []),
  ];
  const delivered =
    delivery.engine === "none" ? [] : [`${nameOf(snapshot.ref)} is delivered by ${deliveryInWords(delivery)}: change it in Git`];
  const written = owner.lastWriter === undefined ? [] : [`last written by ${writerInWords(owner.lastWriter)}`];
  const contested = intruders.map(
    ({ object, version, owner: writer }) =>
      `but ${writerInWords(writer)} wrote ${version ?? "a version"} to ${nameOf(object)}, which the topology owns`,
  );
  return [...objects, ...delivered, ...written, ...contested];
}

function writerInWords({ manager, at }: FieldOwner): string {
  return at === undefined ? manager : `${manager} at ${new Date(at).toISOString().replace(".000Z", "Z")}`;
}
