import { setConditions } from "../conditions/condition.ts";
import { ensurePaused, writeStatus } from "../conditions/write-status.ts";
import { timestamp } from "../api/objects.ts";
import type { Controller, ObjectKey } from "../controllers/controller-runtime.ts";
import type { Environment } from "../controllers/environment.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { clusterKey, clusterLabel, clusterOf, clusterState, type ContractObject } from "./infrastructure-objects.ts";

const finalizer = "dockercluster.infrastructure.cluster.x-k8s.io";
const manager = "manager";

/** DevCluster or DockerCluster: gives the cluster an endpoint, and is provisioned at once. */
export function createInfrastructureClusterController(environment: Environment, kind: "DevCluster" | "DockerCluster"): Controller {
  const { objects, timeline } = environment;
  const key = `${kind}.infrastructure.cluster.x-k8s.io`;

  return {
    name: kind.toLowerCase(),
    watches: {
      [key]: ({ object }) => [keyOf(object)],
      [clusterKey]: (event) => {
        if (event.kind === "modified" && clusterState(event.previous) === clusterState(event.object)) return [];
        return objects.store.labelled(key, event.object.metadata.namespace ?? "", event.object.metadata.name).map(keyOf);
      },
    },
    reconcile({ namespace, name }) {
      const type = environment.type(key);
      let object: ContractObject | undefined = objects.get(type, namespace, name);
      if (object === undefined) return;
      const owner = object.metadata.ownerReferences?.find((reference) => reference.kind === "Cluster");
      if (object.metadata.deletionTimestamp !== undefined) {
        if (machinesLeft(environment, object)) return { requeueAfterMilliseconds: 1_000 };
        if (owner !== undefined) environment.workloads.remove({ namespace, name: owner.name });
        write(object, (metadata) => ({ ...metadata, finalizers: (metadata.finalizers ?? []).filter((each) => each !== finalizer) }));
        return;
      }
      if (owner === undefined) return;
      if (!(object.metadata.finalizers ?? []).includes(finalizer)) {
        write(object, (metadata) => ({ ...metadata, finalizers: [...(metadata.finalizers ?? []), finalizer] }));
        return;
      }
      const conditions = ensurePaused(objects, type, clusterOf(environment, object), object, timeline.now());
      if (conditions === "stop") return;
      const workload = environment.workloads.ensure({ namespace, name: owner.name });
      const { host, port } = endpointOf(workload.kubeconfig());
      if (object.spec?.["controlPlaneEndpoint"] === undefined) {
        object = objects.modify(
          type,
          namespace,
          name,
          (live) => ({ ...live, spec: { ...(live["spec"] as object), controlPlaneEndpoint: { host, port } } }),
          { manager },
        );
      }
      const now = timestamp(timeline.now());
      const state = { type: "Ready", status: "True", reason: "Ready", message: "" } as const;
      writeStatus(objects, type, object, {
        ...object.status,
        conditions: kind === "DevCluster" ? conditions : setConditions(conditions, [state], now),
        initialization: { provisioned: true },
      });
      return;
    },
  };

  function write({ metadata }: StoredObject, change: (metadata: StoredObject["metadata"]) => StoredObject["metadata"]): void {
    objects.modify(environment.type(key), metadata.namespace, metadata.name, (live) => ({ ...live, metadata: change(live.metadata) }), {
      manager,
    });
  }
}

function keyOf({ metadata }: StoredObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

function machinesLeft({ objects }: Environment, { metadata }: StoredObject): boolean {
  const cluster = metadata.labels?.[clusterLabel] ?? "";
  return objects.store.labelled("Machine.cluster.x-k8s.io", metadata.namespace ?? "", cluster).length > 0;
}

/** Where the kubeconfig's server listens. */
function endpointOf(kubeconfig: string): { readonly host: string; readonly port: number } {
  const server = /server: (\S+)/.exec(kubeconfig)?.[1] ?? "https://127.0.0.1:6443";
  const { hostname, port } = new URL(server);
  return { host: hostname, port: Number(port === "" ? 443 : port) };
}
