import { timestamp } from "../../api/objects.ts";
import { findCondition, setConditions, type Condition } from "../../conditions/condition.ts";
import {
  legacyConditionsOf,
  mergeLegacyConditions,
  setLegacyCondition,
  type LegacyConditionState,
} from "../../conditions/legacy-condition.ts";
import type { JsonMap } from "../../store/stored-object.ts";
import { selectorText } from "../machine-set/label-selector.ts";
import type { MachineSet, MachineSetStatus } from "../machine-set/machine-objects.ts";
import { sumVersions } from "../machine-set/version-counts.ts";
import { rolloutLimits } from "./fenceposts.ts";
import { machineDeploymentConditions } from "./machine-deployment-conditions.ts";
import type { MachineDeploymentScope } from "./machine-deployment-scope.ts";
import { sum } from "./rollout-plan.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

/** The whole status of a MachineDeployment: sums over its MachineSets. `isComplete`: the pass went through, and the generation counts as observed. */
export function machineDeploymentStatus(scope: MachineDeploymentScope, conditions: readonly Condition[], isComplete: boolean): JsonMap {
  const { deployment, machineSets, now } = scope;
  const { generation } = deployment.metadata;
  const time = timestamp(now);
  const actual = total(machineSets, "replicas");
  const available = total(machineSets, "availableReplicas");
  const states = machineDeploymentConditions(scope, { actual, available });
  return withoutUndefined<JsonMap>({
    ...deployment.status,
    conditions: setConditions(conditions, states, time, generation),
    selector: selectorText(deployment.spec.selector),
    replicas: actual,
    readyReplicas: total(machineSets, "readyReplicas"),
    availableReplicas: available,
    upToDateReplicas: total(machineSets, "upToDateReplicas"),
    versions: sumVersions(machineSets.flatMap(({ status }) => status?.versions ?? [])),
    phase: phaseOf(scope, actual ?? 0),
    observedGeneration: isComplete ? generation : deployment.status?.observedGeneration,
    deprecated:
      scope.rolledOut === undefined
        ? deployment.status?.deprecated
        : { v1beta1: legacyStatus(scope, scope.rolledOut, available ?? 0, time) },
  });
}

/** All that is asked for runs, is up to date and available: old MachineSets may go. */
export function isRolledOut({ deployment, machineSets }: MachineDeploymentScope): boolean {
  const { replicas = 0 } = deployment.spec;
  return (
    (["replicas", "upToDateReplicas", "availableReplicas"] as const).every((name) => (total(machineSets, name) ?? 0) === replicas) &&
    (deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** Undefined as long as no MachineSet has reported it. */
function total(
  machineSets: readonly MachineSet[],
  name: keyof Pick<MachineSetStatus, "replicas" | "readyReplicas" | "availableReplicas" | "upToDateReplicas">,
): number | undefined {
  const counts = machineSets.flatMap(({ status }) => status?.[name] ?? []);
  return counts.length === 0 ? undefined : sum(counts, (count) => count);
}

function phaseOf({ deployment }: MachineDeploymentScope, actual: number): string {
  const { replicas = 0 } = deployment.spec;
  if (deployment.metadata.deletionTimestamp !== undefined || replicas < actual) return "ScalingDown";
  return replicas === actual ? "Running" : "ScalingUp";
}

function legacyStatus(
  { deployment }: MachineDeploymentScope,
  { current, all }: NonNullable<MachineDeploymentScope["rolledOut"]>,
  availableReplicas: number,
  time: string,
): JsonMap {
  const { replicas, maxUnavailable } = rolloutLimits(deployment);
  const needed = replicas - maxUnavailable;
  const available = sum(all, ({ status }) => status?.deprecated?.v1beta1?.availableReplicas ?? 0);
  const states: readonly LegacyConditionState[] = [
    available >= needed
      ? { type: "Available", status: "True" }
      : {
          type: "Available",
          status: "False",
          severity: "Warning",
          reason: "WaitingForAvailableMachines",
          message: `Minimum availability requires ${needed} replicas, current ${availableReplicas} available`,
        },
    machineSetReady(current),
  ];
  let conditions = legacyConditionsOf(deployment);
  for (const state of states) conditions = setLegacyCondition(conditions, state, time);
  const ready = mergeLegacyConditions(
    "Ready",
    conditions.filter(({ type }) => type === "Available"),
  );
  if (ready !== undefined) conditions = setLegacyCondition(conditions, ready, time);
  return {
    conditions,
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(all, ({ status }) => status?.deprecated?.v1beta1?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(sum(all, ({ spec }) => spec.replicas ?? 0) - available, 0),
  };
}

/** Shows the current MachineSet's Ready. */
function machineSetReady(current: MachineSet | undefined): LegacyConditionState {
  const waiting = { type: "MachineSetReady", status: "False", severity: "Info", reason: "WaitingForMachineSet" } as const;
  if (current === undefined) return { ...waiting, message: "MachineSet not found" };
  const ready = findCondition(legacyConditionsOf(current), "Ready");
  return ready === undefined ? waiting : { ...ready, type: "MachineSetReady" };
}
