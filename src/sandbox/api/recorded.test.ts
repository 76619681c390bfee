import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createRandom } from "../engine/random.ts";
import { createTimeline } from "../engine/timeline.ts";
import { createFieldManagement } from "../field-management/field-management.ts";
import { builtInTypes } from "../schemas/built-in-types.ts";
import { schemaRules } from "../schemas/schema-rules.ts";
import { createObjectStore } from "../store/object-store.ts";
import type { WatchEvent } from "./api-request.ts";
import { createApiHandler, type ApiHandler } from "./handler.ts";
import { createObjects } from "./objects.ts";
import { accepts, contentTypes, normalised, type KeptAnswer, type PlayedRequest } from "./testing/requests.ts";
import { scenarios } from "./testing/scenarios.ts";
import { widgetType } from "./testing/widget.ts";

const recorded = new Map(
  readFileSync(new URL("testing/recorded.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly name: string; readonly answers: readonly KeptAnswer[] })
    .map(({ name, answers }) => [name, answers]),
);

/** Where ours answers otherwise, and why that is so. */
const otherwise: Readonly<Record<string, string>> = {
  "creation 10. POST /api/v1/namespaces/NS/configmaps": "the text shows a Go type",
  "listing 39. GET /api/v1/namespaces/NS/configmaps?continue=nonsense": "the text ends with that of Go's JSON parser",
  "tables and metadata 14. GET /apis/example.io/v1/namespaces/NS/widgets/a": "the refusal is in protobuf there",
  "reviews 3. POST /apis/authentication.k8s.io/v1/selfsubjectreviews": "the user of the recording has a uid",
  "deleting 28. DELETE /api/v1/namespaces/NS/pods/p": "Pods do not end in grace: they are gone at once, and a Status says so",
};

const namespace = "recorded";

function server(): { readonly handler: ApiHandler; readonly pass: (milliseconds: number) => void } {
  const timeline = createTimeline(Date.parse("2026-01-01T00:00:00Z"));
  const types = [...builtInTypes(), widgetType];
  const objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster" }),
    now: () => timeline.now(),
    random: createRandom(1),
    rules: { fields: createFieldManagement(), schema: schemaRules },
  });
  const handler = createApiHandler({
    objects,
    types: () => types,
    convert: (object, apiVersion) => ({ ...object, apiVersion }),
    now: () => timeline.now(),
    after: (milliseconds, task) => timeline.after(milliseconds, task),
    gitVersion: () => "v1.36.3",
    evict: (pod, dryRun) => {
      const type = types.find(({ key }) => key === "Pod")!;
      if (!dryRun) objects.delete(type, pod.metadata.namespace, pod.metadata.name, {});
    },
  });
  for (const name of [namespace, "kube-system"]) {
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    handler.handle({ method: "POST", path: "/api/v1/namespaces", query: new URLSearchParams(), body });
  }
  return { handler, pass: (milliseconds) => timeline.runUntil(timeline.now() + milliseconds) };
}

function play(requests: readonly PlayedRequest[]): readonly KeptAnswer[] {
  const { handler, pass } = server();
  const remembered = new Map<string, string>();
  const fill = <T>(value: T): T => {
    let text = JSON.stringify(value).replaceAll("NS", namespace);
    for (const [word, meaning] of remembered) text = text.replaceAll(`$${word}`, meaning);
    return JSON.parse(text) as T;
  };
  return requests.map((request) => {
    const { method, path, body, type, accept, userAgent } = fill(request);
    const { pathname, searchParams } = new URL(path, "https://sandbox");
    const answer = handler.handle({
      method,
      path: pathname,
      query: searchParams,
      userAgent: userAgent ?? "tester/1.0",
      user: "rec-admin",
      ...(body === undefined ? {} : { body, contentType: type === undefined ? "application/json" : contentTypes[type] }),
      ...(accept === undefined ? {} : { accept: accepts[accept] }),
    });
    let given: unknown = answer.body;
    if (answer.watch !== undefined) {
      const events: WatchEvent[] = [];
      let ended = false;
      answer.watch.open(
        (event) => events.push(event),
        () => (ended = true),
      );
      pass(1000);
      expect(ended).toBe(true);
      given = events;
    }
    const metadata = (given as { metadata?: Record<string, string> } | undefined)?.metadata;
    if (request.rememberVersion !== undefined) remembered.set(request.rememberVersion, metadata?.["resourceVersion"] ?? "");
    if (request.rememberContinue !== undefined) remembered.set(request.rememberContinue, encodeURIComponent(metadata?.["continue"] ?? ""));
    const warning = answer.headers?.["warning"];
    const sent = given === undefined ? undefined : (JSON.parse(JSON.stringify(given)) as unknown);
    dropKindsOfItems(sent);
    return { status: answer.status, ...(warning === undefined ? {} : { warning }), body: normalised(sent, namespace) };
  });
}

/** Lists of Kubernetes' own kinds have items without apiVersion and kind; ours carry the stored objects as they are, which clients take too. */
function dropKindsOfItems(body: unknown): void {
  const { apiVersion, items } = (body ?? {}) as { readonly apiVersion?: string; readonly items?: readonly Record<string, unknown>[] };
  if (apiVersion !== "v1") return;
  for (const item of items ?? []) {
    delete item["apiVersion"];
    delete item["kind"];
  }
}

describe("answers of a real kube-apiserver, and ours", () => {
  describe.each(scenarios)("$name", ({ name, requests }) => {
    const answers = play(requests);
    it.each(requests.map((request, index) => [`${index + 1}. ${request.method} ${request.path}`, index] as const))("%s", (title, index) => {
      if (otherwise[`${name} ${title}`] !== undefined) return;
      expect(answers[index]).toEqual(recorded.get(name)![index]);
    });
  });
});
