import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import { createApplier, type Applier } from "./apply-object.ts";
import type { CurrentPool } from "./current-state.ts";
import { suffixedName } from "./generated-name.ts";
import type { DesiredPool, DesiredState, Scope } from "./scope.ts";
import { annotationKeys, contractRef, typeKeys, type Cluster, type ContractRef, type Desired } from "./topology-objects.ts";
import { topologyLabels } from "./template-clone.ts";
import { areSettled, isStable } from "./upgrade-tracker.ts";

/** Makes the management cluster hold the desired state: infrastructure, control plane, the Cluster itself, workers. */
export function reconcileState(scope: Scope, desired: DesiredState): void {
  const applier = createApplier(scope.environment, scope.cluster);
  callAfterHooks(scope);
  put(applier, scope.current.infrastructureCluster, desired.infrastructureCluster);
  reconcileControlPlane(scope, desired, applier);
  reconcileCluster(scope, desired);
  reconcileMachineDeployments(scope, desired, applier);
}

function put(applier: Applier, current: StoredObject | undefined, desired: Desired): void {
  if (current === undefined) applier.create(desired);
  else applier.update(current, desired, versionChange(current, desired));
}

/** Nobody listens to the hooks of a sandbox; they are marked and done as if nobody minded. */
function callAfterHooks({ cluster, hooks, tracker }: Scope): void {
  const { infrastructureRef, controlPlaneRef, status } = { ...cluster.spec, status: cluster.status };
  if (infrastructureRef === undefined && controlPlaneRef === undefined) hooks.mark("AfterControlPlaneInitialized");
  // Conditions stand in status.
  const conditions = status?.["conditions"] as readonly { readonly type: string; readonly status: string }[] | undefined;
  if (conditions?.some(({ type, status: is }) => type === "ControlPlaneInitialized" && is === "True") === true) {
    hooks.done("AfterControlPlaneInitialized");
  }
  const isUnderWay = hooks.isPending("AfterControlPlaneUpgrade") || hooks.isPending("AfterWorkersUpgrade");
  if (!isUnderWay && isStable(tracker.controlPlane) && areSettled(tracker.machineDeployments)) hooks.done("AfterClusterUpgrade");
}

function reconcileControlPlane({ random, cluster, current, tracker }: Scope, desired: DesiredState, applier: Applier): void {
  reconcileHealthCheck(applier, current.controlPlaneHealthCheck, desired.controlPlaneHealthCheck);
  // What waits for its turn is left alone altogether: a change of its templates would roll it out twice.
  if (tracker.controlPlane.isPendingUpgrade) return;
  const machine = desired.controlPlaneMachine;
  if (machine === undefined) return put(applier, current.controlPlane, desired.controlPlane);
  const old = current.controlPlaneMachine;
  let { name } = machine.metadata;
  if (old === undefined) applier.create(machine);
  else name = applier.rotate(old, machine, () => suffixedName(random, `${cluster.metadata.name}-`));
  put(applier, current.controlPlane, withMachineRef(desired.controlPlane, { ...contractRef(machine), name }));
  if (old !== undefined && old.metadata.name !== name) applier.remove(old);
}

function withMachineRef(controlPlane: Desired, infrastructureRef: ContractRef): Desired {
  // As desiredControlPlane wrote it.
  const template = controlPlane.spec?.["machineTemplate"] as { readonly spec?: object } | undefined;
  return {
    ...controlPlane,
    spec: { ...controlPlane.spec, machineTemplate: { ...template, spec: { ...template?.spec, infrastructureRef } } },
  };
}

function reconcileHealthCheck(applier: Applier, current: StoredObject | undefined, desired: Desired | undefined): void {
  if (desired !== undefined) put(applier, current, desired);
  else if (current !== undefined) applier.remove(current);
}

