import { timestamp } from "../api/objects.ts";
import { setConditions, type ConditionState } from "../conditions/condition.ts";
import { setLegacyCondition, type LegacyCondition } from "../conditions/legacy-condition.ts";
import { ensurePaused, writeStatus } from "../conditions/write-status.ts";
import type { Controller, ObjectKey } from "../controllers/controller-runtime.ts";
import type { Environment } from "../controllers/environment.ts";
import type { JsonMap, StoredObject } from "../store/stored-object.ts";
import {
  clusterKey,
  clusterOf,
  isControlPlaneMachine,
  kubeadmConfigKey,
  machineKey,
  machineOf,
  type ClusterObject,
  type ContractObject,
  type MachineObject,
} from "./infrastructure-objects.ts";

const manager = "capi-kubeadmconfig";

/** The bootstrap provider: makes the data with which a machine becomes a node. The first control plane machine initialises the cluster; all others wait for that, and join. */
export function createKubeadmConfigController(environment: Environment): Controller {
  const { objects, timeline } = environment;
  /** Which machine initialises a cluster, by the cluster's uid. */
  const initialising = new Map<string, string>();

  return {
    name: "kubeadmconfig",
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
        if (event.kind === "modified" && readiness(event.previous as ClusterObject) === readiness(event.object as ClusterObject)) return [];
        const { namespace, name } = event.object.metadata;
        return objects.store.labelled(kubeadmConfigKey, namespace ?? "", name).map(keyOf);
      },
    },
    reconcile({ namespace, name }) {
      const type = environment.type(kubeadmConfigKey);
      const config = objects.get(type, namespace, name) as ContractObject | undefined;
      if (config === undefined || config.metadata.deletionTimestamp !== undefined) return;
      const machine = machineOf(environment, config);
      const cluster = clusterOf(environment, config);
      if (machine === undefined || cluster === undefined) return;
      const paused = ensurePaused(objects, type, cluster, config, timeline.now());
      if (paused === "stop") return;
      if (config.status?.initialization?.dataSecretCreated === true) return;
      const waits = waitsFor(cluster, machine);
      if (waits !== undefined) {
        write(config, { type: "DataSecretAvailable", status: "False", reason: "NotAvailable", message: waits }, {});
        return;
      }
      const secret = environment.type("Secret");
      if (objects.get(secret, namespace, name) === undefined) {
        objects.create(
          secret,
          {
            metadata: {
              name,
              namespace,
              labels: { "cluster.x-k8s.io/cluster-name": cluster.metadata.name },
              ownerReferences: [{ apiVersion: config.apiVersion, kind: config.kind, name, uid: config.metadata.uid, controller: true }],
            },
            type: "cluster.x-k8s.io/secret",
            data: bootstrapData,
          },
          { manager },
        );
      }
      write(
        config,
        { type: "DataSecretAvailable", status: "True", reason: "Available" },
        { dataSecretName: name, initialization: { dataSecretCreated: true } },
      );
    },
  };

  /** Why no data can be made yet. */
  function waitsFor(cluster: ClusterObject, machine: MachineObject): string | undefined {
    const { initialization } = cluster.status ?? {};
    if (initialization?.infrastructureProvisioned !== true) return "Waiting for Cluster status.infrastructureReady to be true";
    if (initialization.controlPlaneInitialized === true) return undefined;
    if (!isControlPlaneMachine(machine)) return "Waiting for Cluster control plane to be initialized";
    const first = initialising.get(cluster.metadata.uid);
    const holder = first === undefined ? undefined : objects.store.byUid(first);
    if (holder !== undefined && first !== machine.metadata.uid) return "Waiting for Cluster control plane to be initialized";
    initialising.set(cluster.metadata.uid, machine.metadata.uid);
    return undefined;
  }

  function write(config: ContractObject, state: ConditionState, more: JsonMap): void {
    const now = timestamp(timeline.now());
    const { generation } = config.metadata;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const ready: ConditionState =
      state.status === "True"
        ? { type: "Ready", status: "True", reason: "Ready", ...observed }
        : { type: "Ready", status: "False", reason: "NotReady", message: `* DataSecretAvailable: ${state.message ?? ""}`, ...observed };
    const legacy = (
      config.status?.["deprecated"] as { readonly v1beta1?: { readonly conditions?: readonly LegacyCondition[] } } | undefined
    )?.v1beta1?.conditions;
    const old =
      state.status === "True"
        ? ({ status: "True" } as const)
        : ({ status: "False", severity: "Info", reason: "WaitingForClusterInfrastructure" } as const);
    const deprecated = ["Ready", "DataSecretAvailable"].reduce<readonly LegacyCondition[] | undefined>(
      (all, type) => setLegacyCondition(all, { type, ...old }, now),
      legacy,
    );
    writeStatus(objects, environment.type(kubeadmConfigKey), config, {
      ...config.status,
      ...more,
      conditions: setConditions(config.status?.conditions, [ready, { ...state, ...observed }], now),
      deprecated: { v1beta1: { conditions: deprecated } },
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    });
  }
}

/** cloud-init of a machine of the sandbox: there is nothing to do. */
const bootstrapData = Object.freeze({ format: "Y2xvdWQtY29uZmln", value: Buffer.from("#cloud-config\n").toString("base64") });

function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function readiness({ status, spec }: ClusterObject): string {
  const { infrastructureProvisioned, controlPlaneInitialized } = status?.initialization ?? {};
  return `${infrastructureProvisioned} ${controlPlaneInitialized} ${spec.paused}`;
}
