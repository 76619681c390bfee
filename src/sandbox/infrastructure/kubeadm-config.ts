import { timestamp } from "../api/objects.ts";
import { getCondition, setCondition, setConditions, type Condition, type ConditionState } from "../conditions/condition.ts";
import {
  legacyConditionsOf,
  mergeLegacyConditions,
  setLegacyCondition,
  type LegacyConditionState,
} from "../conditions/legacy-condition.ts";
import { summarizeConditions } from "../conditions/merge-conditions.ts";
import { ensurePaused, writeStatus } from "../conditions/write-status.ts";
import type { Controller, ObjectKey } from "../controllers/controller-runtime.ts";
import type { Environment } from "../controllers/environment.ts";
import type { StoredObject } from "../store/stored-object.ts";
import {
  clusterKey,
  clusterOf,
  clusterState,
  isControlPlaneInitialized,
  isControlPlaneMachine,
  kubeadmConfigKey,
  machineKey,
  machineOf,
  type ClusterObject,
  type ContractObject,
  type MachineObject,
} from "./infrastructure-objects.ts";

const manager = "capi-kubeadmconfig";
/** How soon it is asked again whether the machine that initialises the cluster is gone. */
const lockMilliseconds = 30_000;

const waitsForControlPlane = "Waiting for Cluster control plane to be initialized";
const summary = ["DataSecretAvailable", "CertificatesAvailable"];

/**
 * The bootstrap provider (bootstrap/kubeadm/reconcilers/kubeadmconfig): makes the data with which a machine becomes a node. The first control plane machine initialises the cluster; all others wait for
 * that, and join.
 */
export function createKubeadmConfigController(environment: Environment): Controller {
  const { objects, timeline } = environment;
  /** Which machine initialises a cluster, by the cluster's uid. */
  const initialising = new Map<string, string>();

  function reconcile({ namespace, name }: ObjectKey): { readonly requeueAfterMilliseconds: number } | undefined {
    const type = environment.type(kubeadmConfigKey);
    const config: ContractObject | undefined = objects.get(type, namespace, name);
    if (config === undefined || config.metadata.deletionTimestamp !== undefined) return undefined;
    const machine = machineOf(environment, config);
    const cluster = clusterOf(environment, config);
    if (machine === undefined || cluster === undefined) return undefined;
    const paused = ensurePaused(objects, type, cluster, config, timeline.now());
    if (paused === "stop") return undefined;
    if (config.status?.initialization?.dataSecretCreated === true) return undefined;
    if (cluster.status?.initialization?.infrastructureProvisioned !== true) {
      const message = "Waiting for Cluster status.infrastructureReady to be true";
      report(config, paused, { message, legacy: "WaitingForClusterInfrastructure" });
      return undefined;
    }
    // An earlier text stays while the control plane comes up.
    const told = getCondition(config, "DataSecretAvailable")?.message ?? waitsForControlPlane;
    if (!isControlPlaneInitialized(cluster) && !initialises(cluster, machine)) {
      report(config, paused, { message: told, legacy: "WaitingForControlPlaneAvailable" });
      return isControlPlaneMachine(machine) ? { requeueAfterMilliseconds: lockMilliseconds } : undefined;
    }
    const dataSecretName = machine.spec.bootstrap?.dataSecretName ?? makeSecret(config, cluster);
    report(config, paused, { dataSecretName });
    return undefined;
  }

  /** The first control plane machine to ask holds the lock for as long as it is there (KubeadmInitLock). */
  function initialises(cluster: ClusterObject, machine: MachineObject): boolean {
    if (!isControlPlaneMachine(machine)) return false;
    const { uid } = cluster.metadata;
    const first = initialising.get(uid);
    if (first !== undefined && first !== machine.metadata.uid && objects.store.byUid(first) !== undefined) return false;
    initialising.set(uid, machine.metadata.uid);
    return true;
  }

  function makeSecret({ apiVersion, kind, metadata }: ContractObject, cluster: ClusterObject): string {
    const { name, namespace, uid } = metadata;
    const secret = environment.type("Secret");
    if (objects.get(secret, namespace, name) !== undefined) return name;
    objects.create(
      secret,
      {
        metadata: {
          name,
          ...(namespace === undefined ? {} : { namespace }),
          labels: { "cluster.x-k8s.io/cluster-name": cluster.metadata.name },
          ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
        },
        type: "cluster.x-k8s.io/secret",
        data: bootstrapData,
      },
      { manager },
    );
    return name;
  }

  function report(
    config: ContractObject,
    paused: readonly Condition[],
    found: { readonly dataSecretName: string } | { readonly message: string; readonly legacy: string },
  ): void {
    const now = timestamp(timeline.now());
    const { generation } = config.metadata;
    const isDone = "dataSecretName" in found;
    const states: readonly ConditionState[] = isDone
      ? summary.map((type) => ({ type, status: "True", reason: "Available" }))
      : [{ type: "DataSecretAvailable", status: "False", reason: "NotAvailable", message: found.message }];
    const own = setConditions(paused, states, now, generation);
    const reasons = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" } as const;
    const ready = summarizeConditions(config, { target: "Ready", types: summary, conditions: own, reasons });
    const legacy = isDone ? summary.map((type) => ({ type, status: "True" }) as const) : ([waits(found.legacy)] as const);
    const conditions = [...legacy, mergeLegacyConditions("Ready", legacy, { priority: summary })!].reduce(
      (all, state) => setLegacyCondition(all, state, now),
      legacyConditionsOf(config),
    );
    writeStatus(objects, environment.type(kubeadmConfigKey), config, {
      ...config.status,
      ...(isDone ? { dataSecretName: found.dataSecretName, initialization: { dataSecretCreated: true } } : {}),
      conditions: setCondition(own, ready, now, generation),
      deprecated: { v1beta1: { conditions } },
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    });
  }

  return {
    name: "kubeadmconfig",
    intervalMilliseconds: 1000,
    watches: {
      [kubeadmConfigKey]: ({ object }) => [keyOf(object)],
      [machineKey]: ({ object }) => {
        // Only before it has its data does a machine matter to its config.
        const { bootstrap } = (object as MachineObject).spec;
        return bootstrap?.dataSecretName === undefined && bootstrap?.configRef !== undefined
          ? [{ namespace: object.metadata.namespace ?? "", name: bootstrap.configRef.name }]
          : [];
      },
      [clusterKey]: (event) => {
        const { namespace = "", name, uid } = event.object.metadata;
        if (event.kind === "deleted") initialising.delete(uid);
        if (event.kind === "modified" && clusterState(event.previous) === clusterState(event.object)) return [];
        return objects.store.labelled(kubeadmConfigKey, namespace, name).map(keyOf);
      },
    },
    reconcile,
  };
}

function waits(reason: string): LegacyConditionState {
  return { type: "DataSecretAvailable", status: "False", severity: "Info", reason };
}

/** cloud-init of a machine of the sandbox: there is nothing to do. */
const bootstrapData = Object.freeze({ format: "Y2xvdWQtY29uZmln", value: Buffer.from("#cloud-config\n").toString("base64") });

function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