/** References, labels, and the step of the upgrade. */
function reconcileCluster({ environment, hooks }: Scope, desired: DesiredState): void {
  const { objects, type, recordEvent } = environment;
  const cluster = hooks.cluster();
  const infrastructureRef = contractRef(desired.infrastructureCluster);
  const controlPlaneRef = contractRef(desired.controlPlane);
  const { [annotationKeys.upgradeStep]: step, ...others } = cluster.metadata.annotations ?? {};
  // The desired control plane carries a version.
  const version = desired.controlPlane.spec?.["version"] as string;
  const wantedStep = hooks.isPending("AfterClusterUpgrade") ? version : undefined;
  const labels = topologyLabels(cluster);
  const isAsWanted =
    step === wantedStep &&
    Object.entries(labels).every(([key, value]) => cluster.metadata.labels?.[key] === value) &&
    isSameRef(cluster.spec.infrastructureRef, infrastructureRef) &&
    isSameRef(cluster.spec.controlPlaneRef, controlPlaneRef);
  if (isAsWanted) return;
  const annotations = wantedStep === undefined ? others : { ...others, [annotationKeys.upgradeStep]: wantedStep };
  const { namespace, name } = cluster.metadata;
  const change = (live: StoredObject): GivenObject => ({
    ...live,
    metadata: { ...live.metadata, labels: { ...live.metadata.labels, ...labels }, annotations },
    spec: { ...(live as Cluster).spec, infrastructureRef, controlPlaneRef },
  });
  objects.modify(type(typeKeys.cluster), namespace, name, change, { manager: "manager" });
  recordEvent(cluster, "Normal", "TopologyUpdate", `Updated Cluster "${namespace ?? ""}/${name}"`);
}

function isSameRef(one: ContractRef | undefined, other: ContractRef): boolean {
  return one !== undefined && one.apiGroup === other.apiGroup && one.kind === other.kind && one.name === other.name;
}

function reconcileMachineDeployments(scope: Scope, desired: DesiredState, applier: Applier): void {
  const { current, tracker } = scope;
  const wanted = new Set(desired.pools.map(({ topologyName }) => topologyName));
  for (const pool of desired.pools) {
    if (current.pools.has(pool.topologyName) || tracker.machineDeployments.pendingCreate.has(pool.topologyName)) continue;
    applier.create(pool.infrastructure);
    applier.create(pool.bootstrap);
    applier.create(pool.object);
    reconcileHealthCheck(applier, undefined, pool.healthCheck);
  }
  for (const pool of desired.pools) {
    const live = current.pools.get(pool.topologyName);
    if (live !== undefined) updateMachineDeployment(scope, live, pool, applier);
  }
  for (const [name, { object, healthCheck }] of current.pools) {
    if (wanted.has(name)) continue;
    if (healthCheck !== undefined) applier.remove(healthCheck);
    applier.remove(object);
  }
}

function updateMachineDeployment({ random, cluster, tracker }: Scope, live: CurrentPool, pool: DesiredPool, applier: Applier): void {
  reconcileHealthCheck(applier, live.healthCheck, pool.healthCheck);
  if (live.infrastructure === undefined || live.bootstrap === undefined) return;
  if (tracker.machineDeployments.pendingUpgrade.has(live.object.metadata.name)) return;
  const newName = (): string => suffixedName(random, `${cluster.metadata.name}-${pool.topologyName}-`);
  // Old templates go with the last MachineSet that refers to them.
  const infrastructure = applier.rotate(live.infrastructure, pool.infrastructure, newName);
  const bootstrap = applier.rotate(live.bootstrap, pool.bootstrap, newName);
  // As desiredMachineDeployment wrote it.
  const { template, ...spec } = pool.object.spec as { readonly template: { readonly metadata: object; readonly spec: object } };
  const object: Desired = {
    ...pool.object,
    spec: {
      ...spec,
      template: {
        ...template,
        spec: {
          ...template.spec,
          bootstrap: { configRef: { ...contractRef(pool.bootstrap), name: bootstrap } },
          infrastructureRef: { ...contractRef(pool.infrastructure), name: infrastructure },
        },
      },
    },
  };
  applier.update(live.object, object, versionChange(live.object, object));
}

/** ` with version change from v1.34.0 to v1.35.2`, or nothing. */
function versionChange(current: StoredObject, desired: Desired): string {
  const [from, to] = [versionOf(current["spec"]), versionOf(desired.spec)];
  return from === undefined || to === undefined || from === to ? "" : ` with version change from ${from} to ${to}`;
}

function versionOf(spec: unknown): string | undefined {
  // Control planes have it at the top, pools in their template.
  const { version, template } = (spec ?? {}) as {
    readonly version?: string;
    readonly template?: { readonly spec?: { readonly version?: string } };
  };
  return version ?? template?.spec?.version;
}
