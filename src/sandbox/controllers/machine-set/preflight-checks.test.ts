import { describe, expect, it } from "vitest";
import type { MachineSet } from "./machine-objects.ts";
import { failedPreflightChecks } from "./preflight-checks.ts";
import { plainCluster, poolSpec } from "./testing/plain-cluster.ts";

interface Scene {
  /** spec.version of the control plane. */
  readonly asked?: string;
  /** status.versions of it. */
  readonly running?: readonly string[];
  readonly machineSet?: string;
  /** spec.topology.version of the Cluster. */
  readonly topology?: string;
  readonly step?: string;
  readonly skip?: string;
  readonly skipOnTemplate?: string;
}

function failures(scene: Scene): readonly string[] {
  const { asked = "v1.34.0", running = [asked], machineSet = "v1.34.0", topology, step, skip, skipOnTemplate } = scene;
  const management = plainCluster([]);
  management.change("KubeadmControlPlane", "plain", (live) => ({ ...live, spec: { version: asked } }));
  const versions = running.map((version) => ({ version, replicas: 1 }));
  management.change("KubeadmControlPlane", "plain", (live) => ({ ...live, status: versions.length === 0 ? {} : { versions } }), "status");
  management.change("Cluster", "plain", (live) => ({
    ...live,
    metadata: { ...live.metadata, annotations: step === undefined ? {} : { "topology.internal.cluster.x-k8s.io/upgrade-step": step } },
    spec: { ...(live["spec"] as object), ...(topology === undefined ? {} : { topology: { version: topology } }) },
  }));
  const annotation = "machineset.cluster.x-k8s.io/skip-preflight-checks";
  management.change("KubeadmConfigTemplate", "plain-pool-a", (live) => ({
    ...live,
    metadata: { ...live.metadata, annotations: skipOnTemplate === undefined ? {} : { [annotation]: skipOnTemplate } },
  }));
  const set = management.create("MachineSet", {
    metadata: { name: "set", annotations: skip === undefined ? {} : { [annotation]: skip } },
    spec: poolSpec({}, { version: machineSet }),
  }) as MachineSet;
  return failedPreflightChecks(management.environment, management.get("Cluster", "plain"), set);
}

const stable = '("ControlPlaneIsStable" preflight check failed)';
const kubeadm =
  'do not conform to kubeadm version skew policy as kubeadm only supports joining with the same major+minor version as the control plane ("KubeadmVersionSkew" preflight check failed)';
const who = "KubeadmControlPlane plain/plain";

// Texts: machineset_preflight.go at v1.14, with its values filled in by hand.
describe("preflight checks", () => {
  it.each<readonly [string, Scene, readonly string[]]>([
    ["all well", {}, []],
    ["an older patch", { asked: "v1.34.2" }, []],
    ["the control plane is upgrading", { asked: "v1.34.2", running: ["v1.34.0", "v1.34.2"] }, [`${who} is upgrading ${stable}`]],
    ["build metadata is a version of its own", { asked: "v1.34.0+b.2", running: ["v1.34.0+b.1"] }, [`${who} is upgrading ${stable}`]],
    ["it goes back: that is no upgrade", { asked: "v1.34.0", running: ["v1.34.2"] }, []],
    ["it is being made", { running: [] }, [`${who} is provisioning ${stable}`]],
    ["a topology that has not reached it", { topology: "v1.34.2" }, [`${who} has a pending version upgrade to v1.34.2 ${stable}`]],
    [
      "a topology on its way, by a step in between",
      { topology: "v1.35.2", step: "v1.34.2" },
      [`${who} has a pending version upgrade to v1.34.2 ${stable}`],
    ],
    ["a topology on its way, this step is reached", { topology: "v1.35.2", step: "v1.34.0" }, []],
    [
      "a pool of a topology that is behind",
      { topology: "v1.34.2", asked: "v1.34.2" },
      [
        'MachineSet version (v1.34.0) is not yet the same as the ControlPlane version (v1.34.2), waiting for version to be propagated to the MachineSet ("ControlPlaneVersionSkew" preflight check failed)',
      ],
    ],
    ["kubeadm of another minor", { asked: "v1.35.2" }, [`MachineSet version (1.34.0) and ControlPlane version (1.35.2) ${kubeadm}`]],
    [
      "newer than the control plane",
      { machineSet: "v1.35.0" },
      [
        'MachineSet version (1.35.0) and ControlPlane version (1.34.0) do not conform to the kubernetes version skew policy as MachineSet version is higher than ControlPlane version ("KubernetesVersionSkew" preflight check failed)',
        `MachineSet version (1.35.0) and ControlPlane version (1.34.0) ${kubeadm}`,
      ],
    ],
    [
      "older than kubelets may be",
      { asked: "v1.34.0", machineSet: "v1.30.9" },
      [
        'MachineSet version (1.30.9) and ControlPlane version (1.34.0) do not conform to the kubernetes version skew policy as MachineSet version is more than 3 minor versions older than the ControlPlane version ("KubernetesVersionSkew" preflight check failed)',
        `MachineSet version (1.30.9) and ControlPlane version (1.34.0) ${kubeadm}`,
      ],
    ],
    ["as old as kubelets may be", { machineSet: "v1.31.0", skip: "KubeadmVersionSkew" }, []],
    ["skipped by the MachineSet", { asked: "v1.35.2", skip: "ControlPlaneIsStable, KubeadmVersionSkew" }, []],
    ["skipped by the bootstrap template", { asked: "v1.35.2", skipOnTemplate: "All" }, []],
    [
      "the MachineSet's word counts first",
      { running: [], skip: "KubeadmVersionSkew", skipOnTemplate: "All" },
      [`${who} is provisioning ${stable}`],
    ],
  ])("%s", (_name, scene, expected) => {
    expect(failures(scene)).toEqual(expected);
  });
});
