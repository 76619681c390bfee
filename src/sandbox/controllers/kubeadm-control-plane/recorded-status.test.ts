import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createObjects, type Objects } from "../../api/objects.ts";
import { groupOf, typeKey } from "../../api/resource-type.ts";
import { createRandom } from "../../engine/random.ts";
import { createTimeline } from "../../engine/timeline.ts";
import { createObjectStore } from "../../store/object-store.ts";
import type { StoredObject } from "../../store/stored-object.ts";
import { createControllerRuntime } from "../controller-runtime.ts";
import type { Environment, WorkloadCluster } from "../environment.ts";
import { healthConditions, labelKeys, typeKeys, type Cluster, type KubeadmControlPlane, type Machine } from "./cluster-objects.ts";
import { createKubeadmControlPlaneController } from "./controller.ts";
import { resourceType } from "./testing/resource-types.ts";

const fixtures = new URL("../../../../test/fixtures/cluster-api/v1.14/", import.meta.url);

function recorded(file: string): readonly StoredObject[] {
  const { items } = JSON.parse(readFileSync(new URL(file, fixtures), "utf8")) as { readonly items: readonly StoredObject[] };
  return items;
}

function emptyObjects(now: () => number): Objects {
  return createObjects({ store: createObjectStore({ indexedLabel: labelKeys.cluster }), now, random: createRandom(1) });
}

/** The recorded objects, and a workload cluster whose components are all well. */
function load(scene: string): { readonly environment: Environment; readonly refusals: readonly string[]; readonly run: () => void } {
  // A moment after the last time in the recordings.
  const timeline = createTimeline(Date.parse("2026-11-23T23:00:00Z"));
  const objects = emptyObjects(() => timeline.now());
  for (const { metadata, ...rest } of recorded(`${scene}.v1beta2.json`)) {
    const { managedFields: _fields, ...kept } = metadata;
    objects.store.put(typeKey(groupOf(rest.apiVersion), rest.kind), { ...rest, metadata: kept });
  }
  const cluster = objects.store.list(typeKeys.cluster)[0] as Cluster;
  const key = { namespace: cluster.metadata.namespace!, name: cluster.metadata.name };
  const workload: WorkloadCluster = {
    key,
    objects: emptyObjects(() => timeline.now()),
    type: resourceType,
    reachable: true,
    kubeconfig: () => "",
    gitVersion: "v1.34.0",
    etcdMembers: new Set(),
  };
  workload.objects.create(
    resourceType("ConfigMap"),
    { metadata: { name: "kubeadm-config", namespace: "kube-system" } },
    { manager: "kubeadm" },
  );
  for (const node of recorded(`${scene}.nodes.json`)) {
    workload.objects.store.put("Node", { ...node, metadata: { ...node.metadata, uid: node.metadata.name } });
    if (node.metadata.labels?.[labelKeys.controlPlaneNode] === undefined) continue;
    for (const component of ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]) {
      const name = `${component}-${node.metadata.name}`;
      workload.objects.store.put("Pod", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "kube-system", uid: name },
        status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
      });
    }
  }
  for (const purpose of ["ca", "sa", "proxy", "etcd", "kubeconfig"]) {
    objects.create(resourceType("Secret"), { metadata: { name: `${key.name}-${purpose}`, namespace: key.namespace } }, { manager: "test" });
  }
  const refusals: string[] = [];
  const random = createRandom(1);
  const runtime = createControllerRuntime({
    objects,
    timeline,
    random,
    onError: (_controller, _key, { message }) => void refusals.push(message),
  });
  const environment: Environment = {
    objects,
    type: resourceType,
    timeline,
    random,
    runtime,
    workloads: { get: () => workload, ensure: () => workload, remove: () => undefined },
    machines: { plan: () => expect.unreachable() },
    recordEvent: () => undefined,
  };
  return {
    environment,
    refusals,
    run() {
      runtime.add(createKubeadmControlPlaneController(environment));
      timeline.runUntil(timeline.now() + 100_000);
    },
  };
}

describe("recorded control planes", () => {
  it.each(["plain-settled", "topology-settled", "topology-rolling", "topology-wedged"])("%s: nothing to write", (scene) => {
    const { environment, refusals, run } = load(scene);
    const { store } = environment.objects;
    const statusOf = (type: string): unknown =>
      store.list(type).map(({ metadata, ...object }) => [metadata.name, object["status"], object["spec"]]);
    const types = [typeKeys.controlPlane, typeKeys.machine];
    const before = types.map(statusOf);
    run();
    expect(refusals).toEqual([]);
    expect(types.map(statusOf)).toEqual(before);
  });

  it.each(["plain-settled", "topology-settled", "topology-rolling", "topology-wedged"])(
    "%s: a status that is lost is found again",
    (scene) => {
      const { environment, run } = load(scene);
      const { store } = environment.objects;
      const kcp = store.list(typeKeys.controlPlane)[0] as KubeadmControlPlane;
      const statuses = (): unknown =>
        withoutTimes([typeKeys.controlPlane, typeKeys.machine].map((type) => store.list(type).map((object) => object["status"])));
      const before = statuses();
      const { conditions = [], deprecated, initialization } = kcp.status!;
      store.put(typeKeys.controlPlane, {
        ...kcp,
        status: {
          initialization,
          conditions: conditions.filter(({ type }) => type === "Initialized"),
          deprecated: { v1beta1: { conditions: deprecated!.v1beta1!.conditions!.filter(({ type }) => type === "MachinesSpecUpToDate") } },
        },
      });
      for (const machine of store.list(typeKeys.machine) as readonly Machine[]) {
        if (machine.metadata.labels?.[labelKeys.controlPlane] === undefined) continue;
        const { conditions: all = [], deprecated: legacy, ...status } = machine.status!;
        const lost = [...Object.values(healthConditions), "UpToDate"];
        store.put(typeKeys.machine, {
          ...machine,
          status: {
            ...status,
            conditions: all.filter(({ type }) => !lost.includes(type)),
            deprecated: { v1beta1: { conditions: legacy!.v1beta1!.conditions!.filter(({ type }) => !lost.includes(type)) } },
          },
        });
      }
      run();
      expect(statuses()).toEqual(before);
    },
  );
});

function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, part: unknown) => (name === "lastTransitionTime" ? undefined : part)));
}
