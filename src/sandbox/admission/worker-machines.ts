import type { StatusCause } from "../api/api-status-error.ts";
import { matchesSelector } from "../controllers/machine-set/label-selector.ts";
import { labelSelectorText } from "../schemas/selector-text.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { forbiddenField, invalidField } from "./field-faults.ts";
import { clusterNameLabel, withEntry, withFields, withLabel } from "./filled-in.ts";
import {
  bootstrapFaults,
  clusterNameFaults,
  machineVersionFaults,
  templateClusterFaults,
  withVersion,
  type MachineSpec,
} from "./machine-spec.ts";
import { replicasByAutoscaler } from "./replicas.ts";
import { rolloutFaults, maxInFlightFaults, type RollingUpdate } from "./rollout-strategy.ts";
import type { Webhook, WebhookRequest } from "./webhook.ts";

type Labels = Readonly<Record<string, string>>;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

interface Template {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec?: MachineSpec;
}

interface WorkersSpec {
  readonly clusterName: string;
  readonly replicas?: number;
  readonly selector?: Selector;
  readonly template?: Template;
  readonly rollout?: { readonly strategy?: { readonly type?: string; readonly rollingUpdate?: RollingUpdate } };
  readonly remediation?: { readonly maxInFlight?: number | string };
  readonly machineNaming?: { readonly template?: string };
}

/** Schemas have made sure of the shape. */
function specOf(object: StoredObject): WorkersSpec {
  return object["spec"] as WorkersSpec;
}

export const machineDeploymentWebhook: Webhook = {
  name: "machinedeployment.cluster.x-k8s.io",
  fill(request) {
    const { object } = request;
    const spec = specOf(object);
    const rollout = filledRollout(spec.rollout);
    let { selector = {}, template = {} } = spec;
    [selector, template] = selected(selector, template, "cluster.x-k8s.io/deployment-name", object.metadata.name);
    // Selector and template stay within the cluster.
    selector = withFields(selector, { matchLabels: withEntry(selector.matchLabels, clusterNameLabel, spec.clusterName) });
    template = withTemplateLabel(template, clusterNameLabel, spec.clusterName);
    template = template.spec === undefined ? template : withFields(template, { spec: withVersion(template.spec) });
    return filled(request, { rollout, selector, template });
  },
  faults({ object, previous }) {
    const spec = specOf(object);
    return [
      ...bootstrapFaults("spec.template.spec", spec.template?.spec ?? {}),
      ...selectorFaults(spec, (field, _labels, detail) => forbiddenField(field, detail)),
      ...preflightFaults(object),
      ...clusterNameFaults(previous === undefined ? undefined : specOf(previous), spec),
      ...templateClusterFaults(spec),
      ...rolloutFaults("spec.rollout.strategy", spec.rollout?.strategy?.rollingUpdate),
      ...maxInFlightFaults("spec.remediation", spec.remediation?.maxInFlight),
      ...machineVersionFaults("spec.template.spec", spec.template?.spec ?? {}),
      ...namingFaults(spec),
      ...taintFaults(spec),
    ];
  },
};

export const machineSetWebhook: Webhook = {
  name: "machineset.cluster.x-k8s.io",
  fill(request) {
    const { object } = request;
    const spec = specOf(object);
    let { selector = {}, template = {} } = spec;
    [selector, template] = selected(selector, template, "cluster.x-k8s.io/set-name", object.metadata.name);
    template = template.spec === undefined ? template : withFields(template, { spec: withVersion(template.spec) });
    return filled(request, { selector, template });
  },
  faults({ object, previous }) {
    const spec = specOf(object);
    return [
      ...bootstrapFaults("spec.template.spec", spec.template?.spec ?? {}),
      ...selectorFaults(spec, invalidField),
      ...preflightFaults(object),
      ...clusterNameFaults(previous === undefined ? undefined : specOf(previous), spec),
      ...templateClusterFaults(spec),
      ...machineVersionFaults("spec.template.spec", spec.template?.spec ?? {}),
      ...taintFaults(spec),
      ...namingFaults(spec),
    ];
  },
};

