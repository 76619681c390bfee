import type { OwnerReference } from "../../store/stored-object.ts";
import { groupOf } from "../../api/resource-type.ts";
import {
  annotationKeys,
  labelKeys,
  mergedTexts,
  type Cluster,
  type Desired,
  type Template,
  type TopologyMetadata,
} from "./topology-objects.ts";

/** The object that a template of the class describes: DevClusterTemplate → DevCluster. */
export function objectFromTemplate(template: Template, cluster: Cluster, name: string, metadata: TopologyMetadata = {}): Desired {
  const { metadata: own, spec } = template.spec.template;
  return {
    apiVersion: template.apiVersion,
    kind: template.kind.replace(/Template$/, ""),
    metadata: {
      name,
      ...namespaceOf(cluster),
      labels: { ...own?.labels, ...metadata.labels, ...topologyLabels(cluster) },
      annotations: { ...own?.annotations, ...metadata.annotations, ...clonedFrom(template) },
    },
    ...(spec === undefined ? {} : { spec }),
  };
}

/** The cluster's own copy of a template of the class. */
export function templateFromTemplate(
  template: Template,
  cluster: Cluster,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Desired<Template["spec"]> {
  const { [annotationKeys.lastApplied]: _lastApplied, ...annotations } = template.metadata.annotations ?? {};
  return {
    apiVersion: template.apiVersion,
    kind: template.kind,
    metadata: {
      name,
      ...namespaceOf(cluster),
      labels: { ...template.metadata.labels, ...topologyLabels(cluster), ...labels },
      annotations: { ...annotations, ...clonedFrom(template) },
      ownerReferences: [ownerReference(cluster)],
    },
    spec: template.spec,
  };
}

/** Not as a controller: templates and health checks just go with the Cluster. */
export function ownerReference({ apiVersion, kind, metadata: { name, uid } }: Cluster): OwnerReference {
  return { apiVersion, kind, name, uid };
}

export function topologyLabels({ metadata }: Cluster): Readonly<Record<string, string>> {
  return { [labelKeys.cluster]: metadata.name, [labelKeys.owned]: "" };
}

/** Labels and annotations of a topology and of its class, without those that only steer the upgrade. */
export function mergedMetadata(topology: TopologyMetadata | undefined, ofClass: TopologyMetadata | undefined): TopologyMetadata {
  const labels = mergedTexts(topology?.labels, ofClass?.labels);
  const {
    [annotationKeys.deferUpgrade]: _defer,
    [annotationKeys.holdUpgradeSequence]: _hold,
    ...annotations
  } = mergedTexts(topology?.annotations, ofClass?.annotations) ?? {};
  return { ...(labels === undefined ? {} : { labels }), ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
}

export function namespaceOf({ metadata: { namespace } }: Cluster): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

function clonedFrom({ apiVersion, kind, metadata }: Template): Readonly<Record<string, string>> {
  return { [annotationKeys.clonedFromName]: metadata.name, [annotationKeys.clonedFromGroupKind]: `${kind}.${groupOf(apiVersion)}` };
}
