import { getCondition } from "../../conditions/condition.ts";
import { isControlPlaneInitialized } from "../../infrastructure/infrastructure-objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { changeStatus, isDeleting, lookAgainAfter, markLegacy, type MachineScope } from "./machine-scope.ts";
import { nodeForMachine } from "./node-metadata.ts";

const manager = "manager";
const revisionAnnotation = "machinedeployment.clusters.x-k8s.io/revision";
/** How soon a cluster that nobody answers in is tried again. */
const retryMilliseconds = 10_000;
const type = "NodeHealthy";

/** The machine's Node: found by its provider ID, marked as the machine's, and told of (core/reconcilers/machine reconcileNode). */
export function followNode(scope: MachineScope): void {
  const { machine, workload, cluster, infrastructure, environment } = scope;
  const { providerID } = machine.spec;
  if (providerID === undefined) {
    markLegacy(scope, { type, status: "False", severity: "Info", reason: "WaitingForNodeRef" });
    return;
  }
  if (workload === undefined) {
    if (isControlPlaneInitialized(cluster)) lookAgainAfter(scope, retryMilliseconds);
    return;
  }
  const found = findNode(scope, providerID);
  if (found === undefined) {
    if (isDeleting(machine)) return;
    markLegacy(scope, {
      type,
      status: "False",
      ...(machine.status?.nodeRef === undefined
        ? { severity: "Warning", reason: "NodeProvisioning", message: "Waiting for a node with matching ProviderID to exist" }
        : { severity: "Error", reason: "NodeNotFound" }),
    });
    return;
  }
  if (machine.status?.nodeRef === undefined) environment.recordEvent(machine, "Normal", "SuccessfulSetNodeRef", found.metadata.name);
  const marked = nodeForMachine(found, machine, isOutdated(scope));
  scope.node = marked === found ? found : workload.objects.update(workload.type("Node"), marked, { manager });
  // The schema of Nodes says so.
  const status = scope.node["status"] as { readonly nodeInfo?: Readonly<Record<string, unknown>> } | undefined;
  changeStatus(scope, {
    nodeRef: { name: scope.node.metadata.name },
    ...(status?.nodeInfo === undefined ? {} : { nodeInfo: status.nodeInfo }),
  });
  markLegacy(
    scope,
    infrastructure === undefined || isDeleting(infrastructure)
      ? { type, status: "False", severity: "Info", reason: "Deleting" }
      : { type, ...legacyHealth(scope.node) },
  );
}

/** Of the same provider ID; nodes are mostly named after their infrastructure machine. */
export function findNode({ workload, machine }: MachineScope, providerID: string): StoredObject | undefined {
  if (workload === undefined) return undefined;
  const { store } = workload.objects;
  const has = (node: StoredObject | undefined): boolean =>
    (node?.["spec"] as { readonly providerID?: string } | undefined)?.providerID === providerID;
  const likely = store.get("Node", undefined, machine.status?.nodeRef?.name ?? machine.spec.infrastructureRef.name);
  return has(likely) ? likely : store.list("Node").find(has);
}

function isOutdated({ machineSet, machineDeployment }: MachineScope): boolean {
  if (machineSet === undefined || machineDeployment === undefined) return false;
  return revisionOf(machineSet) < revisionOf(machineDeployment);
}

function revisionOf({ metadata }: StoredObject): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}

function legacyHealth(node: StoredObject): {
  readonly status: "True" | "False" | "Unknown";
  readonly severity?: "Warning";
  readonly reason?: string;
  readonly message?: string;
} {
  const lines: string[] = [];
  let [bad, unknown] = [0, 0];
  for (const name of ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]) {
    // Conditions of Nodes are alike enough.
    const condition = getCondition(node, name);
    if (condition === undefined || condition.status === (name === "Ready" ? "True" : "False")) continue;
    lines.push(`Node condition ${name} is ${condition.status}`);
    if (condition.status === "Unknown") unknown += 1;
    else bad += 1;
  }
  const told = { reason: "NodeConditionsFailed", message: lines.join(". ") };
  if (bad > 0) return { status: "False", severity: "Warning", ...told };
  return unknown < 4 ? { status: "True" } : { status: "Unknown", ...told };
}
