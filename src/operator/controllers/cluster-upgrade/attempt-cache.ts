import type { ClusterAddress } from "../../../cluster-api/fetch-cluster-objects.ts";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { startWatchCache, type CacheChange } from "../../../kubernetes/watch-cache.ts";
import type { AttemptPhase } from "../../../upgrade/attempt/attempt-types.ts";
import type { KnownAttempt } from "../../../upgrade/policy/known-attempt.ts";
import { placeFor, placesOf } from "../../../upgrade/policy/places.ts";
import { attemptPhases } from "../../api/cluster-upgrade-memory.ts";
import type { ClusterUpgrade } from "../../api/generated/cluster-upgrade.gen.ts";
import { clusterUpgrades } from "../../api/kinds.ts";
import { domainWord } from "../../api/words.ts";
import type { ObjectKey } from "../../runtime/controller.ts";

/** Set on an attempt whose policy leads elsewhere: it ends, unless it has written something. */
export const supersededAnnotation = "upgrades.clusterapi-gitops.io/superseded-by";

/** Says that the attempt has a place under its policy's `maxConcurrent`: `placeFor`. */
export const placeAnnotation = "upgrades.clusterapi-gitops.io/place";

/** All ClusterUpgrades, in memory. */
export interface AttemptCache {
  readonly synced: Promise<void>;
  /** False while what is held may be out of date. */
  isCurrent(): boolean;
  get(key: ObjectKey): KubernetesObject | undefined;
  all(): readonly KubernetesObject[];
  ofCluster(address: ClusterAddress): readonly KubernetesObject[];
  /** Open ones that have a place of this policy. */
  withPlace(policyName: string): readonly KnownAttempt[];
  close(): void;
}

export interface AttemptCacheOptions {
  readonly onChange: (change: CacheChange) => void;
  readonly onError?: (error: unknown) => void;
  readonly onCurrent?: () => void;
  readonly onRestart?: (reason: string) => void;
}

export function watchAttempts(client: KubernetesClient, { onChange, ...telling }: AttemptCacheOptions): AttemptCache {
  const byCluster = new Map<string, Map<string, KubernetesObject>>();
  const places = new Map<string, Map<string, KnownAttempt>>();

  function notePlace(change: CacheChange): void {
    const known = knownAttempt(change.object);
    const { policyName, namespace, name } = known;
    if (policyName === undefined) return;
    const held = places.get(policyName) ?? new Map<string, KnownAttempt>();
    if (change.kind !== "deleted" && placesOf(policyName, [known]).length > 0) held.set(`${namespace}/${name}`, known);
    else held.delete(`${namespace}/${name}`);
    if (held.size === 0) places.delete(policyName);
    else places.set(policyName, held);
  }

  const cache = startWatchCache(client, clusterUpgrades, {
    transform: withoutManagers,
    onChange(change) {
      const { object } = change;
      const key = clusterKey(clusterOf(object));
      const attempts = byCluster.get(key) ?? new Map<string, KubernetesObject>();
      if (change.kind === "deleted") attempts.delete(object.metadata.name);
      else attempts.set(object.metadata.name, object);
      if (attempts.size === 0) byCluster.delete(key);
      else byCluster.set(key, attempts);
      notePlace(change);
      onChange(change);
    },
    ...telling,
  });
  return {
    synced: cache.synced,
    isCurrent: () => cache.isCurrent(),
    get: ({ namespace, name }) => cache.get(name, namespace),
    all: () => cache.objects(),
    ofCluster: (address) => [...(byCluster.get(clusterKey(address))?.values() ?? [])],
    withPlace: (policyName) => [...(places.get(policyName)?.values() ?? [])],
    close: () => cache.stop(),
  };
}

/** The cluster that an attempt is for; of an object that says none, one that does not exist. */
export function clusterOf(object: KubernetesObject): ClusterAddress {
  const { clusterName } = (object["spec"] ?? {}) as { readonly clusterName?: unknown };
  return { namespace: object.metadata.namespace ?? "", name: typeof clusterName === "string" ? clusterName : "" };
}

/** What is told of it in its spec and status. */
export function knownAttempt(object: KubernetesObject): KnownAttempt {
  // An API server with our CRDs lets nothing else through; what is missing is told as unknown.
  const { metadata, spec, status } = object as unknown as Partial<ClusterUpgrade> & Pick<KubernetesObject, "metadata">;
  const asks = status?.waitingFor?.some(({ gate }) => gate === "Place") === true;
  const time = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    clusterName: spec?.clusterName ?? "",
    policyName: spec?.policyName,
    target: spec?.targetVersion ?? "",
    createdAt: time(object.metadata["creationTimestamp"] as string | undefined) ?? 0,
    phase: domainWord<AttemptPhase>(status?.phase, attemptPhases),
    begun: status?.memory?.begun === true,
    finishedAt: time(status?.finishedAt),
    place: metadata.annotations?.[placeAnnotation] === placeFor(time(status?.memory?.placeAskedAt)),
    askedAt: asks ? time(status?.memory?.placeAskedAt) : undefined,
  };
}

function clusterKey({ namespace, name }: ClusterAddress): string {
  return `${namespace}/${name}`;
}

function withoutManagers(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, name: object.metadata.name } };
}
