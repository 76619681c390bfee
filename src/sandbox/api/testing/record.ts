/**
 * Plays the scenarios against a real kube-apiserver and keeps what it answered in recorded.jsonl.
 *
 *     npx tsx src/sandbox/api/testing/record.ts https://127.0.0.1:PORT TOKEN
 *
 * The server is one started by hand: etcd, and kube-apiserver with --disable-admission-plugins=ServiceAccount; no controllers.
 */
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { accepts, contentTypes, normalised, type KeptAnswer, type PlayedRequest } from "./requests.ts";
import { scenarios } from "./scenarios.ts";
import { widgetCrd } from "./widget.ts";

const [server, token] = process.argv.slice(2);
if (server === undefined || token === undefined) throw new Error("usage: record.ts SERVER TOKEN");

interface Answer {
  readonly status: number;
  readonly warning: string | undefined;
  readonly text: string;
}

function call({ method, path, body, type, accept, userAgent }: PlayedRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sentText = body === undefined ? "" : JSON.stringify(body);
    const headers: Record<string, string> = {
      "content-length": String(Buffer.byteLength(sentText)),
      authorization: `Bearer ${token}`,
      "user-agent": userAgent ?? "tester/1.0",
      ...(body === undefined ? {} : { "content-type": type === undefined ? "application/json" : contentTypes[type] }),
      ...(accept === undefined ? {} : { accept: accepts[accept] }),
    };
    const sent = request(`${server}${path}`, { method, rejectUnauthorized: false, headers }, (response) => {
      let text = "";
      response.on("data", (part: Buffer) => (text += part.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, warning: response.headers["warning"], text }));
    });
    sent.on("error", reject);
    sent.end(sentText);
  });
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.split("\n").filter((line) => line !== "");
    // More than one JSON: a watch.
    return lines.length > 1 && lines.every((line) => line.startsWith("{")) ? lines.map((line) => JSON.parse(line) as unknown) : text;
  }
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

await call({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body: widgetCrd });
await wait(3000);

const lines: string[] = [];
for (const [index, { name, requests }] of scenarios.entries()) {
  const namespace = `recorded-${process.pid}-${index}`;
  await call({ method: "POST", path: "/api/v1/namespaces", body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } } });
  const remembered = new Map<string, string>();
  const fill = <T>(value: T): T => {
    let text = JSON.stringify(value).replaceAll("NS", namespace);
    for (const [word, meaning] of remembered) text = text.replaceAll(`$${word}`, meaning);
    return JSON.parse(text) as T;
  };
  const answers: KeptAnswer[] = [];
  for (const each of requests) {
    const { status, warning, text } = await call(fill(each));
    let body = read(text);
    const watched = each.path.includes("watch=") && status === 200;
    if (watched)
      body = Array.isArray(body) ? body : body === "" ? [] : typeof body === "object" && body !== null && "type" in body ? [body] : body;
    const metadata = (body as { metadata?: Record<string, string> } | undefined)?.metadata;
    if (each.rememberVersion !== undefined) remembered.set(each.rememberVersion, metadata?.["resourceVersion"] ?? "");
    if (each.rememberContinue !== undefined) remembered.set(each.rememberContinue, encodeURIComponent(metadata?.["continue"] ?? ""));
    answers.push({ status, ...(warning === undefined ? {} : { warning }), body: normalised(body, namespace) });
    if (status >= 300) console.log(`${name}: ${each.method} ${each.path} → ${status} ${text.slice(0, 400).trim()}`);
  }
  lines.push(JSON.stringify({ name, answers }));
}
writeFileSync(join(import.meta.dirname, "recorded.jsonl"), `${lines.join("\n")}\n`);
console.log(`${lines.length} scenarios`);
