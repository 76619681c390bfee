import { getCondition, type ConditionState } from "../../conditions/condition.ts";
import { aggregateConditions } from "../../conditions/merge-conditions.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { compareTexts, type Machine } from "../machine-set/machine-objects.ts";
import { isOfPool } from "./cluster-counters.ts";
import type { ClusterPass } from "./cluster-pass.ts";
import { isOwnedBy, isUnhealthy } from "./cluster-scope.ts";
import { internalError } from "./reference-conditions.ts";

/** A machine that is this young does not count for MachinesUpToDate: nobody may have told yet. */
const youngMilliseconds = 10_000;
const shownNames = 3;

/** What machines, and those who own them, tell together. MachinePools have no conditions that could be asked for. */
export function fleetConditions(pass: ClusterPass): readonly ConditionState[] {
  const { cluster, descendants, environment } = pass;
  if (descendants === undefined) return fleetTypes.map((type) => ({ type, ...internalError }));
  const { deployments, sets, controlPlaneMachines } = descendants;
  const workerMachines = descendants.workerMachines.filter((machine) => !isOfPool(machine));
  const now = environment.timeline.now();
  const alone = sets.filter(isOwnedBy(cluster));
  return [
    workersAvailable(deployments),
    ofMachines("ControlPlaneMachines", "Ready", controlPlaneMachines),
    ofMachines("WorkerMachines", "Ready", workerMachines),
    ofMachines("ControlPlaneMachines", "UpToDate", controlPlaneMachines.filter(hasSettled(now))),
    ofMachines("WorkerMachines", "UpToDate", workerMachines.filter(hasSettled(now))),
    movement(pass, "RollingOut", deployments),
    movement(pass, "ScalingUp", [...deployments, ...alone]),
    movement(pass, "ScalingDown", [...deployments, ...alone]),
    remediating([...controlPlaneMachines, ...workerMachines]),
  ];
}

const fleetTypes = [
  "WorkersAvailable",
  "ControlPlaneMachinesReady",
  "WorkerMachinesReady",
  "ControlPlaneMachinesUpToDate",
  "WorkerMachinesUpToDate",
  "RollingOut",
  "ScalingUp",
  "ScalingDown",
  "Remediating",
] as const;

function workersAvailable(deployments: readonly StoredObject[]): ConditionState {
  const target = "WorkersAvailable";
  if (deployments.length === 0) return { type: target, status: "True", reason: "NoWorkers" };
  return aggregateConditions(deployments, { source: "Available", target, reasons: reasonsOf("Available") });
}

function ofMachines(
  role: "ControlPlaneMachines" | "WorkerMachines",
  source: "Ready" | "UpToDate",
  machines: readonly StoredObject[],
): ConditionState {
  const target = `${role}${source}`;
  if (machines.length === 0) return { type: target, status: "True", reason: "NoReplicas" };
  return aggregateConditions(machines, { source, target, reasons: reasonsOf(source) });
}

function reasonsOf(source: string): { readonly issue: string; readonly unknown: string; readonly info: string } {
  return { issue: `Not${source}`, unknown: `${source}Unknown`, info: source };
}

function hasSettled(now: number): (machine: Machine) => boolean {
  return (machine) =>
    getCondition(machine, "UpToDate") !== undefined || now - Date.parse(machine.metadata.creationTimestamp ?? "") > youngMilliseconds;
}

function movement(
  { references }: ClusterPass,
  type: "RollingOut" | "ScalingUp" | "ScalingDown",
  fleets: readonly StoredObject[],
): ConditionState {
  const { controlPlane } = references;
  // The contract does not ask a control plane for these.
  const isTelling = controlPlane !== undefined && getCondition(controlPlane, type) !== undefined;
  const all = isTelling ? [controlPlane, ...fleets] : fleets;
  if (all.length === 0) return { type, status: "False", reason: `Not${type}` };
  const reasons = { issue: type, unknown: `${type}Unknown`, info: `Not${type}` };
  return aggregateConditions(all, { source: type, target: type, negativePolarity: [type], reasons });
}

function remediating(machines: readonly Machine[]): ConditionState {
  const type = "Remediating";
  const unhealthy = machines.filter(isUnhealthy);
  const theirs = unhealthy.filter((machine) => getCondition(machine, "OwnerRemediated")?.status === "False");
  if (theirs.length === 0) return { type, status: "False", reason: "NotRemediating", message: unhealthyMessage(unhealthy) };
  const { message = "" } = aggregateConditions(theirs, { source: "OwnerRemediated", target: type });
  return { type, status: "True", reason: "Remediating", message };
}

function unhealthyMessage(machines: readonly Machine[]): string {
  if (machines.length === 0) return "";
  const names = machines.map(({ metadata }) => metadata.name).sort(compareTexts);
  return `${names.length === 1 ? "Machine" : "Machines"} ${listed(names, shownNames)} ${names.length === 1 ? "is" : "are"} not healthy (not to be remediated)`;
}

/** The first names, and how many are left out. */
export function listed(names: readonly string[], limit: number): string {
  const more = names.length - limit;
  return more <= 0 ? names.join(", ") : [...names.slice(0, limit), `... (${more} more)`].join(", ");
}
