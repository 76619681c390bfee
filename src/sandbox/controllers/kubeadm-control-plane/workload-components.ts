import type { GivenObject, StoredObject } from "../../store/stored-object.ts";
import type { WorkloadCluster } from "../environment.ts";
import { annotationKeys, managers, type KubeadmControlPlane } from "./cluster-objects.ts";

const system = "kube-system";
const proxyImage = "registry.k8s.io/kube-proxy";
/** What kubeadm v1.34 installs (cmd/kubeadm/app/constants CoreDNSVersion). */
const coreDnsImage = "registry.k8s.io/coredns/coredns:v1.12.1";

/** Its presence is what tells that `kubeadm init` is through. */
export function hasKubeadmConfig(workload: WorkloadCluster): boolean {
  return workload.objects.get(workload.type("ConfigMap"), system, "kubeadm-config") !== undefined;
}

/** What `kubeadm init` leaves in the cluster, where it is not there: kubeadm-config, kube-proxy, CoreDNS. */
export function ensureKubeadmObjects(workload: WorkloadCluster, kcp: KubeadmControlPlane): void {
  const tag = kcp.spec.version.replaceAll("+", "_");
  ensure(workload, "ConfigMap", {
    metadata: { name: "kubeadm-config", namespace: system },
    data: {
      ClusterConfiguration: [
        "apiVersion: kubeadm.k8s.io/v1beta4",
        `clusterName: ${workload.key.name}`,
        "kind: ClusterConfiguration",
        `kubernetesVersion: ${kcp.spec.version}`,
        "",
      ].join("\n"),
    },
  });
  ensure(workload, "DaemonSet.apps", {
    metadata: { name: "kube-proxy", namespace: system, labels: { "k8s-app": "kube-proxy" } },
    spec: podTemplate("k8s-app", "kube-proxy", { name: "kube-proxy", image: `${proxyImage}:${tag}` }),
  });
  ensure(workload, "ConfigMap", { metadata: { name: "coredns", namespace: system }, data: { Corefile: ".:53 {\n    errors\n}\n" } });
  ensure(workload, "Deployment.apps", {
    metadata: { name: "coredns", namespace: system, labels: { "k8s-app": "kube-dns" } },
    spec: { replicas: 2, ...podTemplate("k8s-app", "kube-dns", { name: "coredns", image: coreDnsImage }) },
  });
}

/** kubeadm-config names the new version from the beginning of a rollout, for the machines that join. */
export function updateClusterConfiguration(workload: WorkloadCluster, kcp: KubeadmControlPlane): void {
  const type = workload.type("ConfigMap");
  const existing = workload.objects.get(type, system, "kubeadm-config");
  if (existing === undefined) return;
  // ConfigMaps have texts only.
  const data = existing["data"] as Readonly<Record<string, string>> | undefined;
  const text = data?.["ClusterConfiguration"] ?? "";
  const line = `kubernetesVersion: ${kcp.spec.version}`;
  const pattern = /^kubernetesVersion:.*$/m;
  const changed = pattern.test(text) ? text.replace(pattern, line) : `${text}${line}\n`;
  if (changed === text) return;
  workload.objects.update(type, { ...existing, data: { ...data, ClusterConfiguration: changed } }, { manager: managers.others });
}

/** After the last machine: kube-proxy gets the version of the control plane, CoreDNS the image that the spec names. */
export function updateAddons(workload: WorkloadCluster, kcp: KubeadmControlPlane): void {
  const { annotations } = kcp.metadata;
  const { clusterConfiguration } = kcp.spec.kubeadmConfigSpec ?? {};
  if (annotations?.[annotationKeys.skipKubeProxy] === undefined) {
    const repository = clusterConfiguration?.imageRepository;
    updateImage(workload, "DaemonSet.apps", "kube-proxy", {
      tag: kcp.spec.version.replaceAll("+", "_"),
      ...(repository === undefined || repository === "" ? {} : { repository }),
    });
  }
  if (annotations?.[annotationKeys.skipCoreDns] === undefined && clusterConfiguration?.dns !== undefined) {
    const { imageRepository, imageTag } = clusterConfiguration.dns;
    updateImage(workload, "Deployment.apps", "coredns", {
      ...(imageTag === undefined ? {} : { tag: imageTag }),
      ...(imageRepository === undefined ? {} : { repository: imageRepository }),
    });
  }
}

interface Container {
  readonly name: string;
  readonly image: string;
}

function updateImage(
  workload: WorkloadCluster,
  typeKey: string,
  name: string,
  { tag, repository }: { readonly tag?: string; readonly repository?: string },
): void {
  const type = workload.type(typeKey);
  const existing = workload.objects.get(type, system, name);
  const spec = existing === undefined ? undefined : podSpecOf(existing);
  const container = spec?.template?.spec?.containers?.find((each) => each.name === name);
  if (existing === undefined || container === undefined) return;
  const colon = container.image.lastIndexOf(":");
  const path = colon > container.image.lastIndexOf("/") ? container.image.slice(0, colon) : container.image;
  const base = repository === undefined ? path : `${repository}/${path.slice(path.lastIndexOf("/") + 1)}`;
  const image = `${base}:${tag ?? container.image.slice(colon + 1)}`;
  if (image === container.image) return;
  const containers = spec!.template!.spec!.containers!.map((each) => (each.name === name ? { ...each, image } : each));
  const template = { ...spec!.template, spec: { ...spec!.template!.spec, containers } };
  workload.objects.update(type, { ...existing, spec: { ...spec, template } }, { manager: managers.others });
}

function podSpecOf(
  object: StoredObject,
): { readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } } } | undefined {
  // Deployments and DaemonSets have it.
  return object["spec"] as ReturnType<typeof podSpecOf>;
}

function podTemplate(label: string, value: string, container: Container): Readonly<Record<string, unknown>> {
  return {
    selector: { matchLabels: { [label]: value } },
    template: { metadata: { labels: { [label]: value } }, spec: { containers: [container] } },
  };
}

function ensure(workload: WorkloadCluster, typeKey: string, object: GivenObject): void {
  const type = workload.type(typeKey);
  if (workload.objects.get(type, system, object.metadata!.name!) !== undefined) return;
  workload.objects.create(type, object, { manager: "kubeadm" });
}
