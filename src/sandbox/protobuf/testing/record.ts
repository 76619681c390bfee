/**
 * Keeps objects as a real kube-apiserver tells them in JSON and in protobuf, in recorded.jsonl.
 *
 *     npx tsx src/sandbox/protobuf/testing/record.ts https://127.0.0.1:PORT TOKEN
 *
 * The server is one started by hand: etcd, and kube-apiserver with --disable-admission-plugins=ServiceAccount; no controllers.
 */
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";

const [server, token] = process.argv.slice(2);
if (server === undefined || token === undefined) throw new Error("usage: record.ts SERVER TOKEN");
const namespace = `protobuf-${process.pid}`;
const inNamespace = (group: string, plural: string): string => `${group}/namespaces/${namespace}/${plural}`;

const template = {
  metadata: { labels: { app: "a" }, annotations: { "example.io/note": "größe" } },
  spec: {
    automountServiceAccountToken: false,
    hostNetwork: true,
    terminationGracePeriodSeconds: 0,
    nodeSelector: { disk: "fast" },
    tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 0 }],
    initContainers: [{ name: "init", image: "init", command: ["sh", "-c", "true"] }],
    containers: [
      {
        name: "main",
        image: "main:1",
        env: [
          { name: "A", value: "1" },
          { name: "B", valueFrom: { configMapKeyRef: { name: "c", key: "k", optional: true } } },
          { name: "C", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
        ],
        envFrom: [{ secretRef: { name: "s" } }],
        ports: [{ name: "http", containerPort: 8080, hostPort: 8080 }],
        resources: { requests: { cpu: "100m", memory: "1Gi" }, limits: { memory: "1Gi" } },
        readinessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 3 },
        livenessProbe: { tcpSocket: { port: 8080 } },
        securityContext: { runAsUser: 0, readOnlyRootFilesystem: false, capabilities: { drop: ["ALL"] } },
        volumeMounts: [{ name: "v", mountPath: "/v", readOnly: true }],
      },
    ],
    volumes: [
      { name: "v", configMap: { name: "c", defaultMode: 292 } },
      { name: "e", emptyDir: {} },
      { name: "p", projected: { sources: [{ downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } }] } },
    ],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "a" } } },
    ],
  },
};
const selector = { matchLabels: { app: "a" }, matchExpressions: [{ key: "tier", operator: "NotIn", values: ["x", "y"] }] };

const objects: readonly { readonly path: string; readonly body: object }[] = [
  { path: "/api/v1/namespaces", body: { metadata: { name: namespace, labels: { a: "b" } } } },
  {
    path: inNamespace("/api/v1", "configmaps"),
    body: { metadata: { name: "c" }, data: { k: "v", e: "" }, binaryData: { b: "AAEC" }, immutable: false },
  },
  { path: inNamespace("/api/v1", "secrets"), body: { metadata: { name: "s" }, type: "Opaque", data: { key: "c2VjcmV0" } } },
  {
    path: inNamespace("/api/v1", "serviceaccounts"),
    body: { metadata: { name: "a", finalizers: ["example.io/hold"] }, imagePullSecrets: [{ name: "s" }] },
  },
  {
    path: inNamespace("/api/v1", "services"),
    body: {
      metadata: { name: "svc" },
      spec: {
        selector: { app: "a" },
        ports: [
          { port: 80, targetPort: "http" },
          { name: "b", port: 81, targetPort: 8080 },
        ].map((port, index) => ({ name: `p${index}`, ...port })),
      },
    },
  },
  { path: inNamespace("/api/v1", "pods"), body: { metadata: { name: "p" }, spec: template.spec } },
  {
    path: "/api/v1/nodes",
    body: {
      metadata: { name: namespace },
      spec: { taints: [{ key: "a", effect: "NoSchedule" }], unschedulable: true, providerID: "x://y" },
    },
  },
  {
    path: inNamespace("/apis/apps/v1", "deployments"),
    body: {
      metadata: { name: "d", labels: { app: "a" } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: "a" } },
        template,
        strategy: { rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
        paused: true,
      },
    },
  },
  {
    path: inNamespace("/apis/apps/v1", "daemonsets"),
    body: {
      metadata: { name: "d" },
      spec: { selector: { matchLabels: { app: "a" } }, template: { ...template, spec: { ...template.spec } } },
    },
  },
  {
    path: inNamespace("/apis/policy/v1", "poddisruptionbudgets"),
    body: { metadata: { name: "pdb" }, spec: { minAvailable: "50%", selector } },
  },
  {
    path: inNamespace("/apis/coordination.k8s.io/v1", "leases"),
    body: {
      metadata: { name: "l" },
      spec: {
        holderIdentity: "me",
        leaseDurationSeconds: 15,
        renewTime: "2026-01-02T03:04:05.000006Z",
        acquireTime: "2026-01-02T03:04:05.123456Z",
      },
    },
  },
  {
    path: inNamespace("/apis/rbac.authorization.k8s.io/v1", "roles"),
    body: { metadata: { name: "r" }, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"], resourceNames: ["x"] }] },
  },
];

function call(method: string, path: string, accept: string, body?: object): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept, "content-type": "application/json" };
    const sent = request(`${server}${path}`, { method, rejectUnauthorized: false, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        const answer = Buffer.concat(parts);
        if ((response.statusCode ?? 0) < 300) resolve(answer);
        else reject(new Error(`${method} ${path}: ${answer.toString()}`));
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const lines: string[] = [];
for (const { path, body } of objects) {
  const { metadata } = JSON.parse((await call("POST", path, "application/json", body)).toString()) as {
    readonly metadata: { readonly name: string };
  };
  const json = JSON.parse((await call("GET", `${path}/${metadata.name}`, "application/json")).toString()) as object;
  const protobuf = (await call("GET", `${path}/${metadata.name}`, "application/vnd.kubernetes.protobuf")).toString("base64");
  lines.push(JSON.stringify({ json, protobuf }));
}
writeFileSync(join(import.meta.dirname, "recorded.jsonl"), `${lines.join("\n")}\n`);
console.log(`${lines.length} objects`);
