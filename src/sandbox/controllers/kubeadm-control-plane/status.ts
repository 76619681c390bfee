import { sameJson } from "../../store/same-json.ts";
import { legacyConditionsOf, mergeLegacyConditions } from "../../conditions/legacy-condition.ts";
import type { JsonMap } from "../../store/stored-object.ts";
import { reportAvailable } from "./available-condition.ts";
import { annotationKeys, byAge, isDeleting, labelKeys, managers, typeKeys } from "./cluster-objects.ts";
import { compareVersions } from "./kubernetes-version.ts";
import { reportDeleting, reportMachines, reportRemediating, reportRollingOut, reportScaling } from "./progress-conditions.ts";
import { readRemediation, type Remediation } from "./remediation-record.ts";
import { connectedWorkload, isFalse, isTrue, isUpToDate, report, reportLegacy, type Scope } from "./scope.ts";
import { ensureKubeadmObjects, hasKubeadmConfig } from "./workload-components.ts";

/** Computes the whole status, and writes it when it differs. `failed`: the pass was not finished, so the generation is not observed. */
export function updateStatus(scope: Scope, failed: boolean): void {
  discoverInitialization(scope);
  report(
    scope,
    scope.isInitialized
      ? { type: "Initialized", status: "True", reason: "Initialized" }
      : { type: "Initialized", status: "False", reason: "NotInitialized" },
  );
  reportRollingOut(scope);
  reportScaling(scope);
  reportMachines(scope);
  reportRemediating(scope);
  reportDeleting(scope);
  reportAvailable(scope);
  const legacyCounters = reportLegacyStatus(scope);

  const { kcp, machines, environment } = scope;
  const count = (type: string): number => machines.filter((machine) => isTrue(machine, type)).length;
  const versions = versionsOf(scope);
  const lastRemediation = lastRemediationOf(scope);
  const current: NonNullable<typeof kcp.status> = kcp.status ?? {};
  const { versions: _versions, ...previous } = current;
  const status: JsonMap = {
    ...previous,
    availableReplicas: count("Available"),
    conditions: scope.conditions,
    deprecated: { v1beta1: { conditions: scope.legacyConditions, ...legacyCounters } },
    ...(scope.isInitialized ? { initialization: { controlPlaneInitialized: true } } : {}),
    ...(lastRemediation === undefined
      ? {}
      : {
          lastRemediation: {
            machine: lastRemediation.machine,
            retryCount: lastRemediation.retryCount,
            time: lastRemediation.timestamp,
          },
        }),
    ...(failed ? {} : { observedGeneration: kcp.metadata.generation ?? 1 }),
    readyReplicas: count("Ready"),
    replicas: machines.length,
    selector: `${labelKeys.cluster}=${scope.cluster.metadata.name},${labelKeys.controlPlane}`,
    upToDateReplicas: count("UpToDate"),
    ...(versions.length === 0 ? {} : { version: versions[0]!.version, versions }),
  };
  if (sameJson(status, kcp.status)) return;
  environment.objects.modify(
    environment.type(typeKeys.controlPlane),
    kcp.metadata.namespace,
    kcp.metadata.name,
    (live) => ({ ...live, status }),
    { manager: managers.others, subresource: "status" },
  );
}

/** Once, when kubeadm-config is there; never taken back. */
function discoverInitialization(scope: Scope): void {
  if (scope.isInitialized) return;
  const [only] = scope.machines.length === 1 ? scope.machines : [];
  if (only !== undefined && (isDeleting(only) || (isFalse(only, "HealthCheckSucceeded") && isFalse(only, "OwnerRemediated")))) return;
  const workload = connectedWorkload(scope);
  if (workload === undefined) return;
  // An API server that answers although nobody played kubeadm there: `kubeadm init` is what brought it up.
  if (scope.machines.length > 0) ensureKubeadmObjects(workload, scope.kcp);
  scope.isInitialized = hasKubeadmConfig(workload);
}

interface VersionCount {
  readonly version: string;
  readonly replicas: number;
}

/** By the kubelets; machines without one count with the version that they were made for. Oldest version first. */
function versionsOf({ machines }: Scope): readonly VersionCount[] {
  const counts = new Map<string, number>();
  for (const { spec, status } of [...machines].sort(byAge)) {
    const kubelet = status?.nodeInfo?.kubeletVersion;
    const version = kubelet === undefined || kubelet === "" ? spec.version : kubelet;
    if (version !== undefined && version !== "") counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  return [...counts]
    .map(([version, replicas]) => ({ replicas, version }))
    .sort((one, other) => compareVersions(one.version, other.version));
}

function lastRemediationOf({ remediationInProgress, machines }: Scope): Remediation | undefined {
  if (remediationInProgress !== undefined) return readRemediation(remediationInProgress);
  return machines
    .flatMap(({ metadata }) => {
      const annotation = metadata.annotations?.[annotationKeys.remediationFor];
      return annotation === undefined ? [] : [readRemediation(annotation)];
    })
    .sort((one, other) => Date.parse(other.timestamp) - Date.parse(one.timestamp))[0];
}

/** Counters and conditions of v1beta1 (CAPI updateV1Beta1Status). */
function reportLegacyStatus(scope: Scope): JsonMap {
  const { kcp, machines } = scope;
  const updatedReplicas = machines.filter((machine) => isUpToDate(scope, machine)).length;
  if (isDeleting(kcp)) {
    reportLegacySummary(scope);
    return { readyReplicas: 0, unavailableReplicas: machines.length, updatedReplicas };
  }
  const desired = kcp.spec.replicas ?? 1;
  const resizing = (reason: string, what: string): void =>
    reportLegacy(scope, {
      type: "Resized",
      status: "False",
      severity: "Warning",
      reason,
      message: `Scaling ${what} control plane to ${desired} replicas (actual ${machines.length})`,
    });
  if (machines.length < desired) resizing("ScalingUp", "up");
  else {
    if (machines.length > desired) resizing("ScalingDown", "down");
    else if (machines.every((machine) => isTrue(machine, "Ready"))) reportLegacy(scope, { type: "Resized", status: "True" });
    reportLegacy(scope, { type: "MachinesCreated", status: "True" });
  }
  const workload = connectedWorkload(scope);
  if (workload !== undefined && hasKubeadmConfig(workload)) reportLegacy(scope, { type: "Available", status: "True" });
  reportLegacySummary(scope);
  const ready = [...scope.nodes.values()].filter(
    ({ status }) => status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") === true,
  ).length;
  return { readyReplicas: ready, unavailableReplicas: machines.length - ready, updatedReplicas };
}

/** The older MachinesReady; set before the other steps, as long as the machines are what the pass found. */
export function reportLegacyMachinesReady(scope: Scope): void {
  const conditions = scope.machines.flatMap(({ kind, metadata, ...rest }) => {
    const ready = legacyConditionsOf({ kind, metadata, ...rest }).find(({ type }) => type === "Ready");
    return ready === undefined ? [] : [{ ...ready, source: { kind, name: metadata.name } }];
  });
  const state = mergeLegacyConditions("MachinesReady", conditions, { stepCounterOf: scope.machines.length });
  if (state !== undefined) reportLegacy(scope, state);
}

function reportLegacySummary(scope: Scope): void {
  const types = ["MachinesCreated", "MachinesSpecUpToDate", "Resized", "MachinesReady", "Available", "CertificatesAvailable"];
  const conditions = scope.legacyConditions.filter(({ type }) => types.includes(type));
  const summary = mergeLegacyConditions("Ready", conditions, { priority: types });
  if (summary !== undefined) reportLegacy(scope, summary);
}
