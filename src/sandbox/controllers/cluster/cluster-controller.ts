import { typeKey } from "../../api/resource-type.ts";
import { getCondition, type Condition } from "../../conditions/condition.ts";
import { ensurePaused, writeStatus } from "../../conditions/write-status.ts";
import {
  clusterKey,
  clusterLabel,
  isControlPlaneMachine,
  machineKey,
  type MachineObject,
} from "../../infrastructure/infrastructure-objects.ts";
import type { JsonMap, StoredMetadata, StoredObject } from "../../store/stored-object.ts";
import { ReconcileError, type Controller, type ObjectKey } from "../controller-runtime.ts";
import type { Environment } from "../environment.ts";
import { machineDeploymentKey } from "../machine-set/machine-objects.ts";
import { tearDown } from "./cluster-deletion.ts";
import type { ClusterPass } from "./cluster-pass.ts";
import { keepKubeconfig, readReferences, takeEndpoint, type References } from "./cluster-references.ts";
import { isDeleting, machinePoolKey, readDescendants, type Cluster, type ClusterClass } from "./cluster-scope.ts";
import { withStatus } from "./cluster-status.ts";
import { createConnectionProbes } from "./connection-probe.ts";

const finalizer = "cluster.cluster.x-k8s.io";
const manager = "manager";
const clusterClassKey = "ClusterClass.cluster.x-k8s.io";
/** Kinds that a Cluster may refer to; they count from the moment they come. */
const referencedKeys = [
  "KubeadmControlPlane.controlplane.cluster.x-k8s.io",
  ...["DevCluster", "DockerCluster"].map((kind) => `${kind}.infrastructure.cluster.x-k8s.io`),
];
const referenceRetryMilliseconds = 30_000;
const deletionRetryMilliseconds = 5_000;
/** Cluster API looks at everything again each ten minutes. Here only what is not well is looked at again. */
const resyncMilliseconds = 600_000;

