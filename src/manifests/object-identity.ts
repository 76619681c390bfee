/** A live object as a repository may declare it. Versions of the API are left out: manifests may lag behind. */
export interface ObjectIdentity {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** `KubeadmControlPlane demo/cp` */
export function describeIdentity({ kind, namespace, name }: Pick<ObjectIdentity, "kind" | "namespace" | "name">): string {
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
