import type { JsonMap } from "../../store/stored-object.ts";

/** One request to a real API server. `body` is the object, or the patch; `name`, `apiVersion` and `kind` are added to objects that are applied or created. */
export interface RecordedRequest {
  readonly verb: "create" | "merge" | "json" | "strategic" | "apply";
  readonly manager: string;
  readonly force?: boolean;
  readonly subresource?: "status";
  readonly body: unknown;
}

export interface Scenario {
  readonly name: string;
  readonly kind: string;
  readonly requests: readonly RecordedRequest[];
}

const create = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "create", manager, body });
const merge = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "merge", manager, body });
const status = (manager: string, value: JsonMap): RecordedRequest => ({
  verb: "merge",
  manager,
  subresource: "status",
  body: { status: value },
});
const apply = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "apply", manager, force: false, body });
const force = (manager: string, body: JsonMap): RecordedRequest => ({ ...apply(manager, body), force: true });
const applyStatus = (manager: string, value: JsonMap): RecordedRequest => ({
  ...apply(manager, { status: value }),
  subresource: "status",
});
const json = (manager: string, ...body: readonly JsonMap[]): RecordedRequest => ({ verb: "json", manager, body });
const strategic = (manager: string, body: JsonMap): RecordedRequest => ({ verb: "strategic", manager, body });

const condition = (type: string, value: string, reason = "Because"): JsonMap => ({
  type,
  status: value,
  reason,
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
});

const clusterSpec = { clusterNetwork: { pods: { cidrBlocks: ["10.0.0.0/16"] } } };
const topology = (more: JsonMap): JsonMap => ({ spec: { topology: { classRef: { name: "class" }, version: "v1.35.0", ...more } } });
const machineSpec = {
  clusterName: "c",
  bootstrap: { dataSecretName: "s" },
  infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachine", name: "m" },
};

const container = (name: string, image: string, more: JsonMap = {}): JsonMap => ({ name, image, ...more });
const deployment = (containers: readonly JsonMap[], more: JsonMap = {}): JsonMap => ({
  spec: {
    selector: { matchLabels: { app: "a" } },
    template: { metadata: { labels: { app: "a" } }, spec: { containers } },
    ...more,
  },
});
const port = (containerPort: number, more: JsonMap = {}): JsonMap => ({ containerPort, protocol: "TCP", ...more });

