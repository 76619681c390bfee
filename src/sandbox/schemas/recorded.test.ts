import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ApiStatusError } from "../api/api-status-error.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { schemaRules } from "./schema-rules.ts";
import { samples, sampleSchemas } from "./testing/samples.ts";

interface Answer {
  readonly message?: string;
  readonly causes?: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** What a real kube-apiserver answered to the samples, in their order (testing/record.ts). */
const answers = readFileSync(new URL("testing/recorded.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Answer);

function sampleType(kind: string): ResourceType {
  const plural = `${kind.toLowerCase()}s`;
  return {
    key: `${kind}.schemas.sandbox.example`,
    group: "schemas.sandbox.example",
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    hasStatus: true,
    storageVersion: "v1",
    versions: [{ name: "v1", served: true, schema: sampleSchemas[kind]! }],
    ...(kind === "Sample" ? { scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } } : {}),
  };
}

function answerOf({ kind, spec, status }: (typeof samples)[number]): Answer {
  const head = { apiVersion: "schemas.sandbox.example/v1", kind };
  const metadata = { name: status === undefined ? "sample" : "live", uid: "u" };
  const live: StoredObject = { ...head, metadata, spec: kind === "Ruled" ? { needed: "x" } : {} };
  try {
    const given = status === undefined ? { ...head, metadata, ...(spec === undefined ? {} : { spec }) } : { ...live, status };
    const object = schemaRules(sampleType(kind), given, status === undefined ? undefined : live);
    return status === undefined ? { spec: object["spec"] } : { status: object["status"] };
  } catch (error) {
    if (!(error instanceof ApiStatusError)) throw error;
    return { message: error.message, causes: error.details.causes as NonNullable<Answer["causes"]> };
  }
}

/** Scaled kinds whose spec or status is no map are also told that the number of replicas cannot be read. */
const isToldByOurs = ({ message }: { readonly message: string }): boolean => !message.includes("accessor error");

const inOrder = (causes: Answer["causes"]): Answer["causes"] =>
  [...(causes ?? [])].filter(isToldByOurs).sort((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));

it.each(samples.map((sample, index) => ({ sample, answer: answers[index]!, title: JSON.stringify(sample) })))(
  "answers as the real one: $title",
  ({ sample, answer }) => {
    const ours = answerOf(sample);
    if (answer.causes === undefined) return expect(ours).toEqual({ ...answer });
    // Go's maps have no order.
    expect(inOrder(ours.causes)).toEqual(inOrder(answer.causes));
    if (answer.causes.length === 1) expect(ours.message).toBe(answer.message);
  },
);
