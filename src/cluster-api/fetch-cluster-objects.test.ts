import { describe, expect, it } from "vitest";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { fetchClusterObjects } from "./fetch-cluster-objects.ts";
import { listClusterSummaries } from "./list-clusters.ts";
import { fixtureItems, fixtureObjects } from "./testing/fixtures.ts";
import {
  controlPlane,
  machine,
  machineDeployment,
  NOT_READ,
  objectOf,
  plainCluster,
  topologyCluster,
  type Contract,
} from "./testing/objects.ts";
import { memoryReads } from "./testing/reads.ts";
import type { RawObject } from "./views/fields.ts";

const address = { namespace: "demo", name: "c1" };
const notRead = () => Promise.resolve(NOT_READ);
const infrastructure = (kind: string, name: string, meta = {}, spec: RawObject = {}) =>
  objectOf("infrastructure.cluster.x-k8s.io/v1beta2", kind, { name, ...meta }, spec);
const CONTROL_PLANE = { "cluster.x-k8s.io/control-plane": "" };

function objects(contract: Contract, machines: number): readonly RawObject[] {
  return [
    topologyCluster(contract),
    objectOf(`cluster.x-k8s.io/${contract}`, "ClusterClass", { name: "quick-start" }, { kubernetesVersions: ["v1.34.0"] }),
    controlPlane(contract),
    machineDeployment(contract, "a"),
    machineDeployment(
      contract,
      "b",
      {},
      {
        template: {
          spec: { infrastructureRef: { kind: "DevMachineTemplate", name: "a-infra", apiGroup: "infrastructure.cluster.x-k8s.io" } },
        },
      },
    ),
    machineDeployment(contract, "of-another-cluster", { labels: { "cluster.x-k8s.io/cluster-name": "c2" } }),
    machine(contract, "cp-1", { labels: CONTROL_PLANE }),
    ...Array.from({ length: machines }, (_, index) => machine(contract, `w-${index}`)),
    infrastructure("DevMachineTemplate", "c1-cp"),
    infrastructure("DevMachine", "cp-1", { labels: CONTROL_PLANE, annotations: { "cluster.x-k8s.io/cloned-from-name": "c1-cp" } }),
    infrastructure("DevMachine", "w-0"),
  ];
}

async function fetch(reads: ReturnType<typeof memoryReads>) {
  const { value, gap } = await fetchClusterObjects(reads, address, notRead);
  return { snapshot: value && assembleSnapshot(value, 0), gap };
}

describe("fetchClusterObjects", () => {
  it("asks for each thing once, and for no machine by itself", async () => {
    const reads = memoryReads(objects("v1beta2", 500));
    const { snapshot } = await fetch(reads);
    expect(reads.requests.toSorted()).toEqual([
      "get Cluster demo/c1",
      "get ClusterClass demo/quick-start",
      "get DevMachineTemplate demo/a-infra",
      "get DevMachineTemplate demo/c1-cp",
      "get KubeadmControlPlane demo/c1-cp",
      "list DevMachine demo cluster.x-k8s.io/cluster-name=c1,cluster.x-k8s.io/control-plane",
      "list Machine demo cluster.x-k8s.io/cluster-name=c1",
      "list MachineDeployment demo cluster.x-k8s.io/cluster-name=c1",
      "list MachinePool demo cluster.x-k8s.io/cluster-name=c1",
      "list MachineSet demo cluster.x-k8s.io/cluster-name=c1",
    ]);
    expect(snapshot?.machines).toHaveLength(501);
    expect(snapshot?.pools.map(({ ref, machineTemplate }) => [ref.name, machineTemplate?.found])).toEqual([
      ["a", false],
      ["b", false],
    ]);
    expect(snapshot?.controlPlane?.machineTemplate?.found).toBe(true);
    expect(snapshot?.machines.find(({ role }) => role === "control-plane")?.template).toBe("c1-cp");
    expect(snapshot?.gaps).toEqual([]);
  });

  it("gives the gap when the Cluster itself cannot be had", async () => {
    expect((await fetch(memoryReads([]))).gap).toMatchObject({ kind: "not-found", what: "Cluster demo/c1" });
    expect((await fetch(memoryReads(objects("v1beta2", 1), { Cluster: "forbidden" }))).gap).toMatchObject({ kind: "forbidden" });
  });

  it.each([
    ["MachineDeployment", "forbidden", (snapshot: Snapshot) => snapshot.pools, []],
    ["Machine", "forbidden", (snapshot: Snapshot) => snapshot.machines, []],
    ["MachinePool", "not-served", (snapshot: Snapshot) => snapshot.pools.length, 2],
    ["MachineSet", "timeout", (snapshot: Snapshot) => snapshot.pools.length, 2],
    ["KubeadmControlPlane", "forbidden", (snapshot: Snapshot) => snapshot.controlPlane, undefined],
    ["ClusterClass", "forbidden", (snapshot: Snapshot) => snapshot.topology?.classVersions, undefined],
    ["DevMachineTemplate", "forbidden", (snapshot: Snapshot) => snapshot.controlPlane?.machineTemplate?.found, true],
    [
      "DevMachine",
      "forbidden",
      (snapshot: Snapshot) => snapshot.machines.find(({ role }) => role === "control-plane")?.template,
      undefined,
    ],
  ] as const)("shows %s that cannot be read (%s) as a gap and goes on", async (kind, trouble, part, expected) => {
    const { snapshot } = await fetch(memoryReads(objects("v1beta2", 1), { [kind]: trouble }));
    expect(snapshot && part(snapshot)).toEqual(expected);
    expect(snapshot?.gaps.map((gap) => gap.kind)).toContain(trouble);
  });

  it("reads a cluster whose control plane does not exist yet", async () => {
    const { snapshot } = await fetch(memoryReads([topologyCluster("v1beta2")]));
    expect(snapshot).toMatchObject({ controlPlane: undefined, pools: [], machines: [] });
    expect(snapshot?.gaps.map(({ kind, what }) => [kind, what])).toEqual([
      ["not-found", "KubeadmControlPlane demo/c1-cp"],
      ["not-found", "ClusterClass demo/quick-start"],
    ]);
  });

  it("reads a cluster that the topology controller has not even begun", async () => {
    const bare = objectOf(
      "cluster.x-k8s.io/v1beta2",
      "Cluster",
      { name: "c1" },
      { topology: { classRef: { name: "q" }, version: "v1.34.0" } },
    );
    const { snapshot } = await fetch(memoryReads([bare]));
    expect(snapshot?.gaps.map(({ what }) => what)).toContain("control plane");
  });

  it("reads real objects to the same snapshot as from the files", async () => {
    const reads = memoryReads(fixtureItems("topology-wedged", "v1beta2"));
    const { value } = await fetchClusterObjects(reads, { namespace: "wedge", name: "wedged" }, notRead);
    expect(value && assembleSnapshot(value, 0)).toEqual(assembleSnapshot(fixtureObjects("topology-wedged", "v1beta2"), 0));
  });
});

