import type { WorldFiles } from "./bring-up.ts";
import { plainClusterFiles } from "./fleet-files.ts";

/** A fresh sandbox: the files, and what runs on one of the clusters. */
export function quickStartWorld(): WorldFiles {
  const files = quickStartFiles();
  const cluster = { namespace: "capi-quickstart", name: "capi-quickstart" };
  return { files, workload: { cluster, manifests: files["workload/nginx.yaml"]! } };
}

/** The repository of a fresh sandbox: the seed's cluster, and one without a topology. */
export function quickStartFiles(): Readonly<Record<string, string>> {
  return {
    "README.md": readme,
    "clusters/capi-quickstart/class.yaml": quickStartClass,
    "clusters/capi-quickstart/cluster.yaml": quickStartCluster,
    ...plainClusterFiles("clusters/payments", {
      name: "payments",
      version: "v1.26.0",
      controlPlanes: 3,
      pools: [
        { name: "general", replicas: 2 },
        { name: "batch", replicas: 2 },
      ],
      startupDuration: "15s",
    }),
    "workload/nginx.yaml": nginx,
  };
}

/** The cluster on which `workload/` runs. */
export const quickStartCluster = `# The cluster of the quick start. Owner: team-platform (#platform on chat).
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata:
  name: capi-quickstart
  namespace: capi-quickstart
spec:
  clusterNetwork:
    pods:     { cidrBlocks: [192.168.0.0/16] }   # calico
    services: { cidrBlocks: [10.128.0.0/12] }
    serviceDomain: cluster.local
  topology:
    classRef:
      name: quick-start
    version: v1.26.0 # keep in step with the node image catalogue
    controlPlane:
      replicas: 1
    workers:
      machineDeployments:
      - class: default-worker
        name: md-0
        replicas: 3
`;

const readme = `# The fleet

What is below \`clusters/\` is applied to the management cluster by the sandbox's applier, which plays Argo CD or Flux. \`workload/\` runs on capi-quickstart.
`;

const quickStartClass = `apiVersion: v1
kind: Namespace
metadata:
  name: capi-quickstart
---
apiVersion: cluster.x-k8s.io/v1beta2
kind: ClusterClass
metadata:
  name: quick-start
  namespace: capi-quickstart
spec:
  infrastructure:
    templateRef: { apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: DockerClusterTemplate, name: quick-start-cluster }
  controlPlane:
    templateRef: { apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, name: quick-start-control-plane }
    machineInfrastructure:
      templateRef: { apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: DockerMachineTemplate, name: quick-start-control-plane }
  workers:
    machineDeployments:
      - class: default-worker
        bootstrap:
          templateRef: { apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, name: quick-start-default-worker }
        infrastructure:
          templateRef: { apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: DockerMachineTemplate, name: quick-start-default-worker }
  patches:
    - name: customImage
      description: The node image of kind that holds the version.
      definitions:
        - selector:
            apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
            kind: DockerMachineTemplate
            matchResources:
              machineDeploymentClass:
                names: [default-worker]
          jsonPatches:
            - op: add
              path: /spec/template/spec/customImage
              valueFrom:
                template: |
                  kindest/node:{{ .builtin.machineDeployment.version | replace "+" "_" }}
        - selector:
            apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
            kind: DockerMachineTemplate
            matchResources:
              controlPlane: true
          jsonPatches:
            - op: add
              path: /spec/template/spec/customImage
              valueFrom:
                template: |
                  kindest/node:{{ .builtin.controlPlane.version | replace "+" "_" }}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: DockerClusterTemplate
metadata:
  name: quick-start-cluster
  namespace: capi-quickstart
spec:
  template:
    spec: {}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta2
kind: KubeadmControlPlaneTemplate
metadata:
  name: quick-start-control-plane
  namespace: capi-quickstart
spec:
  template:
    spec:
      kubeadmConfigSpec:
        clusterConfiguration:
          apiServer:
            certSANs: [localhost, 127.0.0.1, 0.0.0.0, host.docker.internal]
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: DockerMachineTemplate
metadata:
  name: quick-start-control-plane
  namespace: capi-quickstart
spec:
  template:
    spec:
      extraMounts:
        - containerPath: /var/run/docker.sock
          hostPath: /var/run/docker.sock
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
kind: DockerMachineTemplate
metadata:
  name: quick-start-default-worker
  namespace: capi-quickstart
spec:
  template:
    spec:
      extraMounts:
        - containerPath: /var/run/docker.sock
          hostPath: /var/run/docker.sock
---
apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
kind: KubeadmConfigTemplate
metadata:
  name: quick-start-default-worker
  namespace: capi-quickstart
spec:
  template:
    spec:
      joinConfiguration:
        nodeRegistration:
          criSocket: unix:///var/run/containerd/containerd.sock
`;

const nginx = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx
  namespace: default
spec:
  replicas: 4
  selector:
    matchLabels: { app: nginx }
  template:
    metadata:
      labels: { app: nginx }
    spec:
      containers:
        - name: nginx
          image: nginx:1.25
          ports:
            - containerPort: 80
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: nginx
  namespace: default
spec:
  minAvailable: 3
  selector:
    matchLabels: { app: nginx }
`;
