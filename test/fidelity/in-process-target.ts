import type { KubernetesObject } from "../../src/kubernetes/resource.ts";
import { createRandom } from "../../src/sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../../src/sandbox/engine/timeline.ts";
import { kubeconfigText } from "../../src/sandbox/http/kubeconfig.ts";
import { inProcessClient } from "../../src/sandbox/in-process/in-process-client.ts";
import { createManagementCluster, type ManagementCluster } from "../../src/sandbox/management-cluster.ts";
import type { StoredObject } from "../../src/sandbox/store/stored-object.ts";
import { clientTarget, nodes } from "./client-target.ts";
import type { History } from "./history.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { resources, watchedKinds, type Target, type WatchedKind } from "./target.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
/** Nothing is sent anywhere: nobody checks who it is. */
const nobody = { authority: "", client: { certificate: "", key: "" } };

/** A scenario on a simulated management cluster of its own, in virtual time. The same seed gives the same history. */
export async function simulate(scenario: Scenario, seed = 1): Promise<History> {
  const timeline = createTimeline(start);
  const management = createManagementCluster({
    timeline,
    random: createRandom(seed),
    workloadKubeconfig: ({ namespace, name }) => kubeconfigText(name, `https://sandbox/clusters/${namespace}/${name}`, nobody),
  });
  return driveUntil(timeline, runScenario(inProcessTarget(management, "fidelity-sandbox"), scenario));
}

function inProcessTarget(management: ManagementCluster, namespace: string): Target {
  const { handler, objects, timeline } = management;
  const options = { clock: timelineClock(timeline), random: () => 0 };
  const client = inProcessClient(handler, options);
  const kinds = new Map<string, WatchedKind>(watchedKinds.map((kind) => [`${kind}.${resources[kind].group}`, kind]));
  return {
    ...clientTarget(client, namespace),
    async deleteNode(name) {
      const workload = management.workloadHandler({ namespace, name: "demo" });
      if (workload === undefined) throw new Error("nobody answers at the workload cluster");
      await inProcessClient(workload, options).delete(nodes, name);
    },
    // The store tells every change in order, as one watch would; the namespace is new, so there is nothing to begin with.
    watch: (onChange) =>
      Promise.resolve(
        objects.store.subscribe((event) => {
          const kind = kinds.get(event.type);
          if (kind === undefined || event.object.metadata.namespace !== namespace) return;
          const object = asTold(event.object);
          onChange(
            kind,
            event.kind === "modified" ? { kind: "modified", object, before: asTold(event.previous) } : { kind: event.kind, object },
          );
        }),
      ),
  };
}

/** The fields of stored metadata are known by name, those of an object that comes over the network are not. */
function asTold(object: StoredObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata } };
}
