import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scene, type ClusterStatus, type Given, type Scene } from "./testing/scene.ts";

const fixtures = new URL("../../../../test/fixtures/cluster-api/v1.14/", import.meta.url);
/** A moment after the last time in each of them: a new machine must still be new. */
const scenes = {
  "plain-settled": "2026-11-23T22:54:40Z",
  "topology-settled": "2026-11-23T22:52:00Z",
  "topology-rolling": "2026-11-23T22:54:03Z",
  "topology-wedged": "2026-11-23T22:54:03Z",
} as const;
type SceneName = keyof typeof scenes;
const names = Object.keys(scenes) as SceneName[];

/** A recording, as real Cluster API v1.14.0 left it. */
function load(name: SceneName): Scene {
  const loaded = scene({ at: scenes[name] });
  const { items } = JSON.parse(readFileSync(new URL(`${name}.v1beta2.json`, fixtures), "utf8")) as { readonly items: readonly Given[] };
  for (const item of items) {
    // The Cluster was read before its MachineDeployment told that nothing is up to date any more.
    const workers =
      name === "topology-rolling" && item.kind === "Cluster"
        ? { workers: { ...(item["status"] as ClusterStatus).workers, upToDateReplicas: 0 } }
        : {};
    loaded.put({ ...item, ...(item["status"] === undefined ? {} : { status: { ...(item["status"] as object), ...workers } }) });
  }
  return loaded;
}

describe("recorded clusters", () => {
  it.each(names)("%s: nothing to write", (name) => {
    const loaded = load(name);
    const revision = loaded.environment.objects.store.revision();
    loaded.start();
    loaded.run(5);
    expect([loaded.errors, loaded.events]).toEqual([[], []]);
    expect(loaded.environment.objects.store.revision()).toBe(revision);
  });

  it.each(names)("%s: a status that is lost is found again", (name) => {
    const loaded = load(name);
    const before = loaded.status();
    const cluster = loaded.cluster()!;
    // What others write stays: the topology's condition and plans.
    const topology = before.conditions.filter(({ type }) => type === "TopologyReconciled");
    const legacy = before.deprecated.v1beta1.conditions.filter(({ type }) => type === "TopologyReconciled");
    const { workers } = before;
    loaded.put({
      ...cluster,
      status: {
        conditions: topology,
        deprecated: { v1beta1: { conditions: legacy } },
        ...(workers?.upgradePlan === undefined ? {} : { workers: { upgradePlan: workers.upgradePlan } }),
      },
    });
    loaded.start();
    loaded.run(5);
    expect(loaded.errors).toEqual([]);
    expect(comparable(loaded.status())).toEqual(comparable(before));
  });
});

/** Without times. The real controller sets ControlPlaneInitialized once, so that it keeps the generation it had then. */
function comparable(status: ClusterStatus): unknown {
  const text = JSON.stringify(status, (name, part: unknown) => (name === "lastTransitionTime" ? undefined : part));
  const { conditions, ...rest } = JSON.parse(text) as ClusterStatus;
  return {
    ...rest,
    conditions: conditions.map((condition) =>
      condition.type === "ControlPlaneInitialized" ? { ...condition, observedGeneration: 0 } : condition,
    ),
  };
}
