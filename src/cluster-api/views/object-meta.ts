import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { asRecord, asText, asTime, valueAt, type GapReport, type RawObject } from "./fields.ts";

export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller: boolean;
}

/** The part of `metadata` that every kind has. */
export interface ObjectMeta {
  readonly ref: ObjectReference;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly generation: number;
  readonly createdAt: number;
  readonly deletingSince: number | undefined;
  readonly owners: readonly OwnerReference[];
}

export const PAUSED_ANNOTATION = "cluster.x-k8s.io/paused";
export const TOPOLOGY_OWNED_LABEL = "topology.cluster.x-k8s.io/owned";

/** Reads `apiVersion`, `kind` and `metadata`. `fallbackKind` is used for items of a list, which may come without a kind. */
export function readMeta(object: RawObject, fallbackKind: string, report: GapReport): ObjectMeta {
  const metadata = asRecord(object["metadata"]) ?? {};
  const name = asText(metadata["name"]) ?? "";
  const namespace = asText(metadata["namespace"]) ?? "";
  const kind = asText(object["kind"]) ?? fallbackKind;
  if (name === "") report({ kind: "unreadable", what: kind, message: `a ${kind} without a name was ignored in part` });
  const generation = metadata["generation"];
  return {
    ref: { group: groupOf(asText(object["apiVersion"])), kind, namespace, name },
    uid: asText(metadata["uid"]) ?? "",
    labels: textRecord(metadata["labels"]),
    annotations: textRecord(metadata["annotations"]),
    generation: typeof generation === "number" ? generation : 0,
    createdAt: asTime(metadata["creationTimestamp"]) ?? 0,
    deletingSince: asTime(metadata["deletionTimestamp"]),
    owners: readOwners(metadata["ownerReferences"]),
  };
}

/** `infrastructure.cluster.x-k8s.io/v1beta1` → `infrastructure.cluster.x-k8s.io`; the core group `v1` → `""`. */
export function groupOf(apiVersion: string | undefined): string {
  const slash = apiVersion?.lastIndexOf("/") ?? -1;
  return slash < 0 || apiVersion === undefined ? "" : apiVersion.slice(0, slash);
}

/** `KubeadmControlPlane demo/cp`: how messages name an object. */
export function nameOf(ref: ObjectReference): string {
  return `${ref.kind} ${ref.namespace === "" ? "" : `${ref.namespace}/`}${ref.name}`;
}

/** The annotation counts whatever its value, as in Cluster API (`util/annotations.HasPaused`). */
export function isPaused(object: RawObject, meta: ObjectMeta): boolean {
  return valueAt(object, "spec.paused") === true || Object.hasOwn(meta.annotations, PAUSED_ANNOTATION);
}

export function ownerOfKind(meta: ObjectMeta, kind: string): string | undefined {
  const owners = meta.owners.filter((owner) => owner.kind === kind);
  return (owners.find((owner) => owner.controller) ?? owners[0])?.name;
}

function readOwners(value: unknown): readonly OwnerReference[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    const owner = asRecord(entry);
    const kind = asText(owner?.["kind"]);
    const name = asText(owner?.["name"]);
    return kind === undefined || name === undefined ? [] : [{ kind, name, controller: owner?.["controller"] === true }];
  });
}

function textRecord(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asRecord(value) ?? {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
