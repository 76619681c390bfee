import { container, create, deployment, json, port, strategic, type Scenario } from "./requests.ts";

/** JSON patches and strategic merge patches, right and wrong. */
export const patchScenarios: readonly Scenario[] = [
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
  {
    name: "strategic merge: orders and directives",
    kind: "Deployment",
    requests: [
      create("one", {
        ...deployment(["a", "b", "c", "d"].map((name) => container(name, `${name}:1`))),
        metadata: { labels: { x: "1", y: "2" }, finalizers: ["example.com/a", "example.com/b", "example.com/c"] },
      }),
      strategic("two", { metadata: { labels: { $patch: "replace", z: "3" } } }),
      strategic("two", { metadata: { labels: { $patch: "delete", z: "3" } } }),
      strategic("two", {
        spec: {
          template: { spec: { "$setElementOrder/containers": [{ name: "d" }, { name: "b" }], containers: [{ name: "b", image: "b:2" }] } },
        },
      }),
      strategic("two", { spec: { template: { spec: { "$setElementOrder/containers": [{ name: "b" }, { name: "c" }] } } } }),
      strategic("two", {
        spec: { template: { spec: { "$setElementOrder/containers": [{ name: "b" }], containers: [{ name: "x", image: "x:1" }] } } },
      }),
      strategic("two", { spec: { template: { spec: { "$setElementOrder/containers": "b" } } } }),
      strategic("two", { spec: { strategy: { $retainKeys: ["type"], rollingUpdate: { maxSurge: 2 } } } }),
      strategic("two", { spec: { strategy: { $retainKeys: "type" } } }),
      strategic("two", { spec: { template: { spec: { containers: [{ name: "c", $patch: "merge" }] } } } }),
      strategic("two", { spec: { template: { spec: { containers: [{ $patch: "delete" }] } } } }),
      strategic("two", { spec: { template: { $patch: "explode" } } }),
      strategic("two", {
        spec: {
          template: {
            spec: {
              containers: [
                {
                  name: "e",
                  image: "e:1",
                  args: null,
                  env: [
                    { name: "A", value: "1" },
                    { name: "B", $patch: "delete" },
                  ],
                },
              ],
            },
          },
        },
      }),
      strategic("two", {
        spec: {
          template: {
            spec: {
              containers: [
                { name: "e", env: [{ name: "B", value: "2" }], args: ["1"] },
                { name: "a", ports: [port(1)] },
              ],
            },
          },
        },
      }),
      strategic("two", { metadata: { finalizers: ["example.com/c", "example.com/z"] } }),
      strategic("two", { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/a"], finalizers: ["example.com/y"] } }),
      strategic("two", { metadata: { finalizers: null, "$deleteFromPrimitiveList/labels": ["x"] } }),
    ],
  },
];
