/**
 * Asks a real management cluster (Cluster API v1.14) and keeps what it answered in recorded.jsonl.
 *
 *     kubectl proxy --port 8099 &
 *     npx tsx src/sandbox/admission/testing/record.ts http://127.0.0.1:8099
 *
 * Makes the live objects in a namespace of its own, `admission`; everything else is a dry run. Remove the namespace afterwards.
 */
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { liveObjects, plurals, samples, type Sample } from "./samples.ts";

type Tree = Readonly<Record<string, unknown>>;

const [server] = process.argv.slice(2);
if (server === undefined) throw new Error("usage: record.ts SERVER");

async function call(method: string, path: string, body?: unknown): Promise<Tree> {
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  return new Promise((resolve, reject) => {
    const sent = request(`${server}${path}`, { method, headers: { "content-type": type } }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString()) as Tree));
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function pathOf({ kind }: Sample): string {
  const [group, version, plural] = plurals[kind].split("/");
  return `/apis/${group}/${version}/namespaces/admission/${plural}`;
}

function bodyOf({ kind, name, annotations, spec }: Sample): Tree {
  const [group, version] = plurals[kind].split("/");
  return { apiVersion: `${group}/${version}`, kind, metadata: { name, ...(annotations === undefined ? {} : { annotations }) }, spec };
}

async function ask(sample: Sample): Promise<Tree> {
  const path = pathOf(sample);
  if (sample.patch === null) return call("DELETE", `${path}/${sample.name}?dryRun=All`);
  if (sample.patch !== undefined) return call("PATCH", `${path}/${sample.name}?dryRun=All`, sample.patch);
  return call("POST", `${path}?dryRun=All`, bodyOf(sample));
}

await call("POST", "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "admission" } });
for (const sample of liveObjects) {
  const { kind, message } = await call("POST", pathOf(sample), bodyOf(sample));
  if (kind === "Status" && !String(message).includes("already exists")) throw new Error(String(message));
  if (sample.kind === "ClusterClass") await new Promise((resolve) => setTimeout(resolve, 3000));
}
await new Promise((resolve) => setTimeout(resolve, 5000));
const lines: string[] = [];
for (const sample of samples) {
  const answer = await ask(sample);
  const { labels } = answer["metadata"] as { readonly labels?: Tree };
  const kept = answer["kind"] === "Status" ? { code: answer["code"], message: answer["message"] } : { labels, spec: answer["spec"] };
  lines.push(JSON.stringify(kept));
}
writeFileSync(join(import.meta.dirname, "recorded.jsonl"), `${lines.join("\n")}\n`);
