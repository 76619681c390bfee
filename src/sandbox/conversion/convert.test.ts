import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { GivenObject } from "../store/stored-object.ts";
import { convertVersion } from "./convert.ts";

const scenes = ["plain-settled", "topology-settled", "topology-rolling", "topology-wedged"];

/** Objects as a real Cluster API v1.14 gave them in one version. */
function recorded(scene: string, version: string): readonly GivenObject[] {
  const file = new URL(`../../../test/fixtures/cluster-api/v1.14/${scene}.${version}.json`, import.meta.url);
  const content = JSON.parse(readFileSync(file, "utf8")) as { items?: GivenObject[] } | GivenObject[];
  return Array.isArray(content) ? content : (content.items ?? []);
}

/** Without what says nothing (empty values, zeros that stand for absence) and what depends on who wrote the object. */
function told(value: unknown, path = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => told(item, path));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name]) => !(path === ".metadata" && ["managedFields", "resourceVersion"].includes(name)))
    .filter(([name]) => name !== "cluster.x-k8s.io/conversion-data")
    .map(([name, part]) => [name, told(part, `${path}.${name}`)] as const)
    .filter(([, part]) => part !== undefined && part !== 0 && part !== false && JSON.stringify(part) !== "{}");
  return entries.length === 0 ? {} : Object.fromEntries(entries);
}

const pairs = scenes.flatMap((scene) => {
  const old = recorded(scene, "v1beta1");
  return recorded(scene, "v1beta2").flatMap((object) => {
    // Read one after the other: what changed in between says nothing about conversion.
    const { uid, resourceVersion } = object.metadata ?? {};
    const same = old.find(({ metadata }) => metadata?.uid === uid && metadata?.resourceVersion === resourceVersion);
    return same === undefined ? [] : [{ title: `${scene} ${object.kind}/${object.metadata?.name}`, old: same, new: object }];
  });
});

describe("conversion between contract versions", () => {
  it("has recorded pairs to compare with", () => {
    expect(new Set(pairs.map(({ old }) => old.kind)).size).toBeGreaterThanOrEqual(8);
    expect(pairs.length).toBeGreaterThan(30);
  });

  it.each(pairs)("gives v1beta1 as the real one does: $title", ({ old, new: object }) => {
    expect(told(convertVersion(object, old.apiVersion!))).toEqual(told(old));
  });

  it.each(pairs)("takes v1beta1 as the real one does: $title", ({ old, new: object }) => {
    // Status knows more in v1beta2 (what v1beta1 has no field for is in the annotation).
    const { status: _old, ...intent } = convertVersion(old, object.apiVersion!);
    const { status: _new, ...expected } = object;
    expect(told(intent)).toEqual(told(expected));
  });

  it.each(pairs.filter(({ new: { kind } }) => kind !== "DevMachineTemplate"))(
    "loses nothing on the way there and back: $title",
    ({ new: object, old }) => {
      expect(told(convertVersion(convertVersion(object, old.apiVersion!), object.apiVersion!))).toEqual(told(object));
    },
  );

  const topology = {
    controlPlane: { nodeDrainTimeout: "1h30m0s", machineHealthCheck: { enable: true, nodeStartupTimeout: "90s", maxUnhealthy: "40%" } },
  };
  it.each([
    [
      "Cluster",
      "cluster.x-k8s.io",
      { topology: { class: "quick", ...topology } },
      {
        topology: {
          classRef: { name: "quick" },
          controlPlane: {
            deletion: { nodeDrainTimeoutSeconds: 5400 },
            healthCheck: {
              enabled: true,
              checks: { nodeStartupTimeoutSeconds: 90 },
              remediation: { triggerIf: { unhealthyLessThanOrEqualTo: "40%" } },
            },
          },
        },
      },
    ],
    [
      "MachineDeployment",
      "cluster.x-k8s.io",
      {
        minReadySeconds: 5,
        strategy: { type: "OnDelete", rollingUpdate: { maxSurge: "50%", deletePolicy: "Oldest" }, remediation: { maxInFlight: 2 } },
        template: { spec: { version: "v1.30.0", nodeVolumeDetachTimeout: "0s" } },
      },
      {
        rollout: { strategy: { type: "OnDelete", rollingUpdate: { maxSurge: "50%" } } },
        deletion: { order: "Oldest" },
        remediation: { maxInFlight: 2 },
        template: { spec: { version: "v1.30.0", minReadySeconds: 5, deletion: { nodeVolumeDetachTimeoutSeconds: 0 } } },
      },
    ],
    [
      "KubeadmControlPlane",
      "controlplane.cluster.x-k8s.io",
      {
        machineTemplate: {
          nodeDeletionTimeout: "10s",
          infrastructureRef: { apiVersion: "infrastructure.cluster.x-k8s.io/v1beta1", kind: "D", name: "t", namespace: "ns" },
        },
        rolloutStrategy: { rollingUpdate: { maxSurge: 0 } },
        remediationStrategy: { retryPeriod: "2m0s" },
        kubeadmConfigSpec: { clusterConfiguration: { apiServer: { extraArgs: { v: "2", a: "1" } } } },
      },
      {
        machineTemplate: {
          spec: {
            deletion: { nodeDeletionTimeoutSeconds: 10 },
            infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "D", name: "t" },
          },
        },
        rollout: { strategy: { rollingUpdate: { maxSurge: 0 } } },
        remediation: { retryPeriodSeconds: 120 },
        kubeadmConfigSpec: {
          clusterConfiguration: {
            apiServer: {
              extraArgs: [
                { name: "a", value: "1" },
                { name: "v", value: "2" },
              ],
            },
          },
        },
      },
    ],
    [
      "MachineHealthCheck",
      "cluster.x-k8s.io",
      { unhealthyConditions: [{ type: "Ready", status: "Unknown", timeout: "5m0s" }], nodeStartupTimeout: "10m0s" },
      { checks: { unhealthyNodeConditions: [{ type: "Ready", status: "Unknown", timeoutSeconds: 300 }], nodeStartupTimeoutSeconds: 600 } },
    ],
  ])("moves the fields of a %s, both ways", (kind, group, old, new_) => {
    const object = { apiVersion: `${group}/v1beta1`, kind, metadata: { name: "x", namespace: "ns" }, spec: old };
    const converted = convertVersion<GivenObject>(object, `${group}/v1beta2`);
    expect(converted).toEqual({ ...object, apiVersion: `${group}/v1beta2`, spec: new_ });
    expect(convertVersion(convertVersion(converted, `${group}/v1beta1`), `${group}/v1beta2`)).toEqual(converted);
    expect(object.spec).toBe(old);
  });
});
