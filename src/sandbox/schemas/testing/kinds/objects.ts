/** An object of each kind, or more where its columns have more to tell. */
export const builtInObjects: readonly string[] = [
  `
apiVersion: v1
kind: ConfigMap
metadata: { name: sample }
data: { a: "1", b: "2" }
binaryData: { c: YWJj }
`,
  `
apiVersion: v1
kind: Secret
metadata: { name: sample }
stringData: { a: "1", b: "2" }
`,
  `
apiVersion: v1
kind: Namespace
metadata: { name: sample }
`,
  `
apiVersion: v1
kind: ServiceAccount
metadata: { name: sample }
`,
  `
apiVersion: v1
kind: Service
metadata: { name: sample }
spec:
  selector: { tier: front, app: web }
  ports: [{ name: http, port: 80 }, { name: dns, port: 53, protocol: UDP }]
  clusterIP: None
`,
  `
apiVersion: v1
kind: Node
metadata: { name: sample, labels: { node-role.kubernetes.io/control-plane: "", kubernetes.io/role: master } }
spec: { unschedulable: true }
status:
  conditions: [{ type: Ready, status: "True" }]
  addresses: [{ type: InternalIP, address: 10.0.0.1 }, { type: Hostname, address: sample }]
  nodeInfo: { kubeletVersion: v1.34.0, osImage: Debian, kernelVersion: "6.1", architecture: amd64, containerRuntimeVersion: "containerd://2.0", machineID: "", systemUUID: "", bootID: "", kubeProxyVersion: "", operatingSystem: linux }
`,
  `
apiVersion: v1
kind: Node
metadata: { name: bare }
`,
  `
apiVersion: v1
kind: Node
metadata: { name: lost }
status:
  conditions: [{ type: Ready, status: Unknown }]
  addresses: [{ type: ExternalIP, address: 192.0.2.1 }]
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: pending }
spec: { containers: [{ name: a, image: nginx }, { name: b, image: busybox }] }
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: running }
spec: { nodeName: node-1, containers: [{ name: a, image: nginx }, { name: b, image: busybox }] }
status:
  phase: Running
  podIP: 10.1.0.1
  podIPs: [{ ip: 10.1.0.1 }]
  conditions: [{ type: Ready, status: "False" }]
  containerStatuses:
    - { name: a, image: nginx, imageID: "", ready: true, restartCount: 0, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } }
    - { name: b, image: busybox, imageID: "", ready: false, restartCount: 3, state: { waiting: { reason: CrashLoopBackOff } } }
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: failed }
spec: { containers: [{ name: a, image: nginx }] }
status:
  phase: Failed
  containerStatuses: [{ name: a, image: nginx, imageID: "", ready: false, restartCount: 0, state: { terminated: { exitCode: 2 } } }]
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: half-done }
spec: { containers: [{ name: a, image: nginx }, { name: b, image: busybox }] }
status:
  phase: Running
  conditions: [{ type: Ready, status: "True" }]
  containerStatuses:
    - { name: a, image: nginx, imageID: "", ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: Completed } } }
    - { name: b, image: busybox, imageID: "", ready: true, restartCount: 0, state: { running: {} } }
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: evicted }
spec: { containers: [{ name: a, image: nginx }] }
status: { phase: Failed, reason: Evicted }
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: two-reasons }
spec: { containers: [{ name: a, image: nginx }, { name: b, image: busybox }] }
status:
  phase: Pending
  containerStatuses:
    - { name: a, image: nginx, imageID: "", ready: false, restartCount: 0, state: { waiting: { reason: ImagePullBackOff } } }
    - { name: b, image: busybox, imageID: "", ready: false, restartCount: 0, state: { waiting: { reason: ContainerCreating } } }
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: done }
spec: { containers: [{ name: a, image: nginx }, { name: b, image: busybox }] }
status:
  phase: Failed
  containerStatuses:
    - { name: a, image: nginx, imageID: "", ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: Completed } } }
    - { name: b, image: busybox, imageID: "", ready: false, restartCount: 0, state: { terminated: { exitCode: 1, reason: Error } } }
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: completed }
spec: { containers: [{ name: a, image: nginx }] }
status:
  phase: Succeeded
  containerStatuses: [{ name: a, image: nginx, imageID: "", ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: Completed } } }]
`,
  `
apiVersion: v1
kind: Pod
metadata: { name: leaving, finalizers: [sandbox.example/hold] }
spec: { containers: [{ name: a, image: nginx }] }
status: { phase: Running }
`,
  `
apiVersion: v1
kind: Event
metadata: { name: sample }
involvedObject: { namespace: NAMESPACE, apiVersion: cluster.x-k8s.io/v1beta2, kind: Machine, name: m-1, fieldPath: spec.version }
type: Normal
reason: SuccessfulDrainNode
message: " success draining Machine's node "
source: { component: machine-controller }
firstTimestamp: "2026-01-01T00:00:00Z"
lastTimestamp: "2026-01-01T00:00:00Z"
count: 2
`,
  ...["Deployment", "ReplicaSet", "StatefulSet"].map(
    (kind) => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: sample }
spec:
  replicas: 3
  selector:
    matchLabels: { app: web, also: this }
    matchExpressions: [{ key: tier, operator: In, values: [front, back] }, { key: broken, operator: DoesNotExist }]
  template:
    metadata: { labels: { app: web, also: this, tier: front } }
    spec: { containers: [{ name: a, image: nginx }, { name: b, image: busybox }] }
status: { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 }
`,
  ),
  `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: sample }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { nodeSelector: { disk: ssd, arch: arm }, containers: [{ name: a, image: nginx }] }
status: { desiredNumberScheduled: 5, currentNumberScheduled: 4, numberReady: 3, updatedNumberScheduled: 2, numberAvailable: 1, numberMisscheduled: 0 }
`,
  `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: sample }
spec: { minAvailable: 50%, selector: { matchLabels: { app: web } } }
`,
  `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: other }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: web } } }
`,
  `
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: sample }
spec: { holderIdentity: somebody }
`,
  ...["Role", "ClusterRole"].map(
    (kind) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: { name: sample }
rules: [{ apiGroups: [""], resources: [pods], verbs: [get] }]
`,
  ),
  ...["RoleBinding", "ClusterRoleBinding"].map(
    (kind) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ${kind}
metadata: { name: sample }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects:
  - { kind: User, name: ann, apiGroup: rbac.authorization.k8s.io }
  - { kind: User, name: bob, apiGroup: rbac.authorization.k8s.io }
  - { kind: Group, name: all, apiGroup: rbac.authorization.k8s.io }
  - { kind: ServiceAccount, name: robot, namespace: default }
`,
  ),
  `
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: { name: sample }
spec: { attacher: csi.example.com, nodeName: node-1, source: { persistentVolumeName: pv-1 } }
`,
  `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.kinds.sandbox.example }
spec:
  group: kinds.sandbox.example
  scope: Namespaced
  names: { kind: Thing, plural: things, singular: thing }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object } } } } }]
`,
];
