import { timestamp } from "../../api/objects.ts";
import { findCondition, getCondition, type ConditionState } from "../../conditions/condition.ts";
import { isControlPlaneInitialized } from "../../infrastructure/infrastructure-objects.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import type { MachineScope } from "./machine-scope.ts";
import { graceMilliseconds } from "./workload-watch.ts";

interface NodeCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly message?: string;
}

/** NodeReady and NodeHealthy as core/reconcilers/machine (setNodeHealthyAndReadyConditions) tells them; none: what was told stays. */
export function nodeConditions(scope: MachineScope): readonly ConditionState[] {
  const { cluster, machine, node, workload } = scope;
  const both = (status: ConditionState["status"], reason: string, message: string): readonly ConditionState[] =>
    ["NodeReady", "NodeHealthy"].map((type) => ({ type, status, reason, message }));
  if (cluster.status?.initialization?.infrastructureProvisioned !== true) {
    return both("Unknown", "InspectionFailed", "Waiting for Cluster status.initialization.infrastructureProvisioned to be true");
  }
  if (!isControlPlaneInitialized(cluster))
    return both("Unknown", "InspectionFailed", "Waiting for Cluster control plane to be initialized");
  if (workload === undefined) {
    const { lastContact, environment } = scope;
    const isLong = lastContact !== undefined && environment.timeline.now() - lastContact > graceMilliseconds;
    if (isLong) return both("Unknown", "ConnectionDown", `Last successful probe at ${timestamp(lastContact)}`);
    const isTold = ["NodeReady", "NodeHealthy"].every((type) => getCondition(machine, type) !== undefined);
    return isTold ? [] : both("Unknown", "ConnectionDown", "Remote connection not established yet");
  }
  if (node !== undefined) return healthOf(node);
  const name = machine.status?.nodeRef?.name;
  if (machine.metadata.deletionTimestamp !== undefined) {
    return name === undefined
      ? both("Unknown", "NodeDoesNotExist", "Node does not exist")
      : both("False", "NodeDeleted", `Node ${name} has been deleted`);
  }
  if (name !== undefined) return both("False", "NodeDeleted", `Node ${name} has been deleted while the Machine still exists`);
  const { providerID, infrastructureRef } = machine.spec;
  return providerID === undefined
    ? both("Unknown", "InspectionFailed", `Waiting for ${infrastructureRef.kind} to report spec.providerID`)
    : both("Unknown", "InspectionFailed", `Waiting for a Node with spec.providerID ${providerID} to exist`);
}

function healthOf(node: StoredObject): readonly ConditionState[] {
  const status = node["status"] as { readonly conditions?: readonly NodeCondition[] } | undefined;
  const conditions = status?.conditions ?? [];
  const find = (type: string): NodeCondition | undefined => findCondition(conditions, type);
  const ready = find("Ready");
  const readyState: ConditionState =
    ready === undefined
      ? { type: "NodeReady", status: "Unknown", reason: "NodeReadyUnknown", message: "* Node.Ready: Condition not yet reported" }
      : {
          type: "NodeReady",
          status: ready.status,
          reason: { True: "NodeReady", False: "NodeNotReady", Unknown: "NodeReadyUnknown" }[ready.status],
          message: ready.status === "True" || (ready.message ?? "") === "" ? "" : `* Node.Ready: ${ready.message}`,
        };
  const lines: string[] = [];
  const texts = new Set<string>();
  let [bad, unknown, told] = [0, 0, 0];
  for (const type of ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]) {
    const condition = find(type);
    if (condition === undefined) {
      lines.push(`* Node.${type}: Condition not yet reported`);
      unknown += 1;
      continue;
    }
    if (condition.status === (type === "Ready" ? "True" : "False")) continue;
    const text = (condition.message ?? "") === "" ? `Condition is ${condition.status}` : condition.message!;
    told += 1;
    texts.add(text);
    lines.push(`* Node.${type}: ${text}`);
    if (condition.status === "Unknown") unknown += 1;
    else bad += 1;
  }
  const message = told > 1 && texts.size === 1 ? `* Node.AllConditions: ${[...texts][0]}` : lines.join("\n");
  const healthy: ConditionState =
    bad > 0
      ? { type: "NodeHealthy", status: "False", reason: "NodeNotHealthy", message }
      : unknown > 0
        ? { type: "NodeHealthy", status: "Unknown", reason: "NodeHealthyUnknown", message }
        : { type: "NodeHealthy", status: "True", reason: "NodeHealthy", message: "" };
  return [readyState, healthy];
}
