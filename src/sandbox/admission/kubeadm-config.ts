import type { StatusCause } from "../api/api-status-error.ts";
import { forbiddenField, invalidField, requiredField } from "./field-faults.ts";
import { withFields } from "./filled-in.ts";
import { versionError } from "./versions.ts";
import { isTopologyDryRun, type Webhook } from "./webhook.ts";

interface SecretSource {
  readonly secret?: { readonly name?: string; readonly key?: string };
}

interface Stage {
  readonly nodeRegistration?: { readonly imagePullPolicy?: string };
  readonly timeouts?: { readonly controlPlaneComponentHealthCheckSeconds?: number };
}

/** What the webhooks look at in a kubeadm configuration. */
export interface KubeadmConfigSpec {
  readonly format?: string;
  readonly ignition?: unknown;
  readonly files?: readonly { readonly path?: string; readonly content?: string; readonly contentFrom?: SecretSource }[];
  readonly users?: readonly { readonly passwd?: string; readonly passwdFrom?: SecretSource }[];
  readonly diskSetup?: { readonly partitions?: readonly { readonly diskLayout?: readonly { readonly percentage?: number }[] }[] };
  readonly clusterConfiguration?: {
    readonly certificateValidityPeriodDays?: number;
    readonly caCertificateValidityPeriodDays?: number;
    readonly dns?: { readonly imageTag?: string };
    readonly etcd?: { readonly local?: { readonly imageTag?: string }; readonly external?: unknown };
  };
  readonly initConfiguration?: Stage;
  readonly joinConfiguration?: Stage;
}

export const kubeadmConfigWebhook: Webhook = {
  name: "kubeadmconfig.bootstrap.cluster.x-k8s.io",
  faults: ({ object }) => kubeadmConfigFaults("spec", object["spec"] ?? {}, "any machine"),
};

interface TemplateSpec {
  readonly template: { readonly spec?: KubeadmConfigSpec };
}

export const kubeadmConfigTemplateWebhook: Webhook = {
  name: "kubeadmconfigtemplate.bootstrap.cluster.x-k8s.io",
  fill(request) {
    if (!isTopologyDryRun(request)) return request.object;
    const spec = request.object["spec"] as TemplateSpec;
    const template = withFields(spec.template, { spec: withFormerDefaults(spec.template.spec ?? {}) });
    return withFields(request.object, { spec: withFields(spec, { template }) });
  },
  faults: ({ object }) => kubeadmConfigFaults("spec.template.spec", (object["spec"] as TemplateSpec).template.spec ?? {}, "any machine"),
};

/** What webhooks before v1.11 filled in: objects from then are no different from those that leave it out. */
export function withFormerDefaults(config: KubeadmConfigSpec): KubeadmConfigSpec {
  return withFields(config, {
    format: config.format ?? "cloud-config",
    initConfiguration: withPullPolicy(config.initConfiguration),
    joinConfiguration: withPullPolicy(config.joinConfiguration),
  });
}

function withPullPolicy(stage: Stage = {}): Stage {
  const nodeRegistration = withFields(stage.nodeRegistration ?? {}, {
    imagePullPolicy: stage.nodeRegistration?.imagePullPolicy ?? "IfNotPresent",
  });
  return withFields(stage, { nodeRegistration });
}

/** `path`: of the configuration. Timeouts must agree where one configuration serves both init and join. */
export function kubeadmConfigFaults(path: string, config: KubeadmConfigSpec, of: "control plane" | "any machine"): readonly StatusCause[] {
  return [
    ...fileFaults(path, config),
    ...userFaults(path, config),
    ...ignitionFaults(path, config),
    ...diskFaults(path, config),
    ...(of === "control plane" ? timeoutFaults(path, config) : []),
  ];
}

function secretFaults(path: string, { secret = {} }: SecretSource): readonly StatusCause[] {
  return (["name", "key"] as const)
    .filter((name) => (secret[name] ?? "") === "")
    .map((name) => requiredField(`${path}.secret.${name}`, `secret file source must specify non-empty secret ${name}`));
}

