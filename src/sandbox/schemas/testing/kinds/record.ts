/**
 * Makes objects of Kubernetes' own kinds on a real kube-apiserver, and keeps what it tells of the kinds and how it prints the objects in recorded.jsonl.
 *
 *     npx tsx src/sandbox/schemas/testing/kinds/record.ts SERVER TOKEN
 *
 * The server is one without controllers for pods and the like (npm run stack). Works in a namespace of its own, and removes what it made.
 */
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { parse } from "yaml";
import { builtInObjects } from "./objects.ts";

type Tree = Record<string, unknown>;

const [server, token] = process.argv.slice(2);
if (server === undefined || token === undefined) throw new Error("usage: record.ts SERVER TOKEN");
const namespace = `kinds-${process.pid}`;

async function call(method: string, path: string, body?: unknown, accept = "application/json"): Promise<Tree> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
      accept,
    };
    const sent = request(`${server}${path}`, { method, rejectUnauthorized: false, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString()) as Tree));
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

const kinds: Tree[] = [];
await call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
try {
  for (const text of builtInObjects) {
    const { status, ...object } = parse(text.replace("NAMESPACE", namespace)) as Tree & {
      readonly apiVersion: string;
      readonly kind: string;
      readonly metadata: Tree;
    };
    const root = object.apiVersion.includes("/") ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
    const { resources } = (await call("GET", root)) as unknown as { readonly resources: readonly Resource[] };
    const resource = resources.find(({ kind, name }) => kind === object.kind && !name.includes("/"))!;
    const path = `${root}${resource.namespaced ? `/namespaces/${namespace}` : ""}/${resource.name}`;
    const isOurs = resource.namespaced || object.kind === "CustomResourceDefinition";
    const name = `${String(object.metadata["name"])}${isOurs ? "" : `-${process.pid}`}`;
    const made = await call("POST", path, { ...object, metadata: { ...object.metadata, name } });
    if (made["kind"] === "Status") throw new Error(`${object.kind}: ${String(made["message"])}`);
    if (status !== undefined) await call("PATCH", `${path}/${name}/status`, { status });
    const { finalizers } = object.metadata;
    if (finalizers !== undefined) await call("DELETE", `${path}/${name}?gracePeriodSeconds=0`);
    const table = await call("GET", `${path}/${name}`, undefined, "application/json;as=Table;v=v1;g=meta.k8s.io");
    const live = await call("GET", `${path}/${name}`);
    if (finalizers !== undefined) await call("PATCH", `${path}/${name}`, { metadata: { finalizers: null } });
    else await call("DELETE", `${path}/${name}?gracePeriodSeconds=0`);
    const columns = (table["columnDefinitions"] as readonly Tree[]).map(({ name, type, priority }) => ({ name, type, priority }));
    const { cells } = (table["rows"] as readonly { readonly cells: readonly unknown[] }[])[0]!;
    kinds.push({
      resource,
      subresources: resources.map((each) => each.name).filter((each) => each.startsWith(`${resource.name}/`)),
      columns,
      cells,
      object: { ...live, metadata: { ...(live["metadata"] as Tree), managedFields: undefined } },
    });
  }
} finally {
  await call("DELETE", `/api/v1/namespaces/${namespace}`);
}
writeFileSync(join(import.meta.dirname, "recorded.jsonl"), `${kinds.map((kind) => JSON.stringify(kind)).join("\n")}\n`);
console.log(`${kinds.length} objects`);
