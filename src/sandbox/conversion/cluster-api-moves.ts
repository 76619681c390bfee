import { argumentList, conditionTimeouts, duration, nodeReference, reference, templateReference } from "./codecs.ts";
import type { Move, PlaceMoves } from "./moves.ts";

/** Where the fields of Cluster API's kinds went from v1beta1 to v1beta2 (book: "Cluster API v1beta1 compared with v1beta2"; api/…/v1beta1/conversion.go). */

const prefixed = (old: string, new_: string, moves: readonly Move[]): readonly Move[] =>
  moves.map(([from, to, codec]) => (codec === undefined ? [old + from, new_ + to] : [old + from, new_ + to, codec]));

const machineTimeouts: readonly Move[] = ["Drain", "VolumeDetach", "Deletion"].map((what) => [
  `node${what}Timeout`,
  `deletion.node${what}TimeoutSeconds`,
  duration,
]);

const checks: readonly Move[] = [
  ["unhealthyConditions", "checks.unhealthyNodeConditions", conditionTimeouts],
  ["unhealthyMachineConditions", "checks.unhealthyMachineConditions", conditionTimeouts],
  ["nodeStartupTimeout", "checks.nodeStartupTimeoutSeconds", duration],
  ["maxUnhealthy", "remediation.triggerIf.unhealthyLessThanOrEqualTo"],
  ["unhealthyRange", "remediation.triggerIf.unhealthyInRange"],
  ["remediationTemplate", "remediation.templateRef", templateReference],
];
const healthCheck = prefixed("machineHealthCheck.", "healthCheck.", [["enable", "enabled"], ...checks]);

const strategy = (maxInFlight: string): readonly Move[] => [
  ["strategy.type", "rollout.strategy.type"],
  ["strategy.rollingUpdate.maxSurge", "rollout.strategy.rollingUpdate.maxSurge"],
  ["strategy.rollingUpdate.maxUnavailable", "rollout.strategy.rollingUpdate.maxUnavailable"],
  ["strategy.rollingUpdate.deletePolicy", "deletion.order"],
  ["strategy.remediation.maxInFlight", maxInFlight],
];

const machineSpec: readonly Move[] = [
  ["infrastructureRef", "infrastructureRef", reference],
  ["bootstrap.configRef", "bootstrap.configRef", reference],
  ...machineTimeouts,
];

const naming: Move = ["machineNamingStrategy.template", "machineNaming.template"];

/** v1beta2 conditions and counters live below `status.v1beta2` in v1beta1, and those of v1beta1 below `status.deprecated.v1beta1` in v1beta2. */
const conditions: readonly Move[] = [
  ["conditions", "deprecated.v1beta1.conditions"],
  ["failureReason", "deprecated.v1beta1.failureReason"],
  ["failureMessage", "deprecated.v1beta1.failureMessage"],
  ["v1beta2.conditions", "conditions"],
];
const counters = (old: readonly string[], both: readonly string[]): readonly Move[] => [
  ...old.map((name): Move => [name, `deprecated.v1beta1.${name}`]),
  ...both.map((name): Move => [`v1beta2.${name}`, name]),
];
const newCounters = ["readyReplicas", "availableReplicas", "upToDateReplicas"];

const initialized = (...names: readonly (readonly [string, string])[]): readonly Move[] =>
  names.map(([old, new_]): Move => [old, `initialization.${new_}`]);

const topologyWorkers: readonly Move[] = [...strategy("healthCheck.remediation.maxInFlight"), ...healthCheck, ...machineTimeouts];
const classNaming: Move = ["namingStrategy.template", "naming.template"];

const cluster: readonly PlaceMoves[] = [
  {
    at: "spec",
    moves: [
      ["infrastructureRef", "infrastructureRef", reference],
      ["controlPlaneRef", "controlPlaneRef", reference],
      ["topology.class", "topology.classRef.name"],
      ["topology.classNamespace", "topology.classRef.namespace"],
      ["topology.rolloutAfter", "topology.rolloutAfter"],
    ],
  },
  { at: "spec.topology.controlPlane", moves: [...healthCheck, ...machineTimeouts] },
  { at: "spec.topology.workers.machineDeployments[]", moves: topologyWorkers },
  { at: "spec.topology.workers.machinePools[]", moves: machineTimeouts },
  {
    at: "status",
    moves: [
      ...conditions,
      ["v1beta2.controlPlane", "controlPlane"],
      ["v1beta2.workers", "workers"],
      ...initialized(["infrastructureReady", "infrastructureProvisioned"], ["controlPlaneReady", "controlPlaneInitialized"]),
    ],
  },
];

const clusterClass: readonly PlaceMoves[] = [
  {
    at: "spec",
    moves: [
      ["infrastructure.ref", "infrastructure.templateRef", templateReference],
      ["controlPlane.ref", "controlPlane.templateRef", templateReference],
      ["controlPlane.machineInfrastructure.ref", "controlPlane.machineInfrastructure.templateRef", templateReference],
      ["infrastructureNamingStrategy.template", "infrastructure.naming.template"],
    ],
  },
  { at: "spec.controlPlane", moves: [...healthCheck, ...machineTimeouts, classNaming] },
  {
    at: "spec.workers.machineDeployments[]",
    moves: [
      ["template.metadata", "metadata"],
      ["template.bootstrap.ref", "bootstrap.templateRef", templateReference],
      ["template.infrastructure.ref", "infrastructure.templateRef", templateReference],
      ...topologyWorkers,
      classNaming,
    ],
  },
  {
    at: "spec.workers.machinePools[]",
    moves: [
      ["template.metadata", "metadata"],
      ["template.bootstrap.ref", "bootstrap.templateRef", templateReference],
      ["template.infrastructure.ref", "infrastructure.templateRef", templateReference],
      ...machineTimeouts,
      classNaming,
    ],
  },
  { at: "status", moves: conditions },
];

