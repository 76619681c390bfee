import { timestamp } from "../../api/objects.ts";
import { findCondition, getCondition, setConditions, type Condition, type ConditionState } from "../../conditions/condition.ts";
import { summarizeConditions } from "../../conditions/merge-conditions.ts";
import type { ContractObject } from "../../infrastructure/infrastructure-objects.ts";
import { isDeleting, lookAgainAfter, type MachineScope } from "./machine-scope.ts";
import { nodeConditions } from "./node-health.ts";
import { upToDateState } from "./up-to-date.ts";

/** All conditions of a Machine that its own controller sets, in the order in which they build on each other. */
export function machineConditions(scope: MachineScope, conditions: readonly Condition[]): readonly Condition[] {
  const { machine, environment } = scope;
  const time = timestamp(environment.timeline.now());
  const { generation } = machine.metadata;
  const set = (all: readonly Condition[], states: readonly ConditionState[]): readonly Condition[] =>
    setConditions(all, states, time, generation);
  const upToDate = upToDateState(scope);
  let all = set(conditions, [
    ...bootstrapState(scope),
    infrastructureState(scope),
    ...nodeConditions(scope),
    deletingState(scope),
    { type: "Updating", status: "False", reason: "NotUpdating" },
    ...(upToDate === undefined ? [] : [upToDate]),
  ]);
  all = set(all, [readyState(scope, all)]);
  return set(all, [availableState(scope, all)]);
}

function bootstrapState(scope: MachineScope): readonly ConditionState[] {
  const { machine, bootstrapConfig } = scope;
  const reference = machine.spec.bootstrap?.configRef;
  const type = "BootstrapConfigReady";
  if (reference === undefined) return [{ type, status: "True", reason: "DataSecretProvided" }];
  if (bootstrapConfig === undefined)
    return [
      missing(scope, type, reference.kind, machine.status?.initialization?.bootstrapDataSecretCreated === true && isDeleting(machine)),
    ];
  const ready = machine.status?.initialization?.bootstrapDataSecretCreated === true;
  return [mirrored(type, bootstrapConfig, ready, `${reference.kind} status.initialization.dataSecretCreated is ${ready}`)];
}

function infrastructureState(scope: MachineScope): ConditionState {
  const { machine, infrastructure } = scope;
  const { kind } = machine.spec.infrastructureRef;
  const type = "InfrastructureReady";
  if (infrastructure === undefined) return missing(scope, type, kind, machine.status?.initialization?.infrastructureProvisioned === true);
  const ready = machine.status?.initialization?.infrastructureProvisioned === true;
  return mirrored(type, infrastructure, ready, `${kind} status.initialization.provisioned is ${ready}`);
}

/** What the object says of itself, or what its contract fields say. */
function mirrored(type: string, object: ContractObject, ready: boolean, fallback: string): ConditionState {
  const condition = getCondition(object, "Ready");
  if (condition !== undefined) return { type, status: condition.status, reason: condition.reason, message: condition.message ?? "" };
  return ready ? { type, status: "True", reason: "Ready" } : { type, status: "False", reason: "NotReady", message: fallback };
}

function missing({ machine }: MachineScope, type: string, kind: string, hasBeenDeleted: boolean): ConditionState {
  if (!hasBeenDeleted) return { type, status: "False", reason: "ObjectDoesNotExist", message: `${kind} does not exist` };
  const still = isDeleting(machine) ? "" : " while the Machine still exists";
  return { type, status: "False", reason: "ObjectDeleted", message: `${kind} has been deleted${still}` };
}

function deletingState({ machine, deleting }: MachineScope): ConditionState {
  return !isDeleting(machine)
    ? { type: "Deleting", status: "False", reason: "NotDeleting" }
    : { type: "Deleting", status: "True", reason: deleting?.reason ?? "Deleting", message: deleting?.message ?? "Deletion started" };
}

/** While a machine goes, what is gone with it already says nothing. */
const goneReasons: Readonly<Record<string, readonly string[]>> = {
  BootstrapConfigReady: ["ObjectDeleted", "ObjectDoesNotExist"],
  InfrastructureReady: ["ObjectDeleted", "ObjectDoesNotExist"],
  NodeHealthy: ["NodeDeleted", "NodeDoesNotExist"],
};

