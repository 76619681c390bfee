import type { JsonMap, StoredObject } from "../store/stored-object.ts";
import type { TypeKey } from "../store/object-store.ts";
import { rememberedPair } from "../store/remembered-texts.ts";
import { oncePerObject } from "../store/once-per-object.ts";

/** OpenAPI v3 schema as in a CRD: `type`, `properties`, `items`, `x-kubernetes-list-type`, … */
export type Schema = JsonMap;

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** `.spec.replicas`; as in a CRD's `additionalPrinterColumns`. */
  readonly jsonPath: string;
  /** > 0: only with `-o wide`. */
  readonly priority?: number;
  readonly description?: string;
  readonly format?: string;
  /** What kinds that are built in show is computed; then the path says nothing. */
  readonly value?: (object: StoredObject) => string | number | null;
}

export interface ServedVersion {
  readonly name: string;
  readonly served: boolean;
  readonly schema?: Schema;
  readonly printerColumns?: readonly PrinterColumn[];
}

/** A kind that an API server serves: a built-in one, or one of a CRD. */
export interface ResourceType {
  /** `${kind}.${group}`, or the kind alone in the core group: as `ObjectStore` names it. */
  readonly key: TypeKey;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Highest priority first: the first served one is the preferred one. */
  readonly versions: readonly ServedVersion[];
  readonly storageVersion: string;
  readonly hasStatus: boolean;
  /** Paths of the scale subresource, where it has one. */
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string };
  /** Kinds that count no `metadata.generation` (ConfigMap, Secret, Event, …). */
  readonly withoutGeneration?: boolean;
}

/** Of the version in which objects are kept. */
export const storageSchema = oncePerObject(
  ({ versions, storageVersion }: ResourceType): Schema | undefined => versions.find(({ name }) => name === storageVersion)?.schema,
);

/** `Machine.cluster.x-k8s.io`; the kind alone in the core group. */
export const typeKey: (group: string, kind: string) => TypeKey = rememberedPair((group, kind) =>
  group === "" ? kind : `${kind}.${group}`,
);

/** `cluster.x-k8s.io/v1beta2`, or `v1`. */
export function apiVersion(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Group of an apiVersion: "" for `v1`. */
export function groupOf(version: string): string {
  return version.includes("/") ? version.slice(0, version.indexOf("/")) : "";
}
