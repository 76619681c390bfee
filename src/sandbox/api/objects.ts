import type { Random } from "../engine/random.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { sameJson, sharingParts } from "../store/same-json.ts";
import type { GivenObject, ManagedFieldsEntry, OwnerReference, StoredObject } from "../store/stored-object.ts";
import { ApiStatusError, alreadyExists, badRequest, conflict, invalid, notFound } from "./api-status-error.ts";
import { asNewNamespace, asTerminatingNamespace, isHeldNamespace, withSpecOf } from "./namespace-rules.ts";
import { apiVersion, type ResourceType } from "./resource-type.ts";
import { withoutUndefined } from "../store/without-undefined.ts";

/** Who writes, and how. */
export interface WriteOptions {
  /** Field manager, e.g. `capi-topology`. */
  readonly manager: string;
  /** Version of the request: managedFields are kept in it. Default: the storage version. */
  readonly version?: string;
  /** Runs everything, keeps nothing. */
  readonly dryRun?: boolean;
  /** User that webhooks see. Default: a controller. */
  readonly user?: string;
}

export interface AdmissionRequest {
  readonly operation: "create" | "update" | "delete";
  readonly type: ResourceType;
  /** Undefined for delete. Storage version. */
  readonly object: StoredObject | undefined;
  /** Undefined for create. */
  readonly previous: StoredObject | undefined;
  readonly subresource: "status" | undefined;
  readonly dryRun: boolean;
  readonly user: string | undefined;
}

/** What stands between a request and the store; the sandbox has schemas, webhooks, and field management of its own in these places. */
export interface ObjectRules {
  /** CRD defaults, pruning of unknown fields; throws `invalid` (schema rules). Only for what comes from outside; storage version in and out. */
  readonly schema?: (type: ResourceType, object: StoredObject, previous: StoredObject | undefined) => StoredObject;
  /** Mutating webhooks, in order. */
  readonly mutate?: (request: AdmissionRequest) => StoredObject;
  /** Validating webhooks: throw. */
  readonly validate?: (request: AdmissionRequest) => void;
  readonly fields?: FieldManagement;
}

/** Keeps metadata.managedFields, and merges what is applied (KEP-555). */
export interface FieldManagement {
  /** managedFields after a create or update; `after` still carries those of `before`, or those that the client sent. */
  afterUpdate(change: FieldChange): readonly ManagedFieldsEntry[];
  /** Merges; throws a 409 with a cause per field that another manager owns, unless forced. The result carries its managedFields. `live` undefined: the object is created. */
  apply(request: ApplyRequest): GivenObject;
}

export interface FieldChange {
  readonly type: ResourceType;
  readonly before: StoredObject | undefined;
  readonly after: StoredObject;
  readonly manager: string;
  readonly version: string;
  readonly subresource: "status" | undefined;
  /** RFC 3339, seconds. */
  readonly time: string;
}

export interface ApplyRequest {
  readonly type: ResourceType;
  readonly live: StoredObject | undefined;
  /** Storage version. */
  readonly applied: GivenObject;
  readonly manager: string;
  readonly version: string;
  readonly subresource: "status" | undefined;
  readonly force: boolean;
  readonly time: string;
}

/**
 * The rules of Kubernetes over an ObjectStore, in storage versions: names, uids, generations, optimistic locking, finalizers, status apart from the rest, field management, admission. HTTP
 * (`api/handler.ts`) and controllers both write through it. Methods throw ApiStatusError and are synchronous: nothing comes in between.
 */
