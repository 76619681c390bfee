import type { MachineObject } from "../../infrastructure/infrastructure-objects.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import type { ClusterScope } from "./cluster-scope.ts";

interface Counted {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly upToDateReplicas?: number;
    readonly versions?: readonly VersionCount[];
  };
}

interface VersionCount {
  readonly version: string;
  readonly replicas: number;
}

const counters = ["replicas", "readyReplicas", "availableReplicas", "upToDateReplicas"] as const;

/** `status.controlPlane` and `status.workers`, without the upgrade plans, which the topology controller keeps in them. */
export function clusterCounters(scope: ClusterScope): {
  readonly controlPlane: JsonMap | undefined;
  readonly workers: JsonMap | undefined;
} {
  const { controlPlane, deployments, pools, controlPlaneMachines, workerMachines } = scope;
  return {
    controlPlane: controlPlane === undefined ? undefined : counted([controlPlane], controlPlaneMachines),
    workers: deployments.length + pools.length === 0 ? undefined : counted([...deployments, ...pools], workerMachines),
  };
}

function counted(owners: readonly StoredObject[], machines: readonly MachineObject[]): JsonMap {
  // Control planes and pools tell their numbers in the same fields (contract).
  const counts = owners as readonly (StoredObject & Counted)[];
  const result: Record<string, unknown> = { desiredReplicas: counts.reduce((sum, { spec }) => sum + (spec?.replicas ?? 0), 0) };
  for (const counter of counters) {
    if (counts.some(({ status }) => status?.[counter] !== undefined))
      result[counter] = counts.reduce((sum, { status }) => sum + (status?.[counter] ?? 0), 0);
  }
  const versions = versionsOf(machines);
  if (versions.length > 0) result["versions"] = versions;
  return result;
}

/** By the kubelets where there are nodes, else by what was asked for; the oldest first. */
function versionsOf(machines: readonly MachineObject[]): readonly VersionCount[] {
  const counts = new Map<string, number>();
  for (const { spec, status } of machines) {
    const kubelet = status?.nodeInfo?.["kubeletVersion"];
    const version = typeof kubelet === "string" && kubelet !== "" ? kubelet : (spec.version ?? "");
    if (version !== "") counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return [...counts]
    .map(([version, replicas]) => ({ version, replicas }))
    .sort((one, other) => compareVersions(one.version, other.version));
}

function compareVersions(one: string, other: string): number {
  const parts = (version: string): readonly number[] => version.replace(/^v/, "").split(/[.+-]/).slice(0, 3).map(Number);
  const [first, second] = [parts(one), parts(other)];
  const index = first.findIndex((part, at) => part !== second[at]);
  return index === -1 ? 0 : first[index]! - second[index]!;
}