/** Cluster: joins infrastructure and control plane, and sums up everything below it (core/reconcilers/cluster). */
export function createClusterController(environment: Environment): Controller {
  const { objects, type, timeline, workloads } = environment;
  const probes = createConnectionProbes();

  return {
    name: "cluster",
    intervalMilliseconds: 1000,
    watches: {
      [clusterKey]: ({ object }) => [keyOf(object.metadata)],
      ...Object.fromEntries([machineDeploymentKey, machinePoolKey].map((key) => [key, ({ object }) => byLabel(object)])),
      [machineKey]: ({ object }) => (isFirstNode(object) ? byLabel(object) : []),
      ...Object.fromEntries(
        referencedKeys.map((key) => [key, ({ object }) => (isLabelled(object) ? byLabel(object) : referencing(object))]),
      ),
    },
    reconcile(key) {
      const cluster = read(key);
      if (cluster === undefined) return probes.forget(key);
      if (!isDeleting(cluster) && !(cluster.metadata.finalizers ?? []).includes(finalizer)) {
        return rewrite(cluster, (metadata) => ({ ...metadata, finalizers: [...(metadata.finalizers ?? []), finalizer] }));
      }
      const conditions = ensurePaused(objects, type(clusterKey), cluster, cluster, timeline.now());
      return conditions === "stop" ? undefined : pass(key, cluster, conditions);
    },
  };

  function pass(key: ObjectKey, first: Cluster, conditions: readonly Condition[]): { readonly requeueAfterMilliseconds?: number } | void {
    const clusterClass = classOf(first);
    const { infrastructureRef, controlPlaneRef, topology } = first.spec;
    if (topology !== undefined && !isDeleting(first) && (infrastructureRef === undefined || controlPlaneRef === undefined)) {
      const references: References = { infrastructure: undefined, controlPlane: undefined };
      // The topology controller writes the references, which wakes this one.
      report(passOf(key, first, clusterClass, { references, descendants: undefined, deletion: undefined }), conditions);
      return;
    }
    const references = readReferences(environment, first);
    const cluster = takeEndpoint(environment, first, references);
    const descendants = readDescendants(environment, cluster);
    if (isDeleting(cluster)) {
      const deletion = tearDown(environment, cluster, references, descendants);
      // As read before: what was deleted just now is told by the next pass.
      report(passOf(key, cluster, clusterClass, { references, descendants, deletion }), conditions);
      if (deletion.reason === "WaitingForWorkersDeletion") return { requeueAfterMilliseconds: deletionRetryMilliseconds };
      // Once the control plane and the infrastructure go, that wakes this controller.
      if (deletion.reason !== "DeletionCompleted") return;
      environment.recordEvent(cluster, "Normal", "Deleted", `Cluster ${cluster.metadata.name} has been deleted`);
      rewrite(cluster, (metadata) => ({ ...metadata, finalizers: (metadata.finalizers ?? []).filter((each) => each !== finalizer) }));
      workloads.remove(key);
      return probes.forget(key);
    }
    const kubeconfig = keepKubeconfig(environment, cluster);
    const lost = lostReference(cluster, references);
    const current = passOf(key, cluster, clusterClass, { references, descendants, deletion: undefined });
    const written = report(current, conditions, lost === undefined);
    if (lost !== undefined) throw new ReconcileError(lost);
    const isMissing =
      (infrastructureRef !== undefined && references.infrastructure === undefined) ||
      (controlPlaneRef !== undefined && references.controlPlane === undefined);
    const waits = [
      ...(isMissing || kubeconfig === "waits" ? [referenceRetryMilliseconds] : []),
      ...(current.probe.changesInMilliseconds === undefined ? [] : [current.probe.changesInMilliseconds]),
      ...(isSettled(written) ? [] : [resyncMilliseconds]),
    ];
    return waits.length === 0 ? undefined : { requeueAfterMilliseconds: Math.min(...waits) };
  }

  function passOf(
    key: ObjectKey,
    cluster: Cluster,
    clusterClass: ClusterClass | undefined,
    found: Pick<ClusterPass, "references" | "descendants" | "deletion">,
  ): ClusterPass {
    const probe = probes.probe(key, {
      isReachable: workloads.get(key)?.reachable === true,
      isTried: cluster.status?.initialization?.infrastructureProvisioned === true,
      isKnown: getCondition(cluster, "RemoteConnectionProbe") !== undefined,
      now: timeline.now(),
    });
    return { environment, cluster, clusterClass, probe, ...found };
  }

  function report(found: ClusterPass, conditions: readonly Condition[], isComplete = true): Cluster {
    const { cluster } = found;
    const next = withStatus(found, conditions, isComplete);
    const { name } = cluster.metadata;
    const [before, after] = [cluster.status, next.status];
    const event = (reason: string, message: string): void => environment.recordEvent(cluster, "Normal", reason, message);
    const hasBecome = (field: "infrastructureProvisioned" | "controlPlaneInitialized"): boolean =>
      before?.initialization?.[field] !== true && after?.initialization?.[field] === true;
    if (hasBecome("infrastructureProvisioned") && cluster.spec.infrastructureRef !== undefined) {
      event("InfrastructureReady", `Cluster ${name} InfrastructureProvisioned is now True`);
    }
    if (hasBecome("controlPlaneInitialized")) event("ControlPlaneInitialized", `Cluster ${name} ControlPlaneInitialized is now True`);
    const phase = after?.["phase"] as string;
    if (before?.["phase"] !== phase) event(phase, `Cluster ${name} is ${phase}`);
    // The status of a Cluster is one.
    return writeStatus(objects, type(clusterKey), cluster, after as JsonMap) as Cluster;
  }

  function read({ namespace, name }: ObjectKey): Cluster | undefined {
    // What is stored under this type is a Cluster.
    return objects.get(type(clusterKey), namespace, name) as Cluster | undefined;
  }

  /** Needed for its availability gates; a deletion goes on without it. */
  function classOf(cluster: Cluster): ClusterClass | undefined {
    const classRef = cluster.spec.topology?.classRef;
    if (classRef === undefined) return undefined;
    const namespace = classRef.namespace ?? cluster.metadata.namespace;
    // What is stored under this type is a ClusterClass.
    const found = objects.get(type(clusterClassKey), namespace, classRef.name) as ClusterClass | undefined;
    if (found !== undefined || isDeleting(cluster)) return found;
    throw new ReconcileError(
      `failed to get ClusterClass ${namespace ?? ""}/${classRef.name}: ClusterClass.cluster.x-k8s.io "${classRef.name}" not found`,
    );
  }

  /** Those who refer to an object that nobody has claimed yet. Cluster API looks for it each 30 s instead. */
  function referencing({ apiVersion, kind, metadata }: StoredObject): readonly ObjectKey[] {
    const group = apiVersion.slice(0, apiVersion.indexOf("/"));
    return objects.store
      .list(clusterKey, metadata.namespace ?? "")
      .filter((object) => {
        const { infrastructureRef, controlPlaneRef } = (object as Cluster).spec;
        return [infrastructureRef, controlPlaneRef].some(
          (ref) => ref !== undefined && typeKey(ref.apiGroup, ref.kind) === typeKey(group, kind) && ref.name === metadata.name,
        );
      })
      .map((object) => keyOf(object.metadata));
  }

  /** Where nobody provides a control plane, its first node is the sign that it is up. */
  function isFirstNode(object: StoredObject): boolean {
    // What is stored under this type is a Machine.
    const { spec, status, metadata } = object as MachineObject;
    if (!isControlPlaneMachine(object) || status?.nodeRef === undefined) return false;
    const cluster = read({ namespace: metadata.namespace ?? "", name: spec.clusterName });
    return cluster !== undefined && getCondition(cluster, "ControlPlaneInitialized")?.status !== "True";
  }

  function rewrite({ metadata }: StoredObject, change: (metadata: StoredMetadata) => StoredMetadata): void {
    const { namespace, name } = metadata;
    objects.modify(type(clusterKey), namespace, name, (live) => ({ ...live, metadata: change(live.metadata) }), { manager });
  }
}

