import type { StatusCause } from "../api/api-status-error.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { classSpecOf, type ClassSpec, type HealthCheck, type Topology, type WorkersTopology } from "./cluster-topology.ts";
import { forbiddenField, invalidField, requiredField } from "./field-faults.ts";
import { healthCheckFaults } from "./machine-health-check.ts";
import { maxInFlightFaults } from "./rollout-strategy.ts";

const path = "spec.topology";

/** `clusterClass` undefined: it may come yet; what asks for none is looked at all the same. */
export function topologyAgainstClass(
  cluster: StoredObject,
  topology: Topology,
  clusterClass: StoredObject | undefined,
): readonly StatusCause[] {
  const spec = clusterClass === undefined ? undefined : classSpecOf(clusterClass);
  return [
    ...(clusterClass === undefined || spec === undefined ? [] : definedFaults(topology, clusterClass.metadata.name, spec)),
    ...autoscalerFaults(cluster, topology, spec),
  ];
}

function definedFaults(topology: Topology, className: string, spec: ClassSpec): readonly StatusCause[] {
  const { version, workers = {} } = topology;
  const versions = spec.kubernetesVersions ?? [];
  return [
    ...(versions.length > 0 && !versions.includes(version)
      ? [invalidField(`${path}.version`, version, "version must match one of the versions defined in the ClusterClass")]
      : []),
    ...workerFaults("MachineDeployment", workers.machineDeployments, className, spec.workers?.machineDeployments),
    ...workerFaults("MachinePool", workers.machinePools, className, spec.workers?.machinePools),
    ...healthFaults(topology, spec),
  ];
}

function workerFaults(
  kind: "MachineDeployment" | "MachinePool",
  topologies: readonly WorkersTopology[] = [],
  className: string,
  classes: readonly { readonly class: string }[] = [],
): readonly StatusCause[] {
  const list = `${path}.workers.${kind === "MachinePool" ? "machinePools" : "machineDeployments"}`;
  const seen = new Set<string>();
  return topologies.flatMap(({ name, class: asked }, index) => {
    const faults: StatusCause[] = [];
    if (!classes.some((each) => each.class === asked)) {
      faults.push(
        invalidField(`${list}[${index}].class`, asked, `${kind}Class with name "${asked}" does not exist in ClusterClass "${className}"`),
      );
    }
    if (name === "") faults.push(requiredField(`${list}[${index}].name`, "name must not be empty"));
    else if (seen.has(name)) {
      faults.push(
        invalidField(`${list}[${index}].name`, name, `name must be unique. ${kind} with name "${name}" is defined more than once`),
      );
    }
    seen.add(name);
    return faults;
  });
}

/** A health check that only says whether it is enabled defines none. */
function isDefined(check: HealthCheck | undefined): boolean {
  return check?.checks !== undefined || check?.remediation !== undefined;
}

function healthFaults({ controlPlane, workers = {} }: Topology, spec: ClassSpec): readonly StatusCause[] {
  const field = `${path}.controlPlane.healthCheck`;
  const check = controlPlane?.healthCheck;
  const unavailable = "cannot be set to true as healthCheck definition is not available in the Cluster topology or the ClusterClass";
  return [
    ...(isDefined(check) && spec.controlPlane?.machineInfrastructure?.templateRef === undefined
      ? [forbiddenField(field, "can be only set if spec.controlPlane.machineInfrastructure is set in ClusterClass")]
      : []),
    ...healthCheckFaults(field, check ?? {}),
    ...(check?.enabled === true && !isDefined(check) && !isDefined(spec.controlPlane?.healthCheck)
      ? [forbiddenField(`${field}.enable`, unavailable)]
      : []),
    ...(workers.machineDeployments ?? []).flatMap(({ name, class: asked, healthCheck }) => {
      const at = `${path}.workers.machineDeployments[${name}].healthCheck`;
      const workersClass = spec.workers?.machineDeployments?.find((each) => each.class === asked);
      return [
        ...healthCheckFaults(at, healthCheck ?? {}),
        ...maxInFlightFaults(`${at}.remediation`, healthCheck?.remediation?.maxInFlight),
        ...(healthCheck?.enabled === true && workersClass !== undefined && !isDefined(healthCheck) && !isDefined(workersClass.healthCheck)
          ? [forbiddenField(`${at}.enable`, unavailable)]
          : []),
      ];
    }),
  ];
}

const sizes = ["min", "max"].map((bound) => `cluster.x-k8s.io/cluster-api-autoscaler-node-group-${bound}-size`);

/** Replicas are either the autoscaler's or the topology's. */
function autoscalerFaults({ metadata }: StoredObject, { workers }: Topology, spec: ClassSpec | undefined): readonly StatusCause[] {
  const hasSizes = (annotations: Readonly<Record<string, string>> = {}): boolean => sizes.some((size) => annotations[size] !== undefined);
  return (workers?.machineDeployments ?? []).flatMap(({ name, class: asked, replicas, metadata: own }) => {
    if (replicas === undefined) return [];
    const field = `${path}.workers.machineDeployments[${name}].replicas`;
    const intro = `cannot be set for cluster "${metadata.name}" in namespace "${metadata.namespace}" if the`;
    const source = spec?.workers?.machineDeployments?.find((each) => each.class === asked);
    return [
      ...(hasSizes(own?.annotations)
        ? [invalidField(field, replicas, `${intro} same MachineDeploymentTopology has autoscaler annotations`)]
        : []),
      ...(hasSizes(source?.metadata?.annotations)
        ? [invalidField(field, replicas, `${intro} source class "${asked}" of this MachineDeploymentTopology has autoscaler annotations`)]
        : []),
    ];
  });
}
