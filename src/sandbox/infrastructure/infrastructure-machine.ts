import { timestamp } from "../api/objects.ts";
import { setCondition, setConditions, type Condition } from "../conditions/condition.ts";
import { summarizeConditions } from "../conditions/merge-conditions.ts";
import { ensurePaused, writeStatus } from "../conditions/write-status.ts";
import type { Controller, ObjectKey } from "../controllers/controller-runtime.ts";
import type { Environment, MachinePlan, WorkloadCluster } from "../controllers/environment.ts";
import type { JsonMap, StoredObject } from "../store/stored-object.ts";
import {
  clusterKey,
  clusterLabel,
  clusterOf,
  clusterState,
  isControlPlaneInitialized,
  isControlPlaneMachine,
  machineKey,
  machineOf,
  type ClusterObject,
  type ContractObject,
  type MachineObject,
} from "./infrastructure-objects.ts";
import { dockerStages, inMemoryStages, type MachineProgress } from "./machine-stages.ts";
import { joinNode, leaveCluster, startStaticPods } from "./node-objects.ts";

const manager = "manager";
const finalizer = "dockermachine.infrastructure.cluster.x-k8s.io";
const bootstrappedAnnotation = "machine.inmemory.infrastructure.cluster.x-k8s.io/bootstrapped";

/** What is under way for one infrastructure machine. */
interface Provisioning {
  readonly plan: MachinePlan;
  /** Since when there is something to boot with. */
  readonly since: number;
}

