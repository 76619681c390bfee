// `node --expose-gc … CLUSTERS`, bundled: loads a sandbox with so many clusters of 10 machines, and rolls them all through a minor in virtual time. Prints JSON.
import { applyTo, manifestsIn } from "../src/sandbox/applier/apply-object.ts";
import { createRandom } from "../src/sandbox/engine/random.ts";
import { createTimeline } from "../src/sandbox/engine/timeline.ts";
import { kubeconfigText } from "../src/sandbox/http/kubeconfig.ts";
import { createManagementCluster } from "../src/sandbox/management-cluster.ts";
import { clusterClassFile, topologyClusterFile } from "../src/sandbox/worlds/fleet-files.ts";

/** What one run found. */
export interface FleetNumbers {
  readonly clusters: number;
  readonly machines: number;
  readonly loadSeconds: number;
  /** Resident memory of the process once all machines run, after a collection, in MiB. */
  readonly residentMegabytes: number;
  readonly heapMegabytes: number;
  /** Events on Machines that a watch would have been told of during the roll. */
  readonly machineEvents: number;
  /** Writes of any kind of object during the roll, those in workload clusters left out. */
  readonly events: number;
  readonly rollSeconds: number;
  /** Of a processor, collecting garbage included: what a busy machine does not change much. */
  readonly rollProcessorSeconds: number;
}

const [from, to] = ["v1.33.1", "v1.34.0"];
const count = Number(process.argv[2] ?? "1000");
const manager = "bench";
const timeline = createTimeline(Date.parse("2026-01-01T00:00:00Z"));
const management = createManagementCluster({
  timeline,
  random: createRandom(1),
  workloadKubeconfig: ({ namespace, name }) =>
    kubeconfigText(name, `https://sandbox/clusters/${namespace}/${name}`, { authority: "", client: { certificate: "", key: "" } }),
});
const { handler, objects } = management;
const pools = ["a", "b", "c"].map((name, index) => ({ name, replicas: index === 0 ? 3 : 2 }));

function apply(text: string): void {
  for (const object of manifestsIn([text])) applyTo(handler, object, manager);
}

function clusterFile(index: number, version: string): string {
  return topologyClusterFile({ name: `cluster-${index}`, namespace: "fleet", version, controlPlanes: 3, pools });
}

/** Until every machine runs that version; throws after four hours of the sandbox. */
function settle(version: string): void {
  const end = timeline.now() + 4 * 3_600_000;
  while (timeline.now() < end) {
    timeline.runUntil(timeline.now() + 30_000);
    const machines = objects.store.list("Machine.cluster.x-k8s.io");
    const done = machines.filter(({ spec, status }) => {
      const { phase } = (status ?? {}) as { readonly phase?: string };
      return (spec as { readonly version?: string }).version === version && phase === "Running";
    });
    if (machines.length === count * 10 && done.length === machines.length) return;
  }
  throw new Error(`not all machines came to ${version}`);
}

const seconds = (since: number): number => (performance.now() - since) / 1000;
const loading = performance.now();
apply(clusterClassFile("fleet"));
for (let index = 0; index < count; index += 1) apply(clusterFile(index, from));
settle(from);
const loadSeconds = seconds(loading);
globalThis.gc?.();
const { rss, heapUsed } = process.memoryUsage();

let [machineEvents, events] = [0, 0];
objects.store.subscribe(({ type }) => {
  events += 1;
  if (type === "Machine.cluster.x-k8s.io") machineEvents += 1;
});
const rolling = performance.now();
const used = process.cpuUsage();
for (let index = 0; index < count; index += 1) apply(clusterFile(index, to));
settle(to);
const rollSeconds = seconds(rolling);
const { user, system } = process.cpuUsage(used);
const numbers: FleetNumbers = {
  clusters: count,
  machines: count * 10,
  loadSeconds,
  residentMegabytes: rss / 2 ** 20,
  heapMegabytes: heapUsed / 2 ** 20,
  machineEvents,
  events,
  rollSeconds,
  rollProcessorSeconds: (user + system) / 1_000_000,
};
console.log(JSON.stringify(numbers));
