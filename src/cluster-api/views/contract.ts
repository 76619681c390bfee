import { CLUSTER_CLASS_FIELDS, CLUSTER_FIELDS } from "./cluster.ts";
import { CONDITION_PATHS } from "./conditions.ts";
import { CONTROL_PLANE_FIELDS } from "./control-plane.ts";
import { OLD_COUNT_FIELDS } from "./counts.ts";
import { same, type Field, type FieldTable } from "./fields.ts";
import { MACHINE_FIELDS } from "./machine.ts";
import { MACHINE_SET_FIELDS } from "./machine-set.ts";
import { MACHINE_DEPLOYMENT_FIELDS, POOL_FIELDS } from "./pool.ts";

/** Every field that the views read, a kind each: what a release of Cluster API has to keep for our reading to stay right. */
export interface ViewContract {
  readonly group: string;
  readonly kind: string;
  readonly fields: FieldTable;
}

const CORE = "cluster.x-k8s.io";

/** Paths into lists carry `[]` behind the list. */
const CONDITIONS = {
  conditionType: inBoth("string", "type"),
  conditionStatus: inBoth("string", "status"),
  conditionReason: inBoth("string", "reason"),
  conditionMessage: inBoth("string", "message"),
  conditionTime: inBoth("date-time", "lastTransitionTime"),
} satisfies FieldTable;

const VERSIONS = {
  countedVersion: same("string", "status.versions[].version"),
  countedReplicas: same("integer", "status.versions[].replicas"),
} satisfies FieldTable;

export const VIEW_CONTRACTS: readonly ViewContract[] = [
  {
    group: CORE,
    kind: "Cluster",
    fields: {
      ...CLUSTER_FIELDS,
      ...CONDITIONS,
      deploymentName: same("string", "spec.topology.workers.machineDeployments[].name"),
      deploymentAnnotations: same("object", "spec.topology.workers.machineDeployments[].metadata.annotations"),
      poolName: same("string", "spec.topology.workers.machinePools[].name"),
      poolAnnotations: same("object", "spec.topology.workers.machinePools[].metadata.annotations"),
      variableName: same("string", "spec.topology.variables[].name"),
      headVariableName: same("string", "spec.topology.controlPlane.variables.overrides[].name"),
      deploymentVariableName: same("string", "spec.topology.workers.machineDeployments[].variables.overrides[].name"),
      poolVariableName: same("string", "spec.topology.workers.machinePools[].variables.overrides[].name"),
      controlPlaneStep: steps("controlPlane"),
      workersStep: steps("workers"),
    },
  },
  { group: CORE, kind: "ClusterClass", fields: CLUSTER_CLASS_FIELDS },
  {
    group: "controlplane.cluster.x-k8s.io",
    kind: "KubeadmControlPlane",
    fields: { ...CONTROL_PLANE_FIELDS, ...OLD_COUNT_FIELDS, ...CONDITIONS, ...VERSIONS },
  },
  { group: CORE, kind: "MachineDeployment", fields: { ...MACHINE_DEPLOYMENT_FIELDS, ...OLD_COUNT_FIELDS, ...CONDITIONS, ...VERSIONS } },
  { group: CORE, kind: "MachinePool", fields: { ...POOL_FIELDS, ...CONDITIONS, ...VERSIONS } },
  { group: CORE, kind: "MachineSet", fields: { ...MACHINE_SET_FIELDS, ...CONDITIONS } },
  { group: CORE, kind: "Machine", fields: { ...MACHINE_FIELDS, ...CONDITIONS } },
];

function inBoth(type: Field["type"], key: string): Field {
  const { nested, direct } = CONDITION_PATHS;
  return { type, v1beta1: [`${nested}[].${key}`, `${direct}[].${key}`], v1beta2: [`${direct}[].${key}`] };
}

function steps(owner: "controlPlane" | "workers"): Field {
  return { type: "string", v1beta1: [`status.v1beta2.${owner}.upgradePlan[].version`], v1beta2: [`status.${owner}.upgradePlan[].version`] };
}
