import { afterEach, describe, expect, it } from "vitest";
import { createDiscovery } from "../kubernetes/discovery.ts";
import { applyTo, manifestsIn } from "../sandbox/applier/apply-object.ts";
import { createRandom } from "../sandbox/engine/random.ts";
import { createTimeline, driveUntil, timelineClock } from "../sandbox/engine/timeline.ts";
import { inProcessClient } from "../sandbox/in-process/in-process-client.ts";
import { createManagementCluster } from "../sandbox/management-cluster.ts";
import { clusterClassFile, plainClusterFiles, topologyClusterFile } from "../sandbox/worlds/fleet-files.ts";
import type { WorkloadSnapshot } from "../upgrade/cluster-snapshot.ts";
import { watchFleet, type FleetWatch } from "./fleet-watch.ts";

const namespace = "fleet";
const plain = { name: "plain", namespace, version: "v1.33.1", controlPlanes: 1, pools: [{ name: "pool-a", replicas: 2 }] };
const topology = { ...plain, name: "topology" };
const notRead = (): Promise<WorkloadSnapshot> => Promise.resolve({ state: "not-read", message: "nobody looked" });

function scene(refuse: (path: string) => boolean = () => false) {
  const timeline = createTimeline(Date.parse("2026-01-01T00:00:00Z"));
  const clock = timelineClock(timeline);
  const random = createRandom(1);
  const management = createManagementCluster({ timeline, random, workloadKubeconfig: () => "" });
  const apply = (texts: readonly string[]): void => {
    for (const object of manifestsIn(texts)) applyTo(management.handler, object, "test");
  };
  apply([clusterClassFile(namespace, {}), topologyClusterFile(topology), ...Object.values(plainClusterFiles("", plain))]);
  timeline.runUntil(timeline.now() + 600_000);
  const requests: string[] = [];
  const client = inProcessClient(management.handler, {
    clock,
    random: () => random.next(),
    async intercept({ method, path }) {
      requests.push(`${method} ${path}`);
      await clock.sleep(1);
      return refuse(path) ? { status: 403, message: "you may not" } : undefined;
    },
  });
  const changed: string[] = [];
  const errors: unknown[] = [];
  const fleet = watchFleet(client, createDiscovery(client), {
    onChange: ({ name }, { object }) => changed.push(`${name} ${object.kind ?? ""}`),
    onError: (error) => errors.push(error),
  });
  const drive = <T>(promise: Promise<T>): Promise<T> => driveUntil(timeline, promise);
  return { management, fleet, requests, changed, errors, apply, drive, pass: (seconds: number) => drive(clock.sleep(seconds * 1000)) };
}

describe("a fleet in memory", () => {
  let open: FleetWatch | undefined;
  afterEach(() => open?.close());

  it.each(["plain", "topology"])("gives the snapshot of %s that the API server would, at any moment, without asking it", async (name) => {
    const { fleet, requests, apply, drive, pass } = scene();
    open = fleet;
    await drive(fleet.synced);
    const compare = async (): Promise<void> => {
      const before = requests.length;
      const watched = await drive(fleet.snapshot({ namespace, name }, notRead));
      expect(requests.slice(before).filter((line) => !line.endsWith("?watch"))).toEqual([]);
      const fresh = await drive(fleet.freshSnapshot({ namespace, name }, notRead));
      expect({ ...watched, observedAt: 0 }).toEqual({ ...fresh, observedAt: 0 });
    };
    await compare();
    apply(
      name === "plain"
        ? Object.values(plainClusterFiles("", { ...plain, version: "v1.34.0" }))
        : [topologyClusterFile({ ...topology, version: "v1.34.0" })],
    );
    for (const seconds of [1, 10, 30, 60, 600]) {
      await pass(seconds);
      await compare();
    }
  });

  it("tells of which cluster something changed, by one watch for each kind", async () => {
    const { fleet, requests, changed, apply, drive, pass } = scene();
    open = fleet;
    await drive(fleet.synced);
    await pass(1);
    const lists = requests.filter((line) => line.endsWith("machines"));
    expect(lists.filter((line) => line.includes("cluster.x-k8s.io/v1beta2/machines"))).toHaveLength(2); // a list and its watch
    changed.length = 0;
    apply([topologyClusterFile({ ...topology, pools: [{ name: "pool-a", replicas: 3 }] })]);
    await pass(60);
    expect(new Set(changed)).toEqual(new Set(["Cluster", "MachineDeployment", "MachineSet", "Machine"].map((kind) => `topology ${kind}`)));
  });

  it("a cluster that is gone is no snapshot", async () => {
    const { management, fleet, drive, pass } = scene();
    open = fleet;
    await drive(fleet.synced);
    expect(await drive(fleet.snapshot({ namespace, name: "nobody" }, notRead))).toBeUndefined();
    const type = management.types.find(({ kind }) => kind === "Cluster")!;
    management.objects.delete(type, namespace, "plain", {});
    await pass(120);
    expect(fleet.clusters().map(({ metadata }) => metadata.name)).toEqual(["topology"]);
    expect(await drive(fleet.snapshot({ namespace, name: "plain" }, notRead))).toBeUndefined();
  });

  it("what may not be watched is read one by one; the fleet is there nevertheless", async () => {
    const { fleet, drive } = scene((path) => path.endsWith("dockermachinetemplates"));
    open = fleet;
    await drive(fleet.synced);
    const snapshot = await drive(fleet.snapshot({ namespace, name: "plain" }, notRead));
    expect(snapshot).toMatchObject({ controlPlane: { machineTemplate: { found: true } }, gaps: [] });
  });

  it("without the right to see clusters there is no fleet, and the server's words say why", async () => {
    const { fleet, drive } = scene((path) => path.endsWith("/clusters"));
    open = fleet;
    await expect(drive(fleet.synced)).rejects.toMatchObject({ status: 403 });
  });
});
