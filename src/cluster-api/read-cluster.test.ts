import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../clock.ts";
import { ConnectionError } from "../kubernetes/errors.ts";
import type { ClusterSnapshot } from "../upgrade/cluster-snapshot.ts";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { listClusters, readClusterSnapshot } from "./read-cluster.ts";
import { startApiServer, type TestApiServer } from "./testing/api-server.ts";
import { fixtureItems, fixtureObjects } from "./testing/fixtures.ts";

const servers: TestApiServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...args: Parameters<typeof startApiServer>): Promise<TestApiServer> {
  const server = await startApiServer(...args);
  servers.push(server);
  return server;
}

const plain = { namespace: "plain", name: "plain" };
const read = (server: TestApiServer, address = plain, more = {}) =>
  readClusterSnapshot(server.client, address, { clock: systemClock, ...more });
async function snapshotOf(server: TestApiServer, address = plain, more = {}): Promise<ClusterSnapshot> {
  const result = await read(server, address, more);
  if ("kind" in result) throw new Error(result.kind);
  return result;
}

describe("readClusterSnapshot", () => {
  it.each(["v1beta1", "v1beta2"] as const)("reads real objects served as %s", async (contract) => {
    const server = await serve(fixtureItems("plain-settled", contract));
    const { observedAt, workload, gaps, ...snapshot } = await snapshotOf(server, plain, { apiVersion: contract });
    const { observedAt: _, workload: __, gaps: ___, ...expected } = assembleSnapshot(fixtureObjects("plain-settled", contract), 0);
    expect(snapshot).toEqual(expected);
    expect(Math.abs(observedAt - systemClock.now())).toBeLessThan(5_000);
    expect(workload).toEqual({ state: "not-read", message: "the workload cluster was not looked into" });
    // The scenes hold neither MachinePools nor infrastructure machines, so this server does not serve those kinds.
    expect(gaps.map(({ kind, what }) => [kind, what])).toEqual([
      ["not-served", "MachinePool"],
      ["not-served", "DevMachine"],
    ]);
  });

  it("prefers the newest contract version that is served, and asks what is served once", async () => {
    const server = await serve(fixtureItems("plain-settled", "v1beta2"));
    await snapshotOf(server);
    const discovery = server.requests.filter((request) => /^GET \/apis\/[^/]+(\/[^/]+)?$/.test(request));
    expect(new Set(discovery).size).toBe(discovery.length);
    expect(server.requests.filter((request) => request.includes("v1beta1"))).toEqual([]);
  });

  it.each([
    [/\/machinedeployments\?/, 403, "forbidden", (snapshot: ClusterSnapshot) => snapshot.pools.length === 0],
    [/\/machines\?/, 403, "forbidden", (snapshot: ClusterSnapshot) => snapshot.machines.length === 0],
    [/\/kubeadmcontrolplanes\//, 403, "forbidden", (snapshot: ClusterSnapshot) => snapshot.controlPlane === undefined],
    [/\/kubeadmcontrolplanes\//, 404, "not-found", (snapshot: ClusterSnapshot) => snapshot.controlPlane === undefined],
    [/\/machinesets\?/, 500, "unreadable", (snapshot: ClusterSnapshot) => snapshot.machines.length === 7],
    [/\/machinesets\?/, 504, "timeout", (snapshot: ClusterSnapshot) => snapshot.machines.length === 7],
    [/\/devmachinetemplates\//, 403, "forbidden", (snapshot: ClusterSnapshot) => snapshot.controlPlane?.machineTemplate?.found === true],
  ] as const)("%s answered with %d is a gap (%s)", async (path, status, kind, check) => {
    const server = await serve(fixtureItems("plain-settled", "v1beta2"));
    server.fail(path, status);
    const snapshot = await snapshotOf(server);
    expect(snapshot.gaps.map((gap) => gap.kind)).toContain(kind);
    expect(snapshot.gaps.find((gap) => gap.kind === kind)?.message).toContain(`failed with ${status}`);
    expect(check(snapshot)).toBe(true);
  });

  it("guesses which cluster was meant", async () => {
    const server = await serve([...fixtureItems("plain-settled", "v1beta2"), ...fixtureItems("topology-wedged", "v1beta2")]);
    expect(await read(server, { namespace: "plain", name: "plian" })).toEqual({
      kind: "not-found",
      message: "there is no Cluster plian in namespace plain",
      similar: ["plain/plain"],
    });
    expect(await read(server, { namespace: "default", name: "wedged" })).toMatchObject({ similar: ["wedge/wedged"] });
  });

  it("guesses in the own namespace where others may not be listed", async () => {
    const server = await serve(fixtureItems("plain-settled", "v1beta2"));
    server.fail(/\/v1beta2\/clusters/, 403);
    expect(await read(server, { namespace: "plain", name: "plian" })).toMatchObject({ similar: ["plain/plain"] });
  });

  it("says so when the Cluster itself may not be read", async () => {
    const server = await serve(fixtureItems("plain-settled", "v1beta2"));
    server.fail(/\/clusters\//, 403);
    expect(await read(server)).toMatchObject({ kind: "unreadable", gap: { kind: "forbidden", what: "Cluster plain/plain" } });
  });

  it("says so when Cluster API is not installed", async () => {
    const server = await serve([]);
    server.fail(/\/apis\/cluster/, 404);
    expect(await read(server)).toMatchObject({ kind: "unreadable", gap: { kind: "not-served", what: "Cluster" } });
  });

  it("rejects when the management cluster cannot be reached: then nothing is known", async () => {
    const server = await serve(fixtureItems("plain-settled", "v1beta2"));
    server.fail(/./, 0);
    await expect(read(server)).rejects.toBeInstanceOf(ConnectionError);
  });
});

describe("listClusters", () => {
  it("lists over HTTP", async () => {
    const server = await serve([...fixtureItems("plain-settled", "v1beta2"), ...fixtureItems("topology-wedged", "v1beta2")]);
    expect((await listClusters(server.client)).clusters.map(({ ref, version }) => [ref.namespace, ref.name, version])).toEqual([
      ["plain", "plain", "v1.34.0"],
      ["wedge", "wedged", "v1.34.0"],
    ]);
    expect((await listClusters(server.client, { namespace: "wedge" })).clusters).toHaveLength(1);
  });
});
