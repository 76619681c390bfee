/**
 * Sends the samples to a real kube-apiserver and keeps what it answered in recorded.jsonl.
 *
 *     npx tsx src/sandbox/schemas/testing/record.ts SERVER TOKEN
 *
 * Installs two CRDs of its own and a namespace, and removes them.
 */
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { samples, sampleSchemas } from "./samples.ts";

type Tree = Record<string, unknown>;

const [server, token] = process.argv.slice(2);
if (server === undefined || token === undefined) throw new Error("usage: record.ts SERVER TOKEN");
const group = "schemas.sandbox.example";
const namespace = `schemas-${process.pid}`;

async function call(method: string, path: string, body?: unknown): Promise<{ readonly code: number; readonly answer: Tree }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const sent = request(`${server}${path}`, { method, rejectUnauthorized: false, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ code: response.statusCode ?? 0, answer: JSON.parse(Buffer.concat(parts).toString()) as Tree }));
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function definition(kind: string): { readonly path: string; readonly body: Tree } {
  const singular = kind.toLowerCase();
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const version = {
    name: "v1",
    served: true,
    storage: true,
    schema: { openAPIV3Schema: sampleSchemas[kind] },
    subresources: { status: {}, ...(kind === "Sample" ? { scale } : {}) },
  };
  return {
    path: `/apis/${group}/v1/namespaces/${namespace}/${singular}s`,
    body: {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${singular}s.${group}` },
      spec: { group, scope: "Namespaced", names: { kind, plural: `${singular}s`, singular }, versions: [version] },
    },
  };
}

const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const lines: string[] = [];
await call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
try {
  for (const kind of Object.keys(sampleSchemas)) {
    const { code, answer } = await call("POST", crds, definition(kind).body);
    if (code >= 300) throw new Error(String(answer["message"]));
  }
  await new Promise((resolve) => setTimeout(resolve, 5000));
  for (const kind of Object.keys(sampleSchemas)) {
    const spec = kind === "Ruled" ? { needed: "x" } : {};
    await call("POST", definition(kind).path, { apiVersion: `${group}/v1`, kind, metadata: { name: "live" }, spec });
  }
  for (const { kind, spec, status } of samples) {
    const { path } = definition(kind);
    const head = { apiVersion: `${group}/v1`, kind };
    const { answer } =
      status === undefined
        ? await call("POST", `${path}?dryRun=All`, { ...head, metadata: { name: "sample" }, ...(spec === undefined ? {} : { spec }) })
        : await call("PUT", `${path}/live/status?dryRun=All`, {
            ...head,
            metadata: (await call("GET", `${path}/live`)).answer["metadata"],
            status,
          });
    const { causes } = (answer["details"] ?? {}) as { readonly causes?: unknown };
    const kept =
      answer["kind"] === "Status"
        ? { message: answer["message"], causes }
        : status === undefined
          ? { spec: answer["spec"] }
          : { status: answer["status"] };
    lines.push(JSON.stringify(kept));
  }
} finally {
  for (const kind of Object.keys(sampleSchemas)) await call("DELETE", `${crds}/${kind.toLowerCase()}s.${group}`);
  await call("DELETE", `/api/v1/namespaces/${namespace}`);
}
writeFileSync(join(import.meta.dirname, "recorded.jsonl"), `${lines.join("\n")}\n`);
console.log(`${lines.length} answers`);
