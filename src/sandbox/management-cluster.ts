import { convertVersion } from "./conversion/convert.ts";
import { createApiHandler, type ApiHandler } from "./api/handler.ts";
import { createObjects, timestamp, type ObjectRules, type Objects } from "./api/objects.ts";
import type { ResourceType } from "./api/resource-type.ts";
import { clusterApiWebhooks } from "./admission/webhooks.ts";
import { createClusterController } from "./controllers/cluster/cluster-controller.ts";
import { createControllerRuntime, type ControllerRuntime, type ObjectKey } from "./controllers/controller-runtime.ts";
import type { Environment, MachineBehaviour, WorkloadCluster, WorkloadClusters } from "./controllers/environment.ts";
import { startGarbageCollector } from "./controllers/garbage-collector.ts";
import { createKubeadmControlPlaneController } from "./controllers/kubeadm-control-plane/controller.ts";
import { createMachineController } from "./controllers/machine/machine-controller.ts";
import { createMachineDeploymentController } from "./controllers/machine-deployment/machine-deployment-controller.ts";
import { createMachineHealthCheckController } from "./controllers/machine-health-check/machine-health-check-controller.ts";
import { createMachinePoolController } from "./controllers/machine-pool/machine-pool-controller.ts";
import { createMachineSetController } from "./controllers/machine-set/machine-set-controller.ts";
import { startNamespaceLifecycle } from "./controllers/namespace-lifecycle.ts";
import { createClusterClassController } from "./controllers/topology/cluster-class-controller.ts";
import { createTopologyMachineDeploymentController, createTopologyMachineSetController } from "./controllers/topology/template-cleanup.ts";
import { createTopologyController } from "./controllers/topology/topology-controller.ts";
import type { Random } from "./engine/random.ts";
import type { Timeline } from "./engine/timeline.ts";
import { createFieldManagement } from "./field-management/field-management.ts";
import { createInfrastructureClusterController } from "./infrastructure/infrastructure-cluster.ts";
import { createInfrastructureMachineController } from "./infrastructure/infrastructure-machine.ts";
import { createKubeadmConfigController } from "./infrastructure/kubeadm-config.ts";
import { defaultMachineBehaviour } from "./infrastructure/machine-behaviour.ts";
import { builtInTypes, eventType, workloadTypes } from "./schemas/built-in-types.ts";
import { crdObjects } from "./schemas/crd-objects.ts";
import { clusterApiTypes, ownTypes } from "./schemas/custom-types.ts";
import { serveDefinitions } from "./schemas/serve-definitions.ts";
import { refuseBrokenSchema, schemaFields, schemaRules } from "./schemas/schema-rules.ts";
import { createObjectStore, type SavedStore } from "./store/object-store.ts";
import type { StoredObject } from "./store/stored-object.ts";
import { evictPod } from "./workload/disruption-budgets.ts";
import { startPodControllers } from "./workload/pod-controllers.ts";
import { createWorkloadClusters, saveWorkload, type SavedWorkload } from "./workload/workload-clusters.ts";

export interface ManagementClusterOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  /** Default: as their specs say (`infrastructure/machine-behaviour.ts`). */
  readonly machines?: MachineBehaviour;
  /** The text of a kubeconfig for a workload cluster. */
  readonly workloadKubeconfig: (key: ObjectKey) => string;
  /** What the management cluster says is its version. */
  readonly gitVersion?: string;
  /** What it begins with; its timeline must not stand before that time. Its controllers start anew, as after a restart. */
  readonly saved?: SavedCluster;
  /** Until its controllers look at what is there from the beginning, in milliseconds: the time that a restart takes. Default 0. */
  readonly controllersStartMilliseconds?: number;
  /** Told of each pass of a controller that failed, and is tried again. */
  readonly onControllerError?: (controller: string, key: ObjectKey, error: Error) => void;
}

/** A management cluster with Cluster API on it, and the clusters that it makes: everything but the way to reach them. */
export interface ManagementCluster {
  readonly timeline: Timeline;
  readonly objects: Objects;
  readonly types: readonly ResourceType[];
  readonly runtime: ControllerRuntime;
  readonly handler: ApiHandler;
  readonly workloads: WorkloadClusters & { list(): readonly WorkloadCluster[] };
  /** The API of a workload cluster; undefined while nobody answers there. */
  workloadHandler(key: ObjectKey): ApiHandler | undefined;
}

/** A management cluster and its workload clusters at one moment: data, which any number of others can begin with. */
export interface SavedCluster {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly store: SavedStore;
  readonly workloads: readonly SavedWorkload[];
}

/** To be taken while nothing is under way: what the controllers only have in mind (machines that boot, pods that start) is not kept. */
export function saveCluster({ timeline, objects, workloads }: ManagementCluster): SavedCluster {
  return { at: timeline.now(), store: objects.store.save(), workloads: workloads.list().map(saveWorkload) };
}

const managementVersion = "v1.36.3";

