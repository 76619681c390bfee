import { timestamp } from "../../api/objects.ts";
import {
  conditionsOf,
  getCondition,
  isConditionTrue,
  setCondition,
  type Condition,
  type ConditionState,
} from "../../conditions/condition.ts";
import { legacyConditionsOf, setLegacyCondition, type LegacyConditionState } from "../../conditions/legacy-condition.ts";
import { ensurePaused, pausedState, writeStatus } from "../../conditions/write-status.ts";
import type { StoreEvent } from "../../store/object-store.ts";
import type { GivenObject, JsonMap, StoredObject } from "../../store/stored-object.ts";
import { ReconcileError, type Controller, type ObjectKey } from "../controller-runtime.ts";
import type { Environment, WorkloadCluster } from "../environment.ts";
import { matchesSelector } from "../machine-set/label-selector.ts";
import { clusterKey, clusterNameLabel, keyText, machineKey, type Machine } from "../machine-set/machine-objects.ts";
import { ownerOf, withOwner } from "../machine-set/template-reference.ts";
import { clusterPauseChanged, keyOf, ofCluster } from "../machine-set/watches.ts";
import { healthCheckKey, type MachineHealthCheck } from "./health-check-objects.ts";
import { healthOf, type Health, type Target } from "./machine-health.ts";
import { remediationLimit, type RemediationLimit } from "./remediation-limit.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

const name = "machinehealthcheck";
const manager = "manager";

