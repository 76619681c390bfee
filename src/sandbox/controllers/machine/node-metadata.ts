import type { MachineObject } from "../../infrastructure/infrastructure-objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";

type Texts = Readonly<Record<string, string>>;

interface Taint {
  readonly key: string;
  readonly effect: string;
  readonly value?: string;
}

const labelsFromMachine = "cluster.x-k8s.io/labels-from-machine";
const annotationsFromMachine = "cluster.x-k8s.io/annotations-from-machine";
/** Always there, and therefore not listed in `annotations-from-machine`. */
const common = ["cluster-name", "cluster-namespace", "machine", "owner-kind", "owner-name"].map((name) => `cluster.x-k8s.io/${name}`);

export const outdatedTaint: Taint = { key: "node.cluster.x-k8s.io/outdated-revision", effect: "PreferNoSchedule" };
const uninitializedTaint: Taint = { key: "node.cluster.x-k8s.io/uninitialized", effect: "NoSchedule" };

/** What a Node's marks come from. */
interface MarkSource {
  readonly uid: string;
  readonly labels: Texts | undefined;
  readonly annotations: Texts | undefined;
  readonly ownerReferences: MachineObject["metadata"]["ownerReferences"] | undefined;
  readonly isOutdated: boolean;
}

/** Nodes that have been found to have all that they get: most passes over a Machine find the same. */
const settledNodes = new WeakMap<StoredObject, MarkSource>();

/** The Node with the labels, annotations and taints that it gets from its Machine (core/reconcilers/machine patchNode); the same object when it has them. */
export function nodeForMachine(node: StoredObject, machine: MachineObject, isOutdated: boolean): StoredObject {
  const { uid, labels, annotations, ownerReferences } = machine.metadata;
  const settled = settledNodes.get(node);
  const isSettled =
    settled?.uid === uid &&
    settled?.labels === labels &&
    settled?.annotations === annotations &&
    settled?.ownerReferences === ownerReferences &&
    settled?.isOutdated === isOutdated;
  if (isSettled) return node;
  const marked = withMarks(node, machine, isOutdated);
  if (marked === node) settledNodes.set(node, { uid, labels, annotations, ownerReferences, isOutdated });
  return marked;
}

function withMarks(node: StoredObject, machine: MachineObject, isOutdated: boolean): StoredObject {
  const labels = managedLabels(machine);
  const annotations = managedAnnotations(machine);
  const before = node.metadata.annotations ?? {};
  const own = Object.keys(annotations).filter((key) => !common.includes(key));
  const nextAnnotations = {
    ...without(before, [...listed(before[annotationsFromMachine]), ...common]),
    ...annotations,
    [labelsFromMachine]: Object.keys(labels).sort().join(","),
    [annotationsFromMachine]: own.sort().join(","),
  };
  const nextLabels = { ...without(node.metadata.labels ?? {}, listed(before[labelsFromMachine])), ...labels };
  // A Node's spec has other fields too.
  const spec = node["spec"] as { readonly taints?: readonly Taint[] } | undefined;
  const kept = (spec?.taints ?? []).filter((taint) => !isSame(taint, uninitializedTaint) && !isSame(taint, outdatedTaint));
  const had = (spec?.taints ?? []).some((taint) => isSame(taint, outdatedTaint));
  const taints =
    had && isOutdated
      ? (spec?.taints ?? []).filter((taint) => !isSame(taint, uninitializedTaint))
      : [...kept, ...(isOutdated ? [outdatedTaint] : [])];
  const sameTaints = taints.length === (spec?.taints ?? []).length && taints.every((taint, index) => isSame(taint, spec!.taints![index]!));
  if (sameTexts(before, nextAnnotations) && sameTexts(node.metadata.labels ?? {}, nextLabels) && sameTaints) return node;
  const { taints: _before, ...otherSpec } = spec ?? {};
  return {
    ...node,
    metadata: { ...node.metadata, annotations: nextAnnotations, labels: nextLabels },
    spec: { ...otherSpec, ...(taints.length === 0 ? {} : { taints }) },
  };
}

function managedLabels({ metadata }: MachineObject): Texts {
  return Object.fromEntries(
    Object.entries(metadata.labels ?? {}).filter(
      ([key]) =>
        domainOf(key) === "node-role.kubernetes.io" ||
        isOfDomain(key, "node-restriction.kubernetes.io") ||
        isOfDomain(key, "node.cluster.x-k8s.io"),
    ),
  );
}

function managedAnnotations({ metadata, spec }: MachineObject): Texts {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return {
    "cluster.x-k8s.io/cluster-name": spec.clusterName,
    "cluster.x-k8s.io/cluster-namespace": metadata.namespace ?? "",
    "cluster.x-k8s.io/machine": metadata.name,
    ...(owner === undefined ? {} : { "cluster.x-k8s.io/owner-kind": owner.kind, "cluster.x-k8s.io/owner-name": owner.name }),
    ...Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => isOfDomain(key, "node.cluster.x-k8s.io"))),
  };
}

function domainOf(key: string): string {
  return key.split("/")[0]!;
}

function isOfDomain(key: string, domain: string): boolean {
  return domainOf(key) === domain || domainOf(key).endsWith(`.${domain}`);
}

function listed(text: string | undefined): readonly string[] {
  return text === undefined || text === "" ? [] : text.split(",");
}

function without(texts: Texts, keys: readonly string[]): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !keys.includes(key)));
}

function isSame(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.effect === other.effect;
}

function sameTexts(one: Texts, other: Texts): boolean {
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]);
}
