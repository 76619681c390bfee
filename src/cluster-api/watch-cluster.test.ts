import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { startApiServer, type TestApiServer } from "./testing/api-server.ts";
import { fixtureItems, fixtureObjects } from "./testing/fixtures.ts";
import { asRecord, valueAt, type RawObject } from "./views/fields.ts";
import { ClusterGoneError, watchCluster, type ClusterWatch } from "./watch-cluster.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const address = { namespace: "plain", name: "plain" };
const items = fixtureItems("plain-settled", "v1beta2");
const ofKind = (kind: string): RawObject => items.find((item) => item["kind"] === kind) ?? {};

async function scene(
  more: { onChange?: () => void; onError?: (error: unknown) => void } = {},
): Promise<{ server: TestApiServer; watch: ClusterWatch }> {
  const server = await startApiServer(items);
  const watch = watchCluster(server.client, address, { clock: systemClock, ...more });
  closers.push(
    () => watch.close(),
    () => server.close(),
  );
  return { server, watch };
}

function withVersion(object: RawObject, version: string): RawObject {
  return { ...object, spec: { ...asRecord(object["spec"]), version } };
}

describe("watchCluster", () => {
  it("gives the same snapshot as reading once", async () => {
    const { watch } = await scene();
    const { observedAt: _, workload: __, gaps: ___, ...snapshot } = await watch.snapshot();
    const { observedAt: a, workload: b, gaps: c, ...expected } = assembleSnapshot(fixtureObjects("plain-settled", "v1beta2"), 0);
    expect([a, b, c]).toHaveLength(3);
    // Nobody asks who wrote what of a machine, so those are kept without.
    expect(snapshot).toEqual(expected);
  });

  it("asks for nothing that is watched a second time", async () => {
    const { server, watch } = await scene();
    await watch.snapshot();
    const before = server.requests.length;
    await watch.snapshot();
    await watch.snapshot();
    const again = server.requests.slice(before).filter((request) => !request.includes("machinepool") && !request.includes("devmachines"));
    expect(again).toEqual([]);
  });

  it("looks past watches that lag behind, when asked to", async () => {
    const { server, watch } = await scene();
    await watch.snapshot();
    server.putUntold(withVersion(ofKind("KubeadmControlPlane"), "v1.35.2"));
    expect((await watch.snapshot()).controlPlane?.version).toBe("v1.34.0");
    expect((await watch.freshSnapshot()).controlPlane?.version).toBe("v1.35.2");
  });

  it("sees a change, and tells of it", async () => {
    let changes = 0;
    const { server, watch } = await scene({ onChange: () => (changes += 1) });
    await watch.snapshot();
    const told = changes;
    setTimeout(() => server.put(withVersion(ofKind("KubeadmControlPlane"), "v1.35.2")), 30);
    const began = systemClock.now();
    await watch.changed(10_000);
    expect(systemClock.now() - began).toBeLessThan(5_000);
    expect((await watch.snapshot()).controlPlane?.version).toBe("v1.35.2");
    expect(changes).toBe(told + 1);
  });

  it("sees machines come and go", async () => {
    const { server, watch } = await scene();
    const { machines } = await watch.snapshot();
    const machine = ofKind("Machine");
    server.put({ ...machine, metadata: { ...asRecord(machine["metadata"]), name: "another", uid: "another" } });
    await watch.changed(10_000);
    expect((await watch.snapshot()).machines).toHaveLength(machines.length + 1);
    server.remove(machine);
    await watch.changed(10_000);
    const names = (await watch.snapshot()).machines.map(({ ref }) => ref.name);
    expect(names).toContain("another");
    expect(names).not.toContain(valueAt(machine, "metadata.name"));
  });

  it("does not wait for a change that has already been", async () => {
    const { server, watch } = await scene();
    await watch.snapshot();
    server.put(withVersion(ofKind("Machine"), "v1.35.2"));
    await systemClock.sleep(100);
    const began = systemClock.now();
    await watch.changed(10_000);
    expect(systemClock.now() - began).toBeLessThan(2_000);
  });

  it("waits no longer than it is told to, and stops when it is told to", async () => {
    const { watch } = await scene();
    await watch.snapshot();
    await watch.changed(20);
    const stop = new AbortController();
    const waiting = watch.changed(10_000, stop.signal);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });

  it("asks the server for what its watch may not watch", async () => {
    const { server, watch } = await scene({ onError: () => undefined });
    server.fail(/machines\?.*watch=true/, 403);
    await watch.snapshot();
    await systemClock.sleep(50);
    server.put(withVersion(ofKind("Machine"), "v1.36.0"));
    expect((await watch.snapshot()).machines.map(({ version }) => version)).toContain("v1.36.0");
  });

  it("asks the server for a single object that its watch may not watch", async () => {
    const { server, watch } = await scene({ onError: () => undefined });
    server.fail(/kubeadmcontrolplanes\?.*watch=true/, 403);
    await watch.snapshot();
    await systemClock.sleep(50);
    server.put(withVersion(ofKind("KubeadmControlPlane"), "v1.36.0"));
    expect((await watch.snapshot()).controlPlane?.version).toBe("v1.36.0");
  });

  it("looks at templates again once machines come or go, not whenever one reports", async () => {
    const { server, watch } = await scene();
    await watch.snapshot();
    const templateReads = () => server.requests.filter((request) => request.includes("/devmachinetemplates/")).length;
    const before = templateReads();
    server.put({ ...ofKind("Machine"), status: { phase: "Pending" } });
    await watch.changed(5_000);
    await watch.snapshot();
    expect(templateReads()).toBe(before);
    server.remove(ofKind("Machine"));
    await watch.changed(5_000);
    await watch.snapshot();
    expect(templateReads()).toBe(before + 3);
  });

  it("looks into the workload cluster again after a change, and spares one that is slow", async () => {
    const server = await startApiServer(items);
    let looks = 0;
    let slow = false;
    const workload = {
      async read() {
        looks += 1;
        if (slow) await systemClock.sleep(1_100);
        return { state: "unreachable", message: "test" } as const;
      },
      close: () => undefined,
    };
    const watch = watchCluster(server.client, address, { clock: systemClock, workload });
    closers.push(
      () => watch.close(),
      () => server.close(),
    );
    const change = async (version: string) => {
      server.put(withVersion(ofKind("Machine"), version));
      await watch.changed(5_000);
    };
    await watch.snapshot();
    await watch.snapshot();
    expect(looks).toBe(1);
    await change("v1.35.0");
    slow = true;
    await watch.snapshot();
    expect(looks).toBe(2);
    await change("v1.35.1");
    await watch.snapshot();
    expect(looks).toBe(2);
  });

  it("waits for a management cluster that is away for a moment", async () => {
    const errors: unknown[] = [];
    const { server, watch } = await scene({ onError: (error) => errors.push(error) });
    server.fail(/./, 0);
    setTimeout(() => server.heal(), 500);
    expect((await watch.snapshot()).machines).toHaveLength(7);
    expect(errors.length).toBeGreaterThan(0);
  });

  it("does not wait for it longer than the person does", async () => {
    const { server, watch } = await scene({ onError: () => undefined });
    server.fail(/./, -1);
    const stop = new AbortController();
    const looking = watch.snapshot(stop.signal);
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(looking).rejects.toThrow("enough");
  });

  it("rejects when the Cluster is gone", async () => {
    const { server, watch } = await scene();
    await watch.snapshot();
    server.remove(ofKind("Cluster"));
    await watch.changed(10_000);
    await expect(watch.snapshot()).rejects.toBeInstanceOf(ClusterGoneError);
  });
});
