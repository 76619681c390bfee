import type { StatusCause } from "../api/api-status-error.ts";
import { invalid } from "../api/api-status-error.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { forbiddenField, internalFault, invalidField, requiredField } from "./field-faults.ts";
import { withFields } from "./filled-in.ts";
import { classKey, findClass, isReconciled, type ClusterSpec } from "./cluster-topology.ts";
import { topologyAgainstClass } from "./cluster-against-class.ts";
import { classesAreCompatible } from "./cluster-class-changes.ts";
import { withVariables } from "./cluster-variables.ts";
import { versionChangeFault } from "./cluster-version.ts";
import { rolloutFaults } from "./rollout-strategy.ts";
import { taintFaults } from "./kubeadm-control-plane.ts";
import { versionError, versionFaults } from "./versions.ts";
import type { Surroundings, Webhook, WebhookRequest } from "./webhook.ts";

/** Schemas have made sure of the shape. */
function specOf(object: StoredObject): ClusterSpec {
  return object["spec"] as ClusterSpec;
}

const path = "spec.topology";

export const clusterWebhook: Webhook = {
  name: "cluster.cluster.x-k8s.io",
  fill(request, surroundings) {
    const { object, type } = request;
    const spec = specOf(object);
    if (spec.topology === undefined) return object;
    const { version } = spec.topology;
    const topology = version.startsWith("v") ? spec.topology : { ...spec.topology, version: `v${version}` };
    const filled = withFields(object, { spec: withFields(spec, { topology }) });
    if ((topology.classRef?.name ?? "") === "") {
      throw invalid(type, object.metadata.name, [requiredField(`${path}.classRef.name`, "cannot be empty")]);
    }
    const found = findClass(filled, surroundings);
    // Variables are looked at once the class says what it has of them.
    if (found === undefined || !isReconciled(found)) return filled;
    return withVariables(request, filled, found);
  },
  faults(request, surroundings) {
    const { object, previous } = request;
    const spec = specOf(object);
    const before = previous === undefined ? undefined : specOf(previous);
    const { topology, clusterNetwork } = spec;
    return [
      ...(before?.infrastructureRef !== undefined && spec.infrastructureRef === undefined
        ? [forbiddenField("spec.infrastructureRef", "cannot be removed")]
        : []),
      ...(spec.controlPlaneRef === undefined && spec.infrastructureRef === undefined && topology === undefined
        ? [forbiddenField("spec", "one of spec.controlPlaneRef, spec.infrastructureRef or spec.topology must be set")]
        : []),
      ...(before?.controlPlaneRef !== undefined && spec.controlPlaneRef === undefined
        ? [forbiddenField("spec.controlPlaneRef", "cannot be removed")]
        : []),
      ...cidrFaults("spec.clusterNetwork.pods.cidrBlocks", clusterNetwork?.pods?.cidrBlocks),
      ...cidrFaults("spec.clusterNetwork.services.cidrBlocks", clusterNetwork?.services?.cidrBlocks),
      ...(topology === undefined ? [] : topologyFaults(request, surroundings)),
      ...(before?.topology !== undefined && topology === undefined
        ? [forbiddenField(path, "cannot be removed from an existing Cluster")]
        : []),
    ];
  },
};

function cidrFaults(field: string, blocks: readonly string[] = []): readonly StatusCause[] {
  return blocks.flatMap((block, index) =>
    isCidr(block) ? [] : [invalidField(`${field}[${index}]`, block, `invalid CIDR address: ${block}`)],
  );
}

/** Near enough to Go's net.ParseCIDR. */
function isCidr(block: string): boolean {
  const match = /^(?:(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})|([0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\/(\d{1,3}))$/.exec(block);
  if (match === null) return false;
  const [, a, b, c, d, bits, , bits6] = match;
  return bits === undefined ? Number(bits6) <= 128 : [a, b, c, d].every((part) => Number(part) <= 255) && Number(bits) <= 32;
}

const unsafeClassAnnotation = "unsafe.topology.cluster.x-k8s.io/disable-update-class-name-check";
const unsafeVersionAnnotation = "unsafe.topology.cluster.x-k8s.io/disable-update-version-check";

function topologyFaults(request: WebhookRequest, surroundings: Surroundings): readonly StatusCause[] {
  const { object, previous } = request;
  const topology = specOf(object).topology!;
  if ((topology.classRef?.name ?? "") === "") return [requiredField(`${path}.class`, "classRef.name cannot be empty")];
  const { machineDeployments = [], machinePools = [] } = topology.workers ?? {};
  const workers = `${path}.workers`;
  const found = findClass(object, surroundings);
  return [
    ...versionFaults(`${path}.version`, topology.version, "version must be a valid semantic version"),
    ...machineDeployments.flatMap(({ name, rollout }) =>
      rolloutFaults(`${workers}.machineDeployments[${name}].rollout.strategy`, rollout?.strategy?.rollingUpdate),
    ),
    ...taintFaults(`${path}.controlPlane.taints`, topology.controlPlane?.taints),
    ...machineDeployments.flatMap(({ name, taints }) => taintFaults(`${workers}.machineDeployments[${name}].taints`, taints)),
    ...machinePools.flatMap(({ name, taints }) => taintFaults(`${workers}.machinePools[${name}].taints`, taints)),
    ...concurrencyFaults(object),
    ...topologyAgainstClass(object, topology, found),
    ...(previous === undefined ? [] : changeFaults(object, previous)),
  ];

  function changeFaults(after: StoredObject, live: StoredObject): readonly StatusCause[] {
    if (found === undefined) return [internalFault(`${path}.class`, `ClusterClass ${classKey(after)} not found`)];
    const annotations = after.metadata.annotations ?? {};
    const before = specOf(live).topology;
    if (before === undefined || (before.classRef?.name ?? "") === "") {
      if (annotations[unsafeClassAnnotation] !== undefined) return [];
      return [forbiddenField(`${path}.class`, "classRef cannot be set on an existing Cluster")];
    }
    const fault = annotations[unsafeVersionAnnotation] === undefined ? versionChangeFault(live, after, found, surroundings) : undefined;
    return [
      ...(versionError(topology.version) === undefined
        ? []
        : [invalidField(`${path}.version`, topology.version, "version must be a valid semantic version")]),
      ...(fault === undefined ? [] : [fault]),
      ...(classKey(live) === classKey(after) ? [] : classChangeFaults(live, after, found)),
    ];
  }

  function classChangeFaults(live: StoredObject, after: StoredObject, next: StoredObject): readonly StatusCause[] {
    const old = findClass(live, surroundings);
    if (old !== undefined) return classesAreCompatible(old, next);
    const [from, to] = [classKey(live), classKey(after)];
    const name = specOf(live).topology?.classRef?.name;
    const error = `ClusterClass.cluster.x-k8s.io "${name}" not found`;
    return [
      forbiddenField(
        `${path}.class`,
        `valid ClusterClass with name "${from}" could not be retrieved, change from class "${from}" to class "${to}" cannot be validated. Error: ${error}`,
      ),
    ];
  }
}

function concurrencyFaults({ metadata }: StoredObject): readonly StatusCause[] {
  const key = "topology.cluster.x-k8s.io/upgrade-concurrency";
  const text = metadata.annotations?.[key];
  if (text === undefined) return [];
  const field = `metadata.annotations.${key}`;
  if (!/^[+-]?\d+$/.test(text)) {
    const why = `could not parse the value of the annotation: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
    return [invalidField(field, text, why)];
  }
  return Number(text) < 1 ? [invalidField(field, text, "value cannot be less than 1")] : [];
}
