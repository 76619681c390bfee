import { typeKey } from "../../api/resource-type.ts";
import { ApiStatusError } from "../../api/api-status-error.ts";
import { keyText, type Cluster, type MachineSet, type VersionCount } from "./machine-objects.ts";
import { findTemplate, needTemplate } from "./template-reference.ts";
import { compareVersionTexts, minorOf } from "./version-counts.ts";
import type { Environment } from "../environment.ts";
import type { StoredObject } from "../../store/stored-object.ts";

type PreflightCheck = "ControlPlaneIsStable" | "KubernetesVersionSkew" | "KubeadmVersionSkew" | "ControlPlaneVersionSkew";

const skipAnnotation = "machineset.cluster.x-k8s.io/skip-preflight-checks";
const upgradeStepAnnotation = "topology.internal.cluster.x-k8s.io/upgrade-step";
/** Minor versions that a kubelet may be behind its API server. */
const kubeletSkew = 3;

interface ControlPlane extends StoredObject {
  readonly spec?: { readonly version?: string };
  readonly status?: { readonly version?: string; readonly versions?: readonly VersionCount[] };
}

/** Why a MachineSet may not make machines now, one text for each check that fails (machineset_preflight.go at v1.14). Throws when a template or the control plane is not there. */
export function failedPreflightChecks(environment: Environment, cluster: Cluster, machineSet: MachineSet): readonly string[] {
  const skipped = skippedChecks(environment, machineSet);
  if (skipped.has("All")) return [];
  const reference = cluster.spec?.controlPlaneRef;
  if (reference === undefined) return [];
  const { namespace } = cluster.metadata;
  const controlPlane: ControlPlane | undefined = findTemplate(environment, namespace, reference);
  if (controlPlane === undefined) {
    const type = environment.type(typeKey(reference.apiGroup, reference.kind));
    throw new ApiStatusError(
      404,
      "NotFound",
      `failed to perform preflight checks: failed to get ControlPlane ${namespace ?? ""}/${reference.name}: ${type.plural}.${type.group} "${reference.name}" not found`,
    );
  }
  const version = controlPlane.spec?.version;
  if (version === undefined) return [];
  const wanted = machineSet.spec.template.spec.version;
  const checks: readonly (readonly [PreflightCheck, string | undefined])[] = [
    ["ControlPlaneIsStable", unstableControlPlane(cluster, controlPlane, version)],
    ...(wanted === undefined || wanted === ""
      ? []
      : ([
          ["KubernetesVersionSkew", kubernetesSkew(version, wanted)],
          ["KubeadmVersionSkew", kubeadmSkew(version, wanted, machineSet)],
          ["ControlPlaneVersionSkew", controlPlaneSkew(cluster, version, wanted)],
        ] as const)),
  ];
  return checks.flatMap(([check, text]) =>
    text === undefined || skipped.has(check) ? [] : [`${text} ("${check}" preflight check failed)`],
  );
}

function unstableControlPlane(cluster: Cluster, controlPlane: ControlPlane, version: string): string | undefined {
  const who = `${controlPlane.kind} ${keyText(controlPlane)}`;
  const topology = cluster.spec?.topology;
  if (topology !== undefined) {
    const step = cluster.metadata.annotations?.[upgradeStepAnnotation] || undefined;
    if (topology.version !== version && step !== version) return `${who} has a pending version upgrade to ${step ?? topology.version}`;
  }
  const { versions = [], version: reported = "" } = controlPlane.status ?? {};
  const running = versions.length > 0 ? versions.map((each) => each.version) : [reported].filter((each) => each !== "");
  if (running.length === 0) return `${who} is provisioning`;
  return running.some((each) => isNewer(version, each)) ? `${who} is upgrading` : undefined;
}

/** Also when it differs only in build metadata that cannot be ordered. */
function isNewer(version: string, running: string): boolean {
  const order = compareVersionTexts(version, running) ?? 0;
  return order === "different" || order > 0;
}

function kubernetesSkew(version: string, wanted: string): string | undefined {
  const difference = minorNumber(version) - minorNumber(wanted);
  const texts = `${versionsText(version, wanted)} do not conform to the kubernetes version skew policy as MachineSet version is`;
  if (difference < 0) return `${texts} higher than ControlPlane version`;
  return difference > kubeletSkew ? `${texts} more than ${kubeletSkew} minor versions older than the ControlPlane version` : undefined;
}

function kubeadmSkew(version: string, wanted: string, { spec }: MachineSet): string | undefined {
  const reference = spec.template.spec.bootstrap?.configRef;
  const isKubeadm = reference?.kind === "KubeadmConfigTemplate" && reference.apiGroup === "bootstrap.cluster.x-k8s.io";
  if (!isKubeadm || minorNumber(version) === minorNumber(wanted)) return undefined;
  return `${versionsText(version, wanted)} do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane`;
}

function controlPlaneSkew(cluster: Cluster, version: string, wanted: string): string | undefined {
  if (cluster.spec?.topology === undefined || version === wanted) return undefined;
  return `MachineSet version (${wanted}) is not yet the same as the ControlPlane version (${version}), waiting for version to be propagated to the MachineSet`;
}

function versionsText(version: string, wanted: string): string {
  return `MachineSet version (${wanted.replace(/^v/, "")}) and ControlPlane version (${version.replace(/^v/, "")})`;
}

function minorNumber(version: string): number {
  return minorOf(version) ?? 0;
}

/** By the annotation of the MachineSet, or else by that of its bootstrap template. */
function skippedChecks(environment: Environment, machineSet: MachineSet): ReadonlySet<string> {
  const reference = machineSet.spec.template.spec.bootstrap?.configRef;
  let skip = machineSet.metadata.annotations?.[skipAnnotation] ?? "";
  if (skip === "" && reference !== undefined) {
    skip = needTemplate(environment, machineSet.metadata.namespace, reference).metadata.annotations?.[skipAnnotation] ?? "";
  }
  return new Set(skip.split(",").map((check) => check.trim()));
}
