import { typeKey } from "../../api/resource-type.ts";
import { clusterKey, clusterLabel, type ContractObject, type ContractRef } from "../../infrastructure/infrastructure-objects.ts";
import type { JsonMap, OwnerReference, StoredObject } from "../../store/stored-object.ts";
import type { Environment } from "../environment.ts";
import { isDeleting, type Cluster, type Fleet } from "./cluster-scope.ts";

const manager = "manager";

export interface References {
  readonly infrastructure: ContractObject | undefined;
  readonly controlPlane: Fleet | undefined;
}

/** Reads what the Cluster refers to, and makes it the Cluster's own. */
export function readReferences(environment: Environment, cluster: Cluster): References {
  const { infrastructureRef, controlPlaneRef } = cluster.spec;
  return {
    infrastructure: own(environment, cluster, infrastructureRef),
    controlPlane: own(environment, cluster, controlPlaneRef),
  };
}

function own({ objects, type }: Environment, cluster: Cluster, reference: ContractRef | undefined): StoredObject | undefined {
  if (reference === undefined) return undefined;
  const key = type(typeKey(reference.apiGroup, reference.kind));
  const found = objects.get(key, cluster.metadata.namespace, reference.name);
  if (found === undefined) return undefined;
  const { name, uid } = cluster.metadata;
  // Where there is no topology, somebody else may want to be the one owner that controls it.
  const isController = cluster.spec.topology !== undefined;
  const { ownerReferences = [], labels } = found.metadata;
  if (
    labels?.[clusterLabel] === name &&
    ownerReferences.some((owner) => owner.uid === uid && (owner.controller ?? false) === isController)
  ) {
    return found;
  }
  const owner: OwnerReference = {
    apiVersion: cluster.apiVersion,
    kind: "Cluster",
    name,
    uid,
    ...(isController ? { controller: true, blockOwnerDeletion: true } : {}),
  };
  const index = ownerReferences.findIndex((each) => each.uid === uid);
  const owners = index === -1 ? [...ownerReferences, owner] : ownerReferences.with(index, owner);
  return objects.modify(
    key,
    found.metadata.namespace,
    found.metadata.name,
    (live) => ({
      ...live,
      metadata: { ...live.metadata, ownerReferences: owners, labels: { ...live.metadata.labels, [clusterLabel]: name } },
    }),
    { manager },
  );
}

export function isProvisioned({ infrastructure }: References): boolean {
  return infrastructure?.status?.initialization?.provisioned === true;
}

export function isInitialized({ controlPlane }: References): boolean {
  return controlPlane?.status?.initialization?.controlPlaneInitialized === true;
}

/** Takes over the address of the API server, once somebody has one; gives the Cluster as it is then. */
export function takeEndpoint({ objects, type }: Environment, cluster: Cluster, references: References): Cluster {
  const { infrastructure, controlPlane } = references;
  const { metadata, spec, status } = cluster;
  if (hasEndpoint(cluster)) return cluster;
  const isUp = isProvisioned(references) || status?.initialization?.infrastructureProvisioned === true;
  const isOn = isInitialized(references) || status?.initialization?.controlPlaneInitialized === true;
  const endpoint =
    (isUp && infrastructure !== undefined && !isDeleting(infrastructure) ? infrastructure.spec?.["controlPlaneEndpoint"] : undefined) ??
    (isOn && controlPlane !== undefined && !isDeleting(controlPlane) ? controlPlane.spec?.controlPlaneEndpoint : undefined);
  if (endpoint === undefined) return cluster;
  const change = (live: StoredObject): StoredObject => ({ ...live, spec: { ...spec, controlPlaneEndpoint: endpoint } });
  // A modified Cluster is one.
  return objects.modify(type(clusterKey), metadata.namespace, metadata.name, change, { manager }) as Cluster;
}

export function hasEndpoint({ spec: { controlPlaneEndpoint: endpoint } }: Cluster): boolean {
  return (endpoint?.host ?? "") !== "" && (endpoint?.port ?? 0) !== 0;
}

/** Where nobody provides a control plane, the Cluster keeps its kubeconfig; it waits for the CA that a user brings. */
export function keepKubeconfig({ objects, type, workloads }: Environment, cluster: Cluster): "waits" | "done" {
  if (cluster.spec.controlPlaneRef !== undefined || !hasEndpoint(cluster)) return "done";
  const { namespace = "", name, uid } = cluster.metadata;
  const secret = type("Secret");
  if (objects.get(secret, namespace, `${name}-kubeconfig`) !== undefined) return "done";
  if (objects.get(secret, namespace, `${name}-ca`) === undefined) return "waits";
  const data: JsonMap = { value: Buffer.from(workloads.ensure({ namespace, name }).kubeconfig()).toString("base64") };
  const ownerReferences = [{ apiVersion: cluster.apiVersion, kind: "Cluster", name, uid }];
  const metadata = { name: `${name}-kubeconfig`, namespace, labels: { [clusterLabel]: name }, ownerReferences };
  objects.create(secret, { metadata, type: "cluster.x-k8s.io/secret", data }, { manager });
  return "done";
}
