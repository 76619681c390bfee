import { createHash } from "node:crypto";
import { timestamp } from "../api/objects.ts";
import { writeStatus } from "../conditions/write-status.ts";
import type { WorkloadCluster } from "../controllers/environment.ts";
import type { Random } from "../engine/random.ts";
import type { OwnerReference, StoredObject } from "../store/stored-object.ts";
import { isPodReady, podFinalizer, scaledValue, type PodObject } from "./pod-objects.ts";
import { oncePerObject } from "../store/once-per-object.ts";

interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: Readonly<Record<string, unknown>>;
}

interface Replicated extends StoredObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template: PodTemplate;
    readonly strategy?: { readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string } };
  };
}

const deploymentKey = "Deployment.apps";
const setKey = "ReplicaSet.apps";
const hashLabel = "pod-template-hash";
const manager = "kube-controller-manager";

/** A ReplicaSet for each template, and the numbers between them during a rolling update (k8s.io/kubernetes pkg/controller/deployment, without pauses and rollbacks). */
export function syncDeployments({ objects, type }: WorkloadCluster, now: number): void {
  for (const deployment of objects.store.list(deploymentKey) as readonly Replicated[]) {
    if (deployment.metadata.deletionTimestamp !== undefined) continue;
    const { namespace, name, uid } = deployment.metadata;
    const owned = (objects.store.list(setKey, namespace) as readonly Replicated[]).filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.uid === uid),
    );
    const hash = templateHash(deployment.spec.template);
    const replicas = deployment.spec.replicas ?? 1;
    let current = owned.find(({ metadata }) => metadata.labels?.[hashLabel] === hash);
    const old = owned.filter((set) => set !== current);
    if (current === undefined) {
      const labels = { ...deployment.spec.template.metadata?.labels, [hashLabel]: hash };
      current = objects.create(
        type(setKey),
        {
          metadata: {
            name: `${name}-${hash}`,
            ...(namespace === undefined ? {} : { namespace }),
            labels,
            ownerReferences: [ownerOf(deployment)],
          },
          spec: {
            replicas: old.length === 0 ? replicas : 0,
            selector: { matchLabels: { ...deployment.spec.selector?.matchLabels, [hashLabel]: hash } },
            template: { ...deployment.spec.template, metadata: { ...deployment.spec.template.metadata, labels } },
          },
        },
        { manager },
      ) as Replicated;
    }
    const rolling = deployment.spec.strategy?.rollingUpdate;
    const surge = scaledValue(rolling?.maxSurge ?? "25%", replicas);
    const unavailable = Math.floor(
      scaledValue(rolling?.maxUnavailable ?? "25%", replicas) * (typeof rolling?.maxUnavailable === "number" ? 1 : 0.999),
    );
    const oldCount = old.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0);
    scale(current, Math.min(replicas, Math.max(0, replicas + surge - oldCount)));
    const available = [current, ...old].reduce((sum, set) => sum + readyPods(set), 0);
    let spare = available - Math.max(0, replicas - unavailable);
    for (const set of old) {
      const count = set.spec.replicas ?? 0;
      const down = Math.min(count, Math.max(0, spare) + Math.max(0, count - readyPods(set)));
      spare -= Math.min(down, readyPods(set));
      scale(set, count - down);
    }
    report(deployment, current, [current, ...old], replicas);
  }

  function scale(set: Replicated, replicas: number): void {
    if (set.spec.replicas === replicas) return;
    objects.modify(type(setKey), set.metadata.namespace, set.metadata.name, (live) => ({ ...live, spec: { ...set.spec, replicas } }), {
      manager,
    });
  }

  /** In no particular order: they are only counted. */
  function podsOf({ metadata }: Replicated): readonly PodObject[] {
    return objects.store.dependents(metadata.uid).flatMap(({ type: key, object }) => (key === "Pod" ? [object] : []));
  }

  function readyPods(set: Replicated): number {
    return podsOf(set).filter((pod) => isPodReady(pod) && pod.metadata.deletionTimestamp === undefined).length;
  }

  function report(deployment: Replicated, current: Replicated, sets: readonly Replicated[], wanted: number): void {
    const all = sets.flatMap(podsOf).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const ready = all.filter(isPodReady).length;
    const updated = podsOf(current).filter(({ metadata }) => metadata.deletionTimestamp === undefined).length;
    const isAvailable = ready >= Math.max(1, Math.ceil(wanted * 0.75));
    const previous = (
      deployment["status"] as
        { readonly conditions?: readonly { readonly status: string; readonly lastTransitionTime: string }[] } | undefined
    )?.conditions?.[0];
    const status = isAvailable ? "True" : "False";
    const { generation } = deployment.metadata;
    writeStatus(objects, type(deploymentKey), deployment, {
      replicas: all.length,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: ready,
      ...(ready < wanted ? { unavailableReplicas: wanted - ready } : {}),
      conditions: [
        {
          type: "Available",
          status,
          reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
          message: isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
          lastTransitionTime: previous?.status === status ? previous.lastTransitionTime : timestamp(now),
        },
      ],
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    });
  }
}

/** As many pods as each ReplicaSet asks for; those on their way out do not count. */
export function syncReplicaSets({ objects, type }: WorkloadCluster, random: Random): void {
  for (const set of objects.store.list(setKey) as readonly Replicated[]) {
    const { namespace, name, uid } = set.metadata;
    const pods = (objects.store.list("Pod", namespace) as readonly PodObject[]).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined && metadata.ownerReferences?.some((owner) => owner.uid === uid),
    );
    const wanted = set.metadata.deletionTimestamp === undefined ? (set.spec.replicas ?? 1) : 0;
    for (let count = pods.length; count < wanted; count += 1) {
      objects.create(
        type("Pod"),
        {
          metadata: {
            name: `${name}-${random.suffix(5)}`,
            ...(namespace === undefined ? {} : { namespace }),
            labels: set.spec.template.metadata?.labels ?? {},
            ownerReferences: [ownerOf(set)],
            finalizers: [podFinalizer],
          },
          spec: set.spec.template.spec ?? {},
        },
        { manager },
      );
    }
    // Pods that are not ready go first.
    const leaving = [...pods]
      .sort((one, other) => Number(isPodReady(one)) - Number(isPodReady(other)))
      .slice(0, Math.max(0, pods.length - wanted));
    for (const { metadata } of leaving) objects.delete(type("Pod"), metadata.namespace, metadata.name, {});
    const ready = pods.filter(isPodReady).length;
    writeStatus(objects, type(setKey), set, {
      replicas: pods.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: set.metadata.generation ?? 1,
    });
  }
}

function ownerOf({ apiVersion, kind, metadata }: StoredObject): OwnerReference {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
}

const templateHash = oncePerObject((template: PodTemplate): string =>
  createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 10),
);
