import type { JsonMap } from "../../store/stored-object.ts";
import { controlPlaneVersion } from "./desired-versions.ts";
import { templatedName } from "./generated-name.ts";
import type { Scope } from "./scope.ts";
import { mergedMetadata, objectFromTemplate, topologyLabels } from "./template-clone.ts";
import { contractRef, defined, definedOrNothing, mergedTexts, type Desired, type TopologyMetadata } from "./topology-objects.ts";

export const defaultNaming = "{{ .cluster.name }}-{{ .random }}";

/** The control plane as topology and class want it, at the version it is to have now. */
export function desiredControlPlane(scope: Scope, machine: Desired | undefined): Desired {
  const { random, cluster, blueprint } = scope;
  const topology = blueprint.topology.controlPlane ?? {};
  const ofClass = blueprint.class.spec.controlPlane;
  const merged = mergedMetadata(topology.metadata, ofClass.metadata);
  const naming = ofClass.naming?.template ?? defaultNaming;
  const name = cluster.spec.controlPlaneRef?.name ?? templatedName(random, naming, { cluster: { name: cluster.metadata.name } });
  const object = objectFromTemplate(blueprint.controlPlane, cluster, name, merged);
  const spec = object.spec ?? {};
  const labels = { ...merged.labels, ...topologyLabels(cluster) };
  return {
    ...object,
    spec: {
      ...spec,
      ...machineTemplate(spec, machine, { ...merged, labels }, scope),
      ...(topology.replicas === undefined ? {} : { replicas: topology.replicas }),
      ...(topology.rollout?.after === undefined ? {} : { rollout: { ...part(spec, "rollout"), after: topology.rollout.after } }),
      version: controlPlaneVersion(scope),
    },
  };
}

function machineTemplate(spec: JsonMap, machine: Desired | undefined, metadata: TopologyMetadata, { blueprint }: Scope): JsonMap {
  const topology = blueprint.topology.controlPlane ?? {};
  const ofClass = blueprint.class.spec.controlPlane;
  const template = part(spec, "machineTemplate");
  const machineSpec = part(template, "spec");
  const readinessGates = topology.readinessGates ?? ofClass.readinessGates;
  const taints = topology.taints ?? ofClass.taints;
  const deletion = definedOrNothing<JsonMap>({
    ...part(machineSpec, "deletion"),
    ...timeouts(ofClass.deletion),
    ...timeouts(topology.deletion),
  });
  const wanted: JsonMap = {
    ...machineSpec,
    ...(machine === undefined ? {} : { infrastructureRef: contractRef(machine) }),
    ...(readinessGates === undefined ? {} : { readinessGates }),
    ...(taints === undefined ? {} : { taints }),
    ...(deletion === undefined ? {} : { deletion }),
  };
  // A template's metadata is TopologyMetadata.
  const own = template["metadata"] as TopologyMetadata | undefined;
  const wantedMetadata = definedOrNothing<TopologyMetadata>({
    labels: mergedTexts(metadata.labels, own?.labels),
    annotations: mergedTexts(metadata.annotations, own?.annotations),
  });
  const wantedTemplate = definedOrNothing<JsonMap>({
    ...template,
    ...(machine === undefined ? {} : { metadata: wantedMetadata }),
    spec: Object.keys(wanted).length === 0 ? undefined : wanted,
  });
  return wantedTemplate === undefined ? {} : { machineTemplate: wantedTemplate };
}

/** Timeouts of a machine's deletion, without the order in which a pool chooses. */
export function timeouts(deletion: { readonly order?: string } | undefined): JsonMap {
  const { order: _order, ...rest } = deletion ?? {};
  return defined<JsonMap>(rest);
}

function part(map: JsonMap, field: string): JsonMap {
  // A struct of the spec, or nothing.
  return (map[field] as JsonMap | undefined) ?? {};
}
