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
  /** Go build tags, comma-separated. */
  readonly tags?: string;
  /** YAML that is read from Go modules and kept beside the binaries (in `manifests/`), so that a warm start needs no Go. */
  readonly manifests?: readonly ModuleManifests[];
}

export interface ModuleManifests {
  /** Go module path. */
  readonly module: string;
  /** File or folder inside the module, and what it is called in `manifests/`. */
  readonly from: string;
  readonly to: string;
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

/** A component's CRDs and webhook configurations, as `<component>/crd/bases/*.yaml` and `<component>/webhook/manifests.yaml`. */
function clusterApiManifests(component: string, module: string, config: string): readonly ModuleManifests[] {
  return ["crd/bases", "webhook/manifests.yaml"].map((name) => ({ module, from: `${config}/${name}`, to: `${component}/${name}` }));
}

/** Kubernetes and Cluster API: what every scenario needs. */
export const baseModules: readonly ToolModule[] = [
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
    manifests: [
      ...clusterApiManifests("core", "sigs.k8s.io/cluster-api", "core/config"),
      ...clusterApiManifests("cabpk", "sigs.k8s.io/cluster-api", "bootstrap/kubeadm/config"),
      ...clusterApiManifests("kcp", "sigs.k8s.io/cluster-api", "controlplane/kubeadm/config"),
      ...clusterApiManifests("capd", "sigs.k8s.io/cluster-api/test", "infrastructure/docker/config"),
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

/** Argo CD and Flux. */
export const engineModules: readonly ToolModule[] = [
  {
    name: "argocd",
    coldSeconds: 455,
    components: [{ binary: "argocd", package: "github.com/argoproj/argo-cd/v3/cmd", ldflags: strip }],
    manifests: [{ module: "github.com/argoproj/argo-cd/v3", from: "manifests/crds", to: "crds" }],
  },
  fluxController("source-controller", 250),
  fluxController("kustomize-controller", 267),
];

/** Flux' helm-controller, for HelmReleases: one scenario. */
export const helmControllerModules: readonly ToolModule[] = [fluxController("helm-controller", 240)];

function fluxController(name: string, coldSeconds: number): ToolModule {
  const module = `github.com/fluxcd/${name}`;
  return {
    name: `flux-${name}`,
    coldSeconds,
    components: [{ binary: name, package: module, ldflags: strip }],
    manifests: [{ module, from: "config/crd/bases", to: "crds" }],
  };
}

/** A forge for pull requests: Gitea with SQLite. Its C driver is replaced by one in Go (tools/gitea/sqlite3), so that no C compiler is needed. */
export const forgeModules: readonly ToolModule[] = [
  {
    name: "gitea",
    coldSeconds: 240,
    tags: "sqlite",
    components: [{ binary: "gitea", package: "code.gitea.io/gitea", ldflags: `${strip} -X main.Version=1.26.0` }],
    // Without `public`: nobody looks at its pages.
    manifests: ["options", "templates"].map((name) => ({ module: "code.gitea.io/gitea", from: name, to: name })),
  },
];