function readyState(scope: MachineScope, conditions: readonly Condition[]): ConditionState {
  const { machine } = scope;
  const gates = machine.spec.readinessGates ?? [];
  const negative = [
    "Deleting",
    "Updating",
    ...gates.filter(({ polarity }) => polarity === "Negative").map(({ conditionType }) => conditionType),
  ];
  return summarizeConditions(machine, {
    target: "Ready",
    types: [
      "Deleting",
      "Updating",
      "BootstrapConfigReady",
      "InfrastructureReady",
      "NodeHealthy",
      "HealthCheckSucceeded",
      ...gates.map(({ conditionType }) => conditionType),
    ],
    ignoreIfMissing: ["HealthCheckSucceeded"],
    conditions,
    negativePolarity: negative,
    reasons: { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" },
    transformMessages: groupComponents,
    ...(isDeleting(machine) ? { overrides: [deletingForSummary(scope)] } : {}),
    priority: ({ type, status, reason }) => {
      if (isDeleting(machine) && goneReasons[type]?.includes(reason) === true) return "info";
      if (status === "Unknown") return "unknown";
      return (status === "True") === negative.includes(type) ? "issue" : "info";
    },
  });
}

const longDeletionMilliseconds = 15 * 60_000;
const longDrainMilliseconds = 5 * 60_000;

/** What blocks a drain for long, by what the condition says. */
const delays = [
  ["cannot evict pod as it would violate the pod's disruption budget.", "PodDisruptionBudgets"],
  ["deletionTimestamp set, but still not removed from the Node", "Pods not terminating"],
  ["failed to evict Pod", "Pod eviction errors"],
  ["waiting for completion", "Pods not completed yet"],
] as const;

function deletingForSummary({ machine, deleting, environment }: MachineScope): ConditionState {
  const { reason = "Deleting", message = "" } = deleting ?? {};
  const now = environment.timeline.now();
  const state = { type: "Deleting", status: "True", reason: "Deleting" } as const;
  if (now - Date.parse(machine.metadata.deletionTimestamp ?? "") <= longDeletionMilliseconds) {
    return { ...state, message: `Machine deletion in progress, stage: ${reason}` };
  }
  const drainSince = machine.status?.deletion?.["nodeDrainStartTime"];
  const isLong = reason === "DrainingNode" && drainSince !== undefined && now - Date.parse(drainSince) > longDrainMilliseconds;
  const causes = isLong ? delays.filter(([text]) => message.includes(text)).map(([, cause]) => cause) : [];
  const because = causes.length === 0 ? "" : `, delay likely due to ${causes.join(", ")}`;
  return { ...state, message: `Machine deletion in progress since more than 15m, stage: ${reason}${because}` };
}

/** Control plane components that say the same are named together. */
function groupComponents(messages: readonly string[]): readonly string[] {
  const grouped: string[] = [];
  let common: string | undefined;
  let count = 0;
  for (const line of messages) {
    const at = line.indexOf(":");
    const [name, text] = [line.slice(0, at), line.slice(at + 1)];
    if (at === -1 || !(/^\* (APIServer|ControllerManager|Scheduler)/.test(name) || name === "* EtcdPodHealthy")) {
      grouped.push(line);
      continue;
    }
    if (common === undefined) grouped.push(`* Control plane components:${text}`);
    else if (common !== text) return messages;
    common = text;
    count += 1;
  }
  return count === 1 ? messages : grouped;
}

function availableState(scope: MachineScope, conditions: readonly Condition[]): ConditionState {
  const ready = findCondition(conditions, "Ready");
  if (ready?.status !== "True") return { type: "Available", status: "False", reason: "NotReady" };
  const since = Date.parse(ready.lastTransitionTime);
  const left = since + (scope.machine.spec.minReadySeconds ?? 0) * 1000 - scope.environment.timeline.now();
  if (left <= 0) return { type: "Available", status: "True", reason: "Available" };
  lookAgainAfter(scope, left);
  return { type: "Available", status: "False", reason: "WaitingForMinReadySeconds" };
}