function fileFaults(path: string, { files = [] }: KubeadmConfigSpec): readonly StatusCause[] {
  const seen = new Set<string | undefined>();
  return files.flatMap((file, index) => {
    const at = `${path}.files[${index}]`;
    const isTwice = seen.has(file.path);
    seen.add(file.path);
    return [
      ...((file.content ?? "") !== "" && file.contentFrom !== undefined
        ? [invalidField(at, file, "only one of content or contentFrom may be specified for a single file")]
        : []),
      ...(file.contentFrom === undefined ? [] : secretFaults(`${at}.contentFrom`, file.contentFrom)),
      ...(isTwice ? [invalidField(`${at}.path`, file, "path property must be unique among all files")] : []),
    ];
  });
}

function userFaults(path: string, { users = [] }: KubeadmConfigSpec): readonly StatusCause[] {
  return users.flatMap((user, index) => {
    const at = `${path}.users[${index}]`;
    return [
      ...((user.passwd ?? "") !== "" && user.passwdFrom !== undefined
        ? [invalidField(at, user, "only one of passwd or passwdFrom may be specified for a single user")]
        : []),
      ...(user.passwdFrom === undefined ? [] : secretFaults(`${at}.passwdFrom`, user.passwdFrom)),
    ];
  });
}

/** The feature is off where Cluster API runs with its defaults. */
function ignitionFaults(path: string, { format, ignition }: KubeadmConfigSpec): readonly StatusCause[] {
  const detail = "can be set only if the KubeadmBootstrapFormatIgnition feature gate is enabled";
  return [
    ...(format === "ignition" ? [forbiddenField(`${path}.format`, detail)] : []),
    ...(ignition === undefined ? [] : [forbiddenField(`${path}.ignition`, detail)]),
  ];
}

function diskFaults(path: string, { diskSetup }: KubeadmConfigSpec): readonly StatusCause[] {
  return (diskSetup?.partitions ?? []).flatMap(({ diskLayout = [] }, index) => {
    const total = diskLayout.reduce((sum, { percentage = 0 }) => sum + percentage, 0);
    if (total <= 100) return [];
    const detail = "the sum of all partition percentages must not be greater than 100";
    return [invalidField(`${path}.diskSetup.partitions[${index}].diskLayout`, total, detail)];
  });
}

function timeoutFaults(path: string, { initConfiguration, joinConfiguration }: KubeadmConfigSpec): readonly StatusCause[] {
  const text = (stage: Stage | undefined): string => String(stage?.timeouts?.controlPlaneComponentHealthCheckSeconds ?? "unset");
  const [init, join] = [text(initConfiguration), text(joinConfiguration)];
  if (init === join) return [];
  const detail = `controlPlaneComponentHealthCheckSeconds must be set to the same value both in initConfiguration.timeouts (${init}) and in joinConfiguration.timeouts (${join})`;
  return [
    invalidField(`${path}.initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds`, init, detail),
    invalidField(`${path}.joinConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds`, join, detail),
  ];
}

const imageTag = /^[\w][\w.-]{0,127}$/;

/** `path`: of the clusterConfiguration. `before` undefined: the object is new. */
export function clusterConfigurationFaults(
  path: string,
  before: KubeadmConfigSpec | undefined,
  { clusterConfiguration = {} }: KubeadmConfigSpec,
): readonly StatusCause[] {
  const { dns, etcd = {} } = clusterConfiguration;
  const isWrong = (each = ""): boolean => each !== "" && !imageTag.test(each);
  const tag = dns?.imageTag ?? "";
  // Tags cannot hold a plus.
  const why = tag === "" ? undefined : versionError(tag.replaceAll("_", "+"));
  const wasExternal = before?.clusterConfiguration?.etcd?.external !== undefined;
  const isExternal = etcd.external !== undefined;
  return [
    ...(isWrong(dns?.imageTag) ? [forbiddenField(`${path}.dns.imageTag`, `tag ${dns?.imageTag} is invalid`)] : []),
    ...(why === undefined ? [] : [invalidField("dns.imageTag", tag, `failed to parse CoreDNS version: ${why}`)]),
    ...(isWrong(etcd.local?.imageTag) ? [forbiddenField(`${path}.etcd.local.imageTag`, `tag ${etcd.local?.imageTag} is invalid`)] : []),
    ...(etcd.local !== undefined && isExternal ? [forbiddenField(`${path}.etcd.local`, "cannot have both external and local etcd")] : []),
    ...(before !== undefined && wasExternal !== isExternal
      ? [forbiddenField(`${path}.etcd.external`, "cannot change between external and local etcd")]
      : []),
  ];
}
