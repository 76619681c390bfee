import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { endpointFromKubeconfig } from "../../src/kubernetes/credentials.ts";
import type { ApiResource } from "../../src/kubernetes/resource.ts";
import { startWatchCache } from "../../src/kubernetes/watch-cache.ts";
import { resources, watchedKinds, type Kind, type Target } from "./target.ts";

const secrets = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true } as const satisfies ApiResource;
export const nodes = { group: "", version: "v1", plural: "nodes", kind: "Node", namespaced: false } as const satisfies ApiResource;

/** A management cluster that is reached as the product reaches it. */
export function clientTarget(client: KubernetesClient, namespace: string): Target {
  const where = (kind: Kind): { namespace?: string } => (resources[kind].namespaced ? { namespace } : {});
  return {
    namespace,
    clock: client.clock,
    apply: (kind, object) => client.apply(resources[kind], object, { ...where(kind), force: true }),
    patch: (kind, name, mergePatch) => client.mergePatch(resources[kind], name, mergePatch, where(kind)),
    delete: (kind, name) => client.delete(resources[kind], name, where(kind)),
    async deleteNode(name) {
      const { data } = await client.get(secrets, "demo-kubeconfig", namespace);
      const text = Buffer.from((data as { readonly value: string }).value, "base64").toString();
      const workload = createClient(await endpointFromKubeconfig(text, client.clock), { clock: client.clock });
      try {
        await workload.delete(nodes, name);
      } finally {
        workload.close();
      }
    },
    async watch(onChange) {
      const caches = watchedKinds.map((kind) =>
        startWatchCache(client, resources[kind], { namespace, onChange: (change) => onChange(kind, change) }),
      );
      await Promise.all(caches.map(({ synced }) => synced));
      return () => caches.forEach((cache) => cache.stop());
    },
  };
}
