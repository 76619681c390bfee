import { expect, it } from "vitest";
import { clusterClassFile, plainClusterFiles, topologyClusterFile } from "../../src/sandbox/worlds/fleet-files.ts";
import { operatorWorld } from "../simulation/operator-world.ts";

const namespace = "fleet";
const api = "upgrades.clusterapi-gitops.io/v1alpha1";
const controlPlanes = 1;
const pools = 1;

interface Run {
  readonly shape: "topology" | "plain";
  readonly mode: "Direct" | "Push";
  readonly workers: number;
  /** What is written: the topology's version; or the control plane's, and then the pool's. */
  readonly steps: number;
}

interface Counted {
  /** `get machines`, `list machines`, `PATCH clusters`, `PATCH clusterupgrades/status`…; watches and the Lease are not in it: both cost the same whether anything happens or not. */
  readonly requests: ReadonlyMap<string, number>;
  readonly git: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** From a version that appears in the catalog to the proof, by one operator that has looked around before. */
async function upgrade({ shape, mode, workers }: Run): Promise<Counted> {
  const cluster = {
    name: "demo",
    namespace,
    version: "v1.33.1",
    controlPlanes,
    pools: [{ name: "pool-a", replicas: workers }],
    startupDuration: "5s",
  };
  const topologyFiles = {
    "clusters/class.yaml": clusterClassFile(namespace, { startupDuration: "5s" }),
    "clusters/demo/cluster.yaml": topologyClusterFile(cluster),
  };
  const world = await operatorWorld({ files: shape === "plain" ? plainClusterFiles("clusters/demo", cluster) : topologyFiles });
  const catalog = (...versions: readonly string[]): void =>
    world.apply({
      apiVersion: api,
      kind: "ReleaseCatalog",
      metadata: { name: "default" },
      spec: { releases: versions.map((version) => ({ version, releasedAt: "2025-11-01T00:00:00Z" })) },
    });
  catalog("v1.33.1");
  const git = mode === "Direct" ? { mode } : { mode, repository: { url: "file:///fleet.git", path: "clusters" } };
  world.apply({
    apiVersion: api,
    kind: "UpgradePolicy",
    metadata: { name: "all" },
    spec: { clusters: {}, target: { channel: "Rapid" }, git, proof: { hold: "30s" } },
  });
  const [requests, remote] = [new Map<string, number>(), new Map<string, number>()];
  const count = (of: Map<string, number>, what: string): void => void of.set(what, (of.get(what) ?? 0) + 1);
  const operator = world.startOperator("operator-0", {
    onRemote: (moment) => count(remote, moment),
    client: {
      onAnswered({ method, path }) {
        const what = requestWords(method, path);
        if (!what.endsWith(" leases")) count(requests, what);
        return Promise.resolve();
      },
    },
  });
  await world.pass(30);
  requests.clear();
  remote.clear();
  // Nothing puts a direct change back.
  if (mode === "Direct") await world.close();
  const began = world.timeline.now();
  catalog("v1.33.1", "v1.34.0");
  const phase = (): unknown =>
    (world.get("ClusterUpgrade", "demo-v1.34.0", namespace)?.["status"] as { phase?: string } | undefined)?.phase;
  await world.until("proven", () => phase() === "Proven", 3600);
  // And until nothing more comes of it.
  await world.pass(30);
  const seconds = (world.timeline.now() - began) / 1000;
  expect(await world.drive(operator.stop())).toBe("ended");
  await world.close();
  return { requests, git: remote, seconds };
}

function requestWords(method: string, path: string): string {
  const [, plural = "", name, subresource] =
    /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ?? [];
  const verb = method === "GET" ? (name === undefined ? "list" : "get") : method;
  return `${verb} ${plural}${subresource === undefined ? "" : `/${subresource}`}`;
}

/** By hand, from what an upgrade needs: nothing here grows with the number of clusters, and only statuses with that of machines. */
function allowed({ shape, mode, workers, steps }: Run, seconds: number): Readonly<Record<string, number>> {
  const machines = controlPlanes + workers;
  // Before each write, and before the end, everything is looked at anew: one request for each kind.
  const looksAnew = steps + 1;
  const templates = 1 + pools;
  // In direct mode the owner is read anew with each of these looks, to be written, and for 10 s after a write, at most once a second (the next look after a write comes then), or when something changes.
  const owner = mode === "Direct" ? looksAnew + steps * (1 + 20) : 0;
  const owners = shape === "topology" ? { "get clusters": owner } : { "get kubeadmcontrolplanes": owner, "get machinedeployments": owner };
  const writes = shape === "topology" ? { "PATCH clusters": 1 } : { "PATCH kubeadmcontrolplanes": 1, "PATCH machinedeployments": 1 };
  const read = {
    "get clusterupgrades": looksAnew,
    "get clusters": looksAnew,
    "get clusterclasses": shape === "topology" ? looksAnew : 0,
    "get kubeadmcontrolplanes": looksAnew,
    "get devmachinetemplates": templates * looksAnew,
    "list machinedeployments": looksAnew,
    "list machinesets": looksAnew,
    "list machines": looksAnew,
    "list machinepools": looksAnew,
    "list devmachines": looksAnew,
    // The kubeconfig: once a minute while the upgrade is under way.
    "get secrets": 1 + Math.ceil(seconds / 60),
  };
  const sum = (name: string): number => (read[name as keyof typeof read] ?? 0) + ((owners as Readonly<Record<string, number>>)[name] ?? 0);
  return {
    ...Object.fromEntries([...Object.keys(read), ...Object.keys(owners)].map((name) => [name, sum(name)])),
    ...(mode === "Direct" ? writes : {}),
    "POST clusterupgrades": 1,
    // Of a machine that is replaced: comes, has a node, is ready, available, up to date; goes, is drained, is gone. Of the upgrade: planned, begun, each step, holding, proven.
    "PATCH clusterupgrades/status": 10 * machines + 10 * (steps + 1),
    // As many change what a policy says of its clusters as an upgrade has phases.
    "PATCH upgradepolicies/status": 5 * (steps + 1),
    "PATCH releasecatalogs/status": 1,
    "POST events": 3 * (steps + 1),
  };
}

it.each<Run>([
  { shape: "topology", mode: "Direct", workers: 2, steps: 1 },
  { shape: "topology", mode: "Direct", workers: 8, steps: 1 },
  { shape: "plain", mode: "Direct", workers: 2, steps: 2 },
  { shape: "plain", mode: "Push", workers: 2, steps: 2 },
])("an upgrade takes no more requests than it needs: $shape, $mode, $workers workers", async (run) => {
  const { requests, git, seconds } = await upgrade(run);
  const limits = allowed(run, seconds);
  const beyond = [...requests].filter(([what, times]) => times > (limits[what] ?? 0));
  expect(beyond).toEqual([]);
  expect(Math.max(...requests.values())).toBeGreaterThan(10);
  // The branch is asked for its tip at most every five seconds, and anew before each write and the end; one push for each step.
  expect(git.get("push") ?? 0).toBe(run.mode === "Push" ? run.steps : 0);
  expect(git.get("fetch") ?? 0).toBeLessThanOrEqual(run.mode === "Push" ? Math.ceil(seconds / 5) + run.steps * 2 + 1 : 0);
});