/** What is recorded: every case of ownership that Cluster API, Argo CD, Flux and kubectl give rise to. */
export const scenarios: readonly Scenario[] = [
  {
    name: "updates take fields over and drop them",
    kind: "ConfigMap",
    requests: [
      create("one", { data: { a: "1", b: "2" }, metadata: { labels: { x: "y" }, annotations: { "example.com/a": "b" } } }),
      merge("two", { data: { b: "3", c: "4" } }),
      merge("two", { data: { b: "3" } }),
      merge("one", { data: { c: null } }),
      merge("three", { data: null, metadata: { labels: { x: null } } }),
      merge("three", { metadata: { finalizers: ["example.com/f"], annotations: { "example.com/a": null } } }),
      merge("four", { metadata: { finalizers: ["example.com/g", "example.com/f"] } }),
      merge("four", { metadata: { finalizers: null } }),
    ],
  },
  {
    name: "apply makes, keeps, gives up",
    kind: "ConfigMap",
    requests: [
      apply("one", { data: { a: "1", b: "2" }, metadata: { labels: { x: "y" } } }),
      apply("one", { data: { a: "1", b: "2" }, metadata: { labels: { x: "y" } } }),
      apply("one", { data: { a: "1" } }),
      apply("two", { data: { a: "1", c: "3" } }),
      apply("one", { data: {} }),
      apply("two", {}),
    ],
  },
  {
    name: "conflicts of applies, one and several, and force",
    kind: "ConfigMap",
    requests: [
      apply("one", { data: { a: "1", b: "2" } }),
      apply("two", { data: { a: "9" } }),
      apply("two", { data: { a: "9", b: "9", c: "9" } }),
      force("two", { data: { a: "9", c: "9" } }),
      apply("one", { data: { a: "1", b: "2" } }),
      apply("one", { data: { b: "2" } }),
      merge("zero", { data: { d: "1", b: "7" } }),
      apply("three", { data: { a: "3", b: "3", d: "3" } }),
      force("three", { data: { a: "3", b: "3", d: "3" } }),
      apply("three", { metadata: { managedFields: [] }, data: { a: "3" } }),
    ],
  },
  {
    name: "an update of what was applied, and apply over it",
    kind: "ConfigMap",
    requests: [
      apply("one", { data: { a: "1", b: "2" } }),
      merge("two", { data: { a: "2" } }),
      apply("one", { data: { b: "2" } }),
      apply("one", { data: { a: "2", b: "2" } }),
      merge("two", { data: { b: null } }),
      apply("one", { data: { a: "2" } }),
      apply("one", {}),
    ],
  },
  {
    name: "apply to what was only created, and co-owned with it",
    kind: "ConfigMap",
    requests: [
      create("one", { data: { a: "1", b: "2" } }),
      apply("two", { data: { a: "1" } }),
      apply("two", { data: {} }),
      apply("two", { data: { b: "8" } }),
      force("two", { data: { b: "8" } }),
      apply("two", { data: { c: "8" } }),
    ],
  },
  {
    name: "managedFields taken away, then update and apply",
    kind: "ConfigMap",
    requests: [
      create("one", { data: { a: "1" } }),
      merge("two", { metadata: { managedFields: [{}] } }),
      merge("two", { data: { b: "1" } }),
      apply("three", { data: { c: "1" } }),
    ],
  },
  {
    name: "more updaters than are kept apart",
    kind: "ConfigMap",
    requests: [
      create("m00", { data: { k: "0" } }),
      ...Array.from({ length: 12 }, (_, index) => merge(`m${String(index + 1).padStart(2, "0")}`, { data: { [`k${index}`]: "1" } })),
    ],
  },
  {
    name: "metadata: owners, finalizers, labels",
    kind: "ConfigMap",
    requests: [
      apply("one", {
        metadata: {
          finalizers: ["example.com/a"],
          labels: { a: "1" },
          ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "u-1" }],
        },
      }),
      apply("two", {
        metadata: {
          finalizers: ["example.com/b"],
          ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "p", uid: "u-2", controller: true }],
        },
      }),
      apply("two", { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "q", uid: "u-1" }] } }),
      apply("one", { metadata: { labels: { a: "1" } } }),
      apply("two", {}),
    ],
  },
  {
    name: "lists by key: containers and ports",
    kind: "Deployment",
    requests: [
      apply("one", deployment([container("a", "a:1", { ports: [port(80), port(443, { name: "tls" })] })])),
      apply("two", deployment([container("b", "b:1", { args: ["x"] })])),
      apply("two", deployment([container("b", "b:1", { args: ["y"] }), container("a", "a:1")])),
      apply("two", deployment([container("a", "a:2")])),
      merge("scaler", { spec: { replicas: 3 } }),
      apply("one", deployment([container("a", "a:1", { ports: [port(443, { name: "tls" })] })], { replicas: 2 })),
      force("one", deployment([container("a", "a:3", { ports: [port(443)] })], { replicas: 2 })),
      status("controller", { replicas: 1, observedGeneration: 1, conditions: [{ type: "Available", status: "True" }] }),
      status("controller", {
        conditions: [
          { type: "Available", status: "False" },
          { type: "Progressing", status: "True" },
        ],
      }),
      apply("two", deployment([container("c", "c:1", { env: [{ name: "X", value: "1" }] })])),
    ],
  },
  {
    name: "strategic merge",
    kind: "Deployment",
    requests: [
      create(
        "one",
        deployment(
          [
            container("a", "a:1", {
              ports: [port(80), port(443, { name: "tls" })],
              env: [
                { name: "X", value: "1" },
                { name: "Y", value: "2" },
              ],
              args: ["1", "2"],
            }),
            container("b", "b:1"),
          ],
          { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
        ),
      ),
      strategic("two", { spec: { template: { spec: { containers: [{ name: "a", image: "a:2" }] } } } }),
      strategic("two", {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "c", image: "c:1" },
                { name: "a", args: ["3"] },
              ],
            },
          },
        },
      }),
      strategic("two", { spec: { template: { spec: { containers: [{ name: "b", $patch: "delete" }] } } } }),
      strategic("two", {
        spec: {
          template: {
            spec: { containers: [{ name: "a", ports: [{ containerPort: 443, $patch: "delete" }], env: [{ name: "Y", value: null }] }] },
          },
        },
      }),
      strategic("two", {
        spec: {
          template: {
            spec: {
              "$setElementOrder/containers": [{ name: "c" }, { name: "d" }, { name: "a" }],
              containers: [{ name: "d", image: "d:1" }],
            },
          },
        },
      }),
      strategic("two", { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } }),
      strategic("two", {
        spec: {
          template: { spec: { containers: [{ $patch: "replace" }, { name: "z", image: "z:1", env: [{ name: "Q", value: "1" }] }] } },
        },
      }),
      strategic("two", { metadata: { labels: { $patch: "replace", only: "this" }, finalizers: ["example.com/a", "example.com/b"] } }),
      strategic("two", { metadata: { labels: { only: null }, finalizers: ["example.com/c", "example.com/a"] } }),
      strategic("two", { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/a"] } }),
      strategic("two", {
        metadata: { "$setElementOrder/finalizers": ["example.com/d", "example.com/c", "example.com/b"], finalizers: ["example.com/d"] },
      }),
      strategic("two", { spec: { template: { spec: { nodeSelector: { a: "b" }, tolerations: [{ key: "a", operator: "Exists" }] } } } }),
      strategic("two", {
        spec: { template: { spec: { nodeSelector: { $patch: "delete" }, tolerations: [{ key: "b", operator: "Exists" }] } } },
      }),
      strategic("two", { spec: { template: { spec: { containers: [{ image: "no name" }] } } } }),
      strategic("two", { spec: { template: { spec: { containers: [{ name: "z", $patch: "explode" }] } } } }),
      strategic("two", { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/b", "example.com/c", "example.com/d"] } }),
    ],
  },
  {
    name: "topology variables and machine deployments",
    kind: "Cluster",
    requests: [
      create("kubectl", {
        spec: {
          ...clusterSpec,
          ...(topology({
            variables: [
              { name: "a", value: 1 },
              { name: "b", value: { nested: { list: [1, 2] } } },
            ],
            workers: { machineDeployments: [{ class: "w", name: "md-0", replicas: 1 }] },
          })["spec"] as JsonMap),
        },
      }),
      merge("editor", { spec: { topology: { version: "v1.36.0" } } }),
      apply(
        "argocd",
        topology({
          version: "v1.36.0",
          variables: [
            { name: "b", value: { nested: { other: "x" } } },
            { name: "c", value: [1, { a: 2 }] },
          ],
        }),
      ),
      apply("argocd", topology({ version: "v1.36.0", variables: [{ name: "b", value: { nested: { list: [1, 3] } } }] })),
      force(
        "argocd",
        topology({
          version: "v1.36.1",
          variables: [
            { name: "b", value: { nested: { list: [1, 3] } } },
            { name: "a", value: 2 },
          ],
        }),
      ),
      apply(
        "argocd",
        topology({
          version: "v1.36.1",
          workers: {
            machineDeployments: [
              { class: "w", name: "md-0", replicas: 1 },
              { class: "w", name: "md-1" },
            ],
          },
        }),
      ),
      apply("flux", topology({ workers: { machineDeployments: [{ class: "w", name: "md-1", replicas: 5 }] } })),
      apply("argocd", topology({ version: "v1.36.1", workers: { machineDeployments: [{ class: "w", name: "md-0" }] } })),
      merge("editor", { spec: { clusterNetwork: { pods: { cidrBlocks: ["10.1.0.0/16"] } }, paused: true } }),
      apply("argocd", {
        spec: {
          topology: {
            classRef: { name: "class" },
            version: "v1.36.1",
            variables: [
              { name: "a", value: 1 },
              { name: "a", value: 2 },
            ],
          },
        },
      }),
    ],
  },
  {
    name: "status of a Cluster, and spec beside it",
    kind: "Cluster",
    requests: [
      apply("one", { spec: clusterSpec }),
      status("manager", {
        phase: "Pending",
        observedGeneration: 1,
        conditions: [condition("Available", "False"), condition("Paused", "False")],
      }),
      status("manager", {
        phase: "Provisioned",
        conditions: [condition("Available", "True"), condition("Paused", "False"), condition("Deleting", "False")],
      }),
      merge("manager", { metadata: { finalizers: ["cluster.cluster.x-k8s.io"] }, spec: { paused: true }, status: { phase: "Ignored" } }),
      status("manager", { phase: null, conditions: [condition("Available", "True", "Other")] }),
      applyStatus("extra", { conditions: [condition("Mine", "True")] }),
      applyStatus("extra", { conditions: [condition("Available", "False")] }),
      applyStatus("extra", { conditions: [condition("Other", "True")] }),
      apply("one", { spec: { ...clusterSpec, paused: true }, status: { phase: "Ignored" } }),
      apply("one", { spec: { clusterNetwork: { pods: { cidrBlocks: ["10.9.0.0/16"] } } } }),
      status("manager", { conditions: null }),
    ],
  },
  {
    name: "a Machine as its controllers write it",
    kind: "Machine",
    requests: [
      force("capi-machineset", {
        metadata: { labels: { "cluster.x-k8s.io/cluster-name": "c" } },
        spec: { ...machineSpec, deletion: { nodeDrainTimeoutSeconds: 10 } },
      }),
      status("manager", {
        phase: "Pending",
        conditions: [condition("Ready", "False"), condition("Available", "False")],
        initialization: { bootstrapDataSecretCreated: true },
      }),
      merge("manager", {
        metadata: { finalizers: ["machine.cluster.x-k8s.io"], annotations: { "example.com/a": "b" } },
        spec: { providerID: "dev://m" },
      }),
      status("manager", {
        phase: "Running",
        nodeRef: { name: "n" },
        addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
        conditions: [condition("Ready", "True"), condition("Available", "True")],
      }),
      force("capi-machineset", { metadata: { labels: { "cluster.x-k8s.io/cluster-name": "c" } }, spec: machineSpec }),
      force("capi-machineset-metadata", { metadata: { labels: { extra: "1" } } }),
      force("capi-machineset-metadata", { metadata: { labels: { extra: "2", more: "3" }, annotations: { x: "y" } } }),
      force("capi-machineset-metadata", { metadata: { labels: {} } }),
      status("manager", { addresses: [] }),
    ],
  },
  {
    name: "applies that make no sense",
    kind: "Cluster",
    requests: [
      create("one", { spec: clusterSpec }),
      apply("two", { spec: { paused: "yes" } }),
      apply("two", { spec: { clusterNetwork: { apiServerPort: "six" } } }),
      apply("two", { spec: { nothing: 1, topology: { unknown: true } } }),
      apply("two", { spec: { clusterNetwork: [1] } }),
      apply("two", { spec: { clusterNetwork: "flat" } }),
      apply("two", { spec: { topology: { variables: { a: 1 } } } }),
      apply("two", { spec: { topology: { variables: "a" } } }),
      apply("two", { spec: { topology: { version: 1 } } }),
      apply("two", { spec: { topology: { version: { a: 1 } } } }),
      apply("two", topology({ variables: [{ value: 1 }] })),
      apply("two", topology({ variables: [null] })),
      apply("two", topology({ variables: ["a"] })),
      apply("two", { metadata: { labels: { a: 1 } } }),
      apply("two", { metadata: { finalizers: ["a", "a"], what: 1 } }),
    ],
  },
  {
    name: "JSON patch",
    kind: "ConfigMap",
    requests: [
      create("one", {
        data: { a: "1", b: "2" },
        metadata: { finalizers: ["example.com/a", "example.com/b"], labels: { "example.com/x": "y" } },
      }),
      json("two", { op: "replace", path: "/data/a", value: "3" }, { op: "add", path: "/data/c", value: "4" }),
      json("two", { op: "test", path: "/data/a", value: "3" }, { op: "remove", path: "/data/c" }),
      json("two", { op: "test", path: "/data/a", value: "wrong" }, { op: "remove", path: "/data/a" }),
      json("two", { op: "test", path: "/data/none", value: "wrong" }),
      json("two", { op: "test", path: "/data/none", value: null }),
      json("two", { op: "remove", path: "/data/none" }),
      json("two", { op: "remove", path: "/none/none" }),
      json("two", { op: "replace", path: "/data/none", value: "1" }),
      json("two", { op: "add", path: "/none/none", value: "1" }),
      json("two", { op: "explode", path: "/data/a" }),
      json("two", { op: "add", path: "data/a", value: "1" }),
      json("two", { op: "add", path: "/metadata/finalizers/-", value: "example.com/c" }),
      json("two", { op: "add", path: "/metadata/finalizers/0", value: "example.com/0" }),
      json("two", { op: "add", path: "/metadata/finalizers/9", value: "example.com/9" }),
      json("two", { op: "remove", path: "/metadata/finalizers/9" }),
      json("two", { op: "remove", path: "/metadata/finalizers/x" }),
      json("two", { op: "replace", path: "/metadata/finalizers/1", value: "example.com/1" }),
      json("two", { op: "remove", path: "/metadata/finalizers/-1" }),
      json("two", { op: "replace", path: "/metadata/labels/example.com~1x", value: "z" }),
      json("two", { op: "move", from: "/data/a", path: "/data/moved" }),
      json("two", { op: "copy", from: "/data/b", path: "/data/copied" }),
      json("two", { op: "move", from: "/data/none", path: "/data/x" }),
      json("two", { op: "copy", from: "/data/none", path: "/data/x" }),
      json("two", { op: "add", path: "/metadata/annotations", value: { "example.com/~": "1" } }),
      json("two", { op: "remove", path: "/metadata/annotations/example.com~1~0" }),
      json("two", { op: "add", path: "/data", value: { only: "this" } }),
      { verb: "json", manager: "two", body: { op: "add" } },
      { verb: "json", manager: "two", body: [{ path: "/data/a", value: "1" }] },
    ],
  },
];
