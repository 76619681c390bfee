import { readFileSync } from "node:fs";
import type { StatusDetails } from "../../api/api-status-error.ts";
import type { ResourceType, Schema } from "../../api/resource-type.ts";
import type { JsonMap, StoredObject } from "../../store/stored-object.ts";
import type { RecordedRequest } from "./requests.ts";

export interface RecordedStep extends RecordedRequest {
  /** The object or patch, complete. */
  readonly sent: JsonMap;
  /** The object as answered, without its creationTimestamp and resourceVersion; times in managedFields say in which step they were made. */
  readonly object?: StoredObject;
  readonly refusal?: { readonly code: number; readonly reason?: string; readonly message: string; readonly details?: StatusDetails };
}

interface RecordedScenario {
  readonly name: string;
  readonly kind: string;
  readonly steps: readonly RecordedStep[];
}

const [head, ...lines] = readFileSync(new URL("recorded.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n");
const { schemas } = JSON.parse(head!) as { readonly schemas: Readonly<Record<string, Schema>> };

/** What a real kube-apiserver answered to the scenarios (record.ts). */
export const recorded: readonly RecordedScenario[] = lines.map((line) => JSON.parse(line) as RecordedScenario);

export function recordedType(kind: string): ResourceType {
  const group = { ConfigMap: "", Deployment: "apps" }[kind] ?? "cluster.x-k8s.io";
  const version = { ConfigMap: "v1", Deployment: "v1" }[kind] ?? "v1beta2";
  return {
    key: group === "" ? kind : `${kind}.${group}`,
    group,
    kind,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    versions: [{ name: version, served: true, schema: schemas[kind]! }],
    storageVersion: version,
    hasStatus: kind !== "ConfigMap",
    ...(kind === "ConfigMap" ? { withoutGeneration: true } : {}),
  };
}

export function stepTime(index: number): string {
  return `2026-01-01T00:00:${String(index).padStart(2, "0")}Z`;
}
