import { timestamp } from "../../api/objects.ts";
import type { Condition } from "../../conditions/condition.ts";
import {
  legacyConditionsOf,
  mergeLegacyConditions,
  setLegacyCondition,
  type LegacyConditionState,
} from "../../conditions/legacy-condition.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import { nodeConditions } from "../machine-set/machine-nodes.ts";
import { sumVersions } from "../machine-set/version-counts.ts";
import type { MachinePool, PoolProvider } from "./machine-pool-objects.ts";
import { withoutUndefined } from "../../store/without-undefined.ts";

export interface MachinePoolState {
  readonly pool: MachinePool;
  /** Undefined where the pool brings its own bootstrap data. */
  readonly bootstrap: PoolProvider | undefined;
  readonly infrastructure: PoolProvider | undefined;
  /** Nodes of the provider IDs. */
  readonly nodes: readonly StoredObject[];
  readonly now: number;
}

/** Has only Paused of v1beta2's conditions, as in v1.14; the rest is told in v1beta1's. */
export function machinePoolStatus(state: MachinePoolState, conditions: readonly Condition[]): JsonMap {
  const { pool, bootstrap, infrastructure, nodes, now } = state;
  const { configRef, dataSecretName } = pool.spec.template.spec.bootstrap ?? {};
  const isBootstrapped =
    configRef === undefined ? dataSecretName !== undefined : bootstrap?.status?.initialization?.dataSecretCreated === true;
  const isProvisioned = infrastructure?.status?.initialization?.provisioned === true || infrastructure?.status?.ready === true;
  const replicas = isProvisioned ? infrastructure?.status?.replicas : pool.status?.replicas;
  const ready = nodes.filter((node) => nodeConditions(node).some(({ type, status }) => type === "Ready" && status === "True")).length;
  const isComplete = nodes.length === ready && ready === (replicas ?? 0);
  const states: readonly LegacyConditionState[] = [
    { type: "BootstrapReady", ...flag(isBootstrapped, "WaitingForDataSecret") },
    { type: "InfrastructureReady", ...flag(isProvisioned, "WaitingForInfrastructure") },
    ...(isProvisioned ? [{ type: "ReplicasReady", ...flag(isComplete, "WaitingForReplicasReady") } as const] : []),
  ];
  const time = timestamp(now);
  let legacy = legacyConditionsOf(pool);
  for (const each of states) legacy = setLegacyCondition(legacy, each, time);
  const types = states.map(({ type }) => type);
  const summary = mergeLegacyConditions(
    "Ready",
    legacy.filter(({ type }) => types.includes(type)),
    { priority: types },
  );
  if (summary !== undefined) legacy = setLegacyCondition(legacy, summary, time);
  return withoutUndefined<JsonMap>({
    ...pool.status,
    conditions,
    phase: phaseOf(pool, { isBootstrapped, isProvisioned, hasNodes: nodes.length > 0, ready }),
    initialization: { bootstrapDataSecretCreated: isBootstrapped, infrastructureProvisioned: isProvisioned },
    replicas,
    // Without machines of its own a pool counts what the infrastructure says (v1.14).
    readyReplicas: replicas,
    availableReplicas: replicas,
    upToDateReplicas: infrastructure === undefined ? undefined : pool.spec.replicas,
    versions: sumVersions(nodes.map((node) => ({ version: kubeletVersion(node), replicas: 1 }))),
    nodeRefs:
      nodes.length === 0
        ? undefined
        : nodes.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, name: metadata.name, uid: metadata.uid })),
    observedGeneration: pool.metadata.generation,
    deprecated: {
      v1beta1: {
        conditions: legacy,
        readyReplicas: ready,
        availableReplicas: ready,
        unavailableReplicas: Math.max((replicas ?? 0) - ready, 0),
      },
    },
  });
}

function phaseOf(
  { metadata, spec, status }: MachinePool,
  is: { readonly isBootstrapped: boolean; readonly isProvisioned: boolean; readonly hasNodes: boolean; readonly ready: number },
): string {
  if (metadata.deletionTimestamp !== undefined) return "Deleting";
  if (is.isProvisioned && spec.replicas !== undefined) {
    if (spec.replicas === is.ready) return "Running";
    if (metadata.annotations?.["cluster.x-k8s.io/replicas-managed-by"] !== undefined) return "Scaling";
    return spec.replicas > is.ready ? "ScalingUp" : "ScalingDown";
  }
  if (is.hasNodes) return "Provisioned";
  return is.isBootstrapped && !is.isProvisioned ? "Provisioning" : (status?.phase ?? "Pending");
}

function flag(isTrue: boolean, reason: string): Omit<LegacyConditionState, "type"> {
  return isTrue ? { status: "True" } : { status: "False", severity: "Info", reason };
}

function kubeletVersion(node: StoredObject): string {
  // A Node of core/v1.
  const { status } = node as { readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } } };
  return status?.nodeInfo?.kubeletVersion ?? "";
}
