import type { LabelSelector } from "../../../label-selector.ts";
import type { Random } from "../../engine/random.ts";
import { sharingParts } from "../../store/same-json.ts";
import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import {
  clusterNameLabel,
  machineDeploymentNameLabel,
  revisionAnnotation,
  type MachineDeployment,
  type MachineSet,
  type MachineSpec,
} from "../machine-set/machine-objects.ts";
import { withOwnedKeys } from "../machine-set/owned-keys.ts";
import { controllingOwner } from "../machine-set/template-reference.ts";
import { rolloutLimits } from "./fenceposts.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

export const machineDeploymentManager = "capi-machinedeployment";

const hashLabel = "machine-template-hash";
const historyAnnotation = "machinedeployment.clusters.x-k8s.io/revision-history";
export const desiredReplicasAnnotation = "machinedeployment.clusters.x-k8s.io/desired-replicas";
export const maxReplicasAnnotation = "machinedeployment.clusters.x-k8s.io/max-replicas";
/** Annotations of a MachineDeployment that its MachineSets do not take over. */
const ownAnnotations: readonly string[] = [
  "kubectl.kubernetes.io/last-applied-configuration",
  "cluster.x-k8s.io/conversion-data",
  revisionAnnotation,
  historyAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
];

/** `<machine deployment>-<suffix>`; the suffix also tells MachineSets of the same template apart (`machine-template-hash: <hash>-<suffix>`). */
export function newMachineSet(
  deployment: MachineDeployment,
  replicas: number,
  annotations: Readonly<Record<string, string>>,
  random: Random,
): GivenObject & { readonly metadata: { readonly name: string } } {
  const { metadata, spec } = deployment;
  const suffix = random.suffix(5);
  const hash = `${templateHash(spec.template.spec)}-${suffix}`;
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
  return {
    metadata: {
      name: `${`${metadata.name}-`.slice(0, 58)}${suffix}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...labels, [machineDeploymentNameLabel]: metadata.name },
      annotations,
      ownerReferences: [controllingOwner(deployment)],
    },
    spec: machineSetSpec(deployment, undefined, replicas, hash),
  };
}

/** The MachineSet with what its MachineDeployment passes on in place, and with that many replicas; the same object when nothing changes. */
export function withDesiredFields(
  machineSet: MachineSet,
  deployment: MachineDeployment,
  replicas: number,
  desiredAnnotations: Readonly<Record<string, string>>,
): GivenObject {
  const hash = machineSet.metadata.labels?.[hashLabel] ?? "";
  const desiredLabels = {
    ...deployment.spec.template.metadata?.labels,
    [hashLabel]: hash,
    [machineDeploymentNameLabel]: deployment.metadata.name,
  };
  const { metadata } = machineSet;
  const labels = withOwnedKeys(machineSet, "labels", desiredLabels, machineDeploymentManager);
  const annotations = withOwnedKeys(machineSet, "annotations", desiredAnnotations, machineDeploymentManager);
  const spec = desiredSpec(machineSet, deployment, replicas, hash);
  if (spec === machineSet.spec && labels === metadata.labels && annotations === metadata.annotations) return machineSet;
  return { ...machineSet, metadata: withoutUndefined<StoredObject["metadata"]>({ ...metadata, labels, annotations }), spec };
}

/** Specs of MachineSets that have been found to be what their MachineDeployment asks for: of that spec, and with that hash. Both change seldom. */
const settledSpecs = new WeakMap<MachineSet["spec"], { readonly of: MachineDeployment["spec"]; readonly hash: string }>();

/** The same object when nothing changes. */
function desiredSpec(machineSet: MachineSet, deployment: MachineDeployment, replicas: number, hash: string): MachineSet["spec"] {
  const { spec } = machineSet;
  const settled = settledSpecs.get(spec);
  if (settled?.of === deployment.spec && settled.hash === hash && spec.replicas === replicas) return spec;
  const desired = sharingParts(spec, machineSetSpec(deployment, machineSet, replicas, hash));
  if (desired === spec) settledSpecs.set(spec, { of: deployment.spec, hash });
  return desired;
}

/** Annotations of all MachineSets of a MachineDeployment. `isCurrent` decides whether OnDelete lets it make machines. */
export function machineSetAnnotations(deployment: MachineDeployment, isCurrent: boolean): Readonly<Record<string, string>> {
  const { replicas, maxSurge } = rolloutLimits(deployment);
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.includes(key));
  const isDisabled = !isCurrent && deployment.spec.rollout?.strategy?.type === "OnDelete";
  return {
    ...Object.fromEntries(inherited),
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + maxSurge),
    "cluster.x-k8s.io/disable-machine-create": String(isDisabled),
  };
}

/** The current MachineSet has the highest revision; one that becomes the current one again gets a new one, and remembers its old one. */
export function currentRevision(current: MachineSet | undefined, old: readonly MachineSet[]): Readonly<Record<string, string>> {
  const next = Math.max(0, ...old.map(revisionOf)) + 1;
  const known = current?.metadata.annotations?.[revisionAnnotation];
  const revision = current !== undefined && known !== undefined && revisionOf(current) > next ? known : String(next);
  const before = current?.metadata.annotations?.[historyAnnotation];
  const history =
    known === undefined || known === revision ? before : [before, known].filter((each) => each !== undefined && each !== "").join(",");
  return withoutUndefined<Record<string, string>>({ [revisionAnnotation]: revision, [historyAnnotation]: history });
}

/** Revisions of old MachineSets stay. */
export function keptRevision({ metadata }: MachineSet): Readonly<Record<string, string>> {
  return withoutUndefined<Record<string, string>>({
    [revisionAnnotation]: metadata.annotations?.[revisionAnnotation],
    [historyAnnotation]: metadata.annotations?.[historyAnnotation],
  });
}

function revisionOf({ metadata }: MachineSet): number {
  const revision = Number(metadata.annotations?.[revisionAnnotation] ?? 0);
  return Number.isFinite(revision) ? revision : 0;
}

function machineSetSpec(
  deployment: MachineDeployment,
  current: MachineSet | undefined,
  replicas: number,
  hash: string,
): MachineSet["spec"] {
  const { spec } = deployment;
  const labels = { ...spec.template.metadata?.labels, [clusterNameLabel]: spec.clusterName, [hashLabel]: hash };
  const annotations = spec.template.metadata?.annotations;
  const selector: LabelSelector = {
    ...spec.selector,
    matchLabels: { ...spec.selector.matchLabels, [clusterNameLabel]: spec.clusterName, [hashLabel]: hash },
  };
  return withoutUndefined<MachineSet["spec"]>({
    clusterName: spec.clusterName,
    replicas,
    selector,
    deletion: spec.deletion?.order === undefined ? undefined : { order: spec.deletion.order },
    machineNaming: spec.machineNaming,
    template: {
      metadata: { labels, ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }) },
      spec: machineSpec(current?.spec.template.spec, spec.template.spec),
    },
  });
}

/** What decides over the machines is never changed in a MachineSet; the rest is passed on. */
function machineSpec(current: MachineSpec | undefined, desired: MachineSpec): MachineSpec {
  if (current === undefined) return desired;
  const { minReadySeconds, readinessGates, deletion, taints } = desired;
  return withoutUndefined<MachineSpec>({ ...current, minReadySeconds, readinessGates, deletion, taints });
}

/** FNV-1a: another number than Cluster API's, which hashes a print of Go structures; nothing compares it. */
function templateHash({ version, bootstrap, infrastructureRef, failureDomain }: MachineSpec): number {
  const text = JSON.stringify([version, bootstrap, infrastructureRef, failureDomain]);
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
