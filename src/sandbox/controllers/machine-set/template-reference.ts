import { notFound } from "../../api/api-status-error.ts";
import { typeKey } from "../../api/resource-type.ts";
import type { GivenObject, OwnerReference, StoredObject } from "../../store/stored-object.ts";
import type { Environment } from "../environment.ts";
import type { ContractReference } from "./machine-objects.ts";

/** The template that a reference names; undefined when there is none. */
export function findTemplate(
  environment: Environment,
  namespace: string | undefined,
  reference: ContractReference,
): StoredObject | undefined {
  return environment.objects.get(environment.type(typeKey(reference.apiGroup, reference.kind)), namespace, reference.name);
}

/** 404 when there is none. */
export function needTemplate(environment: Environment, namespace: string | undefined, reference: ContractReference): StoredObject {
  const template = findTemplate(environment, namespace, reference);
  if (template === undefined) throw notFound(environment.type(typeKey(reference.apiGroup, reference.kind)), reference.name);
  return template;
}

/** Makes the Cluster an owner of the template; false when there is no such template. References to something else than a template count as there. */
export function ownTemplate(
  environment: Environment,
  cluster: StoredObject,
  reference: ContractReference | undefined,
  manager: string,
): boolean {
  if (reference === undefined || !reference.kind.endsWith("Template")) return true;
  const template = findTemplate(environment, cluster.metadata.namespace, reference);
  if (template === undefined) return false;
  const type = environment.type(typeKey(reference.apiGroup, reference.kind));
  const ownerReferences = withOwner(template.metadata.ownerReferences, ownerOf(cluster));
  if (ownerReferences !== template.metadata.ownerReferences) {
    const change = (live: StoredObject): GivenObject => ({ ...live, metadata: { ...live.metadata, ownerReferences } });
    environment.objects.modify(type, template.metadata.namespace, template.metadata.name, change, { manager });
  }
  return true;
}

/** A reference that does not control. */
export function ownerOf(owner: StoredObject): OwnerReference {
  return { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid };
}

export function controllingOwner(owner: StoredObject): OwnerReference {
  return { ...ownerOf(owner), controller: true, blockOwnerDeletion: true };
}

/** With that owner; the same array when it is there already. */
export function withOwner(owners: readonly OwnerReference[] | undefined, owner: OwnerReference): readonly OwnerReference[] {
  const existing = owners ?? [];
  const index = existing.findIndex(({ uid, kind, name }) => uid === owner.uid || (kind === owner.kind && name === owner.name));
  const found = existing[index];
  if (found === undefined) return [...existing, owner];
  return found.uid === owner.uid && found.apiVersion === owner.apiVersion && found.controller === owner.controller
    ? existing
    : existing.with(index, owner);
}

/** What is made from a template for one machine. */
export interface TemplateCopy {
  readonly reference: ContractReference;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly clusterName: string;
  readonly owner: OwnerReference;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Creates the object that a template describes (`DevMachine` of a `DevMachineTemplate`); gives a reference to it. */
export function copyTemplate(environment: Environment, copy: TemplateCopy, manager: string): ContractReference {
  const { reference, namespace, name, clusterName, owner, labels, annotations } = copy;
  const template = needTemplate(environment, namespace, reference);
  // The contract of Cluster API's providers: spec.template.{metadata,spec}.
  const { spec } = template as StoredObject & { readonly spec?: { readonly template?: GivenObject } };
  const { metadata, ...content } = spec?.template ?? {};
  const kind = reference.kind.replace(/Template$/, "");
  environment.objects.create(
    environment.type(typeKey(reference.apiGroup, kind)),
    {
      ...content,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        labels: { ...metadata?.labels, ...labels, "cluster.x-k8s.io/cluster-name": clusterName },
        annotations: {
          ...metadata?.annotations,
          ...annotations,
          "cluster.x-k8s.io/cloned-from-name": reference.name,
          "cluster.x-k8s.io/cloned-from-groupkind": typeKey(reference.apiGroup, reference.kind),
        },
        ownerReferences: [owner],
      },
    },
    { manager },
  );
  return { apiGroup: reference.apiGroup, kind, name };
}
