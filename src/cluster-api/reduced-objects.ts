import type { KubernetesObject } from "../kubernetes/resource.ts";
import { CLUSTER_CLASS_FIELDS, CLUSTER_FIELDS } from "./views/cluster.ts";
import { CONDITION_PATHS } from "./views/conditions.ts";
import { CONTROL_PLANE_FIELDS } from "./views/control-plane.ts";
import { OLD_COUNT_FIELDS } from "./views/counts.ts";
import { asRecord, pathsOf, valueAt, type FieldTable, type RawObject } from "./views/fields.ts";
import { MACHINE_SET_FIELDS } from "./views/machine-set.ts";
import { MACHINE_FIELDS } from "./views/machine.ts";
import { MACHINE_DEPLOYMENT_FIELDS, POOL_FIELDS } from "./views/pool.ts";

/** What an object is kept for; decides what is left of it. */
export type Role =
  | "Cluster"
  | "ClusterClass"
  | "MachineDeployment"
  | "MachineSet"
  | "Machine"
  | "MachinePool"
  | "control-plane"
  /** Its whole spec may name a version. */
  | "template"
  /** Only its metadata is read: the template that it was cloned from. */
  | "infrastructure-machine";

interface Kept {
  readonly fields: FieldTable;
  /** The field whose managers are told apart. */
  readonly ownedField?: string;
  /** Only Cluster API's own labels, and no annotations: there are many of this kind. */
  readonly plainMetadata?: boolean;
}

const spec: FieldTable = { spec: { type: "object", v1beta1: ["spec"] } };

const keptOf: Readonly<Record<Role, Kept>> = {
  Cluster: { fields: CLUSTER_FIELDS, ownedField: "spec.topology.version" },
  ClusterClass: { fields: CLUSTER_CLASS_FIELDS },
  MachineDeployment: { fields: { ...MACHINE_DEPLOYMENT_FIELDS, ...OLD_COUNT_FIELDS }, ownedField: "spec.template.spec.version" },
  MachineSet: { fields: MACHINE_SET_FIELDS, plainMetadata: true },
  Machine: { fields: MACHINE_FIELDS, plainMetadata: true },
  MachinePool: { fields: { ...POOL_FIELDS, ...OLD_COUNT_FIELDS }, ownedField: "spec.template.spec.version" },
  "control-plane": { fields: { ...CONTROL_PLANE_FIELDS, ...OLD_COUNT_FIELDS }, ownedField: "spec.version" },
  template: { fields: spec },
  "infrastructure-machine": { fields: {} },
};

/** Paths as nested keys; `true` keeps all below. */
type Tree = { readonly [key: string]: Tree | true };

/**
 * Leaves of an object what the views read (`views/*.ts`, whose tables of fields say what that is): for a fleet that is kept in memory. Texts that are alike are one text. A snapshot of what is left
 * is the same as one of the whole.
 */
export function objectReducer(): (role: Role, object: KubernetesObject) => KubernetesObject {
  const intern = interner();
  const trees = new Map<Role, Tree>();
  for (const [role, { fields }] of Object.entries(keptOf)) trees.set(role as Role, treeOf(fields));
  return (role, object) => {
    const left: Record<string, unknown> = picked(object, trees.get(role) ?? {});
    left["apiVersion"] = object.apiVersion;
    left["kind"] = object.kind;
    left["metadata"] = reducedMetadata(object.metadata, keptOf[role]);
    return compact(left, intern) as KubernetesObject;
  };
}

function reducedMetadata(metadata: KubernetesObject["metadata"], { plainMetadata, ownedField }: Kept): RawObject {
  const { name, namespace, uid, resourceVersion, generation, labels, annotations } = metadata;
  const { creationTimestamp, deletionTimestamp, ownerReferences } = metadata;
  const owners = Array.isArray(ownerReferences)
    ? ownerReferences.map((owner: unknown) => {
        const { kind, name: ownerName, controller } = asRecord(owner) ?? {};
        return { kind, name: ownerName, controller: controller === true ? controller : undefined };
      })
    : undefined;
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
    ownerReferences: owners,
    labels: labels && (plainMetadata === true ? ownLabels(labels) : labels),
    annotations: annotations === undefined || plainMetadata === true ? undefined : smallOnes(annotations),
    managedFields: ownedField === undefined ? undefined : managersOf(metadata.managedFields ?? [], ownedField),
  };
}

function ownLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => key.includes("cluster.x-k8s.io/")));
}

/** kubectl's copy of the whole object is nobody's business here. */
function smallOnes(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== "kubectl.kubernetes.io/last-applied-configuration"));
}

/** Who owns that one field. */
function managersOf(entries: readonly unknown[], field: string): readonly unknown[] {
  const path = field.split(".").map((key) => `f:${key}`);
  return entries.flatMap((value) => {
    const entry = asRecord(value);
    if (entry === undefined || valueAt(entry["fieldsV1"], path.join(".")) === undefined) return [];
    const fieldsV1 = path.reduceRight<unknown>((below, key) => ({ [key]: below }), {});
    const { manager, operation, time } = entry;
    return [{ manager, operation, time, fieldsV1 }];
  });
}

function treeOf(fields: FieldTable): Tree {
  const root: Record<string, unknown> = {};
  const paths = [...Object.values(fields).flatMap(pathsOf), CONDITION_PATHS.nested, CONDITION_PATHS.direct];
  // The shortest first: what is kept whole swallows what is below it.
  for (const path of [...new Set(paths)].sort((one, other) => one.length - other.length)) {
    const keys = path === "spec.topology" ? [] : path.split(".");
    let here = root;
    for (const [index, key] of keys.entries()) {
      if (here[key] === true) break;
      if (index === keys.length - 1) here[key] = true;
      else here = (here[key] ??= {}) as Record<string, unknown>;
    }
  }
  // Built of nothing else.
  return root as Tree;
}

function picked(value: RawObject, tree: Tree): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, below] of Object.entries(tree)) {
    const inner = value[key];
    if (inner === undefined) continue;
    const record = asRecord(inner);
    result[key] = below === true || record === undefined ? inner : picked(record, below);
  }
  return result;
}

/**
 * A copy that shares nothing with the parsed answer, in which every text that is met again is the same text. By way of JSON: what the parser makes has room for its own fields and no more, and objects
 * with the same fields share one layout; what is put together field by field, or spread, takes up to twice as much, and a layout of 300 bytes for each object.
 */
function compact(value: unknown, intern: (text: string) => string): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(value));
  internTexts(copy, intern);
  return copy;
}

/** No other object has the same. */
const unique: ReadonlySet<string> = new Set(["uid", "resourceVersion"]);

function internTexts(value: unknown, intern: (text: string) => string): void {
  if (typeof value !== "object" || value === null) return;
  // Ours alone: nobody has seen the copy yet. An array's indices are its keys.
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    const inner = fields[key];
    if (typeof inner !== "string") internTexts(inner, intern);
    else if (!unique.has(key)) fields[key] = intern(inner);
  }
}

/** Forgets all when it knows more than that: names come and go. */
const mostTexts = 50_000;

function interner(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (known.size >= mostTexts) known.clear();
    known.set(text, text);
    return text;
  };
}