export interface Objects {
  readonly store: ObjectStore;
  get(type: ResourceType, namespace: string | undefined, name: string): StoredObject | undefined;
  /** get, or 404. */
  need(type: ResourceType, namespace: string | undefined, name: string): StoredObject;
  create(type: ResourceType, object: GivenObject, options: WriteOptions): StoredObject;
  /** Replaces everything but status. With `metadata.resourceVersion`: 409 when it is not the newest. A write that changes nothing is not one. */
  update(type: ResourceType, object: GivenObject, options: WriteOptions): StoredObject;
  /** Replaces status only. */
  updateStatus(type: ResourceType, object: GivenObject, options: WriteOptions): StoredObject;
  /** Reads, changes and writes in one go. `change` gets the live object and gives the whole of it. */
  modify(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    change: (live: StoredObject) => GivenObject,
    options: WriteOptions & {
      readonly subresource?: "status";
      /** The only way to `spec.finalizers` of a Namespace. */ readonly finalizes?: true;
    },
  ): StoredObject;
  /** Server-side apply; creates what does not exist. */
  apply(
    type: ResourceType,
    object: GivenObject,
    options: WriteOptions & { readonly force: boolean; readonly subresource?: "status" },
  ): StoredObject;
  /** Marks for deletion while there are finalizers. `propagation` Foreground adds the finalizer `foregroundDeletion`, Orphan `orphan`. Gives the last state. */
  delete(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    options: {
      readonly uid?: string;
      readonly resourceVersion?: string;
      readonly propagation?: "Foreground" | "Background" | "Orphan";
      readonly dryRun?: boolean;
      readonly user?: string;
    },
  ): StoredObject;
}

export interface ObjectsOptions {
  readonly store: ObjectStore;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly random: Random;
  readonly rules?: ObjectRules;
}