export function createManagementCluster(options: ManagementClusterOptions): ManagementCluster {
  const { timeline, random, saved } = options;
  const now = (): number => timeline.now();
  const after = (milliseconds: number, task: () => void): (() => void) => timeline.after(milliseconds, task);
  const types = [...builtInTypes(), eventType, ...clusterApiTypes(), ...ownTypes()];
  const byKey = new Map(types.map((type) => [type.key, type]));
  const type = (key: string): ResourceType => {
    const found = byKey.get(key);
    if (found === undefined) throw new Error(`the management cluster serves no ${key}`);
    return found;
  };
  const fields = createFieldManagement();
  const webhooks = clusterApiWebhooks({ objects: () => objects, type });
  const rules: ObjectRules = {
    schema: schemaFields,
    fields,
    mutate: webhooks.mutate,
    // As in kube-apiserver, what webhooks fill in is there when the schema is asked.
    validate(request) {
      if (request.object !== undefined) refuseBrokenSchema(request.type, request.object, request.previous);
      webhooks.validate(request);
    },
  };
  const objects: Objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster.x-k8s.io/cluster-name", ...(saved === undefined ? {} : { saved: saved.store }) }),
    now,
    random: random.fork("objects"),
    rules,
  });
  startGarbageCollector({ objects, type: (key) => byKey.get(key), timeline });
  startNamespaceLifecycle({ objects, types: () => types, timeline });
  const definition = type("CustomResourceDefinition.apiextensions.k8s.io");
  if (saved === undefined) install();
  serveDefinitions({
    objects,
    definition,
    timeline,
    isServed: (key) => byKey.has(key),
    onServed: (served) => {
      byKey.set(served.key, served);
      types.push(served);
    },
  });

  const runtime = createControllerRuntime({
    objects,
    timeline,
    random: random.fork("controllers"),
    ...(options.controllersStartMilliseconds === undefined ? {} : { startMilliseconds: options.controllersStartMilliseconds }),
    ...(options.onControllerError === undefined ? {} : { onError: options.onControllerError }),
  });
  const workloads = createWorkloadClusters({
    timeline,
    random: random.fork("workloads"),
    types: workloadTypes(),
    rules: { schema: schemaRules, fields },
    ...(saved === undefined ? {} : { saved: saved.workloads }),
    kubeconfig: options.workloadKubeconfig,
    onMade: (cluster) =>
      startPodControllers(cluster, { timeline, random: random.fork(`pods/${cluster.key.namespace}/${cluster.key.name}`) }),
  });
  const environment: Environment = {
    objects,
    type,
    timeline,
    random: random.fork("environment"),
    runtime,
    workloads,
    machines: options.machines ?? defaultMachineBehaviour(random.fork("machines")),
    recordEvent: eventRecorder(objects, type("Event"), timeline),
  };
  for (const controller of [
    createClusterController(environment),
    createClusterClassController(environment),
    createTopologyController(environment),
    createTopologyMachineDeploymentController(environment),
    createTopologyMachineSetController(environment),
    createKubeadmControlPlaneController(environment),
    createMachineDeploymentController(environment),
    createMachineSetController(environment),
    createMachineController(environment),
    createMachineHealthCheckController(environment),
    createMachinePoolController(environment),
    createKubeadmConfigController(environment),
    createInfrastructureClusterController(environment, "DevCluster"),
    createInfrastructureClusterController(environment, "DockerCluster"),
    createInfrastructureMachineController(environment, "DevMachine"),
    createInfrastructureMachineController(environment, "DockerMachine"),
  ]) {
    runtime.add(controller);
  }

  function install(): void {
    for (const name of ["default", "kube-system", "kube-public"])
      objects.create(type("Namespace"), { metadata: { name } }, { manager: "kube-apiserver" });
    for (const crd of crdObjects(types, timestamp(timeline.now()))) {
      const { status, ...made } = crd;
      const object = objects.create(definition, made, { manager: "clusterctl" });
      objects.updateStatus(definition, { ...object, status }, { manager: "kube-apiserver" });
    }
  }

  const handlers = new WeakMap<WorkloadCluster, ApiHandler>();
  return {
    timeline,
    objects,
    types,
    runtime,
    workloads,
    handler: createApiHandler({
      objects,
      types: () => types,
      convert: convertVersion,
      now,
      after,
      gitVersion: () => options.gitVersion ?? managementVersion,
    }),
    workloadHandler(key) {
      const workload = workloads.get(key);
      if (workload?.reachable !== true) return undefined;
      let handler = handlers.get(workload);
      if (handler === undefined) {
        handler = createApiHandler({
          objects: workload.objects,
          types: workloadTypes,
          now,
          after,
          gitVersion: () => workload.gitVersion,
          evict: (pod, dryRun) => evictPod(workload, pod, dryRun),
        });
        handlers.set(workload, handler);
      }
      return handler;
    },
  };
}

/** Events of the same object, reason and message are one that is counted. */
function eventRecorder(objects: Objects, type: ResourceType, timeline: Timeline): Environment["recordEvent"] {
  return (about: StoredObject, kind, reason, message) => {
    const { name, namespace = "default", uid, resourceVersion } = about.metadata;
    const now = timestamp(timeline.now());
    objects.create(
      type,
      {
        metadata: { generateName: `${name.slice(0, 40)}.`, namespace },
        involvedObject: {
          apiVersion: about.apiVersion,
          kind: about.kind,
          name,
          namespace,
          uid,
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        },
        type: kind,
        reason,
        message,
        count: 1,
        firstTimestamp: now,
        lastTimestamp: now,
        source: { component: "cluster-api" },
      },
      { manager: "manager" },
    );
  };
}