/** minReadySeconds moved from the set into its machines. */
const minReadySeconds: Move = ["minReadySeconds", "template.spec.minReadySeconds"];

const kubeadmConfigSpec = (at: string): readonly PlaceMoves[] => [
  {
    at,
    moves: [
      ...["apiServer", "controllerManager", "scheduler", "etcd.local"].map((part): Move => {
        const field = `clusterConfiguration.${part}.extraArgs`;
        return [field, field, argumentList];
      }),
      [
        "clusterConfiguration.apiServer.timeoutForControlPlane",
        "initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds",
        duration,
      ],
      ...["initConfiguration", "joinConfiguration"].map((part): Move => {
        const field = `${part}.nodeRegistration.kubeletExtraArgs`;
        return [field, field, argumentList];
      }),
    ],
  },
  { at: `${at}.initConfiguration.bootstrapTokens[]`, moves: [["ttl", "ttlSeconds", duration]] },
];

const controlPlaneRollout: readonly Move[] = [
  ["rolloutStrategy", "rollout.strategy"],
  ["rolloutAfter", "rollout.after"],
  ["rolloutBefore.certificatesExpiryDays", "rollout.before.certificatesExpiryDays"],
  ["remediationStrategy.maxRetry", "remediation.maxRetry"],
  ["remediationStrategy.retryPeriod", "remediation.retryPeriodSeconds", duration],
  ["remediationStrategy.minHealthyPeriod", "remediation.minHealthyPeriodSeconds", duration],
  naming,
];

const provisioned: readonly PlaceMoves[] = [{ at: "status", moves: [...conditions, ...initialized(["ready", "provisioned"])] }];

/** By kind. A kind that is not here reads the same in both versions. */
export const movesByKind: Readonly<Record<string, readonly PlaceMoves[]>> = {
  Cluster: cluster,
  ClusterClass: clusterClass,
  Machine: [
    { at: "spec", moves: machineSpec },
    {
      at: "status",
      moves: [
        ...conditions,
        ...initialized(["infrastructureReady", "infrastructureProvisioned"], ["bootstrapReady", "bootstrapDataSecretCreated"]),
        ["nodeRef", "nodeRef", nodeReference],
      ],
    },
  ],
  MachineSet: [
    { at: "spec", moves: [["deletePolicy", "deletion.order"], minReadySeconds, naming] },
    { at: "spec.template.spec", moves: machineSpec },
    {
      at: "status",
      moves: [...conditions, ...counters(["readyReplicas", "availableReplicas", "fullyLabeledReplicas"], newCounters)],
    },
  ],
  MachineDeployment: [
    { at: "spec", moves: [...strategy("remediation.maxInFlight"), ["rolloutAfter", "rollout.after"], minReadySeconds, naming] },
    { at: "spec.template.spec", moves: machineSpec },
    {
      at: "status",
      moves: [...conditions, ...counters(["readyReplicas", "availableReplicas", "updatedReplicas", "unavailableReplicas"], newCounters)],
    },
  ],
  MachinePool: [
    { at: "spec", moves: [minReadySeconds] },
    { at: "spec.template.spec", moves: machineSpec },
    {
      at: "status",
      moves: [
        ...conditions,
        ...counters(["readyReplicas", "availableReplicas", "unavailableReplicas"], newCounters),
        ...initialized(["infrastructureReady", "infrastructureProvisioned"], ["bootstrapReady", "bootstrapDataSecretCreated"]),
      ],
    },
  ],
  MachineHealthCheck: [
    { at: "spec", moves: checks },
    { at: "status", moves: conditions },
  ],
  KubeadmControlPlane: [
    {
      at: "spec",
      moves: [...controlPlaneRollout, ["machineTemplate.infrastructureRef", "machineTemplate.spec.infrastructureRef", reference]],
    },
    {
      at: "spec.machineTemplate",
      moves: machineTimeouts.map(([old, new_, codec]): Move => [old, `spec.${new_}`, codec!]),
    },
    ...kubeadmConfigSpec("spec.kubeadmConfigSpec"),
    {
      at: "status",
      moves: [
        ...conditions,
        ...counters(["readyReplicas", "updatedReplicas", "unavailableReplicas"], newCounters),
        ...initialized(["initialized", "controlPlaneInitialized"]),
      ],
    },
  ],
  KubeadmControlPlaneTemplate: [
    { at: "spec.template.spec", moves: controlPlaneRollout },
    {
      at: "spec.template.spec.machineTemplate",
      moves: machineTimeouts.map(([old, new_, codec]): Move => [old, `spec.${new_}`, codec!]),
    },
    ...kubeadmConfigSpec("spec.template.spec.kubeadmConfigSpec"),
  ],
  KubeadmConfig: [...kubeadmConfigSpec("spec"), { at: "status", moves: [...conditions, ...initialized(["ready", "dataSecretCreated"])] }],
  KubeadmConfigTemplate: kubeadmConfigSpec("spec.template.spec"),
  DevCluster: provisioned,
  DevMachine: provisioned,
  DockerCluster: provisioned,
  DockerMachine: provisioned,
};
