import type { KubernetesClient } from "../../src/kubernetes/client.ts";
import { startWatchCache } from "../../src/kubernetes/watch-cache.ts";
import { resources, watchedKinds, type Kind, type Target } from "./target.ts";

/** A management cluster that is reached as the product reaches it. */
export function clientTarget(client: KubernetesClient, namespace: string): Target {
  const where = (kind: Kind): { namespace?: string } => (resources[kind].namespaced ? { namespace } : {});
  return {
    namespace,
    clock: client.clock,
    apply: async (kind, object) => void (await client.apply(resources[kind], object, { ...where(kind), force: true })),
    patch: async (kind, name, mergePatch) => void (await client.mergePatch(resources[kind], name, mergePatch, where(kind))),
    delete: (kind, name) => client.delete(resources[kind], name, where(kind)),
    async watch(onChange) {
      const caches = watchedKinds.map((kind) =>
        startWatchCache(client, resources[kind], { namespace, onChange: (change) => onChange(kind, change) }),
      );
      await Promise.all(caches.map(({ synced }) => synced));
      return () => caches.forEach((cache) => cache.stop());
    },
  };
}
