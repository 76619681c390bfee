import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/clock.ts";
import { createClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import type { ApiResource, KubernetesObject } from "../../src/kubernetes/resource.ts";

const machines: ApiResource = { group: "cluster.x-k8s.io", version: "v1beta2", plural: "machines", kind: "Machine", namespaced: true };

/** What the namespaces of scenarios begin with that compare what Cluster API does by itself: nothing is mended in them. */
export const fidelityNamespaces = "fidelity-";

/** Longer than a machine that is just made, or one that is leaving, is without its parts. */
const patienceMilliseconds = 60_000;

interface Condition {
  readonly type: string;
  readonly reason: string;
  readonly lastTransitionTime: string;
}

/**
 * A machine that Cluster API 1.14 will never bring up: where its cache lags behind what it has just written, a MachineSet's pass takes the bootstrap config and the infrastructure of the machine that it
 * made for orphans and deletes them (`core/reconcilers/machineset/machineset_controller.go`, `cleanupOrphanedBootstrapConfigsInfraMachines`). The machine stays `Pending` for good.
 */
export function hasLostItsParts({ metadata, ...machine }: KubernetesObject, now: number): boolean {
  const { conditions = [] } = (machine["status"] ?? {}) as { readonly conditions?: readonly Condition[] };
  return (
    metadata.deletionTimestamp === undefined &&
    ["BootstrapConfigReady", "InfrastructureReady"].every((part) => {
      const condition = conditions.find(({ type }) => type === part);
      return condition?.reason === "ObjectDoesNotExist" && now - Date.parse(condition.lastTransitionTime) >= patienceMilliseconds;
    })
  );
}

/**
 * Does what a person, or a MachineHealthCheck, would do about such machines: deletes them, so that others are made, and says so. Ends with `stop`.
 */
export async function mendLostMachines(kubeconfig: string, log: (line: string) => void): Promise<{ stop(): Promise<void> }> {
  const client = createClient(await loadEndpoint({ clock: systemClock, kubeconfig }), { clock: systemClock });
  const stopped = new AbortController();
  const running = (async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await sleep(15_000, undefined, { signal: stopped.signal }).catch(() => undefined);
      try {
        await look();
      } catch (error) {
        // The API server may be on its way up or down.
        if (!stopped.signal.aborted) log(`machines could not be looked at: ${String(error)}`);
      }
    }
  })();

  async function look(): Promise<void> {
    if (stopped.signal.aborted) return;
    const { items } = await client.list(machines, {});
    for (const machine of items) {
      const { namespace = "", name } = machine.metadata;
      if (namespace.startsWith(fidelityNamespaces) || !hasLostItsParts(machine, systemClock.now())) continue;
      log(
        `Cluster API has deleted the bootstrap config and the infrastructure of the new Machine ${namespace}/${name} as orphans; it is deleted, so that another is made`,
      );
      await client.delete(machines, name, { namespace });
    }
  }

  return {
    async stop() {
      stopped.abort();
      await running;
      client.close();
    },
  };
}
