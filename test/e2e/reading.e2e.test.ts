import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { listClusters, readClusterSnapshot, type ReadClusterOptions } from "../../src/cluster-api/read-cluster.ts";
import { watchCluster } from "../../src/cluster-api/watch-cluster.ts";
import { createWorkloadReader } from "../../src/cluster-api/workload.ts";
import { createClient, type KubernetesClient } from "../../src/kubernetes/client.ts";
import { loadEndpoint } from "../../src/kubernetes/credentials.ts";
import type { ClusterSnapshot } from "../../src/upgrade/cluster-snapshot.ts";
import { clusterClass, halfCluster, kubectl, namespace, topologyCluster, viewerRole } from "./reading-scenes.ts";
import { patienceSeconds } from "./support/patience.ts";

const NAMESPACE = `reading-${process.pid}`;
const FIRST = "v1.34.0";
const NEXT = "v1.34.2";
const TRACKING = { "argocd.argoproj.io/tracking-id": `apps:cluster.x-k8s.io/Cluster:${NAMESPACE}/alpha` };

// One real cluster is read in every way; only the last scenario changes it, so they run one after the other.
describe.sequential("reading real clusters", () => {
  const stack = inject("stack");
  let admin: KubernetesClient;
  let viewer: KubernetesClient;
  const alpha = { namespace: NAMESPACE, name: "alpha" };

  const clientOf = async (context: string): Promise<KubernetesClient> =>
    createClient(await loadEndpoint({ clock: systemClock, kubeconfig: stack.kubeconfig, context }), { clock: systemClock });
  async function read(address = alpha, options: Partial<ReadClusterOptions> = {}, client = admin): Promise<ClusterSnapshot> {
    const result = await readClusterSnapshot(client, address, { clock: systemClock, ...options });
    if ("kind" in result) throw new Error(JSON.stringify(result));
    return result;
  }

  beforeAll(async () => {
    [admin, viewer] = await Promise.all([clientOf("stack"), clientOf("viewer")]);
    await kubectl(stack, ["apply", "-f", "-"], [namespace(NAMESPACE), ...clusterClass(NAMESPACE, [FIRST, NEXT]), ...viewerRole(NAMESPACE)]);
    await kubectl(stack, ["apply", "-f", "-"], [topologyCluster("alpha", NAMESPACE, FIRST, TRACKING), halfCluster("half", NAMESPACE)]);
    await until(async () => settled(await read(), FIRST));
  });

  afterAll(async () => {
    await kubectl(stack, ["delete", "cluster", "--all", "--namespace", NAMESPACE, "--wait=false"]);
    admin.close();
    viewer.close();
  });

  it("a settled topology cluster", async () => {
    const snapshot = await read();
    expect(snapshot).toMatchObject({
      topology: {
        className: "reading",
        version: FIRST,
        classVersions: [FIRST, NEXT],
        pools: [{ name: "md-0", kind: "MachineDeployment" }],
      },
      controlPlane: {
        version: FIRST,
        reportedVersion: FIRST,
        topologyOwned: true,
        initialized: true,
        versions: [{ version: FIRST, replicas: 1 }],
        versionOwners: [{ manager: "capi-topology", operation: "Apply" }],
        machineTemplate: { found: true, versionPins: [] },
      },
      pools: [
        { topologyName: "md-0", version: FIRST, replicas: { desired: 2, upToDate: 2, available: 2 }, machineTemplate: { found: true } },
      ],
      delivery: { engine: "argo-cd", application: "apps" },
      gaps: [],
    });
    expect(snapshot.topology?.versionOwners[0]?.manager).toMatch(/kubectl/);
    expect(snapshot.machines).toHaveLength(3);
    for (const machine of snapshot.machines) {
      expect(machine).toMatchObject({ version: FIRST, kubeletVersion: FIRST, ready: true, upToDate: true, phase: "Running" });
      expect(machine.template).toBe(
        (machine.role === "control-plane" ? snapshot.controlPlane : snapshot.pools[0])?.machineTemplate?.ref.name,
      );
    }
  });

  it("reads the same at both contract versions", async () => {
    await until(async () => {
      const [before, old, after] = [await read(), await read(alpha, { apiVersion: "v1beta1" }), await read()];
      const comparable = (snapshot: ClusterSnapshot) => ({ ...snapshot, observedAt: 0 });
      // Something may be written between two readings; then it was no comparison.
      if (JSON.stringify(comparable(before)) !== JSON.stringify(comparable(after))) return false;
      expect(comparable(old)).toEqual(comparable(after));
      return true;
    });
  });

  it("looks into the workload cluster, and shows that it is unreachable while it is", async () => {
    const workload = createWorkloadReader(admin, alpha, { clock: systemClock });
    await until(async () => (await workload.read()).state === "reachable");
    const reachable = (await read(alpha, { workload })).workload;
    expect(reachable).toMatchObject({ state: "reachable", apiServerVersion: undefined });
    if (reachable.state !== "reachable") return;
    expect(reachable.nodes.map(({ ready, kubeletVersion }) => `${ready} ${kubeletVersion}`)).toEqual(Array(3).fill(`true ${FIRST}`));
    expect(reachable.workloads?.map(({ kind, name, observed }) => [kind, name, observed])).toEqual(
      expect.arrayContaining([
        ["Deployment", "coredns", false],
        ["DaemonSet", "kube-proxy", false],
      ]),
    );
    await listener(alpha, "stop");
    try {
      expect(await read(alpha, { workload })).toMatchObject({ controlPlane: { version: FIRST }, workload: { state: "unreachable" } });
    } finally {
      await listener(alpha, "start");
    }
    await until(async () => (await workload.read()).state === "reachable");
    workload.close();
  });

  it("shows what may not be read", async () => {
    const workload = createWorkloadReader(viewer, alpha, { clock: systemClock });
    const snapshot = await read(alpha, { workload }, viewer);
    expect(snapshot).toMatchObject({ topology: { version: FIRST, classVersions: undefined }, controlPlane: undefined, machines: [] });
    expect(snapshot.pools).toHaveLength(1);
    expect(snapshot.gaps.map(({ kind, what }) => `${kind} ${what}`).sort()).toEqual(
      [
        `forbidden ClusterClass ${NAMESPACE}/reading`,
        `forbidden DevMachineTemplate ${snapshot.pools[0]?.machineTemplate?.ref.namespace ?? ""}/${snapshot.pools[0]?.machineTemplate?.ref.name ?? ""}`,
        `forbidden KubeadmControlPlane ${NAMESPACE}/${(await read()).controlPlane?.ref.name ?? ""}`,
        `forbidden MachinePools in namespace ${NAMESPACE}`,
        `forbidden Machines in namespace ${NAMESPACE}`,
      ].sort(),
    );
    expect(snapshot.workload.state).toBe("not-read");
    workload.close();
    expect(await readClusterSnapshot(viewer, { namespace: "default", name: "x" }, { clock: systemClock })).toMatchObject({
      kind: "unreadable",
      gap: { kind: "forbidden" },
    });
  });

  it("shows a cluster that is only half there", async () => {
    const half = { namespace: NAMESPACE, name: "half" };
    const workload = createWorkloadReader(admin, half, { clock: systemClock });
    const snapshot = await read(half, { workload });
    expect(snapshot).toMatchObject({
      topology: undefined,
      controlPlane: undefined,
      pools: [],
      machines: [],
      workload: { state: "not-read" },
    });
    expect(snapshot.gaps).toMatchObject([{ kind: "not-found", what: `KubeadmControlPlane ${NAMESPACE}/nobody` }]);
    workload.close();
  });

  it("guesses which cluster was meant, and lists them all", async () => {
    expect(await readClusterSnapshot(admin, { namespace: NAMESPACE, name: "alhpa" }, { clock: systemClock })).toMatchObject({
      kind: "not-found",
      similar: [`${NAMESPACE}/alpha`],
    });
    const { clusters, gaps } = await listClusters(admin, { namespace: NAMESPACE });
    expect(gaps).toEqual([]);
    expect(clusters).toMatchObject([
      {
        ref: { name: "alpha" },
        version: FIRST,
        controlPlane: { replicas: { current: 1 } },
        workers: { versions: [{ version: FIRST, replicas: 2 }] },
      },
      { ref: { name: "half" }, version: undefined },
    ]);
  });

  it("watches an upgrade from beginning to end", async () => {
    const watch = watchCluster(admin, alpha, { clock: systemClock, workload: createWorkloadReader(admin, alpha, { clock: systemClock }) });
    await watch.snapshot();
    await kubectl(stack, [
      "patch",
      "cluster",
      "alpha",
      "--namespace",
      NAMESPACE,
      "--type=merge",
      "-p",
      JSON.stringify({ spec: { topology: { version: NEXT } } }),
    ]);
    const seen = new Set<string>();
    let last: ClusterSnapshot | undefined;
    await until(async () => {
      last = await watch.snapshot();
      seen.add(last.conditions.find(({ type }) => type === "TopologyReconciled")?.reason ?? "");
      if (settled(last, NEXT)) return true;
      await watch.changed(2_000);
      return false;
    });
    expect(seen).toContain("ClusterUpgrading");
    expect(last?.workload.state === "reachable" && new Set(last.workload.nodes.map(({ kubeletVersion }) => kubeletVersion))).toEqual(
      new Set([NEXT]),
    );
    await until(async () => {
      const [watched, fresh] = [await watch.snapshot(), await read()];
      const facts = ({ generation, controlPlane, pools, machines, topology }: ClusterSnapshot) => ({
        generation,
        controlPlane,
        pools,
        machines,
        topology,
      });
      return JSON.stringify(facts(watched)) === JSON.stringify(facts(fresh));
    });
    watch.close();
  });
});

function settled(snapshot: ClusterSnapshot, version: string): boolean {
  const reason = snapshot.conditions.find(({ type }) => type === "TopologyReconciled")?.reason;
  const machines = snapshot.machines.filter(({ deletingSince }) => deletingSince === undefined);
  return (
    reason === "ReconcileSucceeded" &&
    snapshot.topology?.version === version &&
    snapshot.machines.length === 3 &&
    machines.every((machine) => machine.kubeletVersion === version && machine.ready === true && machine.upToDate === true) &&
    snapshot.pools.every(({ replicas }) => replicas.available === replicas.desired)
  );
}

/** The in-memory provider can take the API server of one workload cluster off the network. */
function listener({ namespace, name }: { namespace: string; name: string }, action: "stop" | "start"): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port: 19_000, path: `/namespaces/${namespace}/clusters/${name}/listener`, method: "POST" },
      (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`listener ${action}: ${String(response.statusCode)}`)),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(action);
  });
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.now() + patienceSeconds * 1000;
  while (!(await check())) {
    if (systemClock.now() > deadline) throw new Error(`not within ${patienceSeconds} s`);
    await systemClock.sleep(500);
  }
}
