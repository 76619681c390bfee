import type { Scope } from "../scope.ts";
import {
  annotationKeys,
  mergedTexts,
  type Cluster,
  type Desired,
  type MachineDeploymentTopology,
  type Variable,
} from "../topology-objects.ts";

export type Variables = Readonly<Record<string, unknown>>;

/** Variables that hold for all templates: the topology's, the class's defaults, and what is built in about the Cluster. */
export function clusterVariables({ cluster, blueprint }: Scope): Variables {
  const { topology } = blueprint;
  const definitions = blueprint.class.spec.variables ?? [];
  const known = new Map((topology.variables ?? []).map(({ name, value }) => [name, value]));
  const values: Record<string, unknown> = {};
  for (const { name, schema } of definitions) {
    const value = withDefaults(schema?.openAPIV3Schema, known.get(name));
    if (value !== undefined) values[name] = value;
  }
  const { name: class_, namespace: classNamespace } = blueprint.class.metadata;
  const { name, namespace, uid } = cluster.metadata;
  const { labels, annotations } = cleanMetadata(cluster);
  const { serviceDomain, services, pods } = cluster.spec.clusterNetwork ?? {};
  return {
    ...values,
    builtin: {
      cluster: {
        name,
        namespace,
        uid,
        ...(labels === undefined && annotations === undefined ? {} : { metadata: { labels, annotations } }),
        topology: {
          version: topology.version,
          class: class_,
          classNamespace,
          classRef: { name: class_, namespace: classNamespace },
        },
        ...(serviceDomain === undefined && services === undefined && pods === undefined
          ? {}
          : {
              network: {
                ...(serviceDomain === undefined ? {} : { serviceDomain }),
                ...(services?.cidrBlocks === undefined ? {} : { services: services.cidrBlocks }),
                ...(pods?.cidrBlocks === undefined ? {} : { pods: pods.cidrBlocks }),
              },
            }),
      },
    },
  };
}

export function controlPlaneVariables({ blueprint }: Scope, controlPlane: Desired, machine: Desired | undefined): Variables {
  const topology = blueprint.topology.controlPlane;
  return {
    ...overrides(topology?.variables?.overrides),
    builtin: {
      controlPlane: {
        name: controlPlane.metadata.name,
        version: controlPlane.spec?.["version"],
        metadata: cleanMetadata(controlPlane),
        ...(topology?.replicas === undefined ? {} : { replicas: topology.replicas }),
        ...(machine === undefined ? {} : { machineTemplate: { infrastructureRef: { name: machine.metadata.name } } }),
      },
    },
  };
}

export function machineDeploymentVariables(
  topology: MachineDeploymentTopology,
  {
    object,
    bootstrap,
    infrastructure,
  }: { readonly object: Desired; readonly bootstrap: Desired<object>; readonly infrastructure: Desired<object> },
): Variables {
  // What desiredMachineDeployment put there.
  const { template } = object.spec as { readonly template: { readonly spec: { readonly version: string } } };
  return {
    ...overrides(topology.variables?.overrides),
    builtin: {
      machineDeployment: {
        class: topology.class,
        name: object.metadata.name,
        topologyName: topology.name,
        version: template.spec.version,
        metadata: cleanMetadata(object),
        ...(topology.replicas === undefined ? {} : { replicas: topology.replicas }),
        bootstrap: { configRef: { name: bootstrap.metadata.name } },
        infrastructureRef: { name: infrastructure.metadata.name },
      },
    },
  };
}

/** The template's own count before the cluster's; what is built in of both is there. */
export function mergedVariables(global: Variables, own: Variables): Variables {
  const builtin = { ...(global["builtin"] as object), ...(own["builtin"] as object | undefined) };
  return { ...global, ...own, builtin };
}

function overrides(variables: readonly Variable[] | undefined): Variables {
  return Object.fromEntries((variables ?? []).map(({ name, value }) => [name, value]));
}

function cleanMetadata({ metadata }: Cluster | Desired): {
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
} {
  const { [annotationKeys.lastApplied]: _applied, [annotationKeys.conversionData]: _data, ...annotations } = metadata.annotations ?? {};
  return { labels: mergedTexts(metadata.labels), annotations: mergedTexts(annotations) };
}

/** Defaults of a variable's schema: of the whole, and of properties of objects that are there. */
function withDefaults(schema: unknown, value: unknown): unknown {
  if (!isMap(schema)) return value;
  const filled = value === undefined ? schema["default"] : value;
  if (Array.isArray(filled)) return filled.map((item) => withDefaults(schema["items"], item));
  if (!isMap(filled) || !isMap(schema["properties"])) return filled;
  const result: Record<string, unknown> = { ...filled };
  for (const [name, property] of Object.entries(schema["properties"])) {
    const below = withDefaults(property, filled[name]);
    if (below !== undefined) result[name] = below;
  }
  return result;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
