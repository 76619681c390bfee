import { groupOf, typeKey } from "../../api/resource-type.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { Environment } from "../environment.ts";
import type { References } from "./cluster-references.ts";
import { isDeleting, isOwnedBy, type Cluster, type Descendants } from "./cluster-scope.ts";
import { listed } from "./fleet-conditions.ts";

export interface DeletionStep {
  readonly reason:
    "WaitingForWorkersDeletion" | "WaitingForControlPlaneDeletion" | "WaitingForInfrastructureDeletion" | "DeletionCompleted";
  readonly message: string;
}

const shownNames = 5;

/** Workers first, then the control plane, then the infrastructure: each when the one before is gone. */
export function tearDown(environment: Environment, cluster: Cluster, references: References, descendants: Descendants): DeletionStep {
  const { pools, deployments, sets, workerMachines, controlPlaneMachines } = descendants;
  // Machines of a control plane object are its own business.
  const standAlone = cluster.spec.controlPlaneRef === undefined ? controlPlaneMachines : [];
  const all = [...pools, ...deployments, ...sets, ...workerMachines, ...standAlone];
  for (const child of all.filter(isOwnedBy(cluster))) deleteOnce(environment, child);
  if (all.length > 0) {
    const lines = [
      line("Control plane Machines", standAlone),
      line("MachineDeployments", deployments),
      line("MachineSets", sets),
      line("MachinePools", pools),
      line("Worker Machines", workerMachines),
    ];
    return { reason: "WaitingForWorkersDeletion", message: lines.filter((text) => text !== undefined).join("\n") };
  }
  const { controlPlane, infrastructure } = references;
  if (controlPlane !== undefined) {
    deleteOnce(environment, controlPlane);
    return { reason: "WaitingForControlPlaneDeletion", message: `Waiting for ${controlPlane.kind} to be deleted` };
  }
  if (infrastructure !== undefined) {
    deleteOnce(environment, infrastructure);
    return { reason: "WaitingForInfrastructureDeletion", message: `Waiting for ${infrastructure.kind} to be deleted` };
  }
  return { reason: "DeletionCompleted", message: "Deletion completed" };
}

function deleteOnce({ objects, type }: Environment, object: StoredObject): void {
  if (isDeleting(object)) return;
  const { namespace, name } = object.metadata;
  objects.delete(type(typeKey(groupOf(object.apiVersion), object.kind)), namespace, name, {});
}

function line(what: string, objects: readonly StoredObject[]): string | undefined {
  if (objects.length === 0) return undefined;
  return `* ${what}: ${listed(
    objects.map(({ metadata }) => metadata.name),
    shownNames,
  )}`;
}
