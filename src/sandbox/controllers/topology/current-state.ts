import { typeKey } from "../../api/resource-type.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { ReconcileError } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import {
  fullName,
  labelKeys,
  typeKeys,
  type Cluster,
  type ContractRef,
  type ControlPlane,
  type Machine,
  type MachineDeployment,
} from "./topology-objects.ts";

export interface CurrentPool {
  readonly object: MachineDeployment;
  /** Undefined while the pool is on its way out. */
  readonly bootstrap: StoredObject | undefined;
  readonly infrastructure: StoredObject | undefined;
  readonly healthCheck: StoredObject | undefined;
}

/** What is there of the topology's objects. */
export interface CurrentState {
  readonly infrastructureCluster: StoredObject | undefined;
  readonly controlPlane: ControlPlane | undefined;
  readonly controlPlaneMachine: StoredObject | undefined;
  readonly controlPlaneHealthCheck: StoredObject | undefined;
  /** By topology name. */
  readonly pools: ReadonlyMap<string, CurrentPool>;
}

const prefix = "error reading current state of the Cluster topology";

export function readCurrentState(environment: Environment, cluster: Cluster): CurrentState {
  const { objects, type } = environment;
  const { namespace } = cluster.metadata;
  const { infrastructureRef, controlPlaneRef } = cluster.spec;

  function referenced(ref: ContractRef, refusal: string, owner: string): StoredObject {
    const found = objects.get(type(typeKey(ref.apiGroup, ref.kind)), namespace, ref.name);
    if (found === undefined) {
      const missing = `${type(typeKey(ref.apiGroup, ref.kind)).plural}.${ref.apiGroup} "${ref.name}" not found`;
      throw new ReconcileError(`${prefix}: ${refusal}: failed to retrieve ${ref.kind} ${namespace ?? ""}/${ref.name}: ${missing}`);
    }
    if (found.metadata.labels?.[labelKeys.owned] === undefined) {
      throw new ReconcileError(`${prefix}: ${ref.kind} ${fullName(found)} referenced from ${owner} is not topology owned`);
    }
    return found;
  }

  const healthCheck = (name: string): StoredObject | undefined => objects.get(type(typeKeys.machineHealthCheck), namespace, name);
  const read = (ref: ContractRef): StoredObject =>
    referenced(ref, `failed to read ${ref.kind} ${namespace ?? ""}/${ref.name}`, `Cluster ${fullName(cluster)}`);

  // What the Cluster names as its control plane is one.
  const controlPlane = controlPlaneRef === undefined ? undefined : (read(controlPlaneRef) as ControlPlane);
  const machineRef = controlPlane?.spec.machineTemplate?.spec?.infrastructureRef;
  const pools = new Map<string, CurrentPool>();
  for (const object of ownedPools(environment, cluster)) {
    const name = object.metadata.labels?.[labelKeys.deployment] ?? "";
    if (name === "") {
      throw new ReconcileError(`${prefix}: failed to find label ${labelKeys.deployment} in MachineDeployment ${fullName(object)}`);
    }
    if (pools.has(name)) {
      throw new ReconcileError(
        `${prefix}: duplicate MachineDeployment ${fullName(object)} found for label ${labelKeys.deployment}: ${name}`,
      );
    }
    const isLeaving = object.metadata.deletionTimestamp !== undefined;
    const { bootstrap, infrastructureRef: infrastructure } = object.spec.template.spec;
    const owner = `MachineDeployment ${fullName(object)}`;
    pools.set(name, {
      object,
      bootstrap: isLeaving ? undefined : referenced(bootstrap.configRef, `${owner} Bootstrap reference could not be retrieved`, owner),
      infrastructure: isLeaving ? undefined : referenced(infrastructure, `${owner} Infrastructure reference could not be retrieved`, owner),
      healthCheck: healthCheck(object.metadata.name),
    });
  }
  return {
    infrastructureCluster: infrastructureRef === undefined ? undefined : read(infrastructureRef),
    controlPlane,
    controlPlaneMachine:
      controlPlane === undefined || machineRef === undefined
        ? undefined
        : referenced(
            machineRef,
            `failed to get InfrastructureMachineTemplate for ${controlPlane.kind} ${fullName(controlPlane)}`,
            `${controlPlane.kind} ${fullName(controlPlane)}`,
          ),
    controlPlaneHealthCheck: controlPlane === undefined ? undefined : healthCheck(controlPlane.metadata.name),
    pools,
  };
}

/** MachineDeployments of the topology whose Machines are not all of their version, by name. */
export function upgradingPools({ objects }: Environment, { metadata }: Cluster, { pools }: CurrentState): readonly string[] {
  const byPool = new Map<string, Machine[]>();
  for (const machine of objects.store.labelled(typeKeys.machine, metadata.namespace ?? "", metadata.name)) {
    const pool = machine.metadata.labels?.[labelKeys.deployment];
    if (pool === undefined) continue;
    // The store has machines under this type.
    byPool.set(pool, [...(byPool.get(pool) ?? []), machine as Machine]);
  }
  const names: string[] = [];
  for (const [pool, { object }] of pools) {
    const { version } = object.spec.template.spec;
    if (version === undefined) continue;
    const isElsewhere = ({ spec, status }: Machine): boolean => {
      const kubelet = status?.nodeInfo?.kubeletVersion ?? "";
      return spec.version !== version || (kubelet !== "" && kubelet !== version);
    };
    if ((byPool.get(pool) ?? []).some(isElsewhere)) names.push(object.metadata.name);
  }
  return names;
}

function ownedPools({ objects }: Environment, { metadata }: Cluster): readonly MachineDeployment[] {
  return (
    objects.store
      .labelled(typeKeys.machineDeployment, metadata.namespace ?? "", metadata.name)
      .filter(({ metadata: { labels } }) => labels?.[labelKeys.owned] !== undefined)
      // The store has MachineDeployments under this type.
      .map((object) => object as MachineDeployment)
  );
}
