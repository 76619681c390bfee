import type { ClusterAddress } from "../../../cluster-api/fetch-cluster-objects.ts";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { KubernetesObject } from "../../../kubernetes/resource.ts";
import { startWatchCache, type CacheChange } from "../../../kubernetes/watch-cache.ts";
import type { AttemptPhase } from "../../../upgrade/attempt/attempt-types.ts";
import type { KnownAttempt } from "../../../upgrade/policy/next-attempt.ts";
import { attemptPhases } from "../../api/cluster-upgrade-memory.ts";
import type { ClusterUpgrade } from "../../api/generated/cluster-upgrade.gen.ts";
import { clusterUpgrades } from "../../api/kinds.ts";
import { domainWord } from "../../api/words.ts";
import type { ObjectKey } from "../../runtime/controller.ts";

/** Set on an attempt whose policy leads elsewhere: it ends, unless it has written something. */
export const supersededAnnotation = "upgrades.clusterapi-gitops.io/superseded-by";

/** All ClusterUpgrades, in memory. */
export interface AttemptCache {
  readonly synced: Promise<void>;
  /** False while what is held may be out of date. */
  isCurrent(): boolean;
  get(key: ObjectKey): KubernetesObject | undefined;
  all(): readonly KubernetesObject[];
  ofCluster(address: ClusterAddress): readonly KubernetesObject[];
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
  };
}

function clusterKey({ namespace, name }: ClusterAddress): string {
  return `${namespace}/${name}`;
}

function withoutManagers(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, name: object.metadata.name } };
}
