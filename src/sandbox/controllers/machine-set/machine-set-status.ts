import { timestamp } from "../../api/objects.ts";
import { findCondition, isConditionTrue, setConditions, type Condition } from "../../conditions/condition.ts";
import {
  legacyConditionsOf,
  mergeLegacyConditions,
  setLegacyCondition,
  type LegacyCondition,
  type LegacyConditionState,
} from "../../conditions/legacy-condition.ts";
import type { JsonMap } from "../../store/stored-object.ts";
import { machineSetConditions } from "./machine-set-conditions.ts";
import type { MachineSetScope } from "./machine-set-scope.ts";
import { selectorText } from "./label-selector.ts";
import type { Machine } from "./machine-objects.ts";
import { readyNodes } from "./machine-nodes.ts";
import { versionsOfMachines } from "./version-counts.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

/** The whole status of a MachineSet. `isComplete`: the pass went through, and the generation counts as observed. */
export function machineSetStatus(scope: MachineSetScope, conditions: readonly Condition[], isComplete: boolean): JsonMap {
  const { machineSet, machines, now } = scope;
  const { generation } = machineSet.metadata;
  const time = timestamp(now);
  const states = machineSetConditions(scope);
  const count = (type: string): number => machines.filter((machine) => isConditionTrue(machine, type)).length;
  return withoutUndefined<JsonMap>({
    ...machineSet.status,
    conditions: setConditions(conditions, states, time, generation),
    selector: selectorText(machineSet.spec.selector),
    replicas: machines.length,
    readyReplicas: count("Ready"),
    availableReplicas: count("Available"),
    upToDateReplicas: count("UpToDate"),
    versions: versionsOfMachines(machines),
    ...(isComplete && generation !== undefined ? { observedGeneration: generation } : {}),
    deprecated: { v1beta1: legacyStatus(scope, time) },
  });
}

function legacyStatus(scope: MachineSetScope, time: string): JsonMap {
  const { machineSet, machines, environment, cluster, now } = scope;
  const desired = machineSet.metadata.deletionTimestamp === undefined ? (machineSet.spec.replicas ?? 0) : 0;
  const current = machines.length;
  const labels = Object.entries(machineSet.spec.template.metadata?.labels ?? {});
  const nodes = readyNodes(environment, cluster, machines, machineSet.spec.template.spec.minReadySeconds ?? 0, now);
  const resized = { type: "Resized", status: "False", severity: "Warning" } as const;
  const states: (LegacyConditionState | undefined)[] = [];
  if (scope.creationFailure !== undefined) states.push(scope.creationFailure);
  if (current < desired) {
    states.push({ ...resized, reason: "ScalingUp", message: `Scaling up MachineSet to ${desired} replicas (actual ${current})` });
  } else if (current > desired) {
    states.push({ ...resized, reason: "ScalingDown", message: `Scaling down MachineSet to ${desired} replicas (actual ${current})` });
    states.push({ type: "MachinesCreated", status: "True" });
  } else {
    if (nodes.ready === current) states.push({ type: "Resized", status: "True" });
    states.push({ type: "MachinesCreated", status: "True" });
  }
  states.push(legacyMachinesReady(machines));
  let conditions: readonly LegacyCondition[] = legacyConditionsOf(machineSet);
  for (const state of states) if (state !== undefined) conditions = setLegacyCondition(conditions, state, time);
  const inSummary = ["MachinesCreated", "Resized", "MachinesReady"];
  const ready = mergeLegacyConditions(
    "Ready",
    conditions.filter(({ type }) => inSummary.includes(type)),
    { priority: inSummary },
  );
  if (ready !== undefined) conditions = setLegacyCondition(conditions, ready, time);
  return {
    conditions,
    fullyLabeledReplicas: machines.filter(({ metadata }) => labels.every(([key, value]) => metadata.labels?.[key] === value)).length,
    readyReplicas: nodes.ready,
    availableReplicas: nodes.available,
  };
}

function legacyMachinesReady(machines: readonly Machine[]): LegacyConditionState | undefined {
  if (machines.length === 0) return { type: "MachinesReady", status: "True" };
  const conditions = machines.flatMap((machine) => {
    const ready = findCondition(legacyConditionsOf(machine), "Ready");
    return ready === undefined ? [] : [{ ...ready, source: { kind: "Machine", name: machine.metadata.name } }];
  });
  return mergeLegacyConditions("MachinesReady", conditions, { stepCounterOf: machines.length });
}