export function createObjects({ store, now, random, rules = {} }: ObjectsOptions): Objects {
  const time = (): string => timestamp(now());

  function get(type: ResourceType, namespace: string | undefined, name: string): StoredObject | undefined {
    return store.get(type.key, type.namespaced ? namespace : undefined, name);
  }

  function need(type: ResourceType, namespace: string | undefined, name: string): StoredObject {
    const object = get(type, namespace, name);
    if (object === undefined) throw notFound(type, name);
    return object;
  }

  function versionOf(type: ResourceType, options: WriteOptions): string {
    return options.version ?? type.storageVersion;
  }

  function managed(change: Omit<FieldChange, "time">): StoredObject {
    if (rules.fields === undefined) return change.after;
    const managedFields = rules.fields.afterUpdate({ ...change, time: time() });
    return managedFields === change.after.metadata.managedFields
      ? change.after
      : { ...change.after, metadata: { ...change.after.metadata, managedFields } };
  }

  function create(type: ResourceType, given: GivenObject, options: WriteOptions, fieldsAreKept = false): StoredObject {
    const name = given.metadata?.name ?? generatedName(given);
    if (name === undefined) {
      throw invalid(type, "", [
        { reason: "FieldValueRequired", message: "Required value: name or generateName is required", field: "metadata.name" },
      ]);
    }
    if (type.namespaced && given.metadata?.namespace === undefined) throw badRequest("an empty namespace may not be set during creation");
    if (get(type, given.metadata?.namespace, name) !== undefined) throw alreadyExists(type, name);
    if (!fieldsAreKept && isGiven(given.metadata?.resourceVersion)) {
      throw new ApiStatusError(500, "", "resourceVersion should not be set on objects to be created");
    }
    const { status, ...rest } = given;
    let object: StoredObject = {
      ...(type.hasStatus ? rest : { ...rest, ...(status === undefined ? {} : { status }) }),
      apiVersion: apiVersion(type.group, type.storageVersion),
      kind: type.kind,
      metadata: {
        ...omit(given.metadata ?? {}, [
          "deletionTimestamp",
          "deletionGracePeriodSeconds",
          "resourceVersion",
          "generation",
          ...(type.namespaced ? [] : (["namespace"] as const)),
        ]),
        name,
        uid: random.uuid(),
        creationTimestamp: time(),
        ...(type.withoutGeneration === true ? {} : { generation: 1 }),
      },
    };
    object = asNewNamespace(type, object);
    const request = { operation: "create", type, previous: undefined, subresource: undefined, ...asking(options) } as const;
    object = withoutEmptyMetadata(rules.schema?.(type, object, undefined) ?? object);
    // Before the webhooks, as in the API server: what they add belongs to nobody.
    if (!fieldsAreKept) {
      object = managed({
        type,
        before: undefined,
        after: object,
        manager: options.manager,
        version: versionOf(type, options),
        subresource: undefined,
      });
    }
    object = withoutEmptyMetadata(rules.mutate?.({ ...request, object }) ?? object, ["managedFields"]);
    rules.validate?.({ ...request, object });
    return options.dryRun === true ? object : store.put(type.key, object);
  }

  function write(
    type: ResourceType,
    previous: StoredObject,
    given: GivenObject,
    options: WriteOptions & { readonly subresource?: "status" | undefined; readonly finalizes?: true },
    fieldsAreKept = false,
  ): StoredObject {
    const { name } = previous.metadata;
    const sent = given.metadata ?? {};
    if (isGiven(sent.uid) && sent.uid !== previous.metadata.uid) {
      throw conflict(type, name, `Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${previous.metadata.uid}`);
    }
    if (isGiven(sent.resourceVersion) && sent.resourceVersion !== previous.metadata.resourceVersion) {
      throw conflict(type, name, "the object has been modified; please apply your changes to the latest version and try again");
    }
    const subresource = options.subresource;
    let object = subresource === "status" ? withStatus(previous, given) : withoutStatus(type, previous, given);
    if (options.finalizes !== true) object = withSpecOf(type, previous, object);
    object = sharingParts(previous, object);
    if (object === previous) return previous;
    const request = { operation: "update", type, previous, subresource, ...asking(options) } as const;
    object = withoutEmptyMetadata(rules.schema?.(type, object, previous) ?? object);
    if (!fieldsAreKept) {
      object = managed({ type, before: previous, after: object, manager: options.manager, version: versionOf(type, options), subresource });
    }
    if (subresource === undefined) object = rules.mutate?.({ ...request, object }) ?? object;
    object = withoutEmptyMetadata(object, ["managedFields"]);
    refuseNewFinalizers(type, previous, object);
    const { generation } = previous.metadata;
    const counts = subresource === undefined && type.withoutGeneration !== true && generation !== undefined;
    if (counts && changesIntent(type, previous, object))
      object = { ...object, metadata: { ...object.metadata, generation: generation + 1 } };
    rules.validate?.({ ...request, object });
    if (isSame(previous, object)) return previous;
    if (options.dryRun === true) return object;
    const done =
      object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0 && !isHeldNamespace(type, object);
    if (!done) return store.put(type.key, object);
    // Watchers are told of the object as it was, the writer as it would have become.
    const { resourceVersion } = store.remove(type.key, object.metadata.namespace, name)!.metadata;
    return { ...object, metadata: { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } };
  }

  function withStatus(previous: StoredObject, given: GivenObject): StoredObject {
    const managedFields = given.metadata?.managedFields ?? previous.metadata.managedFields;
    const isSent = managedFields !== undefined && managedFields !== previous.metadata.managedFields;
    const metadata = isSent ? { ...previous.metadata, managedFields } : previous.metadata;
    const status = given["status"];
    if (status !== undefined) return { ...previous, metadata, status };
    const { status: _old, ...rest } = previous;
    return { ...rest, metadata };
  }

  /** Metadata that only the server sets stays; so does the status where it is a subresource. */
  function withoutStatus(type: ResourceType, previous: StoredObject, given: GivenObject): StoredObject {
    const { status, ...rest } = given;
    const kept = type.hasStatus ? previous["status"] : status;
    const { namespace, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, resourceVersion } =
      previous.metadata;
    return {
      ...rest,
      ...(kept === undefined ? {} : { status: kept }),
      apiVersion: previous.apiVersion,
      kind: previous.kind,
      metadata: withoutUndefined<StoredObject["metadata"]>({
        ...given.metadata,
        name: previous.metadata.name,
        namespace,
        uid,
        creationTimestamp,
        deletionTimestamp,
        deletionGracePeriodSeconds,
        generation,
        resourceVersion,
        managedFields: given.metadata?.managedFields ?? previous.metadata.managedFields,
      }),
    };
  }

  function generatedName(given: GivenObject): string | undefined {
    const prefix = given.metadata?.generateName;
    return prefix === undefined || prefix === "" ? undefined : `${prefix.slice(0, 58)}${random.suffix(5)}`;
  }

  return {
    store,
    get,
    need,
    create: (type, object, options) => create(type, object, options),
    update: (type, object, options) => write(type, need(type, object.metadata?.namespace, object.metadata?.name ?? ""), object, options),
    updateStatus: (type, object, options) =>
      write(type, need(type, object.metadata?.namespace, object.metadata?.name ?? ""), object, { ...options, subresource: "status" }),
    modify(type, namespace, name, change, options) {
      const live = need(type, namespace, name);
      return write(type, live, change(live), options);
    },
    apply(type, given, options) {
      const name = given.metadata?.name;
      if (name === undefined) throw badRequest("name is required");
      if (rules.fields === undefined) throw badRequest("this server keeps no managed fields");
      const live = get(type, given.metadata?.namespace, name);
      const { manager, force, subresource } = options;
      if (live === undefined && subresource !== undefined) throw notFound(type, name);
      if (live === undefined && isGiven(given.metadata?.uid)) {
        throw conflict(
          type,
          name,
          `uid mismatch: the provided object specified uid ${given.metadata.uid}, and no existing object was found`,
        );
      }
      const merged = rules.fields.apply({
        type,
        live,
        applied: given,
        manager,
        version: versionOf(type, options),
        subresource,
        force,
        time: time(),
      });
      return live === undefined ? create(type, merged, options, true) : write(type, live, merged, options, true);
    },
    delete(type, namespace, name, options) {
      const live = need(type, namespace, name);
      const { metadata } = live;
      if (options.uid !== undefined && options.uid !== metadata.uid) {
        throw goneBefore(
          type,
          name,
          `the UID in the precondition (${options.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
        );
      }
      if (options.resourceVersion !== undefined && options.resourceVersion !== metadata.resourceVersion) {
        throw goneBefore(
          type,
          name,
          `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
        );
      }
      rules.validate?.({
        operation: "delete",
        type,
        object: undefined,
        previous: live,
        subresource: undefined,
        dryRun: options.dryRun === true,
        user: options.user,
      });
      const finalizers = finalizersOfDeletion(metadata.finalizers ?? [], options.propagation);
      if (options.dryRun === true) return live;
      if (finalizers.length === 0 && !isHeldNamespace(type, live)) return store.remove(type.key, metadata.namespace, name)!;
      if (metadata.deletionTimestamp !== undefined) {
        return sameJson(finalizers, metadata.finalizers ?? [])
          ? live
          : store.put(type.key, { ...live, metadata: { ...metadata, finalizers } });
      }
      const leaving: StoredObject = {
        ...live,
        metadata: {
          ...metadata,
          ...(finalizers.length === 0 ? {} : { finalizers }),
          deletionTimestamp: time(),
          deletionGracePeriodSeconds: 0,
          ...(metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
        },
      };
      return store.put(type.key, asTerminatingNamespace(type, leaving));
    },
  };
}

/** A deletion with a precondition names the kind where other conflicts name the resource. */
function goneBefore({ group, kind }: ResourceType, name: string, why: string): ApiStatusError {
  return conflict({ group, plural: kind, kind }, name, why);
}

/** The last second that was written: most are asked for many times over, and all who have it share one text. */
let written = { second: Number.NaN, text: "" };

/** RFC 3339 with seconds, as Kubernetes writes times. */
export function timestamp(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== written.second) written = { second, text: `${new Date(second * 1000).toISOString().slice(0, 19)}Z` };
  return written.text;
}

