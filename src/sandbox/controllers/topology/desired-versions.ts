import { ReconcileError } from "../controller-runtime.ts";
import { upgradingPools } from "./current-state.ts";
import { order, parseVersion } from "./semantic-version.ts";
import type { Scope } from "./scope.ts";
import { annotationKeys, type ControlPlane, type MachineDeploymentTopology } from "./topology-objects.ts";
import { isStable, isStableOrWaitsForWorkers } from "./upgrade-tracker.ts";
import { oldestVersion, upgradePlan } from "./upgrade-plan.ts";

const hookPrefix = "before-upgrade.hook.cluster.cluster.x-k8s.io";

/** What lies ahead of control plane and workers; nothing before there is a control plane. */
export function planUpgrade({ environment, cluster, blueprint, current, tracker }: Scope): void {
  if (current.controlPlane !== undefined) {
    const controlPlane = current.controlPlane.spec.version;
    const pools = [...current.pools.values()].flatMap(({ object }) => object.spec.template.spec.version ?? []);
    const plan = upgradePlan({
      desired: blueprint.topology.version,
      controlPlane,
      minWorkers: oldestVersion(pools, controlPlane),
      classVersions: blueprint.class.spec.kubernetesVersions ?? [],
    });
    tracker.controlPlane.plan = plan.controlPlane;
    if (current.pools.size > 0) tracker.machineDeployments.plan = plan.workers;
  }
  tracker.isPlanned = true;
  for (const name of upgradingPools(environment, cluster, current)) tracker.machineDeployments.upgrading.add(name);
}

/** The version the control plane is to have now: one step at a time, and none while it, or a pool, is still on its way. */
export function controlPlaneVersion({ cluster, blueprint, current, tracker, hooks }: Scope): string {
  const wanted = blueprint.topology.version;
  if (current.controlPlane === undefined) return wanted;
  const { version } = current.controlPlane.spec;
  const { controlPlane, machineDeployments } = tracker;
  controlPlane.isPendingUpgrade = version !== wanted;
  if (isProvisioning(current.controlPlane)) {
    controlPlane.isProvisioning = true;
    return version;
  }
  if (isUpgrading(current.controlPlane)) {
    controlPlane.isUpgrading = true;
    return version;
  }
  hooks.done("AfterControlPlaneUpgrade");
  hooks.done("BeforeWorkersUpgrade");
  if (machineDeployments.plan[0] === version) {
    controlPlane.isWaitingForWorkersUpgrade = true;
    return version;
  }
  if (machineDeployments.upgrading.size > 0) return version;
  hooks.done("AfterWorkersUpgrade");
  if (!controlPlane.isPendingUpgrade) return version;
  if (!hooks.isPending("AfterClusterUpgrade")) {
    const holding = Object.keys(cluster.metadata.annotations ?? {}).filter((key) => key.startsWith(hookPrefix));
    if (holding.length > 0) {
      const names = holding.sort().join(", ");
      const what = holding.length === 1 ? `annotation ${names} is set` : `annotations ${names} are set`;
      tracker.blockingHook = `Following hooks are blocking upgrade: BeforeClusterUpgrade: ${what}`;
      return version;
    }
    hooks.mark("AfterClusterUpgrade");
  }
  const next = controlPlane.plan[0];
  if (next === undefined) {
    throw new ReconcileError(
      "failed to compute ControlPlane: failed to compute version of ControlPlane: cannot compute the control plane version if the control plane is pending upgrade and the upgrade plan is not set",
    );
  }
  hooks.mark("AfterControlPlaneUpgrade");
  if (machineDeployments.plan[0] === next) hooks.mark("BeforeWorkersUpgrade", "AfterWorkersUpgrade");
  controlPlane.isStartingUpgrade = true;
  controlPlane.isPendingUpgrade = false;
  return next;
}

/** The version a pool is to have now. To be asked after the control plane's, and for one pool after the other in the order of the topology. */
export function machineDeploymentVersion({ blueprint, current, tracker }: Scope, pool: MachineDeploymentTopology): string {
  const wanted = blueprint.topology.version;
  const { machineDeployments: workers, controlPlane } = tracker;
  const live = current.pools.get(pool.name)?.object;
  if (live === undefined) {
    if (!isStable(controlPlane)) workers.pendingCreate.add(pool.name);
    return wanted;
  }
  const { name } = live.metadata;
  const version = live.spec.template.spec.version ?? "";
  if (version === wanted) return version;
  const stays = (): string => {
    workers.pendingUpgrade.add(name);
    return version;
  };
  if (isDeferred(blueprint.topology.workers?.machineDeployments ?? [], pool)) {
    workers.deferred.add(name);
    return stays();
  }
  if (workers.upgrading.size >= workers.concurrency || !isStableOrWaitsForWorkers(controlPlane)) return stays();
  const next = workers.plan[0];
  if (next === undefined) {
    throw new ReconcileError(
      `failed to compute MachineDeployments: failed to compute MachineDepoyment for topology "${pool.name}": cannot compute the machine deployment version if the machine deployment is pending upgrade and the upgrade plan is not set`,
    );
  }
  if (next === version) return stays();
  workers.upgrading.add(name);
  return next;
}

/** Deferred itself, or behind one that holds the sequence. */
function isDeferred(pools: readonly MachineDeploymentTopology[], pool: MachineDeploymentTopology): boolean {
  const isHolding = ({ metadata }: MachineDeploymentTopology): boolean =>
    metadata?.annotations?.[annotationKeys.holdUpgradeSequence] !== undefined;
  if (pool.metadata?.annotations?.[annotationKeys.deferUpgrade] !== undefined) return true;
  const place = pools.findIndex(({ name }) => name === pool.name);
  return pools.slice(0, place + 1).some(isHolding);
}

/** It says no version yet: its first machine is on its way. */
function isProvisioning({ status }: ControlPlane): boolean {
  return (status?.versions ?? []).length === 0 && (status?.version ?? "") === "";
}

/** A machine of it is behind what it is to be. */
function isUpgrading({ spec, status }: ControlPlane): boolean {
  const wanted = parseVersion(spec.version);
  const versions = status?.versions ?? [];
  const found = versions.length > 0 ? versions.map(({ version }) => version) : [status?.version ?? ""];
  return found.some((text) => {
    const version = parseVersion(text);
    if (wanted === undefined || version === undefined) return false;
    const compared = order(wanted, version);
    return compared === "newer" || compared === "unordered";
  });
}
