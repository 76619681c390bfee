import { describe, expect, it } from "vitest";
import { assembleSnapshot } from "./assemble-snapshot.ts";
import { clusterObjects, controlPlane, machineDeployment, objectOf, plainCluster, topologyCluster } from "./testing/objects.ts";
import { versionOwnerOf } from "./version-owner.ts";
import type { RawObject } from "./views/fields.ts";

const wrote = (manager: string, time: string, ...path: readonly string[]): RawObject => ({
  manager,
  operation: manager === "capi-topology" ? "Apply" : "Update",
  time,
  fieldsV1: path.reduceRight<RawObject>((inner, key) => ({ [`f:${key}`]: inner }), {}),
});
const OWNED = { "topology.cluster.x-k8s.io/owned": "" };
const early = "2026-01-01T00:00:00Z";
const late = "2026-01-02T00:00:00Z";

describe("versionOwnerOf", () => {
  it("names the topology, who delivers it and who wrote it", () => {
    const cluster = topologyCluster(
      "v1beta2",
      {},
      {},
      {
        annotations: { "argocd.argoproj.io/tracking-id": "capi:cluster.x-k8s.io/Cluster:demo/c1" },
        managedFields: [
          wrote("argocd-controller", late, "spec", "topology", "version"),
          wrote("kubectl", early, "spec", "topology", "version"),
        ],
      },
    );
    const owner = versionOwnerOf(assembleSnapshot(clusterObjects(cluster), 0));
    expect(owner).toMatchObject({ kind: "topology", object: { kind: "Cluster" }, field: "spec.topology.version", version: "v1.34.0" });
    expect(owner.words).toEqual([
      "the topology owns the version: spec.topology.version of Cluster demo/c1 is v1.34.0",
      "Cluster demo/c1 is delivered by Argo CD application capi: change it in Git",
      "last written by argocd-controller at 2026-01-02T00:00:00Z",
    ]);
  });

  it("names whoever wrote to objects of the topology after its controller", () => {
    const objects = clusterObjects(topologyCluster("v1beta2"), {
      controlPlane: controlPlane(
        "v1beta2",
        { version: "v1.34.2" },
        {},
        {
          labels: OWNED,
          managedFields: [wrote("capi-topology", early, "spec", "version"), wrote("kubectl-edit", late, "spec", "version")],
        },
      ),
      machineDeployments: [
        machineDeployment("v1beta2", "md", {
          labels: { ...OWNED, "topology.cluster.x-k8s.io/deployment-name": "md-0" },
          managedFields: [
            wrote("capi-topology", late, "spec", "template", "spec", "version"),
            wrote("kubectl-edit", early, "spec", "template", "spec", "version"),
          ],
        }),
      ],
    });
    const owner = versionOwnerOf(assembleSnapshot(objects, 0));
    expect(owner.intruders).toMatchObject([
      { object: { kind: "KubeadmControlPlane" }, version: "v1.34.2", owner: { manager: "kubectl-edit" } },
    ]);
    expect(owner.words.at(-1)).toBe(
      "but kubectl-edit at 2026-01-02T00:00:00Z wrote v1.34.2 to KubeadmControlPlane demo/c1-cp, which the topology owns",
    );
  });

  it("names the control plane of a cluster without a topology; whoever wrote it is nobody's intruder", () => {
    const plane = controlPlane("v1beta2", {}, {}, { managedFields: [wrote("kubectl", early, "spec", "version")] });
    const owner = versionOwnerOf(assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { controlPlane: plane }), 0));
    expect(owner).toMatchObject({ kind: "control-plane", object: { kind: "KubeadmControlPlane", name: "c1-cp" }, intruders: [] });
    expect(owner.words).toEqual([
      "the control plane owns the version: spec.version of KubeadmControlPlane demo/c1-cp is v1.34.0",
      "each pool has a version of its own, which follows after the control plane",
      "last written by kubectl at 2026-01-01T00:00:00Z",
    ]);
  });

  it.each([
    ["no control plane", undefined, "nothing in the cluster names a Kubernetes version: it has no control plane (yet)"],
    [
      "a control plane without a version",
      objectOf("x.example/v1", "HostedControlPlane", { name: "h" }, {}),
      "nothing in the cluster names a Kubernetes version: HostedControlPlane demo/h has no spec.version",
    ],
  ])("says so for %s", (_, plane, words) => {
    const owner = versionOwnerOf(assembleSnapshot(clusterObjects(plainCluster("v1beta2"), { controlPlane: plane }), 0));
    expect(owner).toMatchObject({ kind: "unknown", field: undefined, version: undefined, words: [words] });
  });
});