export const machinePoolWebhook: Webhook = {
  name: "machinepool.cluster.x-k8s.io",
  fill(request) {
    const spec = specOf(request.object);
    const template = spec.template ?? {};
    const machine = withVersion(template.spec ?? {});
    const deletion = withFields(machine.deletion ?? {}, {
      nodeDeletionTimeoutSeconds: machine.deletion?.nodeDeletionTimeoutSeconds ?? 10,
    });
    return filled(request, { template: withFields(template, { spec: withFields(machine, { deletion }) }) });
  },
  faults({ object, previous }) {
    const spec = specOf(object);
    const taints = spec.template?.spec?.taints ?? [];
    return [
      ...bootstrapFaults("spec.template.spec", spec.template?.spec ?? {}),
      ...clusterNameFaults(previous === undefined ? undefined : specOf(previous), spec),
      ...templateClusterFaults(spec),
      ...machineVersionFaults("spec.template.spec", spec.template?.spec ?? {}),
      ...(taints.length === 0
        ? []
        : [
            forbiddenField("spec.taints", "taints feature for MachinePools is not yet implemented"),
            forbiddenField("spec.taints", "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled"),
          ]),
    ];
  },
};

/** What all three get: the label of their cluster, replicas, and these fields. */
function filled({ object, previous, operation }: WebhookRequest, fields: Partial<WorkersSpec>): StoredObject {
  const spec = specOf(object);
  const replicas =
    spec.replicas ??
    replicasByAutoscaler({
      kind: object.kind,
      annotations: object.metadata.annotations ?? {},
      isNew: operation === "create",
      before: previous === undefined ? undefined : specOf(previous).replicas,
    });
  const next = withFields(spec, { ...fields, replicas });
  return withFields(withLabel(object, clusterNameLabel, spec.clusterName), { spec: next });
}

function filledRollout(rollout: NonNullable<WorkersSpec["rollout"]> = {}): NonNullable<WorkersSpec["rollout"]> {
  const { strategy = {} } = rollout;
  const type = strategy.type ?? "RollingUpdate";
  if (type !== "RollingUpdate") return rollout;
  const { maxSurge = 1, maxUnavailable = 0 } = strategy.rollingUpdate ?? {};
  const rollingUpdate = withFields(strategy.rollingUpdate ?? {}, { maxSurge, maxUnavailable });
  return withFields(rollout, { strategy: withFields(strategy, { type, rollingUpdate }) });
}

/** Without a selector the name of the object makes its machines unique. */
function selected(selector: Selector, template: Template, label: string, name: string): [Selector, Template] {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  if (Object.keys(matchLabels).length > 0 || matchExpressions.length > 0) return [selector, template];
  return [{ ...selector, matchLabels: { [label]: name } }, withTemplateLabel(template, label, name)];
}

function withTemplateLabel(template: Template, key: string, value: string): Template {
  const labels = withEntry(template.metadata?.labels, key, value);
  return withFields(template, { metadata: withFields(template.metadata ?? {}, { labels }) });
}

function selectorFaults(
  { selector = {}, template }: WorkersSpec,
  fault: (field: string, labels: Labels, detail: string) => StatusCause,
): readonly StatusCause[] {
  const labels = template?.metadata?.labels ?? {};
  const text = labelSelectorText(selector);
  if (text === "<none>" || matchesSelector(selector, labels)) return [];
  return [fault("spec.template.metadata.labels", labels, `must match spec.selector ${JSON.stringify(text)}`)];
}

const skipAnnotation = "machineset.cluster.x-k8s.io/skip-preflight-checks";
const preflightChecks = ["All", "ControlPlaneIsStable", "ControlPlaneVersionSkew", "KubeadmVersionSkew", "KubernetesVersionSkew"];

function preflightFaults({ metadata }: StoredObject): readonly StatusCause[] {
  const skipped = metadata.annotations?.[skipAnnotation] ?? "";
  if (skipped === "") return [];
  const unknown = skipped
    .split(",")
    .map((each) => each.trim())
    .filter((each) => !preflightChecks.includes(each));
  if (unknown.length === 0) return [];
  const detail = `skipped preflight check(s) must be among: [${preflightChecks.join(" ")}]`;
  return [invalidField(`metadata.annotations.${skipAnnotation}`, unknown, detail)];
}

function namingFaults({ machineNaming }: WorkersSpec): readonly StatusCause[] {
  const template = machineNaming?.template ?? "";
  if (template === "" || template.includes("{{ .random }}")) return [];
  return [invalidField("spec.machineNaming.template", template, "invalid template, {{ .random }} is missing")];
}

/** The feature is off where Cluster API runs with its defaults. */
function taintFaults({ template }: WorkersSpec): readonly StatusCause[] {
  if ((template?.spec?.taints ?? []).length === 0) return [];
  const detail = "taints are not allowed to be set when the feature gate MachineTaintPropagation is disabled";
  return [forbiddenField("spec.template.spec.taints", detail)];
}
