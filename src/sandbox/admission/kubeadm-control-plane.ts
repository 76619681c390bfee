import type { StatusCause } from "../api/api-status-error.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { changedPaths, isAllowed } from "./changed-paths.ts";
import { forbiddenField, internalFault, invalidField, requiredField } from "./field-faults.ts";
import { withFields } from "./filled-in.ts";
import { clusterConfigurationFaults, kubeadmConfigFaults, type KubeadmConfigSpec } from "./kubeadm-config.ts";
import { skipsMinor, tolerantVersion, versionError, versionFaults } from "./versions.ts";
import type { Webhook } from "./webhook.ts";

export interface ControlPlaneRollout {
  readonly before?: { readonly certificatesExpiryDays?: number };
  readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: number | string } };
}

interface Spec {
  readonly replicas?: number;
  readonly version: string;
  readonly rollout?: ControlPlaneRollout;
  readonly kubeadmConfigSpec?: KubeadmConfigSpec;
  readonly machineNaming?: { readonly template?: string };
  readonly machineTemplate?: {
    readonly spec?: {
      readonly infrastructureRef?: { readonly apiGroup?: string; readonly kind?: string; readonly name?: string };
      readonly taints?: readonly unknown[];
    };
  };
}

/** Schemas have made sure of the shape. */
function specOf(object: StoredObject): Spec {
  return object["spec"] as Spec;
}

export const kubeadmControlPlaneWebhook: Webhook = {
  name: "kubeadmcontrolplane.controlplane.cluster.x-k8s.io",
  group: "cluster.x-k8s.io",
  fill({ object }) {
    const spec = specOf(object);
    const { version, replicas = 1, rollout = {} } = spec;
    const rollingUpdate = withFields(rollout.strategy?.rollingUpdate ?? {}, { maxSurge: rollout.strategy?.rollingUpdate?.maxSurge ?? 1 });
    const strategy = withFields(rollout.strategy ?? {}, { type: "RollingUpdate", rollingUpdate });
    return withFields(object, {
      spec: withFields(spec, {
        version: version.startsWith("v") ? version : `v${version}`,
        replicas,
        rollout: withFields(rollout, { strategy }),
      }),
    });
  },
  faults({ object, previous }) {
    const spec = specOf(object);
    const before = previous === undefined ? undefined : specOf(previous);
    const config = spec.kubeadmConfigSpec ?? {};
    return [
      ...specFaults(spec),
      ...(before === undefined ? [] : changesNotAllowed(before, spec)),
      ...(before === undefined ? [] : versionChangeFaults(before, spec)),
      ...clusterConfigurationFaults(
        "spec.kubeadmConfigSpec.clusterConfiguration",
        before === undefined ? undefined : (before.kubeadmConfigSpec ?? {}),
        config,
      ),
      ...kubeadmConfigFaults("spec.kubeadmConfigSpec", config, "control plane"),
    ];
  },
};

function specFaults(spec: Spec): readonly StatusCause[] {
  const { replicas, version, rollout, kubeadmConfigSpec = {}, machineTemplate } = spec;
  const isStacked = kubeadmConfigSpec.clusterConfiguration?.etcd?.external === undefined;
  const reference = machineTemplate?.spec?.infrastructureRef ?? {};
  return [
    ...(replicas === undefined ? [requiredField("spec.replicas", "is required")] : []),
    ...(replicas !== undefined && replicas <= 0 ? [forbiddenField("spec.replicas", "cannot be less than or equal to 0")] : []),
    ...(replicas !== undefined && isStacked && replicas % 2 === 0
      ? [forbiddenField("spec.replicas", "cannot be an even number when etcd is stacked")]
      : []),
    ...(["apiGroup", "kind", "name"] as const)
      .filter((name) => (reference[name] ?? "") === "")
      .map((name) => invalidField(`spec.machineTemplate.infrastructure.${name}`, "", "cannot be empty")),
    ...taintFaults("spec.machineTemplate.spec.taints", machineTemplate?.spec?.taints),
    ...versionFaults("spec.version", version),
    ...rolloutAndValidityFaults("spec", { rollout, replicas, kubeadmConfigSpec }),
    ...namingFaults("spec.machineNaming", spec.machineNaming),
  ];
}

export function taintFaults(field: string, taints: readonly unknown[] = []): readonly StatusCause[] {
  const detail = "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled";
  return taints.length === 0 ? [] : [forbiddenField(field, detail)];
}