/** DevMachine or DockerMachine: a machine that is provisioned, becomes a node, and goes again, in the times of `environment.machines`. */
export function createInfrastructureMachineController(environment: Environment, kind: "DevMachine" | "DockerMachine"): Controller {
  const { objects, timeline, runtime, workloads } = environment;
  const key = `${kind}.infrastructure.cluster.x-k8s.io`;
  const name = kind.toLowerCase();
  const underWay = new Map<string, Provisioning>();
  /** When those that are deleted will be gone. */
  const removals = new Map<string, number>();
  let addresses = 1;

  function reconcile(objectKey: ObjectKey): { readonly requeueAfterMilliseconds: number } | undefined {
    const type = environment.type(key);
    const object = objects.get(type, objectKey.namespace, objectKey.name);
    if (object === undefined) return undefined;
    const isDeleting = object.metadata.deletionTimestamp !== undefined;
    const machine = machineOf(environment, object);
    if (machine === undefined) {
      if (isDeleting) removeFinalizer(object);
      return undefined;
    }
    const cluster = clusterOf(environment, machine);
    if (cluster === undefined) return undefined;
    if (!isDeleting && object.metadata.finalizers?.includes(finalizer) !== true) {
      rewrite(object, { finalizers: [...(object.metadata.finalizers ?? []), finalizer] });
      return undefined;
    }
    const conditions = ensurePaused(objects, type, cluster, object, timeline.now());
    if (conditions === "stop") return undefined;
    if (isDeleting) return remove(object, machine);
    const waitsFor = waiting(cluster, machine);
    if (waitsFor === undefined) return provision(object, machine, conditions);
    report(object, machine, conditions, { waitsFor, isProvisioned: false, isNode: false, isServing: false });
    return undefined;
  }

  function provision(
    object: ContractObject,
    machine: MachineObject,
    conditions: readonly Condition[],
  ): { readonly requeueAfterMilliseconds: number } | undefined {
    const { uid } = object.metadata;
    // A Node that is gone does not come back by itself.
    if (conditions.some(({ type, status }) => type === "Ready" && status === "True")) return undefined;
    let provisioning = underWay.get(uid);
    if (provisioning === undefined) {
      provisioning = { plan: environment.machines.plan(object, machine), since: timeline.now() };
      underWay.set(uid, provisioning);
    }
    const { plan, since } = provisioning;
    const { failure } = plan;
    const controlPlane = isControlPlaneMachine(machine);
    const provisionedAt = since + plan.infrastructureMilliseconds;
    const nodeAt = provisionedAt + plan.nodeMilliseconds;
    const servingAt = controlPlane ? nodeAt + plan.readyMilliseconds : nodeAt;
    const now = timeline.now();
    const isProvisioned = now >= provisionedAt && failure?.kind !== "quota";
    const boots = isProvisioned && failure?.kind !== "bootstrap";
    const progress: MachineProgress = {
      isProvisioned,
      isNode: boots && now >= nodeAt,
      isServing: boots && now >= servingAt,
      ...(failure === undefined || (failure.kind === "bootstrap" && !isProvisioned) ? {} : { failure: failure.message }),
    };
    let current = object;
    const providerID = kind === "DevMachine" ? `in-memory://${object.metadata.name}` : `docker:////${containerName(object, machine)}`;
    if (isProvisioned && object.spec?.providerID === undefined) current = rewrite(object, {}, { providerID });
    if (progress.isNode) join(current, machine, { providerID, plan, isServing: progress.isServing });
    report(current, machine, conditions, progress);
    if (progress.isServing) {
      underWay.delete(uid);
      if (kind === "DevMachine") markBootstrapped(machine);
      return undefined;
    }
    if (failure?.kind === "quota" || (isProvisioned && !boots)) return undefined;
    const next = [provisionedAt, nodeAt, servingAt].find((at) => at > now);
    return next === undefined ? undefined : { requeueAfterMilliseconds: next - now };
  }

  function join(
    { metadata }: ContractObject,
    machine: MachineObject,
    { providerID, plan, isServing }: { readonly providerID: string; readonly plan: MachinePlan; readonly isServing: boolean },
  ): void {
    const workload = workloads.ensure({ namespace: metadata.namespace ?? "", name: machine.spec.clusterName });
    const controlPlane = isControlPlaneMachine(machine);
    const kubeletVersion = plan.kubeletVersion ?? machine.spec.version ?? "";
    const time = timestamp(timeline.now());
    const nodeName = kind === "DevMachine" ? metadata.name : providerID.slice("docker:////".length);
    joinNode(workload, { name: nodeName, providerID, kubeletVersion, controlPlane, time });
    if (!controlPlane || !isServing) return;
    startStaticPods(workload, nodeName, time);
    workload.gitVersion = newer(kubeletVersion, workload.gitVersion);
    if (workload.reachable) return;
    workload.reachable = true;
    runtime.wake("cluster", workload.key, 10);
  }

  function markBootstrapped({ metadata }: MachineObject): void {
    const type = environment.type(machineKey);
    const machine = objects.get(type, metadata.namespace, metadata.name);
    if (machine === undefined || machine.metadata.annotations?.[bootstrappedAnnotation] !== undefined) return;
    const annotations = { ...machine.metadata.annotations, [bootstrappedAnnotation]: "" };
    objects.update(type, { ...machine, metadata: { ...machine.metadata, annotations } }, { manager });
  }

  function remove(object: ContractObject, machine: MachineObject): { readonly requeueAfterMilliseconds: number } | undefined {
    const { uid, namespace, labels } = object.metadata;
    let at = removals.get(uid);
    if (at === undefined) {
      const plan = underWay.get(uid)?.plan ?? environment.machines.plan(object, machine);
      at = timeline.now() + plan.removalMilliseconds;
      removals.set(uid, at);
    }
    if (timeline.now() < at) return { requeueAfterMilliseconds: at - timeline.now() };
    const workload = workloads.get({ namespace: namespace ?? "", name: labels?.[clusterLabel] ?? machine.spec.clusterName });
    if (workload !== undefined) leave(workload, object, machine);
    removeFinalizer(object);
    return undefined;
  }

  function leave(workload: WorkloadCluster, object: ContractObject, machine: MachineObject): void {
    const nodeName = kind === "DevMachine" ? object.metadata.name : containerName(object, machine);
    // The in-memory provider takes the Node along; where there are containers, the Machine controller deletes it.
    leaveCluster(workload, nodeName, { controlPlane: isControlPlaneMachine(machine), withNode: kind === "DevMachine" });
  }

  function removeFinalizer(object: ContractObject): void {
    underWay.delete(object.metadata.uid);
    removals.delete(object.metadata.uid);
    if (object.metadata.finalizers?.includes(finalizer) === true)
      rewrite(object, { finalizers: object.metadata.finalizers.filter((each) => each !== finalizer) });
  }

  function report(object: ContractObject, machine: MachineObject, conditions: readonly Condition[], progress: MachineProgress): void {
    const now = timestamp(timeline.now());
    const { generation } = object.metadata;
    const { states, summary } =
      kind === "DevMachine"
        ? inMemoryStages(progress, isControlPlaneMachine(machine))
        : dockerStages(progress, containerName(object, machine));
    const own = setConditions(conditions, states, now, generation);
    const ready = summarizeConditions(object, { target: "Ready", types: summary, conditions: own, reasons: readyReasons });
    writeStatus(objects, environment.type(key), object, {
      ...object.status,
      conditions: setCondition(own, ready, now, generation),
      ...(progress.isProvisioned ? { initialization: { provisioned: true } } : {}),
      ...(progress.isProvisioned && machine.spec.failureDomain !== undefined ? { failureDomain: machine.spec.failureDomain } : {}),
      ...(progress.isProvisioned && kind === "DockerMachine" && object.status?.["addresses"] === undefined
        ? { addresses: nextAddresses(containerName(object, machine)) }
        : {}),
    });
  }

  function nextAddresses(hostName: string): readonly JsonMap[] {
    addresses += 1;
    const address = `172.18.${(addresses >> 8) & 255}.${addresses & 255}`;
    return [
      { type: "Hostname", address: hostName },
      { type: "InternalIP", address },
      { type: "ExternalIP", address },
    ];
  }

  function rewrite({ metadata }: ContractObject, change: Partial<StoredObject["metadata"]>, spec: JsonMap = {}): ContractObject {
    return objects.modify(
      environment.type(key),
      metadata.namespace,
      metadata.name,
      (live) => ({ ...live, metadata: { ...live.metadata, ...change }, spec: { ...(live["spec"] as JsonMap | undefined), ...spec } }),
      { manager },
    );
  }

  return {
    name,
    intervalMilliseconds: 1000,
    watches: {
      [key]: ({ object }) => [keyOf(object)],
      [machineKey]: (event) => {
        const { spec, metadata } = event.object as MachineObject;
        if (spec.infrastructureRef.kind !== kind) return [];
        if (event.kind === "modified" && (event.previous as MachineObject).spec === spec) return [];
        return [{ namespace: metadata.namespace ?? "", name: spec.infrastructureRef.name }];
      },
      [clusterKey]: (event) => {
        if (event.kind === "modified" && clusterState(event.previous) === clusterState(event.object)) return [];
        return objects.store.labelled(key, event.object.metadata.namespace ?? "", event.object.metadata.name).map(keyOf);
      },
    },
    reconcile,
  };
}

const readyReasons = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" } as const;

function waiting(cluster: ClusterObject, machine: MachineObject): MachineProgress["waitsFor"] {
  if (cluster.status?.initialization?.infrastructureProvisioned !== true) return "ClusterInfrastructureReady";
  if (machine.spec.bootstrap?.dataSecretName !== undefined) return undefined;
  return isControlPlaneMachine(machine) || isControlPlaneInitialized(cluster) ? "BootstrapData" : "ControlPlaneInitialized";
}

/** As the Docker provider names containers. */
function containerName({ metadata }: ContractObject, { spec }: MachineObject): string {
  return metadata.name.startsWith(spec.clusterName) ? metadata.name : `${spec.clusterName}-${metadata.name}`;
}

function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function newer(one: string, other: string): string {
  if (other === "") return one;
  const parts = (version: string): readonly number[] => version.slice(1).split(/[.+-]/).slice(0, 3).map(Number);
  const [first, second] = [parts(one), parts(other)];
  const index = first.findIndex((part, at) => part !== second[at]);
  return index !== -1 && first[index]! > second[index]! ? one : other;
}
