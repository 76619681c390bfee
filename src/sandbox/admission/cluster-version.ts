import type { StatusCause } from "../api/api-status-error.ts";
import { typeKey } from "../api/resource-type.ts";
import { order } from "../controllers/topology/semantic-version.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { classSpecOf, topologyOf, type ClusterSpec } from "./cluster-topology.ts";
import { invalidField } from "./field-faults.ts";
import { clusterNameLabel } from "./filled-in.ts";
import type { Surroundings } from "./webhook.ts";
import { bareVersion, isOlderRelease, isZero, skipsMinor, tolerantVersion } from "./versions.ts";

const field = "spec.topology.version";

/** May a Cluster go from its version to another now? Upwards, one minor at a time, and only when nothing is left of the upgrade before. */
export function versionChangeFault(
  live: StoredObject,
  after: StoredObject,
  clusterClass: StoredObject,
  surroundings: Surroundings,
): StatusCause | undefined {
  const version = topologyOf(after)!.version;
  const [from, to] = [tolerantVersion(topologyOf(live)!.version), tolerantVersion(version)];
  const [old, next] = [bareVersion(from), bareVersion(to)];
  if (old === next) return undefined;
  if (!isZero(to) && !isZero(from) && isOlderRelease(to, from)) {
    return invalidField(field, version, `version cannot be decreased from "${old}" to "${next}"`);
  }
  const { kubernetesVersions = [], upgrade } = classSpecOf(clusterClass);
  // With a plan an upgrade goes through the versions in between.
  const hasPlan = kubernetesVersions.length > 0 || (upgrade?.external?.generateUpgradePlanExtension ?? "") !== "";
  if (!hasPlan && skipsMinor(from, to)) {
    return invalidField(field, version, `version cannot be increased from "${old}" to "${next}"`);
  }
  const hooks = (after.metadata.annotations?.["runtime.cluster.x-k8s.io/pending-hooks"] ?? "").split(",");
  if (hooks.includes("AfterClusterUpgrade")) {
    return invalidField(field, version, 'version cannot be changed when the "AfterClusterUpgrade" hook is still blocking');
  }
  const reasons = [
    controlPlaneReason(live, old, surroundings),
    workersReason("MachineDeployment", live, old, surroundings),
    workersReason("MachinePool", live, old, surroundings),
  ].filter((reason) => reason !== undefined);
  if (reasons.length === 0) return undefined;
  const text = reasons.length === 1 ? reasons[0]! : `[${reasons.join(", ")}]`;
  return invalidField(field, version, `version cannot be changed: ${text}`);
}

interface ControlPlane {
  readonly spec?: { readonly version?: string };
  readonly status?: { readonly version?: string; readonly versions?: readonly { readonly version: string }[] };
}

function controlPlaneReason(cluster: StoredObject, version: string, { objects }: Surroundings): string | undefined {
  const { controlPlaneRef } = cluster["spec"] as ClusterSpec;
  const failed = "failed to check if control plane is upgrading: failed to get control plane";
  if (controlPlaneRef === undefined) return `${failed} object: cannot get object - object reference not set`;
  const { apiGroup, kind, name } = controlPlaneRef;
  const found = objects().store.get(typeKey(apiGroup, kind), cluster.metadata.namespace, name);
  if (found === undefined) return `${failed} object: failed to retrieve ${kind} ${cluster.metadata.namespace}/${name}`;
  const { spec, status } = found as unknown as ControlPlane;
  if (spec?.version === undefined) return `${failed} version: path .spec.version: field not found`;
  const asked = tolerantVersion(spec.version);
  if (bareVersion(asked) !== version) {
    return `Cluster.spec.topology.version ${version} was not propagated to control plane yet (control plane version ${bareVersion(asked)})`;
  }
  // Oldest first.
  const reported = status?.versions?.map((each) => each.version) ?? [];
  const versions = reported.length > 0 ? reported : (status?.version ?? "") === "" ? [] : [status!.version!];
  if (versions.length === 0) return "control plane is currently provisioning";
  const isBehind = versions.some((each) => ["newer", "unordered"].includes(order(asked, tolerantVersion(each))));
  return isBehind ? "control plane is still completing a previous upgrade" : undefined;
}

interface Workers {
  readonly spec: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template: { readonly spec?: { readonly version?: string } };
  };
}

function workersReason(
  kind: "MachineDeployment" | "MachinePool",
  cluster: StoredObject,
  version: string,
  { objects }: Surroundings,
): string | undefined {
  const { store } = objects();
  const { name, namespace = "" } = cluster.metadata;
  const upgrading = store.labelled(`${kind}.cluster.x-k8s.io`, namespace, name).filter((workers) => {
    if (workers.metadata.labels?.["topology.cluster.x-k8s.io/owned"] === undefined) return false;
    const { selector, template } = (workers as unknown as Workers).spec;
    const asked = template.spec?.version ?? "";
    if (bareVersion(tolerantVersion(asked)) !== version) return true;
    return kind === "MachineDeployment" && hasOtherMachines(asked, selector?.matchLabels ?? {});
  });
  if (upgrading.length === 0) return undefined;
  return `there are still ${kind}s completing a previous upgrade: [${upgrading.map(({ metadata }) => metadata.name).join(", ")}]`;

  function hasOtherMachines(asked: string, labels: Readonly<Record<string, string>>): boolean {
    return store.labelled("Machine.cluster.x-k8s.io", namespace, labels[clusterNameLabel] ?? name).some((machine) => {
      const own = machine.metadata.labels ?? {};
      if (!Object.entries(labels).every(([key, value]) => own[key] === value)) return false;
      const { spec, status } = machine as unknown as {
        readonly spec: { readonly version?: string };
        readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } };
      };
      // In-place upgrades: the Machine says so before its kubelet does.
      const kubelet = status?.nodeInfo?.kubeletVersion ?? "";
      return spec.version !== asked || (kubelet !== "" && kubelet !== asked);
    });
  }
}
