import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ApiStatusError } from "../api/api-status-error.ts";
import { createObjects, type Objects } from "../api/objects.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { GivenObject } from "../store/stored-object.ts";
import { createRandom } from "../engine/random.ts";
import { mergePatch } from "../patches/merge-patch.ts";
import { clusterApiTypes } from "../schemas/custom-types.ts";
import { refuseBrokenSchema, schemaFields } from "../schemas/schema-rules.ts";
import { createObjectStore } from "../store/object-store.ts";
import { liveObjects, plurals, samples, type Sample } from "./testing/samples.ts";
import { clusterApiWebhooks } from "./webhooks.ts";

interface Answer {
  readonly code?: number;
  readonly message?: string;
  readonly labels?: unknown;
  readonly spec?: unknown;
}

/** What a real management cluster answered to the samples, in their order (testing/record.ts). */
const answers = readFileSync(new URL("testing/recorded.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Answer);

const options = { manager: "test" };

function typeOf(key: string): ResourceType {
  return clusterApiTypes().find((each) => each.key === key)!;
}

function sampleType({ kind }: Sample): ResourceType {
  return typeOf(`${kind}.${plurals[kind].split("/")[0]!}`);
}

function managementCluster(): Objects {
  const webhooks = clusterApiWebhooks({ objects: () => objects, type: typeOf });
  const objects: Objects = createObjects({
    store: createObjectStore({ indexedLabel: "cluster.x-k8s.io/cluster-name" }),
    now: () => Date.UTC(2026, 0, 1),
    random: createRandom(1),
    rules: {
      schema: schemaFields,
      mutate: webhooks.mutate,
      validate(request) {
        if (request.object !== undefined) refuseBrokenSchema(request.type, request.object, request.previous);
        webhooks.validate(request);
      },
    },
  });
  for (const sample of liveObjects) {
    const object = objects.create(sampleType(sample), given(sample), options);
    if (sample.kind === "ClusterClass") reconcileClass(objects, object.metadata.name);
  }
  // What the topology controller had made of the recorded clusters by then.
  for (const name of ["topology", "chained"]) settle(objects, name);
  return objects;
}

function given({ name, annotations, spec }: Sample): GivenObject {
  return { metadata: { name, namespace: "admission", ...(annotations === undefined ? {} : { annotations }) }, spec };
}

function reconcileClass(objects: Objects, name: string): void {
  const type = typeOf("ClusterClass.cluster.x-k8s.io");
  objects.modify(
    type,
    "admission",
    name,
    (live) => {
      const { variables = [] } = live["spec"] as {
        readonly variables?: readonly { readonly name: string; readonly required: boolean; readonly schema: object }[];
      };
      const defined = variables.map(({ name: variable, required, schema }) => ({
        name: variable,
        definitionsConflict: false,
        definitions: [{ from: "inline", required, schema }],
      }));
      const condition = {
        type: "VariablesReady",
        status: "True",
        reason: "VariablesReady",
        message: "",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      };
      const status = {
        observedGeneration: live.metadata.generation,
        conditions: [condition],
        ...(defined.length > 0 && { variables: defined }),
      };
      return { ...live, status };
    },
    { ...options, subresource: "status" },
  );
}

/** All that a change of version asks for. */
function settle(objects: Objects, name: string): void {
  const controlPlaneRef = { apiGroup: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane", name };
  const infrastructureRef = { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "DevMachineTemplate", name: "machines" };
  const type = typeOf("KubeadmControlPlane.controlplane.cluster.x-k8s.io");
  objects.create(
    type,
    {
      metadata: { name, namespace: "admission" },
      spec: { version: "v1.34.0", kubeadmConfigSpec: { format: "cloud-config" }, machineTemplate: { spec: { infrastructureRef } } },
    },
    options,
  );
  const status = { versions: [{ version: "v1.34.0", replicas: 1 }] };
  objects.modify(type, "admission", name, (live) => ({ ...live, status }), { ...options, subresource: "status" });
  objects.modify(
    typeOf("Cluster.cluster.x-k8s.io"),
    "admission",
    name,
    (live) => ({ ...live, spec: { ...(live["spec"] as object), controlPlaneRef } }),
    options,
  );
}

function answerOf(objects: Objects, sample: Sample): Answer {
  const dry = { ...options, dryRun: true };
  const type = sampleType(sample);
  try {
    if (sample.patch === null) objects.delete(type, "admission", sample.name, dry);
    const { patch } = sample;
    const object =
      patch == null
        ? objects.create(type, given(sample), dry)
        : objects.modify(type, "admission", sample.name, (live) => mergePatch(live, patch), dry);
    return { labels: object.metadata.labels, spec: object["spec"] };
  } catch (error) {
    if (!(error instanceof ApiStatusError)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** What controllers had added to the live objects is not of the webhooks. */
function ofWebhooks({ kind }: Sample, { labels, spec, ...refusal }: Answer): Answer {
  if (spec === undefined) return comparable(refusal);
  const { topology } = spec as { readonly topology?: unknown };
  if (topology !== undefined) return { spec: topology };
  return { ...(plurals[kind].startsWith("cluster.x-k8s.io") && labels !== undefined ? { labels } : {}), spec };
}

/** The form of a value that is refused in whole (uids, times, a diff of Go structs) is its own. */
function comparable({ code, message = "" }: Answer): Answer {
  return {
    code: code!,
    message: message.replace(/Invalid value: \{"kind".*?(?=: \w+ spec\.template\.spec field)/s, "…").replace(/ Diff: .*/s, ""),
  };
}

const titles = samples.map(
  (sample, index) => [`${index + 1}: ${sample.kind} ${sample.name} ${JSON.stringify(sample.patch ?? sample.spec)}`, index] as const,
);

it.each(titles)("answers as the real one does to %s", (_title, index) => {
  const objects = managementCluster();
  const sample = samples[index]!;
  expect(ofWebhooks(sample, answerOf(objects, sample))).toEqual(ofWebhooks(sample, answers[index]!));
});