/** The controlling owner. */
export function controllerOf(object: StoredObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** How dependents are to be treated is told to the garbage collector by finalizers; an explicit wish takes the place of an earlier one. */
function finalizersOfDeletion(
  finalizers: readonly string[],
  propagation: "Foreground" | "Background" | "Orphan" | undefined,
): readonly string[] {
  if (propagation === undefined) return finalizers;
  const wanted = { Foreground: "foregroundDeletion", Orphan: "orphan", Background: undefined }[propagation];
  const kept = finalizers.filter((each) => each === wanted || (each !== "foregroundDeletion" && each !== "orphan"));
  return wanted === undefined || kept.includes(wanted) ? kept : [...kept, wanted];
}

/** Nothing may begin to hold an object that is on its way out (apimachinery ValidateObjectMetaUpdate). */
function refuseNewFinalizers(type: ResourceType, { metadata: before }: StoredObject, { metadata: after }: StoredObject): void {
  if (before.deletionTimestamp === undefined || after.finalizers === before.finalizers) return;
  const added = (after.finalizers ?? []).filter((each) => before.finalizers?.includes(each) !== true).sort();
  if (added.length === 0) return;
  const found = `[]string{${added.map((each) => JSON.stringify(each)).join(", ")}}`;
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${found}`;
  throw invalid(type, before.name, [{ reason: "FieldValueForbidden", message, field: "metadata.finalizers" }]);
}

const emptiable = ["finalizers", "ownerReferences", "labels", "annotations"] as const;

/** Empty lists and maps of metadata are not stored. An empty list of managedFields says something until field management has seen it. */
function withoutEmptyMetadata(object: StoredObject, more: readonly "managedFields"[] = []): StoredObject {
  const { metadata } = object;
  const isEmpty = (name: (typeof emptiable)[number] | "managedFields"): boolean => {
    const value = metadata[name];
    return value !== undefined && hasNothing(value);
  };
  if (!emptiable.some(isEmpty) && !more.some(isEmpty)) return object;
  const names = [...emptiable, ...more].filter(isEmpty);
  return { ...object, metadata: { ...omit(metadata, names), name: metadata.name, uid: metadata.uid } };
}

function hasNothing(value: object | null): boolean {
  for (const _key in value) return false;
  return true;
}

/** An empty string is as good as none. */
function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function asking({ dryRun, user }: WriteOptions): { readonly dryRun: boolean; readonly user: string | undefined } {
  return { dryRun: dryRun === true, user };
}

/** Does anything differ but metadata and status? */
function changesIntent(type: ResourceType, previous: StoredObject, object: StoredObject): boolean {
  const isIntent = (name: string): boolean =>
    name !== "metadata" && name !== "apiVersion" && name !== "kind" && (name !== "status" || !type.hasStatus);
  for (const name in object) if (isIntent(name) && !sameJson(previous[name], object[name])) return true;
  for (const name in previous) if (isIntent(name) && object[name] === undefined && previous[name] !== undefined) return true;
  return false;
}

/** As the API server compares before it writes: times of managedFields do not count. */
function isSame(previous: StoredObject, object: StoredObject): boolean {
  for (const name in object) if (name !== "metadata" && !sameJson(previous[name], object[name])) return false;
  for (const name in previous) if (object[name] === undefined && previous[name] !== undefined) return false;
  return previous.metadata === object.metadata || sameJson(comparable(previous.metadata), comparable(object.metadata));
}

function comparable({ managedFields, ...metadata }: StoredObject["metadata"]): unknown {
  return { ...metadata, managedFields: managedFields?.map(({ time: _time, ...entry }) => entry) };
}

function omit<T extends object>(object: T, names: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) as Partial<T>;
}
