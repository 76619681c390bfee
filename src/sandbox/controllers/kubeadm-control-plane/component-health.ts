import type { WorkloadCluster } from "../environment.ts";
import { aggregateHealth, aggregateLegacyHealth } from "./aggregate-health.ts";
import {
  healthConditions,
  isDeleting,
  labelKeys,
  nodeNameOf,
  type KubeadmConfig,
  type Machine,
  type Node,
  type StaticPod,
} from "./cluster-objects.ts";
import type { MachineReports } from "./machine-reports.ts";
import type { Scope } from "./scope.ts";
import { componentHealth } from "./static-pod.ts";

interface Component {
  /** Of its static pod: `<name>-<node>` in kube-system. */
  readonly podPrefix: string;
  readonly condition: string;
}

export function controlPlaneComponents(stackedEtcd: boolean): readonly Component[] {
  return [
    { podPrefix: "kube-apiserver", condition: healthConditions.apiServer },
    { podPrefix: "kube-controller-manager", condition: healthConditions.controllerManager },
    { podPrefix: "kube-scheduler", condition: healthConditions.scheduler },
    ...(stackedEtcd ? [{ podPrefix: "etcd", condition: healthConditions.etcdPod }] : []),
  ];
}

/** The Node of a machine, as long as it is there. */
function nodeOf(workload: WorkloadCluster, machine: Machine): Node | undefined {
  const name = nodeNameOf(machine);
  return name === undefined ? undefined : workload.objects.get(workload.type("Node"), undefined, name);
}

export function staticPodOf(workload: WorkloadCluster, podPrefix: string, node: Node): StaticPod | undefined {
  return workload.objects.get(workload.type("Pod"), "kube-system", `${podPrefix}-${node.metadata.name}`);
}

export function isUnreachable(node: Node): boolean {
  return node.spec?.taints?.some(({ key, effect }) => key === "node.kubernetes.io/unreachable" && effect === "NoExecute") === true;
}

/** Looks at nodes and static pods (CAPI UpdateStaticPodConditions). Gives what speaks against the control plane as a whole. */
export function inspectComponents(scope: Scope, workload: WorkloadCluster, reports: MachineReports): readonly string[] {
  const components = controlPlaneComponents(scope.stackedEtcd);
  const nodes = new Map<string, Node>();
  for (const machine of scope.machines) {
    const node = nodeOf(workload, machine);
    if (node !== undefined) nodes.set(machine.metadata.name, node);
    inspectMachine(scope, { workload, reports, components, machine, node });
  }
  scope.nodes = nodes;
  if (scope.machines.some((machine) => nodeNameOf(machine) === undefined && !isDeleting(machine))) return [];
  const known = new Set(scope.machines.map(nodeNameOf));
  return workload.objects.store
    .list("Node")
    .filter(({ metadata }) => metadata.labels?.[labelKeys.controlPlaneNode] !== undefined && !known.has(metadata.name))
    .map(({ metadata }) => `Control plane Node ${metadata.name} does not have a corresponding Machine`);
}

/** After the machines are written. */
export function aggregateComponents(scope: Scope, errors: readonly string[]): void {
  const types = controlPlaneComponents(scope.stackedEtcd).map(({ condition }) => condition);
  const target = "ControlPlaneComponentsHealthy";
  const note = "control plane";
  aggregateLegacyHealth(scope, {
    types,
    errors,
    target,
    note,
    unhealthyReason: "ControlPlaneComponentsUnhealthy",
    unknownReason: "ControlPlaneComponentsUnknown",
  });
  aggregateHealth(scope, { types, errors, target, note });
}

interface Inspection {
  readonly workload: WorkloadCluster;
  readonly reports: MachineReports;
  readonly components: readonly Component[];
  readonly machine: Machine;
  readonly node: Node | undefined;
}