export function namingFaults(field: string, naming: { readonly template?: string } | undefined): readonly StatusCause[] {
  const template = naming?.template ?? "";
  if (template === "" || template.includes("{{ .random }}")) return [];
  return [invalidField(`${field}.template`, template, "invalid template, {{ .random }} is missing")];
}

/** `path`: of the object that holds both fields. No strategy: nothing is looked at, not even the certificates. */
export function rolloutAndValidityFaults(
  path: string,
  {
    rollout = {},
    replicas,
    kubeadmConfigSpec = {},
  }: {
    readonly rollout: ControlPlaneRollout | undefined;
    readonly replicas: number | undefined;
    readonly kubeadmConfigSpec: KubeadmConfigSpec | undefined;
  },
): readonly StatusCause[] {
  const { strategy, before } = rollout;
  if (strategy === undefined) return [];
  const surge = strategy.rollingUpdate?.maxSurge === undefined ? undefined : Number.parseInt(String(strategy.rollingUpdate.maxSurge), 10);
  const { certificateValidityPeriodDays: days = 0, caCertificateValidityPeriodDays: authorityDays = 0 } =
    kubeadmConfigSpec.clusterConfiguration ?? {};
  const daysField = `${path}.kubeadmConfigSpec.clusterConfiguration.certificateValidityPeriodDays`;
  const expiry = before?.certificatesExpiryDays ?? 0;
  const scaleIn = "when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3";
  return [
    ...(strategy.type === "RollingUpdate" ? [] : [requiredField(`${path}.rollout.strategy.type`, "only RollingUpdate is supported")]),
    ...(surge === 0 && replicas !== undefined && replicas < 3 ? [requiredField(`${path}.rollout.strategy.rollingUpdate`, scaleIn)] : []),
    ...(surge === undefined || surge === 0 || surge === 1
      ? []
      : [requiredField(`${path}.rollout.strategy.rollingUpdate.maxSurge`, "value must be 1 or 0")]),
    ...(authorityDays !== 0 && days > authorityDays
      ? [invalidField(daysField, days, `must be less than or equal to caCertificateValidityPeriodDays (${authorityDays})`)]
      : []),
    ...(days !== 0 && expiry !== 0 && expiry >= days
      ? [invalidField(`${path}.rollout.before.certificatesExpiryDays`, expiry, `must be less than certificateValidityPeriodDays (${days})`)]
      : []),
  ];
}

const cluster = "kubeadmConfigSpec.clusterConfiguration";
const init = "kubeadmConfigSpec.initConfiguration";
const join = "kubeadmConfigSpec.joinConfiguration";

/** Everything at and below these paths of the spec may change; `.*`: only what is below. */
const changeable: readonly string[] = [
  ...["etcd", "dns", "imageRepository", "featureGates", "apiServer", "controllerManager", "scheduler"].map((name) => `${cluster}.${name}`),
  ...["certificateValidityPeriodDays", "encryptionAlgorithm"].map((name) => `${cluster}.${name}`),
  ...["nodeRegistration", "patches", "skipPhases", "bootstrapTokens", "localAPIEndpoint", "timeouts"].map((name) => `${init}.${name}`),
  ...["nodeRegistration", "patches", "skipPhases", "caCertPath", "controlPlane", "discovery", "timeouts"].map((name) => `${join}.${name}`),
  ...["bootCommands", "preKubeadmCommands", "postKubeadmCommands", "files", "verbosity", "users", "ntp", "ignition", "diskSetup"].map(
    (name) => `kubeadmConfigSpec.${name}`,
  ),
  "kubeadmConfigSpec.format",
  "kubeadmConfigSpec.mounts",
  "machineTemplate.metadata",
  "machineTemplate.spec",
  "replicas",
  "version",
  "remediation",
  "machineNaming",
  "rollout",
];

function changesNotAllowed(before: Spec, after: Spec): readonly StatusCause[] {
  return changedPaths(before, after)
    .filter((path) => !isAllowed(changeable, path))
    .map((path) => forbiddenField(["spec", ...path].join("."), "cannot be modified"));
}

/** Downgrades are not refused. */
function versionChangeFaults(before: Spec, after: Spec): readonly StatusCause[] {
  const why = versionError(after.version);
  if (why !== undefined) {
    return [internalFault("spec.version", `failed to parse updated kubeadmcontrolplane version: ${after.version}: ${why}`)];
  }
  if (!skipsMinor(tolerantVersion(before.version), tolerantVersion(after.version))) return [];
  return [forbiddenField("spec.version", `cannot update Kubernetes version from ${before.version} to ${after.version}`)];
}
