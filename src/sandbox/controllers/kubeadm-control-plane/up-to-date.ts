import type { StoredObject } from "../../store/stored-object.ts";
import { annotationKeys, type KubeadmConfig, type KubeadmControlPlane, type Machine } from "./cluster-objects.ts";
import { matchesKubeadmConfig } from "./desired-kubeadm-config.ts";

/** What there is to judge a machine by. */
export interface MachineParts {
  readonly machine: Machine;
  readonly kubeadmConfig: KubeadmConfig | undefined;
  readonly infrastructureMachine: StoredObject | undefined;
}

/** Why this machine has to be replaced, in the words of its UpToDate condition; none: it is as the control plane wants it (CAPI filters.go UpToDate). */
export function reasonsToReplace(
  kcp: KubeadmControlPlane,
  { machine, kubeadmConfig, infrastructureMachine }: MachineParts,
  now: number,
): readonly string[] {
  const reasons: string[] = [];
  if (certificatesExpireSoon(kcp, machine, now)) reasons.push("Certificates will expire soon");
  if (isRolloutDue(kcp, machine, now)) reasons.push("KubeadmControlPlane spec.rolloutAfter expired");
  const version = machine.spec.version ?? "";
  if (version !== kcp.spec.version) reasons.push(`Version ${version}, ${kcp.spec.version} required`);
  if (kubeadmConfig !== undefined && !matchesKubeadmConfig(kcp, kubeadmConfig)) reasons.push("KubeadmConfig is not up-to-date");
  if (infrastructureMachine !== undefined && !isClonedFromTemplate(kcp, infrastructureMachine)) {
    reasons.push(`${machine.spec.infrastructureRef.kind} is not up-to-date`);
  }
  return reasons;
}

function certificatesExpireSoon(kcp: KubeadmControlPlane, { status }: Machine, now: number): boolean {
  const days = kcp.spec.rollout?.before?.certificatesExpiryDays ?? 0;
  if (days === 0 || status?.certificatesExpiryDate === undefined) return false;
  return now + days * 86_400_000 > Date.parse(status.certificatesExpiryDate);
}

function isRolloutDue(kcp: KubeadmControlPlane, { metadata }: Machine, now: number): boolean {
  const after = kcp.spec.rollout?.after;
  if (after === undefined || metadata.creationTimestamp === undefined) return false;
  const due = Date.parse(after);
  return Date.parse(metadata.creationTimestamp) < due && due < now;
}

/** Machines that do not say where they come from count as up to date. */
function isClonedFromTemplate(kcp: KubeadmControlPlane, { metadata }: StoredObject): boolean {
  const name = metadata.annotations?.[annotationKeys.clonedFromName];
  const groupKind = metadata.annotations?.[annotationKeys.clonedFromGroupKind];
  if (name === undefined || groupKind === undefined) return true;
  const { apiGroup, kind, name: wanted } = kcp.spec.machineTemplate.spec.infrastructureRef;
  return name === wanted && groupKind === `${kind}.${apiGroup}`;
}
