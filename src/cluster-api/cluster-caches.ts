import type { KubernetesClient } from "../kubernetes/client.ts";
import type { Discovery } from "../kubernetes/discovery.ts";
import type { KubernetesObject } from "../kubernetes/resource.ts";
import { startWatchCache, type CacheChange, type WatchCache } from "../kubernetes/watch-cache.ts";
import { CLUSTER_GROUP, CLUSTER_NAME_LABEL, OWNED_KINDS, type ClusterAddress } from "./fetch-cluster-objects.ts";
import { withType } from "./management-reads.ts";
import type { Reads } from "./reads.ts";
import { asRecord, type RawObject } from "./views/fields.ts";

export interface ClusterCaches {
  readonly reads: Reads;
  /** Watches one object more: the control plane, whose kind only the Cluster tells. */
  watchObject(ref: { readonly group: string; readonly kind: string; readonly name: string }): Promise<void>;
  close(): void;
}

export interface ClusterCachesOptions {
  readonly onChange: (change: CacheChange) => void;
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Asks the API server: for what is watched and not in memory, or not to be trusted there. */
  readonly direct: Reads;
  /** For everything that is not watched. */
  readonly others: Reads;
}

interface Watched {
  readonly cache: WatchCache;
  /** False from the first failure until the next event: what is in memory may be out of date, or was never there. */
  trusted: boolean;
  readonly toTyped: (object: KubernetesObject) => RawObject;
}

/** Keeps the objects of one cluster in memory, by watches that ask only for them. */
export async function watchClusterObjects(
  client: KubernetesClient,
  discovery: Discovery,
  { namespace, name }: ClusterAddress,
  options: ClusterCachesOptions,
): Promise<ClusterCaches> {
  const watched = new Map<string, Watched>();

  /** A kind that is not served is left to `reads`, which says so. */
  async function watch(
    key: string,
    group: string,
    kind: string,
    selector: { labelSelector: string } | { fieldSelector: string },
  ): Promise<void> {
    const resource = await discovery.resource(group, kind);
    if (resource === undefined || watched.has(key)) return;
    const entry: Watched = {
      trusted: true,
      toTyped: (object) => withType(object, resource),
      cache: startWatchCache(client, resource, {
        namespace,
        ...selector,
        transform: kind === "Machine" || kind === "MachineSet" ? withoutManagedFields : (object) => object,
        onChange: (change) => {
          entry.trusted = true;
          options.onChange(change);
        },
        onError: (error) => {
          entry.trusted = false;
          options.onError?.(error);
        },
      }),
    };
    watched.set(key, entry);
    await entry.cache.synced.catch(() => undefined);
  }

  await Promise.all([
    watch(objectKey(CLUSTER_GROUP, "Cluster", name), CLUSTER_GROUP, "Cluster", { fieldSelector: `metadata.name=${name}` }),
    ...OWNED_KINDS.map((kind) => watch(kind, CLUSTER_GROUP, kind, { labelSelector: `${CLUSTER_NAME_LABEL}=${name}` })),
  ]);

  return {
    reads: {
      get(ref) {
        const entry = ref.namespace === namespace ? watched.get(objectKey(ref.group, ref.kind, ref.name)) : undefined;
        if (entry === undefined) return options.others.get(ref);
        const object = entry.trusted ? entry.cache.get(ref.name, namespace) : undefined;
        // For an object that memory does not have the server knows why.
        return object === undefined ? options.direct.get(ref) : Promise.resolve({ value: entry.toTyped(object) });
      },
      list(request) {
        const entry = request.group === CLUSTER_GROUP ? watched.get(request.kind) : undefined;
        if (entry === undefined) return options.others.list(request);
        return entry.trusted ? Promise.resolve({ value: entry.cache.objects().map(entry.toTyped) }) : options.direct.list(request);
      },
    },
    watchObject: ({ group, kind, name: objectName }) =>
      watch(objectKey(group, kind, objectName), group, kind, { fieldSelector: `metadata.name=${objectName}` }),
    close() {
      for (const { cache } of watched.values()) cache.stop();
    },
  };
}

function objectKey(group: string, kind: string, name: string): string {
  return `${group}/${kind}/${name}`;
}

/** Of machines nobody asks who wrote what, and it is most of their bulk. */
function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = asRecord(object.metadata) ?? {};
  return { ...object, metadata: { ...metadata, name: object.metadata.name } };
}
