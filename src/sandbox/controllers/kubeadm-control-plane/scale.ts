import { ApiStatusError } from "../../api/api-status-error.ts";
import type { Random } from "../../engine/random.ts";
import { annotationKeys, healthConditions, managers, typeKeys, type Machine } from "./cluster-objects.ts";
import { createMachine } from "./create-machine.ts";
import { forwardEtcdLeadership } from "./etcd.ts";
import { failureDomainForNewMachine, machineToRemove } from "./failure-domains.ts";
import { preflightChecks } from "./preflight.ts";
import { isFalse, replaceMachine, reportLegacy, type Requeue, type Scope } from "./scope.ts";

/** The first machine. What is made wakes the next pass. */
export function initialize(scope: Scope, random: Random): void {
  reportLegacy(scope, { type: "Available", status: "False", severity: "Info", reason: "WaitingForKubeadmInit" });
  addMachine(scope, random, false, "FailedInitialization", "Failed to create initial control plane Machine for cluster");
}

export function scaleUp(scope: Scope, random: Random): Requeue {
  const wait = preflightChecks(scope, true);
  if (wait !== undefined) return wait;
  addMachine(scope, random, true, "FailedScaleUp", "Failed to create additional control plane Machine for cluster");
  return undefined;
}

function addMachine(scope: Scope, random: Random, joins: boolean, reason: string, what: string): void {
  try {
    createMachine(scope, random, { joins, failureDomain: failureDomainForNewMachine(scope, random) });
  } catch (error) {
    if (error instanceof ApiStatusError) {
      const control = reason === "FailedInitialization" ? " control plane" : "";
      const { namespace, name } = scope.clusterKey;
      scope.environment.recordEvent(
        scope.kcp,
        "Warning",
        reason,
        `${what} ${namespace}/${name}${control}: failed to create Machine: ${error.message}`,
      );
    }
    throw error;
  }
}

export function scaleDown(scope: Scope, machine: Machine): Requeue {
  const wait = preflightChecks(scope, false, machine);
  if (wait !== undefined) return wait;
  if (scope.stackedEtcd) forwardEtcdLeadership(scope, machine);
  deleteMachine(scope, machine);
  return undefined;
}

/** The machine stays until drain, volumes and hooks are through. */
export function deleteMachine(scope: Scope, { metadata }: Machine): void {
  const { objects, type } = scope.environment;
  replaceMachine(scope, objects.delete(type(typeKeys.machine), metadata.namespace, metadata.name, { user: managers.others }));
}

/** Which machine goes next: one that somebody marked (outdated ones first), an outdated one that is not healthy, an outdated one, any. */
export function selectMachineToRemove(scope: Scope, outdated: readonly Machine[], random: Random): Machine | undefined {
  const isMarked = ({ metadata }: Machine): boolean => metadata.annotations?.[annotationKeys.deleteMachine] !== undefined;
  const { apiServer, controllerManager, scheduler, etcdPod, etcdMember } = healthConditions;
  const types = [apiServer, controllerManager, scheduler, ...(scope.stackedEtcd ? [etcdPod, etcdMember] : [])];
  const unhealthy = outdated.filter((machine) => types.some((type) => isFalse(machine, type)));
  const choices = [outdated.filter(isMarked), scope.machines.filter(isMarked), unhealthy, outdated, scope.machines];
  return machineToRemove(scope, choices.find((choice) => choice.length > 0) ?? [], random);
}
