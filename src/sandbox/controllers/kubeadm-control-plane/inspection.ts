import { ReconcileError } from "../controller-runtime.ts";
import { healthConditions } from "./cluster-objects.ts";
import { aggregateComponents, controlPlaneComponents, inspectComponents } from "./component-health.ts";
import { aggregateEtcd, inspectEtcd } from "./etcd-health.ts";
import { createMachineReports, type MachineReports } from "./machine-reports.ts";
import { connectedWorkload, isUpToDate, report, reportLegacy, reportedCondition, type Scope } from "./scope.ts";

/** Default of `--remote-conditions-grace-period`. */
const graceMilliseconds = 300_000;

/** When a workload cluster answered last, as far as this controller saw. */
export interface Probes {
  /** Undefined: never. */
  lastSuccess(scope: Scope): number | undefined;
}

export function createProbes(): Probes {
  const seen = new Map<string, { at: number; down: boolean }>();
  return {
    lastSuccess(scope) {
      const key = `${scope.clusterKey.namespace}/${scope.clusterKey.name}`;
      const connected = connectedWorkload(scope) !== undefined;
      const probe = seen.get(key);
      if (connected) seen.set(key, { at: scope.now, down: false });
      // The real one probes every ten seconds; here the first pass that finds it down stands for the last probe.
      else if (probe !== undefined && !probe.down) seen.set(key, { at: scope.now, down: true });
      return seen.get(key)?.at;
    },
  };
}

/** Sets the conditions of machines, and those of the control plane that stand for them; throws when the workload cluster does not answer. */
export function inspectControlPlane(scope: Scope, probes: Probes): void {
  const reports = createMachineReports(scope);
  reportUpToDate(scope, reports);
  const initialized = reportedCondition(scope, "Initialized");
  if (!scope.isInitialized || initialized?.status !== "True") {
    reportUnknown(scope, reports, "InspectionFailed", "Waiting for Cluster control plane to be initialized", true);
    reports.write();
    return;
  }
  const lastSuccess = probes.lastSuccess(scope);
  const workload = connectedWorkload(scope);
  if (workload === undefined) {
    const isOver = scope.now - Math.max(lastSuccess ?? 0, Date.parse(initialized.lastTransitionTime)) > graceMilliseconds;
    const probed = lastSuccess === undefined ? "" : `Last successful probe at ${new Date(lastSuccess).toISOString().slice(0, 19)}Z`;
    const isNew = lastSuccess === undefined && !isOver;
    reportUnknown(scope, reports, "ConnectionDown", isNew ? "Remote connection not established yet" : probed, isOver);
    reports.write();
    throw new ReconcileError(
      isNew ? "connection to the workload cluster not established yet" : "connection to the workload cluster is down",
    );
  }
  const componentErrors = inspectComponents(scope, workload, reports);
  const etcdErrors = scope.stackedEtcd ? inspectEtcd(scope, workload, reports) : [];
  reports.write();
  aggregateComponents(scope, componentErrors);
  if (scope.stackedEtcd) aggregateEtcd(scope, etcdErrors);
  else reportLegacy(scope, { type: "EtcdClusterHealthy", status: "True" });
}

function reportUpToDate(scope: Scope, reports: MachineReports): void {
  for (const machine of scope.machines) {
    const { name } = machine.metadata;
    const required = machine.spec.version ?? "";
    const kubelet = machine.status?.nodeInfo?.kubeletVersion ?? "";
    if (!isUpToDate(scope, machine)) {
      const message = scope.outdated
        .get(name)!
        .map((reason) => `* ${reason}`)
        .join("\n");
      reports.set(name, { type: "UpToDate", status: "False", reason: "NotUpToDate", message });
    } else if (kubelet !== "" && kubelet !== required) {
      const message = `* Node.status.nodeInfo.kubeletVersion ${kubelet}, ${required} required`;
      reports.set(name, { type: "UpToDate", status: "False", reason: "Updating", message });
    } else reports.set(name, { type: "UpToDate", status: "True", reason: "UpToDate" });
  }
}

/** Nothing can be told of components and members. Without `overwrite` only where nothing was told before: what was seen last stays for a while. */
function reportUnknown(scope: Scope, reports: MachineReports, reason: string, message: string, overwrite: boolean): void {
  const set = (target: string, types: readonly string[]): void => {
    if (!overwrite && reportedCondition(scope, target) !== undefined) return;
    report(scope, { type: target, status: "Unknown", reason, message });
    for (const { metadata } of scope.machines) {
      for (const type of types) reports.set(metadata.name, { type, status: "Unknown", reason, message });
    }
  };
  set("EtcdClusterHealthy", scope.stackedEtcd ? [healthConditions.etcdMember] : []);
  set("ControlPlaneComponentsHealthy", [
    healthConditions.node,
    ...controlPlaneComponents(scope.stackedEtcd).map(({ condition }) => condition),
  ]);
}