/** Tells machines that are not well, and asks their owners to replace them (core/reconcilers/machinehealthcheck at v1.14, without external remediation). */
export function createMachineHealthCheckController(environment: Environment): Controller {
  const { objects, timeline } = environment;
  const watched = new WeakSet<WorkloadCluster>();

  function checksOf(machine: StoredObject): readonly ObjectKey[] {
    return ofCluster(objects.store, healthCheckKey, machine)
      .filter((check) => matchesSelector((check as MachineHealthCheck).spec.selector, machine.metadata.labels))
      .map(keyOf);
  }

  /** As long as the Cluster lives, changes of its Nodes' conditions wake the checks of their machines. */
  function watchNodes(workload: WorkloadCluster): void {
    if (watched.has(workload)) return;
    watched.add(workload);
    const nodeKey = workload.type("Node").key;
    workload.objects.store.subscribe((event) => {
      if (event.type !== nodeKey || (event.kind === "modified" && conditionsOf(event.object) === conditionsOf(event.previous))) return;
      const machines = objects.store.labelled(machineKey, workload.key.namespace, workload.key.name) as readonly Machine[];
      const machine = machines.find(({ status }) => status?.nodeRef?.name === event.object.metadata.name);
      for (const key of machine === undefined ? [] : checksOf(machine)) environment.runtime.wake(name, key, 1);
    });
  }

  function reconcile(key: ObjectKey): { readonly requeueAfterMilliseconds?: number } | void {
    const type = environment.type(healthCheckKey);
    let check = objects.get(type, key.namespace, key.name) as MachineHealthCheck | undefined;
    if (check === undefined) return;
    const { clusterName, selector } = check.spec;
    const cluster = objects.get(environment.type(clusterKey), key.namespace, clusterName);
    if (cluster === undefined) throw new ReconcileError(`failed to get Cluster/${clusterName}: not found`);
    const now = timeline.now();
    const conditions = ensurePaused(objects, type, cluster, check, now);
    if (conditions === "stop") return;
    check = ownedByCluster(check, cluster);

    const workload = isConditionTrue(cluster, "ControlPlaneInitialized") ? needWorkload(cluster) : undefined;
    const machines = ofCluster(objects.store, machineKey, check) as readonly Machine[];
    const targets = machines
      .filter(({ metadata }) => matchesSelector(selector, metadata.labels) && !isSkipped(metadata.annotations))
      .map((machine) => ({ target: { cluster, machine, node: nodeOf(workload, machine) }, machine }))
      .map(({ target, machine }) => ({ target, machine, health: healthOf(target, check, now) }));
    const healthy = targets.filter(({ health }) => health.kind === "healthy").length;
    const unhealthy = targets.filter(({ health }) => health.kind === "unhealthy").length;
    const limit = remediationLimit(check, targets.length, healthy, unhealthy);

    writeStatusOf(check, conditions, limit, { total: targets.map(({ machine }) => machine.metadata.name), healthy });
    if (!limit.isAllowed && unhealthy > 0) environment.recordEvent(check, "Warning", "RemediationRestricted", limit.message);
    for (const { target, machine, health } of targets) {
      writeHealth(machine, health, limit.isAllowed && isRemediable(target));
      if (limit.isAllowed && health.kind === "unhealthy") {
        const message = `Machine ${keyText(machine)} has been marked as unhealthy by ${keyText(check)}`;
        environment.recordEvent(machine, "Normal", "MachineMarkedUnhealthy", message);
      }
    }
    const waits = targets.flatMap(({ health }) => (health.kind === "pending" ? [health.milliseconds] : []));
    return limit.isAllowed && waits.length > 0 ? { requeueAfterMilliseconds: Math.min(...waits) } : undefined;
  }

  function ownedByCluster(check: MachineHealthCheck, cluster: StoredObject): MachineHealthCheck {
    const { labels, ownerReferences, namespace } = check.metadata;
    const owners = withOwner(ownerReferences, ownerOf(cluster));
    if (owners === ownerReferences && labels?.[clusterNameLabel] === cluster.metadata.name) return check;
    const change = (live: StoredObject): GivenObject => ({
      ...live,
      metadata: { ...live.metadata, ownerReferences: owners, labels: { ...labels, [clusterNameLabel]: cluster.metadata.name } },
    });
    return objects.modify(environment.type(healthCheckKey), namespace, check.metadata.name, change, { manager }) as MachineHealthCheck;
  }

  function needWorkload(cluster: StoredObject): WorkloadCluster {
    const workload = environment.workloads.get(keyOf(cluster));
    if (workload?.reachable !== true) throw new ReconcileError("connection to the workload cluster is down");
    watchNodes(workload);
    return workload;
  }

  function nodeOf(workload: WorkloadCluster | undefined, machine: Machine): Target["node"] {
    const nodeName = machine.status?.nodeRef?.name;
    if (workload === undefined || nodeName === undefined) return undefined;
    return workload.objects.get(workload.type("Node"), undefined, nodeName) ?? "missing";
  }

  function isRemediable({ cluster, machine }: Target): boolean {
    return machine.metadata.deletionTimestamp === undefined && pausedState(cluster, machine).status === "False";
  }

  /** The conditions of a machine; `isRemediated`: its owner is asked to replace it when it is unhealthy. */
  function writeHealth(machine: Machine, health: Health, isRemediated: boolean): void {
    if (health.kind !== "healthy" && health.kind !== "unhealthy") return;
    const time = timestamp(timeline.now());
    const { generation } = machine.metadata;
    const [state, legacy]: readonly [ConditionState, LegacyConditionState] =
      health.kind === "healthy"
        ? [
            { type: "HealthCheckSucceeded", status: "True", reason: "HealthCheckSucceeded" },
            { type: "HealthCheckSucceeded", status: "True" },
          ]
        : [
            { type: "HealthCheckSucceeded", status: "False", reason: health.reason, message: health.message },
            {
              type: "HealthCheckSucceeded",
              status: "False",
              severity: "Warning",
              reason: health.legacyReason,
              message: health.legacyMessage,
            },
          ];
    const seen = generation === undefined ? {} : { observedGeneration: generation };
    let conditions = setCondition(machine.status?.conditions, { ...state, ...seen }, time);
    let legacyConditions = setLegacyCondition(legacyConditionsOf(machine), legacy, time);
    if (health.kind === "unhealthy" && isRemediated) {
      const owner = { type: "OwnerRemediated", status: "False", reason: "WaitingForRemediation" } as const;
      if (getCondition(machine, "OwnerRemediated")?.status !== "False") {
        conditions = setCondition(conditions, { ...owner, message: "Waiting for remediation", ...seen }, time);
      }
      if (legacyConditions.find(({ type }) => type === "OwnerRemediated")?.status !== "False") {
        legacyConditions = setLegacyCondition(legacyConditions, { ...owner, severity: "Warning" }, time);
      }
    }
    const deprecated = { ...machine.status?.deprecated, v1beta1: { ...machine.status?.deprecated?.v1beta1, conditions: legacyConditions } };
    writeStatus(objects, environment.type(machineKey), machine, { ...machine.status, conditions, deprecated });
  }

  function writeStatusOf(
    check: MachineHealthCheck,
    conditions: readonly Condition[],
    { isAllowed, left, message }: RemediationLimit,
    { total, healthy }: { readonly total: readonly string[]; readonly healthy: number },
  ): void {
    const time = timestamp(timeline.now());
    const { generation } = check.metadata;
    const state: ConditionState = isAllowed
      ? { type: "RemediationAllowed", status: "True", reason: "RemediationAllowed" }
      : { type: "RemediationAllowed", status: "False", reason: "TooManyUnhealthy", message };
    const legacy: LegacyConditionState = isAllowed
      ? { type: "RemediationAllowed", status: "True" }
      : { type: "RemediationAllowed", status: "False", severity: "Warning", reason: "TooManyUnhealthy", message };
    const status = withoutUndefined<JsonMap>({
      ...check.status,
      conditions: setCondition(conditions, generation === undefined ? state : { ...state, observedGeneration: generation }, time),
      expectedMachines: total.length,
      currentHealthy: healthy,
      remediationsAllowed: isAllowed ? left : 0,
      targets: total.length === 0 ? undefined : [...total].sort(),
      observedGeneration: generation,
      deprecated: { v1beta1: { conditions: setLegacyCondition(legacyConditionsOf(check), legacy, time) } },
    });
    writeStatus(objects, environment.type(healthCheckKey), check, status);
  }

  return {
    name,
    // Fifteen seconds, where others keep one: machines and Nodes wake it often, and most of the time there is nothing to do.
    intervalMilliseconds: 15_000,
    watches: {
      [healthCheckKey]: ({ object }) => [keyOf(object)],
      [machineKey]: (event) => (isMachineOfInterest(event) ? checksOf(event.object) : []),
      [clusterKey]: (event) =>
        clusterPauseChanged(event)
          ? objects.store.labelled(healthCheckKey, event.object.metadata.namespace ?? "", event.object.metadata.name).map(keyOf)
          : [],
    },
    reconcile,
  };
}

/** Only its Node, labels, annotations and conditions count. */
function isMachineOfInterest(event: StoreEvent): boolean {
  if (event.kind !== "modified") return true;
  const [now, before] = [event.object as Machine, event.previous as Machine];
  return (
    now.status?.nodeRef?.name !== before.status?.nodeRef?.name ||
    now.metadata.labels !== before.metadata.labels ||
    now.metadata.annotations !== before.metadata.annotations ||
    now.status?.conditions !== before.status?.conditions
  );
}

function isSkipped(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations?.["cluster.x-k8s.io/paused"] !== undefined || annotations?.["cluster.x-k8s.io/skip-remediation"] !== undefined;
}
