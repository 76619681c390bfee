import { describe, expect, it } from "vitest";
import { deliveryInWords, readDelivery, type DeliveryMarks } from "./delivery.ts";

const ref = { group: "cluster.x-k8s.io", kind: "Cluster", namespace: "clusters", name: "demo2" };
const marks = (labels: Record<string, string>, annotations: Record<string, string> = {}): DeliveryMarks => ({ labels, annotations });
const tracked = (id: string) => marks({}, { "argocd.argoproj.io/tracking-id": id });
const FLUX = { "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" };
const HELM = { "helm.toolkit.fluxcd.io/name": "demo", "helm.toolkit.fluxcd.io/namespace": "flux-system" };

describe("readDelivery", () => {
  it.each([
    ["Argo CD by its annotation", tracked("capi:cluster.x-k8s.io/Cluster:clusters/demo2"), "Argo CD application capi"],
    [
      "an application in another namespace",
      tracked("team-a_capi:cluster.x-k8s.io/Cluster:clusters/demo2"),
      "Argo CD application team-a_capi",
    ],
    ["Argo CD by its label", marks({ "argocd.argoproj.io/instance": "capi" }), "Argo CD application capi"],
    ["a copied annotation of another object", tracked("capi:cluster.x-k8s.io/Cluster:clusters/other"), "no GitOps engine"],
    ["a copied annotation of another namespace", tracked("capi:cluster.x-k8s.io/Cluster:elsewhere/demo2"), "no GitOps engine"],
    ["a copied annotation of another kind", tracked("capi:cluster.x-k8s.io/Machine:clusters/demo2"), "no GitOps engine"],
    ["a copied annotation of another group", tracked("capi:apps/Cluster:clusters/demo2"), "no GitOps engine"],
    ["an annotation in another format", tracked("capi"), "no GitOps engine"],
    ["Helm's instance label, which proves nothing", marks({ "app.kubernetes.io/instance": "demo" }), "no GitOps engine"],
    ["a Flux Kustomization", marks(FLUX), "Flux Kustomization flux-system/apps"],
    ["a Flux HelmRelease", marks(HELM), "Flux HelmRelease flux-system/demo"],
    ["half of Flux's labels", marks({ "kustomize.toolkit.fluxcd.io/name": "apps" }), "no GitOps engine"],
    ["nothing", marks({}), "no GitOps engine"],
  ])("%s", (_, given, expected) => {
    expect(deliveryInWords(readDelivery(ref, given))).toBe(expected);
  });
});
