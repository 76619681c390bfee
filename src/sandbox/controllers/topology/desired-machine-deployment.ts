import type { JsonMap } from "../../store/stored-object.ts";
import { ReconcileError } from "../controller-runtime.ts";
import { timeouts } from "./desired-control-plane.ts";
import { machineDeploymentVersion } from "./desired-versions.ts";
import { suffixedName, templatedName } from "./generated-name.ts";
import { desiredHealthCheck } from "./health-check.ts";
import type { DesiredPool, Scope } from "./scope.ts";
import { mergedMetadata, namespaceOf, templateFromTemplate, topologyLabels } from "./template-clone.ts";
import {
  contractRef,
  definedOrNothing,
  fullName,
  labelKeys,
  typeKeys,
  type Desired,
  type MachineDeploymentClass,
  type MachineDeploymentTopology,
} from "./topology-objects.ts";

const defaultNaming = "{{ .cluster.name }}-{{ .machineDeployment.topologyName }}-{{ .random }}";

/** A MachineDeployment with its templates, as topology and class want it, at the version it is to have now. */
export function desiredMachineDeployment(scope: Scope, topology: MachineDeploymentTopology): DesiredPool {
  const { random, cluster, blueprint, current } = scope;
  const pool = blueprint.pools.get(topology.class);
  if (pool === undefined) {
    throw new ReconcileError(
      `failed to compute MachineDeployments: failed to compute MachineDepoyment for topology "${topology.name}": MachineDeployment class ${topology.class} not found in ClusterClass ${fullName(blueprint.class)}`,
    );
  }
  const live = current.pools.get(topology.name);
  const clusterName = cluster.metadata.name;
  const prefix = `${clusterName}-${topology.name}-`;
  const marked = { [labelKeys.deployment]: topology.name };
  const copy = (template: typeof pool.bootstrap, name: string | undefined): DesiredPool["bootstrap"] =>
    templateFromTemplate(template, cluster, name ?? suffixedName(random, prefix), marked);
  const bootstrap = copy(pool.bootstrap, live?.bootstrap?.metadata.name);
  const infrastructure = copy(pool.infrastructure, live?.infrastructure?.metadata.name);
  const merged = mergedMetadata(topology.metadata, pool.class.metadata);
  const labels = { ...merged.labels, ...topologyLabels(cluster), ...marked };
  const metadata = { ...merged, labels };
  const naming = pool.class.naming?.template ?? defaultNaming;
  const object: Desired = {
    apiVersion: cluster.apiVersion,
    kind: typeKeys.machineDeployment.split(".")[0]!,
    metadata: {
      name:
        live?.object.metadata.name ??
        templatedName(random, naming, { cluster: { name: clusterName }, machineDeployment: { topologyName: topology.name } }),
      ...namespaceOf(cluster),
      ...metadata,
    },
    spec: {
      clusterName,
      ...(topology.replicas === undefined ? {} : { replicas: topology.replicas }),
      selector: { matchLabels: { ...topologyLabels(cluster), ...marked } },
      ...poolSettings(topology, pool.class),
      template: {
        metadata,
        spec: {
          clusterName,
          version: machineDeploymentVersion(scope, topology),
          bootstrap: { configRef: contractRef(bootstrap) },
          infrastructureRef: contractRef(infrastructure),
          ...machineSettings(topology, pool.class),
        },
      },
    },
  };
  const healthCheck = desiredHealthCheck(
    cluster,
    object,
    { [labelKeys.owned]: "", ...marked },
    topology.healthCheck,
    pool.class.healthCheck,
  );
  return { topologyName: topology.name, object, bootstrap, infrastructure, healthCheck };
}

function poolSettings(topology: MachineDeploymentTopology, ofClass: MachineDeploymentClass): JsonMap {
  const { strategy, after } = topology.rollout ?? { ...ofClass.rollout, after: undefined };
  const rollout = definedOrNothing<JsonMap>({ after, strategy });
  const order = topology.deletion?.order ?? ofClass.deletion?.order;
  const maxInFlight = topology.healthCheck?.remediation?.maxInFlight ?? ofClass.healthCheck?.remediation?.maxInFlight;
  return {
    ...(rollout === undefined ? {} : { rollout }),
    ...(order === undefined ? {} : { deletion: { order } }),
    ...(maxInFlight === undefined ? {} : { remediation: { maxInFlight } }),
  };
}

function machineSettings(topology: MachineDeploymentTopology, ofClass: MachineDeploymentClass): JsonMap {
  const deletion = { ...timeouts(ofClass.deletion), ...timeouts(topology.deletion) };
  return (
    definedOrNothing<JsonMap>({
      failureDomain: topology.failureDomain ?? ofClass.failureDomain,
      deletion: Object.keys(deletion).length === 0 ? undefined : deletion,
      readinessGates: topology.readinessGates ?? ofClass.readinessGates,
      taints: topology.taints ?? ofClass.taints,
      minReadySeconds: topology.minReadySeconds ?? ofClass.minReadySeconds,
    }) ?? {}
  );
}
