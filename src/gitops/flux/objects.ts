import type { ObjectReference } from "../../upgrade/cluster-snapshot.ts";
import { recordOf, referenceOf, textAt, valueAt, type RawObject } from "../raw-object.ts";

export const KUSTOMIZE_GROUP = "kustomize.toolkit.fluxcd.io";
export const HELM_GROUP = "helm.toolkit.fluxcd.io";
export const SOURCE_GROUP = "source.toolkit.fluxcd.io";

export function kustomizationRef(namespace: string, name: string): ObjectReference {
  return { group: KUSTOMIZE_GROUP, kind: "Kustomization", namespace, name };
}

export function helmReleaseRef(namespace: string, name: string): ObjectReference {
  return { group: HELM_GROUP, kind: "HelmRelease", namespace, name };
}

/** `Flux Kustomization flux-system/clusters`. */
export function fluxName({ kind, namespace, name }: ObjectReference): string {
  return `Flux ${kind} ${namespace}/${name}`;
}

/** What a `sourceRef` (or `chartRef`) at `path` names; its namespace defaults to the object's own. */
export function sourceReference(object: RawObject, path: string): ObjectReference | undefined {
  const reference = recordOf(valueAt(object, path));
  const [kind, name] = [textAt(reference, "kind"), textAt(reference, "name")];
  if (kind === undefined || name === undefined) return undefined;
  const namespace = textAt(reference, "namespace") ?? referenceOf(object, "", "").namespace;
  return { group: SOURCE_GROUP, kind, namespace, name };
}
