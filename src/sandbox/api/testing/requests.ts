/** A request to an API server, and what is remembered of the answer for later ones. */
export interface PlayedRequest {
  readonly method: string;
  /** With query. `NS` is the namespace of the recording; `$name` what was remembered under that name. */
  readonly path: string;
  readonly body?: unknown;
  /** Default: JSON, and `merge`, … as the media types of patches. */
  readonly type?: "merge" | "json" | "strategic" | "apply" | "yaml" | "nonsense";
  readonly accept?: "table" | "partial" | "partial-list" | "aggregated" | "protobuf";
  readonly userAgent?: string;
  /** `metadata.resourceVersion` of the answer, or its `metadata.continue`, under this name. */
  readonly rememberVersion?: string;
  readonly rememberContinue?: string;
}

export interface PlayedScenario {
  readonly name: string;
  readonly requests: readonly PlayedRequest[];
}

/** What is kept of an answer: without what differs from run to run (see `normalised`). */
export interface KeptAnswer {
  readonly status: number;
  readonly warning?: string;
  /** The events of a watch, or the body. */
  readonly body: unknown;
}

export const contentTypes = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
  yaml: "application/yaml",
  nonsense: "text/nonsense",
} as const;

export const accepts = {
  table: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
  partial: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json",
  "partial-list": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json",
  aggregated: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
  protobuf: "application/vnd.kubernetes.protobuf",
} as const;

const dropped = new Set(["managedFields", "description", "storageVersionHash", "serverAddressByClientCIDRs", "selfLink"]);

/** The same answer whatever the run: uids, times, ages, revisions and tokens become words; managedFields have a recording of their own. */
export function normalised(value: unknown, namespace: string, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => normalised(item, namespace, key));
    if (key === "verbs") return items.map(String).sort();
    // Kubernetes tells some causes twice.
    return key === "causes"
      ? items.filter((item, index) => items.findIndex((other) => JSON.stringify(other) === JSON.stringify(item)) === index)
      : items;
  }
  // A list without items is written in both ways.
  if (key === "items" && value === null) return [];
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name, inner]) => !dropped.has(name) && !(name === "continue" && inner === ""))
        .map(([name, inner]) => [name, normalised(inner, namespace, name)]),
    );
  }
  if (typeof value !== "string") return value;
  if (key === "uid" || key === "UID") return "UID";
  if (key === "resourceVersion") return value === "" || value === "0" ? value : "REVISION";
  if (key === "continue") return value === "" ? "" : "TOKEN";
  if (key === "cells" && /^(\d+[smhdy])+$/.test(value)) return "AGE";
  return (
    value
      .replaceAll(namespace, "NS")
      // A whole object in a text stands in the order of Go's fields.
      .replace(/Invalid value: "\{.*\}"/, 'Invalid value: "{…}"')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME")
      .replaceAll(/\b(resource version: \d+|current: \d+|\(\d+\))/g, (text) => text.replace(/\d+/, "REVISION"))
      .replaceAll(/ResourceVersion in (precondition|object meta): \d+/g, "ResourceVersion in $1: REVISION")
      .replaceAll(/ResourceVersion in record \(\d+\)/g, "ResourceVersion in record (REVISION)")
  );
}
