import type { JsonMap } from "../../store/stored-object.ts";
import { apply, applyStatus, container, create, deployment, force, merge, port, status, type Scenario } from "./requests.ts";
import { patchScenarios } from "./patch-scenarios.ts";

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
      apply("two", { spec: { nothing: 1 } }),
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
      apply("two", { metadata: { finalizers: ["a", "a", "b", "b"] } }),
      apply("two", { metadata: { what: 1 } }),
    ],
  },
  {
    name: "order, defaults of keys, and items that are there twice",
    kind: "Deployment",
    requests: [
      apply("one", deployment(["a", "b", "c"].map((name) => container(name, `${name}:1`)))),
      apply("two", deployment(["c", "x", "a"].map((name) => container(name, `${name}:1`)))),
      apply("three", deployment(["y", "b", "z"].map((name) => container(name, `${name}:1`)))),
      apply("one", deployment(["c", "b", "a"].map((name) => container(name, `${name}:1`)))),
      apply("two", deployment([container("x", "x:1", { ports: [{ containerPort: 80 }] })])),
      apply(
        "two",
        deployment([
          container("x", "x:1", {
            ports: [
              { containerPort: 80, name: "web" },
              { containerPort: 80, protocol: "UDP" },
            ],
          }),
        ]),
      ),
      {
        verb: "json",
        manager: "twice",
        body: [{ op: "add", path: "/spec/template/spec/containers/0/env", value: ["1", "2"].map((value) => ({ name: "E", value })) }],
      },
      { verb: "json", manager: "other", body: [{ op: "replace", path: "/spec/template/spec/containers/0/env/1/value", value: "3" }] },
      { verb: "json", manager: "again", body: [{ op: "remove", path: "/spec/template/spec/containers/0/env/0" }] },
      {
        verb: "json",
        manager: "twice",
        body: [{ op: "add", path: "/spec/template/spec/containers/0/env/-1", value: { name: "E", value: "9" } }],
      },
      {
        verb: "json",
        manager: "twice",
        body: [{ op: "add", path: "/spec/template/spec/containers/0/env/-1", value: { name: "F", value: "9" } }],
      },
    ],
  },
  {
    name: "managedFields sent along",
    kind: "Cluster",
    requests: [
      create("one", { spec: clusterSpec }),
      { ...status("two", { phase: "Pending" }), body: { metadata: { managedFields: [{}] }, status: { phase: "Pending" } } },
      merge("three", { metadata: { managedFields: [{ manager: "x", operation: "Wrong", apiVersion: "v1" }] }, spec: { paused: true } }),
      merge("three", {
        metadata: {
          managedFields: [
            {
              manager: "x",
              operation: "Update",
              apiVersion: "cluster.x-k8s.io/v1beta2",
              fieldsType: "FieldsV1",
              fieldsV1: { "f:spec": { "f:paused": {} } },
            },
          ],
        },
      }),
    ],
  },
  ...patchScenarios,
];