function inspectMachine(scope: Scope, { workload, reports, components, machine, node }: Inspection): void {
  const { name } = machine.metadata;
  const nodeType = healthConditions.node;
  const unknown = (message: string): void => {
    for (const type of [nodeType, ...components.map(({ condition }) => condition)]) {
      reports.set(name, { type, status: "Unknown", reason: "InspectionFailed", message });
    }
  };
  if (isDeleting(machine)) {
    if (node === undefined) reports.set(name, { type: nodeType, status: "False", reason: "Deleting", message: "Machine is deleting" });
    else inspectNode(scope, reports, machine, node);
    for (const { condition: type } of components) {
      const legacy = { type, status: "False", severity: "Info", reason: "Deleting" } as const;
      reports.set(name, { type, status: "False", reason: "Deleting", message: "Machine is deleting" }, legacy);
    }
    return;
  }
  if (nodeNameOf(machine) === undefined) {
    unknown(provisioningMessage(machine));
    return;
  }
  if (node === undefined) {
    unknown(`Node ${nodeNameOf(machine)!} does not exist`);
    for (const { condition: type } of components) {
      const message = `Node ${nodeNameOf(machine)!} does not exist`;
      const legacy = { type, status: "False", severity: "Error", reason: "PodFailed", message: "Missing Node" } as const;
      reports.set(name, { type, status: "Unknown", reason: "InspectionFailed", message }, legacy);
    }
    return;
  }
  if (isUnreachable(node)) {
    const message = `Node ${node.metadata.name} is unreachable`;
    unknown(message);
    for (const { condition: type } of components) {
      const legacy = { type, status: "Unknown", reason: "PodInspectionFailed", message: "Node is unreachable" } as const;
      reports.set(name, { type, status: "Unknown", reason: "InspectionFailed", message }, legacy);
    }
    return;
  }
  for (const { podPrefix, condition: type } of components) {
    const pod = staticPodOf(workload, podPrefix, node);
    const { legacy, ...state } = componentHealth(node, `${podPrefix}-${node.metadata.name}`, pod);
    reports.set(name, { type, ...state }, { type, status: state.status, ...legacy });
  }
  inspectNode(scope, reports, machine, node);
}

/** What a machine without a Node waits for. */
export function provisioningMessage({ spec }: Machine): string {
  return spec.providerID === undefined || spec.providerID === ""
    ? `Waiting for ${spec.infrastructureRef.kind} to report spec.providerID`
    : `Waiting for a Node with spec.providerID ${spec.providerID} to exist`;
}

function inspectNode(scope: Scope, reports: MachineReports, machine: Machine, node: Node): void {
  const { name } = machine.metadata;
  const key = labelKeys.controlPlaneNode;
  const missing = [
    ...(node.metadata.labels?.[key] === undefined ? [`the ${key} label`] : []),
    ...(lacksTaint(machine, scope.kubeadmConfigs.get(name), node) ? [`the ${key}:NoSchedule taint`] : []),
  ];
  const type = healthConditions.node;
  if (missing.length === 0) reports.set(name, { type, status: "True", reason: "Set" });
  else {
    reports.set(name, {
      type,
      status: "False",
      reason: "NotSet",
      message: `Node ${node.metadata.name} does not have ${missing.join(" and ")}`,
    });
  }
}

/** kubeadm taints control plane nodes unless it is told which taints to set. */
function lacksTaint(machine: Machine, config: KubeadmConfig | undefined, node: Node): boolean {
  const isDefault = ({ key, effect }: { readonly key: string; readonly effect: string }): boolean =>
    key === labelKeys.controlPlaneNode && effect === "NoSchedule";
  if (node.spec?.taints?.some(isDefault) === true) return false;
  if (machine.spec.taints?.some(isDefault) === true) return true;
  if (config === undefined) return false;
  const { initConfiguration, joinConfiguration } = config.spec;
  const taints = (joinConfiguration?.controlPlane === undefined ? initConfiguration : joinConfiguration)?.nodeRegistration?.taints;
  return taints === undefined || taints.some(isDefault);
}
