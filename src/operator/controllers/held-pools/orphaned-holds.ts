import type { FleetWatch } from "../../../cluster-api/fleet-watch.ts";
import type { Log } from "../../../telemetry/log.ts";
import { isEnd } from "../../../upgrade/attempt/attempt-phases.ts";
import type { KubernetesClient } from "../../../kubernetes/client.ts";
import type { Discovery } from "../../../kubernetes/discovery.ts";
import { clusterUpgrades } from "../../api/kinds.ts";
import type { ObjectKey, ReconcileResult } from "../../runtime/controller.ts";
import { knownAttempt, type AttemptCache } from "../cluster-upgrade/attempt-cache.ts";
import { holderOf, releasePool } from "./pool-hold.ts";

export interface OrphanedHoldsOptions {
  readonly client: KubernetesClient;
  readonly discovery: Discovery;
  readonly fleet: FleetWatch;
  readonly attempts: AttemptCache;
  readonly log: Log;
}

const pools = { group: "cluster.x-k8s.io", kind: "MachineDeployment" } as const;

/**
 * Lets go of pools whose upgrade is no more: a ClusterUpgrade that was deleted while it held one cannot do so itself. One key is one cluster. Whether there is none left is asked of the API server,
 * not of a watch.
 */
export function orphanedHolds({
  client,
  discovery,
  fleet,
  attempts,
  log,
}: OrphanedHoldsOptions): (key: ObjectKey) => Promise<ReconcileResult> {
  return async (key) => {
    const held = fleet.objectsOf(key, pools.group, pools.kind).filter((pool) => holderOf(pool) !== undefined);
    if (held.length === 0 || attempts.ofCluster(key).some((attempt) => !isEnd(knownAttempt(attempt).phase))) return { kind: "done" };
    const { items } = await client.list(clusterUpgrades, { namespace: key.namespace });
    const live = items.map(knownAttempt).filter(({ clusterName, phase }) => clusterName === key.name && !isEnd(phase));
    if (live.length > 0) return { kind: "done" };
    for (const { metadata } of held) {
      const outcome = await releasePool(client, discovery, { ...pools, namespace: key.namespace, name: metadata.name });
      log.info("a pool was let go whose upgrade is no more", { cluster: `${key.namespace}/${key.name}`, pool: metadata.name, outcome });
    }
    return { kind: "done" };
  };
}
