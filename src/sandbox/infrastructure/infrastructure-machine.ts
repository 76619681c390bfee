import { timestamp } from "../api/objects.ts";
import { setConditions, type Condition, type ConditionState } from "../conditions/condition.ts";
import { summarizeConditions } from "../conditions/merge-conditions.ts";
import { ensurePaused, writeStatus } from "../conditions/write-status.ts";
import type { Controller, ObjectKey } from "../controllers/controller-runtime.ts";
import type { Environment, MachinePlan, WorkloadCluster } from "../controllers/environment.ts";
import type { StoredObject } from "../store/stored-object.ts";
import {
  clusterLabel,
  clusterOf,
  isControlPlaneMachine,
  machineKey,
  machineOf,
  type ContractObject,
  type MachineObject,
} from "./infrastructure-objects.ts";
import { joinNode, startStaticPods, stopStaticPods } from "./node-objects.ts";

const manager = "manager";

/** What is under way for one infrastructure machine. */
interface Provisioning {
  /** Undefined: all of it has happened. */
  readonly plan: MachinePlan | undefined;
  /** Since when there is something to boot with. */
  readonly since: number;
}

/** DevMachine or DockerMachine: a machine that is provisioned, becomes a node, and goes again, in the times of `environment.machines`. */
export function createInfrastructureMachineController(environment: Environment, kind: "DevMachine" | "DockerMachine"): Controller {
  const { objects, timeline } = environment;
  const key = `${kind}.infrastructure.cluster.x-k8s.io`;
  const finalizer = kind === "DevMachine" ? "devmachine.infrastructure.cluster.x-k8s.io" : "dockermachine.infrastructure.cluster.x-k8s.io";
  const underWay = new Map<string, Provisioning>();
  const removals = new Map<string, number>();

  return {
    name: kind.toLowerCase(),
    watches: {
      [key]: ({ object }) => [keyOf(object)],
      [machineKey]: (event) => {
        const { spec, metadata } = event.object as MachineObject;
        if (spec.infrastructureRef.kind !== kind) return [];
        if (event.kind === "modified" && (event.previous as MachineObject).spec === spec) return [];
        return [{ namespace: metadata.namespace ?? "", name: spec.infrastructureRef.name }];
      },
    },
    reconcile({ namespace, name }) {
      const type = environment.type(key);
      const object = objects.get(type, namespace, name) as ContractObject | undefined;
      if (object === undefined) return;
      if (object.metadata.deletionTimestamp !== undefined) return remove(object);
      const machine = machineOf(environment, object);
      const cluster = clusterOf(environment, object);
      if (machine === undefined || cluster === undefined) return;
      if (!(object.metadata.finalizers ?? []).includes(finalizer)) {
        rewrite(object, (metadata) => ({ ...metadata, finalizers: [...(metadata.finalizers ?? []), finalizer] }));
        return;
      }
      const conditions = ensurePaused(objects, type, cluster, object, timeline.now());
      if (conditions === "stop") return;
      if (cluster.status?.initialization?.infrastructureProvisioned !== true || machine.spec.bootstrap?.dataSecretName === undefined) {
        report(object, conditions, waiting, false);
        return;
      }
      return provision(object, machine, conditions);
    },
  };

  function provision(
    object: ContractObject,
    machine: MachineObject,
    conditions: readonly Condition[],
  ): { readonly requeueAfterMilliseconds: number } | void {
    const { uid, name, namespace } = object.metadata;
    let provisioning = underWay.get(uid);
    if (provisioning === undefined) {
      provisioning = { plan: environment.machines.plan(object, machine), since: timeline.now() };
      underWay.set(uid, provisioning);
    }
    const { plan, since } = provisioning;
    if (plan === undefined) return;
    const passed = timeline.now() - since;
    if (plan.failure?.kind === "quota") {
      report(object, conditions, [{ ...vmWaiting, message: plan.failure.message }, nodeWaiting], false);
      return;
    }
    if (passed < plan.infrastructureMilliseconds) {
      report(object, conditions, [vmWaiting, nodeWaiting], false);
      return { requeueAfterMilliseconds: plan.infrastructureMilliseconds - passed };
    }
    const providerID = kind === "DevMachine" ? `in-memory://${name}` : `docker:////${name}`;
    let current = object;
    if (object.spec?.providerID === undefined) {
      current = objects.modify(
        environment.type(key),
        namespace,
        name,
        (live) => ({ ...live, spec: { ...(live["spec"] as object), providerID } }),
        {
          manager,
        },
      ) as ContractObject;
    }
    if (plan.failure?.kind === "bootstrap") {
      report(current, conditions, [vmUp, { ...nodeWaiting, reason: "NodeProvisioning", message: plan.failure.message }], true);
      return;
    }
    const nodeAt = plan.infrastructureMilliseconds + plan.nodeMilliseconds;
    if (passed < nodeAt) {
      report(current, conditions, [vmUp, { ...nodeWaiting, reason: "Provisioning" }], true);
      return { requeueAfterMilliseconds: nodeAt - passed };
    }
    const workload = environment.workloads.ensure({ namespace: namespace ?? "", name: machine.spec.clusterName });
    const controlPlane = isControlPlaneMachine(machine);
    const kubeletVersion = plan.kubeletVersion ?? machine.spec.version ?? "";
    const node = { name, providerID, kubeletVersion, controlPlane, time: timestamp(timeline.now()) };
    if (!controlPlane) {
      joinNode(workload, node);
      report(current, conditions, [vmUp, nodeUp], true);
      underWay.set(uid, { plan: undefined, since });
      return;
    }
    if (passed < nodeAt + plan.readyMilliseconds) {
      report(current, conditions, [vmUp, { ...nodeWaiting, reason: "Provisioning" }], true);
      return { requeueAfterMilliseconds: nodeAt + plan.readyMilliseconds - passed };
    }
    workload.reachable = true;
    if (workload.gitVersion === "" || isNewer(kubeletVersion, workload.gitVersion)) workload.gitVersion = kubeletVersion;
    joinNode(workload, node);
    startStaticPods(workload, name, node.time);
    report(current, conditions, [vmUp, nodeUp], true);
    if (current.metadata.annotations?.[bootstrappedAnnotation] === undefined && kind === "DevMachine") {
      objects.modify(
        environment.type(machineKey),
        namespace,
        machine.metadata.name,
        (live) => ({
          ...live,
          metadata: { ...live.metadata, annotations: { ...live.metadata.annotations, [bootstrappedAnnotation]: "" } },
        }),
        { manager },
      );
    }
    underWay.set(uid, { plan: undefined, since });
  }

  function remove(object: ContractObject): { readonly requeueAfterMilliseconds: number } | void {
    const { uid, namespace, labels } = object.metadata;
    let at = removals.get(uid);
    if (at === undefined) {
      const machine = machineOf(environment, object) ?? object;
      at = timeline.now() + environment.machines.plan(object, machine).removalMilliseconds;
      removals.set(uid, at);
    }
    if (timeline.now() < at) return { requeueAfterMilliseconds: at - timeline.now() };
    removals.delete(uid);
    underWay.delete(uid);
    const workload = environment.workloads.get({ namespace: namespace ?? "", name: labels?.[clusterLabel] ?? "" });
    if (workload !== undefined && isControlPlaneMachine(object)) leave(workload, object);
    rewrite(object, (metadata) => ({ ...metadata, finalizers: (metadata.finalizers ?? []).filter((each) => each !== finalizer) }));
  }

  /** The API server of this machine is gone; without any, the cluster answers nobody. */
  function leave(workload: WorkloadCluster, object: ContractObject): void {
    stopStaticPods(workload, object.metadata.name);
    const servers = workload.objects.store
      .list("Pod", "kube-system")
      .filter(({ metadata }) => metadata.labels?.["component"] === "kube-apiserver");
    if (servers.length === 0) workload.reachable = false;
  }

  function report(object: ContractObject, conditions: readonly Condition[], states: readonly ConditionState[], provisioned: boolean): void {
    const now = timestamp(timeline.now());
    const { generation } = object.metadata;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    const own = setConditions(
      conditions,
      states.map((state) => ({ ...state, ...observed })),
      now,
    );
    const types = states.map(({ type }) => type);
    const ready = summarizeConditions({ ...object, status: { conditions: own } }, { target: "Ready", types, reasons: readyReasons });
    writeStatus(objects, environment.type(key), object, {
      ...object.status,
      conditions: setConditions(own, [{ ...ready, ...observed }], now),
      ...(provisioned ? { initialization: { provisioned } } : {}),
    });
  }

  function rewrite({ metadata }: StoredObject, change: (metadata: StoredObject["metadata"]) => StoredObject["metadata"]): void {
    objects.modify(environment.type(key), metadata.namespace, metadata.name, (live) => ({ ...live, metadata: change(live.metadata) }), {
      manager,
    });
  }
}

const bootstrappedAnnotation = "machine.inmemory.infrastructure.cluster.x-k8s.io/bootstrapped";
const readyReasons = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" } as const;

const vmWaiting: ConditionState = { type: "VMProvisioned", status: "False", reason: "Provisioning" };
const vmUp: ConditionState = { type: "VMProvisioned", status: "True", reason: "Provisioned" };
const nodeWaiting: ConditionState = { type: "NodeProvisioned", status: "False", reason: "WaitingForVMProvisioned" };
const nodeUp: ConditionState = { type: "NodeProvisioned", status: "True", reason: "Provisioned" };
const waiting: readonly ConditionState[] = [{ ...vmWaiting, reason: "WaitingForBootstrapData" }, nodeWaiting];

function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function isNewer(one: string, other: string): boolean {
  const parts = (version: string): readonly number[] => version.slice(1).split(/[.+-]/).slice(0, 3).map(Number);
  const [first, second] = [parts(one), parts(other)];
  const index = first.findIndex((part, at) => part !== second[at]);
  return index !== -1 && first[index]! > second[index]!;
}