describe("listClusterSummaries", () => {
  it("lists clusters of all namespaces, and only the control planes that it needs", async () => {
    const reads = memoryReads([
      ...fixtureItems("topology-wedged", "v1beta1"),
      ...fixtureItems("plain-settled", "v1beta2"),
      ...fixtureItems("topology-rolling", "v1beta2"),
    ]);
    const { clusters, gaps } = await listClusterSummaries(reads, undefined);
    expect(gaps).toEqual([]);
    expect(reads.requests).toEqual(["list Cluster everywhere", "list KubeadmControlPlane everywhere"]);
    expect(clusters).toMatchObject([
      {
        ref: { namespace: "capi-quickstart", name: "capi-quickstart" },
        className: "in-memory",
        version: "v1.35.2",
        controlPlane: { replicas: { desired: 1 }, versions: [{ version: "v1.35.2", replicas: 1 }] },
      },
      {
        ref: { namespace: "plain", name: "plain" },
        className: undefined,
        version: "v1.34.0",
        phase: "Provisioned",
        controlPlane: {
          replicas: { desired: 3, current: 3, ready: 3, available: 3, upToDate: 3 },
          versions: [{ version: "v1.34.0", replicas: 3 }],
        },
        workers: { replicas: { desired: 4, upToDate: 4 }, versions: [{ version: "v1.34.0", replicas: 4 }] },
      },
      { ref: { namespace: "wedge", name: "wedged" }, version: "v1.34.0", workers: { replicas: { desired: 1 } } },
    ]);
  });

  it("asks for no control planes where every cluster has a topology", async () => {
    const reads = memoryReads(fixtureItems("topology-wedged", "v1beta2"));
    await listClusterSummaries(reads, "wedge");
    expect(reads.requests).toEqual(["list Cluster wedge"]);
  });

  it("takes the counts of an old release from the control plane", async () => {
    const reads = memoryReads([plainCluster("v1beta1"), controlPlane("v1beta1")]);
    expect((await listClusterSummaries(reads, "demo")).clusters).toMatchObject([
      { version: "v1.34.0", controlPlane: { replicas: { desired: 3, current: 3 }, versions: [{ version: "v1.34.0", replicas: 3 }] } },
    ]);
  });

  it("says what it may not read", async () => {
    const all = [plainCluster("v1beta2"), controlPlane("v1beta2")];
    expect(await listClusterSummaries(memoryReads(all, { Cluster: "forbidden" }), undefined)).toMatchObject({
      clusters: [],
      gaps: [{ kind: "forbidden" }],
    });
    expect(await listClusterSummaries(memoryReads(all, { KubeadmControlPlane: "forbidden" }), undefined)).toMatchObject({
      clusters: [{ version: undefined }],
      gaps: [{ kind: "forbidden" }],
    });
  });
});

type Snapshot = ReturnType<typeof assembleSnapshot>;
