import { describe, expect, it } from "vitest";
import type { KubeadmConfig, KubeadmConfigSpec, KubeadmControlPlane } from "./cluster-objects.ts";
import { desiredKubeadmConfigSpec, matchesKubeadmConfig } from "./desired-kubeadm-config.ts";

function kcp(kubeadmConfigSpec: KubeadmConfigSpec | undefined, version = "v1.34.0"): KubeadmControlPlane {
  return {
    apiVersion: "controlplane.cluster.x-k8s.io/v1beta2",
    kind: "KubeadmControlPlane",
    metadata: { name: "cp", uid: "1" },
    spec: {
      version,
      machineTemplate: { spec: { infrastructureRef: { apiGroup: "i", kind: "T", name: "t" } } },
      ...(kubeadmConfigSpec === undefined ? {} : { kubeadmConfigSpec }),
    },
  };
}

function config(spec: KubeadmConfigSpec): KubeadmConfig {
  return { apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2", kind: "KubeadmConfig", metadata: { name: "m", uid: "2" }, spec };
}

const gates = { featureGates: { ControlPlaneKubeletLocalMode: true } };

describe("desired KubeadmConfig", () => {
  it.each([
    ["v1.30.4", undefined],
    ["v1.31.0", gates],
    ["v1.35.2", gates],
    ["v1.36.0", undefined],
  ])("%s: feature gates %o", (version, clusterConfiguration) => {
    expect(desiredKubeadmConfigSpec(kcp(undefined, version), false).clusterConfiguration).toEqual(clusterConfiguration);
  });

  it("keeps a gate that the spec sets", () => {
    const featureGates = { ControlPlaneKubeletLocalMode: false };
    expect(desiredKubeadmConfigSpec(kcp({ clusterConfiguration: { featureGates } }), true).clusterConfiguration).toEqual({ featureGates });
  });
});

describe("a machine's KubeadmConfig", () => {
  const join = { joinConfiguration: { controlPlane: {} } };
  it.each<readonly [what: string, spec: KubeadmConfigSpec | undefined, current: KubeadmConfigSpec, matches: boolean]>([
    ["of a machine that joined", undefined, { clusterConfiguration: gates, ...join }, true],
    [
      "of the first machine",
      { initConfiguration: { nodeRegistration: {} } },
      { clusterConfiguration: gates, initConfiguration: { nodeRegistration: {} } },
      true,
    ],
    [
      "of the first machine, whose initConfiguration is not the joinConfiguration",
      { initConfiguration: { skipPhases: ["a"] }, joinConfiguration: {} },
      { clusterConfiguration: gates, initConfiguration: { skipPhases: ["a"] } },
      true,
    ],
    [
      "of the first machine, changed for machines that join too",
      { initConfiguration: { skipPhases: ["a"] }, joinConfiguration: { nodeRegistration: { taints: [] } } },
      { clusterConfiguration: gates },
      false,
    ],
    [
      "of the first machine, changed for the first only",
      { initConfiguration: { skipPhases: ["a"] } },
      { clusterConfiguration: gates },
      true,
    ],
    ["without the feature gate", undefined, join, false],
    [
      "with another discovery and endpoint",
      undefined,
      { clusterConfiguration: { ...gates, controlPlaneEndpoint: "a:1" }, joinConfiguration: { controlPlane: {}, discovery: { a: 1 } } },
      true,
    ],
    [
      "with another DNS image",
      { clusterConfiguration: { dns: { imageTag: "b" } } },
      { clusterConfiguration: { ...gates, dns: { imageTag: "a" } }, ...join },
      true,
    ],
    [
      "with empty lists",
      { clusterConfiguration: { etcd: { local: { serverCertSANs: [] } } } },
      { clusterConfiguration: gates, ...join },
      true,
    ],
    [
      "with another health check time",
      { joinConfiguration: { timeouts: { controlPlaneComponentHealthCheckSeconds: 9 } } },
      { clusterConfiguration: gates, ...join },
      true,
    ],
    [
      "with no taints instead of kubeadm's",
      { joinConfiguration: { nodeRegistration: { taints: [] } } },
      { clusterConfiguration: gates, ...join },
      false,
    ],
  ])("%s", (_what, spec, current, matches) => {
    expect(matchesKubeadmConfig(kcp(spec), config(current))).toBe(matches);
  });

  it("is compared again when the control plane changes", () => {
    const current = config({ clusterConfiguration: gates, ...join });
    const spec = { clusterConfiguration: {} };
    expect(matchesKubeadmConfig(kcp(spec), current)).toBe(true);
    expect(matchesKubeadmConfig(kcp(spec, "v1.36.0"), current)).toBe(false);
    expect(matchesKubeadmConfig(kcp(spec), current)).toBe(true);
    expect(matchesKubeadmConfig(kcp({ clusterConfiguration: { featureGates: { A: true } } }), current)).toBe(false);
  });
});
