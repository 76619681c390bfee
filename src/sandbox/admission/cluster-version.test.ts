import { expect, it } from "vitest";
import { createObjects, type Objects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import { createRandom } from "../engine/random.ts";
import { clusterApiTypes } from "../schemas/custom-types.ts";
import { createObjectStore } from "../store/object-store.ts";
import { clusterApiWebhooks } from "./webhooks.ts";

const options = { manager: "test" };
const namespace = "n";
const labels = { "cluster.x-k8s.io/cluster-name": "c", "topology.cluster.x-k8s.io/owned": "", pool: "a" };

function typeOf(key: string): ResourceType {
  return clusterApiTypes().find((each) => each.key === key)!;
}

interface Scene {
  readonly controlPlane?: { readonly version?: string; readonly versions?: readonly string[] } | "missing";
  /** Version of the pool, and of its machine, and of that machine's kubelet. */
  readonly pool?: { readonly version?: string; readonly machine?: string; readonly kubelet?: string; readonly isOwned?: boolean };
  readonly machinePool?: string;
  readonly hooks?: string;
}

function upgrade({ controlPlane = {}, pool = {}, machinePool = "v1.34.0", hooks }: Scene): () => unknown {
  const webhooks = clusterApiWebhooks({ objects: () => objects, type: typeOf });
  const objects: Objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster.x-k8s.io/cluster-name" }),
    now: () => Date.UTC(2026, 0, 1),
    random: createRandom(1),
    rules: webhooks,
  });
  const add = (key: string, name: string, spec: object, status?: object): void => {
    const type = typeOf(key);
    objects.create(type, { metadata: { name, namespace, labels }, spec }, options);
    if (status !== undefined) objects.modify(type, namespace, name, (live) => ({ ...live, status }), { ...options, subresource: "status" });
  };
  const machine = (version: string): object => ({ clusterName: "c", version, bootstrap: { dataSecretName: "x" } });
  const { version = "v1.34.0", machine: made = "v1.34.0", kubelet = "", isOwned = true } = pool;
  add("ClusterClass.cluster.x-k8s.io", "class", { workers: {} });
  if (controlPlane !== "missing") {
    const reference = { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "x" };
    const spec = { version: controlPlane.version ?? "v1.34.0", machineTemplate: { spec: { infrastructureRef: reference } } };
    const versions = (controlPlane.versions ?? ["v1.34.0"]).map((each) => ({ version: each, replicas: 1 }));
    add("KubeadmControlPlane.controlplane.cluster.x-k8s.io", "cp", spec, { versions });
  }
  const selector = { matchLabels: { pool: "a" } };
  const ofPool = (of: string): object => ({ metadata: { labels: { pool: "a" } }, spec: machine(of) });
  add("MachineDeployment.cluster.x-k8s.io", "md", { clusterName: "c", selector, template: ofPool(version) });
  if (!isOwned) {
    const plain = { "cluster.x-k8s.io/cluster-name": "c" };
    const type = typeOf("MachineDeployment.cluster.x-k8s.io");
    objects.modify(type, namespace, "md", (live) => ({ ...live, metadata: { ...live.metadata, labels: plain } }), options);
  }
  add("Machine.cluster.x-k8s.io", "m", machine(made), kubelet === "" ? undefined : { nodeInfo: { kubeletVersion: kubelet } });
  add("MachinePool.cluster.x-k8s.io", "mp", { clusterName: "c", template: { spec: machine(machinePool) } });
  const type = typeOf("Cluster.cluster.x-k8s.io");
  const controlPlaneRef = { apiGroup: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", name: "cp" };
  const annotations = hooks === undefined ? {} : { "runtime.cluster.x-k8s.io/pending-hooks": hooks };
  const spec = (to: string): object => ({ controlPlaneRef, topology: { classRef: { name: "class" }, version: to } });
  objects.create(type, { metadata: { name: "c", namespace, annotations }, spec: spec("v1.34.0") }, options);
  return () => objects.modify(type, namespace, "c", (live) => ({ ...live, spec: spec("v1.35.0") }), options);
}

const blocked = 'spec.topology.version: Invalid value: "v1.35.0": version cannot be changed: ';
const machineDeployments = "there are still MachineDeployments completing a previous upgrade: [md]";

/** Texts: cluster-api.md 3.5. */
it.each<readonly [string, Scene, string | undefined]>([
  ["all is done", {}, undefined],
  ["the machines' kubelets are up to date", { pool: { kubelet: "v1.34.0" } }, undefined],
  ["another hook is pending", { hooks: "AfterControlPlaneUpgrade" }, undefined],
  [
    "the control plane has two versions",
    { controlPlane: { versions: ["v1.33.0", "v1.34.0"] } },
    `${blocked}control plane is still completing a previous upgrade`,
  ],
  [
    "the control plane has another build",
    { controlPlane: { version: "v1.34.0+b", versions: ["v1.34.0+a"] } },
    `${blocked}Cluster.spec.topology.version 1.34.0 was not propagated to control plane yet (control plane version 1.34.0+b)`,
  ],
  [
    "the control plane has not been told",
    { controlPlane: { version: "v1.33.0" } },
    `${blocked}Cluster.spec.topology.version 1.34.0 was not propagated to control plane yet (control plane version 1.33.0)`,
  ],
  ["the control plane has no machine yet", { controlPlane: { versions: [] } }, `${blocked}control plane is currently provisioning`],
  ["the pool has not been told", { pool: { version: "v1.33.0" } }, blocked + machineDeployments],
  ["the pool is not of the topology", { pool: { version: "v1.33.0", isOwned: false } }, undefined],
  ["the pool has an old machine", { pool: { machine: "v1.33.0" } }, blocked + machineDeployments],
  ["a kubelet is old", { pool: { kubelet: "v1.33.0" } }, blocked + machineDeployments],
  [
    "a MachinePool has not been told",
    { machinePool: "v1.33.0" },
    `${blocked}there are still MachinePools completing a previous upgrade: [mp]`,
  ],
  [
    "both wait",
    { controlPlane: { versions: ["v1.33.0"] }, pool: { version: "v1.33.0" } },
    `${blocked}[control plane is still completing a previous upgrade, ${machineDeployments}]`,
  ],
  [
    "the hook is pending",
    { hooks: "AfterClusterUpgrade,Other" },
    'version cannot be changed when the "AfterClusterUpgrade" hook is still blocking',
  ],
])("the version of a Cluster changes, or not, when %s", (_title, scene, message) => {
  if (message === undefined) expect(upgrade(scene)).not.toThrow();
  else expect(upgrade(scene)).toThrow(message);
});

it("leaves a status alone, and a write that changes nothing", () => {
  let looked = 0;
  const webhooks = clusterApiWebhooks({
    objects() {
      looked += 1;
      throw new Error("nothing to look up");
    },
    type: typeOf,
  });
  const type = typeOf("Cluster.cluster.x-k8s.io");
  const metadata = { name: "c", namespace, uid: "u", labels: {}, annotations: {} };
  const object = {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata,
    spec: { topology: { classRef: { name: "c" }, version: "1" } },
  };
  const asked = { operation: "update", type, object, dryRun: false, user: undefined } as const;
  const previous = { ...object, metadata: { ...metadata, finalizers: ["f"] } };
  expect(webhooks.mutate({ ...asked, previous, subresource: undefined })).toBe(object);
  webhooks.validate({ ...asked, previous, subresource: undefined });
  webhooks.validate({ ...asked, previous: { ...object, spec: {} }, subresource: "status" });
  expect(looked).toBe(0);
});
