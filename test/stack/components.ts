/** The real components: which Go package each binary is, and what is stamped into it. Versions are pinned in tools/<module>/go.mod. */
export interface Component {
  readonly binary: string;
  readonly package: string;
  readonly ldflags: string;
}

export interface ToolModule {
  /** Folder below tools/. */
  readonly name: string;
  readonly components: readonly Component[];
  /** Seconds of a cold build on two cores, for the progress lines. */
  readonly coldSeconds: number;
}

const strip = "-s -w";

/** Without a stamped version Cluster API refuses the API server: the module's own default is not a version. */
function stamped(packages: readonly string[], version: string): string {
  const [major, minor] = version.slice(1).split(".");
  const values = {
    gitVersion: version,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
    gitCommit: "local",
    buildDate: "2026-01-01T00:00:00Z",
  };
  const flags = packages.flatMap((name) => Object.entries(values).map(([key, value]) => `-X ${name}.${key}=${value}`));
  return [strip, ...flags].join(" ");
}

const kubernetes = stamped(["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"], "v1.36.3");
const clusterApi = stamped(["sigs.k8s.io/cluster-api/version"], "v1.14.0");

export const toolModules: readonly ToolModule[] = [
  { name: "etcd", coldSeconds: 75, components: [{ binary: "etcd", package: "go.etcd.io/etcd/server/v3", ldflags: strip }] },
  {
    name: "cluster-api",
    coldSeconds: 280,
    components: [
      { binary: "capi-core", package: "sigs.k8s.io/cluster-api/core", ldflags: clusterApi },
      { binary: "capi-cabpk", package: "sigs.k8s.io/cluster-api/bootstrap/kubeadm", ldflags: clusterApi },
      { binary: "capi-kcp", package: "sigs.k8s.io/cluster-api/controlplane/kubeadm", ldflags: clusterApi },
      { binary: "capi-capd", package: "sigs.k8s.io/cluster-api/test/infrastructure/docker", ldflags: clusterApi },
      { binary: "clusterctl", package: "sigs.k8s.io/cluster-api/cmd/clusterctl", ldflags: clusterApi },
    ],
  },
  {
    name: "kubernetes",
    coldSeconds: 450,
    components: ["kube-apiserver", "kube-controller-manager", "kubectl"].map((binary) => ({
      binary,
      package: `k8s.io/kubernetes/cmd/${binary}`,
      ldflags: kubernetes,
    })),
  },
  { name: "helm", coldSeconds: 60, components: [{ binary: "helm", package: "helm.sh/helm/v3/cmd/helm", ldflags: strip }] },
];

/** YAML that is read from the modules and kept beside the binaries, so that a warm start needs no Go. */
export const clusterApiManifests: readonly { readonly component: string; readonly module: string; readonly config: string }[] = [
  { component: "core", module: "sigs.k8s.io/cluster-api", config: "core/config" },
  { component: "cabpk", module: "sigs.k8s.io/cluster-api", config: "bootstrap/kubeadm/config" },
  { component: "kcp", module: "sigs.k8s.io/cluster-api", config: "controlplane/kubeadm/config" },
  { component: "capd", module: "sigs.k8s.io/cluster-api/test", config: "infrastructure/docker/config" },
];
