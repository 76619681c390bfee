import { countOf } from "./count-or-percent.ts";
import { ApiStatusError } from "../../api/api-status-error.ts";
import { timestamp } from "../../api/objects.ts";
import { conditionsOf, getCondition, setCondition } from "../../conditions/condition.ts";
import {
  legacyConditionsOf,
  removeLegacyCondition,
  setLegacyCondition,
  type LegacyConditionState,
} from "../../conditions/legacy-condition.ts";
import { writeStatus } from "../../conditions/write-status.ts";
import type { JsonMap } from "../../store/stored-object.ts";
import { compareTexts, machineKey, revisionAnnotation, type Machine } from "./machine-objects.ts";
import { machinesToBeRemediated } from "./machine-messages.ts";
import { requeue, type MachineSetScope } from "./machine-set-scope.ts";
import { failedPreflightChecks } from "./preflight-checks.ts";

const preflightRetryMilliseconds = 15_000;

/** Deletes machines that a health check found unhealthy: of the current MachineSet only, at most `maxInFlight` at a time, and not while preflight checks fail. */
export function remediateMachines(scope: MachineSetScope): void {
  const { environment, machineSet, owner, machines } = scope;
  for (const machine of machines) forgetRemediation(scope, machine);
  const waiting = machinesToBeRemediated(machines).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (waiting.length === 0) return;

  let allowed = Number.POSITIVE_INFINITY;
  const maxInFlight = owner?.spec.remediation?.maxInFlight;
  if (owner !== undefined) {
    if (owner.metadata.annotations?.[revisionAnnotation] !== machineSet.metadata.annotations?.[revisionAnnotation]) {
      tell(scope, waiting, "CannotBeRemediated", "Machine won't be remediated because it is pending removal due to rollout");
      return;
    }
    if (maxInFlight !== undefined) allowed = countOf(maxInFlight, owner.spec.replicas ?? 1, Math.ceil);
  }
  allowed -= machines.filter(isBeingRemediated).length;
  const ordered = [...waiting].sort(byRemediationOrder);
  const [now, later] = [ordered.slice(0, Math.max(0, allowed)), ordered.slice(Math.max(0, allowed))];
  tell(
    scope,
    later,
    "RemediationDeferred",
    `Waiting because there are already too many remediations in progress (spec.strategy.remediation.maxInFlight is ${maxInFlight ?? ""})`,
  );
  if (now.length === 0) return;

  const failed = preflight(scope);
  if (failed.length > 0) {
    tell(scope, now, "RemediationDeferred", failed.map((text) => `* ${text}`).join("\n"), {
      type: "OwnerRemediated",
      status: "False",
      reason: "WaitingForRemediation",
      severity: "Warning",
      message: failed.join("; "),
    });
    requeue(scope, preflightRetryMilliseconds);
    return;
  }
  tell(scope, now, "MachineDeleting", "Machine is deleting", { type: "OwnerRemediated", status: "True" });
  for (const { metadata } of now) environment.objects.delete(environment.type(machineKey), metadata.namespace, metadata.name, {});
}

function preflight({ environment, cluster, machineSet }: MachineSetScope): readonly string[] {
  try {
    return failedPreflightChecks(environment, cluster, machineSet);
  } catch (error) {
    if (error instanceof ApiStatusError) return [error.message];
    throw error;
  }
}

/** A machine that is healthy again is not to be remediated any more. */
function forgetRemediation(scope: MachineSetScope, machine: Machine): void {
  if (machine.metadata.deletionTimestamp !== undefined || getCondition(machine, "HealthCheckSucceeded")?.status !== "True") return;
  if (getCondition(machine, "OwnerRemediated")?.status !== "False") return;
  writeMachine(scope, machine, {
    conditions: conditionsOf(machine).filter(({ type }) => type !== "OwnerRemediated"),
    legacy: removeLegacyCondition(legacyConditionsOf(machine), "OwnerRemediated"),
  });
}

function isBeingRemediated(machine: Machine): boolean {
  const condition = getCondition(machine, "OwnerRemediated");
  return machine.metadata.deletionTimestamp !== undefined && condition?.status === "False" && condition.reason === "MachineDeleting";
}

/** Marked with cluster.x-k8s.io/remediate-machine first, then the newest: those that fail to come up bear no workloads. */
function byRemediationOrder(one: Machine, other: Machine): number {
  const isMarked = ({ metadata }: Machine): number => Number(metadata.annotations?.["cluster.x-k8s.io/remediate-machine"] !== undefined);
  return (
    isMarked(other) - isMarked(one) ||
    compareTexts(other.metadata.creationTimestamp ?? "", one.metadata.creationTimestamp ?? "") ||
    compareTexts(one.metadata.name, other.metadata.name)
  );
}

function tell(scope: MachineSetScope, machines: readonly Machine[], reason: string, message: string, legacy?: LegacyConditionState): void {
  const time = timestamp(scope.now);
  for (const machine of machines) {
    const { generation } = machine.metadata;
    const state = { type: "OwnerRemediated", status: "False", reason, message } as const;
    const before = legacyConditionsOf(machine);
    writeMachine(scope, machine, {
      conditions: setCondition(
        conditionsOf(machine),
        generation === undefined ? state : { ...state, observedGeneration: generation },
        time,
      ),
      legacy: legacy === undefined ? before : setLegacyCondition(before, legacy, time),
    });
  }
}

function writeMachine(
  { environment }: MachineSetScope,
  machine: Machine,
  { conditions, legacy }: { readonly conditions: ReturnType<typeof conditionsOf>; readonly legacy: ReturnType<typeof legacyConditionsOf> },
): void {
  const deprecated = machine.status?.deprecated;
  const status: JsonMap = {
    ...machine.status,
    conditions,
    ...(legacy.length === 0 && deprecated === undefined
      ? {}
      : { deprecated: { ...deprecated, v1beta1: { ...deprecated?.v1beta1, conditions: legacy } } }),
  };
  writeStatus(environment.objects, environment.type(machineKey), machine, status);
}