/** What was up and running may not just go. */
function lostReference({ spec, status }: Cluster, { infrastructure, controlPlane }: References): string | undefined {
  const { infrastructureRef, controlPlaneRef } = spec;
  const lost = [
    ...(infrastructureRef !== undefined && infrastructure === undefined && status?.initialization?.infrastructureProvisioned === true
      ? [`${infrastructureRef.kind} has been deleted after being provisioned`]
      : []),
    ...(controlPlaneRef !== undefined && controlPlane === undefined && status?.initialization?.controlPlaneInitialized === true
      ? [`${controlPlaneRef.kind} has been deleted after being initialized`]
      : []),
  ];
  if (lost.length === 0) return undefined;
  return lost.length === 1 ? lost[0] : `[${lost.join(", ")}]`;
}

const machineConditions = ["ControlPlaneMachinesReady", "WorkerMachinesReady", "ControlPlaneMachinesUpToDate", "WorkerMachinesUpToDate"];

function isSettled(cluster: Cluster): boolean {
  return machineConditions.every((type) => getCondition(cluster, type)?.status === "True");
}

function keyOf({ namespace = "", name }: { readonly namespace?: string; readonly name: string }): ObjectKey {
  return { namespace, name };
}

function isLabelled({ metadata }: StoredObject): boolean {
  return metadata.labels?.[clusterLabel] !== undefined;
}

/** Owners are known by their label as well, as long as they have it. */
function byLabel({ metadata }: StoredObject): readonly ObjectKey[] {
  const name = metadata.labels?.[clusterLabel];
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
}
