/** JSON as it stands in an object. */
export type Json = unknown;
export type JsonMap = Readonly<Record<string, Json>>;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Fields of metadata.managedFields (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: JsonMap;
  readonly subresource?: string;
}

export interface StoredMetadata {
  readonly name: string;
  /** What the name was made from. */
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** An object in its storage version. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMetadata;
  readonly [field: string]: Json;
}

/** What a client sends: metadata may be half filled in. */
export interface GivenObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: Partial<StoredMetadata>;
  readonly [field: string]: Json;
}
