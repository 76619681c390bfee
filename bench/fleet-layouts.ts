import { clusterClassFile, topologyClusterFile, type ClusterFiles } from "../src/sandbox/worlds/fleet-files.ts";

/** How the repository of a fleet is laid out. */
export const fleetLayouts = {
  /** A manifest for each cluster. */
  plain: plainFiles,
  /** A base, and an overlay for each cluster with its version in a patch: what an ApplicationSet applies folder by folder. */
  overlays: overlayFiles,
  /** The same, and a Flux Kustomization for each overlay. */
  flux: (clusters: readonly FleetCluster[]) => ({ ...overlayFiles(clusters), ...fluxFiles(clusters, ({ name }) => `overlays/${name}`) }),
  /** One base, which a Flux Kustomization for each cluster applies with variables of its own. */
  variables: variableFiles,
  /** A manifest for each cluster, and one kustomization that names them all. */
  list: listFiles,
  /** A manifest for each cluster, and one Flux Kustomization that applies them all, with variables. */
  whole: (clusters: readonly FleetCluster[]) => ({
    ...listed(clusters),
    "flux.yaml": fluxText("fleet", "clusters", "  postBuild:\n    substitute:\n      region: eu\n"),
  }),
} as const satisfies Readonly<Record<string, (clusters: readonly FleetCluster[]) => Readonly<Record<string, string>>>>;

export type FleetLayout = keyof typeof fleetLayouts;

export interface FleetCluster extends ClusterFiles {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function isFleetLayout(text: string): text is FleetLayout {
  return Object.hasOwn(fleetLayouts, text);
}

/** The file of one cluster, for a commit that changes its version. */
export function versionFile(layout: FleetLayout, name: string): string {
  switch (layout) {
    case "plain":
    case "list":
    case "whole":
      return `clusters/${name}.yaml`;
    case "overlays":
    case "flux":
      return `clusters/overlays/${name}/version.yaml`;
    case "variables":
      return `clusters/flux/${name}.yaml`;
    default:
      return layout satisfies never;
  }
}

function plainFiles(clusters: readonly FleetCluster[]): Readonly<Record<string, string>> {
  const files: Record<string, string> = { ...classFile(clusters) };
  for (const cluster of clusters) files[`clusters/${cluster.name}.yaml`] = labelled(topologyClusterFile(cluster), cluster);
  return files;
}

/** The Namespace is in one file: kustomize refuses it twice. */
function listed(clusters: readonly FleetCluster[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(plainFiles(clusters)).map(([file, text]) => [file, file === "clusters/class.yaml" ? text : withoutNamespace(text)]),
  );
}

function listFiles(clusters: readonly FleetCluster[]): Readonly<Record<string, string>> {
  const files = listed(clusters);
  const names = Object.keys(files).map((file) => `  - ${file.slice("clusters/".length)}\n`);
  return {
    ...files,
    "clusters/kustomization.yaml": `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${names.join("")}`,
  };
}

function withoutNamespace(text: string): string {
  return text.split("---\n").slice(1).join("---\n");
}

function overlayFiles(clusters: readonly FleetCluster[]): Readonly<Record<string, string>> {
  const [first] = clusters;
  const files: Record<string, string> = { ...classFile(clusters) };
  if (first === undefined) return files;
  Object.assign(files, baseFiles({ ...first, name: "cluster" }));
  for (const { name, version, labels } of clusters) {
    const folder = `clusters/overlays/${name}`;
    files[`${folder}/kustomization.yaml`] =
      `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../base]\nnameSuffix: ${JSON.stringify(name.replace(/^cluster/, ""))}\nlabels:\n  - pairs: ${JSON.stringify(labels)}\npatches:\n  - path: version.yaml\n`;
    files[`${folder}/version.yaml`] =
      `apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata:\n  name: cluster\n  namespace: fleet\nspec:\n  topology:\n    version: ${version} # owner: team-platform\n`;
  }
  return files;
}

function variableFiles(clusters: readonly FleetCluster[]): Readonly<Record<string, string>> {
  const [first] = clusters;
  if (first === undefined) return classFile(clusters);
  return {
    ...classFile(clusters),
    ...baseFiles({ ...first, name: "${cluster}", version: "${version}" }),
    ...fluxFiles(clusters, () => "base", true),
  };
}

/** What every cluster of a fleet has: the cluster, its health check, and what is installed in it. */
function baseFiles(cluster: FleetCluster): Readonly<Record<string, string>> {
  const { name, namespace } = cluster;
  const healthCheck = `apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineHealthCheck
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  clusterName: ${name}
  selector:
    matchLabels: { pool: workers }
  checks:
    unhealthyNodeConditions:
      - { type: Ready, status: "False", timeoutSeconds: 300 }
      - { type: Ready, status: Unknown, timeoutSeconds: 300 }
`;
  const addons = `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  namespace: ${namespace}
data:
  network.yaml: |
    kind: NetworkPolicy
    metadata: { name: default-deny, namespace: default }
---
apiVersion: addons.cluster.x-k8s.io/v1beta2
kind: ClusterResourceSet
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  clusterSelector:
    matchLabels: { addons: default }
  resources:
    - kind: ConfigMap
      name: ${name}
`;
  return {
    "clusters/base/kustomization.yaml":
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - cluster.yaml\n  - health-check.yaml\n  - addons.yaml\n",
    // The Namespace is of the class.
    "clusters/base/cluster.yaml": withoutNamespace(topologyClusterFile(cluster)),
    "clusters/base/health-check.yaml": healthCheck,
    "clusters/base/addons.yaml": addons,
  };
}

function fluxFiles(
  clusters: readonly FleetCluster[],
  path: (cluster: FleetCluster) => string,
  withVariables = false,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    clusters.map((cluster) => [
      `clusters/flux/${cluster.name}.yaml`,
      fluxText(
        cluster.name,
        `clusters/${path(cluster)}`,
        withVariables
          ? `  postBuild:\n    substitute:\n      cluster: ${cluster.name}\n      version: ${cluster.version} # owner: team-platform\n`
          : "",
      ),
    ]),
  );
}

function fluxText(name: string, path: string, more: string): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: flux-system
spec:
  interval: 10m
  prune: true
  path: ./${path}
  sourceRef: { kind: GitRepository, name: fleet }
${more}`;
}

function classFile(clusters: readonly FleetCluster[]): Readonly<Record<string, string>> {
  return { "clusters/class.yaml": clusterClassFile(clusters[0]?.namespace ?? "fleet") };
}

function labelled(text: string, { labels }: FleetCluster): string {
  return text.replace("kind: Cluster\nmetadata:\n", `kind: Cluster\nmetadata:\n  labels: ${JSON.stringify(labels)}\n`);
}
