import type { Random } from "../../engine/random.ts";
import { ReconcileError } from "../controller-runtime.ts";
import { isDeleting, type Machine } from "./cluster-objects.ts";
import { scaleDown, scaleUp, selectMachineToRemove } from "./scale.ts";
import { connectedWorkload, isUpToDate, reportLegacy, type Requeue, type Scope } from "./scope.ts";
import { updateClusterConfiguration } from "./workload-components.ts";

/** Machines that a rollout still has to replace; those that are on their way out are not among them. */
export function machinesToRollOut(scope: Scope): readonly Machine[] {
  return scope.machines.filter((machine) => !isUpToDate(scope, machine) && !isDeleting(machine));
}

/** One step of the rolling update: one machine more while that is allowed, else one less (CAPI updateControlPlane, rollingUpdate). */
export function rollOut(scope: Scope, outdated: readonly Machine[], random: Random): Requeue {
  const { kcp, machines } = scope;
  reportLegacy(scope, {
    type: "MachinesSpecUpToDate",
    status: "False",
    severity: "Warning",
    reason: "RollingUpdateInProgress",
    message: `Rolling ${outdated.length} replicas with outdated spec (${machines.length - outdated.length} replicas up to date)`,
  });
  const workload = connectedWorkload(scope);
  if (workload === undefined) throw new ReconcileError("failed to update control plane: connection to the workload cluster is down");
  updateClusterConfiguration(workload, kcp);
  const { strategy } = kcp.spec.rollout ?? {};
  if (strategy?.type !== undefined && strategy.type !== "RollingUpdate") return undefined;
  const maxReplicas = (kcp.spec.replicas ?? 1) + Number(strategy?.rollingUpdate?.maxSurge ?? 1);
  if (machines.length < maxReplicas) return scaleUp(scope, random);
  const machine = selectMachineToRemove(scope, outdated, random);
  if (machine === undefined) throw new ReconcileError("failed to update control plane: failed to select next Machine for rollout");
  return scaleDown(scope, machine);
}
