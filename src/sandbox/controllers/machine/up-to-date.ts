import type { ConditionState } from "../../conditions/condition.ts";
import { templateDifferences } from "../machine-deployment/template-differences.ts";
import type { MachineScope } from "./machine-scope.ts";

const type = "UpToDate";

/** For machines of a MachineDeployment only: other owners say it themselves (core/reconcilers/machine setUpToDateCondition). */
export function upToDateState(scope: MachineScope): ConditionState | undefined {
  const { machine, machineSet: set, machineDeployment: deployment, environment } = scope;
  if (set === undefined || deployment === undefined) return undefined;
  const differences = [...templateDifferences(set.spec.template, deployment.spec.template)];
  const after = deployment.spec.rollout?.after;
  const created = set.metadata.creationTimestamp;
  if (
    after !== undefined &&
    Date.parse(after) < environment.timeline.now() &&
    created !== undefined &&
    Date.parse(created) < Date.parse(after)
  ) {
    differences.push("MachineDeployment spec.rolloutAfter expired");
  }
  if (differences.length > 0) {
    return { type, status: "False", reason: "NotUpToDate", message: differences.map((text) => `* ${text}`).join("\n") };
  }
  const kubelet = machine.status?.nodeInfo?.["kubeletVersion"];
  const { version } = machine.spec;
  if (typeof kubelet === "string" && kubelet !== "" && kubelet !== version) {
    return { type, status: "False", reason: "Updating", message: `* Node.status.nodeInfo.kubeletVersion ${kubelet}, ${version} required` };
  }
  return { type, status: "True", reason: "UpToDate" };
}
